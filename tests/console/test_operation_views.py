from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.console.api_pages import Kind, OperationView, view_contract
from mockserver.control.control_call import control_contract
from mockserver.server.application import Application
from tests.support import sample_vendor


@pytest.fixture
def document() -> dict[str, Any]:
    return sample_vendor.document()


def operation(document: dict[str, Any], name: str) -> OperationView:
    groups = view_contract(document).groups
    return next(one for group in groups for one in group.operations if one.id == name)


def test_operations_without_tags_are_one_group(document: dict[str, Any]) -> None:
    (group,) = view_contract(document).groups

    assert [one.id for one in group.operations] == ["listOrders", "putOrders", "showOrder"]


def test_groups_have_the_order_of_the_tags(document: dict[str, Any]) -> None:
    document["tags"] = [
        {"name": "reading", "description": "To look"},
        {"name": "nothing"},
        {"name": "writing"},
    ]
    document["paths"]["/orders"]["put"]["tags"] = ["writing"]
    document["paths"]["/orders"]["get"]["tags"] = ["reading"]

    groups = view_contract(document).groups

    assert [(group.name, group.description) for group in groups] == [
        ("reading", "To look"),
        ("writing", ""),
        ("Operations", ""),
    ]


def test_an_operation_has_its_parameters(document: dict[str, Any]) -> None:
    (parameter,) = operation(document, "showOrder").parameters

    assert (parameter.name, parameter.place, parameter.is_required) == ("id", "path", True)
    assert parameter.kind == Kind("string")


def test_a_batch_says_how_its_items_are_judged(document: dict[str, Any]) -> None:
    before = operation(document, "putOrders").batch
    document["paths"]["/orders"]["put"]["x-batch"]["atomicity"] = "all-or-nothing"

    assert (before, operation(document, "putOrders").batch) == ("per item", "all or nothing")
    assert operation(document, "listOrders").batch == ""


def test_refusals_are_apart_from_other_answers(document: dict[str, Any]) -> None:
    found = operation(document, "putOrders")

    assert [answer.status for answer in found.answers] == ["207"]
    assert [answer.status for answer in found.refusals][:3] == ["400", "401", "403"]


def test_media_types_of_one_schema_are_one_body(document: dict[str, Any]) -> None:
    content = document["paths"]["/orders"]["put"]["requestBody"]["content"]
    content["text/json"] = content["application/json"]

    (body,) = operation(document, "putOrders").bodies

    assert body.media_types == ("application/json", "text/json")


def test_an_example_keeps_the_scale_of_its_numbers(document: dict[str, Any]) -> None:
    content = document["paths"]["/orders"]["put"]["requestBody"]["content"]["application/json"]
    content["example"] = {"orders": [{"amount": Decimal("1.50")}]}

    (body,) = operation(document, "putOrders").bodies

    assert '"amount": 1.50' in body.example


@pytest.mark.parametrize(
    ("media_type", "example", "text"),
    [
        ("application/x-www-form-urlencoded", {"a": "b c"}, "a=b+c"),
        ("application/xml", "<a/>", "<a/>"),
        ("application/json", {"a": "x" * 9000}, "…"),
    ],
)
def test_an_example_is_written_as_its_media_type_is(
    document: dict[str, Any], media_type: str, example: Any, text: str
) -> None:
    body = document["paths"]["/orders"]["put"]["requestBody"]
    body["content"] = {media_type: {"schema": {}, "example": example}}

    assert operation(document, "putOrders").bodies[0].example.endswith(text)


def test_every_operation_of_every_contract_is_shown(app: Application) -> None:
    contracts = [control_contract(), *(vendor.spec for vendor in app.served)]

    for contract in contracts:
        groups = view_contract(contract.document).groups
        assert {one.id for group in groups for one in group.operations} == set(contract.operations)
