"""Pages of stored records: cut as asked, and an envelope that lets a client's pager end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

TEXT: Any = {"type": "string"}
NUMBER: Any = {"type": "integer"}
SHIP = {"type": "object", "required": ["id"], "properties": {"id": NUMBER, "name": TEXT}}


def _links(name: str) -> Any:
    return {"type": "object", "properties": {name: TEXT}}


ENVELOPE: dict[str, Any] = {
    "order": {"type": "array", "items": {"type": "object", "properties": {"by": TEXT}}},
    "ships": {"type": "array", "items": SHIP},
    "limit": NUMBER,
    "offset": NUMBER,
    "page": NUMBER,
    "next_marker": {**TEXT, "nullable": True},
    "prev_marker": TEXT,
    "has_more": {"type": "boolean"},
    "meta": {"type": "object", "properties": {"total": NUMBER, "page_count": NUMBER}},
    "links": {"type": "object", "properties": {"pages": {"anyOf": [_links("next"), _links("prev")]}}},
}
NUMBERS = ("limit", "offset", "page", "skip", "take", "pageNo", "pageLimit")
ASKED = {**dict.fromkeys(NUMBERS, NUMBER), "marker": TEXT}


@pytest.fixture
def ships(tmp_path: Path) -> Client:
    """Five of a fleet, with the keys 1 to 5."""
    listed = {"type": "object", "required": ["ships", "prev_marker", "has_more"], "properties": ENVELOPE}
    asked = [{"name": name, "in": "query", "schema": schema} for name, schema in ASKED.items()]
    sent = {"content": {"application/json": {"schema": SHIP | {"required": ["name"]}}}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Fleet", "version": "1"},
        "paths": {
            "/fleets/{id}/ships": {
                "parameters": [_number("id")],
                "get": {"parameters": asked, "responses": _answer(listed)},
                "post": {"requestBody": sent, "responses": _answer(SHIP)},
            },
            "/fleets/{id}/ships/{ship}": {
                "get": {"parameters": [_number("id"), _number("ship")], "responses": _answer(SHIP)}
            },
        },
    }
    file = tmp_path / "fleet.json"
    file.write_bytes(json.encode(document))
    app = create_frozen_app(Options(files=(file,), vendors=("fleet",)))
    client = Client(app.entry, {}).within("/fleet/fleets/7/ships")
    for name in "abcde":
        assert client.post("", json={"name": name}).status == 200
    return client


def _number(name: str) -> Any:
    return {"name": name, "in": "path", "required": True, "schema": NUMBER}


def _answer(schema: Any) -> Any:
    return {"200": {"description": "Answered", "content": {"application/json": {"schema": schema}}}}


def page(ships: Client, query: str) -> Any:
    return ships.get(query).json


def keys(found: Any) -> list[int]:
    return [one["id"] for one in found["ships"]]


def test_a_whole_list_has_nothing_after_it(ships: Client) -> None:
    found = page(ships, "")

    assert keys(found) == [1, 2, 3, 4, 5]
    assert (found["has_more"], found["prev_marker"]) == (False, "")
    assert found["meta"] == {"total": 5, "page_count": 1}
    assert found["next_marker"] is None
    assert found["links"] == {"pages": {}}


@pytest.mark.parametrize(
    ("query", "expected", "more"),
    [
        ("?limit=2", [1, 2], True),
        ("?limit=2&offset=3", [4, 5], False),
        ("?limit=2&page=2", [3, 4], True),
        ("?limit=2&page=4", [], False),
        ("?limit=2&page=0", [1, 2], True),
        ("?marker=3", [4, 5], False),
        ("?skip=2&take=1", [3], True),
        ("?pageNo=2&pageLimit=2", [3, 4], True),
    ],
)
def test_a_list_is_cut_as_asked(ships: Client, query: str, expected: list[int], *, more: bool) -> None:
    found = page(ships, query)

    assert (keys(found), found["has_more"]) == (expected, more)
    assert found["meta"]["total"] == 5


def test_an_envelope_repeats_what_was_asked(ships: Client) -> None:
    found = page(ships, "?limit=2&offset=2")

    assert (found["limit"], found["offset"], found["page"], found["meta"]["page_count"]) == (2, 2, 2, 3)


def test_a_pager_that_follows_the_marker_sees_each_record_once(ships: Client) -> None:
    found = page(ships, "?limit=2")
    seen = keys(found)
    while found["next_marker"] and len(seen) < 6:
        found = page(ships, f"?limit=2&marker={found['next_marker']}")
        seen += keys(found)

    assert seen == [1, 2, 3, 4, 5]
