"""XML: bodies as the serializer reads them, and replies that the spec's XML schemas describe."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from mockserver.contract.fuzzing.generated_requests import write_xml
from mockserver.server.application import Application
from mockserver.spec.typed_xml import read
from mockserver.vendors.pvex.rules import DECLARED_ORDER
from tests.support.client import Client
from tests.vendors.pvex.samples import (
    BATCH,
    GENERAL,
    NAMESPACE,
    SAMPLES,
    XML,
    invoice,
    less,
    members,
    required,
    wrapped,
    xml,
)

Stored = Callable[[], list[dict[str, Any]]]
JSON_BACK = {**XML, "accept": "application/json"}


def test_the_seed_sample_is_stored(pvex: Client) -> None:
    answer = pvex.post(BATCH, content=(SAMPLES / "request.xml").read_bytes(), headers=XML)

    kept = pvex.get("/api/Invoice/sample%20string%2012").json
    assert (answer.status, answer.body) == (200, b"")
    assert (kept["TotalTaxAmount"], kept["DateTime"]) == (1, "2025-12-16T00:51:54.4190046+00:00")


def test_left_out_value_types_have_their_defaults(pvex: Client, stored: Stored) -> None:
    answer = pvex.post(BATCH, content=xml(less("RowKey", "ApiCreateDate")), headers=XML)

    (kept,) = stored()
    assert answer.status == 200
    assert (kept["RowKey"], kept["ApiCreateDate"]) == (0, "0001-01-01T00:00:00")
    assert (kept["CheckSum"], kept["IsComplete"]) == (0, False)


def test_members_in_declared_order_are_mostly_lost(pvex: Client, stored: Stored) -> None:
    whole = invoice(
        **dict.fromkeys(DECLARED_ORDER, "1") | {"DateTime": "2025-12-16", "ApiCreateDate": "2025-12-16"}
    )
    body = wrapped(members({**whole, "ApiLastChangeDate": "2025-12-16"}, order=lambda _: DECLARED_ORDER))

    answer = pvex.post(BATCH, content=body, headers=JSON_BACK)

    lost = ("ClientId", "ClientPmsId", "Id", "SyncId", "SubscriberId")
    assert answer.json["ModelState"] == required(0, *lost)
    assert stored() == []


def test_a_member_behind_a_later_one_is_skipped(pvex: Client) -> None:
    body = wrapped(
        members(invoice(), order=lambda one: sorted(one, key=lambda name: (name != "Number", name)))
    )

    answer = pvex.post(BATCH, content=body, headers=JSON_BACK)

    assert answer.json["ModelState"] == required(0, "ClientId", "ClientPmsId", "Id")


def test_of_equal_members_the_first_counts(pvex: Client, stored: Stored) -> None:
    body = xml(invoice()).replace(b"</Number>", b"</Number><Number>N-2</Number>")

    pvex.post(BATCH, content=body, headers=XML)

    assert stored()[0]["Number"] == "N-1"


def test_items_outside_the_namespace_are_lost_silently(pvex: Client, stored: Stored) -> None:
    body = xml(invoice()).replace(b"<Invoice>", b'<Invoice xmlns="">')

    assert pvex.post(BATCH, content=body, headers=XML).status == 200
    assert stored() == []


def test_any_prefix_will_do(pvex: Client, stored: Stored) -> None:
    body = xml(invoice()).replace(b"<", b"<p:").replace(b"<p:/", b"</p:").replace(b" xmlns=", b" xmlns:p=")

    assert pvex.post(BATCH, content=body, headers=XML).status == 200
    assert len(stored()) == 1


def test_a_nil_item_is_passed_over(pvex: Client, stored: Stored) -> None:
    body = wrapped('<Invoice i:nil="true"/>' + members(invoice()))

    assert pvex.post(BATCH, content=body, headers=XML).status == 200
    assert len(stored()) == 1


def test_nil_is_null(pvex: Client, stored: Stored) -> None:
    body = xml(invoice(Amount="")).replace(b"<Amount></Amount>", b'<Amount i:nil="true"/>')

    pvex.post(BATCH, content=body, headers=XML)

    assert stored()[0]["Amount"] is None


@pytest.mark.parametrize(
    ("member", "sent", "kept"),
    [
        ("RowKey", " 5 ", 5),
        ("Deleted", "1", True),
        ("Deleted", "true", True),
        ("SiteId", "  MAIN ", "  MAIN "),
        ("SiteId", "", ""),
        ("DateTime", "2025-12-16", "2025-12-16T00:00:00"),
        ("DateTime", "2025-12-16T01:30:00+02:00", "2025-12-15T23:30:00+00:00"),
    ],
)
def test_a_value_is_read_as_the_serializer_reads_it(
    pvex: Client, stored: Stored, member: str, sent: str, kept: object
) -> None:
    pvex.post(BATCH, content=xml(invoice(**{member: sent})), headers=XML)

    assert stored()[0][member] == kept


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("Amount", ""),
        ("Amount", "1e3"),
        ("Amount", "1,234.50"),
        ("RowKey", ""),
        ("RowKey", "99999999999"),
        ("Deleted", "True"),
        ("Deleted", "yes"),
        ("DateTime", ""),
        ("DateTime", "12/16/2025"),
        ("DateTime", "/Date(1700000000000)/"),
        ("ApiCreateDate", "nope"),
        ("Number", "<b/>"),
    ],
)
def test_one_conversion_fault_is_all_that_is_said(
    pvex: Client, stored: Stored, member: str, text: str
) -> None:
    answer = pvex.post(BATCH, content=xml(less("SyncId"), invoice(**{member: text})), headers=JSON_BACK)

    assert (answer.status, answer.json["ModelState"]) == (400, {"invoices": [GENERAL]})
    assert stored() == []


def test_a_nil_value_type_is_a_conversion_fault(pvex: Client) -> None:
    body = xml(invoice(RowKey="")).replace(b"<RowKey></RowKey>", b'<RowKey i:nil="true"/>')

    assert pvex.post(BATCH, content=body, headers=JSON_BACK).json["ModelState"] == {"invoices": [GENERAL]}


@pytest.mark.parametrize(
    "body",
    [
        b"<ArrayOfInvoice/>",
        f'<Invoice xmlns="{NAMESPACE}"/>'.encode(),
        b'<?xml version="1.0" encoding="utf-16"?>' + xml(invoice()),
        b'\n<?xml version="1.0"?>' + xml(invoice()),
        b"<!DOCTYPE ArrayOfInvoice>" + xml(invoice()),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml(invoice(Number="&b;")),
        xml(invoice(Number="&#1;")),
        xml(invoice(Number="\x00")),
        xml(invoice()).replace(b"N-1", b"\xff"),
        b"<a>" * 100_000,
        b"   ",
        b"[]",
    ],
    ids=lambda body: str(body[:16]),
)
def test_a_broken_body_has_one_key(pvex: Client, stored: Stored, body: bytes) -> None:
    answer = pvex.post(BATCH, content=body, headers=JSON_BACK)

    assert (answer.status, answer.json["ModelState"]) == (400, {"invoices": [GENERAL]})
    assert stored() == []


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"<!-- ours -->", b'<?xml version="1.0" encoding="utf-8"?>']
)
def test_what_stands_before_the_root_does_no_harm(pvex: Client, stored: Stored, before: bytes) -> None:
    pvex.post(BATCH, content=before + xml(invoice()), headers=XML)

    assert len(stored()) == 1


def test_utf16_is_read_by_its_charset(pvex: Client, stored: Stored) -> None:
    body = xml(invoice(Number="Größe")).decode().encode("utf-16")

    pvex.post(BATCH, content=body, headers={"content-type": "text/xml; charset=utf-16"})

    assert stored()[0]["Number"] == "Größe"


def test_the_error_is_xml_like_the_body(pvex: Client) -> None:
    answer = pvex.post(BATCH, content=xml(invoice(), less("Number")), headers=XML)

    assert (answer.status, answer.headers["content-type"]) == (400, "application/xml; charset=utf-8")
    assert answer.text == (
        "<Error><Message>The request is invalid.</Message><ModelState>"
        "<invoices_x005B_1_x005D_.Number>The Number field is required.</invoices_x005B_1_x005D_.Number>"
        "</ModelState></Error>"
    )


@pytest.fixture
def document(app: Application) -> Any:
    return next(one.spec.document for one in app.served if one.name == "pvex")


def schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_what_is_written_is_stored_and_read_back(pvex: Client, document: Any) -> None:
    sent = invoice(Amount=12.5, IsPaid=True, SiteId=None, Bogus={"a b": [None]})

    pvex.post(BATCH, content=write_xml([None, sent], schema("InvoiceBatchXml"), document), headers=XML)
    answer = pvex.get("/api/Invoice?subscriberId=SUB-1", headers={"accept": "text/xml"})

    (kept,) = read(answer.body, schema("StoredInvoicesXml"), document)
    assert (kept["Amount"], kept["IsPaid"], kept["SiteId"], kept["RowKey"]) == (
        Decimal("12.5"),
        True,
        None,
        1,
    )


def test_an_error_is_read_by_its_schema(pvex: Client, document: Any) -> None:
    answer = pvex.post(
        BATCH, content=write_xml([less("Number")], schema("InvoiceBatchXml"), document), headers=XML
    )

    error = read(answer.body, schema("HttpErrorXml"), document)
    assert error["ModelState"] == {"invoices_x005B_0_x005D_.Number": "The Number field is required."}


def test_another_root_is_no_answer(document: Any) -> None:
    with pytest.raises(ValueError, match="expected the element Error"):
        read(b"<Fault/>", schema("HttpErrorXml"), document)
