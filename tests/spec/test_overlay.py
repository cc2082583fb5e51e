"""Overlays change a document as their actions say, and say what they cannot change."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.errors import SpecError
from mockserver.spec.overlay import apply_overlays, read_overlay

DOCUMENT: dict[str, Any] = {
    "info": {"title": "Shop", "version": "1"},
    "tags": ["orders"],
    "paths": {
        "/orders": {"get": {"tags": ["a", "b"], "summary": "list"}, "post": {"summary": "make"}},
        "/parts": {"$ref": "#/x-parts/parts.yaml"},
    },
    "x-parts": {"parts.yaml": {"get": {"summary": "parts"}}},
}
ORDERS = "$.paths['/orders']"


def overlay_file(folder: Path, *actions: Any, **members: Any) -> Path:
    file = folder / "o.yaml"
    file.write_bytes(json.encode({"overlay": "1.0.0", "actions": list(actions), **members}))
    return file


def changed(folder: Path, *actions: Any) -> tuple[dict[str, Any], list[str]]:
    document = deepcopy(DOCUMENT)
    notes = list(apply_overlays(document, [read_overlay(overlay_file(folder, *actions))]))
    return document, [note.message for note in notes]


@pytest.mark.parametrize(
    ("action", "target", "expected"),
    [
        ({"target": "$.info", "update": {"title": "X"}}, "info", {"title": "X", "version": "1"}),
        ({"target": "$", "update": {"info": {"title": "X"}}}, "info", {"title": "X", "version": "1"}),
        ({"target": "$.tags", "update": "more"}, "tags", ["orders", "more"]),
        ({"target": "$.tags", "update": ["more"]}, "tags", ["orders", "more"]),
        ({"target": "$.info.title", "update": "X"}, "info", {"title": "X", "version": "1"}),
        ({"target": "$.info", "copy": ORDERS + ".post"}, "info", DOCUMENT["info"] | {"summary": "make"}),
        ({"target": "$", "remove": True}, "info", DOCUMENT["info"]),
        ({"target": "$.info.title", "remove": True, "update": "X"}, "info", {"version": "1"}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_action_changes_its_target(tmp_path: Path, action: Any, target: str, expected: Any) -> None:
    document, notes = changed(tmp_path, action)

    assert (document[target], notes) == (expected, [])


def test_all_elements_that_a_target_finds_are_removed(tmp_path: Path) -> None:
    document, _ = changed(tmp_path, {"target": f"{ORDERS}.get.tags[*]", "remove": True})

    assert document["paths"]["/orders"]["get"]["tags"] == []


def test_lists_inside_an_update_are_joined(tmp_path: Path) -> None:
    document, _ = changed(tmp_path, {"target": ORDERS, "update": {"get": {"tags": ["c"]}}})

    assert document["paths"]["/orders"]["get"] == {"tags": ["a", "b", "c"], "summary": "list"}


def test_an_operation_in_another_file_is_found_and_its_file_stays(tmp_path: Path) -> None:
    document, notes = changed(tmp_path, {"target": "$.paths['/parts'].get", "update": {"summary": "X"}})

    assert (document["paths"]["/parts"], notes) == ({"get": {"summary": "X"}}, [])
    assert document["x-parts"] == DOCUMENT["x-parts"]


@pytest.mark.parametrize("query", ["[2,0]", "[::-2]", "[0,0,2]"])
def test_elements_are_removed_once_in_whatever_order_they_are_found(tmp_path: Path, query: str) -> None:
    document = {"tags": ["a", "b", "c"]}
    overlay = read_overlay(overlay_file(tmp_path, {"target": f"$.tags{query}", "remove": True}))

    assert list(apply_overlays(document, [overlay])) == []
    assert document == {"tags": ["b"]}


def test_targets_share_neither_a_change_nor_an_alias(tmp_path: Path) -> None:
    shared = {"200": {"description": "done"}}
    document = {"paths": {"/a": {"get": shared}, "/b": {"get": shared}}}
    actions = [
        {"target": "$.paths.*.get", "update": {"x-a": {"deep": {"b": 1, "c": 2}}}},
        {"target": "$.paths['/a'].get['200']", "update": {"description": "changed"}},
        {"target": "$.paths['/a'].get['x-a'].deep.b", "remove": True},
    ]
    overlay = read_overlay(overlay_file(tmp_path, *actions))

    assert [list(apply_overlays(deepcopy(document), [overlay])) for _ in range(2)] == [[], []]
    list(apply_overlays(document, [overlay]))
    assert document["paths"]["/b"] == {
        "get": {"200": {"description": "done"}, "x-a": {"deep": {"b": 1, "c": 2}}}
    }


def test_a_target_that_is_not_there_is_told(tmp_path: Path) -> None:
    document, notes = changed(tmp_path, {"target": "$.paths['/x']", "remove": True})

    assert (document["info"], notes) == (
        DOCUMENT["info"],
        ["o.yaml: actions[0]: $.paths['/x'] is not in the file"],
    )


@pytest.mark.parametrize(
    ("actions", "members", "message"),
    [
        ([], {}, "actions is missing, or empty"),
        ([{}], {"overlay": "2.0.0"}, "expected an OpenAPI Overlay"),
        (["x"], {}, "actions[0]: expected a mapping with target, a JSONPath"),
        ([{"target": "$.info"}], {}, "actions[0]: expected one of update, remove, copy"),
        ([{"target": "$.info", "remove": "yes"}], {}, "actions[0]: remove is true or false, copy a JSONPath"),
        ([{"target": "/info", "remove": True}], {}, "actions[0]: /info is not a JSONPath"),
        ([{"target": "$.info", "copy": "$["}], {}, "actions[0]: $[ is not a JSONPath"),
    ],
)
def test_a_file_that_is_no_overlay_is_refused(
    tmp_path: Path, actions: list[Any], members: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpecError, match=r"^o\.yaml: ") as refused:
        read_overlay(overlay_file(tmp_path, *actions, **members))

    assert refused.value.message.startswith(message)
    assert refused.value.cure


@pytest.mark.parametrize(
    ("extends", "expected"),
    [("", ""), ("https://x.example/v1/shop%20api.yaml", "shop api.yaml"), ("./shop.yaml", "shop.yaml")],
)
def test_an_overlay_names_the_file_that_it_extends(tmp_path: Path, extends: str, expected: str) -> None:
    file = overlay_file(tmp_path, {"target": "$", "update": {}}, extends=extends)

    assert read_overlay(file).extends == expected
