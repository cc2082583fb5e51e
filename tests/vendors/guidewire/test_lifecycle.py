"""What may be done to an invoice in each of its statuses (docs/vendors/guidewire.md#states)."""

from __future__ import annotations

from typing import Protocol

import pytest

from tests.support.client import Client, Response
from tests.vendors.guidewire.samples import (
    HELPERS,
    INVOICES,
    ITEM,
    A,
    B,
    C,
    D,
    E,
    F,
    G,
    attributes,
    sent,
    shown,
)

ESCALATION = "/sandbox/v1/run-escalation"
HELPING = frozenset(
    {"force-approve", "force-reject", "issue", "clear", "confirm-stop", "confirm-void", "reset"}
)
TICK = "tick"

SUBMITTED = ("validate", "submit")
LIVES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "draft": (A, (), "fast"),
    "inreview": (B, SUBMITTED, "fast"),
    "pendingitemvalidation": (B, SUBMITTED, "slow"),
    "invaliditems": (B, SUBMITTED, "fast"),
    "rejected": (F, (), "fast"),
    "initiatingcheckcreation": (B, (*SUBMITTED, TICK), "slow_with_check_creation"),
    "creatingchecks": (B, (*SUBMITTED, TICK, TICK), "slow_with_check_creation"),
    "awaitingsubmission": (C, (), "fast"),
    "requesting": (B, (*SUBMITTED, TICK, TICK), "slow"),
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
EDITABLE = {
    "draft",
    "rejected",
    "invaliditems",
    "inreview",
    "pendingitemvalidation",
    "awaitingsubmission",
    "onhold",
}
BANK = {"requesting", "requested", "pendingvoid", "pendingstop", "voided", "stopped"}
ALLOWED = {
    "validate": EDITABLE,
    "submit": {"draft", "rejected", "onhold", "pendingitemvalidation"},
    "request": {"awaitingsubmission"},
    "place-hold": {"requesting", "requested"},
    "stop": {"requesting", "requested", "issued", "onhold"},
    "void": {"requesting", "requested", "issued", "cleared", "onhold"},
    "force-approve": {"inreview"},
    "force-reject": {"inreview"},
    "issue": BANK,
    "clear": BANK | {"issued"},
    "confirm-stop": {"pendingvoid", "pendingstop"},
    "confirm-void": {"pendingvoid", "pendingstop"},
    "reset": set(LIVES),
}
DELETABLE = {"draft", "inreview", "pendingitemvalidation", "awaitingsubmission"}
# Status, action, and what the invoice and its items are then.
LED_TO = [
    ("requested", "place-hold", ("onhold", "submitting")),
    ("issued", "stop", ("pendingstop", "pendingstop")),
    ("cleared", "void", ("pendingvoid", "pendingvoid")),
    ("onhold", "void", ("pendingvoid", "pendingvoid")),
    ("requested", "issue", ("issued", "submitted")),
    ("stopped", "issue", ("issued", "submitted")),
    ("issued", "clear", ("cleared", "submitted")),
    ("voided", "clear", ("cleared", "submitted")),
    ("pendingstop", "confirm-stop", ("stopped", "stopped")),
    ("pendingstop", "confirm-void", ("voided", "voided")),
    ("pendingvoid", "confirm-void", ("voided", "voided")),
    ("pendingvoid", "confirm-stop", ("stopped", "stopped")),
    ("inreview", "force-approve", ("awaitingsubmission", "awaitingsubmission")),
    ("inreview", "force-reject", ("rejected", "rejected")),
    ("voided", "reset", ("draft", "draft")),
]


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


@pytest.mark.parametrize("status", LIVES)
def test_every_status_can_be_reached(guidewire: Client, assume: Assume, status: str) -> None:
    path = reach(status, guidewire, assume)

    assert shown(guidewire, path)["status"]["code"] == status


@pytest.mark.few(70)
@pytest.mark.parametrize("status", LIVES)
@pytest.mark.parametrize("action", ALLOWED)
def test_an_action_is_taken_in_its_statuses_only(
    guidewire: Client, assume: Assume, action: str, status: str
) -> None:
    path = reach(status, guidewire, assume)
    assume(unvalidated_submit="taken")
    items = guidewire.get(f"{path}/bulk-invoice-items").json["count"]

    answered = take(guidewire, path, action)

    expected = 200 if status in ALLOWED[action] and not (action == "submit" and items == 0) else 400
    assert answered.status == expected


@pytest.mark.parametrize("status", LIVES)
def test_an_invoice_changes_in_editable_statuses_only(guidewire: Client, assume: Assume, status: str) -> None:
    path = reach(status, guidewire, assume)

    answered = guidewire.patch(path, json=sent(mailTo="Claims desk"))

    assert answered.status == (200 if status in EDITABLE else 400)


@pytest.mark.parametrize("status", LIVES)
def test_so_do_its_items(guidewire: Client, assume: Assume, status: str) -> None:
    items = f"{reach(status, guidewire, assume)}/bulk-invoice-items"

    answered = guidewire.post(items, json=sent(**ITEM))

    assert answered.status == (201 if status in EDITABLE else 400)


@pytest.mark.parametrize("status", LIVES)
def test_an_invoice_can_be_deleted_in_some_statuses(guidewire: Client, assume: Assume, status: str) -> None:
    path = reach(status, guidewire, assume)

    answered = guidewire.delete(path)

    assert answered.status == (204 if status in DELETABLE else 400)
    assert guidewire.get(path).status == (404 if status in DELETABLE else 200)


@pytest.mark.parametrize("status", LIVES)
def test_links_name_what_the_status_allows(guidewire: Client, assume: Assume, status: str) -> None:
    path = reach(status, guidewire, assume)

    links = guidewire.get(path).json["data"]["links"]

    actions = ("place-hold", "request", "stop", "submit", "validate", "void")
    wanted = {action for action in actions if status in ALLOWED[action]}
    methods = ["get"] + ["patch"] * (status in EDITABLE) + ["delete"] * (status in DELETABLE)
    assert links["self"] == {"href": path, "methods": methods}
    assert {name: link for name, link in links.items() if name != "self"} == {
        action: {"href": f"{path}/{action}", "methods": ["post"]} for action in wanted
    }


@pytest.mark.parametrize(("status", "action", "led_to"), LED_TO)
def test_an_action_leads_to_its_status(
    guidewire: Client, assume: Assume, status: str, action: str, led_to: tuple[str, str]
) -> None:
    path = reach(status, guidewire, assume)

    answered = take(guidewire, path, action)

    rows = guidewire.get(f"{path}/bulk-invoice-items").json["data"]
    assert attributes(answered)["status"]["code"] == led_to[0]
    assert {row["attributes"]["status"]["code"] for row in rows} == {led_to[1]}
