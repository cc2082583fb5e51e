"""Create, show, reset and delete sandboxes; list and set their assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mockserver.control.calls import SandboxExistsError, UnprocessableMemberError
from mockserver.control.clocks import clock_document, read_instant
from mockserver.control.scenario_documents import PackagedScenarios, read_document
from mockserver.engine.registry import (
    InvalidAssumptionError,
    LoadedVendor,
    check_assumption_values,
    list_assumptions,
)
from mockserver.journal.journal import Journal
from mockserver.model import Document, Json
from mockserver.sandbox.sandboxes import Sandboxes, Settings, is_sandbox_name


@dataclass(frozen=True, slots=True)
class SandboxOperations:
    """Sandboxes by name. UnknownSandbox where there is none of the name."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    packaged: PackagedScenarios

    def list_sandboxes(self) -> Json:
        """Return all sandboxes, by name."""
        return [self.show_sandbox(name) for name in self.sandboxes.names()]

    def create_sandbox(self, body: Document) -> Document:
        """Make a sandbox from the fixtures, or empty.

        Raises:
            SandboxExistsError: the name is taken.
            Unprocessable: `name`, `freeze` or `assumptions` are not valid, or
                `scenarios` name none that ships.
            UnprocessableCallError: a scenario is none.
            TooManySandboxesError: there are as many as there may be.
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
            raise SandboxExistsError(f"a sandbox named {settings.name} is there already")
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
        """Drop a sandbox and its journal; the default one begins anew, as the server was started."""
        self.sandboxes.delete(name)

    def reset_sandbox(self, name: str) -> Document:
        """Back to the fixtures, journal and numbers too."""
        self.sandboxes.reset(name)
        self.journal.forget(name)
        return self.show_sandbox(name)

    def _scenarios(self, chosen: Iterable[Json]) -> tuple[Document, ...]:
        """Return the documents of scenarios that are named or given."""
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
    """The assumptions of a sandbox. UnknownSandbox where there is none of the name."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]

    def list_assumptions(self, name: str) -> Json:
        """Return every assumption of every vendor, with the position that it has in the sandbox."""
        return list_assumptions(self.served, self.sandboxes.show(name).assumptions)

    def assume(self, name: str, body: Mapping[str, str | None]) -> Json:
        """Turn assumptions; None turns one back to its default.

        Raises:
            UnprocessableMemberError: there is no such assumption or position; none was turned then.
        """
        self.sandboxes.check_exists(name)
        check_values(self.served, body, "")
        self.sandboxes.assume(name, body)
        return self.list_assumptions(name)


def check_values(
    served: tuple[LoadedVendor, ...], values: Mapping[str, str | None], pointer: str
) -> Mapping[str, str | None]:
    """Return the positions, all of which there are.

    Raises:
        UnprocessableMemberError: there is no such assumption or value; `pointer` says where.
    """
    try:
        check_assumption_values(served, values)
    except InvalidAssumptionError as error:
        raise UnprocessableMemberError(f"{pointer}/{error.assumption}", str(error)) from None
    return values
