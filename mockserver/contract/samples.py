"""Good and bad items made from a schema, changes of one member, and request bodies in XML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from msgspec.structs import replace

from mockserver.contract.profile import Corruption, DrawnValues
from mockserver.model import (
    Document,
    Json,
    Path,
    Value,
    join_key,
    parse_pointer,
    pointer_of,
    unescape_step,
    with_value_at,
)
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import member_at, merged
from mockserver.spec.patterns import foreign_pattern, text_for
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.xml import XmlWriter

FIRST_KEY = 1000
"""The number from which made-up keys count."""

_MOST_KEYS = 2**31 - 1
_DEEPEST = 8
"""Maximum nesting of made-up objects and lists. A schema with deeper nesting probably refers to itself."""
_TRIED = (*map(Decimal, ("0.01", "19.99", "1234.56", "99999999.99")),)
"""Test amounts: a sample is used only if its item is valid with each amount."""
_FORMATS: Mapping[str, Callable[[int], str]] = {
    "uuid": lambda number: f"00000000-0000-4000-8000-{number:012d}",
    "date": lambda number: f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
    "date-time": lambda number: f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}T09:00:00Z",
    "email": lambda number: f"desk{number}@example.com",
    "uri": lambda number: f"https://example.com/{number}",
}
_TEXTS: tuple[Callable[[int], str], ...] = (
    lambda number: f"k{number}",
    lambda number: f"K-{number}",
    str,
    lambda number: f"{number:08d}",
    lambda number: f"{number:032x}",
    lambda number: "".join(chr(ord("A") + int(digit)) for digit in str(number)),
)
_OTHER_TYPE: Mapping[str, Json] = {
    "string": {},
    "number": {},
    "integer": {},
    "boolean": {},
    "object": [],
    "array": {},
}
"""For each type, a value of another type that even the most lenient reader does not accept."""


class SampleMember(Value, frozen=True):
    """A member of an item and its schema; `$ref` is resolved."""

    name: str
    schema: Document
    document: Document

    @classmethod
    def of(cls, document: Document, name: str, schema: Document) -> SampleMember:
        return cls(name, whole_schema(document, schema), document)

    @property
    def type(self) -> str:
        return str(self.schema.get("type", "object" if self.schema.get("properties") else ""))

    def good(self, number: int, depth: int = 0) -> Json:
        """Return a valid value, usually unique for each `number`, or None if no value can be made up."""
        if self.schema.get("enum"):
            return next((value for value in self.schema["enum"] if value is not None), None)
        if "example" in self.schema:
            return self.schema["example"]
        if depth > _DEEPEST:
            return None
        if "oneOf" in self.schema or "anyOf" in self.schema:
            made = (variant.good(number, depth + 1) for variant in self.variants())
            return next((one for one in made if one is not None), None)
        makers: Mapping[str, Callable[[], Json]] = {
            "string": lambda: self.text(number),
            "integer": lambda: self.within(Decimal(number)),
            "number": lambda: self.within(Decimal(number)),
            "array": lambda: self._list(number, depth + 1),
            "object": lambda: self._object(number, depth + 1),
            "boolean": lambda: True,
        }
        return makers.get(self.type, lambda: None)()

    def variants(self) -> Iterator[SampleMember]:
        """Yield the member once for each schema of `oneOf` or `anyOf`, merged with the other keywords.

        Without `oneOf` and `anyOf`, yield the member itself.
        """
        parts = self.schema.get("oneOf") or self.schema.get("anyOf")
        if not parts:
            yield self
            return
        rest = {name: value for name, value in self.schema.items() if name not in ("oneOf", "anyOf")}
        for part in parts:
            whole = {"allOf": [rest, part], "properties": self._discriminated(part)}
            yield SampleMember.of(self.document, self.name, whole)

    def _discriminated(self, part: Document) -> Document:
        """Return the discriminator property with the value that selects `part`; {} without discriminator."""
        known, name = self.schema.get("discriminator"), part.get("$ref", "").rpartition("/")[2]
        if not known or not name:
            return {}
        values = {at.rpartition("/")[2]: value for value, at in known.get("mapping", {}).items()}
        return {known["propertyName"]: {"type": "string", "enum": [values.get(name, name)]}}

    def _list(self, number: int, depth: int) -> Json:
        one = SampleMember.of(self.document, self.name, self.schema.get("items", {}))
        made = [one.good(number + place, depth) for place in range(self.schema.get("minItems", 0))]
        return None if None in made else made

    def _object(self, number: int, depth: int) -> Json:
        nodes, needed = self.schema.get("properties", {}), self.schema.get("required", [])
        members = (SampleMember.of(self.document, name, nodes.get(name, {})) for name in needed)
        made = {
            member.name: member.good(number, depth) for member in members if not member.schema.get("readOnly")
        }
        return None if None in made.values() else made

    def text(self, number: int) -> str | None:
        makers = [_FORMATS[self.schema["format"]]] if self.schema.get("format") in _FORMATS else _TEXTS
        least, most = self.schema.get("minLength", 0), self.schema.get("maxLength")
        for make in makers:
            made = make(number)
            made = made.ljust(least, "x") if make is _TEXTS[0] else made
            if least <= len(made) and (most is None or len(made) <= most) and self._matches(made):
                return made
        pattern = self.schema.get("pattern")
        if pattern is None or self.schema.get("format") in _FORMATS:
            return None
        drawn = text_for(pattern, number, least)
        return None if drawn is None or (most is not None and len(drawn) > most) else drawn

    def within(self, wanted: Decimal) -> Json:
        """Return the wanted number, or a valid number near it."""
        least, most, step = (
            Decimal(str(self.schema[name])) if name in self.schema else None
            for name in ("minimum", "maximum", "multipleOf")
        )
        gap = step or Decimal("1" if self.type == "integer" else "0.01")
        above = gap if self.schema.get("exclusiveMinimum") else 0
        below = gap if self.schema.get("exclusiveMaximum") else 0
        if least is not None:
            wanted = max(wanted, least + above)
        if most is not None:
            wanted = min(wanted, most - below)
        if step:
            wanted -= wanted % step
            wanted += step if least is not None and wanted < least + above else 0
        return int(wanted) if self.type == "integer" else wanted

    @property
    def is_free(self) -> bool:
        bound = {"enum", "pattern", "format", "readOnly", "writeOnly"} & self.schema.keys()
        least, most = self.schema.get("minLength", 0), self.schema.get("maxLength")
        return self.type == "string" and not bound and (most is None or max(5, least) <= most)  # "v9999"

    def _matches(self, text: str) -> bool:
        pattern = self.schema.get("pattern")
        known = None if pattern is None else foreign_pattern(pattern)
        return known.search(text) is True if known else pattern is None


class SampleItem(Value, frozen=True):
    """Good items of a schema: `base` with members that differ from item to item."""

    base: Mapping[str, Json]
    """Members that are equal in all items."""
    keys: tuple[str, ...]
    """Members that form the key."""
    keyed: SampleMember
    """The member of the key that differs from item to item."""
    marked: SampleMember | None
    """Member with the text of the drawn number ("v17"), None if no member takes a free text."""
    priced: SampleMember | None
    """Member with the drawn amount, None if no member takes an amount."""
    corruptions: tuple[Corruption, ...]
    grouped: SampleMember | None = None
    """Member that names the group of an item, None if groups do not matter."""
    inside: Path = ()
    """Path of the object in an item that has all these members; () for the item itself."""
    around: Json = None
    """A good item, whose object at `inside` is replaced."""

    def key(self, number: int) -> str:
        counted = FIRST_KEY + number
        own = counted if self.keyed.type == "integer" else self.keyed.text(counted)
        made = {**self.base, self.keyed.name: own}
        return key_text([made[name] for name in self.keys])

    def item(self, key: str, drawn: DrawnValues) -> dict[str, Json]:
        text = key_parts(key)[self.keys.index(self.keyed.name)] if len(self.keys) > 1 else key
        made = {**self.base, self.keyed.name: int(text) if self.keyed.type == "integer" else text}
        if self.marked is not None:
            length = self.marked.schema.get("minLength", 0)
            made[self.marked.name] = f"v{drawn.number}".rjust(length, "v")
        if self.priced is not None:
            made[self.priced.name] = self.priced.within(drawn.amount)
        if self.grouped is not None:
            # Half of the items are in one group, and the other half in another.
            made[self.grouped.name] = self.grouped.good(FIRST_KEY * (drawn.number % 2))
        return dict(with_value_at(self.around, self.inside, made))


def key_text(values: Sequence[Json]) -> str:
    """Return the key of an item from the values of its key members. Escape and join several values by `/`."""
    if len(values) == 1:
        return str(values[0])
    return join_key(map(str, values))


def key_parts(key: str) -> list[str]:
    return [unescape_step(part) for part in key.split("/")]


def whole_schema(document: Document, schema: Document) -> Document:
    """Return the schema with its `$ref` resolved and all of its `allOf` merged."""
    return merged(document, schema, None)


def make_sample(document: Document, schema: Document, batch: Batch) -> SampleItem | None:
    """Return valid items of the schema and ways to spoil them, or None if no valid item can be made up."""
    from mockserver.contract.oracle.schemas import compile_schema, unfold  # noqa: PLC0415 - slow

    if any(len(path) > 1 for path in batch.key_paths):
        return _sample_inside(document, schema, batch)
    judge = compile_schema(unfold(document, schema))
    for variant in SampleMember.of(document, "", schema).variants():
        found = _sample(document, variant.schema, batch)
        for one in (found, replace(found, priced=None)) if found else ():
            good = [one.item(one.key(0), DrawnValues(number, amount)) for number, amount in enumerate(_TRIED)]
            if all(map(judge.is_valid, good)):
                wrong = (way for way in one.corruptions if not judge.is_valid(way.change(good[0])))
                return replace(one, corruptions=tuple(wrong))
    return None


def _sample_inside(document: Document, schema: Document, batch: Batch) -> SampleItem | None:
    """Return valid items whose key is in an object inside the item, and so is all that differs."""
    *steps, name = batch.key_paths[0]
    inside = tuple(steps)
    held, around = member_at(document, schema, inside), SampleMember.of(document, "", schema).good(FIRST_KEY)
    if "properties" not in held or not isinstance(around, dict):
        return None
    found = make_sample(document, held, replace(batch, key=(str(name),)))
    spoilt = tuple(one.within(inside) for one in found.corruptions) if found else ()
    return found and replace(found, inside=inside, around=around, corruptions=spoilt)


def _sample(document: Document, schema: Document, batch: Batch) -> SampleItem | None:
    members = {name: SampleMember.of(document, name, node) for name, node in schema["properties"].items()}
    unique = (members[name] for name in batch.key if name in members and _with_unique_keys(members[name]))
    keyed = next(unique, None)
    example = schema.get("example")
    base = dict(example) if isinstance(example, dict) else {}
    answered = {member.name for member in members.values() if member.schema.get("readOnly")} - {*batch.key}
    needed = [name for name in (*batch.key, *schema.get("required", [])) if name not in answered]
    for name in dict.fromkeys(needed):
        if keyed is not None and name != keyed.name and name not in base:
            base[name] = members[name].good(FIRST_KEY) if name in members else None
    if keyed is None or any(base.get(name, "") is None for name in needed):
        return None
    others = [member for member in members.values() if member.name not in batch.key]
    rest = [other for other in others if other.name not in answered]
    grouped = members.get(batch.atomicity.groups)
    marked = next((one for one in rest if one.is_free and one is not grouped), None)
    prices = (one for one in rest if one.type == "number" and not one.schema.get("enum"))
    priced = next(prices, None)
    sent = [one for one in rest if one.name in base or one is marked or one is priced]
    corruptions = tuple(_corruptions(sent, schema, batch))
    return SampleItem(base, batch.key, keyed, marked, priced, corruptions, grouped)


def _with_unique_keys(keyed: SampleMember) -> bool:
    if keyed.type == "integer":
        least, most = keyed.schema.get("minimum", 0), keyed.schema.get("maximum")
        return (
            least <= FIRST_KEY and (most is None or most >= _MOST_KEYS) and "multipleOf" not in keyed.schema
        )
    if keyed.type != "string" or keyed.schema.get("enum"):
        return False
    made = [keyed.text(FIRST_KEY + number) for number in (0, 1, 9, 100)]
    return None not in made and len(set(made)) == len(made)


def _corruptions(members: list[SampleMember], schema: Document, batch: Batch) -> Iterator[Corruption]:
    for one in members:
        named = f"{'an' if one.name[:1].lower() in 'aeiou' else 'a'} {one.name}"
        at = pointer_of((one.name,))

        def bad(name: str, change: Any, keyword: str, one: SampleMember = one) -> Corruption:
            return Corruption(
                name, change, refuses_call=bool(one.schema.get("x-fatal", keyword in batch.fatal))
            )

        if one.name in schema.get("required", []):
            yield bad(f"no {one.name}", remove_member(at), "required")
        if one.type in _OTHER_TYPE:
            yield bad(f"no {one.type} for its {one.name}", set_member(at, _OTHER_TYPE[one.type]), "type")
        if one.type == "string" and "maxLength" in one.schema and "enum" not in one.schema:
            long = "x" * (one.schema["maxLength"] + 1)
            yield bad(f"{named} that is too long", set_member(at, long), "maxLength")
        if one.schema.get("enum") and one.type == "string":
            yield bad(f"{named} that is not one of the known values", set_member(at, "none-of-those"), "enum")
        if one.type in ("number", "integer") and "minimum" in one.schema:
            small = Decimal(str(one.schema["minimum"])) - 1
            low: Json = int(small) if one.type == "integer" else small
            yield bad(f"{named} that is too small", set_member(at, low), "minimum")


ChangeDocument: TypeAlias = Callable[[Json], Json]


def set_member(pointer: str, value: Json) -> ChangeDocument:
    """Return a function that copies a document with `value` at the pointer (`/payee_ID`, or "").

    With "", the value replaces the document. Otherwise the document must have every parent of the member.
    """
    return _change_at(parse_pointer(pointer), lambda _: value)


def remove_member(pointer: str) -> ChangeDocument:
    *way, last = parse_pointer(pointer)
    return _change_at(way, lambda holder: {name: one for name, one in holder.items() if name != last})


def _change_at(way: Sequence[str | int], change: ChangeDocument) -> ChangeDocument:
    """Return a function that copies an item and applies `change` to the value at the end of `way`."""
    if not way:
        return change
    step, inner = str(way[0]), _change_at(way[1:], change)

    def changed(item: Json) -> Json:
        if isinstance(item, list):
            return [inner(one) if place == int(step) else one for place, one in enumerate(item)]
        return {**item, step: inner(item.get(step))}

    return changed


def write_request_xml(value: Json, schema: Document, document: Document) -> bytes:
    """Write `value` as XML. If the schema is a list's and `value` has one member, write that member."""
    tree = SchemaTree(document)
    is_list = tree.place((schema,)).kind == "array"
    if is_list and isinstance(value, Mapping) and len(value) == 1:
        (value,) = value.values()
    return XmlWriter(tree).write(value, schema)
