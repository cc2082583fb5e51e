from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import sample_vendor
from tests.support.client import Client

SANDBOXES = "/_mock/sandboxes"


@pytest.fixture
def operator() -> Iterator[Client]:
    """A client of a server that serves only the sample vendor."""
    with sample_vendor.shared_client() as client:
        yield client


@pytest.mark.parametrize(
    ("path", "pointer", "code"),
    [
        (f"{SANDBOXES}/Default", "/path/name", "bad-format"),
        (f"{SANDBOXES}/default/journal/0", "/path/number", "out-of-range"),
        (f"{SANDBOXES}/default/journal?last=0", "/query/last", "out-of-range"),
        (f"{SANDBOXES}/default/journal?last=x", "/query/last", "wrong-type"),
        (f"{SANDBOXES}/default/journal?secrets=all", "/query/secrets", "not-in-list"),
        (f"{SANDBOXES}/default/journal?offContract=maybe", "/query/offContract", "wrong-type"),
        (f"{SANDBOXES}/default/journal?colour=red", "/query/colour", "unknown-parameter"),
        (f"{SANDBOXES}/default/journal/export", "/query/format", "missing-required"),
    ],
)
def test_a_parameter_that_breaks_the_contract_is_named(
    operator: Client, path: str, pointer: str, code: str
) -> None:
    response = operator.get(path)

    assert response.status == 400
    assert [(one["pointer"], one["code"]) for one in response.json["errors"]] == [(pointer, code)]
    assert response.json["detail"].startswith(f"{pointer}: ")
    assert "\n" not in response.json["detail"]


def test_a_parameter_that_is_not_there_is_told_with_those_that_are(operator: Client) -> None:
    dump, health = operator.get(f"{SANDBOXES}/default/dump?x=1"), operator.get("/_mock/health?x=1")

    assert dump.json["errors"][0]["try"] == "there are vendor, of"
    assert health.json["errors"][0]["try"] == "leave it out"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/name", "missing-required")]),
        ([], [("", "wrong-type")]),
        ({"name": "new", "colour": "red"}, [("/colour", "unknown-member")]),
        ({"name": "new\n"}, [("/name", "bad-format")]),
        ({"name": "New", "seed": -1, "freeze": "now"}, None),
        ({"name": "new", "seed": 1.5}, [("/seed", "wrong-type")]),
    ],
)
def test_all_that_is_wrong_with_a_body_is_told_by_its_place(
    operator: Client, body: Any, errors: list[tuple[str, str]] | None
) -> None:
    response = operator.post(SANDBOXES, json=body)

    every = [("/name", "bad-format"), ("/seed", "out-of-range"), ("/freeze", "bad-format")]
    assert response.status == 400
    assert [(one["pointer"], one["code"]) for one in response.json["errors"]] == (errors or every)


def test_of_a_long_value_the_beginning_is_told(operator: Client) -> None:
    response = operator.post(SANDBOXES, json={"name": "a" * 3000})

    assert len(response.json["errors"][0]["detail"]) == 301


def test_twenty_problems_are_told_and_the_rest_counted(operator: Client) -> None:
    response = operator.patch(f"{SANDBOXES}/default/assumptions", json={f"a.{at}": 1 for at in range(30)})

    assert len(response.json["errors"]) == 20
    assert response.json["detail"].endswith(", and 29 more")
