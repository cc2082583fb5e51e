"""Entries of the journal (recorded calls), and queries that select entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.model import (
    LOST,
    WARNED,
    Action,
    Answer,
    AppliedEffect,
    Call,
    Delivery,
    Difference,
    Outcome,
    Problem,
    Reply,
    Value,
)

HOP_BY_HOP = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect", "keep-alive"})
"""Headers of one connection; a client that resends a call sets them anew."""

SILENT_FAULTS = frozenset(
    {"CONNECTION_RESET_BY_PEER", "RANDOM_DATA_THEN_CLOSE", "EMPTY_RESPONSE", "NO_RESPONSE"}
)
"""Transport faults that send no status, unless a fraction of the reply is sent first."""

_PROBLEM_BYTES = 300
"""Approximate memory of one problem (measured: 258 bytes with a short detail)."""

_ACTIONS = {str(action): action for action in Action}

_ESCAPED_SLASH = re.compile("(%(?:25)*2[fF])")
_SAFE_CHARACTERS = "/!$&'()*+,;=:@-._~"
ANY_FAULT = "any"
NO_STATUS = "none"
"""Status, in filters and counts, of calls whose client got no status."""


class ItemResults(Value, frozen=True):
    """Results of a call's items. Documents are left out: they would need ten times the bodies' memory."""

    packed: bytes = b"[[],[]]"
    """JSON of two lists: the keys of the items, and their actions unless all actions are equal."""
    problems: Mapping[int, tuple[Problem, ...]] = {}
    """Problems by item index; items without problems are left out."""
    warnings: Mapping[int, tuple[Problem, ...]] = {}
    counts: Mapping[str, int] = {}
    """Number of items per action; actions without items are left out."""

    @classmethod
    def of(cls, outcomes: tuple[Outcome, ...]) -> ItemResults:
        keys = [item.identity if (item := one.item).digest else item.key for one in outcomes]
        actions = [outcome.action for outcome in outcomes]
        counts = {str(action): actions.count(action) for action in dict.fromkeys(actions)}
        reported = [(at, one) for at, one in enumerate(outcomes) if one.problems or one.warnings]
        packed = json.encode((keys, actions if len(counts) > 1 else ()))
        if not reported:
            return cls(packed, counts=counts)
        return cls(
            packed,
            {at: outcome.problems for at, outcome in reported if outcome.problems},
            {at: outcome.warnings for at, outcome in reported if outcome.warnings},
            counts,
        )

    def items(self) -> list[tuple[str, Action]]:
        keys, actions = json.decode(self.packed)
        return list(zip(keys, map(_ACTIONS.__getitem__, actions) if actions else self.actions(), strict=True))

    def actions(self) -> list[Action]:
        if len(self.counts) > 1:
            return [action for _, action in self.items()]
        return [_ACTIONS[action] for action, number in self.counts.items() for _ in range(number)]

    @property
    def lost(self) -> list[int]:
        """Return the indexes of the lost items: a rule prevented their storage, and the answer hides that."""
        return [at for at, problems in self.problems.items() if problems[0].code == LOST]

    def shown(self) -> list[str]:
        """Return the action of each item; `lost` for a lost item."""
        shown = list[str](self.actions())
        for at in self.lost:
            shown[at] = LOST
        return shown

    @property
    def size_bytes(self) -> int:
        if not (self.problems or self.warnings):
            return len(self.packed)
        reported = sum([len(found) for found in (*self.problems.values(), *self.warnings.values())])
        return len(self.packed) + reported * _PROBLEM_BYTES


class Entry(Value, frozen=True):
    """One recorded call."""

    number: int
    """Number in the sandbox's journal, from 1; 0 for an entry that is not stored."""
    at: datetime
    """Time of the reply, by the machine's clock."""
    call: Call
    reply: Reply
    operation: str | None
    refusal: str | None
    decided: ItemResults
    duration_ms: float
    """Time of the work, without delays that `delivery` requests."""
    trace: str = ""
    """Traceback of a crash."""
    applied: tuple[str, ...] = ()
    """Rules that changed the answer, as `scenario/rule`."""
    effects: Mapping[int, AppliedEffect] = {}
    """What rules did to single items, by index."""
    delivery: Delivery | None = None
    off_contract: str = ""
    """How the answer violates the contract; "" if it does not."""
    reason: str = ""
    """Why the call was refused, and the cure."""
    request_cut_bytes: int = 0
    """Number of bytes that were removed from the stored request body."""
    reply_cut_bytes: int = 0
    forwarded_to: str = ""
    """Address of the real server that answered; "" if the mock answered."""
    cause: str = ""
    """Key of the first delivery (a callback or webhook) that the call caused; "" if it caused none."""
    differences: tuple[Difference, ...] = ()
    """How the mock would have answered otherwise than the real server."""
    replayed_key: str = ""
    """Idempotency key whose stored answer was sent again; "" if the answer is not a replay."""
    replays: int = 0
    """Number of the call whose answer was sent again, as `with_first_calls` finds it; 0 if not known."""

    @property
    def fault(self) -> str:
        return self.delivery.fault if self.delivery else ""

    @property
    def began(self) -> datetime:
        """Arrival of the call, by the machine's clock, because a sandbox's clock may stand or jump."""
        return self.at - timedelta(milliseconds=self.duration_ms)

    @property
    def ended(self) -> datetime:
        """Time at which the answer was sent, by the machine's clock."""
        return self.at + timedelta(milliseconds=self.delay_ms)

    @property
    def applied_scenarios(self) -> frozenset[str]:
        return frozenset([rule.partition("/")[0] for rule in self.applied])

    @property
    def status(self) -> int | None:
        return None if is_silent(self.delivery) else self.reply.status

    @property
    def delay_ms(self) -> float:
        return self.delivery.delay_ms + self.delivery.spread_ms if self.delivery else 0

    @property
    def size_bytes(self) -> int:
        """Approximate size in memory: the two bodies, the item results and the differences."""
        told = self.decided.size_bytes + 2 * _PROBLEM_BYTES * len(self.differences)
        return len(self.call.body) + len(self.reply.body) + told


def is_silent(delivery: Delivery | None) -> bool:
    return delivery is not None and delivery.fault in SILENT_FAULTS and delivery.fraction is None


def build_entry(number: int, at: datetime, call: Call, answer: Answer, duration_ms: float) -> Entry:
    return Entry(
        number=number,
        at=at,
        call=call,
        reply=answer.reply,
        operation=answer.operation,
        refusal=answer.refusal,
        reason=answer.reason,
        decided=ItemResults.of(answer.outcomes),
        duration_ms=duration_ms,
        trace=answer.trace,
        applied=answer.applied,
        effects=answer.effects,
        delivery=answer.delivery,
        forwarded_to=answer.forwarded_to,
        cause=answer.cause,
        differences=answer.differences,
        replayed_key=answer.replayed_key,
    )


def with_first_calls(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries of a sandbox; each replay by an idempotency key has the number of the first call."""
    replays = [one for one in entries if one.replayed_key]
    firsts = {one.number: _first_call(one, entries) for one in replays}
    return [replace(one, replays=firsts[one.number]) if one.number in firsts else one for one in entries]


def _first_call(replay: Entry, entries: Iterable[Entry]) -> int:
    """Return the number of the newest earlier call with the request, the key and the answer of a replay."""
    in_header = replay.replayed_key in replay.call.headers.values()
    same = [
        one.number
        for one in entries
        if one.number < replay.number
        and not one.replayed_key
        and (one.call.vendor, one.operation) == (replay.call.vendor, replay.operation)
        and (one.call.path, one.call.body) == (replay.call.path, replay.call.body)
        and one.reply.body == replay.reply.body
        and (not in_header or replay.replayed_key in one.call.headers.values())
    ]
    return max(same, default=0)


def cut_bodies(entry: Entry, kept_bytes: int) -> Entry:
    call, reply = entry.call, entry.reply
    return replace(
        entry,
        call=replace(call, body=call.body[:kept_bytes]),
        reply=replace(reply, body=reply.body[:kept_bytes]),
        request_cut_bytes=len(call.body[kept_bytes:]),
        reply_cut_bytes=len(reply.body[kept_bytes:]),
    )


def request_target(entry: Entry) -> str:
    """Return the call's whole path with prefixes as it was sent, or quoted if the sent form is not known."""
    return entry.call.target or entry.call.mount + _quote_path(entry.call.path)


def target_below_mount(call: Call) -> str:
    """Return the call's path below the mount as it was sent, or quoted if the sent form is not known."""
    if call.target == call.mount or call.target.startswith(f"{call.mount}/"):
        return call.target[len(call.mount) :]
    return _quote_path(call.path)


def _quote_path(path: str) -> str:
    parts = _ESCAPED_SLASH.split(path)
    return "".join([part if at % 2 else quote(part, safe=_SAFE_CHARACTERS) for at, part in enumerate(parts)])


class JournalQuery(Value, frozen=True):
    """Filters for entries; None and "" match everything."""

    vendor: str = ""
    operation: str = ""
    method: str = ""
    status: str = ""
    """A status, a class such as 4xx, or `none` for calls without a status."""
    outcome: str = ""
    """An action, `warned` or `lost`: the outcome of `item`, or if `item` is None, of at least one item."""
    item: str | None = None
    """Key of an item in the call."""
    scenario: str = ""
    """A scenario name or `scenario/rule`."""
    since: int | datetime | None = None
    """A number that an entry's number must exceed, or the earliest instant of an entry."""
    fault: str = ""
    """A transport fault, or `any` for all entries with a fault."""
    off_contract: bool | None = None
    differs: bool | None = None
    """Whether the mock would have answered otherwise than the real server."""
    text: str = ""
    """Text in path, query, bodies, item keys or reason, in any letter case."""

    def passes(self, entry: Entry) -> bool:
        return (
            self.vendor in ("", entry.call.vendor)
            and self.operation in ("", entry.operation)
            and self.method.upper() in ("", entry.call.method)
            and (not self.status or has_status(entry, self.status))
            and (not self.scenario or has_scenario(entry, self.scenario))
            and self._is_since(entry)
            and (
                not self.fault or self.fault == entry.fault or (self.fault == ANY_FAULT and entry.fault != "")
            )
            and self.off_contract in (None, entry.off_contract != "")
            and self.differs in (None, bool(entry.differences))
            and self._has_items(entry)
            and (not self.text or has_text(entry, self.text))
        )

    def _is_since(self, entry: Entry) -> bool:
        if isinstance(self.since, datetime):
            return entry.at >= self.since
        return self.since is None or entry.number > self.since

    def _has_items(self, entry: Entry) -> bool:
        if self.item is None and not self.outcome:
            return True
        decided = entry.decided
        marked = decided.warnings if self.outcome == WARNED else ()
        ends = zip(decided.items(), decided.shown(), strict=True)
        return any(
            self.item in (None, key) and (self.outcome in ("", shown) or at in marked)
            for at, ((key, _), shown) in enumerate(ends)
        )


def select(entries: Iterable[Entry], query: JournalQuery, last: int) -> list[Entry]:
    return [entry for entry in entries if query.passes(entry)][-last:]


def has_status(entry: Entry, status: str) -> bool:
    left = NO_STATUS if entry.status is None else str(entry.status)
    return left == status or (status.endswith("xx") and left[0] == status[0])


def has_text(entry: Entry, text: str) -> bool:
    """Return whether path, query, a body, an item's key or the reason has `text`, in any letter case."""
    wanted, call = text.casefold(), entry.call
    if any(wanted in place.casefold() for place in (call.path, call.query, entry.reason)):
        return True
    if any(wanted in body.decode("utf-8", "replace").casefold() for body in (call.body, entry.reply.body)):
        return True
    return any(wanted in key.casefold() for key, _ in entry.decided.items())


def has_scenario(entry: Entry, scenario: str) -> bool:
    return scenario in entry.applied or scenario in entry.applied_scenarios
