"""The judging of a dump before it is loaded: is it one, and can this server go on from it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mockserver.assumption import ASSUMPTIONS
from mockserver.beginning import SETTINGS
from mockserver.control.scripts import flaws
from mockserver.control.shapes import OF_SANDBOX, OF_VENDOR
from mockserver.model import Document, Json, Path, pointer_of
from mockserver.scenario.records import SCENARIOS
from mockserver.served import Served
from mockserver.store import OWN
from mockserver.switches import UnknownPosition, check_positions


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges dumps for a server of these vendors: whole ones, or with `vendor` that one's scopes alone."""

    served: tuple[Served, ...]
    vendor: str = ""

    def problems(self, dump: Document) -> Iterator[Document]:
        """Everything that is wrong with it: pointer, code and detail each, in the order of the dump."""
        names = [one.name for one in self.served]
        wanted = (self.vendor,) if self.vendor else (*names, OWN.rstrip("/"))
        for scope, tables in dump.items():
            owner, slash, tenant = scope.partition("/")
            if owner not in wanted or not slash or (f"{owner}/" == OWN and tenant):
                expected = ", ".join(f"{name}/…" for name in wanted)
                yield _problem((scope,), "unknown-scope", f"expected scopes {expected}, found {scope}")
                continue
            malformed = list(_malformed(scope, tables))
            yield from malformed or self._misfits(scope, tables)

    def _misfits(self, scope: str, tables: Json) -> Iterator[Document]:
        if scope == OWN:
            return self._own(tables)
        return self._vendors(scope.partition("/")[0], tables) if scope.endswith("/") else iter(())

    def _own(self, tables: Json) -> Iterator[Document]:
        shapely = True
        for name in (SETTINGS, *(name for name in tables if name != SETTINGS)):
            if name not in OF_SANDBOX:
                yield _problem((OWN, name), "unknown-collection", f"a sandbox keeps no {name} of its own")
                continue
            for problem in OF_SANDBOX[name].problems(tables.get(name, {}), (OWN, name)):
                shapely = False
                yield _problem(problem.path, problem.code, problem.detail)
        if not shapely:
            return
        beginning = tables[SETTINGS]["beginning"]
        where: Path = (OWN, SETTINGS, "beginning")
        yield from self._turned(beginning["assumptions"], (*where, "assumptions"))
        for index, document in enumerate(beginning["scenarios"]):
            yield from flaws(document, self.served, pointer_of((*where, "scenarios", index)))
        for name, record in tables.get(SCENARIOS, {}).items():
            place: Path = (OWN, SCENARIOS, name)
            yield from flaws(record["document"], self.served, pointer_of((*place, "document")))
            if not name == record["name"] == record["document"].get("name"):
                yield _problem(place, "wrong-name", f"the scenario that is kept as {name} has another name")

    def _vendors(self, vendor: str, tables: Json) -> Iterator[Document]:
        scope = f"{vendor}/"
        kept = [name for name in tables if name in OF_VENDOR]
        found = [
            problem for name in kept for problem in OF_VENDOR[name].problems(tables[name], (scope, name))
        ]
        yield from (_problem(one.path, one.code, one.detail) for one in found)
        if not found:
            for switch, turned in tables.get(ASSUMPTIONS, {}).items():
                place: Path = (scope, ASSUMPTIONS, switch)
                if turned["name"] != switch:
                    yield _problem(
                        place, "wrong-name", f"the switch that is kept as {switch} has another name"
                    )
                yield from self._turned({f"{vendor}.{switch}": turned["position"]}, place)

    def _turned(self, positions: Document, path: Path) -> Iterator[Document]:
        try:
            check_positions(self.served, positions)
        except UnknownPosition as error:
            yield _problem(path, "unknown-position", str(error))


def _malformed(scope: str, tables: Json) -> Iterator[Document]:
    """What keeps `tables` from being documents by collection and key."""
    if not isinstance(tables, dict):
        yield _problem((scope,), "wrong-type", "expected an object of collections")
        return
    for name, documents in tables.items():
        if not isinstance(documents, dict):
            yield _problem((scope, name), "wrong-type", "expected an object of documents by key")
            continue
        for key, document in documents.items():
            if not isinstance(document, dict):
                yield _problem((scope, name, key), "wrong-type", "expected a document, which is an object")


def _problem(path: Path, code: str, detail: str) -> Document:
    return {"pointer": pointer_of(path), "code": code, "detail": detail}
