"""Frozen values that travel between the steps of a call.

They are msgspec structs and not dataclasses because a thousand items make several thousand of them a
call, and a frozen slotted dataclass takes eight times as long to make (585 ns against 71 ns, measured).
Those that come by the thousand hold only JSON, which has no cycles: the collector need not look at them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Any
"""A decoded JSON value: dict, list, str, int, Decimal, bool or None."""

Document: TypeAlias = Mapping[str, Any]
"""A JSON object that nobody may alter."""

Path: TypeAlias = tuple[str | int, ...]
"""Path of a value in a body, one step a segment."""

EMPTY: Document = {}


def escape_step(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def unescape_step(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def pointer_of(path: Iterable[str | int]) -> str:
    return "".join("/" + escape_step(step) for step in path)


def parse_pointer(pointer: str) -> Path:
    return tuple(unescape_step(step) for step in pointer.split("/")[1:])


def value_at(document: Json, path: Path) -> Json:
    """The value at a path, where a number is a position in a list; None if there is none."""
    for step in path:
        if isinstance(document, list) and str(step).isdecimal() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict):
            document = document.get(str(step))
        else:
            return None
    return document


def join_key(parts: Iterable[str]) -> str:
    """A key of several parts, escaped as in a JSON Pointer so that different keys stay different."""
    return "/".join(map(escape_step, parts))


class Value(msgspec.Struct, frozen=True):
    """The base of all frozen values, compared by content."""


class Principal(Value, frozen=True):
    """The caller: name of the credential, its scopes, and facts from the sandbox.

    `scopes` is None for a credential without limits.
    """

    name: str
    scopes: frozenset[str] | None = None
    facts: Document = EMPTY


ANONYMOUS = Principal("anybody")


class Call(Value, frozen=True):
    """An HTTP request as a vendor sees it; `path` starts below the vendor's mount.

    `mount` is the path prefix of the vendor in this call, with the sandbox's where it has one. `query` is the
    undecoded query string; header names are lower case. `assumptions` are the values of all the vendor's
    assumptions; `in_flight` the open calls of the same sandbox, vendor and tenant, this one included;
    `same_key_in_flight` the others among them with the same idempotency key. `target` is the whole path as
    sent, undecoded, and `now` the time of the sandbox's clock; a subrequest has those of its outer call.
    `scenarios` are all scenarios of its sandbox, armed or not.
    """

    vendor: str
    sandbox: str
    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = EMPTY
    body: bytes = b""
    mount: str = ""
    origin: str = ""
    principal: Principal = ANONYMOUS
    assumptions: Mapping[str, str] = EMPTY
    in_flight: int = 1
    same_key_in_flight: int = 0
    target: str = ""
    now: datetime | None = None
    scenarios: tuple[Document, ...] = ()

    def assumed(self, name: str) -> str:
        """The value of an assumption in words, for the reason of a refusal."""
        return f"assumption {self.vendor}.{name} is {self.assumptions.get(name, '')}"

    @property
    def fingerprint(self) -> str:
        """Hash of method, path, query and body."""
        head = f"{self.method} {self.path}?{self.query}\n"
        return sha256(head.encode("utf-8", "surrogateescape") + self.body).hexdigest()


class Problem(Value, frozen=True, gc=False):
    """Reason of a refusal, a rejection or a warning: neutral `code`, place, and a sentence.

    `rule` names the broken rule (a schema keyword such as `maxLength`, `format:uuid`, or a vendor's own
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
        return pointer_of(self.path)


class Fault(Value, frozen=True):
    """A failure that a scenario asks for: a neutral code, and details of its rule.

    `status` None and `message` "" leave those to the vendor.
    """

    code: str
    status: int | None = None
    message: str = ""


class AppliedEffect(Value, frozen=True):
    """Effect of a rule, `scenario/rule`, on one item.

    `did` are words of: failed, held, warned, omitted, duplicated, stored, not-stored. The last two stand for
    an item that was, or was not, stored contrary to the answer.
    """

    rule: str
    did: tuple[str, ...]


class Item(Value, frozen=True, gc=False):
    """A member of a batch; `key` identifies it, "" if it has none.

    One without a key of its own has a `digest` of its content.
    """

    index: int
    key: str
    document: Json
    digest: str = ""

    @property
    def identity(self) -> str:
        """Its identity over retries, at any place: its key, with the digest if it has one."""
        return f"{self.key}#{self.digest}" if self.digest else self.key


class Verdict(Value, frozen=True):
    """The judge's problems and warnings of one item, without looking at state."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


class Action(StrEnum):
    """Outcome of an item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    SKIPPED = "skipped"


LOST, WARNED = "lost", "warned"
"""Outcomes that are shown beside the actions: an item was warned, or a rule kept an item from being stored
without the answer saying so. The journal's action of a lost item is skipped, with a problem of this code."""

SHOWN_OUTCOMES = (*map(str, Action), WARNED, LOST)


def shown_outcome(item: Document) -> str:
    """Return the outcome of an item of a journal entry, as people are told."""
    action = str(item["action"])
    if action == Action.SKIPPED and any(problem["code"] == LOST for problem in item["problems"]):
        return LOST
    return WARNED if item["warnings"] and action not in (Action.REJECTED, Action.SKIPPED) else action


def shown_outcomes(call: Document) -> dict[str, int]:
    """Return the number of items by outcome of a journal entry, as people are told."""
    # Servers of earlier versions have no lost items.
    lost, counts = call.get("lost", 0), call["outcomes"]
    shown = {**counts, Action.SKIPPED.value: counts.get(Action.SKIPPED, 0) - lost, LOST: lost}
    return {outcome: count for outcome, count in shown.items() if count > 0}


_FIRST_REDIRECT, _FIRST_REFUSAL, _FIRST_FAILURE = 300, 400, 500


def call_tone(call: Document) -> str:
    """The tone of a journal entry, by what became of its items: good, mixed, bad or neutral."""
    status, outcomes = call["status"] or _FIRST_FAILURE, call["outcomes"]
    bad = sum(outcomes.get(action, 0) for action in (Action.REJECTED, Action.SKIPPED))
    if status < _FIRST_REFUSAL and not bad and not call["warned"]:
        return "good" if status < _FIRST_REDIRECT else "neutral"
    return "mixed" if status < _FIRST_FAILURE and call["items"] > bad else "bad"


class Outcome(Value, frozen=True, gc=False):
    """The outcome of one item; `document` is the stored document, or the one that the vendor shows."""

    item: Item
    action: Action
    document: Json = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.action is not Action.REJECTED and self.action is not Action.SKIPPED


class Reply(Value, frozen=True):
    """An HTTP answer in the vendor's words; `media_type` None sends no Content-Type.

    `reason` is not sent: it is a handler's reason for an error, and the cure.
    """

    status: int
    body: bytes = b""
    media_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""


class Delivery(Value, frozen=True):
    """Delivery of an answer: times in milliseconds, `fault` of the transport, "" for none.

    After `delay_ms` the body is sent in `chunks` pieces over `spread_ms`; of a `fraction` only that part
    of it is sent.
    """

    delay_ms: float = 0
    chunks: int = 1
    spread_ms: float = 0
    fraction: float | None = None
    fault: str = ""


class Answer(Value, frozen=True):
    """A reply with the journal's data about it; `trace` is the traceback of a crash.

    `applied` are the rules that changed it, `scenario/rule` each, and `effects` theirs on single items, by
    index; without a `delivery` it leaves at once. `reason` is the reason of a refusal: fault, place, and
    cure.
    """

    reply: Reply
    operation: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    refusal: str | None = None
    trace: str = ""
    applied: tuple[str, ...] = ()
    effects: Mapping[int, AppliedEffect] = {}
    delivery: Delivery | None = None
    reason: str = ""


SAFE_METHODS = frozenset({"GET", "HEAD"})
