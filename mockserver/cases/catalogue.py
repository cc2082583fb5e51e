"""The catalogue: 157 rows of what goes wrong with batches, and every vendor's runnable cases for them.

A row stands in `catalogue.yaml`, in no vendor's words; a vendor's cases in the folder `cases` of its package,
one file a section. An entry that says nothing but its row runs the row's `generic` case with the vendor's
ingredients (`_vendor.yaml`).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mockserver.cases.language import SOURCES, BadCaseError, Case, Ingredients, Node, known, read
from mockserver.codec import yaml
from mockserver.served import PACKAGE, packages

_ROW = frozenset({"row", "name", "section", "trigger", "expected", "check", "source", "generic"})
_ENTRY = frozenset({"row", "differs"})
_COMMON = "_vendor.yaml"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what triggers it, what is expected then, what a suite checks, and what that rests on.

    `generic` is its case for any vendor, with placeholders for its ingredients; {} where there is none.
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
        """Number and name, as the control plane and the tests call it."""
        return f"{self.row}-{self.name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A vendor's case for a row; `differs` says how a higher-ranking answer contradicts the row, or ""."""

    row: Row
    case: Case
    differs: str = ""


@cache
def rows() -> Mapping[int, Row]:
    """All rows by number, in their order.

    Raises:
        BadCaseError: the file does not keep the language.
    """
    file = Path(__file__).parent / "catalogue.yaml"
    found = [_row(node) for node in yaml.load(file.read_text(encoding="utf-8"))]
    return {row.row: row for row in found}


@cache
def entries(vendor: str) -> tuple[Entry, ...]:
    """The vendor's cases by row, in the order of its files for those of one row; () for a bare spec.

    Raises:
        BadCaseError: a file does not keep the language, or names a row that is not there.
    """
    if vendor not in packages():
        return ()
    module = importlib.import_module(f"{PACKAGE}.{vendor}")
    found = in_folder(Path(str(module.__file__)).parent / "cases", vendor)
    return tuple(sorted(found, key=lambda entry: entry.row.row))


def in_folder(folder: Path, vendor: str) -> Iterator[Entry]:
    """The cases that stand in the folder, file by file.

    Raises:
        BadCaseError: as `entries`.
    """
    common = ingredients(folder / _COMMON)
    for file in sorted(folder.glob("[a-z]*.yaml")):
        for node in yaml.load(file.read_text(encoding="utf-8")) or ():
            yield _entry(node, f"{vendor}/{file.name}", vendor, common)


def ingredients(file: Path) -> Ingredients:
    """What the vendor's cases have in common; nothing where there is no such file.

    Raises:
        BadCaseError: it has other members.
    """
    node = yaml.load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    known(file.name, "ingredients", node, frozenset({"headers", "names"}))
    return Ingredients(node.get("headers", {}), node.get("names", {}))


def _row(node: Node) -> Row:
    place = f"catalogue row {node.get('row')}"
    known(place, "row", node, _ROW)
    if missing := sorted(_ROW - {"generic"} - node.keys()):
        raise BadCaseError(f"{place}: {', '.join(missing)} is missing")
    if unknown := [source for source in node["source"] if source not in SOURCES]:
        raise BadCaseError(f"{place}: source {unknown[0]} is not one of {', '.join(SOURCES)}")
    return Row(**{"generic": {}, **node})


def _entry(node: Node, place: str, vendor: str, common: Ingredients) -> Entry:
    row = rows().get(node.get("row", 0))
    if row is None:
        raise BadCaseError(f"{place}: there is no row {node.get('row')}")
    place = f"{place}, row {row.row}"
    own = {name: value for name, value in node.items() if name not in _ENTRY}
    if "when" not in own:
        if not row.generic:
            raise BadCaseError(f"{place}: the row has no generic case; write when")
        names = {**common.names, **_unnamed(row.generic, common), **own.get("names", {})}
        own = {**row.generic, **own, "names": names}
    case = read({"source": row.source[-1], **own}, place, vendor, common)
    return Entry(row, case, node.get("differs", ""))


def _unnamed(generic: Node, common: Ingredients) -> Node:
    """What the generic case takes for the placeholders that the vendor's ingredients do not name."""
    return {name: value for name, value in generic.get("names", {}).items() if name not in common.names}
