"""Create, show, reset and delete sandboxes; list and set their assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from mockserver.control.clocks import clock_document, read_instant
from mockserver.control.control_call import SandboxExistsError, UnprocessableMemberError
from mockserver.control.scenario_documents import PackagedScenarios, read_document
from mockserver.engine.registry import (
    InvalidAssumptionError,
    LoadedVendor,
    check_assumption_values,
    list_assumptions,
)
from mockserver.errors import UnknownSandboxError
from mockserver.journal.journal import Journal
from mockserver.model import Document, Json
from mockserver.sandbox.sandboxes import Sandboxes, is_sandbox_name
from mockserver.sandbox.settings import Settings


@dataclass(frozen=True, slots=True)
class SandboxOperations:
    """Operations on sandboxes. Those with a `name` raise UnknownSandboxError if it does not exist."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    packaged: PackagedScenarios

    def list_sandboxes(self) -> Json:
        """Return all sandboxes, sorted by name."""
        shown = []
        for name in self.sandboxes.names():
            with suppress(UnknownSandboxError):  # it ended meanwhile
                shown.append(self.show_sandbox(name))
        return shown

    def create_sandbox(self, body: Document) -> Document:
        """Create a sandbox from the fixtures, or an empty one.

        Raises:
            SandboxExistsError: the name is taken.
            UnprocessableMemberError: the name, `freeze`, an assumption or a scenario name is invalid.
            UnprocessableCallError: a scenario document is invalid.
            TooManySandboxesError: the limit of sandboxes is reached.
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
            raise SandboxExistsError(f"a sandbox named {settings.name} exists already")
        return self.show_sandbox(settings.name)

    def show_sandbox(self, name: str) -> Document:
        """Return one sandbox."""
        shown = self.sandboxes.show(name)
        return {
            "name": name,
            "seed": shown.settings.seed,
            "clock": clock_document(shown),
            "empty": shown.settings.empty,
            "assumptions": shown.assumptions,
            "records": shown.records,
            "calls": len(self.journal.entries(name)),
            "idleSeconds": shown.idle_seconds,
        }

    def delete_sandbox(self, name: str) -> None:
        """Delete a sandbox and its journal; the default sandbox is reset to its start-up state."""
        self.sandboxes.delete(name)

    def reset_sandbox(self, name: str) -> Document:
        """Reset a sandbox to its fixtures; delete its journal, whose numbers start again at 1."""
        self.sandboxes.reset(name)
        self.journal.forget(name)
        return self.show_sandbox(name)

    def _scenarios(self, chosen: Iterable[Json]) -> tuple[Document, ...]:
        """Return the documents of scenarios that are given by name or as documents."""
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


@dataclass(frozen=True, slots=True)
class AssumptionOperations:
    """Operations on a sandbox's assumptions. All raise UnknownSandboxError if it does not exist."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]

    def list_assumptions(self, name: str) -> Json:
        """Return all assumptions of all vendors, with their values in the sandbox."""
        return list_assumptions(self.served, self.sandboxes.show(name).assumptions)

    def assume(self, name: str, body: Mapping[str, str | None]) -> Json:
        """Set assumptions; None restores the default.

        Raises:
            UnprocessableMemberError: an assumption is unknown or a value is invalid; then none is set.
        """
        self.sandboxes.check_exists(name)
        check_values(self.served, body, "")
        self.sandboxes.assume(name, body)
        return self.list_assumptions(name)


def check_values(
    served: tuple[LoadedVendor, ...], values: Mapping[str, str | None], pointer: str
) -> Mapping[str, str | None]:
    """Raise unless all assumptions exist and accept their values.

    Raises:
        UnprocessableMemberError: one does not; `pointer` is the object of assumptions.
    """
    try:
        check_assumption_values(served, values)
    except InvalidAssumptionError as error:
        raise UnprocessableMemberError(f"{pointer}/{error.assumption}", str(error)) from None
    return values
