"""The members of an item whose values can be changed, by schema and by a good item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from mockserver.contract.corruptions import set_member
from mockserver.contract.profile import Json
from mockserver.contract.value_rules import ValueRules
from mockserver.contract.values.hard_values import HardValue, hard_values, kind_of
from mockserver.model import Document
from mockserver.spec.openapi import Batch, MediaType, Operation, Spec, parse_pointer, resolve

MemberPath: TypeAlias = tuple[str, ...]
"""Names from the object of an item to a member; in a list the place as text."""

_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class ValueMember:
    """A member that can be changed, and the hard values for it."""

    path: MemberPath
    kind: str
    values: tuple[HardValue, ...]

    @property
    def name(self) -> str:
        """Its name without places in lists, as profiles have it: "LineItems.UnitAmount"."""
        return ".".join(step for step in self.path if not step.isdigit())


def json_body(operation: Operation) -> MediaType | None:
    """Return the JSON body of an operation, None without one."""
    return next((one for one in operation.bodies if one.name == "application/json"), None)


def free_members(
    spec: Spec, operation: Operation, rules: ValueRules, item: Json, fixed: frozenset[str]
) -> tuple[ValueMember, ...]:
    """Return the members to be changed; those whose good value is in `fixed` (keys, facts) are left alone."""
    batch, body = operation.batch, json_body(operation)
    held = object_at(item, rules.at)
    if batch is None or body is None or not isinstance(held, Mapping):
        return ()
    schema = _object_schema(spec, body.schema, batch, rules)
    skipped = (*batch.key, *rules.left_alone)
    found = _Members(spec.document, fixed).of(schema, held, ())
    return tuple(one for one in found if not any(f"{one.name}.".startswith(f"{name}.") for name in skipped))


def object_at(item: Json, pointer: str) -> Json:
    """Return what is at the pointer in an item, None where nothing is."""
    for step in parse_pointer(pointer):
        item = item.get(step) if isinstance(item, Mapping) else None
    return item


def with_values(item: Json, rules: ValueRules, values: Mapping[MemberPath, Json]) -> Json:
    """Return the item with these values in its object."""
    for path, value in values.items():
        steps = "/".join(step.replace("~", "~0").replace("/", "~1") for step in path)
        item = set_member(f"{rules.at}/{steps}", value)(item)
    return item


def _object_schema(spec: Spec, schema: Document, batch: Batch, rules: ValueRules) -> Document:
    if rules.schema:
        return dict(resolve(spec.document, {"$ref": f"#/components/schemas/{rules.schema}"}))
    node: Any = resolve(spec.document, schema)
    for step in batch.items:
        node = resolve(spec.document, properties_of(spec.document, node).get(str(step), {}))
    node = resolve(spec.document, node.get("items", {}))
    for step in parse_pointer(rules.at):
        node = resolve(spec.document, properties_of(spec.document, node).get(str(step), {}))
    return dict(node)


def properties_of(document: Document, node: Document) -> dict[str, Json]:
    """Return the properties of a schema, with those of its parts (`allOf`)."""
    found = dict(node.get("properties", {}))
    for part in node.get("allOf", []):
        found.update(properties_of(document, resolve(document, part)))
    return found


@dataclass(frozen=True, slots=True)
class _Members:
    document: Document
    fixed: frozenset[str]

    def of(self, schema: Document, held: Mapping[str, Json], way: MemberPath) -> Iterator[ValueMember]:
        """Yield what can be changed in an object; deeper ones only where the good item has them."""
        for name, node in properties_of(self.document, schema).items():
            member = self._plain(resolve(self.document, node))
            good = held.get(name)
            if isinstance(good, Mapping | list):
                yield from self._inside(member, good, (*way, name))
                continue
            kind, values = kind_of(member, good), hard_values(member, good)
            is_reference = isinstance(good, str) and good in self.fixed and kind != "day"
            if len(values) > 1 and not is_reference:
                yield ValueMember((*way, name), kind, values)

    def _inside(self, schema: Document, good: Json, way: MemberPath) -> Iterator[ValueMember]:
        if isinstance(good, list):
            schema, way = resolve(self.document, schema.get("items", {})), (*way, "0")
            good = good[0] if good else None
        if isinstance(good, Mapping) and len(way) < _DEEPEST:
            yield from self.of(schema, good, way)

    def _plain(self, member: Document) -> Document:
        """Return a schema of one type; one of 3.1 that also takes null is nullable."""
        kinds = member.get("type")
        if not isinstance(kinds, list):
            return member
        others = [kind for kind in kinds if kind != "null"]
        return {**member, "type": others[0] if len(others) == 1 else "", "nullable": "null" in kinds}
