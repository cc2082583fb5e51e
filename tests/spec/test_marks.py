"""Batches are found by a 207 with rows, and corrected by `x-batch`."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from mockserver.spec.marks import collection_name, complete_batches, complete_collections

ITEM = {"type": "object", "required": ["name"], "properties": {"number": {}, "name": {}}}
ROW = {"type": "object", "properties": {"status": {}, "number": {}}}

REQUEST: Any = {"properties": {"id": {}, "method": {}, "url": {}, "body": {}}}
RESPONSE: Any = {"properties": {"id": {}, "status": {}, "body": {}}}


def listed(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"type": "array", "items": schema}}}}


def document(**changes: Any) -> dict[str, Any]:
    operation = {"requestBody": listed(ITEM), "responses": {"207": listed(ROW)}, **changes}
    return {"paths": {"/orders/bulk": {"post": operation}}}


def batch_of(given: dict[str, Any]) -> Any:
    made = deepcopy(given)
    complete_batches(made)
    (item,) = [one for one in made["paths"].values() if "post" in one]
    return item["post"].get("x-batch")


def test_a_207_with_rows_is_a_batch() -> None:
    assert batch_of(document()) == {
        "items": "",
        "upsert": False,
        "collection": "orders/bulk",
        "key": ["number"],
        "outcome": {"list": "", "status": "/status", "key": "/number"},
    }


def test_its_records_are_those_of_the_path_above_it() -> None:
    given = document()
    given["paths"]["/orders/{orderNumber}"] = {"get": {"responses": {"200": {"description": ""}}}}

    assert batch_of(given)["collection"] == "orders"


def test_a_key_that_only_the_record_shows_is_found() -> None:
    given = document(
        requestBody=listed({"properties": {"name": {}}}),
        responses={"207": listed({"properties": {"status": {}}})},
    )
    shown = {"content": {"application/json": {"schema": ITEM}}}
    given["paths"]["/orders/{number}"] = {"get": {"responses": {"200": shown}}}

    assert batch_of(given)["key"] == ["number"]


def test_a_key_that_item_and_row_must_have_comes_before_a_usual_name() -> None:
    members: Any = {"name": {}, "sku": {"type": "string"}}
    sku = {"properties": members, "required": ["sku"]}
    row = {"properties": {**members, "status": {"type": "string"}}, "required": ["status", "sku"]}
    given = document(requestBody=listed(sku), responses={"207": listed(row)})

    assert batch_of(given)["key"] == ["sku"]


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        ({"status": {}, "error": {}}, {"status": "/status", "message": "/error"}),
        (
            {"status": {}, "error": {"properties": {"message": {}}}},
            {"status": "/status", "message": "/error/message"},
        ),
        ({"index": {}, "success": {}}, {"status": "/success", "index": "/index"}),
        ({"status": {}, "order": ITEM}, {"status": "/status", "record": "/order"}),
    ],
    ids=str,
)
def test_the_members_of_a_row_are_told_by_their_names(row: Any, outcome: Any) -> None:
    found = batch_of(document(responses={"207": listed({"properties": row})}))

    assert found["outcome"] == {"list": "", **outcome}


@pytest.mark.parametrize(
    "changes",
    [
        {"responses": {"200": listed(ROW)}},
        {"responses": {"207": listed({"properties": {"number": {}}})}},
        {"requestBody": {"content": {"application/json": {"schema": ITEM}}}},
        {"requestBody": listed(REQUEST), "responses": {"207": listed(RESPONSE)}},
        {"x-batch": False},
    ],
    ids=["no 207", "no status in a row", "no list in the body", "whole requests", "x-batch: false"],
)
def test_any_other_operation_is_none(changes: Any) -> None:
    assert batch_of(document(**changes)) is None


def test_items_whose_method_is_no_verb_are_no_requests() -> None:
    payment = {"properties": {**REQUEST["properties"], "method": {"enum": ["card", "cash"]}}}

    assert batch_of(document(requestBody=listed(payment), responses={"207": listed(RESPONSE)}))["key"] == [
        "id"
    ]


def test_unprocessed_items_with_a_reason_are_no_echo() -> None:
    rejected: Any = {"properties": {"number": {}, "message": {}}}
    lists = {"processed": {"items": {"properties": {"number": {}}}}, "unprocessedOrders": {"items": rejected}}
    answer = {"content": {"application/json": {"schema": {"properties": lists}}}}

    outcome = batch_of(document(responses={"207": answer}))["outcome"]

    assert outcome["rejected"] == {"list": "/unprocessedOrders", "key": "/number", "message": "/message"}


def test_a_mark_corrects_what_was_found() -> None:
    mark = {"key": ["name"], "outcome": {"status": "/number"}}

    corrected = batch_of(document(**{"x-batch": mark}))

    assert (corrected["key"], corrected["items"]) == (["name"], "")
    assert corrected["outcome"] == {"list": "", "status": "/number", "key": "/number"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/orders/{id}", "orders"), ("/shops/{shop}/orders/{id}", "shops/orders"), ("/{id}", "id")],
)
def test_records_are_named_by_the_words_of_their_path(path: str, expected: str) -> None:
    assert collection_name(path) == expected


@pytest.mark.parametrize(
    ("mark", "collection"),
    [
        ({}, "orders"),
        ({"x-collection": "sales"}, "sales"),
        ({"x-collection": ""}, ""),
        ({"x-collection": [5]}, "orders"),
    ],
    ids=str,
)
def test_operations_have_the_collection_of_their_records(mark: dict[str, Any], collection: str) -> None:
    item = {"get": {}, **mark}
    complete_collections({"paths": {"/orders": {"post": {}}, "/orders/{id}": item}})

    assert item["get"] == {"x-collection": collection}


def test_a_mark_of_an_operation_that_is_no_text_is_dropped() -> None:
    item = {"post": {"x-collection": [5]}}
    complete_collections({"paths": {"/search": item}})

    assert item == {"post": {}}


def test_records_with_other_parents_are_others() -> None:
    paths: dict[str, Any] = {
        "/users/{user}/orders": {"post": {}},
        "/users/{user}/orders/{id}": {"get": {}},
        "/users/orders": {"post": {}},
        "/users/orders/{id}": {"get": {}},
    }
    complete_collections({"paths": paths})

    assert len({paths[path]["get"]["x-collection"] for path in paths if "get" in paths[path]}) == 2
