"""Calls that are refused whole: nothing is stored, whatever `summarizeErrors` says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Due, Put
from tests.vendors.xero.documents import (
    API,
    BATCHES,
    EACH,
    INVOICES,
    R1,
    R2,
    TENANT,
    TWO_CURRENCIES,
    ZERO,
    batch,
    invoice,
    line,
    messages,
    pay,
)

TYPE_OF = {14: "PostDataInvalidException", 17: "NoDataProcessedException"}
NOTHING_SENT = (
    "No data has been processed for this endpoint. "
    "This endpoint is expecting BatchPayment data to be specifed in the request body."
)


def wrapped(*elements: Any) -> bytes:
    return json.dumps({"BatchPayments": list(elements)}).encode()


def amounting(text: str) -> bytes:
    return wrapped(batch(pay(R1, "AMOUNT"))).replace(b'"AMOUNT"', text.encode())


BODIES = {
    "not JSON": (b"{", 14),
    "trailing bytes": (wrapped(batch(pay(R1))) + b"x", 14),
    "NaN": (amounting("NaN"), 14),
    "5,000 digits": (amounting("9" * 5000), 14),
    "vast exponent": (amounting("1e999999999999"), 14),
    "100,000 brackets": (b"[" * 100_000, 14),
    "65 levels": (b'{"BatchPayments":' + b"[" * 64 + b"]" * 64 + b"}", 14),
    "bad UTF-8": (wrapped(batch(pay(R1))).replace(b"AccountID", b"Acc\xff"), 14),
    "lone surrogate": (wrapped(batch(pay(R1), Reference="X")).replace(b'"X"', b'"\\ud800"'), 14),
    "no object": (b"[]", 14),
    "a number": (b"1", 14),
    "a list that is none": (b'{"BatchPayments": {}}', 14),
    "an element that is none": (wrapped(batch(pay(R1)), 5), 14),
    "a payment that is none": (wrapped(batch("x")), 14),
    "a null GUID": (wrapped(batch(pay(R1), Account={"AccountID": None})), 14),
    "malformed GUID": (wrapped(batch(pay("R1"))), 14),
    "no date": (wrapped(batch(pay(R1), Date="2019-02-30")), 14),
    "no date either": (wrapped(batch(pay(R1), Date="/Date(x)/")), 14),
    "no number": (wrapped(batch(pay(R1, "ten"))), 14),
    "no boolean": (wrapped(batch(pay(R1, 1, IsReconciled="maybe"))), 14),
    "no such enum value": (wrapped(batch(pay(R1, 1, Status="NOPE"))), 14),
    "no body": (b"", 17),
    "white space": (b" \n", 17),
    "empty object": (b"{}", 17),
    "empty list": (b'{"BatchPayments": []}', 17),
    "null list": (b'{"BatchPayments": null}', 17),
    "other wrapper": (b'{"batch_payments": [{}]}', 17),
}


@pytest.mark.parametrize("query", ["", EACH])
@pytest.mark.parametrize(("body", "number"), BODIES.values(), ids=BODIES.keys())
def test_an_unreadable_body_is_a_400_with_its_number(
    xero: Client, body: bytes, number: int, query: str
) -> None:
    answer = _send(xero, body, query)

    assert (answer.status, answer.media_type) == (400, "application/json")
    assert (answer.json["ErrorNumber"], answer.json["Type"]) == (number, TYPE_OF[number])
    assert "Elements" not in answer.json


@pytest.mark.parametrize(("body", "number"), BODIES.values(), ids=BODIES.keys())
def test_an_unreadable_body_stores_nothing(
    xero: Client, body: bytes, number: int, books: Callable[[], Any]
) -> None:
    before = books()

    _send(xero, body, EACH)

    assert number
    assert books() == before


def test_one_unreadable_element_refuses_the_good_one_too(put: Put, books: Callable[[], Any]) -> None:
    before = books()

    answer = put(batch(pay(R1)), batch(pay("R2")))

    assert (answer.status, books()) == (400, before)


@pytest.mark.parametrize(
    ("element", "value", "type_name", "place"),
    [
        (batch(pay(R1), Date="2019-02-30"), '"2019-02-30"', "System.DateTime", "Date"),
        (batch(pay(R1), pay("R2")), '"R2"', "System.Guid", "Payments[1].Invoice.InvoiceID"),
        (batch(pay(R1, "ten")), '"ten"', "System.Decimal", "Payments[0].Amount"),
        (batch(pay(R1), Reference=7), "7", "System.String", "Reference"),
        (batch(pay(R1), Date=1550793600000), "1550793600000", "System.DateTime", "Date"),
        (batch(pay(R1), Account={"AccountID": 5}), "5", "System.Guid", "Account.AccountID"),
        (batch(pay(R1), Account={"AccountID": None}), "{null}", "System.Guid", "Account.AccountID"),
        (batch(pay(R1), Payments="all"), '"all"', "System.Collections.IList", "Payments"),
        (batch(pay(R1, 1, IsReconciled=2)), "2", "System.Boolean", "Payments[0].IsReconciled"),
        (batch(pay(R1, 1, Status="X")), '"X"', "Xero.Api.Status", "Payments[0].Status"),
        (batch(pay("x" * 300)), f'"{"x" * 199}…', "System.Guid", "Payments[0].Invoice.InvoiceID"),
    ],
)
def test_an_unreadable_value_is_named_with_its_path(
    put: Put, element: Any, value: str, type_name: str, place: str
) -> None:
    message = f"Error converting value {value} to type '{type_name}'. Path 'BatchPayments[0].{place}'."

    assert put(element).json["Message"] == message


def test_an_unexpected_object_is_named_with_its_path(put: Put) -> None:
    message = "Unexpected character encountered while parsing value: {. Path 'BatchPayments[0].Reference'."

    assert put(batch(pay(R1), Reference={})).json["Message"] == message


@pytest.mark.parametrize(("element", "value"), [(5, "5"), (True, "true"), ("x", '"x"')])
def test_an_element_that_is_no_object_is_named_by_its_kind(put: Put, element: Any, value: str) -> None:
    message = f"Error converting value {value} to type 'Xero.Api.BatchPayment'. Path 'BatchPayments[0]'."

    assert put(element).json["Message"] == message


def test_an_element_that_is_null_fails_alone(put: Put, due: Due) -> None:
    first, second, third = put(batch(pay(R1, 10)), None, batch(pay(R2, 20))).json["BatchPayments"]

    assert (first["TotalAmount"], third["TotalAmount"]) == (10, 20)
    assert second == {
        "BatchPaymentID": ZERO,
        "StatusAttributeString": "ERROR",
        "ValidationErrors": [{"Message": "The element is empty"}],
    }
    assert (due(R1), due(R2)) == (90, 80)


@pytest.mark.parametrize(
    ("path", "member"),
    [
        (f"{INVOICES}{EACH}", "Invoices"),
        (f"{API}/Payments{EACH}", "Payments"),
        (f"{BATCHES}/{TWO_CURRENCIES}/History", "HistoryRecords"),
    ],
)
def test_a_null_among_other_elements_fails_alone_too(xero: Client, path: str, member: str) -> None:
    answer = xero.put(path, json={member: [None]})

    elements = answer.json["Elements"] if answer.status == 400 else answer.json[member]
    assert messages(elements[0]) == ["The element is empty"]


def test_a_body_that_is_null_sends_nothing(xero: Client) -> None:
    answer = xero.put(BATCHES, content=b"null", headers={"content-type": "application/json"})

    assert (answer.json["ErrorNumber"], answer.json["Message"]) == (17, NOTHING_SENT)


def test_a_body_that_is_no_object_is_a_request_that_cannot_be_read(xero: Client) -> None:
    message = "Error converting value 5 to type 'Xero.Api.Request'. Path ''."

    assert xero.put(BATCHES, json=5).json["Message"] == message


def test_an_empty_call_names_what_was_expected(xero: Client) -> None:
    assert xero.put(BATCHES, json={}).json["Message"] == NOTHING_SENT


def test_an_empty_call_for_invoices_names_invoices(xero: Client) -> None:
    assert "expecting Invoice data" in xero.put(INVOICES, json={"Invoices": []}).json["Message"]


def test_an_unreadable_invoice_refuses_the_call(xero: Client, books: Callable[[], Any]) -> None:
    before = books()

    answer = xero.put(INVOICES, json={"Invoices": [invoice(), invoice(LineItems=[line(Quantity="two")])]})

    assert (answer.status, answer.json["ErrorNumber"], books()) == (400, 14, before)


def test_a_repeated_member_counts_by_its_last_value(xero: Client) -> None:
    body = wrapped(batch(pay(R1, 7))).replace(b'"Amount": 7', b'"Amount": 500, "Amount": 7')

    assert _send(xero, body, EACH).json["BatchPayments"][0]["TotalAmount"] == 7


@pytest.mark.parametrize("media_type", ["text/json", "text/plain", "multipart/form-data", ""])
def test_another_media_type_is_not_read(xero: Client, media_type: str, books: Callable[[], Any]) -> None:
    before = books()

    answer = xero.put(BATCHES, content=wrapped(batch(pay(R1))), headers={"content-type": media_type})

    assert (answer.status, answer.json["ErrorNumber"], books()) == (415, 14, before)


@pytest.mark.parametrize(
    ("charset", "status"),
    [("UTF-8", 200), ("utf8", 200), ("utf-16", 415), ("iso-8859-1", 415), ("nope", 415)],
)
def test_only_utf_8_is_read(xero: Client, charset: str, status: int) -> None:
    body = wrapped(batch(pay(R1)))
    encoded = body.decode().encode("utf-16") if charset == "utf-16" else body

    answer = xero.put(
        BATCHES, content=encoded, headers={"content-type": f"application/json; charset={charset}"}
    )

    assert answer.status == status


def test_a_body_over_the_limit_is_a_413(xero: Client, books: Callable[[], Any]) -> None:
    before = books()

    answer = _send(xero, b" " * (10 * 1024 * 1024 + 1), "")

    assert (answer.status, answer.json["ErrorNumber"], books()) == (413, 14, before)


def test_ten_thousand_and_one_elements_are_a_413(xero: Client, books: Callable[[], Any]) -> None:
    before = books()

    answer = _send(xero, b'{"BatchPayments":[' + b"{}," * 10_000 + b"{}]}", EACH)

    assert (answer.status, books()) == (413, before)


def test_too_many_headers_are_a_431(xero: Client) -> None:
    answer = xero.get(BATCHES, headers={f"x-{number}": "1" for number in range(101)})

    assert (answer.status, answer.media_type) == (431, "application/json")


def test_another_method_is_a_501_that_names_those_there_are(xero: Client) -> None:
    answer = xero.delete(BATCHES)

    assert (answer.status, set(answer.headers["allow"].split(", "))) == (501, {"GET", "POST", "PUT"})
    assert answer.json["ErrorNumber"] == 20


@pytest.mark.parametrize(
    "path",
    [
        f"{BATCHES}/{R2}",
        f"{BATCHES}/nonsense",
        f"{INVOICES}/R99",
        f"{INVOICES}/{TENANT}",
        f"{API}/Accounts/{R1}",
        f"{API}/Payments/{R1}",
        f"{API}/Contacts/{R1}",
        f"{API}/Nothing",
        f"{BATCHES}//",
        "/",
    ],
)
def test_what_is_not_there_is_a_404_in_text(xero: Client, path: str) -> None:
    answer = xero.get(path)

    assert (answer.status, answer.media_type) == (404, "text/html")
    assert answer.text == "The resource you're looking for cannot be found"


@pytest.mark.parametrize("flag", ["false", "False", "FALSE", "true&summarizeErrors=false"])
@pytest.mark.parametrize("name", ["summarizeErrors", "SummarizeErrors", "summarizeerrors"])
def test_the_flag_is_read_in_any_letter_case(put: Put, name: str, flag: str) -> None:
    assert put(batch(pay(R1, 500)), query=f"?{name}={flag}").status == 200


@pytest.mark.parametrize("flag", ["true", "True", "maybe", "0", ""])
def test_any_other_flag_is_true(put: Put, flag: str) -> None:
    assert put(batch(pay(R1, 500)), query=f"?summarizeErrors={flag}").status == 400


def test_unknown_query_parameters_are_ignored(put: Put) -> None:
    assert put(batch(pay(R1)), query="?colour=blue").status == 200


def _send(xero: Client, body: bytes, query: str) -> Response:
    return xero.put(f"{BATCHES}{query}", content=body, headers={"content-type": "application/json"})
