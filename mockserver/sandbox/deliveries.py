"""Calls that a sandbox owes to its clients (callbacks and webhooks), due by the sandbox's clock.

They are documents of the sandbox, so that snapshots, saved states and shared stores hold them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import convert, to_builtins
from msgspec.structs import replace

from mockserver.codec.masking import MASK, Redaction
from mockserver.model import Document, Value
from mockserver.sandbox.store import SandboxState, State

WEBHOOKS, DELIVERIES = "webhooks", "deliveries"
MAX_DELIVERIES = 10_000
"""Number of deliveries from which on the oldest ended deliveries are deleted."""

_LEASE_S = 30
"""Seconds that a claim lasts longer than an attempt may take."""

_SUCCESS, _SILENT = range(200, 300), "silent"


class WebhookAddress(Value, frozen=True):
    url: str
    vendor: str
    events: tuple[str, ...] = ()
    """The names of the webhooks; () means all of the vendor."""
    secret: str = ""
    """Secret of the signature; "" means that of the spec."""


class DeliveryAttempt(Value, frozen=True):
    status: int | None
    lost: str | None
    """Why no whole answer came, or why nothing was sent."""
    millis: int
    at: datetime | None = None
    """Time of the sandbox's clock."""


class OwedDelivery(Value, frozen=True, rename="camel"):
    """A call to a client, with what became of it."""

    id: str
    """Id that the receiver sees, also that of a doubled delivery."""
    event: str
    items: tuple[str, ...]
    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    due: datetime
    attempts_left: int
    timeout: int
    backoff: tuple[int, ...]
    ordered: bool
    effects: tuple[str, ...] = ()
    attempts: tuple[DeliveryAttempt, ...] = ()
    key: str = ""
    """Key of the document; keys have the order in which deliveries to an address are sent."""
    cause: str = ""
    """Key of the first delivery of the call that caused this delivery."""
    state: Literal["waiting", "sent", "failed", "refused", "lost"] = "waiting"
    claimed: datetime | None = None
    """Time of the machine's clock until which no other worker sends the delivery."""


def add_deliveries(state: State, deliveries: Sequence[OwedDelivery], vendor: str) -> str:
    """Store the deliveries of a call, and return their `cause`, which is "" if there are none."""
    kept, is_silent = state.sandbox_collection(DELIVERIES), _SILENT in state.sandbox_collection(WEBHOOKS)
    if (excess := len(kept) + len(deliveries) - MAX_DELIVERIES) > 0:
        for key in [one["key"] for one in kept.values() if one["state"] != "waiting"][:excess]:
            del kept[key]
    cause = ""
    for one in deliveries:
        key = f"{one.due.timestamp() * 1000:014.0f}-{state.next('deliveries'):09}-{vendor}"
        cause = cause or key
        end = "lost" if is_silent else one.state
        kept[key] = to_builtins(replace(one, key=key, cause=cause, state=end))
    return cause


def registered_webhooks(state: State) -> list[WebhookAddress]:
    registered = state.sandbox_collection(WEBHOOKS).get("registered") or {"addresses": ()}
    return convert(registered["addresses"], list[WebhookAddress])


def mask_webhook(registered: Document, mask: str = MASK) -> Document:
    """Return a registration with the first letters of its secret, and of the credentials in its address."""
    redaction, secret = Redaction(mask=mask), registered.get("secret", "")
    return {**registered, "url": redaction.text(registered["url"]), "secret": redaction.credential(secret)}


def silence_deliveries(state: SandboxState) -> None:
    """Send no delivery of later calls, because the sandbox is for a trial. The deliveries count as lost."""
    state.sandbox_collection(WEBHOOKS)[_SILENT] = {"addresses": []}


def deliveries_of(state: State, cause: str) -> list[OwedDelivery]:
    return [convert(one, OwedDelivery) for one in state.sandbox_collection(DELIVERIES).find("cause", cause)]


def has_waiting(state: State) -> bool:
    return state.sandbox_collection(DELIVERIES).count("state", "waiting") > 0


def claim_next(
    state: State, machine: datetime, unanswered: Collection[str], answering: str
) -> OwedDelivery | None:
    """Claim the next due delivery; the deliveries of calls in `unanswered` wait for the calls' answers.

    If `answering` is set, claim only an early delivery of this call, which is about to be answered.
    """
    kept, blocked = state.sandbox_collection(DELIVERIES), set[str]()
    for document in kept.find("state", "waiting"):
        if document["url"] in blocked:
            continue
        if datetime.fromisoformat(document["due"]) > state.now:
            if document["attempts"] and document["ordered"]:
                blocked.add(document["url"])
            continue
        one = convert(document, OwedDelivery)
        if answering and not (one.cause == answering and "early" in one.effects):
            continue
        is_busy = one.claimed is not None and one.claimed > machine
        if is_busy or (one.cause in unanswered and not answering):
            blocked.add(one.url)
        else:
            claimed = replace(one, claimed=machine + timedelta(seconds=one.timeout + _LEASE_S))
            kept[one.key] = to_builtins(claimed)
            return claimed
    return None


def settle(state: State, one: OwedDelivery, attempt: DeliveryAttempt, *, is_refused: bool) -> None:
    """Note an attempt at a claimed delivery; unless that ends the delivery, set the time of the next one."""
    kept = state.sandbox_collection(DELIVERIES)
    found = kept.get(one.key)
    if found is None or convert(found, OwedDelivery) != one:  # the state was reset or restored meanwhile
        return
    attempts, left = (*one.attempts, replace(attempt, at=state.now)), one.attempts_left - 1
    pause_s = one.backoff[min(len(attempts), len(one.backoff)) - 1] if one.backoff else 0
    end = (
        "sent" if attempt.status in _SUCCESS else "refused" if is_refused else "waiting" if left else "failed"
    )
    due = state.now + timedelta(seconds=pause_s) if end == "waiting" else one.due
    one = replace(one, attempts=attempts, attempts_left=left, claimed=None, due=due, state=end)
    kept[one.key] = to_builtins(one)
