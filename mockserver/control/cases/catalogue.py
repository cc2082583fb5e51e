"""The catalogue of 157 batch failures and the vendors' runnable cases for each row."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mockserver.codec import yaml
from mockserver.control.cases.language import (
    SOURCES,
    BadCaseError,
    Case,
    CaseDefaults,
    Node,
    check_members,
    read_case,
)
from mockserver.engine.registry import VENDORS_PACKAGE, vendor_packages
from mockserver.model import Document, Json

_ROW_MEMBERS = frozenset({"row", "name", "section", "trigger", "expected", "check", "source", "generic"})
_CASE_MEMBERS = frozenset({"row", "differs"})
_DEFAULTS_FILE = "_vendor.yaml"


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One row of the catalogue: trigger, expected behaviour, assertion of a suite, sources.

    `generic` is the case for any vendor, with placeholders for the vendor's ingredients; {} if there is none.
    """

    row: int
    name: str
    section: str
    trigger: str
    expected: str
    check: str
    source: Sequence[str]
    generic: Node

    @property
    def id(self) -> str:
        """Number and name, for example `148-reset`."""
        return f"{self.row}-{self.name}"

    def contains(self, search: str) -> bool:
        """Return whether all words of `search` are in the row, in any order and case."""
        text = f"{self.id} {self.section} {self.trigger} {self.expected} {self.check}".lower()
        return all(word in text for word in search.lower().split())


@dataclass(frozen=True, slots=True)
class CatalogueCase:
    """A vendor's case for a row; `differs` says how a better source contradicts the row, or ""."""

    row: CatalogueRow
    case: Case
    differs: str = ""


@cache
def rows() -> Mapping[int, CatalogueRow]:
    """Return all rows by number, in order.

    Raises:
        BadCaseError: the file is not valid in the case language.
    """
    file = Path(__file__).parent / "catalogue.yaml"
    found = [_read_row(node) for node in yaml.load(file.read_text(encoding="utf-8"))]
    return {row.row: row for row in found}


@cache
def vendor_cases(vendor: str) -> tuple[CatalogueCase, ...]:
    """Return the vendor's cases sorted by row, then in the order of the files; () for a bare spec.

    Raises:
        BadCaseError: a file is not valid in the case language, or names an unknown row.
    """
    if vendor not in vendor_packages():
        return ()
    module = importlib.import_module(f"{VENDORS_PACKAGE}.{vendor}")
    found = load_folder(Path(str(module.__file__)).parent / "cases", vendor)
    return tuple(sorted(found, key=lambda entry: entry.row.row))


def load_folder(folder: Path, vendor: str) -> Iterator[CatalogueCase]:
    """Yield the cases of a folder, file by file.

    Raises:
        BadCaseError: a file is not valid in the case language, or names an unknown row.
    """
    common = load_defaults(folder / _DEFAULTS_FILE)
    for file in sorted(folder.glob("[a-z]*.yaml")):
        for node in yaml.load(file.read_text(encoding="utf-8")) or ():
            yield _read_case(node, f"{vendor}/{file.name}", vendor, common)


def load_defaults(file: Path) -> CaseDefaults:
    """Read the defaults of the vendor's cases; they are empty if the file does not exist.

    Raises:
        BadCaseError: the file has unknown members.
    """
    node = yaml.load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    check_members(file.name, "ingredients", node, frozenset({"headers", "names"}))
    return CaseDefaults(node.get("headers", {}), node.get("names", {}))


def row_document(row: CatalogueRow, vendors: Sequence[str]) -> dict[str, Json]:
    """Return a row as JSON; `vendors` are those that have a case for it."""
    return {
        "id": row.id,
        "row": row.row,
        "name": row.name,
        "section": row.section,
        "trigger": row.trigger,
        "expected": row.expected,
        "check": row.check,
        "source": list(row.source),
        "vendors": list(vendors),
    }


def case_document(case: Case) -> Document:
    """Return the case as it would be written in a file, without names that nothing uses."""
    members = {
        "vendor": case.vendor,
        "says": case.says,
        "source": case.source,
        "seed": case.seed,
        "empty": case.empty,
        "assumptions": case.assumptions,
        "freeze": case.freeze,
        "headers": case.headers,
        "names": case.names,
        "scenarios": list(case.scenarios),
        "given": list(case.given),
        "when": list(case.when),
        "then": list(case.then),
    }
    return _with_used_names({name: value for name, value in members.items() if value})


def _with_used_names(document: Document) -> Document:
    """Return the case without names that nothing uses; a vendor has many for all its cases."""
    names = document.get("names", {})
    waiting = {name for name in names if _uses({**document, "names": {}}, name)}
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        used.add(name)
        waiting |= {other for other in names if other not in used and _uses(names[name], other)}
    kept = {name: value for name, value in names.items() if name in used}
    return {member: kept if member == "names" else value for member, value in document.items()}


def _uses(node: Json, name: str) -> bool:
    return f"${{{name}}}" in str(node)


def _read_row(node: Node) -> CatalogueRow:
    place = f"catalogue row {node.get('row')}"
    check_members(place, "row", node, _ROW_MEMBERS)
    if missing := sorted(_ROW_MEMBERS - {"generic"} - node.keys()):
        raise BadCaseError(f"{place}: {', '.join(missing)} is missing")
    if unknown := [source for source in node["source"] if source not in SOURCES]:
        raise BadCaseError(f"{place}: source {unknown[0]} is not one of {', '.join(SOURCES)}")
    return CatalogueRow(**{"generic": {}, **node})


def _read_case(node: Node, place: str, vendor: str, common: CaseDefaults) -> CatalogueCase:
    row = rows().get(node.get("row", 0))
    if row is None:
        raise BadCaseError(f"{place}: there is no row {node.get('row')}")
    place = f"{place}, row {row.row}"
    own = {name: value for name, value in node.items() if name not in _CASE_MEMBERS}
    if "when" not in own:
        if not row.generic:
            raise BadCaseError(f"{place}: the row has no generic case; write when")
        names = {**common.names, **_default_names(row.generic, common), **own.get("names", {})}
        own = {**row.generic, **own, "names": names}
    case = read_case({"source": row.source[-1], **own}, place, vendor, common)
    return CatalogueCase(row, case, node.get("differs", ""))


def _default_names(generic: Node, common: CaseDefaults) -> Node:
    """Return the generic case's placeholders that the vendor's ingredients do not define."""
    return {name: value for name, value in generic.get("names", {}).items() if name not in common.names}
