"""Magic tokens and armed scenarios at every operation that writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Due, Put, Read
from tests.vendors.xero.documents import (
    API,
    BATCHES,
    DEPOSIT,
    EACH,
    INVOICES,
    R1,
    R2,
    R3,
    R4_DRAFT,
    RECONCILED,
    TWO_CURRENCIES,
    batch,
    invoice,
    messages,
    pay,
)

Arm: TypeAlias = Callable[..., None]

CHANGED = "The document has been changed since it was last read"
PAYMENT = {"Invoice": {"InvoiceID": R1}, "Account": {"Code": "BANK1"}, "Amount": 10}
CHANGES: dict[str, tuple[str, str, Any]] = {
    "put batch payments": ("PUT", f"{BATCHES}{EACH}", batch(pay(R1, 10), Reference="sbx.fail.conflict")),
    "put payments": (
        "PUT",
        f"{API}/Payments{EACH}",
        {**PAYMENT, "BankAccountNumber": "12-3456 sbx.fail.conflict"},
    ),
    "put invoices": (
        "PUT",
        f"{INVOICES}{EACH}",
        {"Invoices": [invoice(Reference="sbx.fail.conflict")]},
    ),
    "post invoices": (
        "POST",
        f"{INVOICES}{EACH}",
        {"Invoices": [{"InvoiceID": R4_DRAFT, "Reference": "sbx.fail.conflict"}]},
    ),
    "post an invoice": ("POST", f"{INVOICES}/R4", {"Invoices": [{"Reference": "sbx.fail.conflict"}]}),
    "put notes": (
        "PUT",
        f"{BATCHES}/{TWO_CURRENCIES}/History",
        {"HistoryRecords": [{"Details": "sbx.fail.conflict"}]},
    ),
}
KEPT: dict[str, tuple[str, Any]] = {
    "batch payments": (BATCHES, batch(pay(R1, 10), pay(R2, 10))),
    "payments": (f"{API}/Payments", PAYMENT),
    "invoices": (INVOICES, {"Invoices": [invoice(Contact={"Name": "Somebody New"})]}),
    "notes": (f"{BATCHES}/{RECONCILED}/History", {"HistoryRecords": [{"Details": "x"}]}),
}
DELETIONS = {
    "a batch payment": (BATCHES, {"BatchPaymentID": TWO_CURRENCIES, "Status": "DELETED"}),
    "a batch payment by its path": (f"{BATCHES}/{TWO_CURRENCIES}", {"Status": "DELETED"}),
    "a payment": (f"{API}/Payments/{DEPOSIT}", {"Status": "DELETED"}),
}


@pytest.fixture
def arm(client: Client, sandbox: str) -> Arm:
    """Arm a scenario of one rule with these parts."""

    def arm(**parts: Any) -> None:
        document = {"version": 1, "name": "bent", "rules": [{"id": "r1", **parts}]}
        answered = client.put(f"/_mock/sandboxes/{sandbox}/scenarios/bent", json=document)
        assert answered.status < 300, answered.text

    return arm


def elements(answered: Response) -> list[Any]:
    """The elements of an answer, whatever it calls them."""
    document = answered.json
    return next(value for value in document.values() if isinstance(value, list))


@pytest.mark.parametrize(("method", "path", "body"), CHANGES.values(), ids=CHANGES.keys())
def test_a_token_fails_its_element_in_the_vendors_words(
    xero: Client, method: str, path: str, body: Any, books: Callable[[], Any]
) -> None:
    before = books()

    (element,) = elements(xero.request(method, path, json=body))

    assert messages(element) == [CHANGED]
    assert books() == before


def test_a_token_leaves_the_other_elements_alone(put: Put, due: Due) -> None:
    answer = put(batch(pay(R1, 10), Reference="sbx.fail.internal"), batch(pay(R2, 10), Reference="plain"))

    first, second = answer.json["BatchPayments"]
    assert (messages(first), second["TotalAmount"]) == (["An error occurred in Xero"], 10)
    assert (due(R1), due(R2)) == (100, 90)


def test_a_warned_batch_payment_is_saved_and_says_so(put: Put, due: Due) -> None:
    element = put(batch(pay(R1, 10), Reference="sbx.warn")).json["BatchPayments"][0]

    assert element["StatusAttributeString"] == "WARNING"
    assert element["Warnings"] == [{"Message": "Reference is too long. Maximum of 255 characters allowed"}]
    assert due(R1) == 90


def test_a_batch_payment_that_hangs_has_timed_out(arm: Arm, put: Put, due: Due) -> None:
    arm(items=[{"select": {"key": "slow"}, "effect": {"hang": 1}}])

    element = put(batch(pay(R1, 10), Reference="slow")).json["BatchPayments"][0]

    assert messages(element) == ["The request timed out before the element was processed"]
    assert due(R1) == 100


def test_an_element_that_failed_for_show_is_saved_all_the_same(arm: Arm, put: Put, due: Due) -> None:
    fail = {"fail": {"code": "internal"}, "commit": True}
    arm(items=[{"select": {"all": True}, "effect": fail}])

    element = put(batch(pay(R1, 10))).json["BatchPayments"][0]

    assert (messages(element), due(R1)) == (["An error occurred in Xero"], 90)


@pytest.mark.parametrize("what", KEPT)
def test_what_is_told_and_not_kept_is_told_as_if_it_were(
    arm: Arm, xero: Client, what: str, books: Callable[[], Any]
) -> None:
    path, body = KEPT[what]
    arm(items=[{"select": {"all": True}, "effect": {"commit": False}}])
    before = books()

    answer = xero.put(path, json=body)

    assert (answer.status, len(elements(answer)), books()) == (200, 1, before)


def test_without_the_flag_an_omitted_failure_is_told_by_nothing(arm: Arm, put: Put) -> None:
    arm(items=[{"select": {"index": 0}, "effect": {"omit": True}}])

    answer = put(batch(pay(R1, 500)), batch(pay(R3, 10)), query="")

    assert (answer.status, len(answer.json["BatchPayments"])) == (200, 1)


@pytest.mark.parametrize("status", [400, 409, 429, 500, 503])
@pytest.mark.parametrize("deletion", DELETIONS)
def test_a_deletion_is_refused_with_the_status_that_a_rule_sets(
    arm: Arm, xero: Client, deletion: str, status: int, books: Callable[[], Any]
) -> None:
    path, body = DELETIONS[deletion]
    arm(commit="none", response={"status": status})
    before = books()

    answer = xero.post(path, json=body)

    assert (answer.status, books()) == (status, before)


def test_a_deletion_whose_answer_is_lost_is_done(arm: Arm, xero: Client, read: Read) -> None:
    arm(times={"count": 1}, response={"status": 503})

    lost = xero.post(f"{API}/Payments/{DEPOSIT}", json={"Status": "DELETED"})

    assert (lost.status, read(f"Payments/{DEPOSIT}")[0]["Status"]) == (503, "DELETED")
