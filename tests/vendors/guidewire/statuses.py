"""How an invoice gets into each of its statuses, by the calls that lead there."""

from __future__ import annotations

from typing import Protocol

from tests.support.client import Client, Response
from tests.vendors.guidewire.samples import HELPERS, INVOICES, ITEM, A, B, C, D, E, F, G, sent

ESCALATION = "/sandbox/v1/run-escalation"


class Assume(Protocol):
    """Turns assumptions of the vendor by their names."""

    def __call__(self, **values: str) -> None: ...


def take(client: Client, path: str, *actions: str) -> Response:
    """Take the actions on an invoice, the last one's answer; those of others go to their own prefix."""
    name = path.removeprefix(INVOICES)
    answers = [
        client.post(f"{HELPERS if action in HELPING else INVOICES}{name}/{action}") for action in actions
    ]
    assert [answer.status for answer in answers[:-1]] == [200] * (len(actions) - 1)
    return answers[-1]


def reach(status: str, client: Client, assume: Assume) -> str:
    """The path of an invoice that is in that status now."""
    path, actions, value = LIVES[status]
    assume(item_processing=value)
    if status == "inreview":
        assume(approval_limit="0.00")
    if status == "requesting":
        client.patch(path, json=sent(scheduledSendDate="2026-01-05T00:00:00Z"))
    if status == "invaliditems":
        client.post(f"{path}/bulk-invoice-items", json=sent(**{**ITEM, "claim": {"id": "demo_sample:30009"}}))
    for action in actions:
        assert (client.post(ESCALATION) if action == TICK else take(client, path, action)).status == 200
    return path


HELPING = frozenset(
    {"force-approve", "force-reject", "issue", "clear", "confirm-stop", "confirm-void", "reset"}
)
TICK = "tick"

_SUBMITTED = ("validate", "submit")
LIVES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "draft": (A, (), "fast"),
    "inreview": (B, _SUBMITTED, "fast"),
    "pendingitemvalidation": (B, _SUBMITTED, "slow"),
    "invaliditems": (B, _SUBMITTED, "fast"),
    "rejected": (F, (), "fast"),
    "initiatingcheckcreation": (B, (*_SUBMITTED, TICK), "slow_with_check_creation"),
    "creatingchecks": (B, (*_SUBMITTED, TICK, TICK), "slow_with_check_creation"),
    "awaitingsubmission": (C, (), "fast"),
    "requesting": (B, (*_SUBMITTED, TICK, TICK), "slow"),
    "requested": (G, (), "fast"),
    "onhold": (G, ("place-hold",), "fast"),
    "issued": (D, (), "fast"),
    "cleared": (E, (), "fast"),
    "pendingstop": (G, ("stop",), "fast"),
    "stopped": (G, ("stop", "confirm-stop"), "fast"),
    "pendingvoid": (G, ("void",), "fast"),
    "voided": (G, ("void", "confirm-void"), "fast"),
}
"""By status: an invoice of the fixtures, what is done to it, and how fast items are processed then."""
