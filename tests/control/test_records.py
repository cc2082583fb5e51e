from __future__ import annotations

from typing import Any

import pytest

from tests.control.operators import NEW, SANDBOXES, create, order
from tests.support.client import Client

RECORDS = f"{NEW}/records?scope=acme/&collection=orders"


def found(operator: Client, query: str = "") -> list[str]:
    return [one["key"] for one in operator.get(RECORDS + query).json["records"]]


def listed(operator: Client) -> dict[tuple[str, str], tuple[int, bool]]:
    answer: list[dict[str, Any]] = operator.get(f"{NEW}/collections").json
    return {(one["scope"], one["collection"]): (one["records"], one["own"]) for one in answer}


def test_collections_are_listed_with_their_records(operator: Client) -> None:
    order(operator, "A", "B")

    assert listed(operator)["acme/", "orders"] == (2, False)


def test_what_the_server_keeps_for_itself_is_marked(operator: Client) -> None:
    create(operator, assumptions={"acme.duplicate_members": "refused"})

    own = listed(operator)

    assert (own["sandbox/", "settings"], own["acme/", "assumptions"]) == ((3, True), (1, True))


def test_records_come_in_pages_by_key(operator: Client) -> None:
    order(operator, "C", "A", "B")

    page = operator.get(f"{RECORDS}&offset=1&last=1").json

    assert page == {
        "total": 3,
        "records": [{"key": "B", "document": {"id": "B", "amount": 1}, "writtenBy": 1}],
    }


def test_a_record_tells_the_last_call_that_wrote_it(operator: Client) -> None:
    order(operator, "A", "B")
    body = {"orders": [{"id": "B", "amount": 2}]}
    operator.put("/acme/orders", json=body, headers={"mock-sandbox": "new"})

    records = operator.get(RECORDS).json["records"]

    assert [(one["key"], one["writtenBy"]) for one in records] == [("A", 1), ("B", 2)]


def test_a_record_that_was_loaded_was_written_by_nobody_known(operator: Client) -> None:
    create(operator)
    operator.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": {"id": "A"}}}})

    assert operator.get(RECORDS).json["records"][0]["writtenBy"] is None


def test_a_record_that_was_loaded_after_a_call_was_written_by_the_control_plane(operator: Client) -> None:
    order(operator, "A")
    operator.patch(f"{NEW}/state", json={"acme/": {"orders": {"B": {"id": "B"}}}})

    records = operator.get(RECORDS).json["records"]

    assert [(one["key"], one["writtenBy"]) for one in records] == [("A", 1), ("B", 0)]


@pytest.mark.parametrize(("text", "keys"), [("ab", ["AB"]), ("77", ["C"]), ("nothing", []), ("amount", [])])
def test_records_are_searched_by_key_and_value(operator: Client, text: str, keys: list[str]) -> None:
    order(operator, "AB")
    body = {"orders": [{"id": "C", "amount": 77}]}
    operator.put("/acme/orders", json=body, headers={"mock-sandbox": "new"})

    assert found(operator, f"&text={text}") == keys


def test_one_record_is_found_by_its_key(operator: Client) -> None:
    order(operator, "A", "AB")

    assert (found(operator, "&key=A"), found(operator, "&key=B")) == (["A"], [])


def test_a_collection_that_holds_nothing_has_no_records(operator: Client) -> None:
    create(operator)

    assert operator.get(f"{NEW}/records?scope=acme/nobody&collection=orders").json["total"] == 0


@pytest.mark.parametrize("path", ["/collections", "/records?scope=acme/&collection=orders"])
def test_an_unknown_sandbox_has_no_records(operator: Client, path: str) -> None:
    response = operator.get(f"{SANDBOXES}/nope{path}")

    assert (response.status, response.json["code"]) == (404, "unknown-sandbox")
