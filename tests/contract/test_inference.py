"""A spec with `x-batch` is enough for sequences: items, keys, corruptions, how to read them again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mockserver.contract import inference
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.loading import load_api
from mockserver.contract.profile import BatchProfile, DrawnValues, Profile
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.sequences import run, sequence
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from mockserver.spec.openapi import Spec
from tests.contract.stateful.shop import unjudged
from tests.support import sample_vendor

ORDER = "/components/schemas/Order"
DRAWN = DrawnValues(3, Decimal("19.99"))


def only(spec: Spec) -> BatchProfile:
    (subject,) = inference.infer_batches(spec)
    return subject


def changed(tmp_path: Path, pointer: str, value: Any = None) -> Spec:
    return sample_vendor.load_sample(tmp_path, sample_vendor.changed_document(pointer, value))


def told(tmp_path: Path, app: Callable[[Any, Any, Any], Awaitable[None]], *only: str) -> FindingLedger:
    ledger = FindingLedger()
    contracted = load_api(tmp_path / "acme.yaml")
    with Target(Address("http://testserver/acme", app, {"authorization": "Bearer any"})) as target:
        run_parts(
            run.plan_stateful(Trial(contracted, target, RunConfig(1, 12, frozenset(only)), ledger, unjudged)),
            ledger,
        )
    return ledger


def test_an_item_has_what_the_schema_requires_and_what_tells_items_apart(tmp_path: Path) -> None:
    subject = only(sample_vendor.load_sample(tmp_path))

    assert subject.item("k1", DRAWN) == {"id": "k1", "amount": Decimal("19.99"), "note": "v3"}


def test_a_record_holds_exact_amounts(tmp_path: Path) -> None:
    assert only(sample_vendor.load_sample(tmp_path)).record("k1", DRAWN)["amount"] == Decimal("19.990")


def test_the_example_of_a_schema_is_the_item(tmp_path: Path) -> None:
    example = {"id": "X", "amount": 4, "colour": "red"}

    item = only(changed(tmp_path, f"{ORDER}/example", example)).item("k1", DRAWN)

    assert item["colour"] == "red"
    assert item["id"] == "k1"


@pytest.mark.parametrize(
    ("schema", "key"),
    [
        ({"type": "integer"}, "1003"),
        ({"type": "string", "maxLength": 5}, "k1003"),
        ({"type": "string", "format": "uuid"}, "00000000-0000-4000-8000-000000001003"),
        ({"type": "string", "pattern": "^[A-Z]+$"}, "BAAD"),
        ({"type": "string", "pattern": "^[0-9]{8}$"}, "00001003"),
    ],
    ids=["integer", "short", "uuid", "letters", "digits"],
)
def test_a_key_is_of_its_schema(tmp_path: Path, schema: dict[str, Any], key: str) -> None:
    assert only(changed(tmp_path, f"{ORDER}/properties/id", schema)).key(3) == key


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        (f"{ORDER}/properties/id", {"type": "string", "pattern": "^x(?=y)"}),
        (f"{ORDER}/properties/id", {"type": "string", "enum": ["a", "b"]}),
        (f"{ORDER}/properties/amount", {"type": "string", "pattern": "^x(?=y)"}),
        ("/paths/~1orders/put/x-batch/collection", "elsewhere"),
    ],
    ids=["no key", "few keys", "no good item", "nothing to read"],
)
def test_a_spec_that_says_too_little_has_no_sequences(tmp_path: Path, pointer: str, value: Any) -> None:
    assert inference.infer_batches(changed(tmp_path, pointer, value)) == ()


def test_items_are_corrupted_by_keyword(tmp_path: Path) -> None:
    names = {one.name for one in only(sample_vendor.load_sample(tmp_path)).corruptions}

    assert names == {
        "no amount",
        "no number for its amount",
        "an amount that is too small",
        "no string for its note",
        "a note that is too long",
    }


def test_what_is_fatal_refuses_the_call(tmp_path: Path) -> None:
    subject = only(changed(tmp_path, "/paths/~1orders/put/x-batch/fatal", ["required"]))

    assert {one.name for one in subject.corruptions if one.refuses_call} == {"no amount"}


def test_our_own_server_has_no_finding(tmp_path: Path) -> None:
    ledger = told(tmp_path, sample_vendor.create_application(tmp_path))

    assert [one.message for one in ledger.findings] == []
    assert ledger.made["putOrders", "bad-items-are-refused"]


def test_a_server_that_says_done_to_everything_is_found_out(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)

    async def blind(scope: Any, receive: Any, send: Any) -> None:
        async def sent(message: Any) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": message["body"].replace(b'"status":422', b'"status":200')}
            await send(message)

        await application(scope, receive, sent)

    ledger = told(tmp_path, blind, "bad-items-are-refused")

    assert [one.check for one in ledger.findings] == ["bad-items-are-refused"]


def test_a_profile_comes_before_what_is_derived(tmp_path: Path) -> None:
    spec = sample_vendor.load_sample(tmp_path)
    mine = only(spec)
    contracted = ApiUnderTest("acme", spec, Profile(batches=lambda _facts: (mine, mine)))

    assert sequence.batch_profiles_of(contracted) == (mine, mine)


def test_a_key_of_two_members_is_joined_and_read_by_both(tmp_path: Path) -> None:
    document = sample_vendor.document()
    order = document["components"]["schemas"]["Order"]
    order["properties"]["line"] = {"type": "integer", "minimum": 1}
    document["paths"]["/orders"]["put"]["x-batch"]["key"] = ["id", "line"]
    place = document["paths"].pop("/orders/{id}")
    line = {"name": "line", "in": "path", "required": True, "schema": {"type": "integer"}}
    place["get"]["parameters"].append(line)
    document["paths"]["/orders/{id}/{line}"] = place

    subject = only(sample_vendor.load_sample(tmp_path, document))

    assert subject.key(3) == "k1003/1000"
    assert subject.item("k1003/1000", DRAWN)["id"] == "k1003"
    assert subject.read("k1003/1000", 0).path == "/orders/k1003/1000"


def test_the_member_that_tells_items_apart_has_its_minimum_length(tmp_path: Path) -> None:
    note = {"type": "string", "minLength": 7, "maxLength": 10}

    assert only(changed(tmp_path, f"{ORDER}/properties/note", note)).item("k1", DRAWN)["note"] == "vvvvvv3"


def test_a_member_that_a_read_does_not_show_is_not_compared(tmp_path: Path) -> None:
    document = sample_vendor.document()
    shown = {"type": "object", "properties": {"id": {"type": "string"}, "amount": {"type": "number"}}}
    content = document["paths"]["/orders/{id}"]["get"]["responses"]["200"]["content"]
    content["application/json"]["schema"] = shown

    subject = only(sample_vendor.load_sample(tmp_path, document))

    assert subject.record("k1", DRAWN) == {"id": "k1", "amount": Decimal("19.99")}


LINE = {
    "type": "object",
    "required": ["sku"],
    "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}},
}
CARD = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}


def with_member(tmp_path: Path, schema: dict[str, Any]) -> Spec:
    """The sample vendor whose items must have `more`, of this schema."""
    document = sample_vendor.document()
    document["components"]["schemas"] |= {"Line": LINE, "Card": CARD}
    order = document["components"]["schemas"]["Order"]
    order["required"].append("more")
    order["properties"]["more"] = schema
    return sample_vendor.load_sample(tmp_path, document)


A_LINE = {"$ref": "#/components/schemas/Line"}
A_CARD = {"$ref": "#/components/schemas/Card"}
SKU = {"sku": "k1000"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "array", "minItems": 1, "items": A_LINE}, [SKU]),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": A_LINE}, [SKU, {"sku": "k1001"}]),
        ({"type": "array", "items": A_LINE}, []),
        ({"type": "object", "required": ["in"], "properties": {"in": A_LINE}}, {"in": SKU}),
        ({"allOf": [A_LINE, {"required": ["n"]}]}, {"sku": "k1000", "n": 1000}),
        ({"nullable": True, "allOf": [A_LINE]}, SKU),
        ({"anyOf": [{"type": "string", "pattern": "^x(?=y)"}, {"type": "boolean"}]}, True),
        ({"oneOf": [A_CARD], "discriminator": {"propertyName": "kind"}}, {"kind": "Card"}),
        (
            {
                "oneOf": [A_CARD],
                "discriminator": {"propertyName": "kind", "mapping": {"card": A_CARD["$ref"]}},
            },
            {"kind": "card"},
        ),
        ({"type": "number", "minimum": 2000, "exclusiveMinimum": True}, Decimal("2000.01")),
        ({"type": "number", "maximum": 7, "exclusiveMaximum": True, "minimum": 6.5}, Decimal("6.99")),
        ({"type": "integer", "multipleOf": 7, "minimum": 1003}, 1008),
    ],
    ids=str,
)
def test_a_good_item_has_what_a_member_of_it_must_have(
    tmp_path: Path, schema: dict[str, Any], value: Any
) -> None:
    assert only(with_member(tmp_path, schema)).item("k1", DRAWN)["more"] == value


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "not": {"minLength": 1}},
        {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "boolean"}},
        {
            "type": "object",
            "required": ["self"],
            "properties": {"self": {"$ref": "#/components/schemas/Order"}},
        },
        {"oneOf": [{"type": "boolean"}, {"enum": [True]}]},
    ],
    ids=["not", "few different", "without end", "both"],
)
def test_where_no_good_item_can_be_made_up_there_is_none(tmp_path: Path, schema: dict[str, Any]) -> None:
    assert inference.infer_batches(with_member(tmp_path, schema)) == ()


def test_an_item_of_several_schemas_has_the_members_of_all(tmp_path: Path) -> None:
    whole = {
        "allOf": [
            {"$ref": "#/components/schemas/Line"},
            sample_vendor.document()["components"]["schemas"]["Order"],
        ]
    }
    document = sample_vendor.document()
    document["components"]["schemas"] |= {"Line": LINE, "Order": whole}

    item = only(sample_vendor.load_sample(tmp_path, document)).item("k1", DRAWN)

    assert item == {"id": "k1", "sku": "k1000", "amount": Decimal("19.99"), "note": "v3"}


def test_an_amount_is_only_drawn_where_the_schema_takes_what_is_drawn(tmp_path: Path) -> None:
    steps = {
        "type": "number",
        "minimum": 5,
        "exclusiveMinimum": True,
        "maximum": 5.2,
        "exclusiveMaximum": True,
    }

    spec = changed(tmp_path, f"{ORDER}/properties/amount", steps)

    assert [5 < only(spec).item("k1", DrawnValues(1, Decimal(one)))["amount"] < 5.2 for one in (1, 5, 6)] == [
        True
    ] * 3


def test_what_only_requests_or_only_answers_have_is_not_compared(tmp_path: Path) -> None:
    document = sample_vendor.document()
    order = document["components"]["schemas"]["Order"]
    order["required"] += ["seen", "pin"]
    order["properties"] |= {
        "seen": {"type": "integer", "readOnly": True},
        "pin": {"type": "string", "writeOnly": True},
    }

    subject = only(sample_vendor.load_sample(tmp_path, document))

    assert subject.item("k1", DRAWN).keys() == {"id", "amount", "note", "pin"}
    assert subject.record("k1", DRAWN).keys() == {"id", "amount", "note"}
