from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import A_ITEMS, B_ITEM, B_ITEMS, ITEM, attributes, messages, sent, shown
from tests.vendors.guidewire.statuses import LIVES, Assume, reach, take

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


def test_an_action_in_the_wrong_state_says_which_that_is(guidewire: Client, assume: Assume) -> None:
    path = reach("cleared", guidewire, assume)

    answered = take(guidewire, path, "stop")

    assert answered.json == {
        "status": 400,
        "errorCode": "gw.api.rest.exceptions.BadInputException",
        "userMessage": "Cannot take action 'stop'. See the details element for further information.",
        "details": [{"message": "The status of the bulk invoice is 'Cleared'"}],
    }


class TestInvalidItems:
    """An item whose claim cannot be paid on turns out so when it is processed."""

    def test_the_item_says_why(self, guidewire: Client, assume: Assume) -> None:
        path = reach("invaliditems", guidewire, assume)

        rows = guidewire.get(f"{path}/bulk-invoice-items?fields=status,explanation").json["data"]
        assert [row["attributes"]["status"]["code"] for row in rows] == ["approved"] * 3 + ["notvalid"]
        assert (
            rows[3]["attributes"]["explanation"] == "The claim CLM-30009 has not reached the ability to pay"
        )

    def test_without_it_the_invoice_is_a_draft_again(self, guidewire: Client, assume: Assume) -> None:
        path = reach("invaliditems", guidewire, assume)
        bad = guidewire.get(f"{path}/bulk-invoice-items?filter=status:eq:notvalid").json["data"][0]

        answered = guidewire.delete(bad["links"]["self"]["href"])

        assert answered.status == 204
        assert shown(guidewire, path)["status"]["code"] == "draft"
        assert (
            attributes(take(guidewire, path, "validate", "submit"))["status"]["code"] == "awaitingsubmission"
        )

    def test_even_where_a_change_reopens_nothing_else(self, guidewire: Client, assume: Assume) -> None:
        path = reach("invaliditems", guidewire, assume)
        assume(reopen_on_change="off")

        answered = guidewire.patch(path, json=sent(mailTo="Claims desk"))

        assert attributes(answered)["status"]["code"] == "draft"

    def test_a_draft_has_no_explanation(self, guidewire: Client, assume: Assume) -> None:
        path = reach("invaliditems", guidewire, assume)

        guidewire.patch(path, json=sent(mailTo="Claims desk"))

        rows = guidewire.get(f"{path}/bulk-invoice-items?fields=*all").json["data"]
        assert [row["attributes"].get("explanation") for row in rows] == [None] * 4


def test_a_rejected_item_says_why(guidewire: Client, assume: Assume) -> None:
    path = reach("inreview", guidewire, assume)

    answered = take(guidewire, path, "force-reject")

    assert attributes(answered)["approvalStatus"] == {"code": "rejected", "name": "Rejected"}
    assert shown(guidewire, B_ITEM)["explanation"] == "The bulk invoice was rejected"


def test_an_empty_invoice_cannot_be_submitted_whatever_it_splits(guidewire: Client) -> None:
    guidewire.patch(A_ITEMS.rpartition("/")[0], json=sent(splitEqually=True, bulkInvoiceTotal="10.00"))

    answered = take(guidewire, A_ITEMS.rpartition("/")[0], "submit")

    assert messages(answered) == ["The bulk invoice has no items", "The bulk invoice is not valid"]


def test_an_invoice_without_send_date_cannot_be_submitted(guidewire: Client) -> None:
    path = B_ITEMS.rpartition("/")[0]
    guidewire.patch(path, json=sent(scheduledSendDate=None))

    answered = take(guidewire, path, "validate", "submit")

    assert messages(answered) == ["The bulk invoice has no scheduledSendDate"]
