"""The records that an own API begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mockserver.codec import json
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

TEXT = {"type": "string"}
KINDS: dict[str, dict[str, Any]] = {
    "/customers": {"id": TEXT, "name": TEXT},
    "/invoices": {
        "id": TEXT,
        "customer_id": TEXT,
        "customer": {"type": "object", "properties": {"id": TEXT}},
    },
    "/customers/{customer_id}/addresses": {"id": TEXT, "city": TEXT},
    "/towns/{town}/streets": {"id": TEXT},
}


def document() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for path, members in KINDS.items():
        content = {
            "application/json": {"schema": {"type": "object", "required": [*members], "properties": members}}
        }
        rows = {
            "application/json": {"schema": {"type": "array", "items": content["application/json"]["schema"]}}
        }
        names = [step[1:-1] for step in path.split("/") if step.startswith("{")]
        above = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]
        key = {"name": "id", "in": "path", "required": True, "schema": TEXT}
        paths[path] = {
            "parameters": above,
            "get": {"responses": {"200": {"description": "all", "content": rows}}},
            "post": {
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": {"201": {"description": "new", "content": content}},
            },
        }
        shown = {"responses": {"200": {"description": "one", "content": content}}}
        paths[f"{path}/{{id}}"] = {"parameters": [*above, key], "get": shown}
    return {"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "paths": paths}


def serve(folder: Path, **options: Any) -> Client:
    file = folder / "firm.json"
    file.write_bytes(json.encode(document()))
    made = Options(files=(file,), vendors=("firm",), **options)
    return Client(create_frozen_app(made).entry, {}).within("/firm")


def test_each_kind_begins_with_the_wanted_number_of_records(tmp_path: Path) -> None:
    client = serve(tmp_path, records=3)

    customers = client.get("/customers").json

    assert len(customers) == len({one["name"] for one in customers}) == 3
    assert client.get(f"/customers/{customers[0]['id']}").json == customers[0]
    assert client.post("/customers", json={"name": "Ada"}).status == 201


def test_a_member_that_names_a_record_of_another_kind_names_one_that_is_there(tmp_path: Path) -> None:
    client = serve(tmp_path, records=3)
    keys = [one["id"] for one in client.get("/customers").json]

    invoices = client.get("/invoices").json

    assert sorted(one["customer_id"] for one in invoices) == sorted(keys)
    assert {one["customer"]["id"] for one in invoices} == {*keys}


def test_records_below_a_parent_belong_to_a_parent_that_is_there(tmp_path: Path) -> None:
    client = serve(tmp_path, records=3)

    below = [client.get(f"/customers/{one['id']}/addresses").json for one in client.get("/customers").json]

    assert [len(one) for one in below] == [1, 1, 1]


def test_records_below_a_parent_that_nothing_makes_are_not_made(tmp_path: Path) -> None:
    assert serve(tmp_path, records=3).get("/towns/T1/streets").json == []


def test_an_overlay_may_say_how_many_records_there_are(tmp_path: Path) -> None:
    change = tmp_path / "change.yaml"
    change.write_text(
        "overlay: 1.0.0\ninfo: {title: T, version: '1'}\nactions: [{target: $, update: {x-records: 2}}]\n",
        encoding="utf-8",
    )
    assert len(serve(tmp_path, overlays=(change,)).get("/customers").json) == 2
    assert serve(tmp_path, overlays=(change,), records=0).get("/customers").json == []


def test_the_seed_decides_which_records_there_are(tmp_path: Path) -> None:
    first, same, other = (serve(tmp_path, records=2, seed=seed).get("/customers").json for seed in (0, 0, 1))

    assert first == same
    assert first != other


def test_fixtures_take_the_place_of_first_records(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_bytes(json.encode({"firm": {"customers": [{"id": "A", "name": "Ada"}]}}))

    assert serve(tmp_path, records=2, fixtures_file=dump).get("/customers").json == [
        {"id": "A", "name": "Ada"}
    ]
