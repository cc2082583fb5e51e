"""Every operation of the accounting says what it is in XML, and answers in it what it says in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.spec.openapi import resolve
from mockserver.spec.xml import XML_MEDIA_TYPES
from tests.support import spec_documents
from tests.support.client import Client
from tests.vendors.xero.documents import API, BANK1, BATCHES, INVOICES, R1, TWO_CURRENCIES, batch, pay

DOCUMENT = spec_documents.spec("xero")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
JSON_ONLY = ("HttpProblem", "Token", "OAuthError", "Connections")


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and media types of every body, sent or answered, that is JSON."""
    for _, _, node in spec_documents.operations(DOCUMENT):
        sent = resolve(DOCUMENT, node.get("requestBody", {})).get("content", {})
        if JSON in sent:
            yield node["operationId"], sent
        for status, answer in node["responses"].items():
            content = resolve(DOCUMENT, answer).get("content", {})
            if JSON in content and not content[JSON]["schema"].get("$ref", "").endswith(JSON_ONLY):
                yield f"{node['operationId']} {status}", content


def test_whatever_is_json_is_xml_too() -> None:
    assert [name for name, content in contents() if not set(XML_MEDIA_TYPES) <= set(content)] == []


def test_whatever_is_sent_as_xml_may_be_sent_in_a_form() -> None:
    sent = [(name, content) for name, content in contents() if " " not in name]

    assert [name for name, content in sent if FORM not in content] == []


def test_a_list_has_a_wrapper_and_names_its_elements() -> None:
    schemas = {
        name: node for name, node in DOCUMENT["components"]["schemas"].items() if name != "Connections"
    }

    assert [place for name, node in schemas.items() for place in unnamed_lists(node, name)] == []


def unnamed_lists(node: Any, place: str) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "array":
            item = resolve(DOCUMENT, node["items"])
            if "name" not in item.get("xml", {}) or not node.get("xml", {}).get("wrapped"):
                yield place
        for name, child in node.items():
            yield from unnamed_lists(child, f"{place}/{name}")
    elif isinstance(node, list):
        for child in node:
            yield from unnamed_lists(child, place)


def test_a_kept_answer_is_given_again_in_the_form_that_is_asked_for(xero: Client) -> None:
    sent = {"json": {"BatchPayments": [batch(pay(R1, 5))]}}

    first = xero.put(BATCHES, **sent, headers={"idempotency-key": "one", "accept": "text/xml"})
    again = xero.put(BATCHES, **sent, headers={"idempotency-key": "one"})

    made = again.json["BatchPayments"][0]["BatchPaymentID"]
    assert f"<BatchPaymentID>{made}</BatchPaymentID>" in first.text


def test_a_preferred_example_is_written_as_xml(xero: Client) -> None:
    answer = xero.get(BATCHES, headers={"prefer": "code=401", "accept": "text/xml"})
    shown = xero.get("/api.xro/2.0/Accounts", headers={"prefer": "example=bank", "accept": "text/xml"})

    assert (answer.media_type, shown.media_type) == (JSON, "text/xml")
    assert "<Accounts><Account><AccountID>" in shown.text


@pytest.mark.parametrize("accept", ["text/xml", JSON])
def test_the_journal_knows_the_items_whatever_form_the_answer_has(xero: Client, accept: str) -> None:
    body = {"BatchPayments": [batch(pay(R1, 5)), batch(pay(R1, 500))]}
    xero.put(f"{BATCHES}?summarizeErrors=false", json=body, headers={"accept": accept})

    journal = xero.within(base="/_mock/sandboxes").get(f"/{xero.headers['mock-sandbox']}/journal").json

    assert journal[-1]["outcomes"] == {"created": 1, "rejected": 1}


@pytest.mark.parametrize("kind", ["case", "curl", "har", "postman", "pytest"])
def test_calls_in_xml_are_exported(xero: Client, kind: str) -> None:
    body = b"<HistoryRecords><HistoryRecord><Details>Hello</Details></HistoryRecord></HistoryRecords>"
    sent = {"content-type": "text/xml", "accept": "text/xml"}
    xero.put(f"{BATCHES}/{TWO_CURRENCIES}/History", content=body, headers=sent)
    place = f"/{xero.headers['mock-sandbox']}/journal/export?format={kind}"

    exported = xero.within(base="/_mock/sandboxes").get(place)

    assert (exported.status, "Details>Hello</Details" in exported.text) == (200, True)


FAILED = {
    "Allocation": (
        "/CreditNotes/CN-1/Allocations",
        {"Allocations": [{"Invoice": {"InvoiceID": R1}, "Amount": 100_000, "Date": "2019-02-22"}]},
    ),
    "BatchPayment": ("/BatchPayments", {"BatchPayments": [batch(pay(R1, 100_000))]}),
    "Contact": ("/Contacts", {"Contacts": [{"EmailAddress": "nobody"}]}),
    "CreditNote": ("/CreditNotes", {"CreditNotes": [{"Type": "ACCRECCREDIT", "Date": "2019-02-22"}]}),
    "HistoryRecord": (
        f"/BatchPayments/{TWO_CURRENCIES}/History",
        {"HistoryRecords": [{"Details": "x" * 2501}]},
    ),
    "Invoice": ("/Invoices", {"Invoices": [{"Type": "ACCREC", "Date": "2019-02-22", "LineItems": []}]}),
    "Payment": (
        "/Payments",
        {"Payments": [{**pay(R1, 100_000), "Account": {"AccountID": BANK1}, "Date": "2019-02-22"}]},
    ),
}


@pytest.mark.parametrize("kind", FAILED)
def test_a_failed_element_says_its_type_and_is_written_as_that(xero: Client, kind: str) -> None:
    path, body = FAILED[kind]

    answer = xero.put(f"{API}{path}", json=body, headers={"accept": "application/xml"})

    assert f'<DataContractBase xsi:type="{kind}"' in answer.text
    assert [text for text in ("DateString", "/Date(") if text in answer.text] == []


def test_the_amount_of_a_failed_allocation_is_the_applied_amount(xero: Client) -> None:
    path, body = FAILED["Allocation"]

    answer = xero.put(f"{API}{path}", json=body, headers={"accept": "application/xml"})

    assert "<AppliedAmount>100000</AppliedAmount>" in answer.text


def test_a_failed_attachment_says_its_type(xero: Client) -> None:
    headers = {"accept": "text/xml", "content-type": "text/plain"}

    answer = xero.put(f"{INVOICES}/{TWO_CURRENCIES}/Attachments/a.txt", content=b"x", headers=headers)

    assert '<DataContractBase xsi:type="Attachment"><AttachmentID>' in answer.text


@pytest.mark.parametrize(("method", "path"), [("DELETE", f"/Payments/{R1}"), ("PUT", "/Currencies")])
@pytest.mark.parametrize("accept", XML_MEDIA_TYPES)
def test_that_a_path_lacks_a_method_is_said_in_xml_too(
    xero: Client, method: str, path: str, accept: str
) -> None:
    answer = xero.request(method, f"{API}{path}", headers={"accept": accept})

    assert (answer.status, answer.media_type) == (501, accept)
    assert answer.text.startswith("<ApiException ")


def said_of(xero: Client, media_type: str, body: bytes) -> dict[str, Any]:
    """Number and message of the refusal of a body."""
    headers = {"content-type": media_type, "accept": JSON}
    refused = xero.put(f"{API}/Payments", content=body, headers=headers).json
    return {"number": refused["ErrorNumber"], "message": refused["Message"]}


@pytest.mark.parametrize("media_type", ["text/xml", JSON, FORM])
def test_of_an_unknown_charset_the_charset_is_what_is_wrong(xero: Client, media_type: str) -> None:
    assert said_of(xero, f"{media_type}; charset=klingon", b"x")["message"] == (
        f"The media type '{media_type}; charset=klingon' is not supported; send {media_type}; charset=utf-8"
    )


def test_a_document_type_is_refused_in_plain_words(xero: Client) -> None:
    body = b'<!DOCTYPE a [<!ENTITY b "c">]><Payments><Payment>&b;</Payment></Payments>'

    assert said_of(xero, "text/xml", body)["message"] == (
        "The request body could not be read as XML: a document type is not allowed."
    )


@pytest.mark.parametrize("body", [b"xml=", b"a=b&xml=%20"])
def test_a_form_with_empty_xml_sends_nothing(xero: Client, body: bytes) -> None:
    assert said_of(xero, FORM, body) == said_of(xero, "text/xml", b" ")
    assert said_of(xero, FORM, body)["number"] == 17


def test_a_form_without_xml_cannot_be_read(xero: Client) -> None:
    assert said_of(xero, FORM, b"yml=")["number"] == 14


def test_an_empty_file_is_missed_as_an_attachment(xero: Client) -> None:
    path = f"{INVOICES}/{R1}/Attachments/a.txt"

    answer = xero.put(path, content=b"", headers={"content-type": "text/plain"})

    assert "expecting Attachment data" in answer.json["Message"]
