from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import A_ID, INVOICES, A, B, attributes, checksum, messages, sent, shown


def test_only_the_payee_must_be_named(guidewire: Client) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1"))

    assert answered.status == 201
    made = attributes(answered)
    assert made["status"] == {"code": "draft", "name": "Draft"}
    assert made["approvalStatus"] == {"code": "unapproved", "name": "Unapproved"}
    assert made["bulkInvoiceTotal"] == "0.00"
    assert made["currency"] == {"code": "usd", "name": "USD"}
    assert made["deliveryMethod"] == {"code": "send", "name": "Send"}


def test_the_other_defaults_are_there_as_well(guidewire: Client) -> None:
    made = attributes(guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:22")))

    assert made["paymentMethod"] == {"code": "check", "name": "Check"}
    assert made["reportability"] == {"code": "notreportable", "name": "Not reportable"}
    assert made["scheduledSendDate"] == "2026-01-05T00:00:00.000Z"
    assert (made["mailTo"], made["payTo"]) == ("Larkspur Medical Group", "Larkspur Medical Group")
    assert (made["splitEqually"], made["valid"]) == (False, False)
    assert made["totalTransactionAmount"] == {"amount": "0.00", "currency": "usd"}
    assert "invoiceNumber" not in made


def test_an_id_has_the_form_of_the_product(guidewire: Client) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1"))

    assert re.fullmatch(r"xc:S[A-Za-z0-9_-]{20}", attributes(answered)["id"])


def test_what_was_made_can_be_read(guidewire: Client) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1"))

    href = answered.json["data"]["links"]["self"]["href"]
    assert href == f"{INVOICES}/{attributes(answered)['id']}"
    assert guidewire.get(href).json == answered.json


def test_everything_that_can_be_set_is_kept(guidewire: Client) -> None:
    body = sent(
        payeeAddressBookUID="ab:14",
        invoiceNumber="INV-2026-031",
        bulkInvoiceTotal="1000.00",
        splitEqually=True,
        currency={"code": "usd"},
        paymentMethod={"code": "eft"},
        scheduledSendDate="2026-03-10T00:00:00.000Z",
        defaultCostType={"code": "claimcost"},
        defaultCostCategory={"code": "medical"},
        defaultPaymentType={"code": "final"},
    )

    made = attributes(guidewire.post(INVOICES, json=body))

    assert made["invoiceNumber"] == "INV-2026-031"
    assert made["bulkInvoiceTotal"] == "1000.00"
    assert made["defaultCostType"] == {"code": "claimcost", "name": "Claim Cost"}
    assert made["defaultPaymentType"] == {"code": "final", "name": "Final"}


@pytest.mark.parametrize("name", ["defaultCostCategory", "defaultCostType", "defaultPaymentType"])
def test_a_default_for_items_may_be_null(guidewire: Client, name: str) -> None:
    made = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", **{name: None}))

    assert made.status == 201
    assert name not in attributes(made)


def test_two_alike_are_two(guidewire: Client) -> None:
    first = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", invoiceNumber="X"))
    second = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", invoiceNumber="X"))

    assert (first.status, second.status) == (201, 201)
    assert attributes(first)["id"] != attributes(second)["id"]


@pytest.mark.parametrize(
    "amount", ["30000000000000000000000000000.10", "9999999999999999999999999999999999999999.99"]
)
def test_a_total_of_any_size_is_exact(guidewire: Client, amount: str) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", bulkInvoiceTotal=amount))

    path = answered.json["data"]["links"]["self"]["href"]
    assert shown(guidewire, path)["bulkInvoiceTotal"] == amount


@pytest.mark.parametrize("text", ["Zoë 李 🧾", "\u202eabc", "<script>", "=1+1", "{{7*7}}", "  spaced ", ""])
def test_texts_are_kept_as_they_are(guidewire: Client, text: str) -> None:
    answered = guidewire.post(INVOICES, json=sent(payeeAddressBookUID="ab:1", invoiceNumber=text))

    assert attributes(answered)["invoiceNumber"] == text


def test_a_repeated_member_counts_as_last_sent(guidewire: Client) -> None:
    body = b'{"data":{"attributes":{"payeeAddressBookUID":"ab:1","payeeAddressBookUID":"ab:14"}}}'

    answered = guidewire.post(INVOICES, content=body, headers={"content-type": "application/json"})

    assert attributes(answered)["payTo"] == "Tomas Ferreira"


class TestRefused:
    """A refused invoice is not made."""

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (sent(), ["The 'payeeAddressBookUID' property is required"]),
            ({}, ["The 'data' property is required"]),
            ({"data": {}}, ["The 'attributes' property is required"]),
            (
                sent(payeeAddressBookUID="ab:1", splitEqually=True),
                ["The 'bulkInvoiceTotal' property is required when 'splitEqually' is true"],
            ),
            (
                sent(payeeAddressBookUID="ab:999", splitEqually=True),
                [
                    "No resource with the id 'ab:999' was found for 'payeeAddressBookUID'",
                    "The 'bulkInvoiceTotal' property is required when 'splitEqually' is true",
                ],
            ),
            (
                sent(splitEqually=True),
                [
                    "The 'payeeAddressBookUID' property is required",
                    "The 'bulkInvoiceTotal' property is required when 'splitEqually' is true",
                ],
            ),
            (
                sent(payeeAddressBookUID="ab:1", status={"code": "issued"}),
                ["Property 'status' cannot be updated"],
            ),
            (
                sent(payeeAddressBookUID="ab:1", currency={"code": "jpy"}, bulkInvoiceTotal="0.50"),
                ["The amount '0.50' has too many decimals for the currency 'jpy'"],
            ),
            (
                {"data": {"attributes": {"payeeAddressBookUID": "ab:1"}, "checksum": "1"}},
                ["Property 'checksum' is not defined in the schema"],
            ),
        ],
    )
    def test_every_fault_is_named(self, guidewire: Client, body: Any, expected: list[str]) -> None:
        answered = guidewire.post(INVOICES, json=body)

        assert answered.status == 400
        assert messages(answered) == expected
        assert guidewire.get(f"{INVOICES}?includeTotal=true").json["total"] == 7

    @pytest.mark.parametrize(
        "amount",
        ["1.005", "1,000.00", "1e3", "+1", " 1", ".5", "5.", "1_0", "\uff11", "1" * 41, "1.00\n", ""],
    )
    def test_an_amount_is_plain_decimal_text(self, guidewire: Client, amount: str) -> None:
        body = sent(payeeAddressBookUID="ab:1", bulkInvoiceTotal=amount)

        answered = guidewire.post(INVOICES, json=body)

        assert answered.status == 400
        assert guidewire.get(f"{INVOICES}?includeTotal=true").json["total"] == 7

    def test_a_missing_member_is_placed_at_its_parent(self, guidewire: Client) -> None:
        answered = guidewire.post(INVOICES, json=sent())

        assert answered.json["details"][0]["properties"] == {
            "parameterLocation": "body",
            "parameterName": "body",
            "path": "data.attributes",
        }


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
