"""Entries of a profile in YAML: members, types, places for error messages, and placeholders.

A new member needs a field in this module and a line in the module that uses the field (`batches`, `profile`).
Members of `pins`, `tolerances`, `fact-checks`, `values`, `lists`, `open-cases`, `refusals`, `limited` and
`idempotency` are the fields of `FixturePins`, `Tolerance`, `FactCheck`, `ValueRules`, `ListProfile`,
`OpenCase`, `RefusalRule`, `LimitedCredentials` and `IdempotencyRule`. A new field of one of these classes
needs no change here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from inspect import Parameter, signature
from typing import Any, Literal, NoReturn, TypeVar, get_type_hints

from msgspec import UNSET, Struct, ValidationError, convert, field
from msgspec.inspect import DictType, ListType, LiteralType, StructType, Type, UnionType, type_info
from msgspec.structs import replace

from mockserver.contract.profile import Assumption, DrawnValues, Facts
from mockserver.contract.samples import set_member
from mockserver.errors import SpecError
from mockserver.model import Json, Path, Value, pointer_of, value_at, values_in
from mockserver.spec.yaml_positions import compose, place_in

StepResult = Literal["stored", "deleted", "refused", "unchanged"] | dict[str, Any]
"""What a step does to the record. A mapping has the new values of the members that the step changes."""

UpdateWord = Literal["replaced", "kept", "rejected"]
"""Effect of an item on an existing record. "kept": members that the item lacks do not change."""

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
OF_ITEM = ("key", "number", "short", "amount")
"""Placeholders of an item: its key, the drawn number, the last six digits of the number, the drawn amount."""

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{(?P<name>[A-Za-z_][\w-]*)(?::(?P<form>\w+))?\}")
_SHORT = 1_000_000
ITEM, ITEMS = "item", "items"
"""Placeholders of bodies: the item of a step or of `prepare`, and the items of a batch."""

RESERVED = (*OF_ITEM, ITEM, ITEMS)


class Entry(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Base of all entries. An entry with an unknown member is refused."""


class CallEntry(Entry, frozen=True):
    """A call of an operation of the spec.

    The member `send` of a batch may leave out `operation`, which then is the operation of the batch.
    """

    operation: str = ""
    path: dict[str, Any] = {}
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    body: Any = UNSET


class KeyEntry(Entry, frozen=True):
    """Keys of a run: `text`, in which `{number}` counts from `first`."""

    text: str = "{number}"
    first: int | str = field(name="from", default=0)


class ChangeEntry(Entry, frozen=True):
    """A change of an item, applied in the order `remove`, `set`, `as-text`, `names`.

    `remove`, `set` and `as-text` name members by JSON Pointer. The order in the file has no effect.
    """

    remove: str | list[str] = []
    changes: dict[str, Any] = field(name="set", default={})
    as_text: str | list[str] = []
    """Members whose values become texts (12 becomes "12")."""
    names: Literal["", "upper", "lower"] = ""
    """Letter case that the names of all members of the item get, "" for no change."""


class BadEntry(ChangeEntry, frozen=True, kw_only=True):
    """A way to spoil a good item. `because` completes the sentence "an item with …"."""

    because: str
    refuses_call: bool = False
    assumed: Assumption | None = None


class ShownEntry(Entry, frozen=True):
    """The expected value of a compared member: a pointer into the item that was sent, or a fixed value."""

    pointer: str = field(name="item", default="")
    value: Any = UNSET
    kind: Literal["value", "amount", "text"] = field(name="as", default="value")


class ReadEntry(CallEntry, frozen=True, kw_only=True):
    """The read of one record, and its compared members."""

    record: str = ""
    key: str | list[str] = []
    shows: list[str] | dict[str, str | ShownEntry]
    missing: tuple[int, ...] = (404, 410)
    version: str = "etag"
    deleted: dict[str, Any] = {}


class ListEntry(CallEntry, frozen=True):
    """The read of all records. The compared members are those of the batch's `read`."""

    rows: str = ""
    """JSON Pointer in the response to the list of records."""


class StepEntry(CallEntry, frozen=True, kw_only=True):
    """An action on one record."""

    name: str
    """Completes the sentence "then …"."""
    if_there: StepResult
    if_not: StepResult
    item: ChangeEntry = ChangeEntry()
    """The change that makes the item of the call from a good item."""


class ReplayEntry(Entry, frozen=True, kw_only=True):
    """The answer to a call with an already used idempotency key. The fields are fields of `BatchProfile`."""

    key_header: str = field(name="header")
    again: Literal["same", "refused"]
    replay_status: int = field(name="status", default=0)
    conflict_status: int = field(name="conflict", default=0)


class RejectedPlacesEntry(Entry, frozen=True, kw_only=True):
    """Where a refusal names rejected items by their places in the batch (`items[1].name` or `/1/name`)."""

    at: str
    statuses: tuple[int, ...] = (400,)
    wide_integers: list[str] = []


class BatchEntry(Entry, frozen=True):
    """A batch operation. The spec gives a missing `key`, `item`, `bad`, `send` or `read` if possible."""

    key: str | KeyEntry | None = None
    item: dict[str, Any] | list[dict[str, Any]] = {}
    bad: list[BadEntry] | None = None
    send: CallEntry | None = None
    read: ReadEntry | None = None
    listing: ListEntry | None = field(name="list", default=None)
    prepare: list[CallEntry] = []
    steps: list[StepEntry] = []
    oddities: list[BadEntry] = []
    twice: Literal["each", "last", "first", "kept", "none", "call"] | None = None
    twice_positions: list[Literal["each", "last", "first", "kept", "none", "call"]] = []
    updates: list[UpdateWord] = []
    rejected_places: RejectedPlacesEntry | None = None
    creates: bool = True
    amount: str = ""
    replay: ReplayEntry | None = None
    media_types: list[str] = []
    assumed_media_types: list[str] = []
    blank_keys: list[str | None] = []
    classes: dict[str, Literal["created", "updated"]] = {}
    values: dict[str, Any] = {}


class ProfileEntry(Entry, frozen=True):
    """Root of a profile: settings for all operations, and one entry for each batch operation."""

    facts: dict[str, str | int] = {}
    credentials: dict[str, dict[str, str]] = {}
    headers: dict[str, str] = {}
    tenants: list[dict[str, str]] = []
    batches: dict[str, Any] = {}
    pins: dict[str, Any] = {}
    tolerances: list[dict[str, Any]] = []
    fact_checks: list[dict[str, Any]] = []
    lists: list[dict[str, Any]] = []
    open_cases: list[dict[str, Any]] = []
    refusals: list[dict[str, Any]] = []
    limited: list[dict[str, Any]] = []
    idempotency: dict[str, Any] | None = None
    message_exceptions: list[str] = []
    no_positions: dict[str, str] = {}


def typed(kind: type[T], document: Json, place: WrittenPlace) -> T:
    """Convert the document to a type. Raises SpecError: the document has another shape."""
    try:
        return convert(document, kind)
    except ValidationError as error:
        detail, _, path = str(error).partition(" - at ")
        steps = _steps(kind, document, path)
        _fail(detail, place.at(*steps), _kinds_at(type_info(kind), steps))


def plain(kind: type[T], document: Json, place: WrittenPlace) -> T:
    """Convert the document to a dataclass of plain values; the member `a-b` becomes the field `a_b`.

    Raises SpecError: the document has another shape.
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
    """Return the path of the value that cannot be converted, given msgspec's path.

    Msgspec's path does not name members of mappings. To find the wrong member, convert each member alone.
    """
    steps: list[str | int] = []
    for name, number, any_member in _STEP.findall(path):
        if not any_member:
            steps.append(name or int(number))
            continue
        inner = value_at(document, tuple(steps))
        at = pointer_of(steps)
        alone = ((name, set_member(at, {name: value})(document)) for name, value in inner.items())
        steps.append(next(name for name, one in alone if not _converts(kind, one)))
    return steps


def _converts(kind: type[T], document: Json) -> bool:
    try:
        convert(document, kind)
    except ValidationError:
        return False
    return True


def _fail(detail: str, place: WrittenPlace, kinds: Sequence[Type]) -> NoReturn:
    if unknown := _UNKNOWN.match(detail):
        members = {one.encode_name for kind in kinds if isinstance(kind, StructType) for one in kind.fields}
        place.at(unknown[1]).fail(_unknown(sorted(members)))
    if missing := _MISSING.match(detail):
        place.fail(f"{missing[1]} is missing")
    if expected := _EXPECTED.match(detail):
        words = [_KINDS.get(one, one) for one in expected[1].split(" | ")]
        place.fail(f"expected {' or '.join(words)}, found {_KINDS.get(expected[2], expected[2])}")
    if values := [str(value) for kind in kinds if isinstance(kind, LiteralType) for value in kind.values]:
        found = detail.removeprefix("Invalid enum value ").strip("'")
        place.fail(f"expected {' or '.join(values)}, found {found}")
    place.fail(detail[:1].lower() + detail[1:])


def _unknown(known: Sequence[str]) -> str:
    return f"unknown; known are {', '.join(known)}"


def _kinds_at(kind: Type, steps: Sequence[str | int]) -> list[Type]:
    """Return the types that the value at `steps` may have in a document of the type `kind`."""
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


class WrittenPlace(Value, frozen=True):
    """The place of a value in a file. `path` leads from the root to the value; messages show `label`."""

    file: str
    text: str
    path: tuple[str | int, ...] = ()
    label: tuple[str | int, ...] = ()

    def at(self, *steps: str | int) -> WrittenPlace:
        """Return the place of the value at the end of `steps`, which begin at this place."""
        return replace(self, path=(*self.path, *steps), label=(*self.label, *steps))

    def fail(self, detail: str) -> NoReturn:
        """Raise a SpecError that names file, member and line."""
        label = ".".join(map(str, self.label))
        sentence = f"{label}: {detail}" if label else detail
        root = compose(self.text)
        line = f" (line {place_in(root, self.path).line})" if root else ""
        raise SpecError(sentence, self.path, file=self.file, note=line)


def text_of_value(value: Json) -> str:
    """Return a value as a text: decimals keep their scale, null is empty."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value)


_FORMS: Mapping[str, Callable[[Json], Json]] = {
    "text": text_of_value,
    "integer": int,
    "number": lambda value: Decimal(text_of_value(value)),
    "digits": lambda value: f"{int(value) % 100_000_000:08}",
    "percentage": lambda value: f"{Decimal(int(value) % 100_000).scaleb(-2)}",
}


class Template(Value, frozen=True):
    """A document with placeholders. If a text is only a placeholder, the inserted value keeps its type."""

    document: Json
    place: WrittenPlace

    def checked(self, known: Iterable[str]) -> Template:
        """Return this template. Raises SpecError: a placeholder is not `known`, or has an unknown form."""
        names = list(known)
        for path, found in self._placeholders():
            if found["name"] and found["name"] not in names:
                self.place.at(*path).fail(f"{found[0]} is unknown here; known are {', '.join(names)}")
            if found["form"] and found["form"] not in _FORMS:
                self.place.at(*path).fail(f"{found[0]}: expected {' or '.join(_FORMS)} after the colon")
        return self

    def names(self) -> set[str]:
        """Return the names of the placeholders in the document."""
        return {found["name"] for _, found in self._placeholders() if found["name"]}

    def _placeholders(self) -> Iterator[tuple[Path, re.Match[str]]]:
        for path, text in values_in(self.document):
            if isinstance(text, str):
                yield from ((path, found) for found in _PLACEHOLDER.finditer(text))

    def fill(self, values: Mapping[str, Json]) -> Json:
        """Return the document with each placeholder replaced by its value.

        Raises SpecError: a value is not a number, but the form of its placeholder needs a number.
        """
        try:
            return _fill(self.document, values)
        except (ValueError, InvalidOperation):
            self.place.fail("a placeholder stands for a text that is not a number")

    def text(self, values: Mapping[str, Json]) -> str:
        return text_of_value(self.fill(values))


def _fill(document: Json, values: Mapping[str, Json]) -> Json:
    if isinstance(document, Mapping):
        return {name: _fill(value, values) for name, value in document.items()}
    if isinstance(document, list):
        return [_fill(value, values) for value in document]
    if not isinstance(document, str) or ("{" not in document and "}" not in document):
        return document
    whole = _PLACEHOLDER.fullmatch(document)
    if whole and whole["name"]:
        return _value(whole, values)
    return _PLACEHOLDER.sub(lambda found: text_of_value(_value(found, values)), document)


def _value(found: re.Match[str], values: Mapping[str, Json]) -> Json:
    if not found["name"]:
        return found[0][0]
    value = values[found["name"]]
    return _FORMS[found["form"]](value) if found["form"] else value


class PlaceholderScope(Value, frozen=True):
    """Values of placeholders: facts, and the values of each tenant."""

    facts: Facts
    tenants: tuple[Mapping[str, str], ...] = ()

    @property
    def in_items(self) -> tuple[str, ...]:
        """Names of the placeholders that an item may use."""
        return (*OF_ITEM, *self.facts)

    @property
    def in_calls(self) -> tuple[str, ...]:
        """Names of the placeholders that every call may use."""
        return tuple(dict.fromkeys([*self.facts, *(name for tenant in self.tenants for name in tenant)]))

    def of_tenant(self, tenant: int) -> dict[str, Json]:
        """Return the values of the placeholders that every call of a tenant may use."""
        return {**self.facts, **(self.tenants[tenant] if tenant < len(self.tenants) else {})}

    def of_item(self, key: str, drawn: DrawnValues) -> dict[str, Json]:
        short = drawn.number % _SHORT
        return {**self.facts, "key": key, "number": drawn.number, "short": short, "amount": drawn.amount}


def read_scope(entry: ProfileEntry, place: WrittenPlace, facts: Facts) -> PlaceholderScope:
    """Return the values of placeholders, given the facts of a run.

    Leave out the first tenant with an empty value and all tenants after it. Raises SpecError: a fact has a
    name in `RESERVED`, or a tenant uses an unknown fact.
    """
    for name in entry.facts:
        if name in RESERVED:
            place.at("facts", name).fail(f"a fact has another name than {', '.join(RESERVED)}")
    tenants: list[Mapping[str, str]] = []
    for number, one in enumerate(entry.tenants):
        where = place.at("tenants", number)
        texts = {
            name: Template(text, where.at(name)).checked(facts).text(facts) for name, text in one.items()
        }
        if "" in texts.values():
            break
        tenants.append(texts)
    return PlaceholderScope(facts, tuple(tenants))
