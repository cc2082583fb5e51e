from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.typed_xml import AnswerReader
from mockserver.spec.xml import XmlWriter, without_omitted

SCHEMAS: dict[str, Any] = {
    "Answer": {
        "xml": {"name": "Response"},
        "allOf": [{"type": "object", "properties": {"Id": {"type": "string"}}}],
        "properties": {
            "Orders": {
                "type": "array",
                "xml": {"wrapped": True},
                "items": {"$ref": "#/components/schemas/Any"},
            }
        },
    },
    "Any": {"oneOf": [{"$ref": "#/components/schemas/Order"}, {"type": "object", "required": ["Why"]}]},
    "Order": {
        "type": "object",
        "xml": {"name": "Order"},
        "required": ["Number", "DayText"],
        "properties": {
            "Number": {"type": "integer"},
            "Result": {"type": "string", "xml": {"name": "status", "attribute": True}},
            "Day": {"type": "string", "x-xml": {"milliseconds": "/Date({}+0000)/"}},
            "DayText": {"type": "string", "x-xml": {"omit": True}},
            "Tags": {"type": "array", "items": {"type": "string", "xml": {"name": "Tag"}}},
            "Amount": {"type": "number"},
            "Paid": {"type": "boolean"},
        },
    },
    "Failed": {
        "type": "object",
        "xml": {"name": "Base"},
        "x-xml": {"types": {"Order": {"$ref": "#/components/schemas/Order"}}},
    },
}
SPEC: dict[str, Any] = {"components": {"schemas": SCHEMAS}}
ANSWER = {"$ref": "#/components/schemas/Answer"}


def written(value: Any, schema: Any = ANSWER, type_name: str = "") -> str:
    text = XmlWriter(SchemaTree(SPEC)).write(value, schema, type_name).decode()
    return text.replace(
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
        "",
    )


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"Number": 7}, "<Order><Number>7</Number></Order>"),
        ({"Result": "OK", "Number": 7}, '<Order status="OK"><Number>7</Number></Order>'),
        ({"Day": "/Date(1550793600000+0000)/"}, "<Order><Day>2019-02-22T00:00:00</Day></Order>"),
        ({"Day": "/Date(1550793600120+0000)/"}, "<Order><Day>2019-02-22T00:00:00.12</Day></Order>"),
        ({"Day": "soon"}, "<Order><Day>soon</Day></Order>"),
        ({"DayText": "2019-02-22"}, "<Order/>"),
        ({"Tags": ["a", "b"]}, "<Order><Tag>a</Tag><Tag>b</Tag></Order>"),
        ({"Amount": Decimal("1.50"), "Paid": True}, "<Order><Amount>1.50</Amount><Paid>true</Paid></Order>"),
        ({"Number": None}, '<Order><Number xsi:nil="true"/></Order>'),
        ({"a><b": "<&\x00"}, "<Order><a_x003E__x003C_b>&lt;&amp;\ufffd</a_x003E__x003C_b></Order>"),
    ],
)
def test_an_element_of_a_list_is_written_as_its_schema_names_it(order: Any, text: str) -> None:
    assert written({"Id": "x", "Orders": [order]}) == (
        f"<Response><Id>x</Id><Orders>{text}</Orders></Response>"
    )


@pytest.mark.parametrize(
    ("type_name", "text"),
    [("Order", '<Base xsi:type="Order" status="OK"/>'), ("Parcel", "<Base><Result>OK</Result></Base>")],
)
def test_an_element_of_several_types_says_which_it_is(type_name: str, text: str) -> None:
    assert written({"Result": "OK"}, {"$ref": "#/components/schemas/Failed"}, type_name) == text


def test_what_was_written_is_read_back_by_the_same_schema() -> None:
    order = {
        "Number": 7,
        "Result": "OK",
        "Day": "/Date(1550793600120+0000)/",
        "Tags": ["a", "b"],
        "Paid": False,
    }
    document = {"Id": "x", "Orders": [order, {"Tags": ["c"]}]}
    places = SchemaTree(SPEC)

    body = XmlWriter(places).write(document, ANSWER)

    assert AnswerReader(places).read(body, ANSWER) == document


def test_a_member_that_xml_omits_is_not_required_there() -> None:
    assert without_omitted(SPEC)["components"]["schemas"]["Order"]["required"] == ["Number"]
