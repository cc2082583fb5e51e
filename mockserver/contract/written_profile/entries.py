"""Members of a written profile, as `x-contract` and a YAML file have them.

A new member is a field here and a line in the module that makes a profile of it (`batches`, `profile`).
Members of `pins`, `tolerances`, `fact-checks`, `values`, `lists` and `open-cases` are the fields of
`FixturePins`, `Tolerance`, `FactCheck`, `ValueRules`, `ListProfile` and `OpenCase`: a new field of those can
be written without a change here.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, Struct, field

from mockserver.contract.profile import Position

StepResult = Literal["stored", "deleted", "refused", "unchanged"] | dict[str, Any]
"""What a step leaves; a mapping sets these members of the record that was there."""


UpdateWord = Literal["replaced", "kept", "rejected"]
"""What an item does to a record that is there; "kept": what it leaves out stays as it is."""


class Entry(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The base of all: what is not known is refused."""


class CallEntry(Entry, frozen=True):
    """A call of an operation of the spec, "" the one that the entry stands at."""

    operation: str = ""
    path: dict[str, Any] = {}
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    body: Any = UNSET


class KeyEntry(Entry, frozen=True):
    """Keys of a run: `text` with the numbers that count from `first`."""

    text: str = "{number}"
    first: int | str = field(name="from", default=0)


class ChangeEntry(Entry, frozen=True):
    """A change of an item, by JSON Pointers; what is removed goes first."""

    changes: dict[str, Any] = field(name="set", default={})
    remove: str | list[str] = []


class AssumptionEntry(Entry, frozen=True):
    """A case that the vendor's documents leave open, and what a server may do with it."""

    case: str
    may_be: list[Position]


class BadEntry(ChangeEntry, frozen=True, kw_only=True):
    """A way to spoil a good item; `because` finishes "an item with …"."""

    because: str
    refuses_call: bool = False
    assumed: AssumptionEntry | None = None


class ShownEntry(Entry, frozen=True):
    """A compared member: a pointer into the item that was sent, or a value of its own."""

    pointer: str = field(name="item", default="")
    value: Any = UNSET
    kind: Literal["value", "amount", "text"] = field(name="as", default="value")


class ReadEntry(CallEntry, frozen=True, kw_only=True):
    """How one record is read, and which of its members are compared."""

    record: str = ""
    key: str | list[str] = []
    shows: list[str] | dict[str, str | ShownEntry]
    missing: tuple[int, ...] = (404, 410)
    deleted: dict[str, Any] = {}


class ListEntry(CallEntry, frozen=True):
    """How all records are read; they are compared as `read` says."""

    rows: str = ""


class StepEntry(CallEntry, frozen=True, kw_only=True):
    """A change of one record; `name` finishes "then …", `item` is what it sends in place of a good item."""

    name: str
    if_there: StepResult
    if_not: StepResult
    item: ChangeEntry = ChangeEntry()


class ReplayEntry(Entry, frozen=True, kw_only=True):
    """What a second call with the same idempotency key is answered."""

    header: str
    again: Literal["same", "refused"]
    status: int = 0
    conflict: int = 0


class RejectedPlacesEntry(Entry, frozen=True, kw_only=True):
    """Where a refusal names the rejected items by their places, `items[1].name` or `/1/name`."""

    at: str
    statuses: tuple[int, ...] = (400,)
    wide_integers: list[str] = []


class BatchEntry(Entry, frozen=True):
    """A batch operation; what is left out is made of the spec, where it says enough."""

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
    values: dict[str, Any] = {}


class ProfileEntry(Entry, frozen=True):
    """The whole: what holds for all operations, and the batches by operation."""

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
