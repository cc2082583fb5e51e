"""Where the items of a batch stand in its request and reply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.journal.replay import item_places
from mockserver.model import Action, Reply
from mockserver.spec.openapi import Operation
from tests.support import sample_vendor
from tests.support.journal_entries import ENTRY, item_results


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    return sample_vendor.load_sample(tmp_path_factory.mktemp("specs")).operations["putOrders"]


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """The operation with an answer that has maps of problems."""
    made = sample_vendor.changed_document(
        "/paths/~1orders/put/x-batch/outcome", {"count": "/count", "maps": ["/errors", "/warnings"]}
    )
    return sample_vendor.load_sample(tmp_path_factory.mktemp("mapped"), made).operations["putOrders"]


def places(operation: Operation | None, reply: Any, *keys: str, body: bytes = b"{}") -> list[Any]:
    """Where the items with these keys are, as pairs."""
    entry = replace(
        ENTRY,
        call=replace(ENTRY.call, body=body),
        reply=Reply(207, json.dumps(reply).encode(), "application/json"),
        decided=item_results(*((key, Action.CREATED) for key in keys)),
    )
    return [(place["sent"], place["reported"]) for place in item_places(entry, operation)]


def row(key: str) -> dict[str, Any]:
    return {"status": 201, "order": {"id": key}}


def test_rows_are_found_by_their_keys(operation: Operation) -> None:
    assert places(operation, {"results": [row("B"), row("A")]}, "A", "B") == [
        ("/orders/0", "/results/1"),
        ("/orders/1", "/results/0"),
    ]


def test_rows_without_keys_are_found_by_their_place(operation: Operation) -> None:
    assert places(operation, {"results": [{}, {}]}, "A", "B") == [
        ("/orders/0", "/results/0"),
        ("/orders/1", "/results/1"),
    ]


def test_an_item_that_the_reply_leaves_out_is_nowhere_in_it(operation: Operation) -> None:
    assert places(operation, {"results": [row("B")]}, "A", "B") == [
        ("/orders/0", None),
        ("/orders/1", "/results/0"),
    ]


@pytest.mark.parametrize("reply", [None, {}, {"results": 3}, []])
def test_a_reply_of_another_shape_tells_nothing(operation: Operation, reply: Any) -> None:
    assert places(operation, reply, "A") == [("/orders/0", None)]


def test_maps_of_problems_are_read_by_key_part_of_it_or_index(mapped: Operation) -> None:
    reply = {"errors": {"A": ["bad"], "2": ["bad"]}, "warnings": {"c~/1": []}}

    assert places(mapped, reply, "A", "x/A", "z", "c~/1") == [
        ("/orders/0", "/errors/A"),
        ("/orders/1", "/errors/A"),
        ("/orders/2", "/errors/2"),
        ("/orders/3", "/warnings/c~0~11"),
    ]


def test_a_bare_item_is_the_whole_body(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/paths/~1orders/put/x-batch/bare-item", True)  # noqa: FBT003 - a value
    operation = sample_vendor.load_sample(tmp_path, made).operations["putOrders"]

    assert places(operation, {}, "A", body=b'{"id":"A"}') == [("", None)]
    assert places(operation, {}, "A", body=b'{"orders":[{"id":"A"}]}') == [("/orders/0", None)]


def test_a_call_without_operation_has_no_places() -> None:
    assert places(None, {"results": [{}]}, "A") == [(None, None)]
