from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.decoding import Decoded, UnreadableError, decode
from mockserver.contract.oracle.schemas import unfold

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
BILL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "Number": {"type": "string"},
        "Amount": {"type": "number", "nullable": True},
        "Paid": {"type": "boolean"},
        "Row": {"type": "integer"},
    },
}
BILLS: dict[str, Any] = {"type": "array", "items": BILL}


def test_numbers_stay_as_exact_as_they_were_sent() -> None:
    assert decode(b"[0.10, 12345678901234567890]", JSON, {}) == Decoded(
        [Decimal("0.10"), 12345678901234567890]
    )


@pytest.mark.parametrize("body", [b"", b"{", b"[NaN]", b"[1,]", b'"\xff"', b"[" * 100_000], ids=repr)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode(body, JSON, {})


@pytest.mark.parametrize(
    ("body", "doubt"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b"[1e999]", "beyond a double"),
        (b"[1" + b"0" * 5000 + b"]", "beyond a double"),
        (rb'["\ud800"]', "surrogate"),
        (b"[" * 62 + b"]" * 62, "deeper"),
    ],
    ids=["member-twice", "exponent", "digits", "surrogate", "depth"],
)
def test_what_readers_differ_about_is_in_doubt(body: bytes, doubt: str) -> None:
    assert doubt in decode(body, JSON, {}).doubts[0]


def test_a_whole_surrogate_pair_is_in_no_doubt() -> None:
    assert decode(rb'["\ud83d\ude00"]', JSON, {}) == Decoded(["\U0001f600"])


@pytest.mark.parametrize(
    "media_type", ["text/json", "application/vnd.acme+json", "text/plain", JSON + "; charset=utf-8"]
)
def test_json_is_read_under_its_other_names(media_type: str) -> None:
    assert decode(b"\xef\xbb\xbf[1]", media_type, {}) == Decoded([1])


def test_utf_16_is_read_where_it_is_named() -> None:
    assert decode("[1]".encode("utf-16"), "application/json; charset=utf-16", {}) == Decoded([1])


def test_an_unknown_charset_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="unknown charset klingon"):
        decode(b"[]", "application/json; charset=klingon", {})


def test_plain_text_is_itself_where_the_schema_wants_a_text() -> None:
    assert decode(b"No", "text/plain", {"type": "string"}) == Decoded("No")


def test_a_form_is_typed_by_the_schema() -> None:
    read = decode(b"Number=7&Amount=1.50&Paid=true&Row=x&Amount=", FORM, BILL)

    assert read == Decoded({"Number": "7", "Amount": None, "Paid": True, "Row": "x"}, ("a key occurs twice",))


def test_a_list_in_a_form_is_a_repeated_key() -> None:
    node = {"type": "object", "properties": {"ids": {"type": "array", "items": {"type": "string"}}}}

    assert decode(b"ids[]=A&ids%5B%5D=B", FORM, node) == Decoded({"ids": ["A", "B"]})


@pytest.mark.parametrize("body", [b"[0].Number=A&[1][number]=B", b"%5B0%5D.Number=A&%5B1%5D.Number=B"])
def test_form_keys_spell_a_list(body: bytes) -> None:
    assert decode(body, FORM, BILLS) == Decoded([{"Number": "A"}, {"Number": "B"}])


@pytest.mark.parametrize("body", [b"[0].Number=A&[2].Number=C", b"[0].Number=A&colour=red", b"x[0].Number=A"])
def test_form_keys_that_spell_nothing_are_in_doubt(body: bytes) -> None:
    assert decode(body, FORM, BILLS).doubts == ("a key binds nothing",)


def _pvex(media_type: str = "application/xml") -> dict[str, Any]:
    found = load_vendor_api("pvex").spec
    body = next(one for one in found.operations["postInvoiceBatch"].bodies if one.name == media_type)
    return {"node": unfold(found.document, body.schema), "settings": body.coercion}


def _invoices(*members: str) -> bytes:
    inner = "".join(f"<Invoice>{one}</Invoice>" for one in members)
    namespace = "http://schemas.datacontract.org/2004/07/PVExDataModel"
    instance = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    return f'<ArrayOfInvoice xmlns="{namespace}" {instance}>{inner}</ArrayOfInvoice>'.encode()


def test_xml_is_typed_and_named_by_the_schema() -> None:
    body = _invoices("<Amount>1.50</Amount><Deleted>1</Deleted><Number>7</Number><RowKey> 11 </RowKey>", "")

    assert decode(body, "application/xml", **_pvex()) == Decoded(
        [{"Amount": Decimal("1.50"), "Deleted": True, "Number": "7", "RowKey": 11}, {}]
    )


def test_a_nil_element_is_null() -> None:
    assert decode(_invoices('<Amount i:nil="true"/>'), "text/xml", **_pvex()).document == [{"Amount": None}]


@pytest.mark.parametrize(
    ("members", "doubt"),
    [("<Number>7</Number><Amount>1</Amount>", "order"), ("<Number>7</Number><Number>8</Number>", "twice")],
)
def test_members_that_a_forward_reader_skips_are_in_doubt(members: str, doubt: str) -> None:
    assert doubt in decode(_invoices(members), "application/xml", **_pvex()).doubts[0]


@pytest.mark.parametrize(
    "body",
    [b"<Invoices/>", b"<a", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b""],
    ids=["other-root", "broken", "entity", "empty"],
)
def test_what_is_no_xml_of_the_schema_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode(body, "application/xml", **_pvex())


def test_an_attribute_and_a_bare_list_are_members_too() -> None:
    node = {
        "type": "object",
        "xml": {"name": "bill"},
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": True}},
            "lines": {"type": "array", "items": {"type": "integer", "xml": {"name": "line"}}},
            "tags": {
                "type": "array",
                "xml": {"wrapped": True},
                "items": {"type": "string", "xml": {"name": "tag"}},
            },
        },
    }
    body = b'<bill id="3"><line>1</line><line>2</line><tags><tag>a</tag></tags></bill>'

    assert decode(body, "application/xml", node) == Decoded({"id": 3, "lines": [1, 2], "tags": ["a"]})


def test_octets_are_taken_as_they_are() -> None:
    assert decode(b"\xff\x00", "image/png", {"type": "string", "format": "binary"}) == Decoded("\xff\x00")
