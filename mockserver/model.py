"""Frozen values that travel between the steps of a call, and `Value`, the base of all frozen values.

They are msgspec structs, because a call with a thousand items makes several thousand values, and a frozen
slotted dataclass takes eight times as long to make (585 ns against 71 ns, measured). The class of a dataclass
also takes 0.9 ms to make, which was a fifth of the time of all imports. A class is a dataclass only if it
has members that are derived, hidden, not compared or set later, if a subclass requires what its base does
not, or if `mockserver --help` imports it. A class with `gc=False` holds only JSON, which has no cycles, so
that the garbage collector need not visit its values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeAlias

import msgspec

Json: TypeAlias = Any
"""A decoded JSON value: dict, list, str, int, Decimal, bool or None."""

Document: TypeAlias = Mapping[str, Any]
"""A JSON object that must not be changed."""

Path: TypeAlias = tuple[str | int, ...]
"""Path of a value in a document: names of members and positions in lists."""

Leaf: TypeAlias = tuple[str, str]
"""Name and text of a value that is neither an object nor a list."""

EMPTY: Document = {}

LOST, WARNED = "lost", "warned"
"""Outcomes that people see in addition to those of `Action`. An item is lost if a rule prevented its storage
and the answer hides that. The journal has a lost item as skipped, with a problem of the code `lost`."""

_FIRST_REDIRECT, _FIRST_REFUSAL, _FIRST_FAILURE = 300, 400, 500
SAFE_METHODS = frozenset({"GET", "HEAD"})


def escape_step(step: str | int) -> str:
    return str(step).replace("~", "~0").replace("/", "~1")


def unescape_step(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def pointer_of(path: Iterable[str | int]) -> str:
    return "".join("/" + escape_step(step) for step in path)


def parse_pointer(pointer: str) -> Path:
    return tuple(unescape_step(step) for step in pointer.split("/")[1:])


def member_path(name: str) -> Path:
    """Return the path of a member: the name itself, or the steps of a JSON Pointer into other members."""
    return parse_pointer(name) if name.startswith("/") else (name,)


def value_at(document: Json, path: Path) -> Json:
    """Return the value at a path, or None if the document has no value there."""
    for step in path:
        if isinstance(document, list) and str(step).isdecimal() and int(step) < len(document):
            document = document[int(step)]
        elif isinstance(document, dict):
            document = document.get(str(step))
        else:
            return None
    return document


def members_of(documents: Iterable[Json], name: str) -> list[Json]:
    """Return the value of a member in each document; None where there is none, or no object."""
    try:
        return [one.get(name) for one in documents]
    except AttributeError:
        return [one.get(name) if isinstance(one, dict) else None for one in documents]


def with_value_at(document: Json, path: Path, value: Json) -> Json:
    """Return a copy of a document with `value` at a path. An `int` in the path makes a list."""
    if not path:
        return value
    step = str(path[0])
    if isinstance(path[0], int) or (isinstance(document, list) and step.isdecimal()):
        place, known = int(step), document if isinstance(document, list) else []
        known = known + [None] * (place + 1 - len(known))
        return [*known[:place], with_value_at(known[place], path[1:], value), *known[place + 1 :]]
    inner: Mapping[str, Any] = document if isinstance(document, dict) else {}
    return {**inner, step: with_value_at(inner.get(step, {}), path[1:], value) if path[1:] else value}


def dotted(path: Iterable[str | int]) -> str:
    """Return the path as JSONPath has it after `$`, such as `.lines[0].amount`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def values_in(document: Json, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Yield the document and each value in it, at any depth, with its path; every path begins with `path`."""
    yield path, document
    is_list = isinstance(document, list | tuple)
    inside = document.items() if isinstance(document, Mapping) else enumerate(document) if is_list else ()
    for step, value in inside:
        yield from values_in(value, (*path, step))


def texts_in(document: Json) -> Iterator[str]:
    """Yield each string and number in a document, at any depth, as text; leave out null, true and false."""
    if isinstance(document, Mapping | list | tuple):
        for value in document.values() if isinstance(document, Mapping) else document:
            yield from texts_in(value)
    elif document is not None and not isinstance(document, bool):
        yield str(document)


def leaves(document: Json, name: str = "") -> Iterator[Leaf]:
    """Yield the values of a document; the items of a list have the name of the list."""
    if isinstance(document, dict):
        for member, value in document.items():
            yield from leaves(value, member)
    elif isinstance(document, list):
        for value in document:
            yield from leaves(value, name)
    elif document is not None:
        yield name, str(document)


def join_key(parts: Iterable[str]) -> str:
    """Join the parts of a key with "/", each escaped as in a JSON Pointer, so that keys stay distinct."""
    return "/".join(map(escape_step, parts))


class Value(msgspec.Struct, frozen=True):
    """Base of all frozen values, which are compared by content."""


class Principal(Value, frozen=True):
    """The caller of a call."""

    name: str
    """Name of the credential."""
    scopes: frozenset[str] | None = None
    """Scopes of the credential; None means no limits."""
    facts: Document = EMPTY
    """Record of the credential in the sandbox."""


ANONYMOUS = Principal("anybody")


class Call(Value, frozen=True):
    """An HTTP request as a vendor sees it."""

    vendor: str
    sandbox: str
    method: str
    path: str
    """Path below the vendor's mount."""
    query: str = ""
    """The undecoded query string."""
    headers: Mapping[str, str] = EMPTY
    """Headers by name in lower case; the values of a repeated header are joined by commas."""
    body: bytes = b""
    mount: str = ""
    """Part of the URL before `path`: the prefixes of sandbox and vendor, or one prefix, or ""."""
    origin: str = ""
    principal: Principal = ANONYMOUS
    assumptions: Mapping[str, str] = EMPTY
    """Values of all assumptions of the vendor, by name."""
    in_flight: int = 1
    """Number of open calls with this call's sandbox, vendor and tenant, including this call."""
    same_key_in_flight: int = 0
    """Number of open calls with this call's sandbox, vendor, tenant and idempotency key, except this call."""
    target: str = ""
    """The whole path as it was sent, undecoded. A subrequest has the target of its outer call."""
    now: datetime | None = None
    """Time of the sandbox's clock. A subrequest has the time of its outer call."""
    scenarios: tuple[Document, ...] = ()
    """All scenarios of the sandbox, armed or not."""
    port: int = 0
    """Port of the client, which tells its connection; 0 if it is not known."""
    credential_names: frozenset[str] = frozenset()
    """Names of the API keys that the vendor's file declares, as `declared_names` returns them."""

    def assumed(self, name: str) -> str:
        """Return the phrase "assumption vendor.name is value", for the reason of a refusal."""
        return f"assumption {self.vendor}.{name} is {self.assumptions.get(name, '')}"

    @property
    def fingerprint(self) -> str:
        """Hash of method, path, query and body."""
        head = f"{self.method} {self.path}?{self.query}\n"
        return sha256(head.encode("utf-8", "surrogateescape") + self.body).hexdigest()


class Problem(Value, frozen=True, gc=False):
    """Reason of a refusal, a rejection or a warning."""

    code: str
    """A word that all vendors share, such as `unknown-reference`."""
    path: Path = ()
    """Path from the root of the body; for a parameter its place and name, such as `("query", "page")`."""
    detail: str = ""
    rule: str = ""
    """The broken rule: a schema keyword such as `maxLength`, `format:uuid`, or a vendor's own word."""
    expected: Json = None
    """Value that the broken rule requires, such as the maximum length."""
    found: Json = None

    @property
    def pointer(self) -> str:
        return pointer_of(self.path)


class Fault(Value, frozen=True):
    """A failure that a scenario asks for."""

    code: str
    status: int | None = None
    """HTTP status; None lets the vendor choose."""
    message: str = ""
    """Message of the answer; "" lets the vendor choose."""


class AppliedEffect(Value, frozen=True):
    """Effect of a rule on one item."""

    rule: str
    """Name of the rule, as `scenario/rule`."""
    did: tuple[str, ...]
    """Some of: failed, held, warned, omitted, duplicated, stored, not-stored, callback.

    `stored`: the item was stored, but the answer denies that. `not-stored`: the item was not stored, but the
    answer says that it was.
    """


class Item(Value, frozen=True, gc=False):
    """A member of a batch."""

    index: int
    key: str
    """Text that identifies the item; "" if the item has no key."""
    document: Json
    digest: str = ""
    """Digest of the content, if the item has no key of its own."""

    @property
    def identity(self) -> str:
        """Text that is the same in every retry of the item, at any index: the key, and the digest if any."""
        return f"{self.key}#{self.digest}" if self.digest else self.key


class Verdict(Value, frozen=True):
    """Problems and warnings that the schema and the stateless rules find in one item."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


class Action(StrEnum):
    """Outcome of an item."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    SKIPPED = "skipped"


SHOWN_OUTCOMES = (*map(str, Action), WARNED, LOST)


def shown_outcome(item: Document) -> str:
    """Return the outcome that people see for an item of a journal entry: an action, `warned` or `lost`."""
    action = str(item["action"])
    if action == Action.SKIPPED and any(problem["code"] == LOST for problem in item["problems"]):
        return LOST
    return WARNED if item["warnings"] and action not in (Action.REJECTED, Action.SKIPPED) else action


def shown_outcomes(call: Document) -> dict[str, int]:
    """Count the items of a journal entry by action, with lost items apart from skipped items; omit zeros."""
    # Servers of earlier versions do not send the number of lost items.
    lost, counts = call.get("lost", 0), call["outcomes"]
    shown = {**counts, Action.SKIPPED.value: counts.get(Action.SKIPPED, 0) - lost, LOST: lost}
    return {outcome: count for outcome, count in shown.items() if count > 0}


def call_tone(call: Document) -> str:
    """Return the tone of a journal entry, by its status and its items: good, mixed, bad or neutral."""
    status, outcomes = call["status"] or _FIRST_FAILURE, call["outcomes"]
    bad = sum(outcomes.get(action, 0) for action in (Action.REJECTED, Action.SKIPPED))
    if status < _FIRST_REFUSAL and not bad and not call["warned"]:
        return "good" if status < _FIRST_REDIRECT else "neutral"
    return "mixed" if status < _FIRST_FAILURE and call["items"] > bad else "bad"


class Outcome(Value, frozen=True, gc=False):
    """The outcome of one item."""

    item: Item
    action: Action
    document: Json = None
    """The stored document, or the document that the vendor shows in its place."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.action is not Action.REJECTED and self.action is not Action.SKIPPED


class Reply(Value, frozen=True):
    """An HTTP answer in the vendor's words."""

    status: int
    body: bytes = b""
    media_type: str | None = None
    """Value of the header Content-Type; None sends no such header."""
    headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    """Reason and cure of an error, which the handler sets; they are not in the body."""


class Delivery(Value, frozen=True):
    """How an answer is sent: after a delay, in pieces, in part, or with a fault."""

    delay_ms: float = 0
    """Milliseconds before the first byte."""
    chunks: int = 1
    """Number of pieces in which the body is sent."""
    spread_ms: float = 0
    """Milliseconds between the first piece and the last one."""
    fraction: float | None = None
    """Share of the body that is sent, from 0 to 1. If None, the fault decides; without fault all is sent."""
    fault: str = ""
    """Name of the transport fault, or ""."""


class Difference(Value, frozen=True):
    """A difference between the answer of a real server and the mock's answer to the same call."""

    kind: str
    """status, outcome, code, message, count, record, missing-row, extra-row or failure (of the mock)."""
    real: str
    mock: str
    index: int | None = None
    """Index of the item; None if the difference is not about an item of the call."""
    key: str = ""
    place: str = ""
    """Pointer to a member of the record, or the name of a count."""
    cure: str = ""
    """What would make the mock answer as the real server."""


class Answer(Value, frozen=True):
    """A reply with the data that the journal stores about it."""

    reply: Reply
    operation: str | None = None
    outcomes: tuple[Outcome, ...] = ()
    refusal: str | None = None
    trace: str = ""
    """Traceback of a crash."""
    applied: tuple[str, ...] = ()
    """Rules that changed the reply, as `scenario/rule`."""
    effects: Mapping[int, AppliedEffect] = {}
    """Effects of rules on single items, by the item's index."""
    delivery: Delivery | None = None
    """How the reply is sent; None means without delay and whole."""
    reason: str = ""
    """Reason of a refusal: fault, place and cure; or ""."""
    forwarded_to: str = ""
    """Address of the real server that answered; "" if the mock answered."""
    cause: str = ""
    """Key of the first delivery (a callback or webhook) that the call caused; "" if it caused none."""
    differences: tuple[Difference, ...] = ()
    """How the mock would have answered otherwise than the real server."""
    replayed_key: str = ""
    """Idempotency key whose stored answer is sent again; "" if the answer is not a replay."""
