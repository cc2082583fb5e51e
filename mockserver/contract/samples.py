"""Make good items and corrupted ones from an item schema alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from mockserver.contract.corruptions import remove_member, set_member
from mockserver.contract.pattern_texts import text_for
from mockserver.contract.profile import Corruption, DrawnValues, Json
from mockserver.model import Document
from mockserver.spec.openapi import Batch, resolve

FIRST_KEY = 1000
"""The first number of a made-up key."""

_MOST_KEYS = 2**31 - 1
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
"""Values that no reader accepts for the type, however lenient."""


@dataclass(frozen=True, slots=True)
class SampleMember:
    """A member of an item and its schema, with what its `$ref` points at."""

    name: str
    schema: Document
    document: Document

    @classmethod
    def of(cls, document: Document, name: str, schema: Document) -> SampleMember:
        """Return the member by the spec's document."""
        return cls(name, resolve(document, schema), document)

    @property
    def type(self) -> str:
        """OpenAPI's type of it, "" where it has none."""
        return str(self.schema.get("type", ""))

    def good(self, number: int) -> Json:
        """Return a value that the schema takes, None where none can be made up."""
        if self.schema.get("enum"):
            return next((value for value in self.schema["enum"] if value is not None), None)
        if "example" in self.schema:
            return self.schema["example"]
        if self.type == "string":
            return self.text(number)
        if self.type in ("integer", "number"):
            return self.within(Decimal(number))
        return (
            {"boolean": True, "array": [], "object": {}}.get(self.type)
            if not self.schema.get("required")
            else None
        )

    def text(self, number: int) -> str | None:
        """Return a text of the schema's format, pattern and length."""
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
        """Return the number, or the nearest that the schema takes."""
        least, most = self.schema.get("minimum"), self.schema.get("maximum")
        if least is not None and wanted < Decimal(str(least)):
            wanted = Decimal(str(least)) + (1 if self.schema.get("exclusiveMinimum") else 0)
        if most is not None and wanted > Decimal(str(most)):
            wanted = Decimal(str(most)) - (1 if self.schema.get("exclusiveMaximum") else 0)
        step = self.schema.get("multipleOf")
        if step:
            wanted -= wanted % Decimal(str(step))
        return int(wanted) if self.type == "integer" else wanted

    @property
    def is_free(self) -> bool:
        """Whether any text of its length is valid."""
        bound = {"enum", "pattern", "format", "readOnly", "writeOnly"} & self.schema.keys()
        least, most = self.schema.get("minLength", 0), self.schema.get("maxLength")
        return self.type == "string" and not bound and (most is None or max(5, least) <= most)  # "v9999"

    def _matches(self, text: str) -> bool:
        pattern = self.schema.get("pattern")
        try:
            return pattern is None or re.search(pattern, text, re.ASCII) is not None
        except re.error:
            return False


@dataclass(frozen=True, slots=True)
class SampleItem:
    """Good items of a schema: `base` with a key, and in it what tells items apart.

    `keys` are the members of the key, of which `keyed` differs from item to item.
    """

    base: Mapping[str, Json]
    keys: tuple[str, ...]
    keyed: SampleMember
    marked: str
    priced: SampleMember | None
    corruptions: tuple[Corruption, ...]
    mark_length: int = 0

    def key(self, number: int) -> str:
        """Return the nth key as text; several members are joined."""
        made = {**self.base, self.keyed.name: self._key(number)}
        return key_text([made[name] for name in self.keys])

    def item(self, key: str, drawn: DrawnValues) -> dict[str, Json]:
        """Return a good item."""
        text = key_parts(key)[self.keys.index(self.keyed.name)] if len(self.keys) > 1 else key
        made = {**self.base, self.keyed.name: int(text) if self.keyed.type == "integer" else text}
        if self.marked:
            made[self.marked] = f"v{drawn.number}".rjust(self.mark_length, "v")
        if self.priced is not None:
            made[self.priced.name] = self.priced.within(drawn.amount)
        return made

    def _key(self, number: int) -> Json:
        if self.keyed.type == "integer":
            return FIRST_KEY + number
        return self.keyed.text(FIRST_KEY + number)


def key_text(values: Sequence[Json]) -> str:
    """Return the key of an item by its key members; several are joined by `/`, each escaped."""
    if len(values) == 1:
        return str(values[0])
    return "/".join(str(one).replace("~", "~0").replace("/", "~1") for one in values)


def key_parts(key: str) -> list[str]:
    """Return the members of a joined key."""
    return [part.replace("~1", "/").replace("~0", "~") for part in key.split("/")]


def make_sample(document: Document, schema: Document, batch: Batch) -> SampleItem | None:
    """Items of the schema; None where they cannot be made up."""
    members = {name: SampleMember.of(document, name, node) for name, node in schema["properties"].items()}
    unique = (members[name] for name in batch.key if name in members and _with_unique_keys(members[name]))
    keyed = next(unique, None)
    given = schema.get("example")
    base = dict(given) if isinstance(given, dict) else {}
    for name in dict.fromkeys([*batch.key, *schema.get("required", [])]):
        if keyed is not None and name != keyed.name and name not in base:
            base[name] = members[name].good(FIRST_KEY) if name in members else None
    if keyed is None or any(base.get(name, "") is None for name in (*batch.key, *schema.get("required", []))):
        return None
    others = [one for one in members.values() if one.name not in batch.key]
    rest = [one for one in others if not one.schema.get("readOnly")]
    free = next((one for one in rest if one.is_free), None)
    marked = "" if free is None else free.name
    prices = (one for one in rest if one.type == "number" and not one.schema.get("enum"))
    priced = next(prices, None)
    spoils = tuple(
        _corruptions(
            [one for one in rest if one.name in base or one.name == marked or one is priced], schema, batch
        )
    )
    length = 0 if free is None else free.schema.get("minLength", 0)
    return SampleItem(base, batch.key, keyed, marked, priced, spoils, mark_length=length)


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
        at = "/" + one.name.replace("~", "~0").replace("/", "~1")

        def spoil(name: str, change: Any, keyword: str, one: SampleMember = one) -> Corruption:
            return Corruption(
                name, change, refuses_call=bool(one.schema.get("x-fatal", keyword in batch.fatal))
            )

        if one.name in schema.get("required", []):
            yield spoil(f"no {one.name}", remove_member(at), "required")
        if one.type in _OTHER_TYPE:
            yield spoil(f"no {one.type} for its {one.name}", set_member(at, _OTHER_TYPE[one.type]), "type")
        if one.type == "string" and "maxLength" in one.schema and "enum" not in one.schema:
            long = "x" * (one.schema["maxLength"] + 1)
            yield spoil(f"{named} that is too long", set_member(at, long), "maxLength")
        if one.schema.get("enum") and one.type == "string":
            yield spoil(f"{named} that is none of those there are", set_member(at, "none-of-those"), "enum")
        if one.type in ("number", "integer") and "minimum" in one.schema:
            small = Decimal(str(one.schema["minimum"])) - 1
            low: Json = int(small) if one.type == "integer" else small
            yield spoil(f"{named} that is too small", set_member(at, low), "minimum")
