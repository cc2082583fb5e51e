"""Read `x-batch.atomicity`: which good items are stored although other items are rejected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver.model import EMPTY, Document, Json, Path
from mockserver.spec.openapi import Atomicity, CallValue, Operation, check_names, merged, misused

_MARK = "x-batch.atomicity"
_ATOMICITIES: Mapping[str, bool] = {"per-item": False, "all-or-nothing": True}
"""The values of `atomicity` without further members, each with whether it is all-or-nothing."""

_FORMS: Mapping[str, tuple[str, ...]] = {
    "switch": ("switch", "on", "off", "default"),
    "groups": ("groups",),
    "stop-after": ("stop-after", "rest"),
}
"""Members of `atomicity`, by the member that chooses the form."""

_SIDES, _RESTS, _PLACES = ("on", "off"), ("told", "cut-off"), ("query", "header", "body")
_TYPES: Mapping[str, tuple[str, ...]] = {"switch": ("boolean",), "stop-after": ("integer", "boolean")}
"""Types that the value of a call may have, by the member of `atomicity` that names the value."""


def read_atomicity(node: Json) -> tuple[bool, Atomicity]:
    """Return whether a call that does not choose is all-or-nothing, and the form. Raises SpecError."""
    if isinstance(node, str) and node in _ATOMICITIES:
        return _ATOMICITIES[node], Atomicity()
    form = next((one for one in _FORMS if isinstance(node, dict) and one in node), None)
    if form is None:
        expected = f"{', '.join(_ATOMICITIES)}, or a mapping with one of {', '.join(_FORMS)}"
        raise misused(_MARK, f"expected {expected}; found {node}", "atomicity: per-item")
    check_names(_MARK, node, _FORMS[form])
    if form == "groups":
        if not isinstance(node["groups"], str) or not node["groups"]:
            raise misused(f"{_MARK}.groups", f"expected the name of a member, found {node['groups']}")
        return False, Atomicity(groups=node["groups"])
    if form == "stop-after":
        return False, _read_stop(node)
    sides = {side: _one_of(node, side, tuple(_ATOMICITIES)) for side in _SIDES}
    if sides["on"] == sides["off"]:
        raise misused(f"{_MARK}.off", "expected another value than on", "on: all-or-nothing, off: per-item")
    chosen = _one_of({"default": "off", **node}, "default", _SIDES)
    switch = _read_place(node["switch"], f"{_MARK}.switch")
    return _ATOMICITIES[sides[chosen]], Atomicity(switch=switch, is_atomic_if_on=_ATOMICITIES[sides["on"]])


def _read_stop(node: Mapping[str, Any]) -> Atomicity:
    mark, limit = f"{_MARK}.stop-after", node["stop-after"]
    cuts_off = _one_of({"rest": "told", **node}, "rest", _RESTS) == "cut-off"
    if isinstance(limit, dict):
        return Atomicity(stop_at=_read_place(limit, mark), cuts_off=cuts_off)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise misused(
            mark, f"expected a number from 1, or the place in a call; found {limit}", "stop-after: 1"
        )
    return Atomicity(stop_after=limit, cuts_off=cuts_off)


def _one_of(node: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    value = node.get(name)
    if value not in known:
        found = "nothing" if name not in node else value
        raise misused(
            f"{_MARK}.{name}", f"expected {' or '.join(known)}, found {found}", f"{name}: {known[0]}"
        )
    return str(value)


def _read_place(node: Json, mark: str) -> CallValue:
    names = node if isinstance(node, dict) else {}
    check_names(mark, names, ("in", "name"))
    place, name = names.get("in"), names.get("name")
    is_named = isinstance(name, str) and (name.startswith("/") if place == "body" else name)
    if place not in _PLACES or not is_named:
        cure = f"{mark.rpartition('.')[2]}: {{in: body, name: /allOrNone}}"
        raise misused(
            mark, "expected in: query, header or body, and its name (in a body a JSON Pointer)", cure
        )
    return CallValue(place, name)


def check_places(document: Document, operation: Operation) -> None:
    """Raise SpecError if the operation does not declare what `atomicity` names, or declares another type.

    A declared type is checked in each call before any item is stored.
    """
    batch = operation.batch
    for body in operation.bodies if batch else ():
        schema, atomicity = body.coercion.get("schema", body.schema), batch.atomicity
        if atomicity.switch:
            _check_type(document, operation, schema, atomicity.switch, "switch")
        if atomicity.stop_at:
            _check_type(document, operation, schema, atomicity.stop_at, "stop-after")
        if atomicity.groups:
            item = merged(document, _member(document, schema, batch.items).get("items", EMPTY))
            if atomicity.groups not in item.get("properties", {atomicity.groups: EMPTY}):
                known = ", ".join(item["properties"])
                problem = f"{atomicity.groups} is not in the item's schema, which has {known}"
                raise misused(f"{_MARK}.groups", problem)


def _check_type(
    document: Document, operation: Operation, body: Document, value: CallValue, member: str
) -> None:
    types = _TYPES[member]
    if value.place == "body":
        declared = _member(document, body, value.path)
        cure = f"properties: {{{value.path[-1]}: {{type: {types[0]}}}}}"
    else:
        named = (one for one in operation.parameters if (one.place, one.name) == (value.place, value.name))
        declared = next((merged(document, one.schema) for one in named), {})
        cure = f"parameters: [{{name: {value.name}, in: {value.place}, schema: {{type: {types[0]}}}}}]"
    if declared.get("type") not in types:
        found = f"type {declared['type']}" if "type" in declared else "no such declaration"
        problem = f"{value.name} must be declared in the {value.place} as {' or '.join(types)}; found {found}"
        raise misused(f"{_MARK}.{member}", problem, cure)


def _member(document: Document, schema: Document, path: Path) -> dict[str, Any]:
    """Return the merged schema of a member of a body; {} if the body has no such member."""
    node = merged(document, schema)
    for step in path:
        node = merged(document, node.get("properties", EMPTY).get(step, EMPTY))
    return node
