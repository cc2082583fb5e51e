"""Values that are read back as others, in all media types or in one, and counts and sums that are wrong."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from struct import pack, unpack
from typing import Any

from tests.contract.planted_faults.client import Vendor, VendorClient
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import PAYT_AMOUNTS, PVEX_XML, XERO, xero_line
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    WrappedRequest,
    WrappedResponse,
    changes_document,
    changes_request,
    changes_response,
)

Change = Callable[[Any], Any]
_FORM = "application/x-www-form-urlencoded"
_PVEX_FORM = (
    "[0].Amount=12.30&[0].ApiCreateDate=2025-12-16T00:00:00Z&[0].ClientId=C-1&[0].ClientPmsId=5001&[0].Id=I-7"
    "&[0].Number=N-7&[0].RowKey=7&[0].SubscriberId=SUB-1&[0].SyncId=S-7"
)
_XERO_XML = (
    "<Invoices><Invoice><Type>ACCREC</Type><InvoiceNumber>N7</InvoiceNumber><Contact>"
    "<Name>Ridgeway University</Name></Contact><Date>2026-01-05</Date><DueDate>2026-02-05</DueDate>"
    "<LineItems><LineItem><Description>Hall hire</Description><Quantity>1</Quantity>"
    "<UnitAmount>12.30</UnitAmount><AccountCode>SALES</AccountCode></LineItem></LineItems>"
    "</Invoice></Invoices>"
)
_TEXTS: Mapping[str, Callable[[str], str]] = {
    "stripped": str.strip,
    "squeezed": lambda text: re.sub(" +", " ", text),
    "composed": lambda text: unicodedata.normalize("NFC", text),
    "in_ascii": lambda text: text.encode("ascii", "ignore").decode(),
    "in_latin_1": lambda text: text.encode("latin-1", "replace").decode("latin-1"),
    "in_16_bits": lambda text: "".join(mark for mark in text if ord(mark) < 0x10000),
    "with_bare_line_ends": lambda text: text.replace("\r\n", "\n"),
    "cut": lambda text: text[:100],
    "escaped": html.escape,
    "without_markup": lambda text: re.sub("<[^>]*>", "", text),
    "without_zone": lambda text: re.sub(r"[+-]\d\d:\d\d$", "Z", text),
    "without_fraction": lambda text: re.sub(r"\.\d+", "", text),
    "a_day_before_the_last": lambda text: text.replace("-12-31", "-12-30"),
    "without_last_zero": lambda text: text.removesuffix("0") if "." in text else text,
}
_AMOUNTS: Mapping[str, Callable[[Decimal], Decimal]] = {
    "in_cents": lambda amount: amount.quantize(Decimal("0.01"), ROUND_HALF_UP),
    "in_tenths": lambda amount: amount.quantize(Decimal("0.1"), ROUND_HALF_UP),
    "rounded_to_tenths": lambda amount: amount.quantize(Decimal("0.1"), ROUND_HALF_UP).quantize(
        Decimal("0.01")
    ),
    "without_cents": lambda amount: amount.quantize(Decimal(1), ROUND_DOWN).quantize(Decimal("1.00")),
    "of_seven_digits": lambda amount: Decimal(unpack("f", pack("f", float(amount)))[0]).quantize(
        Decimal("0.01"), ROUND_HALF_UP
    ),
    "negative": lambda amount: -amount,
}
PAYT_COUNTS: Mapping[str, Callable[[Json, Json], int]] = {
    "one_more": lambda _sent, told: int(told["count"]) + 1,
    "those_sent": lambda sent, _told: len(sent["invoices"]),
    "none": lambda _sent, _told: 0,
    "those_failed": lambda _sent, told: len(told["errors"]),
}


def in_text(change: Callable[[str], str]) -> Change:
    return lambda value: change(value) if isinstance(value, str) else value


def in_amount(change: Callable[[Decimal], Decimal]) -> Change:
    """The change of an amount that is a number or a text."""

    def changed(value: Any) -> Any:
        if isinstance(value, str):
            return format(change(Decimal(value)), "f")
        return change(value) if isinstance(value, Decimal) else value

    return changed


CHANGES: Mapping[str, Change] = {
    **{name: in_text(change) for name, change in _TEXTS.items()},
    **{name: in_amount(change) for name, change in _AMOUNTS.items()},
    "empty_for_null": lambda value: "" if value is None else value,
}


def with_members(names: tuple[str, ...], change: Change) -> Callable[[Json], Json]:
    """The document with other values of these members, wherever they stand."""

    def walked(node: Any) -> Any:
        if isinstance(node, list):
            return [walked(one) for one in node]
        if not isinstance(node, dict):
            return node
        return {name: change(value) if name in names else walked(value) for name, value in node.items()}

    return walked


def stores(vendor: Vendor, change: Change, *names: str) -> Planted:
    """Members of a batch are stored with other values than they were sent with."""
    walked = with_members(names, change)
    return changes_request(vendor.batch, lambda call: call.holding(walked(call.json())))


def shows(route: Route, change: Change, *names: str) -> Planted:
    """Members are shown with other values than they are stored with."""
    walked = with_members(names, change)
    return changes_document(route, lambda _sent, told: walked(told))


def counts(vendor: Vendor, change: Callable[[Json, Json], int]) -> Planted:
    """Another count in the answer to a batch."""
    return changes_document(vendor.batch, lambda sent, told: {**told, "count": change(sent, told)})


def without_amount(body: bytes, media_type: str, name: str) -> bytes:
    """The body with nothing as the amount."""
    if media_type.endswith("/xml"):
        return re.sub(rf"<{name}>[^<]*</{name}>".encode(), f"<{name}>0.00</{name}>".encode(), body)
    if media_type == _FORM:
        return re.sub(rf"((?:^|&)[^=&]*{name})=[^&]*".encode(), rb"\1=0", body)
    bare = WrappedRequest("", "", body=body)
    return bare.holding(with_members((name,), lambda _value: Decimal("0.00"))(bare.json())).body


def takes_no_amounts(vendor: Vendor, media_type: str, name: str) -> Planted:
    """An amount is taken for nothing if it comes in a media type; "/xml" is every one with that end."""

    def change(call: WrappedRequest) -> WrappedRequest:
        sent_as = call.media_type
        return (
            replace(call, body=without_amount(call.body, sent_as, name))
            if sent_as.endswith(media_type)
            else call
        )

    return changes_request(vendor.batch, change)


def shows_no_amounts(vendor: Vendor, media_type: str, name: str) -> Planted:
    """Nothing is shown as an amount in a media type."""

    def change(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        if received.media_type != media_type or not received.good:
            return received
        return replace(received, body=without_amount(received.body, media_type, name))

    return changes_response(vendor.one, change)


def leaves_out_of_xml(vendor: Vendor, name: str) -> Planted:
    """An element is left out of answers in XML."""
    element = re.compile(rf"<{name}>[^<]*</{name}>".encode())

    def change(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        if not received.media_type.endswith("/xml"):
            return received
        return replace(received, body=element.sub(b"", received.body))

    return changes_response(vendor.one, change)


def a_cent_more(invoice: Json) -> Json:
    if invoice.get("HasErrors"):
        return invoice
    return {**invoice, "Total": invoice["Total"] + Decimal("0.01")}


def read_if_sent_as(client: VendorClient, media_type: str) -> Json:
    """An amount of 12.30 that is sent in a media type, as it is read."""
    is_xero = client.vendor is XERO
    if media_type.endswith("/xml"):
        client.raw((_XERO_XML if is_xero else PVEX_XML).encode(), content_type=media_type)
    elif media_type == _FORM:
        client.raw(_PVEX_FORM.encode(), content_type=media_type)
    else:
        amount = {"UnitAmount": Decimal("12.30")}
        members = {"LineItems": [xero_line(**amount)]} if is_xero else {"Amount": amount["UnitAmount"]}
        client.sends(client.vendor.item(7, **members), content_type=media_type)
    return str(client.reads(7, "LineItems")[0]["UnitAmount"]) if is_xero else client.reads(7, "Amount")


def shown_as(client: VendorClient, media_type: str, name: str) -> list[str]:
    """An amount in the answer to a read in a media type."""
    vendor = client.vendor
    client.sends(7 if vendor is XERO else vendor.item(7, Amount=Decimal("12.30")))
    path = f"{vendor.path(vendor.one, vendor.key(7))}{vendor.queries[1]}"
    return re.findall(rf"\b{name}\W+([0-9.]+)", client.get(path, accept=media_type).body.decode())


def payt_total(client: VendorClient) -> Json:
    client.sends(client.vendor.item(1, **dict.fromkeys(PAYT_AMOUNTS, "1234567.89")))
    return client.reads(1, "total_amount")


def pvex_listed(client: VendorClient) -> Json:
    """A text with a blank at its end, as the list shows it."""
    client.sends(client.vendor.item(7, PmsStatus="a "))
    rows = client.rows("/api/Invoice?subscriberId=SUB-1")
    return next(row["PmsStatus"] for row in rows if row["Id"] == "I-7")


def xero_quantity(client: VendorClient) -> str:
    client.sends(client.vendor.item(7, LineItems=[xero_line(Quantity=Decimal("1.2345"), UnitAmount=100)]))
    return str(client.reads(7, "LineItems")[0]["Quantity"])


def xero_answered_total(client: VendorClient) -> str:
    return str(client.sends(1).json()["Invoices"][0]["Total"])


VALUES = read_faults(globals(), CHANGES, PAYT_COUNTS)
