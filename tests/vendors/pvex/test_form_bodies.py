from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mockserver.vendors.pvex.rules import DECLARED_ORDER
from tests.support.client import Client, Response
from tests.vendors.pvex.samples import BATCH, FORM, GENERAL, form, invoice, less, required

Stored = Callable[[], list[dict[str, Any]]]
WHOLE = {
    **dict.fromkeys(DECLARED_ORDER, "1"),
    "Deleted": "true",
    "IsComplete": "false",
    "IsPaid": "True",
} | dict.fromkeys(("DateTime", "ApiCreateDate", "ApiLastChangeDate"), "12/16/2025")


@pytest.fixture
def send(pvex: Client) -> Callable[[bytes], Response]:
    """Pushes a form body."""
    return lambda body: pvex.post(BATCH, content=body, headers=FORM)


Send = Callable[[bytes], Response]


def test_a_whole_invoice_is_stored(send: Send, pvex: Client) -> None:
    answer = send(form(WHOLE))

    kept = pvex.get("/api/Invoice/1").json
    assert answer.status == 200
    assert (kept["RowKey"], kept["IsPaid"], kept["DateTime"]) == (1, True, "2025-12-16T00:00:00")


def test_jquery_keys_bind_too(send: Send, stored: Stored) -> None:
    send(form(invoice()).replace(b".", b"%5B").replace(b"=", b"%5D="))

    assert stored()[0]["Number"] == "N-1"


def test_names_may_come_in_any_case(send: Send, stored: Stored) -> None:
    send(form({name.upper(): value for name, value in invoice().items()}))

    assert stored()[0]["Number"] == "N-1"


def test_the_list_ends_at_the_first_gap(send: Send, stored: Stored) -> None:
    body = form(invoice(), {}, invoice(Id="I-3"))

    assert send(body).status == 200
    assert [one["Id"] for one in stored()] == ["I-1"]


@pytest.mark.parametrize("key", ["Number", "invoices%5B0%5D.Number", "%5B1%5D.Number", "%5Bx%5D.Number"])
def test_other_keys_bind_nothing(send: Send, stored: Stored, key: str) -> None:
    assert send(f"{key}=N-1".encode()).status == 200
    assert stored() == []


def test_an_empty_value_is_null(send: Send, stored: Stored) -> None:
    send(form(invoice(Amount="", SiteId="", DateTime="")))

    (kept,) = stored()
    assert (kept["Amount"], kept["SiteId"], kept["DateTime"]) == (None, None, None)


def test_left_out_value_types_are_properties_that_are_required(send: Send, stored: Stored) -> None:
    answer = send(form(less("RowKey", "ApiCreateDate")))

    assert answer.json["ModelState"] == {
        "invoices[0].RowKey": ["The RowKey property is required."],
        "invoices[0].ApiCreateDate": ["The ApiCreateDate property is required."],
    }
    assert stored() == []


@pytest.mark.parametrize(
    ("member", "text", "said"),
    [
        ("Amount", "abc", "The value 'abc' is not valid for Amount."),
        ("DateTime", "nope", "The value 'nope' is not valid for DateTime."),
        ("DateTime", "/Date(0)/", "The value '/Date(0)/' is not valid for DateTime."),
        ("RowKey", "99999999999", "The value '99999999999' is not valid for RowKey."),
        ("Deleted", "1", "The value '1' is not valid for Deleted."),
        ("RowKey", "", "The RowKey field is required."),
        ("CheckSum", "", "A value is required."),
        ("Number", "", "The Number field is required."),
        ("Number", "x" * 51, "The field Number must be a string with a maximum length of 50."),
        ("Number", "a\x00", "The value 'a\x00' is not valid for Number."),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    send: Send, stored: Stored, member: str, text: str, said: str
) -> None:
    answer = send(form(invoice(**{member: text})))

    assert (answer.status, answer.json["ModelState"]) == (400, {f"invoices[0].{member}": [said]})
    assert stored() == []


def test_required_texts_are_required(send: Send) -> None:
    assert send(form(less("SyncId"))).json["ModelState"] == required(0, "SyncId")


def test_forty_three_whole_invoices_fit(send: Send, pvex: Client) -> None:
    answer = send(form(*({**WHOLE, "Id": str(n)} for n in range(43))))

    assert answer.status == 200
    assert len(pvex.get("/api/Invoice?subscriberId=1").json) == 43


def test_forty_four_are_too_many_keys(send: Send, pvex: Client) -> None:
    answer = send(form(*({**WHOLE, "Id": str(n)} for n in range(44))))

    assert (answer.status, answer.json["ModelState"]) == (400, {"invoices": [GENERAL]})
    assert pvex.get("/api/Invoice?subscriberId=1").json == []


def test_bad_utf8_in_a_value_is_malformed(send: Send, stored: Stored) -> None:
    assert send(form(invoice()).replace(b"N-1", b"%ff")).json["ModelState"] == {"invoices": [GENERAL]}
    assert stored() == []


def test_a_form_error_is_json_unless_xml_is_asked_for(pvex: Client) -> None:
    body = form(invoice(Number="a\x00", Amount="a\rb"))

    answer = pvex.post(BATCH, content=body, headers={**FORM, "accept": "text/xml"})

    assert answer.media_type == "text/xml"
    assert "The value 'a\N{REPLACEMENT CHARACTER}' is not valid for Number." in answer.text
    assert "a&#xD;b" in answer.text
