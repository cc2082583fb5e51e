"""Read `x-batch.atomicity`: which good items are stored although other items are rejected."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import EMPTY, Document, Json
from mockserver.spec.batch_forms import Atomicity, CallValue
from mockserver.spec.openapi import Operation, check_names, member_at, merged, misused

_MARK = "x-batch.atomicity"
_BY_ITEM, _WHOLE = "per-item", "all-or-nothing"
_FORMS: Mapping[str, tuple[str, ...]] = {
    "switch": ("on", "off", "default"),
    "groups": (),
    "stop-after": ("rest",),
}
"""Further members of `atomicity`, by the member that chooses the form."""

_WORDS: Mapping[str, tuple[str, str]] = {
    "on": (_WHOLE, _BY_ITEM),
    "off": (_BY_ITEM, _WHOLE),
    "default": ("off", "on"),
    "rest": ("told", "cut-off"),
}
"""Values of the further members; the first value is the default."""

_PLACES = ("query", "header", "body")
_TYPES: Mapping[str, str] = {"switch": "boolean", "stop-after": "integer"}
"""Type of the value of a call, by the member of `atomicity` that names the value."""


def read_atomicity(node: Json) -> tuple[bool, Atomicity]:
    """Return whether a call that does not choose is all-or-nothing, and the form. Raises SpecError."""
    if node in (_BY_ITEM, _WHOLE):
        return node == _WHOLE, Atomicity()
    form = next((one for one in _FORMS if isinstance(node, dict) and one in node), None)
    if form is None:
        expected = f"{_BY_ITEM}, {_WHOLE}, or a mapping with one of {', '.join(_FORMS)}"
        raise misused(_MARK, f"expected {expected}; found {node}", f"atomicity: {_BY_ITEM}")
    check_names(_MARK, node, (form, *_FORMS[form]))
    words = {name: node.get(name, _WORDS[name][0]) for name in _FORMS[form]}
    for name, word in words.items():
        if word not in _WORDS[name]:
            cure = f"{name}: {_WORDS[name][0]}"
            raise misused(f"{_MARK}.{name}", f"expected {' or '.join(_WORDS[name])}, found {word}", cure)
    value, mark = node[form], f"{_MARK}.{form}"
    if form == "groups" and (not isinstance(value, str) or not value):
        raise misused(mark, f"expected the name of a member of an item, found {value}")
    if form == "groups":
        return False, Atomicity(groups=value)
    if form == "stop-after":
        limit = value if type(value) is int else 0
        place = None if limit > 0 else _read_place(value, mark, "stop-after: 1")
        return False, Atomicity(stop_after=limit, stop_at=place, cuts_off=words["rest"] == "cut-off")
    switch = _read_place(value, mark, "switch: {in: body, name: /allOrNone}")
    if words["on"] == words["off"]:
        raise misused(f"{_MARK}.off", "on and off are equal", f"on: {_BY_ITEM}, off: {_WHOLE}")
    return words[words["default"]] == _WHOLE, Atomicity(switch, is_atomic_if_on=words["on"] == _WHOLE)


def _read_place(node: Json, mark: str, cure: str) -> CallValue:
    names = node if isinstance(node, dict) else {}
    check_names(mark, names, ("in", "name"))
    place, name = names.get("in"), names.get("name")
    is_named = isinstance(name, str) and name and (place != "body" or name.startswith("/"))
    if place not in _PLACES or not is_named:
        expected = "expected {in: query or header, name: NAME} or {in: body, name: JSON Pointer}"
        raise misused(mark, f"{expected}, found {node}", cure)
    return CallValue(place, str(name))


def check_places(document: Document, operation: Operation) -> None:
    """Raise SpecError if the operation does not declare what `atomicity` names, or declares another type.

    A declared type is checked in each call before any item is stored.
    """
    batch = operation.batch
    if batch is None:
        return
    atomicity = batch.atomicity
    for body in operation.bodies:
        schema = body.coercion.get("schema", body.schema)
        if atomicity.switch:
            _check_type(document, operation, schema, atomicity.switch, "switch")
        if atomicity.stop_at:
            _check_type(document, operation, schema, atomicity.stop_at, "stop-after")
        if atomicity.groups:
            item = merged(document, member_at(document, schema, batch.items).get("items", EMPTY))
            if atomicity.groups not in item.get("properties", {atomicity.groups: EMPTY}):
                known = ", ".join(item["properties"])
                problem = f"{atomicity.groups} is not in the item's schema, which has {known}"
                raise misused(f"{_MARK}.groups", problem)


def _check_type(
    document: Document, operation: Operation, body: Document, value: CallValue, member: str
) -> None:
    kind = _TYPES[member]
    if value.place == "body":
        declared = member_at(document, body, value.path)
        cure = f"properties: {{{value.path[-1]}: {{type: {kind}}}}}"
    else:
        named = (one for one in operation.parameters if (one.place, one.name) == (value.place, value.name))
        declared = next((merged(document, one.schema) for one in named), {})
        cure = f"parameters: [{{name: {value.name}, in: {value.place}, schema: {{type: {kind}}}}}]"
    if declared.get("type") != kind:
        found = f"type {declared['type']}" if "type" in declared else "no such declaration"
        problem = f"{value.name} must be declared in the {value.place} as {kind}; found {found}"
        raise misused(f"{_MARK}.{member}", problem, cure)
