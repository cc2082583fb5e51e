from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.client import Client
from tests.vendors.pvex.samples import FORM, GENERAL, JSON, NAMESPACE, XML, invoice, less

Stored = Callable[[], list[dict[str, Any]]]
ONE = "/api/Invoice"
JSON_BACK = {**XML, "accept": "application/json"}


def element(inner: str = "", **members: Any) -> bytes:
    """An invoice as an XML root, or one with another inside."""
    inner = inner or "".join(f"<{name}>{value}</{name}>" for name, value in sorted(members.items()))
    return f'<Invoice xmlns="{NAMESPACE}">{inner}</Invoice>'.encode()


def test_one_invoice_is_stored_as_json(pvex: Client, stored: Stored) -> None:
    answer = pvex.post(ONE, json=invoice(amount="12.50"))

    assert (answer.status, answer.body) == (200, b"")
    assert [str(one["Amount"]) for one in stored()] == ["12.50"]


def test_one_invoice_is_stored_as_xml(pvex: Client, stored: Stored) -> None:
    answer = pvex.post(ONE, content=element(**less("RowKey", "ApiCreateDate")), headers=XML)

    assert answer.status == 200
    assert [(one["RowKey"], one["ApiCreateDate"]) for one in stored()] == [(0, "0001-01-01T00:00:00")]


def test_one_invoice_is_stored_as_a_form(pvex: Client, stored: Stored) -> None:
    whole = invoice(amount="12.50", SiteId="", DateTime="", Deleted="True", Amount="")

    answer = pvex.post(ONE, content=urlencode(whole).encode(), headers=FORM)

    (kept,) = stored()
    assert answer.status == 200
    assert (kept["RowKey"], kept["Deleted"], kept["SiteId"], kept["DateTime"]) == (1, True, None, None)


def test_it_is_replaced_by_a_batch_and_the_other_way_round(pvex: Client, stored: Stored) -> None:
    pvex.post(ONE, json=invoice(Number="first"))
    pvex.post("/api/InvoiceBatch", json=[invoice(Number="second")])
    pvex.post(ONE, json=invoice(Number="third"))

    assert [one["Number"] for one in stored()] == ["third"]


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        (less("Number"), {"invoice.Number": ["The Number field is required."]}),
        (invoice(Number=" "), {"invoice.Number": ["The Number field is required."]}),
        (invoice(Amount="abc"), {"invoice.Amount": [GENERAL]}),
        ({**less("Amount"), "amount": "abc"}, {"invoice.amount": [GENERAL]}),
        (less("RowKey", "ApiCreateDate"), {"invoice": [GENERAL, GENERAL]}),
        (
            less("SyncId", Number="\N{DOG FACE}" * 26),
            {
                "invoice.Number": ["The field Number must be a string with a maximum length of 50."],
                "invoice.SyncId": ["The SyncId field is required."],
            },
        ),
        ([invoice()], {"invoice": [GENERAL]}),
        (5, {"invoice": [GENERAL]}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_its_faults_are_named_without_a_number(
    pvex: Client, stored: Stored, sent: Any, state: dict[str, list[str]]
) -> None:
    answer = pvex.post(ONE, json=sent)

    assert (answer.status, answer.json["ModelState"]) == (400, state)
    assert stored() == []


def test_its_length_in_utf16_is_looked_at_alone_too(pvex: Client, stored: Stored) -> None:
    answer = pvex.post(ONE, json=invoice(Number="\N{DOG FACE}" * 26))

    assert list(answer.json["ModelState"]) == ["invoice.Number"]
    assert stored() == []


@pytest.mark.parametrize(
    "body",
    [
        element(**invoice(RowKey="")),
        element(**invoice(DateTime="12/16/2025")),
        element('<RowKey xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'),
        f'<ArrayOfInvoice xmlns="{NAMESPACE}"/>'.encode(),
        b"<Invoice/>",
        b"<Invoice",
    ],
)
def test_a_fault_of_the_xml_reader_has_one_key(pvex: Client, stored: Stored, body: bytes) -> None:
    answer = pvex.post(ONE, content=body, headers=JSON_BACK)

    assert (answer.status, answer.json["ModelState"]) == (400, {"invoice": [GENERAL]})
    assert stored() == []


@pytest.mark.parametrize(
    ("member", "text", "said"),
    [
        ("Amount", "abc", "The value 'abc' is not valid for Amount."),
        ("RowKey", "", "The RowKey field is required."),
        ("IsComplete", "", "A value is required."),
        ("DateTime", "/Date(0)/", "The value '/Date(0)/' is not valid for DateTime."),
        ("Number", "", "The Number field is required."),
    ],
)
def test_a_value_of_a_form_that_does_not_fit_is_named(
    pvex: Client, stored: Stored, member: str, text: str, said: str
) -> None:
    answer = pvex.post(ONE, content=urlencode(invoice(**{member: text})).encode(), headers=FORM)

    assert (answer.status, answer.json["ModelState"]) == (400, {f"invoice.{member}": [said]})
    assert stored() == []


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"null", JSON),
        (b"", JSON),
        (
            element('<a xmlns=""/>').replace(
                b"<Invoice", b'<Invoice xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'
            ),
            JSON_BACK,
        ),
    ],
    ids=["null", "none", "nil"],
)
def test_no_invoice_at_all_is_refused(
    pvex: Client, stored: Stored, content: bytes, headers: dict[str, str]
) -> None:
    answer = pvex.post(ONE, content=content, headers=headers)

    assert (answer.status, answer.json) == (400, {"Message": GENERAL})
    assert stored() == []


def test_broken_json_is_keyed_by_the_place_that_was_reached(pvex: Client) -> None:
    answer = pvex.post(ONE, content=b'{"Number": "N-1", "Id" }', headers=JSON)

    assert answer.json["ModelState"] == {"invoice.Id": [GENERAL]}


def test_another_method_names_both_that_there_are(pvex: Client) -> None:
    answer = pvex.put(ONE, json=invoice())

    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "POST"}
