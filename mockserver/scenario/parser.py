"""Parse scenario documents and find all their problems at once; load the packaged scenarios."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from pathlib import Path as FilePath
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

from msgspec import Struct
from msgspec.structs import fields, replace

from mockserver.codec import json
from mockserver.errors import MalformedBody, MockServerError
from mockserver.model import EMPTY, Document, Json, Path, values_in
from mockserver.scenario.checks import check_document
from mockserver.scenario.language import find_schema_errors
from mockserver.scenario.model import Commit, Predicate, Rule, RuleMatch, Scenario
from mockserver.scenario.predicates import parse_path, parse_predicate
from mockserver.scenario.yaml_positions import (
    MAX_CHARACTERS,
    DocumentProblem,
    PositionedDocument,
    check_size,
    parse_yaml,
)
from mockserver.spec.patterns import ForeignPattern

MAX_PROBLEMS = 20

T = TypeVar("T", bound=Struct)
_COMMITS: Mapping[str, Commit] = {"full": Commit(), "none": Commit(first=0)}
_CORE_FOLDER = FilePath(__file__).parent / "packaged_scenarios"
_VENDORS_FOLDER = FilePath(__file__).parent.parent / "vendors"


class InvalidScenarioError(MockServerError):
    """A document is no valid scenario.

    `problems` has the first 20 problems in the order of the document; `more` is the number of further
    problems. `source` is the document's file, or "" if there is no file.
    """

    def __init__(self, problems: tuple[DocumentProblem, ...], more: int = 0, source: str = "") -> None:
        self.problems, self.more, self.source = problems, more, source
        told = [f"{self.where(fault)}: {fault.detail}; {fault.hint}" for fault in problems]
        super().__init__("\n".join([*told, *([f"and {more} more"] if more else [])]))

    def where(self, fault: DocumentProblem) -> str:
        """Return the place of a problem as far as it is known, such as `flaky.yaml:4:18: /rules/0`."""
        place = (self.source, fault.line, fault.column)
        position = ":".join(str(part) for part in place if part not in ("", None))
        return ": ".join(part for part in (position, fault.pointer or "/") if part)


def parse_text(text: str, vendors: Mapping[str, frozenset[str]], *, source: str = "") -> Scenario:
    """Parse the scenario in a YAML or JSON text; `vendors` has the operation ids of each vendor.

    Raises InvalidScenarioError.
    """
    positioned = parse_yaml(text)
    if positioned.syntax_problems and positioned.document is None and len(text) <= MAX_CHARACTERS:
        # No YAML reader takes all of JSON: an emoji may be two surrogates, and a key may have any length.
        try:
            return parse_document(json.decode(text.encode()), vendors, source=source)
        except (MalformedBody, UnicodeError):
            pass
    return _parse(positioned, vendors, source)


def parse_document(document: Json, vendors: Mapping[str, frozenset[str]], *, source: str = "") -> Scenario:
    """Parse a decoded document. Raises InvalidScenarioError."""
    try:
        json.check_depth(document)
    except MalformedBody as deep:
        refused = PositionedDocument.refused("too-deep", deep.detail, "keep the document flatter")
        return _parse(refused, vendors, source)
    return _parse(check_size(len(json.encode(document))) or PositionedDocument(document), vendors, source)


def _parse(found: PositionedDocument, vendors: Mapping[str, frozenset[str]], source: str) -> Scenario:
    document = found.document
    slipped = {slip.path for slip in found.syntax_problems}
    unread = document is None and bool(slipped)
    errors = [] if unread else list(find_schema_errors(document))
    findings = [error for error in errors if all(error.path[: len(one)] != one for one in slipped)]
    broken = slipped | {error.path for error in errors}
    if not unread:
        findings.extend(check_document(document, vendors, broken))
    if not broken and not findings:
        return build_scenario(document)
    told = [*found.syntax_problems, *map(found.locate, findings)]
    order = {path: at for at, (path, _) in enumerate(values_in(document))}
    told.sort(key=lambda one: (one.line or 0, one.column or 0, _order_of(one.path, order)))
    raise InvalidScenarioError(tuple(told[:MAX_PROBLEMS]), len(told[MAX_PROBLEMS:]), source)


def _order_of(path: Path, order: Mapping[Path, int]) -> int:
    while path not in order:
        path = path[:-1]
    return order[path]


def build_scenario(document: Document) -> Scenario:
    scenario = _build(Scenario, document)
    return replace(scenario, document=document, tests=sum(map(_count_tests, scenario.rules)))


def _count_tests(rule: Rule) -> int:
    predicates = (rule.match.body, rule.match.item, *(item.select.where for item in rule.items))
    values = [predicate.value for predicate in predicates if predicate is not None]
    return sum(value.pieces if isinstance(value, ForeignPattern) else 1 for value in values)


def _build(kind: type[T], node: Document) -> T:
    members = _fields(kind)
    return kind(**{name: read(node[key]) for key, (name, read) in members.items() if key in node})


@cache
def _fields(kind: type[Struct]) -> Mapping[str, tuple[str, Callable[[Json], Any]]]:
    return {field.encode_name: (field.name, _reader(field.type)) for field in fields(kind)}


def _reader(kind: Any) -> Callable[[Json], Any]:
    if kind in _READERS:
        return _READERS[kind]
    if get_origin(kind) is tuple:
        read = _reader(get_args(kind)[0])
        return lambda node: tuple(read(one) for one in node)
    kinds = [arg for arg in get_args(kind) if arg is not NoneType]
    if NoneType in get_args(kind) and len(kinds) == 1:
        return _reader(kinds[0])
    if isinstance(kind, type) and issubclass(kind, Struct):
        return lambda node: _build(kind, node)
    return lambda node: node


def _read_match(node: Document) -> RuleMatch:
    headers = {name.lower(): text for name, text in node.get("headers", EMPTY).items()}
    return replace(_build(RuleMatch, node), headers=headers)


_READERS: Mapping[Any, Callable[[Json], Any]] = {
    int: int,  # JSON may also write a whole number 3.0
    float: float,
    int | str | None: lambda value: value if isinstance(value, str) else int(value),
    tuple[str | int, ...]: lambda path: parse_path(path, every=True),
    Commit: lambda value: _COMMITS[value] if isinstance(value, str) else Commit(first=int(value["partial"])),
    Predicate: parse_predicate,
    RuleMatch: _read_match,
}


def limited(document: Document, vendor: str = "", operation: str = "", *, once: bool) -> Document:
    """Return the scenario with limited rules.

    If `once`, each rule takes at most one call. If not "", `vendor` and `operation` are set in each match.
    """
    only = {name: text for name, text in (("vendor", vendor), ("operation", operation)) if text}
    return {**document, "rules": [_limited_rule(rule, only, once=once) for rule in document["rules"]]}


def _limited_rule(rule: Document, only: Document, *, once: bool) -> Document:
    changed = dict(rule)
    if only:
        changed["match"] = {**rule.get("match", {}), **only}
    if once:
        changed["times"] = {**rule.get("times", {}), "count": 1}
    return changed


def load_packaged(vendors: Collection[str] | None = None) -> Mapping[str, str]:
    """Return the text of each packaged scenario, by name in alphabetical order.

    A vendor's own scenarios are left out unless the vendor is in `vendors`; None means all vendors.
    """
    files = sorted(_scenario_files(vendors), key=lambda file: file.stem)
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def _scenario_files(vendors: Collection[str] | None) -> Iterator[FilePath]:
    yield from _CORE_FOLDER.glob("*.yaml")
    for file in _VENDORS_FOLDER.glob("*/scenarios/*.yaml"):
        if vendors is None or file.parent.parent.name in vendors:
            yield file
