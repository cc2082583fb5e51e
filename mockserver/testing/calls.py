"""Calls recorded in a sandbox's journal, and the items that a client sent again without need."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Self

from mockserver.codec import json
from mockserver.errors import MalformedBody
from mockserver.journal.access_log import text_line_of
from mockserver.model import Json

ACCEPTED = ("created", "updated", "unchanged")
"""Outcomes of items that need not be sent again."""


class ItemCount(int):
    """Number of items that a call sent; it keeps the `call`, so that an assertion can tell more."""

    call: RecordedCall

    def __new__(cls, count: int, call: RecordedCall) -> Self:
        """So many items of that call."""
        made = super().__new__(cls, count)
        made.call = call
        return made


class RecordedCall:
    """A call to a vendor, from the sandbox's journal; `whole` loads what a list leaves out."""

    def __init__(self, short: Mapping[str, Json], sandbox: str, whole: Callable[[], Json]) -> None:
        self._short, self._sandbox, self._whole = short, sandbox, whole
        self.number: int = short["number"]
        self.vendor: str = short["vendor"]
        self.method: str = short["method"]
        self.path: str = short["path"]
        self.query: str = short["query"]
        self.operation: str | None = short["operation"]
        """None where the vendor has no such operation."""
        self.status: int | None = short["status"]
        """None where no status left."""
        self.refusal: str | None = short["refusal"]
        self.sent = ItemCount(short["items"], self)
        self.outcomes: Mapping[str, int] = dict(short["outcomes"])
        """Numbers of items created, updated, unchanged, rejected, skipped; zeros are left out."""
        self.warned: int = short["warned"]
        self.applied = tuple(short["applied"])
        """The rules that bent it, `scenario/rule` each."""
        self.fault: str | None = short["fault"]
        self.off_contract: str | None = short["offContract"]

    def __str__(self) -> str:
        return text_line_of(self._short, self._sandbox)

    def __repr__(self) -> str:
        return f"<{self}>"

    @cached_property
    def _all(self) -> Mapping[str, Json]:
        return self._whole()  # type: ignore[no-any-return]

    @property
    def request(self) -> Mapping[str, Json]:
        """`headers` and `body`, without credentials."""
        return self._all["request"]  # type: ignore[no-any-return]

    @property
    def response(self) -> Mapping[str, Json]:
        """`status`, `mediaType`, `headers` and `body`, as decided."""
        return self._all["reply"]  # type: ignore[no-any-return]

    @property
    def items(self) -> Sequence[Mapping[str, Json]]:
        """`index`, `key`, `action`, `problems` and `warnings` of each item, in their order."""
        return self._all["decided"]  # type: ignore[no-any-return]

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the items."""
        return tuple(item["key"] for item in self.items)


class RecordedCalls(tuple[RecordedCall, ...]):
    """Calls in their order."""

    __slots__ = ()

    def __str__(self) -> str:
        return describe_resent(self)

    @property
    def sent(self) -> list[ItemCount]:
        """Numbers of items that the calls sent."""
        return [call.sent for call in self]

    @property
    def resent(self) -> Mapping[str, tuple[int, ...]]:
        """The keys that were sent again after they were accepted, with the numbers of those calls."""
        return {key: numbers for key, (_, numbers) in _find_resent(self).items()}


def describe_resent(calls: Iterable[RecordedCall]) -> str:
    """Return a sentence on resent items: "calls sent 3, 3 items: the client resent 2 items that were …"."""
    calls = tuple(calls)
    if not calls:
        return "no calls were made"
    head = f"calls sent {', '.join(str(int(call.sent)) for call in calls)} items"
    again = _find_resent(calls)
    if not again:
        return f"{head}: the client resent none that was already accepted"
    numbers = sorted({number for _, found in again.values() for number in found})
    items = "1 item that was" if len(again) == 1 else f"{len(again):,} items that were"
    done = "created" if {action for action, _ in again.values()} == {"created"} else "accepted"
    return f"{head}: the client resent {items} already {done} ({', '.join(f'#{one}' for one in numbers)})"


def _find_resent(calls: Iterable[RecordedCall]) -> Mapping[str, tuple[str, tuple[int, ...]]]:
    """By key: what it was first accepted as, and the calls that sent it again."""
    accepted: dict[tuple[str | None, ...], str] = {}
    again: dict[tuple[str | None, ...], list[int]] = {}
    for call in calls:
        for item, name in zip(call.items if call.sent else (), _item_identities(call), strict=False):
            place = (call.vendor, call.operation, name)
            if place in accepted:
                again.setdefault(place, []).append(call.number)
            elif item["action"] in ACCEPTED:
                accepted[place] = item["action"]
    return {
        str(place[2]): (accepted[place], tuple(dict.fromkeys(numbers))) for place, numbers in again.items()
    }


def _item_identities(call: RecordedCall) -> Sequence[str]:
    """Return what tells the items of a call apart: their keys, or the documents where keys repeat."""
    if not call.sent:
        return ()
    if len(set(call.keys)) == call.sent and "" not in call.keys:
        return call.keys
    try:
        document = json.decode(str(call.request["body"]).encode())
    except MalformedBody:
        return ()
    return [json.encode(item).decode() for item in _find_list(document, call.sent)]


def _find_list(document: Json, count: int) -> Sequence[Json]:
    """Return the first list of so many elements, from outside in; none where there is no such list."""
    inside = list(document.values()) if isinstance(document, Mapping) else document
    if not isinstance(inside, list):
        return ()
    if isinstance(document, list) and len(document) == count:
        return document
    return next(filter(None, (_find_list(one, count) for one in inside)), ())
