"""Sandboxes as a whole: made, shown, dropped, set back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mockserver.control.assumptions import positions_checked
from mockserver.control.clocks import clock
from mockserver.control.instants import instant
from mockserver.control.refusals import Impossible, SandboxExists
from mockserver.control.scripts import Packaged, given
from mockserver.journal import Journal
from mockserver.model import Document, Json
from mockserver.sandbox import Sandboxes, Settings, is_name
from mockserver.served import Served


@dataclass(frozen=True, slots=True)
class SandboxOperations:
    """Sandboxes by name. UnknownSandbox where there is none of the name."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[Served, ...]
    packaged: Packaged

    def list_sandboxes(self) -> Json:
        """All sandboxes, by name."""
        return [self.show_sandbox(name) for name in self.sandboxes.names()]

    def create_sandbox(self, body: Document) -> Document:
        """Make a sandbox from the fixtures, or empty.

        Raises:
            SandboxExists: the name is taken.
            Impossible: `name` is no name, `freeze` no instant, `assumptions` name no switch or position, or
                `scenarios` name none that ships.
            Impossibles: a scenario is none.
            TooManySandboxes: there are as many as there may be.
        """
        if not is_name(body["name"]):
            raise Impossible("/name", "a sandbox name is 1 to 64 of a-z, 0-9 and -")
        frozen = instant(body["freeze"], "/freeze") if "freeze" in body else None
        assumptions = body.get("assumptions", {})
        positions_checked(self.served, assumptions, "/assumptions")
        settings = Settings(
            body["name"],
            body.get("seed", 0),
            frozen,
            body.get("empty", False),
            assumptions,
            self._scenarios(body.get("scenarios", ())),
        )
        if not self.sandboxes.create(settings):
            raise SandboxExists(f"a sandbox named {settings.name} is there already")
        return self.show_sandbox(settings.name)

    def show_sandbox(self, name: str) -> Document:
        """One sandbox."""
        shown = self.sandboxes.show(name)
        return {
            "name": name,
            "seed": shown.settings.seed,
            "clock": clock(shown),
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
        """The documents of scenarios that are named or given."""
        documents: dict[str, Document] = {}
        for index, one in enumerate(chosen):
            pointer = f"/scenarios/{index}"
            if isinstance(one, str):
                document = self.packaged.document(one, pointer)
            else:
                document = given(one, self.served, pointer).document
            if document["name"] in documents:
                raise Impossible(pointer, f"a scenario named {document['name']} is given twice")
            documents[document["name"]] = document
        return tuple(documents.values())
