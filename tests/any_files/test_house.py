"""What the vendors that ship have, a file that is not ours has too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Application, Options
from tests.any_files.support import write_files
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

ORDERS = [{"customer": name, "amount": 1} for name in ("Ada", "Bob", "Cy")]
DEFAULT = "/_mock/sandboxes/default"


FAIL: dict[str, Any] = {"fail": {"code": "internal"}}


@pytest.fixture
def app(tmp_path: Path) -> Application:
    file = write_files("bulk-207", tmp_path)
    return create_frozen_app(Options(files=(file,), vendors=("shop",), examples=ProfileExamples))


@pytest.fixture
def client(app: Application) -> Client:
    return Client(app.entry, {"host": "testserver"})


def statuses(client: Client, **headers: str) -> list[int]:
    answer = client.post("/shop/orders/bulk", json={"orders": ORDERS}, headers=headers)
    return [row["status"] for row in answer.json["results"]]


def test_a_fault_meets_the_item_that_a_scenario_selects(client: Client) -> None:
    rule = {
        "id": "r",
        "items": [{"select": {"where": {"path": "$.customer", "equals": "Bob"}}, "effect": FAIL}],
    }
    client.post(f"{DEFAULT}/scenarios", json={"version": 1, "name": "flaky", "rules": [rule]})

    assert statuses(client) == [201, 500, 201]


def test_the_journal_knows_each_item(client: Client) -> None:
    statuses(client)

    (entry,) = client.get(f"{DEFAULT}/journal").json

    assert (entry["operation"], entry["outcomes"]) == ("postOrdersBulk", {"created": 3})


def test_sandboxes_keep_their_own_records(client: Client) -> None:
    statuses(client, **{"mock-sandbox": "other"})

    assert client.get("/shop/orders").json["data"] == []
    assert len(client.get("/shop/orders", headers={"mock-sandbox": "other"}).json["data"]) == len(ORDERS)


def test_an_example_has_good_and_bad_items(client: Client) -> None:
    example = client.post(f"{DEFAULT}/examples", json={"vendor": "shop", "items": 3, "bad": 1}).json

    answer = client.post(
        f"/shop{example['path']}", content=example["body"].encode(), headers=example["headers"]
    )

    assert [row["status"] for row in answer.json["results"]] == [201, 422, 201]


@pytest.mark.parametrize("path", ["/_console/x/1", "/shop/ui/", "/shop/openapi.yaml", "/_mock/metrics"])
def test_its_pages_are_there(client: Client, path: str) -> None:
    statuses(client)

    assert client.get(path).status == 200
