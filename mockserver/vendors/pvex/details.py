"""What readers say of a value that they cannot take: shown to local callers only.

Source: PVEx fact sheet §3.1, §3.3 (switch `error_detail`). The texts vary with the framework's version;
those that the sheet does not quote are assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from mockserver.codec import json
from mockserver.model import Json, Path, Problem, Value
from mockserver.vendors.pvex.members import INTEGERS, MOMENTS, MONEY, REQUIRED_VALUES, TEXTS
from mockserver.vendors.pvex.places import Places
from mockserver.vendors.pvex.words import ASSUMED

ONE = "PVExDataModel.Invoice"
LIST = f"System.Collections.Generic.List`1[{ONE}]"
NO_FORMATTER = (
    "No MediaTypeFormatter is available to read an object of type '{type}' "
    "from content with media type '{media_type}'."
)
NO_FORMATTER_TYPE = "System.Net.Http.UnsupportedMediaTypeException"
_ODD_CHARACTER = "Unexpected character encountered while parsing value:"
LOST = f"{_ODD_CHARACTER} ,."

_UNREADABLE_XML = f"There was an error deserializing the object of type {LIST}. "
_NOT_A_LIST = (
    'Cannot deserialize the current JSON object (e.g. {"name":"value"}) into type \''
    + LIST
    + "' because the type requires a JSON array (e.g. [1,2,3]) to deserialize correctly.\r\n"
)
_NOT_AN_OBJECT = (
    f"Cannot deserialize the current JSON array (e.g. [1,2,3]) into type '{ONE}' because the type requires a "
    'JSON object (e.g. {"name":"value"}) to deserialize correctly.\r\n'
)
_TOKENS: Mapping[type, str] = {
    list: "StartArray",
    dict: "StartObject",
    str: "String",
    bool: "Boolean",
    int: "Integer",
    Decimal: "Float",
}


class _Kind(Value, frozen=True):
    """A kind of member: what the messages of JSON call it, its type, what those of XML call it."""

    word: str
    type_name: str
    xml_word: str


_STRING = _Kind("string", "System.String", "String")
_FLAG = _Kind("boolean", "System.Boolean", "Boolean")
_KINDS: Mapping[str, _Kind] = {
    **dict.fromkeys(TEXTS, _STRING),
    **dict.fromkeys(MONEY, _Kind("decimal", "System.Decimal", "Decimal")),
    **dict.fromkeys(INTEGERS, _Kind("integer", "System.Int32", "Int32")),
    **dict.fromkeys(MOMENTS, _Kind("DateTime", "System.DateTime", "DateTime")),
}


def of_json(problem: Problem, path: Path, places: Places) -> str:
    """What Json.NET says of a member, or of an item that lacks one; `path` is where that stands."""
    if problem.rule == "required":
        missing = f"Required property '{problem.path[-1]}' not found in JSON. "
        return missing + places.sentence("end", path)
    if path and isinstance(path[-1], str):
        return f"{_of_member(path[-1], problem)} {places.sentence('value', path)}"
    return _of_item(problem.found) + places.sentence("value", path)


def of_no_list(places: Places, path: Path) -> str:
    """What Json.NET says of an object in place of a list."""
    return _NOT_A_LIST + places.sentence("name", path)


def of_other_shape(found: Json, places: Places, *, listed: bool) -> str:
    """What Json.NET says of a value that is neither list nor object, or of a list in place of an object."""
    if not listed:
        return _of_item(found) + places.sentence("value", ())
    said = json.encode(found).decode()
    return f"Error converting value {said} to type '{LIST}'. {places.sentence('value', ())}"


def of_broken_json(places: Places, path: Path, offset: int) -> str:
    """What Json.NET says where it cannot read on."""
    rest = places.text[offset : offset + 1]
    said = (
        f"Unexpected character encountered while parsing value: {rest}."
        if rest
        else "Unexpected end of file."
    )
    return f"{said} {places.located(path, offset)}"


def of_xml(problem: Problem) -> str:
    """What the serializer says of an element."""
    kind = _KINDS.get(str(problem.path[-1]), _FLAG)
    if problem.found is None:
        return f"{_UNREADABLE_XML}ValueType '{kind.type_name}' cannot be null."
    return f"{_UNREADABLE_XML}The value '{problem.found}' cannot be parsed as the type '{kind.xml_word}'."


def of_broken_xml(detail: str) -> str:
    """What the serializer says of a body that it cannot read at all."""
    return _UNREADABLE_XML + detail


def _of_item(found: Json) -> str:
    if isinstance(found, list):
        return _NOT_AN_OBJECT
    return f"Error converting value {json.encode(found).decode()} to type '{ONE}'. "


def _of_member(name: str, problem: Problem) -> str:
    kind, found = _KINDS.get(name, _FLAG), problem.found
    if found is None or (found == "" and name in (REQUIRED_VALUES | INTEGERS)):
        return f"Error converting value {{null}} to type '{kind.type_name}'."
    if isinstance(found, str):
        if kind is _STRING:
            return ASSUMED.control_character
        return f"Could not convert string to {kind.word}: {found}."
    if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
        return _NUMBERS.get(kind.word, _unexpected)(found, kind)
    return _unexpected(found, kind)


def _no_integer(found: Json, _kind: _Kind) -> str:
    if isinstance(found, int):
        return f"JSON integer {found} is too large or small for an Int32."
    return f"Input string '{found}' is not a valid integer."


def _no_decimal(found: Json, _kind: _Kind) -> str:
    return f"Input string '{found}' is not a valid decimal."


def _unexpected(found: Json, kind: _Kind) -> str:
    word = "date" if kind.word == "DateTime" else kind.word
    return f"Error reading {word}. Unexpected token: {_TOKENS[type(found)]}."


_NUMBERS: Mapping[str, Callable[[Json, _Kind], str]] = {"integer": _no_integer, "decimal": _no_decimal}
