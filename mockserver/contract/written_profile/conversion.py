"""Convert what YAML holds to typed values; every error names the member, its line and what is expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from inspect import Parameter, signature
from operator import getitem
from typing import Any, NoReturn, TypeVar, get_type_hints

from msgspec import ValidationError, convert
from msgspec.inspect import DictType, ListType, LiteralType, StructType, Type, UnionType, type_info

from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.model import Json

T = TypeVar("T")
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|(\[\.\.\.\])")
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
        steps = _steps(kind, document, path)
        _fail(said, place.at(*steps), _kinds_at(type_info(kind), steps))


def plain(kind: type[T], document: Json, place: WrittenPlace) -> T:
    """Return a frozen dataclass of plain values; its members are written with `-` for `_`.

    Raises:
        SpecError: it is none.
    """
    hints, made = get_type_hints(kind), {}
    known = {name.replace("_", "-"): name for name in hints}
    for name, value in typed(dict[str, Any], document, place).items():
        if name not in known:
            place.at(name).fail(_unknown(list(known)))
        made[known[name]] = typed(hints[known[name]], value, place.at(name))
    try:
        return kind(**made)
    except TypeError:
        needed = [name for name, one in signature(kind).parameters.items() if one.default is Parameter.empty]
        place.fail(f"{', '.join(name for name in needed if name not in made)} is missing")


def _steps(kind: type[T], document: Json, path: str) -> list[str | int]:
    """Return the way to what cannot be converted; of a mapping, msgspec does not say which member it is."""
    steps: list[str | int] = []
    for name, number, any_member in _STEP.findall(path):
        if not any_member:
            steps.append(name or int(number))
            continue
        inner = reduce(getitem, steps, document)
        alone = ((member, _replaced(document, steps, {member: value})) for member, value in inner.items())
        steps.append(next(member for member, one in alone if not _converts(kind, one)))
    return steps


def _converts(kind: type[T], document: Json) -> bool:
    try:
        convert(document, kind)
    except ValidationError:
        return False
    return True


def _replaced(document: Json, steps: Sequence[str | int], value: Json) -> Json:
    if not steps:
        return value
    changed = _replaced(document[steps[0]], steps[1:], value)
    if isinstance(document, list):
        return [changed if number == steps[0] else one for number, one in enumerate(document)]
    return {**document, steps[0]: changed}


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
