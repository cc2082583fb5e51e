"""Build the values of a scenario from its document, by the types of their fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

from msgspec import Struct
from msgspec.structs import fields, replace

from mockserver.model import EMPTY, Document, Json, Path
from mockserver.scenario.model import Commit, Predicate, Rule, RuleMatch, Scenario
from mockserver.scenario.predicates import Pattern, parse_path, parse_predicate

T = TypeVar("T", bound=Struct)

_COMMITS: Mapping[str, Commit] = {"full": Commit(), "none": Commit(first=0)}


def build_scenario(document: Document) -> Scenario:
    """Return the scenario of a document in which nothing is wrong."""
    scenario = _build(Scenario, document)
    return replace(scenario, document=document, tests=sum(map(_count_tests, scenario.rules)))


def _count_tests(rule: Rule) -> int:
    predicates = (rule.match.body, rule.match.item, *(one.select.where for one in rule.items))
    values = [one.value for one in predicates if one is not None]
    return sum(value.pieces if isinstance(value, Pattern) else 1 for value in values)


def _build(kind: type[T], node: Document) -> T:
    members = _fields(kind)
    return kind(**{name: read(node[key]) for key, (name, read) in members.items() if key in node})


@cache
def _fields(kind: type[Struct]) -> Mapping[str, tuple[str, Callable[[Json], Any]]]:
    """Return name and reader of each field, by its name in a document."""
    return {one.encode_name: (one.name, _reader(one.type)) for one in fields(kind)}


def _reader(kind: Any) -> Callable[[Json], Any]:
    """Return the function that reads a value of that type."""
    if kind in _READERS:
        return _READERS[kind]
    if get_origin(kind) is tuple:
        read = _reader(get_args(kind)[0])
        return lambda node: tuple(read(one) for one in node)
    kinds = [one for one in get_args(kind) if one is not NoneType]
    if NoneType in get_args(kind) and len(kinds) == 1:
        return _reader(kinds[0])
    if isinstance(kind, type) and issubclass(kind, Struct):
        return lambda node: _build(kind, node)
    return _as_it_is


def _as_it_is(value: Json) -> Json:
    return value


def _read_match(node: Document) -> RuleMatch:
    headers = {name.lower(): text for name, text in node.get("headers", EMPTY).items()}
    return replace(_build(RuleMatch, node), headers=headers)


def _read_commit(said: Json) -> Commit:
    return _COMMITS[said] if isinstance(said, str) else Commit(first=int(said["partial"]))


def _read_path(path: str) -> Path:
    return parse_path(path, every=True)


def _read_whole_or_text(value: Json) -> int | str:
    return value if isinstance(value, str) else int(value)


_READERS: Mapping[Any, Callable[[Json], Any]] = {
    int: int,  # JSON may also write a whole number 3.0
    float: float,
    int | str | None: _read_whole_or_text,
    tuple[str | int, ...]: _read_path,
    Commit: _read_commit,
    Predicate: parse_predicate,
    RuleMatch: _read_match,
}
