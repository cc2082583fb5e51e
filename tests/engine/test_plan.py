from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.codec.json import decode
from mockserver.engine.plan import CompiledBody, compile_operations
from mockserver.errors import MalformedBody, SpecError
from tests.support import sample_vendor
from tests.support.engine_samples import CALL

CONTENT = "/paths/~1orders/put/requestBody/content/application~1json"
LIST = {"type": "array", "items": {"$ref": "#/components/schemas/Order"}}


def body(
    folder: Path, made: dict[str, Any] | None = None, media_type: str = "application/json"
) -> CompiledBody:
    return compile_operations(sample_vendor.load_sample(folder, made), {})["putOrders"].bodies[media_type]


def test_the_envelope_leaves_the_items_to_the_judge(tmp_path: Path) -> None:
    assert body(tmp_path).whole.accepts({"orders": [None, {"amount": "many"}]})


@pytest.mark.parametrize("document", [{}, {"orders": {}}, {"orders": None}, []], ids=str)
def test_the_envelope_wants_a_list(tmp_path: Path, document: Any) -> None:
    assert not body(tmp_path).whole.accepts(document)


def test_the_closed_schemas_refuse_unknown_members_of_the_envelope_and_of_items(tmp_path: Path) -> None:
    compiled = body(tmp_path)
    items = compiled.items

    assert items is not None
    assert [
        compiled.closed.accepts({"orders": [{"more": 1}]}),
        compiled.closed.accepts({"orders": [], "more": 1}),
        [*items.closed.find_invalid([{"id": "A", "amount": 1}], 0)],
        [*items.closed.find_invalid([{"id": "A"}], 0)],
        [*items.closed.find_invalid([{"id": "A", "amount": 1, "more": 1}], 0)],
    ] == [True, False, [], [0], [0]]


@pytest.mark.parametrize("places", [[], [0], [2], [0, 1, 2], [1, 3]], ids=str)
def test_the_items_that_break_the_closed_schema_are_found(tmp_path: Path, places: list[int]) -> None:
    items = body(tmp_path).items
    good, bad = {"id": "A", "amount": 1}, {"id": "A", "amount": 1, "more": 1}

    assert items is not None
    assert [*items.closed.find_invalid([bad if index in places else good for index in range(4)], 0)] == places


def test_an_item_that_is_too_deep_to_be_looked_at_is_not_proven(tmp_path: Path) -> None:
    items = body(tmp_path).items
    good, deep = {"id": "A", "amount": 1}, decode(b'{"id":' + b"[" * 500 + b"]" * 500 + b"}")

    assert items is not None
    assert 1 in items.closed.find_invalid([good, deep], 0)


def test_an_operation_without_batch_has_no_items(tmp_path: Path) -> None:
    plans = compile_operations(sample_vendor.load_sample(tmp_path), {})

    assert plans["listOrders"].bodies == {}


def test_the_body_itself_can_be_the_list(tmp_path: Path) -> None:
    made = sample_vendor.changed_document(f"{CONTENT}/schema", LIST)
    made["paths"]["/orders"]["put"]["x-batch"]["items"] = ""

    items = body(tmp_path, made).items

    assert items is not None
    assert items.batch.items == ()


def test_a_list_far_inside_is_found(tmp_path: Path) -> None:
    inner = {"type": "object", "required": ["list"], "properties": {"list": LIST}}
    made = sample_vendor.changed_document(
        f"{CONTENT}/schema", {"type": "object", "required": ["in"], "properties": {"in": inner}}
    )
    made["paths"]["/orders"]["put"]["x-batch"]["items"] = "/in/list"

    assert body(tmp_path, made).whole.accepts({"in": {"list": [None]}})


def test_a_media_type_may_be_read_by_a_schema_of_its_own(tmp_path: Path) -> None:
    lax = {"type": "object", "properties": {"orders": {"type": "array", "items": {}}}}
    made = sample_vendor.changed_document(f"{CONTENT}/x-binder", {"schema": lax})

    assert body(tmp_path, made).closed.accepts({"orders": [1]})


def test_the_items_know_their_members(tmp_path: Path) -> None:
    items = body(tmp_path).items

    assert items is not None
    assert items.members == {"id", "amount", "note"}


def test_a_schema_without_free_members_is_shallow(tmp_path: Path) -> None:
    assert body(tmp_path).shallow


@pytest.mark.parametrize(
    ("reading", "sent"),
    [
        ({"format": "json"}, b'[{"Id":"A"}]'),
        ({"format": "json", "lenient": True}, b"[{Id:'A'}]"),
        ({"format": "indexed-form"}, b"[0].Id=A"),
        (
            {"format": "data-contract", "root": "L", "item": "O", "namespace": "urn:x"},
            b'<L xmlns="urn:x"><O><Id>A</Id></O></L>',
        ),
    ],
    ids=["json", "lenient", "form", "data-contract"],
)
def test_a_media_type_is_read_in_its_format(tmp_path: Path, reading: dict[str, Any], sent: bytes) -> None:
    order = {"type": "object", "properties": {"Id": {"type": "string"}}}
    made = sample_vendor.changed_document(
        CONTENT, {"schema": {"type": "array", "items": order}, "x-binder": reading}
    )
    made["paths"]["/orders"]["put"]["x-batch"]["items"] = ""

    assert body(tmp_path, made).decode(replace(CALL, body=sent), "utf-8", 99) == [{"Id": "A"}]


REFUSED: dict[str, tuple[str, Any, str]] = {
    "not-in-the-schema": (
        "/paths/~1orders/put/x-batch/items",
        "/lines",
        "acme: putOrders: application/json: x-batch.items: /lines is not in the request schema",
    ),
    "no-list": (
        "/paths/~1orders/put/x-batch/items",
        "",
        "acme: putOrders: application/json: x-batch.items does not point at a list",
    ),
    "format": (
        f"{CONTENT}/x-binder",
        {"format": "csv"},
        (
            "acme: putOrders: application/json: x-binder.format: unknown csv; "
            "known are json, xml, xml-form, data-contract, indexed-form, nested-form, form, lines, octets"
        ),
    ),
}


@pytest.mark.parametrize(("pointer", "value", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_body_that_cannot_be_read_is_refused_at_start_up(
    tmp_path: Path, pointer: str, value: Any, message: str
) -> None:
    with pytest.raises(SpecError) as refused:
        body(tmp_path, sample_vendor.changed_document(pointer, value))

    assert str(refused.value) == message


def test_a_schema_that_is_none_is_refused_by_its_place(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/components/schemas/Order/type", "thing")

    with pytest.raises(SpecError, match="acme: putOrders: application/json: schema cannot be compiled"):
        body(tmp_path, made)


@pytest.mark.parametrize(("value", "read"), [("on", [{"Id": "A"}]), ("off", None)])
def test_an_assumption_may_say_whether_json_is_read_leniently(tmp_path: Path, value: str, read: Any) -> None:
    order = {"type": "object", "properties": {"Id": {"type": "string"}}}
    made = sample_vendor.changed_document(
        CONTENT, {"schema": {"type": "array", "items": order}, "x-binder": {"lenient": "lenient_json"}}
    )
    made["paths"]["/orders"]["put"]["x-batch"]["items"] = ""
    decode = body(tmp_path, made).decode

    try:
        found = decode(replace(CALL, body=b"[{Id:'A'}]", assumptions={"lenient_json": value}), "utf-8", 99)
    except MalformedBody:
        found = None
    assert found == read
