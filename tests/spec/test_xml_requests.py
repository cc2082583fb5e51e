from __future__ import annotations

from typing import Any

import pytest

from mockserver.errors import MalformedBody
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.typed_xml import RequestReader

ORDER: dict[str, Any] = {
    "type": "object",
    "xml": {"name": "Order"},
    "properties": {
        "Number": {"type": "integer"},
        "Text": {"type": "string"},
        "Id": {"type": "string", "format": "uuid"},
        "Result": {"type": "string", "xml": {"name": "status", "attribute": True}},
        "Lines": {
            "type": "array",
            "xml": {"wrapped": True},
            "items": {"type": "object", "xml": {"name": "Line"}, "properties": {"Text": {"type": "string"}}},
        },
    },
}
ORDERS = {
    "type": "object",
    "properties": {"Orders": {"type": "array", "xml": {"wrapped": True}, "items": ORDER}},
}


def read(text: str, schema: Any = ORDERS) -> Any:
    return RequestReader(SchemaTree({})).read(text.encode(), schema)


@pytest.mark.parametrize(
    ("inner", "order"),
    [
        ("<Text>b</Text><Number> 7 </Number>", {"Number": "7", "Text": "b"}),
        ("<Other><Deep/></Other><Text> b </Text>", {"Text": " b "}),
        ("<Text>a</Text><Text>b</Text>", {"Text": "a"}),
        ("<Text/><Number/><Id></Id>", {"Text": ""}),
        ("<Lines/>", {"Lines": []}),
        ("<Lines><Line><Text>a</Text></Line><Other/></Lines>", {"Lines": [{"Text": "a"}]}),
        (
            '<Text xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/><Number>1</Number>',
            {"Number": "1"},
        ),
    ],
)
def test_an_element_is_read_leniently(inner: str, order: Any) -> None:
    assert read(f"<Orders><Order>{inner}</Order></Orders>") == {"Orders": [order]}


def test_an_attribute_is_a_member() -> None:
    assert read('<Order status="OK" other="x"/>', ORDER) == {"Result": "OK"}


def test_one_item_is_a_list_of_one() -> None:
    assert read("<Order><Text>a</Text></Order>") == {"Orders": [{"Text": "a"}]}


@pytest.mark.parametrize(
    "text", ["<Order><Text>a</Text></Order>", "<Any><Order><Text>a</Text></Order></Any>"]
)
def test_a_document_may_stand_in_a_list_alone(text: str) -> None:
    assert read(text, ORDER) == {"Text": "a"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<Others/>", "the element Others is not expected; expected Orders or Order"),
        ("<Order><Text><b/></Text></Order>", "holds elements where a text is expected"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Orders>&b;</Orders>', "^a document type is not allowed$"),
        ("<Orders>" * 70 + "</Orders>" * 70, "nested deeper than 64 levels"),
        ("<Orders>\x00</Orders>", "not well-formed"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(MalformedBody, match=why):
        read(text)
