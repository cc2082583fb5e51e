"""What a local caller is told: assumption `error_detail`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.pvex.samples import BATCH, JSON, NAMESPACE, XML, form, invoice, wrapped, xml


@pytest.fixture
def local(pvex: Client, assume: Callable[..., None]) -> Client:
    """A client that is shown everything."""
    assume(error_detail="on")
    return pvex


def text_of(member: str, value: Any) -> bytes:
    """A list of one invoice that begins with `member`."""
    return json.dumps([{member: value, **{n: v for n, v in invoice().items() if n != member}}]).encode()


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        (
            "Amount",
            "abc",
            "Could not convert string to decimal: abc. Path '[0].Amount', line 1, position 17.",
        ),
        ("RowKey", None, "Error converting value {null} to type 'System.Int32'. Path '[0].RowKey', line 1, "),
        ("RowKey", "", "Error converting value {null} to type 'System.Int32'. "),
        ("RowKey", "seven", "Could not convert string to integer: seven. "),
        ("RowKey", 1.5, "Input string '1.5' is not a valid integer. "),
        ("RowKey", 99999999999, "JSON integer 99999999999 is too large or small for an Int32. "),
        ("RowKey", True, "Error reading integer. Unexpected token: Boolean. "),
        ("Amount", 10**29, "Input string '100000000000000000000000000000' is not a valid decimal. "),
        ("Amount", [], "Error reading decimal. Unexpected token: StartArray. "),
        ("DateTime", "nope", "Could not convert string to DateTime: nope. "),
        ("DateTime", 5, "Error reading date. Unexpected token: Integer. "),
        ("ApiCreateDate", "", "Error converting value {null} to type 'System.DateTime'. "),
        ("Deleted", "yes", "Could not convert string to boolean: yes. "),
        ("Number", {}, "Error reading string. Unexpected token: StartObject. "),
        ("Number", "a\x00", "The text holds a character that is not allowed. "),
    ],
)
def test_the_json_reader_is_quoted(local: Client, member: str, value: Any, said: str) -> None:
    answer = local.post(BATCH, content=text_of(member, value), headers=JSON)

    assert answer.json["ModelState"][f"invoices[0].{member}"][0].startswith(said)


@pytest.mark.parametrize(
    ("body", "key", "said"),
    [
        (
            b"hello",
            "invoices",
            "Unexpected character encountered while parsing value: h. Path '', line 0, position 0.",
        ),
        (b'[{"Id":', "invoices[0].Id", "Unexpected end of file. Path '[0].Id', line 1, position 7."),
        (b'["\xff"]', "invoices", "the body is not valid UTF-8"),
        (
            b"[5]",
            "invoices[0]",
            "Error converting value 5 to type 'PVExDataModel.Invoice'. Path '[0]', line 1, ",
        ),
        (b"[[]]", "invoices[0]", "Cannot deserialize the current JSON array (e.g. [1,2,3]) into type 'PVEx"),
        (
            b'{"Id": 1}',
            "invoices.Id",
            'Cannot deserialize the current JSON object (e.g. {"name":"value"}) into',
        ),
        (
            b"5",
            "invoices",
            "Error converting value 5 to type 'System.Collections.Generic.List`1[PVExDataModel.",
        ),
    ],
)
def test_the_json_reader_is_quoted_on_the_whole(local: Client, body: bytes, key: str, said: str) -> None:
    answer = local.post(BATCH, content=body, headers=JSON)

    assert answer.json["ModelState"][key][0].startswith(said)


def test_what_follows_an_overflow_is_told_too(local: Client) -> None:
    body = b'[{"RowKey":99999999999,"Number":"N-1"}]'

    answer = local.post(BATCH, content=body, headers=JSON)

    assert answer.json["ModelState"]["invoices[0].Number"] == [
        "Unexpected character encountered while parsing value: ,. Path '[0].Number', line 1, position 32."
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (xml(invoice(Amount="abc")), "The value 'abc' cannot be parsed as the type 'Decimal'."),
        (xml(invoice(Deleted="True")), "The value 'True' cannot be parsed as the type 'Boolean'."),
        (wrapped('<Invoice><RowKey i:nil="true"/></Invoice>'), "ValueType 'System.Int32' cannot be null."),
        (b"<Nope/>", f"Expecting element 'ArrayOfInvoice' from namespace '{NAMESPACE}'."),
    ],
)
def test_the_xml_reader_is_quoted(local: Client, body: bytes, said: str) -> None:
    answer = local.post(BATCH, content=body, headers={**XML, "accept": "text/json"})

    (text,) = answer.json["ModelState"]["invoices"]
    assert text.startswith("There was an error deserializing the object of type ")
    assert text.endswith(said)


def test_attributes_say_what_they_always_say(local: Client) -> None:
    answer = local.post(BATCH, json=[invoice(Number="")])

    assert answer.json["ModelState"] == {"invoices[0].Number": ["The Number field is required."]}


def test_a_form_that_cannot_be_read_is_quoted(local: Client) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = local.post(BATCH, content=form(*[invoice()] * 200), headers=headers)

    assert answer.json["ModelState"] == {"invoices": ["Max number of fields exceeded"]}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/Nope", "No type was found that matches the controller named 'Nope'."),
        ("/api/Nope/5", "No type was found that matches the controller named 'Nope'."),
        ("/api", "No route data was found for this request."),
        ("/api/Invoice/a/b", "No route data was found for this request."),
        ("/api/Invoice/nope", None),
    ],
)
def test_an_unknown_path_is_told_with_a_reason(local: Client, path: str, said: str | None) -> None:
    assert local.get(path).json.get("MessageDetail") == said


def test_another_media_type_is_told_with_an_exception(local: Client) -> None:
    answer = local.post("/api/Invoice", content=b"x", headers={"content-type": "text/plain"})

    assert answer.json == {
        "Message": "The request entity's media type 'text/plain' is not supported for this resource.",
        "ExceptionMessage": "No MediaTypeFormatter is available to read an object of type 'Invoice' "
        "from content with media type 'text/plain'.",
        "ExceptionType": "System.Net.Http.UnsupportedMediaTypeException",
    }


def test_a_crash_is_told_with_its_exception_in_xml_too(local: Client, assume: Callable[..., None]) -> None:
    assume(null_body="500")

    answer = local.post(BATCH, content=b"", headers={**JSON, "accept": "application/xml"})

    assert answer.status == 500
    assert answer.text.startswith(
        "<Error><Message>An error has occurred.</Message>"
        "<ExceptionMessage>Object reference not set to an instance of an object.</ExceptionMessage>"
        "<ExceptionType>System.NullReferenceException</ExceptionType><StackTrace>   at "
    )


def test_a_remote_caller_is_told_none_of_it(pvex: Client) -> None:
    assert list(pvex.get("/api/Nope").json) == ["Message"]
