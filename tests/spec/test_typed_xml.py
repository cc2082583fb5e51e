from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.errors import MalformedBody
from mockserver.spec.typed_xml import read

NAMESPACE = "urn:orders"
ORDER: dict[str, Any] = {
    "type": "object",
    "xml": {"name": "Order", "namespace": NAMESPACE},
    "properties": {
        "id": {"type": "string"},
        "number": {"type": "integer"},
        "amount": {"type": "number"},
        "paid": {"type": "boolean"},
        "lines": {"type": "array", "xml": {"wrapped": True}, "items": {"type": "integer"}},
    },
    "additionalProperties": {"type": "integer"},
}


def of(inner: str) -> Any:
    return read(f'<Order xmlns="{NAMESPACE}">{inner}</Order>'.encode(), ORDER, {})


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ("<id>A1</id>", {"id": "A1"}),
        ("<id/>", {"id": ""}),
        ("<number>7</number>", {"number": 7}),
        ("<amount>12.50</amount>", {"amount": Decimal("12.50")}),
        ("<paid>true</paid>", {"paid": True}),
        ("<paid>false</paid>", {"paid": False}),
        ("<lines><int>1</int><int>2</int></lines>", {"lines": [1, 2]}),
        ("<more>3</more>", {"more": 3}),
        ('<id xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>', {"id": None}),
    ],
)
def test_an_element_is_the_value_that_its_schema_makes_of_it(inner: str, value: Any) -> None:
    assert of(inner) == value


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("<number>x</number>", "invalid literal"),
        ("<amount>x</amount>", "a text is not a number"),
        ("<paid>1</paid>", "1 is neither true nor false"),
        ("<more>x</more>", "invalid literal"),
    ],
)
def test_a_text_that_is_not_of_its_type_is_refused(inner: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        of(inner)


def test_another_root_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^expected the element .urn:orders.Order, found Order$"):
        read(b"<Order/>", ORDER, {})


def test_a_schema_is_found_where_the_spec_has_it() -> None:
    document = {"components": {"schemas": {"Order": ORDER}}}

    node = {"$ref": "#/components/schemas/Order"}

    assert read(f'<Order xmlns="{NAMESPACE}"/>'.encode(), node, document) == {}


def test_what_is_no_xml_is_malformed() -> None:
    with pytest.raises(MalformedBody):
        read(b"<Order", ORDER, {})
