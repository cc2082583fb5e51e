"""Contract profile of PVEx, and its batches in every media type, held against the server."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from msgspec.structs import replace

from mockserver.contract.exchange import Request
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile import DrawnValues
from mockserver.server.application import Application
from tests.support.profile_checks import (
    Tried,
    trying,
)

API = load_vendor_api("pvex")
ENCODINGS = API.profile.batches(API.facts)[0].encodings
MEDIA_TYPES = sorted(ENCODINGS)


@pytest.fixture
def number() -> int:
    return 0


@pytest.fixture
def tried(number: int, app: Application, sandbox: str) -> Iterator[Tried]:
    with trying("pvex", number, app, sandbox) as one:
        yield one


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_a_corrupted_item_is_bad_in_every_media_type(tried: Tried, media_type: str) -> None:
    key, drawn = tried.key(0), DrawnValues(1, Decimal("0.30"))
    usual = tried.subject.call([], 0)

    for corruption in tried.subject.corruptions:
        items = [tried.subject.item(key, drawn), corruption.change(tried.subject.item(key, drawn))]
        body = tried.subject.encodings[media_type](items)
        headers = {**usual.headers, "content-type": media_type}
        telling = tried.reported(tried.send(replace(usual, headers=headers, body=body)), items)

        named = None if telling is None else [one.place for one in telling.outcomes]
        assert named == (None if corruption.refuses_call else [1]), corruption.name


def test_what_was_deleted_comes_back_as_it_is_sent(tried: Tried) -> None:
    key, (first, second) = tried.key(0), (DrawnValues(1, Decimal("19.99")), DrawnValues(2, Decimal("0.30")))
    tried.batch(tried.subject.item(key, first))
    delete = next(step for step in tried.subject.steps if step.name.startswith("delete"))

    tried.do(delete, key, first)
    gone = tried.shown(key)
    tried.batch(tried.subject.item(key, second))

    assert gone is None
    assert tried.shown(key) == tried.subject.record(key, second)


def test_an_invoice_that_replaces_another_clears_what_it_leaves_out(tried: Tried) -> None:
    key, (odd, even) = tried.key(0), (DrawnValues(1, Decimal(1)), DrawnValues(2, Decimal(1)))

    tried.batch(tried.subject.item(key, odd))
    before = tried.shown(key)
    tried.batch(tried.subject.item(key, even))
    after = tried.shown(key)

    assert before is not None
    assert after is not None
    assert (before["SiteId"], after["SiteId"]) == ("SITE-1", None)


def test_a_read_that_fails_is_no_invoice(tried: Tried) -> None:
    exchange = tried.send(Request("GET", "/api/InvoiceBatch"))

    with pytest.raises(ValueError, match="a read was answered 405 and shows no record"):
        tried.subject.shown("CT-1", exchange)


def test_another_subscriber_can_be_named() -> None:
    under = load_vendor_api("pvex", {"subscriber": "SUB-7"})
    subject = under.profile.batches(under.facts)[0]

    assert subject.item("CT-1", DrawnValues(1, Decimal(1)))["SubscriberId"] == "SUB-7"
    assert "subscriberId=SUB-7" in subject.read("CT-1", 0).path


ONE = {"Number": "7 & <8>", "Amount": Decimal("10.50"), "Deleted": True, "SiteId": None, "RowKey": 3}


def test_json_keeps_the_scale_of_amounts() -> None:
    assert ENCODINGS["text/json"]([ONE]) == (
        b'[{"Number": "7 & <8>", "Amount": 10.50, "Deleted": true, "SiteId": null, "RowKey": 3}]'
    )


def test_xml_has_its_members_in_order_in_the_namespace_of_the_contract() -> None:
    assert ENCODINGS["application/xml"]([ONE, {"Id": "é"}]).decode() == (
        '<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel" '
        'xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        "<Invoice><Amount>10.50</Amount><Deleted>true</Deleted><Number>7 &amp; &lt;8&gt;</Number>"
        '<RowKey>3</RowKey><SiteId i:nil="true"/></Invoice>'
        "<Invoice><Id>é</Id></Invoice></ArrayOfInvoice>"
    )


def test_a_form_numbers_its_invoices_from_zero() -> None:
    assert ENCODINGS["application/x-www-form-urlencoded"](
        [{"Number": "a b", "SiteId": None}, {"Amount": Decimal("1E+3")}]
    ) == (b"%5B0%5D.Number=a+b&%5B0%5D.SiteId=&%5B1%5D.Amount=1000")
