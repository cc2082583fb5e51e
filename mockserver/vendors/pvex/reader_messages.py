"""Messages of the JSON, XML and form readers about values that they cannot read, for local callers only.

Source: docs/vendors/pvex.md#errors, #modelstate (assumption `error_detail`). The texts vary with the
framework's version;
those that the page does not quote are assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from mockserver.codec import json
from mockserver.model import Json, Path, Problem, Value
from mockserver.vendors.pvex.invoice_members import (
    AMOUNT_MEMBERS,
    DATE_MEMBERS,
    INTEGER_MEMBERS,
    REQUIRED_VALUES,
    TEXT_MEMBERS,
)
from mockserver.vendors.pvex.json_positions import JsonPositions
from mockserver.vendors.pvex.messages import ASSUMED

INVOICE_TYPE = "PVExDataModel.Invoice"
LIST_TYPE = f"System.Collections.Generic.List`1[{INVOICE_TYPE}]"
NO_FORMATTER = (
    "No MediaTypeFormatter is available to read an object of type '{type}' "
    "from content with media type '{media_type}'."
)
NO_FORMATTER_EXCEPTION = "System.Net.Http.UnsupportedMediaTypeException"
_ODD_CHARACTER = "Unexpected character encountered while parsing value:"
REST_UNREADABLE = f"{_ODD_CHARACTER} ,."

_UNREADABLE_XML = f"There was an error deserializing the object of type {LIST_TYPE}. "
_NOT_A_LIST = (
    'Cannot deserialize the current JSON object (e.g. {"name":"value"}) into type \''
    + LIST_TYPE
    + "' because the type requires a JSON array (e.g. [1,2,3]) to deserialize correctly.\r\n"
)
_NOT_AN_OBJECT = (
    f"Cannot deserialize the current JSON array (e.g. [1,2,3]) into type '{INVOICE_TYPE}' because the type "
    'requires a JSON object (e.g. {"name":"value"}) to deserialize correctly.\r\n'
)
_TOKEN_NAMES: Mapping[type, str] = {
    list: "StartArray",
    dict: "StartObject",
    str: "String",
    bool: "Boolean",
    int: "Integer",
    Decimal: "Float",
}


class _MemberType(Value, frozen=True):
    """A kind of member: its name in JSON messages, its type, its name in XML messages."""

    word: str
    type_name: str
    xml_word: str


_STRING = _MemberType("string", "System.String", "String")
_BOOLEAN = _MemberType("boolean", "System.Boolean", "Boolean")
_MEMBER_TYPES: Mapping[str, _MemberType] = {
    **dict.fromkeys(TEXT_MEMBERS, _STRING),
    **dict.fromkeys(AMOUNT_MEMBERS, _MemberType("decimal", "System.Decimal", "Decimal")),
    **dict.fromkeys(INTEGER_MEMBERS, _MemberType("integer", "System.Int32", "Int32")),
    **dict.fromkeys(DATE_MEMBERS, _MemberType("DateTime", "System.DateTime", "DateTime")),
}


def json_message(problem: Problem, path: Path, positions: JsonPositions) -> str:
    """Return Json.NET's message for a member or for an item without a required one; `path` is its place."""
    if problem.rule == "required":
        missing = f"Required property '{problem.path[-1]}' not found in JSON. "
        return missing + positions.describe("end", path)
    if path and isinstance(path[-1], str):
        return f"{_member_message(path[-1], problem)} {positions.describe('value', path)}"
    return _item_message(problem.found) + positions.describe("value", path)


def not_a_list_message(positions: JsonPositions, path: Path) -> str:
    """Return what Json.NET says of an object in place of a list."""
    return _NOT_A_LIST + positions.describe("name", path)


def wrong_shape_message(found: Json, positions: JsonPositions, *, is_batch: bool) -> str:
    """Return Json.NET's message for a scalar in place of a list or object, or a list for an object."""
    if not is_batch:
        return _item_message(found) + positions.describe("value", ())
    said = json.encode(found).decode()
    return f"Error converting value {said} to type '{LIST_TYPE}'. {positions.describe('value', ())}"


def broken_json_message(positions: JsonPositions, path: Path, offset: int) -> str:
    """Return what Json.NET says where it cannot read on."""
    rest = positions.text[offset : offset + 1]
    said = (
        f"Unexpected character encountered while parsing value: {rest}."
        if rest
        else "Unexpected end of file."
    )
    return f"{said} {positions.describe_offset(path, offset)}"


def xml_message(problem: Problem) -> str:
    """Return what the serializer says of an element."""
    kind = _MEMBER_TYPES.get(str(problem.path[-1]), _BOOLEAN)
    if problem.found is None:
        return f"{_UNREADABLE_XML}ValueType '{kind.type_name}' cannot be null."
    return f"{_UNREADABLE_XML}The value '{problem.found}' cannot be parsed as the type '{kind.xml_word}'."


def broken_xml_message(detail: str) -> str:
    """Return the serializer's message for an unreadable body."""
    return _UNREADABLE_XML + detail


def _item_message(found: Json) -> str:
    if isinstance(found, list):
        return _NOT_AN_OBJECT
    return f"Error converting value {json.encode(found).decode()} to type '{INVOICE_TYPE}'. "


def _member_message(name: str, problem: Problem) -> str:
    kind, found = _MEMBER_TYPES.get(name, _BOOLEAN), problem.found
    if found is None or (found == "" and name in (REQUIRED_VALUES | INTEGER_MEMBERS)):
        return f"Error converting value {{null}} to type '{kind.type_name}'."
    if isinstance(found, str):
        if kind is _STRING:
            return ASSUMED.control_character
        return f"Could not convert string to {kind.word}: {found}."
    if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
        return _NUMBER_MESSAGES.get(kind.word, _unexpected_token_message)(found, kind)
    return _unexpected_token_message(found, kind)


def _integer_message(found: Json, _kind: _MemberType) -> str:
    if isinstance(found, int):
        return f"JSON integer {found} is too large or small for an Int32."
    return f"Input string '{found}' is not a valid integer."


def _decimal_message(found: Json, _kind: _MemberType) -> str:
    return f"Input string '{found}' is not a valid decimal."


def _unexpected_token_message(found: Json, kind: _MemberType) -> str:
    word = "date" if kind.word == "DateTime" else kind.word
    return f"Error reading {word}. Unexpected token: {_TOKEN_NAMES[type(found)]}."


_NUMBER_MESSAGES: Mapping[str, Callable[[Json, _MemberType], str]] = {
    "integer": _integer_message,
    "decimal": _decimal_message,
}
