"""Convert what YAML holds to typed values; every error names the member, its line and what is expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NoReturn, TypeVar

from msgspec import ValidationError, convert
from msgspec.inspect import DictType, ListType, LiteralType, StructType, Type, UnionType, type_info

from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.model import Json

T = TypeVar("T")
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_EXPECTED = re.compile(r"Expected `(.*?)`, got `(.*?)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`$")
_MISSING = re.compile(r"Object missing required field `(.*)`$")
_KINDS = {
    "str": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
    "decimal": "a number",
    "float": "a number",
}


def typed(kind: type[T], document: Json, place: WrittenPlace) -> T:
    """Return the document as a value of that kind.

    Raises:
        SpecError: it is none.
    """
    try:
        return convert(document, kind)
    except ValidationError as error:
        said, _, path = str(error).partition(" - at ")
        steps = [name or int(number) for name, number in _STEP.findall(path.partition("[...]")[0])]
        _fail(said, place.at(*steps), _kinds_at(type_info(kind), steps))


def plain(kind: type[T], document: Json, place: WrittenPlace) -> T:
    """Return a frozen dataclass of plain values; its members are written with `-` for `_`.

    Raises:
        SpecError: it is none.
    """
    named = typed(dict[str, Any], document, place)
    known = [one.name.replace("_", "-") for one in fields(kind)]  # type: ignore[arg-type]
    for name in named:
        if name not in known:
            place.at(name).fail(_unknown(known))
    return typed(kind, {name.replace("-", "_"): value for name, value in named.items()}, place)


def _fail(said: str, place: WrittenPlace, kinds: Sequence[Type]) -> NoReturn:
    if unknown := _UNKNOWN.match(said):
        members = {one.encode_name for kind in kinds if isinstance(kind, StructType) for one in kind.fields}
        place.at(unknown[1]).fail(_unknown(sorted(members)))
    if missing := _MISSING.match(said):
        place.fail(f"{missing[1]} is missing")
    if expected := _EXPECTED.match(said):
        words = [_KINDS.get(one, one) for one in expected[1].split(" | ")]
        place.fail(f"expected {' or '.join(words)}, found {_KINDS.get(expected[2], expected[2])}")
    if values := [str(one) for kind in kinds if isinstance(kind, LiteralType) for one in kind.values]:
        found = said.removeprefix("Invalid enum value ").strip("'")
        place.fail(f"expected {' or '.join(values)}, found {found}")
    place.fail(said[:1].lower() + said[1:])


def _unknown(known: Sequence[str]) -> str:
    return f"unknown; known are {', '.join(known)}"


def _kinds_at(kind: Type, steps: Sequence[str | int]) -> list[Type]:
    """Return the kinds that a value may have below one of that kind."""
    kinds = list(kind.types) if isinstance(kind, UnionType) else [kind]
    if not steps:
        return kinds
    below: list[Type] = []
    for one in kinds:
        if isinstance(one, StructType):
            below += [member.type for member in one.fields if member.encode_name == steps[0]]
        elif isinstance(one, ListType):
            below.append(one.item_type)
        elif isinstance(one, DictType):
            below.append(one.value_type)
    return [found for one in below for found in _kinds_at(one, steps[1:])]
