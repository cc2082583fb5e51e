from __future__ import annotations

from xml.etree.ElementTree import tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.codec.json import MAX_DEPTH
from mockserver.codec.xml import DataContract, parse
from mockserver.errors import MalformedBody

CONTRACT = DataContract("Orders", "Order", "urn:acme", ("Amount", "Id", "Note"))
ONE = DataContract("Order", "", "urn:acme", ("Amount", "Id", "Note"))
NIL = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'


def orders(inside: str) -> bytes:
    return f'<Orders xmlns="urn:acme">{inside}</Orders>'.encode()


def test_items_come_out_as_texts() -> None:
    body = orders("<Order><Amount>1.50</Amount><Id>A-1</Id></Order><Order><Id>A-2</Id></Order>")

    assert CONTRACT.decode(body, "utf-8") == [{"Amount": "1.50", "Id": "A-1"}, {"Id": "A-2"}]


def test_a_root_without_items_is_an_empty_list() -> None:
    assert CONTRACT.decode(orders(""), "utf-8") == []


def test_a_nil_member_is_null() -> None:
    assert CONTRACT.decode(orders(f"<Order><Note {NIL}/></Order>"), "utf-8") == [{"Note": None}]


def test_a_nil_root_is_null() -> None:
    assert CONTRACT.decode(f'<Orders xmlns="urn:acme" {NIL}/>'.encode(), "utf-8") is None


def test_without_items_the_root_is_one_itself() -> None:
    body = b'<Order xmlns="urn:acme"><Id>A-1</Id><Amount>1</Amount><Note>late</Note></Order>'

    assert ONE.decode(body, "utf-8") == {"Id": "A-1", "Note": "late"}


def test_an_empty_member_is_the_empty_text() -> None:
    assert CONTRACT.decode(orders("<Order><Note/></Order>"), "utf-8") == [{"Note": ""}]


def test_a_nil_item_is_null() -> None:
    assert CONTRACT.decode(orders(f"<Order {NIL}/>"), "utf-8") == [None]


def test_a_member_out_of_order_is_passed_over() -> None:
    body = orders("<Order><Id>A-1</Id><Amount>1</Amount></Order>")

    assert CONTRACT.decode(body, "utf-8") == [{"Id": "A-1"}]


@pytest.mark.parametrize(
    "member",
    ["<Nope>1</Nope>", '<Id xmlns="urn:other">1</Id>', '<Id xmlns="">1</Id>', "<id>1</id>"],
    ids=["unknown", "other-namespace", "no-namespace", "other-case"],
)
def test_a_member_that_the_contract_does_not_know_is_passed_over(member: str) -> None:
    assert CONTRACT.decode(orders(f"<Order>{member}</Order>"), "utf-8") == [{}]


def test_an_element_beside_the_items_is_passed_over() -> None:
    assert CONTRACT.decode(orders("<Total>2</Total><Order/>"), "utf-8") == [{}]


@pytest.mark.parametrize(
    "body",
    [b'<Order xmlns="urn:acme"/>', b"<Orders/>", b'<Orders xmlns="urn:other"/>'],
    ids=["other-name", "no-namespace", "other-namespace"],
)
def test_another_root_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody, match="Expecting element 'Orders' from namespace 'urn:acme'"):
        CONTRACT.decode(body, "utf-8")


def test_a_member_with_elements_inside_is_malformed() -> None:
    with pytest.raises(MalformedBody, match="'Id' holds elements"):
        CONTRACT.decode(orders("<Order><Id><b>1</b></Id></Order>"), "utf-8")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{}", id="json"),
        pytest.param(b"<a>", id="open"),
        pytest.param(b"<a></b>", id="crossed"),
        pytest.param(b"<a/><b/>", id="two-roots"),
        pytest.param(b"<a>\xff</a>", id="bad-utf-8"),
        pytest.param(b"<a>\x00</a>", id="nul"),
        pytest.param(b"<a>&nbsp;</a>", id="unknown-entity"),
        pytest.param(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", id="entity"),
        pytest.param(b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", id="external"),
        pytest.param(b"<!DOCTYPE a><a/>", id="doctype"),
        pytest.param(b"<?xml version='1.0' encoding='nonsense'?><a/>", id="unknown-encoding"),
        pytest.param(b"<?xml version='1.0' encoding='shift_jis'?><a/>", id="odd-encoding"),
        pytest.param(b"<a>" * 100_000, id="100000-deep"),
        pytest.param(b"<a>" * 65 + b"</a>" * 65, id="65-deep"),
    ],
)
def test_what_is_no_plain_xml_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        parse(body)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("utf-16", "utf-8"), ("iso-8859-1", "utf-8"), ("windows-1252", "utf-8"), ("utf-8", "utf-16")],
)
def test_another_encoding_than_the_declared_one_is_malformed(declared: str, encoding: str) -> None:
    body = f'<?xml version="1.0" encoding="{declared}"?><a>e</a>'.encode(encoding)

    with pytest.raises(MalformedBody, match=f"the encoding '{declared}' is declared, but it is {encoding}"):
        parse(body, encoding)


@pytest.mark.parametrize("declared", ["utf-8", "UTF-8"])
def test_the_declared_encoding_may_be_the_one_that_it_is(declared: str) -> None:
    assert parse(f"<?xml version='1.0' encoding='{declared}'?><a>é</a>".encode()).text == "é"


def test_utf_16_that_is_not_named_is_malformed() -> None:
    with pytest.raises(MalformedBody):
        parse("<a/>".encode("utf-16"))


def test_64_levels_pass() -> None:
    assert parse(b"<a>" * 64 + b"</a>" * 64).tag == "a"


def test_utf_16_is_read_when_it_is_named() -> None:
    body = '<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode("utf-16")

    assert parse(body, "utf-16").text == "é"


def test_comments_and_instructions_are_passed_over() -> None:
    body = orders("<Order><!-- one --><?pi x?><Id>A-1</Id></Order>")

    assert CONTRACT.decode(body, "utf-8") == [{"Id": "A-1"}]


PIECES = st.sampled_from(
    (
        "<a>",
        "</a>",
        "<b:c xmlns:b='u'>",
        "</b:c>",
        "<d e='f' xmlns='v'/>",
        " text ",
        "&amp;",
        "&#233;",
        "&#0;",
        "&unknown;",
        "é",
        "\r\n",
        "<!-- - -->",
        "<?pi x?>",
        "<![CDATA[<a>]]>",
        "<",
        "<a>" * (MAX_DEPTH - 1) + "</a>" * (MAX_DEPTH - 1),
    )
)


@given(st.lists(PIECES, max_size=12))
def test_the_quick_parser_reads_what_the_defended_one_reads(pieces: list[str]) -> None:
    document = f"<a>{''.join(pieces)}</a>"

    assert _read(document) == _read(f"<!-- <!DOCTYPE sends it to the other parser -->{document}")


def _read(document: str) -> str | None:
    """Every element, attribute and text; None for what is malformed."""
    try:
        return tostring(parse(document.encode()), encoding="unicode")
    except MalformedBody:
        return None
