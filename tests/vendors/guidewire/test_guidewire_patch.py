from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.world import (
    A_ID,
    A,
    B,
    attributes,
    checksum,
    sent,
    shown,
)


def test_a_new_total_is_answered_and_kept(guidewire: Client) -> None:
    before = shown(guidewire, A)

    answered = guidewire.patch(A, json=sent(bulkInvoiceTotal="3000.00"))

    assert answered.status == 200
    assert attributes(answered) == {**before, "bulkInvoiceTotal": "3000.00"}
    assert shown(guidewire, A) == attributes(answered)


def test_a_change_brings_a_new_checksum(guidewire: Client) -> None:
    before = checksum(guidewire, A)

    answered = guidewire.patch(A, json=sent(bulkInvoiceTotal="3000.00"))

    assert answered.json["data"]["checksum"] != before
    assert answered.json["data"]["checksum"] == checksum(guidewire, A)


def test_there_and_back_is_another_version_all_the_same(guidewire: Client) -> None:
    before = checksum(guidewire, A)

    there = guidewire.patch(A, json=sent(paymentMethod={"code": "eft"}))
    back = guidewire.patch(A, json=sent(paymentMethod={"code": "check"}))

    assert attributes(there)["paymentMethod"] == {"code": "eft", "name": "EFT"}
    assert attributes(back)["paymentMethod"] == {"code": "check", "name": "Check"}
    assert back.json["data"]["checksum"] != before


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("bulkInvoiceTotal", "12.5", "12.50"),
        ("deliveryMethod", {"code": "hold"}, {"code": "hold", "name": "Hold"}),
        ("currency", {"code": "jpy"}, {"code": "jpy", "name": "JPY"}),
        ("invoiceNumber", "INV-1", "INV-1"),
        ("mailTo", "Claims desk", "Claims desk"),
        ("paymentMethod", {"code": "eft", "name": "ignored"}, {"code": "eft", "name": "EFT"}),
        ("reportability", {"code": "reportable"}, {"code": "reportable", "name": "Reportable"}),
        ("scheduledSendDate", "2026-12-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"),
        ("splitEqually", True, True),
    ],
)
def test_every_field_of_the_list_can_be_changed(
    guidewire: Client, name: str, value: Any, answer: Any
) -> None:
    answered = guidewire.patch(A, json=sent(**{name: value}))

    assert answered.status == 200
    assert shown(guidewire, A)[name] == answer


def test_hold_leaves_the_status_alone(guidewire: Client) -> None:
    answered = guidewire.patch(A, json=sent(deliveryMethod={"code": "hold"}))

    assert attributes(answered)["status"] == {"code": "draft", "name": "Draft"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-12-01T01:30:00+01:00", "2026-12-01T00:30:00.000Z"),
        ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00.000Z"),
        ("2026-12-01t00:00:00.1239999z", "2026-12-01T00:00:00.123Z"),
        ("2028-02-29T23:59:59.5-00:00", "2028-02-29T23:59:59.500Z"),
        ("2026-12-01T00:00:00", "2026-12-01T00:00:00.000Z"),
    ],
)
def test_a_date_of_any_offset_is_answered_in_utc(guidewire: Client, written: str, kept: str) -> None:
    answered = guidewire.patch(A, json=sent(scheduledSendDate=written))

    assert attributes(answered)["scheduledSendDate"] == kept


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-29T00:00:00Z",
        "2026-12-01",
        "2026-12-01T00:00:60Z",
        "2026-12-01T00:00:00 ",
        "0001-01-01T00:00:00+14:00",
        "2026-12-01T00:00:00+99:99",
        "",
    ],
)
def test_what_is_no_instant_is_refused(guidewire: Client, written: str) -> None:
    before = guidewire.get(A).body

    answered = guidewire.patch(A, json=sent(scheduledSendDate=written))

    assert answered.status == 400
    assert guidewire.get(A).body == before


def test_another_payee_replaces_all_that_is_known_of_it(guidewire: Client) -> None:
    answered = guidewire.patch(A, json=sent(payeeAddressBookUID="ab:14"))

    now = attributes(answered)
    assert now["payee"]["addressBookUID"] == "ab:14"
    assert (now["payTo"], now["mailTo"]) == ("Tomas Ferreira", "Tomas Ferreira")
    assert now["mailingAddress"] == now["payee"]["primaryAddress"]
    assert "payeeAddressBookUID" not in now


def test_mail_goes_where_the_call_says_even_with_a_new_payee(guidewire: Client) -> None:
    answered = guidewire.patch(A, json=sent(payeeAddressBookUID="ab:14", mailTo="Claims desk"))

    assert attributes(answered)["mailTo"] == "Claims desk"


def test_a_payee_without_address_leaves_none(guidewire: Client) -> None:
    answered = guidewire.patch(A, json=sent(payeeAddressBookUID="ab:31"))

    assert "mailingAddress" not in attributes(answered)


@pytest.mark.parametrize("name", ["invoiceNumber", "mailTo", "scheduledSendDate"])
def test_null_empties_what_an_invoice_can_be_without(guidewire: Client, name: str) -> None:
    answered = guidewire.patch(B, json=sent(**{name: None}))

    assert answered.status == 200
    assert name not in shown(guidewire, B)


@pytest.mark.parametrize("body", [sent(), sent(mailTo="Nora Whitlock", paymentMethod={"code": "check"})])
def test_what_changes_nothing_keeps_the_checksum(guidewire: Client, body: Any) -> None:
    before = guidewire.get(A).json

    answered = guidewire.patch(A, json=body)

    assert answered.status == 200
    assert answered.json == before


@pytest.mark.parametrize("handling", ["ignore", "log"])
def test_an_unknown_attribute_can_be_let_pass(guidewire: Client, handling: str) -> None:
    headers = {"GW-UnknownPropertyHandling": handling}

    answered = guidewire.patch(A, json=sent(foo=1, mailTo="Claims desk"), headers=headers)

    assert answered.status == 200
    assert attributes(answered)["mailTo"] == "Claims desk"
    assert "foo" not in shown(guidewire, A)


def test_other_sandboxes_know_nothing_of_a_change(guidewire: Client, elsewhere: Client) -> None:
    guidewire.patch(A, json=sent(bulkInvoiceTotal="3000.00"))

    assert shown(elsewhere, A)["bulkInvoiceTotal"] == "0.00"
    assert shown(guidewire, A)["id"] == A_ID
