"""Records of a file without marks are made, shown, listed, changed and deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.server.application import Options
from tests.any_files.support import write_files
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app


@pytest.fixture
def orders(tmp_path: Path) -> Client:
    file = write_files("crud-3-0", tmp_path)
    app = create_frozen_app(Options(files=(file,), vendors=("openapi",)))
    return Client(app.entry, {}).within("/openapi/orders", Authorization="Bearer some-token")


UNKNOWN = "00000000-0000-4000-8000-000000000000"


def created(orders: Client, customer: str = "Ada") -> str:
    answer = orders.post("", json={"customer": customer, "status": "open"})
    assert answer.status == 201
    return str(answer.json["id"])


def test_a_record_is_shown_as_it_was_sent(orders: Client) -> None:
    shown = orders.get(f"/{created(orders)}").json

    assert (shown["customer"], shown["status"]) == ("Ada", "open")


def test_each_record_has_a_key_of_its_own(orders: Client) -> None:
    assert created(orders) != created(orders)


def test_a_list_has_the_records_in_the_declared_envelope(orders: Client) -> None:
    created(orders, "Ada")
    created(orders, "Grace")

    listed = orders.get("").json

    assert sorted(one["customer"] for one in listed["data"]) == ["Ada", "Grace"]
    assert listed["total"] == 2


def test_a_patch_changes_what_it_names(orders: Client) -> None:
    key = created(orders)

    assert orders.patch(f"/{key}", json={"status": "paid"}).status == 200
    assert (orders.get(f"/{key}").json["status"], orders.get(f"/{key}").json["customer"]) == (
        "paid",
        "Ada",
    )


def test_a_put_replaces_and_keeps_the_key(orders: Client) -> None:
    key = created(orders)

    replaced = orders.put(f"/{key}", json={"customer": "Grace"}).json

    assert (replaced["id"], replaced["customer"], "status" in replaced) == (key, "Grace", False)


def test_a_deleted_record_is_gone(orders: Client) -> None:
    key = created(orders)

    assert orders.delete(f"/{key}").status == 204
    assert orders.get(f"/{key}").status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_record_is_not_found(orders: Client, method: str) -> None:
    assert orders.request(method, f"/{UNKNOWN}").status == 404


def test_a_bad_body_stores_nothing(orders: Client) -> None:
    assert orders.post("", json={"customer": 1}).status == 400
    assert orders.get("").json["data"] == []


def test_records_of_other_parents_are_not_listed(tmp_path: Path) -> None:
    app = create_frozen_app(Options(files=(write_files("nested", tmp_path),), vendors=("openapi",)))
    client = Client(app.entry, {}).within("/openapi")
    made = client.post("/customers/1/addresses", json={"street": "Hill", "city": "Ely", "line1": "Hill"})

    assert made.status == 201
    assert [one.keys() >= {"id"} for one in client.get("/customers/1/addresses").json] == [True]
    assert client.get("/customers/11/addresses").json == []
