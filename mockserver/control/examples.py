"""Make example batches, each tried in a second sandbox; show the credentials that calls need.

The source of examples is passed in, so that a server can start without the code that makes examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import field
from msgspec.structs import replace

from mockserver.codec.instants import print_instant
from mockserver.control.control_call import ControlError, UnprocessableMemberError, find_vendor
from mockserver.control.http_client import HttpClient, HttpRequest, LostResponse
from mockserver.control.state import named_collections
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import Entry
from mockserver.journal.journal import Journal
from mockserver.journal.replay import BY_MOCK, trial_sandbox
from mockserver.model import Action, Document, Json, Value, dotted, values_in
from mockserver.sandbox import snapshots
from mockserver.sandbox.deliveries import silence_deliveries
from mockserver.sandbox.sandboxes import Sandboxes, Settings
from mockserver.sandbox.store import SandboxState, Tables

ITEMS, FIRST = 3, 1
TIMEOUT_MS = 60_000
_SUCCESS = range(200, 300)
USER_AGENT = "mockserver-examples"
_OWN_HEADERS = frozenset({"user-agent"})
"""Headers that every client sets itself, and that examples therefore omit."""


class MissingExampleError(ControlError):
    """Refusal because no batch of the vendor has the wanted outcomes in the sandbox."""

    code = "no-example"


class ExampleDraft(Value, frozen=True):
    """Batch that is not tried yet. Paths of calls do not have the vendor's prefix."""

    operation: str
    call: HttpRequest
    items: tuple[Json, ...]
    keys: tuple[str, ...]
    bad: tuple[int, ...] = ()
    """Indexes of the items that are to be rejected."""
    prepare: tuple[HttpRequest, ...] = ()
    """Calls that store the records to which the items refer."""


class VendorAccess(Value, frozen=True):
    """What a client needs to call a vendor: headers and a credential."""

    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of every call, including credentials."""
    token: str = ""
    """The credential without header name and scheme (`Bearer`)."""


class ExampleSubject(Protocol):
    """Kind of batch of which examples can be made."""

    @property
    def operation(self) -> str:
        """Id of the batch operation."""

    def draft(self, items: int, bad: int, first: int) -> ExampleDraft:
        """Draft a batch of which `bad` items are bad. Keys count from `first`. Raises MissingExampleError."""


class ExampleSource(Protocol):
    """Source of the vendors' batches and credentials."""

    def access(self, vendor: LoadedVendor) -> VendorAccess:
        """Return headers (names in lower case) and a credential that strict mode accepts."""

    def subjects(self, vendor: LoadedVendor) -> Sequence[ExampleSubject]:
        """Return the kinds of batches of a vendor, the preferred kind first."""


class NoExamples:
    def access(self, vendor: LoadedVendor) -> VendorAccess:  # noqa: ARG002
        return VendorAccess()

    def subjects(self, vendor: LoadedVendor) -> Sequence[ExampleSubject]:
        raise MissingExampleError(f"{vendor.name}: this server was built without examples")


class ExampleOperations(Value, frozen=True):
    """Operations on examples."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    inside: HttpClient
    """Client of this server, with which examples are tried."""
    source: ExampleSource

    def show_access(self, vendor: str) -> Document:
        """Return credentials for a call, and the collections that the vendor's spec names.

        Raises UnknownNameError.
        """
        found = find_vendor(self.served, vendor)
        headers, token = self._headers(found), self.source.access(found).token
        tenant = headers.get(found.spec.tenant_key, "")
        return {
            "headers": headers,
            "token": token,
            "tenant": tenant,
            "collections": sorted(named_collections(found)),
        }

    async def make_example(self, name: str, body: Document) -> Document:
        """Make a batch whose items have the wanted outcomes in the sandbox `name`.

        The batch is tried in a second sandbox, which is then deleted. Records to which the batch refers are
        stored in the sandbox `name`. Raises UnknownSandboxError; UnprocessableMemberError if the vendor is
        not served, or `bad` exceeds `items`; MissingExampleError; TooManySandboxesError.
        """
        self.sandboxes.check_exists(name)
        vendor = find_vendor(self.served, body["vendor"], "/vendor")
        items, bad = body.get("items", ITEMS), body.get("bad", 0)
        if bad > items:
            raise UnprocessableMemberError("/bad", f"{bad} of {items} items cannot be bad")
        wanted = body.get("operation", "")
        subjects = self.source.subjects(vendor)
        reasons: list[str] = []
        for subject in subjects:
            if wanted in ("", subject.operation):
                try:
                    draft = subject.draft(items, bad, body.get("first", FIRST))
                    return await self._verified(name, vendor, draft)
                except MissingExampleError as none:
                    reasons.append(str(none))
        known = ", ".join(dict.fromkeys(subject.operation for subject in subjects))
        there = f"there are examples of {known}" if known else "its spec says too little of items"
        if not any(operation.batch for operation in vendor.spec.operations.values()):
            there = "none of its operations is a batch, see mockserver spec explain"
        raise MissingExampleError(
            f"{vendor.name}: no example of {wanted or 'a batch'}: {'; '.join(reasons) or there}"
        )

    def _headers(self, vendor: LoadedVendor) -> dict[str, str]:
        access = self.source.access(vendor)
        return {name: text for name, text in access.headers.items() if name not in _OWN_HEADERS}

    async def _verified(self, name: str, vendor: LoadedVendor, draft: ExampleDraft) -> Document:
        shown = self.sandboxes.show(name)
        own = shown.settings
        settings = Settings("", own.seed, print_instant(shown.now), own.empty, shown.assumptions)
        with trial_sandbox(self.sandboxes, self.journal, settings, f"{name[:50]}-tried") as stage:
            self._load(stage, vendor, self._tables(name, vendor))
            self.sandboxes.control(stage, silence_deliveries)
            await self._prepare(stage, vendor, draft.prepare)
            prepared = self._tables(stage, vendor)
            await self._send(stage, vendor, draft.call)
            entry = self.journal.kept.entries(stage, last=1)[-1]
            _check_outcomes(draft, entry)
            if draft.prepare:
                self._load(name, vendor, prepared)
        return self._document(vendor, draft, [key for key, _ in entry.decided.items()])

    def _document(self, vendor: LoadedVendor, draft: ExampleDraft, known: Sequence[str]) -> Document:
        keys = _item_keys(draft, known)
        return {
            "operation": draft.operation,
            "method": draft.call.method,
            "path": draft.call.target,
            "headers": {**self._headers(vendor), **dict(draft.call.headers)},
            "body": draft.call.content.decode(),
            "items": list(draft.items),
            "keys": keys,
            "bad": [keys[place]["key"] for place in draft.bad],
            "prepared": bool(draft.prepare),
        }

    def _tables(self, name: str, vendor: LoadedVendor) -> Tables:
        held = self.sandboxes.dump(name)
        return {scope: tables for scope, tables in held.items() if scope.startswith(f"{vendor.name}/")}

    def _load(self, name: str, vendor: LoadedVendor, tables: Tables) -> None:
        def work(whole: SandboxState) -> None:
            held = snapshots.dump_tables(whole)
            others = {scope: one for scope, one in held.items() if not scope.startswith(f"{vendor.name}/")}
            snapshots.load_tables(whole, {**others, **tables})

        self.sandboxes.control(name, work)

    async def _prepare(self, stage: str, vendor: LoadedVendor, calls: Sequence[HttpRequest]) -> None:
        for call in calls:
            status, text = await self._send(stage, vendor, call)
            if status not in _SUCCESS:
                raise MissingExampleError(f"{call.method} {call.target} is answered with {status}: {text}")

    async def _send(self, stage: str, vendor: LoadedVendor, call: HttpRequest) -> tuple[int | None, str]:
        target = f"/sandboxes/{stage}/{vendor.name}{call.target}"
        headers = {"user-agent": USER_AGENT, **self._headers(vendor), **dict(call.headers), **BY_MOCK}
        response = await self.inside.send(
            replace(call, target=target, headers=tuple(headers.items()), timeout_ms=TIMEOUT_MS)
        )
        if isinstance(response, LostResponse):
            raise MissingExampleError(f"{call.method} {call.target} is not answered: {response.detail}")
        return response.status, response.text


def _check_outcomes(draft: ExampleDraft, entry: Entry) -> None:
    """Raise MissingExampleError unless exactly the bad items were rejected."""
    decided = entry.decided.items()
    rejected = [place for place, (_, action) in enumerate(decided) if action == Action.REJECTED]
    if len(decided) == len(draft.keys) and rejected == list(draft.bad):
        return
    problems = [one.detail for found in entry.decided.problems.values() for one in found if one.detail]
    why = "; ".join([*problems, *([entry.reason] if entry.reason else [])])
    outcomes = ", ".join(f"{number} {action}" for action, number in entry.decided.counts.items())
    raise MissingExampleError(
        f"{draft.operation} with {len(draft.bad)} of {len(draft.keys)} items bad is answered with "
        f"{entry.status}, {outcomes or 'no items'}{f' ({why})' if why else ''}"
    )


def _item_keys(draft: ExampleDraft, known: Sequence[str]) -> list[Mapping[str, Json]]:
    """Return each item's key, and the selector with which a scenario finds the item.

    Return the server's keys (`known`) if they are unique and none is a digest, else the draft's keys.
    """
    if len(set(known)) == len(known) and "#" not in "".join(known):
        return [{"key": text, "select": {"key": text}} for text in known]
    places = [
        next((f"${dotted(path)}" for path, value in values_in(item) if value == key), "")
        for item, key in zip(draft.items, draft.keys, strict=True)
    ]
    return [
        {
            "key": key,
            "select": {"where": {"path": place, "equals": key}} if place else {"index": index},
        }
        for index, (key, place) in enumerate(zip(draft.keys, places, strict=True))
    ]
