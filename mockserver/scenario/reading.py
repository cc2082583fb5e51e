"""Documents to scenarios: everything wrong with one is found at once, with its place and what to do about it.

The form of a fault is what, where, cure (people §2h): `flaky.yaml:4:18: /rules/0/items/0/effect/fails`.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.codec import json
from mockserver.errors import Malformed, MockServerError
from mockserver.model import Json, Path, Problem, Value
from mockserver.scenario.building import built
from mockserver.scenario.model import Scenario
from mockserver.scenario.places import MAX_CHARACTERS, Place, Placed, Slip, placed, too_large
from mockserver.scenario.possible import impossible
from mockserver.scenario.structure import Finding, structural

MAX_FAULTS = 20


class ScenarioFault(Value, frozen=True):
    """One thing wrong with a document: `pointer` says where in it, `code` is kebab-case and stable.

    `line` and `column` count from 1; they are None where the document came without its text.
    """

    pointer: str
    code: str
    detail: str
    cure: str
    line: int | None = None
    column: int | None = None


class BadScenario(MockServerError):
    """A document is no scenario: its first 20 faults in their order, and how many `more` there are.

    `source` is the file that it came from, "" when it came from none.
    """

    def __init__(self, faults: tuple[ScenarioFault, ...], more: int = 0, source: str = "") -> None:
        self.faults, self.more, self.source = faults, more, source
        told = [f"{self.where(fault)}: {fault.detail}; {fault.cure}" for fault in faults]
        super().__init__("\n".join([*told, *([f"and {more} more"] if more else [])]))

    def where(self, fault: ScenarioFault) -> str:
        """`flaky.yaml:4:18: /rules/0`, of which what is not known is left out."""
        place = (self.source, fault.line, fault.column)
        said = ":".join(str(part) for part in place if part not in ("", None))
        return ": ".join(part for part in (said, fault.pointer or "/") if part)


def read(text: str, vendors: Mapping[str, frozenset[str]], *, source: str = "") -> Scenario:
    """The scenario that a YAML or JSON text holds; `vendors` are the operation ids by the vendor's name.

    Raises:
        BadScenario: it holds none.
    """
    found = placed(text)
    if found.slips and found.document is None and len(text) <= MAX_CHARACTERS:
        # JSON writes emoji as two surrogates and has keys of any length, which no YAML reader takes.
        try:
            return of(json.decode(text.encode()), vendors, source=source)
        except (Malformed, UnicodeError):
            pass
    return _read(found, vendors, source)


def of(document: Json, vendors: Mapping[str, frozenset[str]], *, source: str = "") -> Scenario:
    """The scenario that a decoded document is.

    Raises:
        BadScenario: it is none.
    """
    try:
        json.check_depth(document)
    except Malformed as deep:
        slip = Slip((), "too-deep", deep.detail, "keep the document flatter")
        return _read(Placed(None, slips=(slip,)), vendors, source)
    return _read(too_large(len(json.encode(document))) or Placed(document), vendors, source)


def _read(found: Placed, vendors: Mapping[str, frozenset[str]], source: str) -> Scenario:
    document = found.document
    slipped = {slip.path for slip in found.slips}
    unread = document is None and bool(slipped)
    findings = [] if unread else [one for one in structural(document) if not _is_below(one.path, slipped)]
    broken = slipped | {one.path for one in findings}
    if not unread:
        findings.extend(impossible(document, vendors, broken))
    if not broken and not findings:
        return built(document)
    faults = [_of_slip(slip) for slip in found.slips] + [_of_finding(one, found) for one in findings]
    order = _order(document)
    faults.sort(key=lambda one: (one[0].line or 0, one[0].column or 0, _rank(one[1], order)))
    told = tuple(fault for fault, _path in faults)
    raise BadScenario(told[:MAX_FAULTS], len(told[MAX_FAULTS:]), source)


def _is_below(path: Path, others: set[Path]) -> bool:
    return any(path[: len(other)] == other for other in others)


def _of_slip(slip: Slip) -> tuple[ScenarioFault, Path]:
    return _fault(slip.path, slip.code, slip.detail, slip.cure, slip.place), slip.path


def _of_finding(one: Finding, found: Placed) -> tuple[ScenarioFault, Path]:
    places = found.keys if one.code == "unknown-key" else found.values
    path = one.path
    while path and path not in places:
        path = path[:-1]
    return _fault(one.path, one.code, one.detail, one.cure, places.get(path)), one.path


def _fault(path: Path, code: str, detail: str, cure: str, place: Place | None) -> ScenarioFault:
    pointer = Problem(code, path).pointer
    return ScenarioFault(pointer, code, detail, cure, *(place or (None, None)))


def _order(document: Json) -> Mapping[Path, int]:
    """Where each place comes in the document."""
    paths: list[Path] = []

    def visit(node: Json, path: Path) -> None:
        paths.append(path)
        children = (
            node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        )
        for step, child in children:
            visit(child, (*path, step))

    visit(document, ())
    return {path: at for at, path in enumerate(paths)}


def _rank(path: Path, order: Mapping[Path, int]) -> int:
    while path not in order:
        path = path[:-1]
    return order[path]
