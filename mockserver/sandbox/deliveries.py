"""Calls that a sandbox owes to its clients (callbacks and webhooks): waiting, claimed, tried, ended.

They are documents of the sandbox, so that snapshots, resets, saved states and shared stores hold them. The
sandbox's clock decides when a delivery is due.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import convert, to_builtins
from msgspec.structs import replace

from mockserver.model import Document, Json, Value
from mockserver.sandbox.clock import ClockSettings
from mockserver.sandbox.store import State

WEBHOOKS, DELIVERIES = "webhooks", "deliveries"
MAX_DELIVERIES = 10_000
"""Number of deliveries from which on the oldest ended deliveries are deleted."""

_SUCCESS = range(200, 300)
_LEASE_S = 30
"""Seconds that a claim lasts longer than an attempt may take."""


class WebhookAddress(Value, frozen=True):
    """A registration of an address for webhooks."""

    url: str
    vendor: str
    events: tuple[str, ...] = ()
    """The names of the webhooks; () means all of the vendor."""
    secret: str = ""
    """Secret of the signature; "" means that of the spec."""


class DeliveryAttempt(Value, frozen=True):
    status: int | None = None
    lost: str = ""
    """Why no whole answer came, or why nothing was sent; "" if an answer came."""
    millis: int = 0
    at: datetime | None = None
    """Time of the sandbox's clock."""


class OwedDelivery(Value, frozen=True):
    """A call that the sandbox owes to a client, with what became of it."""

    key: str
    id: str
    """Id that the receiver sees; a delivery and its double have the same id."""
    cause: str
    """Key of the first delivery of the call that caused this delivery."""
    vendor: str
    event: str
    items: tuple[str, ...]
    """Keys of the items."""
    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    first: datetime
    """Time of the first attempt, which decides the order of the deliveries to an address."""
    due: datetime
    attempts_left: int
    timeout: int
    backoff: tuple[int, ...]
    ordered: bool
    effects: tuple[str, ...] = ()
    is_early: bool = False
    """Whether the delivery is sent before its call is answered."""
    attempts: tuple[DeliveryAttempt, ...] = ()
    state: Literal["waiting", "sent", "failed", "refused", "lost"] = "waiting"
    lane: str | None = None
    """The address while the delivery waits, else None."""
    claimed: datetime | None = None
    """Time of the machine's clock until which no other worker sends the delivery."""


class DeliveryClaim(Value, frozen=True):
    """The delivery that is to be sent now, or how long there is none."""

    delivery: OwedDelivery | None = None
    wait_s: float | None = None
    """Seconds until an address may have a due delivery; None means that only a call can change that."""


def add_deliveries(state: State, deliveries: Collection[OwedDelivery]) -> None:
    kept = state.sandbox_collection(DELIVERIES)
    if (excess := len(kept) + len(deliveries) - MAX_DELIVERIES) > 0:
        for one in [one["key"] for one in kept.values() if one["lane"] is None][:excess]:
            del kept[one]
    for one in deliveries:
        _store(state, replace(one, lane=one.url if one.state == "waiting" else None))


def registered_webhooks(state: State) -> list[WebhookAddress]:
    return [convert(one, WebhookAddress) for one in state.sandbox_collection(WEBHOOKS).values()]


def deliveries_of(state: State, cause: str) -> list[OwedDelivery]:
    """Return the deliveries that a call caused, in their order."""
    return list(map(_read, state.sandbox_collection(DELIVERIES).find("cause", cause)))


def waiting_lanes(state: State) -> list[str]:
    """Return the addresses with deliveries that wait."""
    kept = state.sandbox_collection(DELIVERIES).values()
    return list(dict.fromkeys(one["lane"] for one in kept if one["lane"] is not None))


def claim_next(state: State, lane: str, machine: datetime, unanswered: Collection[str]) -> DeliveryClaim:
    """Claim the next delivery to an address; skip what waits for the answers of the calls `unanswered`."""
    waiting = map(_read, state.sandbox_collection(DELIVERIES).find("lane", lane))
    wait_s: list[float] = []
    for one in sorted(waiting, key=lambda one: (one.first, one.key)):
        if one.cause in unanswered:
            break
        if one.claimed and one.claimed > machine:
            return DeliveryClaim(wait_s=(one.claimed - machine).total_seconds())
        if one.due <= state.now:
            return DeliveryClaim(claim(state, one, machine))
        wait_s.append((one.due - state.now).total_seconds())
        if one.ordered and one.attempts:
            break
    clock = ClockSettings(**state.sandbox_collection("settings")["clock"])
    return DeliveryClaim(wait_s=None if clock.frozen else min(wait_s, default=None))


def claim_early(state: State, cause: str, machine: datetime) -> list[OwedDelivery]:
    """Claim the deliveries that are sent before the call is answered."""
    early = [one for one in deliveries_of(state, cause) if one.is_early and one.lane and not one.claimed]
    return [claim(state, one, machine) for one in early]


def claim(state: State, one: OwedDelivery, machine: datetime) -> OwedDelivery:
    claimed = replace(one, claimed=machine + timedelta(seconds=one.timeout + _LEASE_S))
    _store(state, claimed)
    return claimed


def settle(state: State, key: str, attempt: DeliveryAttempt, *, is_refused: bool) -> None:
    """Note an attempt; unless the attempt ends the delivery, set the time of the next attempt."""
    found = state.sandbox_collection(DELIVERIES).get(key)
    if found is None or found["lane"] is None:  # the state was reset or restored meanwhile
        return
    one = _read(found)
    attempts = (*one.attempts, replace(attempt, at=state.now))
    one = replace(one, attempts=attempts, attempts_left=one.attempts_left - 1, claimed=None)
    if attempt.status in _SUCCESS or is_refused or not one.attempts_left:
        end = "sent" if attempt.status in _SUCCESS else "refused" if is_refused else "failed"
        one = replace(one, state=end, lane=None)
    else:
        pause_s = one.backoff[min(len(attempts), len(one.backoff)) - 1] if one.backoff else 0
        one = replace(one, due=state.now + timedelta(seconds=pause_s))
    _store(state, one)


def _read(document: Document) -> OwedDelivery:
    return convert(document, OwedDelivery)


def _store(state: State, one: OwedDelivery) -> None:
    document: Json = to_builtins(one)
    state.sandbox_collection(DELIVERIES)[one.key] = document
