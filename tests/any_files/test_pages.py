"""Pages of lists of plain files: each way to the next page shows each record once, and ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.model import parse_pointer, value_at
from mockserver.server.application import Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

RECORD = {"type": "object", "properties": {"id": {"type": "string"}}}
KEYS = [f"B{number}" for number in range(5)]


def boats(
    folder: Path,
    envelope: Any,
    asked: dict[str, Any],
    headers: dict[str, Any] | None = None,
    refused: str = "",
    **content: Any,
) -> Client:
    """The list of five boats; `envelope` is the schema around the rows, None for a bare list.

    `refused` is the status of a refusal that the file declares for the list.
    """
    rows = {"type": "array", "items": RECORD}
    listed = (
        rows if envelope is None else {**envelope, "properties": {**envelope["properties"], "rows": rows}}
    )
    schemas = {name: {"type": one} if isinstance(one, str) else one for name, one in asked.items()}
    parameters = [{"name": name, "in": "query", "schema": one} for name, one in schemas.items()]
    refusals = {refused: {"description": "refused"}} if refused else {}
    answer = {
        "description": "boats",
        "headers": {name: {"schema": one} for name, one in (headers or {}).items()},
        "content": {"application/json": {"schema": listed, **content}},
    }
    one = {"description": "a boat", "content": {"application/json": {"schema": RECORD}}}
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Boats", "version": "1"},
        "paths": {
            "/boats": {
                "get": {"parameters": parameters, "responses": {"200": answer, **refusals}},
                "post": {"requestBody": {"content": one["content"]}, "responses": {"201": one}},
            },
            "/boats/{id}": {"parameters": [key], "get": {"responses": {"200": one}}},
        },
    }
    file = folder / "harbour.json"
    file.write_bytes(json.encode(document))
    client = Client(create_frozen_app(Options(files=(file,), vendors=("harbour",))).entry, {}).within(
        "/harbour"
    )
    for number in KEYS:
        client.post("/boats", json={"id": number})
    return client


def schema_of(form: Any, *, is_needed: bool = True) -> dict[str, Any]:
    """The schema of an object with the members of `form`, all required below the root."""
    if isinstance(form, str):
        return {"type": form}
    nodes = {name: schema_of(one) for name, one in form.items()}
    return {"type": "object", "properties": nodes, **({"required": [*form]} if is_needed else {})}


@pytest.mark.parametrize(
    ("envelope", "place", "asked"),
    [
        (
            {"paging": {"next": {"after": "string"}}},
            "/paging/next/after",
            {"limit": "integer", "after": "string"},
        ),
        (
            {"list_metadata": {"after": "string"}},
            "/list_metadata/after",
            {"limit": "integer", "after": "string"},
        ),
        (
            {"next_page_token": "string"},
            "/next_page_token",
            {"page_size": "number", "next_page_token": "string"},
        ),
        (
            {"list_metadata": {"before": "string", "after": "string"}},
            "/list_metadata/after",
            {"limit": "integer", "before": "string", "after": "string"},
        ),
        (
            {"next_page": {"offset": "string", "uri": "string"}},
            "/next_page/offset",
            {"limit": "integer", "offset": "string"},
        ),
        ({"next_offset": "string"}, "/next_offset", {"limit": "integer", "offset": "string"}),
        ({"iterator": "string", "done": "boolean"}, "/iterator", {"limit": "integer", "iterator": "string"}),
    ],
)
def test_a_walk_by_cursors_shows_each_record_once_and_ends(
    tmp_path: Path, envelope: Any, place: str, asked: dict[str, str]
) -> None:
    client = boats(tmp_path, schema_of(envelope, is_needed=False), asked)
    size, *_, cursor = asked

    seen, following = [], ""
    for _ in range(3):
        page = client.get(f"/boats?{size}=2{following}").json
        seen += [one["id"] for one in page["rows"]]
        found = value_at(page, parse_pointer(place))
        following = f"&{cursor}={found}"

    assert (seen, found) == (KEYS, None)


@pytest.mark.parametrize(
    ("envelope", "place", "asked"),
    [
        ({"links": {"next": "string"}}, "/links/next", {"limit": "integer", "page": "integer"}),
        (
            {"_links": {"next": {"href": "string"}}},
            "/_links/next/href",
            {"limit": "integer", "page": "integer"},
        ),
        ({"next_page_url": "string"}, "/next_page_url", {"limit": "integer", "offset": "integer"}),
        ({"links": {"next": "string"}}, "/links/next", {"page[size]": "integer", "page[cursor]": "string"}),
        ({"next": "string"}, "/next", {"limit": "integer", "page": "integer"}),
    ],
)
def test_a_walk_by_links_shows_each_record_once_and_ends(
    tmp_path: Path, envelope: Any, place: str, asked: dict[str, str]
) -> None:
    client = boats(tmp_path, schema_of(envelope, is_needed=False), asked)

    seen, address = [], f"/boats?{next(iter(asked))}=2"
    for _ in range(3):
        page = client.get(address).json
        seen += [one["id"] for one in page["rows"]]
        found = value_at(page, parse_pointer(place))
        address = str(found).partition("/harbour")[2]

    assert (seen, found or None) == (KEYS, None)


def test_a_declared_link_header_leads_to_the_other_pages(tmp_path: Path) -> None:
    headers = {"Link": {"type": "string"}, "X-Total": {"type": "integer"}}
    client = boats(tmp_path, None, {"per_page": "integer", "page": "integer"}, headers)

    second = client.get("/boats?per_page=2&page=2")
    steps = [one.split("; ")[1] for one in second.headers["link"].split(", ")]
    following = second.headers["link"].split("<")[2].partition(">")[0].partition("/harbour")[2]

    assert steps == ['rel="prev"', 'rel="next"', 'rel="last"', 'rel="first"']
    assert [one["id"] for one in client.get(following).json] == ["B4"]
    assert second.headers["x-total"] == "5"
    assert 'rel="next"' not in client.get(following).headers["link"]


def test_a_cursor_that_only_the_example_names_is_told(tmp_path: Path) -> None:
    envelope = {"type": "object", "properties": {}}
    example = {"rows": [], "after": "g3QAAA", "limit": 25}
    client = boats(tmp_path, envelope, {"limit": "integer", "after": "string"}, example=example)

    page = client.get("/boats?limit=2").json

    assert (page["after"], page["limit"]) == ("B1", 2)


def test_facts_of_a_page_are_told_of_pages_alone(tmp_path: Path) -> None:
    envelope = {"owner": {"self": "string"}, "links": {"self": "string", "first": "string"}}
    page = (
        boats(tmp_path, schema_of(envelope), {"limit": "integer", "page": "integer"})
        .get("/boats?limit=2")
        .json
    )

    assert page["links"]["self"].endswith("/harbour/boats?limit=2")
    assert page["links"]["first"] == page["links"]["self"]
    assert "boats" not in page["owner"]["self"]


def test_what_only_an_example_of_a_last_page_has_does_not_end_a_walk(tmp_path: Path) -> None:
    envelope = schema_of({"_links": {"next": "string", "last": "string"}}, is_needed=False)
    asked = {"pageSize": "integer", "pageNumber": "integer"}
    example = {"rows": [], "_links": {"last": "https://example.com/boats?pageNumber=2"}}
    client = boats(tmp_path, envelope, asked, example=example)

    assert "pageNumber=2" in client.get("/boats?pageSize=2&pageNumber=1").json["_links"]["next"]


def test_pages_of_scim_begin_with_one(tmp_path: Path) -> None:
    envelope = schema_of({"startIndex": "integer", "totalResults": "integer"})
    client = boats(tmp_path, envelope, {"count": "string", "startIndex": "string"})

    first, second = client.get("/boats?count=2").json, client.get("/boats?count=2&startIndex=3").json

    assert (first["startIndex"], second["startIndex"], second["totalResults"]) == (1, 3, 5)
    assert [one["id"] for one in second["rows"]] == ["B2", "B3"]


def test_a_default_of_a_cursor_is_the_first_page(tmp_path: Path) -> None:
    client = boats(
        tmp_path,
        schema_of({"next_cursor": "string"}, is_needed=False),
        {"limit": "integer", "cursor": "string"},
    )

    assert client.get("/boats?limit=2&cursor=").json["next_cursor"] == "B1"


def test_a_flag_for_more_is_told_by_any_name(tmp_path: Path) -> None:
    envelope = schema_of({"more_items_in_collection": "boolean", "next_start": "integer"}, is_needed=False)
    client = boats(tmp_path, envelope, {"limit": "integer", "start": "integer"})

    first, last = client.get("/boats?limit=2").json, client.get("/boats?limit=2&start=4").json

    assert (first["more_items_in_collection"], first["next_start"]) == (True, 2)
    assert (last["more_items_in_collection"], last.get("next_start")) == (False, None)


@pytest.mark.parametrize(
    ("first", "last"),
    [("first_id", "last_id"), ("firstCursor", "lastCursor"), ("first_item_id", "last_item_id")],
)
@pytest.mark.parametrize("is_inside", [False, True])
def test_a_walk_by_the_last_rows_key_shows_each_record_once_and_ends(
    tmp_path: Path, first: str, last: str, *, is_inside: bool
) -> None:
    ends = {first: "string", last: "string"}
    form = {"paging": ends, "has_more": "boolean"} if is_inside else {**ends, "has_more": "boolean"}
    client = boats(tmp_path, schema_of(form), {"limit": "integer", "after": "string"})

    seen, told, address = [], [], "/boats?limit=2"
    for _ in range(3):
        page = client.get(address).json
        seen.append([one["id"] for one in page["rows"]])
        around = page["paging"] if is_inside else page
        told.append((around[first], around[last], page["has_more"]))
        address = f"/boats?limit=2&after={around[last]}"

    assert seen == [["B0", "B1"], ["B2", "B3"], ["B4"]]
    assert told == [("B0", "B1", True), ("B2", "B3", True), ("B4", "B4", False)]


@pytest.mark.parametrize(
    ("node", "is_needed", "told"),
    [
        ({"type": "string", "nullable": True}, True, {"last_id": None}),
        ({"type": "string", "nullable": True}, False, {"last_id": None}),
        ({"type": "string", "example": "boat_456"}, False, {}),
        ({"type": "string", "example": "boat_456"}, True, {"last_id": ""}),
    ],
)
def test_an_empty_page_names_no_row(tmp_path: Path, node: Any, told: Any, *, is_needed: bool) -> None:
    envelope = {"type": "object", "properties": {"last_id": node}}
    envelope |= {"required": ["last_id"]} if is_needed else {}
    client = boats(tmp_path, envelope, {"limit": "integer", "after": "string"})

    assert client.get("/boats?after=B4").json == {**told, "rows": []}


@pytest.mark.parametrize(
    ("declared", "query", "status"),
    [
        ("400", "?cursor=garbage", 400),
        ("4XX", "?cursor=garbage", 400),
        ("default", "?cursor=garbage", 200),
        ("", "?cursor=garbage", 200),
        ("400", "?cursor=B1", 200),
        ("400", "?cursor=B4", 200),
        ("400", "?cursor=", 200),
        ("400", "?cursor=*", 200),
        ("400", "", 200),
    ],
)
def test_a_cursor_that_no_page_gave_is_refused_if_a_400_is_declared(
    tmp_path: Path, declared: str, query: str, status: int
) -> None:
    asked = {"limit": "integer", "cursor": {"type": "string", "default": "*"}}
    client = boats(tmp_path, schema_of({"next_cursor": "string"}, is_needed=False), asked, refused=declared)

    answer = client.get(f"/boats{query}")

    assert answer.status == status
    assert status == 200 or "no page gave this cursor" in answer.headers["mock-reason"]


def test_a_walk_goes_on_after_a_record_that_the_call_does_not_select_any_more(tmp_path: Path) -> None:
    asked = {"limit": "integer", "cursor": "string", "id": "string", "q": "string"}
    client = boats(tmp_path, schema_of({"next_cursor": "string"}, is_needed=False), asked, refused="400")

    assert [one["id"] for one in client.get("/boats?q=B3&cursor=B1").json["rows"]] == ["B3"]
