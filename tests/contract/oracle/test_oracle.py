from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Request
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.expectations import ExpectedItem, ExpectedResponse, Oracle
from mockserver.contract.profile import Tolerance
from mockserver.engine.registry import vendor_packages
from mockserver.spec.openapi import Operation, resolve
from tests.contract.exchanges import BAD, GOOD, JSON, OTHER, acme, put
from tests.support import sample_vendor

PAYT = {"authorization": "Bearer full-token", **JSON}
INVOICE = {
    "currency_code": "EUR",
    "invoice_number": "A1",
    "invoice_date": "2026-06-01",
    "due_date": "2026-07-01",
    "amount_total": "100.00",
    "amount_open": "100.00",
    "book_amount_total": "100.00",
    "book_amount_open": "100.00",
}
XERO = {"xero-tenant-id": "00000000-0000-4000-8000-000000000001", **JSON}
PAYMENT = {"Invoice": {"InvoiceNumber": "R1"}, "Amount": 1}


def of(api: ApiUnderTest, request: Request) -> ExpectedResponse:
    return Oracle(api).expected(request)


def payt(*items: Any) -> ExpectedResponse:
    body = json.dumps({"administration_id": "81", "invoices": items}).encode()
    return of(load_vendor_api("payt"), Request("POST", "/v1/invoices", PAYT, body))


def vba(document: Any, content_type: str = "application/json") -> ExpectedResponse:
    headers = {"vbasoftware-database": "sandbox", "content-type": content_type}
    return of(
        load_vendor_api("vba"), Request("PUT", "/claim-invoice-batch", headers, json.dumps(document).encode())
    )


def changed(**members: Any) -> ExpectedItem:
    """What is expected of Payt's good invoice with other members."""
    return payt({**INVOICE, **members}).items[0]


def examples(known: ApiUnderTest) -> Iterator[tuple[Operation, bytes]]:
    """The JSON examples of every batch."""
    for operation in known.spec.operations.values():
        if operation.batch is not None:
            body = known.spec.document["paths"][operation.path][operation.method]["requestBody"]
            for one in body["content"]["application/json"].get("examples", {}).values():
                document = resolve(known.spec.document, one)["value"]
                yield operation, json.dumps(document, default=float).encode()


def filled(path: str) -> str:
    """A path with an id for each of its parameters."""
    return re.sub(r"\{\w+\}", "1abe1ed0-0000-4000-8000-000000000004", path)


def test_a_good_item_and_a_bad_one_are_told_apart(tmp_path: Path) -> None:
    found = of(acme(tmp_path), put(GOOD, BAD))

    assert (found.envelope, [one.verdict for one in found.items]) == ("good", ["good", "bad"])
    assert (found.bad[0].reason, found.bad[0].pointer) == ("amount is -1, which is below 0", "/amount")


def test_an_item_has_its_place_and_its_key(tmp_path: Path) -> None:
    first, second = of(acme(tmp_path), put(GOOD, {"amount": 1})).sent

    assert (first.place, first.key, second.place, second.key) == (0, "A-1", 1, None)


def test_one_call_is_asked_for_without_an_oracle_of_ones_own(tmp_path: Path) -> None:
    found = acme(tmp_path)

    assert Oracle(found).expected(put(BAD), "putOrders").bad[0].item.document == BAD


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request("PUT", "/orders", JSON, b"{"), "cannot be read"),
        (Request("PUT", "/orders", JSON), "there is no body"),
        (Request("PUT", "/orders", JSON, b"{}"), "orders is missing"),
        (Request("PUT", "/orders", JSON, b'{"orders": 7}'), "orders is 7, which is not of type array"),
        (Request("PUT", "/orders", JSON, b"[]"), "which is not of type object"),
        (
            Request("PUT", "/orders", {"content-type": "application/pdf"}, b"%PDF"),
            "application/pdf, which the spec",
        ),
        (Request("DELETE", "/orders"), "no operation for DELETE"),
    ],
    ids=["broken", "none", "without", "no-list", "other", "media-type", "method"],
)
def test_what_cannot_be_read_is_bad_as_a_whole(request_: Request, reason: str, tmp_path: Path) -> None:
    found = of(acme(tmp_path), request_)

    assert found.envelope == "bad"
    assert reason in found.reason


@pytest.mark.parametrize(
    "request_",
    [
        Request("PUT", "/orders", JSON, b'{"orders": [], "orders": []}'),
        Request("PUT", "/orders", {"content-type": "text/json"}, b"{}"),
        Request("PUT", "/orders", {}, b"{}"),
        Request("PUT", "/orders", {**JSON, "mock-scenario": "transient-item"}, b'{"orders": [{}]}'),
        Request("PUT", "/orders?colour=red", JSON, b'{"orders": [{"id": "A", "amount": 1}]}'),
        Request("PUT", "/orders", JSON, b'{"orders": []}'),
        Request("OPTIONS", "/orders"),
        Request("PUT", "/nowhere", JSON, b"{}"),
    ],
    ids=[
        "member-twice",
        "near-media-type",
        "no-media-type",
        "scenario",
        "query",
        "no-items",
        "options",
        "nowhere",
    ],
)
def test_what_readers_differ_about_is_neither_good_nor_bad(request_: Request, tmp_path: Path) -> None:
    assert of(acme(tmp_path), request_).envelope == "doubtful"


@pytest.mark.parametrize(
    ("headers", "query", "verdict"),
    [
        (XERO, "", "good"),
        (JSON, "", "bad"),
        (XERO, "?summarizeErrors=false", "good"),
        (XERO, "?summarizeErrors=1", "doubtful"),
        (XERO, "?summarizeErrors=true&summarizeErrors=false", "doubtful"),
        ({**XERO, "idempotency-key": "k" * 129}, "", "bad"),
    ],
    ids=["all", "no-tenant", "false", "number", "twice", "key-too-long"],
)
def test_parameters_belong_to_the_envelope(headers: dict[str, str], query: str, verdict: str) -> None:
    body = json.dumps({"Payments": [PAYMENT]}).encode()

    assert (
        of(load_vendor_api("xero"), Request("PUT", f"/api.xro/2.0/Payments{query}", headers, body)).envelope
        == verdict
    )


def test_a_bare_item_is_a_batch_of_one() -> None:
    request = Request("PUT", "/api.xro/2.0/Payments", XERO, json.dumps(PAYMENT).encode())

    assert [one.document for one in of(load_vendor_api("xero"), request).sent] == [PAYMENT]


def test_a_bare_item_is_known_in_any_case_where_names_are() -> None:
    payment = {name.lower(): value for name, value in PAYMENT.items()}
    request = Request("PUT", "/api.xro/2.0/Payments", XERO, json.dumps(payment).encode())

    assert [one.document for one in of(load_vendor_api("xero"), request).sent] == [payment]


def test_a_list_under_its_name_in_another_case_is_no_bare_item() -> None:
    body = json.dumps({"payments": [PAYMENT], "Amount": 1}).encode()

    assert of(load_vendor_api("xero"), Request("PUT", "/api.xro/2.0/Payments", XERO, body)).sent == ()


def test_a_document_without_a_batch_is_judged_as_a_whole() -> None:
    headers = {"vbasoftware-database": "sandbox", **JSON}
    request = Request("POST", "/claim-invoice", headers, b'{"invoice_Key": "x"}')
    found = of(load_vendor_api("vba"), request)

    assert (found.envelope, found.items) == ("bad", ())
    assert found.reason == 'invoice_Key is "x", which is not of type integer'


@pytest.mark.parametrize(
    ("members", "verdict"),
    [
        ({}, "good"),
        ({"description": 7}, "doubtful"),
        ({"description": ["x"]}, "bad"),
        ({"payment_term": "14"}, "doubtful"),
        ({"payment_term": "soon"}, "bad"),
        ({"payment_term": 14.5}, "bad"),
        ({"currency_code": " EUR "}, "doubtful"),
        ({"currency_code": "euro"}, "bad"),
        ({"payment_method": "CASH"}, "doubtful"),
        ({"payment_method": "shells"}, "bad"),
        ({"sent_at": "2026-06-01 09:30"}, "doubtful"),
        ({"sent_at": "soon"}, "bad"),
        ({"sent_at": "9999-12-31T23:59:59Z"}, "doubtful"),
        ({"due_date": None}, "bad"),
        ({"description": "x" * 256}, "bad"),
    ],
    ids=str,
)
def test_doubt_is_narrow(members: dict[str, Any], verdict: str) -> None:
    assert changed(**members).verdict == verdict


def test_what_the_vendors_reader_fails_at_refuses_the_call() -> None:
    assert (changed(payment_term="soon").refuses_call, changed(currency_code="euro").refuses_call) == (
        True,
        False,
    )


def test_what_may_refuse_the_call_is_told_apart_from_what_must() -> None:
    doubtful = changed(payment_term="14")

    assert (doubtful.refuses_call, doubtful.may_refuse_call) == (False, True)


def test_a_place_says_for_itself_that_it_refuses_the_call() -> None:
    headers = {"authorization": "Bearer x", **JSON}
    calls = [{"method": "fly", "path": "/x"}, {"method": "get", "path": 7}]
    request = Request("POST", "/claim/v1/batch", headers, json.dumps({"requests": calls}).encode())

    assert [one.refuses_call for one in of(load_vendor_api("guidewire"), request).items] == [True, False]


def test_a_null_among_the_items_may_fail_alone_or_refuse_the_call() -> None:
    body = json.dumps({"administration_id": "81", "invoices": [None, "no invoice"]}).encode()

    null, text = of(load_vendor_api("payt"), Request("POST", "/v1/invoices", PAYT, body)).items

    assert (null.verdict, null.refuses_call, null.may_refuse_call) == ("bad", False, text.may_refuse_call)


def test_what_is_forgiven_need_not_be_refused() -> None:
    found = load_vendor_api("payt")
    forgiven = {"postV1Invoices": (Tolerance("pattern", "an assumption", "currency_code"),)}
    lenient = replace(found, profile=replace(found.profile, tolerances=forgiven))
    items = [{**INVOICE, "currency_code": "euro"}, {**INVOICE, "amount_open": "much"}]
    body = json.dumps({"administration_id": "81", "invoices": items}).encode()

    read = of(lenient, Request("POST", "/v1/invoices", PAYT, body))

    assert [one.verdict for one in read.items] == ["doubtful", "bad"]


def test_what_is_forgiven_the_call_is_not_forgiven_its_item() -> None:
    found = load_vendor_api("payt")
    alone = {"": (Tolerance("required", "an assumption", passes=False),)}
    lenient = replace(found, profile=replace(found.profile, tolerances=alone))
    body = json.dumps({"administration_id": "81", "invoices": [{}]}).encode()

    item = of(lenient, Request("POST", "/v1/invoices", PAYT, body)).items[0]

    assert (item.verdict, item.refuses_call, item.may_refuse_call) == ("bad", False, True)


def test_names_in_another_case_are_in_doubt_where_case_does_not_count() -> None:
    assert [one.verdict for one in vba([{"Invoice_key": "x"}, {"invoice_Key": "x"}]).items] == [
        "doubtful",
        "bad",
    ]


@pytest.mark.parametrize(
    "content_type", ["text/json", "application/vnd.vba+json", "application/json; charset=utf-8"]
)
def test_every_media_type_of_the_spec_is_read(content_type: str) -> None:
    assert vba([{"invoice_Key": 5}], content_type).envelope == "good"


def test_a_key_is_a_text_whatever_it_was() -> None:
    assert vba([{"invoice_Key": 5}]).items[0].keys == ("5",)


def test_all_parts_of_a_key_may_name_an_item_and_all_of_them_joined() -> None:
    assert changed(invoice_identifier="900").keys == ("A1", "900", "A1/900")


def test_every_item_of_a_large_batch_is_compared_with_the_schema(tmp_path: Path) -> None:
    found = of(acme(tmp_path), put(*[BAD] * 1000))

    assert {one.verdict for one in found.items} == {"bad"}


def test_a_header_may_let_unknown_members_pass() -> None:
    headers = {"authorization": "Bearer x", **JSON}
    body = b'{"requests": [{"method": "get", "path": "/x", "colour": "red"}]}'
    requests = [
        Request("POST", "/claim/v1/batch", {**headers, **more}, body)
        for more in ({}, {"gw-unknownpropertyhandling": "reject"}, {"gw-unknownpropertyhandling": "ignore"})
    ]

    verdicts = [of(load_vendor_api("guidewire"), one).items[0].verdict for one in requests]

    assert verdicts == ["bad", "bad", "doubtful"]


def test_a_form_is_judged_like_json() -> None:
    headers = {"authorization": "Bearer x", "content-type": "application/x-www-form-urlencoded"}
    bill = "[{n}].Number=7&[{n}].ClientId=1&[{n}].ClientPmsId=1&[{n}].RowKey={row}&[{n}].Id=1&[{n}].SyncId=1"
    rest = "&[{n}].SubscriberId=1&[{n}].ApiCreateDate=2025-12-16T00:51:54Z"
    body = "&".join((bill + rest).format(n=n, row=row) for n, row in enumerate(("11", "many"))).encode()

    found = of(load_vendor_api("pvex"), Request("POST", "/api/InvoiceBatch", headers, body))

    assert [one.verdict for one in found.items] == ["good", "bad"]


def test_xml_is_judged_like_json() -> None:
    headers = {"authorization": "Bearer x", "content-type": "application/xml"}
    namespace = "http://schemas.datacontract.org/2004/07/PVExDataModel"
    good = (
        "<ApiCreateDate>2025-12-16T00:51:54Z</ApiCreateDate><ClientId>1</ClientId><ClientPmsId>1</ClientPmsId>"
        "<Id>1</Id><Number>7</Number><RowKey>11</RowKey><SubscriberId>1</SubscriberId><SyncId>1</SyncId>"
    )
    bills = "".join(f"<Invoice>{one}</Invoice>" for one in (good, good.replace("<Number>7</Number>", "")))
    body = f'<ArrayOfInvoice xmlns="{namespace}">{bills}</ArrayOfInvoice>'.encode()

    found = of(load_vendor_api("pvex"), Request("POST", "/api/InvoiceBatch", headers, body))

    assert [(one.verdict, one.reason) for one in found.items] == [("good", ""), ("bad", "Number is missing")]


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"[{Number: 7,}]", "doubtful"),
        (b"[{'Number': 7}", "doubtful"),
        (b"[1 // ]", "doubtful"),
        (b'[{"Number": "7"}] and more', "doubtful"),
        (b"[", "bad"),
        (b'[{"Number": "7"', "bad"),
        (b'[{"Number": "7', "bad"),
        (b"[\xff\xfe\xfd]", "bad"),
    ],
)
def test_a_lenient_json_reader_reads_no_cut_list_and_no_bytes_that_are_no_text(
    body: bytes, verdict: str
) -> None:
    headers = {"authorization": "Bearer x", **JSON}

    found = of(load_vendor_api("pvex"), Request("POST", "/api/InvoiceBatch", headers, body))

    assert found.envelope == verdict


@pytest.mark.parametrize("name", vendor_packages())
def test_no_example_of_a_batch_is_bad(name: str) -> None:
    known = load_vendor_api(name)
    headers = {**XERO, "vbasoftware-database": "sandbox"}

    verdicts = {
        verdict
        for operation, document in examples(known)
        for found in [of(known, Request(operation.method.upper(), filled(operation.path), headers, document))]
        for verdict in (found.envelope, *(item.verdict for item in found.items))
    }

    # A batch of nothing is in doubt.
    assert "good" in verdicts
    assert "bad" not in verdicts


def test_two_items_are_never_mixed_up(tmp_path: Path) -> None:
    found = of(acme(tmp_path, sample_vendor.document()), put(OTHER, GOOD))

    assert [one.key for one in found.sent] == ["A-2", "A-1"]
