"""Operations on sandboxes, their assumptions, snapshots and webhooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import msgspec

from mockserver.control.clock import clock_document, read_instant
from mockserver.control.control_call import ConflictError, UnprocessableMemberError, find_vendor
from mockserver.control.scenarios import PackagedScenarios, read_document
from mockserver.control.state import is_own_collection, known_state, record_label
from mockserver.engine.registry import (
    InvalidAssumptionError,
    LoadedVendor,
    check_assumption_values,
    list_assumptions,
)
from mockserver.errors import UnknownSandboxError
from mockserver.journal.journal import Journal
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.outgoing import AddressError, Door, HostNotAllowedError
from mockserver.sandbox import snapshots
from mockserver.sandbox.deliveries import WEBHOOKS, mask_webhook, registered_webhooks
from mockserver.sandbox.sandboxes import Sandboxes, Settings, count_records, is_sandbox_name
from mockserver.sandbox.snapshots import DocumentPlace, diff_tables
from mockserver.sandbox.store import SandboxState


class SandboxOperations(Value, frozen=True):
    """Operations on sandboxes, their assumptions, snapshots and webhooks.

    Operations with the `name` of a missing sandbox raise UnknownSandboxError.
    """

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    packaged: PackagedScenarios
    open_calls: Callable[[str], Mapping[str, int]]
    """Function that returns the number of open calls in a sandbox, by vendor."""
    door: Door

    def list_sandboxes(self) -> Json:
        shown = []
        for name in self.sandboxes.names():
            with suppress(UnknownSandboxError):  # the sandbox was deleted or has expired meanwhile
                shown.append(self.show_sandbox(name))
        return shown

    def create_sandbox(self, body: Document) -> Document:
        """Create a sandbox with the fixtures, or an empty sandbox.

        Raises ConflictError if the sandbox exists; UnprocessableMemberError if the name, `freeze`, an
        assumption or a scenario name is invalid; UnprocessableCallError if a scenario document is invalid;
        TooManySandboxesError.
        """
        if not is_sandbox_name(body["name"]):
            raise UnprocessableMemberError("/name", "a sandbox name is 1 to 64 of a-z, 0-9 and -")
        frozen = read_instant(body["freeze"], "/freeze") if "freeze" in body else None
        assumptions = body.get("assumptions", {})
        check_values(self.served, assumptions, "/assumptions")
        settings = Settings(
            body["name"],
            body.get("seed", 0),
            frozen,
            body.get("empty", False),
            assumptions,
            self._scenarios(body.get("scenarios", ())),
        )
        if not self.sandboxes.create(settings):
            raise ConflictError(f"a sandbox named {settings.name} exists already", code="sandbox-exists")
        return self.show_sandbox(settings.name)

    def show_sandbox(self, name: str) -> Document:
        shown = self.sandboxes.show(name)
        return {
            "name": name,
            "seed": shown.settings.seed,
            "clock": clock_document(shown),
            "empty": shown.settings.empty,
            "assumptions": shown.assumptions,
            "records": shown.records,
            "calls": len(self.journal.kept.entries(name)),
            "openCalls": sum(self.open_calls(name).values()),
            "idleSeconds": shown.idle_seconds,
        }

    def delete_sandbox(self, name: str) -> None:
        """Delete a sandbox and its journal; the default sandbox stays, but gets its initial state again."""
        self.sandboxes.delete(name)

    def reset_sandbox(self, name: str) -> Document:
        """Restore the initial state, but keep snapshots; clear the journal, whose numbers restart at 1."""
        self.sandboxes.reset(name)
        self.journal.kept.forget(name)
        return self.show_sandbox(name)

    def list_assumptions(self, name: str) -> Json:
        return list_assumptions(self.served, self.sandboxes.show(name).assumptions)

    def assume(self, name: str, body: Mapping[str, str | None]) -> Json:
        """Set the assumptions in `body`; if one is invalid, set none. A null value restores the default.

        Raises UnprocessableMemberError.
        """
        self.sandboxes.check_exists(name)
        check_values(self.served, body, "")
        self.sandboxes.assume(name, body)
        return [one for one in self.list_assumptions(name) if one["id"] in body]

    def list_snapshots(self, name: str) -> Json:
        return self.sandboxes.control(name, snapshots.list_snapshots)

    def take_snapshot(self, name: str, body: Document) -> Document:
        """Store the whole state: records, clock, seed, id counters, idempotency keys, quotas, assumptions."""

        def work(whole: SandboxState) -> Document:
            records = count_records(snapshots.dump_tables(whole))
            return snapshots.take_snapshot(whole, body.get("label", ""), records)

        return self.sandboxes.control(name, work)

    def restore_snapshot(self, name: str, snapshot: str) -> Document:
        """Restore a snapshot; keep the journal and all snapshots. Raises UnknownSnapshotError."""
        return self.sandboxes.control(name, lambda whole: snapshots.restore_snapshot(whole, snapshot))

    def delete_snapshot(self, name: str, snapshot: str) -> None:
        self.sandboxes.control(name, lambda whole: snapshots.delete_snapshot(whole, snapshot))

    def show_difference(self, name: str, against: str, of: str) -> Document:
        """Return the documents that differ between the states `against` and `of` (see `known_state`).

        Raises UnknownSnapshotError, UnknownNameError.
        """
        before, after = (known_state(self.sandboxes, name, one) for one in (against, of))
        found = diff_tables(before, after)
        batches = {vendor.name: vendor.spec.batches for vendor in self.served}

        def labelled(place: DocumentPlace, document: Document) -> Document:
            own = is_own_collection(place.scope, place.collection)
            batch = batches.get(place.scope.partition("/")[0], EMPTY).get(place.collection)
            label = "" if own else record_label(document, batch.key_paths if batch else ())
            return {**msgspec.structs.asdict(place), "own": own, "label": label}

        return {
            "against": against,
            "of": of,
            "added": [{**labelled(*one), "document": one[1]} for one in found.added],
            "removed": [{**labelled(*one), "document": one[1]} for one in found.removed],
            "changed": [
                {
                    **labelled(place, after[place.scope][place.collection][place.key]),
                    "changes": [{"pointer": change.pointer, **change.values} for change in changes],
                }
                for place, changes in found.changed
            ],
        }

    def put_webhooks(self, name: str, body: Sequence[Document]) -> list[Document]:
        """Replace the addresses of webhooks; return them as `list_webhooks` does.

        Raises UnprocessableMemberError if a vendor, an event or an address cannot be used.
        """
        addresses = [self._webhook(one, f"/{index}") for index, one in enumerate(body)]
        made = {"registered": {"addresses": addresses}}
        self.sandboxes.control(name, lambda whole: whole.sandbox_collection(WEBHOOKS).update(made))
        return self.list_webhooks(name)

    def list_webhooks(self, name: str) -> list[Document]:
        """Return the addresses of webhooks with the first letters of their secrets."""
        found = self.sandboxes.control(name, registered_webhooks)
        return [mask_webhook(msgspec.to_builtins(one)) for one in found]

    def _webhook(self, one: Document, pointer: str) -> Document:
        vendor = find_vendor(self.served, one["vendor"], f"{pointer}/vendor")
        declared = [each.declared for several in vendor.callbacks.values() for each in several]
        known = sorted({each.event for each in declared if not each.address})
        if not known:
            raise UnprocessableMemberError(f"{pointer}/vendor", f"{vendor.name} has no webhooks")
        if unknown := sorted({*one.get("events", ())}.difference(known)):
            detail = f"{vendor.name} has no webhook {unknown[0]}; there is {', '.join(known)}"
            raise UnprocessableMemberError(f"{pointer}/events", detail)
        try:
            self.door.locate(one["url"])
        except (AddressError, HostNotAllowedError) as error:
            raise UnprocessableMemberError(f"{pointer}/url", str(error), error.cure) from None
        return {"events": [], "secret": "", **one}

    def _scenarios(self, chosen: Iterable[Json]) -> tuple[Document, ...]:
        documents: dict[str, Document] = {}
        for index, one in enumerate(chosen):
            pointer = f"/scenarios/{index}"
            if isinstance(one, str):
                document = self.packaged.document(one, pointer)
            else:
                document = read_document(one, self.served, pointer).document
            if document["name"] in documents:
                raise UnprocessableMemberError(pointer, f"a scenario named {document['name']} is given twice")
            documents[document["name"]] = document
        return tuple(documents.values())


def check_values(served: tuple[LoadedVendor, ...], values: Mapping[str, str | None], pointer: str) -> None:
    try:
        check_assumption_values(served, values)
    except InvalidAssumptionError as error:
        place = f"{pointer}/{error.assumption}"
        raise UnprocessableMemberError(place, str(error), "mockserver assumptions") from None
