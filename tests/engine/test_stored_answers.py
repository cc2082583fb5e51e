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


BERTHS = """
openapi: 3.0.3
info: {title: Berths, version: '1'}
paths:
  /berths:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Made'}}}}
      responses: {'201': {$ref: '#/components/responses/Made'}}
  /berths/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {'200': {$ref: '#/components/responses/Shown'}}}
    put:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Replaced'}}}}
      responses: {'200': {$ref: '#/components/responses/Shown'}}
components:
  responses:
    Shown: {description: One, content: {application/json: {schema: {$ref: '#/components/schemas/Berth'}}}}
    Made:
      description: Made
      content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}
  schemas:
    Made:
      type: object
      required: [label, quay, crane]
      properties: {label: {type: string}, quay: {type: string}, crane: {type: object}, tide: {type: string}}
    New: {allOf: [{$ref: '#/components/schemas/Berth'}, {required: [secret]}]}
    Replaced: {type: object, required: [label], properties: {label: {type: string}, crane: {type: object}}}
    Crane: {type: object, required: [code, flag], properties: {code: {type: string}, flag: {type: string}}}
    Berth:
      type: object
      required: [id, quay, crane]
      properties:
        id: {type: integer}
        label: {type: string}
        quay: {type: string}
        crane: {allOf: [{$ref: '#/components/schemas/Crane'}], nullable: true}
        spares: {type: array, items: {$ref: '#/components/schemas/Crane'}}
        sea:
          oneOf: [{$ref: '#/components/schemas/Crane'}, {type: object, properties: {name: {type: string}}}]
        tide: {type: object}
        secret: {type: string}
"""


@pytest.fixture
def berths(tmp_path: Path) -> Client:
    file = tmp_path / "berths.yaml"
    file.write_text(BERTHS, encoding="utf-8")
    app = create_frozen_app(Options(files=(file,), vendors=("berths",)))
    return Client(app.entry, {}).within("/berths/berths")


BERTH = {"label": "A", "quay": "North", "crane": {"code": "C1"}}


def test_a_record_gets_what_it_and_its_parts_have_to_have(berths: Client) -> None:
    made = berths.post("", json={**BERTH, "spares": [{"code": "C2"}], "sea": {"name": "Wadden"}}).json

    assert (made["crane"]["code"], made["crane"].keys()) == ("C1", {"code", "flag"})
    assert made["spares"][0].keys() == {"code", "flag"}
    assert made["sea"] == {"name": "Wadden"}
    assert "secret" in made
    assert berths.get(f"/{made['id']}").json == made


def test_what_an_answer_does_not_take_is_left_out_of_the_record(berths: Client) -> None:
    made = berths.post("", json={**BERTH, "label": "Z", "tide": "low"}).json

    assert (made["label"], made["quay"], "tide" in made) == ("Z", "North", False)
    assert berths.get(f"/{made['id']}").json == made


def test_a_put_keeps_what_it_cannot_name_or_need_not(berths: Client) -> None:
    key = berths.post("", json=BERTH).json["id"]

    replaced = berths.put(f"/{key}", json={"label": "B"}).json

    assert (replaced["label"], replaced["quay"], replaced["crane"]["code"]) == ("B", "North", "C1")


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
