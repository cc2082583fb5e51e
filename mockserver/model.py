"""What travels from room to room: frozen values, named in the field's own words.

They are msgspec structs and not dataclasses because a thousand items make several thousand of them a
call, and a frozen slotted dataclass takes eight times as long to make (585 ns against 71 ns, measured).
Those that come by the thousand hold only JSON, which has no cycles: the collector need not look at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Any
"""A decoded JSON value: dict, list, str, int, Decimal, bool or None."""

Document: TypeAlias = Mapping[str, Any]
"""A JSON object that nobody may alter."""

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in a body, a step a segment."""

NOTHING: Document = {}


class Value(msgspec.Struct, frozen=True):
    """The base of everything that travels: frozen, compared by content."""


class Principal(Value, frozen=True):
    """Who calls: the credential's name, what it may do, and what the sandbox knows of it.

    `scopes` is None for a credential that may do everything.
    """

    name: str
    scopes: frozenset[str] | None = None
    facts: Document = NOTHING


ANYBODY = Principal("anybody")


class Call(Value, frozen=True):
    """One HTTP request as a vendor sees it; `path` starts below the vendor's mount.

    `mount` is the path prefix under which the vendor answers this call, with the sandbox's where it has one.
    `query` is the undecoded query string; header names are lower case. `assumptions` are the positions of
    the vendor's switches, all of them; `in_flight` the calls of the same sandbox, vendor and tenant that are
    open, this one included.
    """

    vendor: str
    sandbox: str
    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = NOTHING
    body: bytes = b""
    mount: str = ""
    origin: str = ""
    principal: Principal = ANYBODY
    assumptions: Mapping[str, str] = NOTHING
    in_flight: int = 1


class Problem(Value, frozen=True, gc=False):
    """Why something is refused, or warned about: neutral `code`, place, and a sentence.

    `rule` names what was broken (a schema keyword such as `maxLength`, `format:uuid`, or a vendor's own
    word); `expected` is that rule's value. `path` counts from the body's root, or for a parameter is its
    place and name: `("query", "page")`.
    """

    code: str
    path: Path = ()
    detail: str = ""
    rule: str = ""
    expected: Json = None
    found: Json = None

    @property
    def pointer(self) -> str:
        """The path as an RFC 6901 JSON Pointer."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.path)


class Item(Value, frozen=True, gc=False):
    """One member of a batch; `key` is what identifies it, "" when it names nothing."""

    index: int
    key: str
    document: Json


class Verdict(Value, frozen=True):
    """What the judge found in one item, before any state was looked at."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


class Action(StrEnum):
    """What became of an item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    SKIPPED = "skipped"


class Outcome(Value, frozen=True, gc=False):
    """What became of one item; `document` is what is stored now, or what the vendor's room left to show."""

    item: Item
    action: Action
    document: Json = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the item took effect."""
        return self.action is not Action.REJECTED and self.action is not Action.SKIPPED


class Reply(Value, frozen=True):
    """An HTTP answer in the vendor's words; `media_type` None sends no Content-Type."""

    status: int
    body: bytes = b""
    media_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


class Answer(Value, frozen=True):
    """A reply and what stands behind it, as the journal keeps it; `trace` is the traceback of a crash."""

    reply: Reply
    operation: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    refusal: str | None = None
    trace: str = ""
