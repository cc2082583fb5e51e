from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.codec.http import parse_content_type
from mockserver.engine.batch import EnvelopeReader
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import InvalidCall, MalformedBody, Refusal, TooManyItems, UnsupportedMediaType
from mockserver.model import Call, Json
from mockserver.spec.openapi import RouteMatch
from tests.support import sample_vendor
from tests.support.engine_samples import CALL, loaded_vendor, open_call, refuse_dispatch

GOOD = b'{"orders": [{"id": "A-1", "amount": 1}]}'


def sent(body: bytes, content_type: str = "application/json") -> Call:
    return replace(CALL, body=body, headers={"content-type": content_type})


@pytest.fixture
def acme(tmp_path: Path) -> LoadedVendor:
    return loaded_vendor(tmp_path)


def test_a_batch_is_parted_into_items(acme: LoadedVendor) -> None:
    request = open_call(acme, sent(b'{"orders": [{"id": "A", "amount": 1}, null, {"amount": 2}]}'))

    assert [(item.index, item.key, item.document) for item in request.items] == [
        (0, "A", {"id": "A", "amount": 1}),
        (1, "", None),
        (2, "", {"amount": 2}),
    ]


def identities(acme: LoadedVendor, *items: bytes) -> list[str]:
    request = open_call(acme, sent(b'{"orders": [' + b", ".join(items) + b"]}"))
    return [item.identity for item in request.items]


ONE, TWO = b'{"amount": 1, "note": "x"}', b'{"amount": 2}'


def test_an_item_with_a_key_is_known_by_it(acme: LoadedVendor) -> None:
    assert identities(acme, b'{"id": "A", "amount": 1}', b'{"id": "A", "amount": 2}') == ["A", "A"]


def test_items_without_a_key_are_known_by_what_they_say(acme: LoadedVendor) -> None:
    one, two, nothing = identities(acme, ONE, TWO, b"null")

    assert len({one, two, nothing, ""}) == 4
    assert identities(acme, TWO, b'{"note": "x", "amount": 1}') == [two, one]


def test_equal_items_without_a_key_are_known_by_their_place_among_their_equals(acme: LoadedVendor) -> None:
    first, other, second = identities(acme, ONE, TWO, ONE)

    assert len({first, other, second}) == 3
    assert identities(acme, ONE, ONE, TWO) == [first, second, other]


def test_a_value_may_be_no_key_and_members_may_tell_such_items_apart(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/paths/~1orders/put/x-batch/keyless", {"id": "new"})
    made["paths"]["/orders"]["put"]["x-batch"]["identity"] = ["amount"]
    vendor = loaded_vendor(tmp_path, made)

    known, one, again, two = identities(
        vendor,
        b'{"id": "A", "amount": 1}',
        b'{"id": "new", "amount": 1}',
        b'{"id": "new", "amount": 1, "note": "later"}',
        b'{"id": "new", "amount": 2}',
    )

    assert (known, one.partition("#")[0], two.partition("#")[0]) == ("A", "new", "new")
    assert again.startswith(one)
    assert len({one, again, two}) == 3


def test_a_batch_that_keeps_its_schema_is_proven(acme: LoadedVendor) -> None:
    assert not open_call(acme, sent(GOOD)).unproven


@pytest.mark.parametrize(
    "item", [b'{"id": "A"}', b'{"id": "A", "amount": 1, "more": 2}', b"null"], ids=["bad", "more", "null"]
)
def test_an_item_with_anything_else_is_not_proven_but_its_neighbours_are(
    acme: LoadedVendor, item: bytes
) -> None:
    good = b'{"id": "A-1", "amount": 1}'
    body = b'{"orders": [' + good + b", " + item + b", " + good + b"]}"

    assert open_call(acme, sent(body)).unproven == {1}


def test_an_empty_batch_is_a_batch(acme: LoadedVendor) -> None:
    assert open_call(acme, sent(b'{"orders": []}')).items == ()


@pytest.mark.parametrize(
    ("item", "key"),
    [(b'{"id": null}', ""), (b'{"id": 5}', "5"), (b'{"id": ""}', ""), (b'{"id": 1.50}', "1.50"), (b"[]", "")],
    ids=["null", "number", "empty", "decimal", "no-object"],
)
def test_the_key_is_the_text_of_its_member(acme: LoadedVendor, item: bytes, key: str) -> None:
    assert open_call(acme, sent(b'{"orders": [' + item + b"]}")).items[0].key == key


@pytest.mark.parametrize(
    ("item", "key"),
    [
        (b'{"id": "A", "note": "n"}', "A/n"),
        (b'{"id": "A/~", "note": "n"}', "A~1~0/n"),
        (b'{"id": "A", "note": null}', "A"),
        (b"{}", ""),
        (b"1", ""),
    ],
    ids=["both", "slash-inside", "one", "none", "no-object"],
)
def test_a_key_of_several_members_joins_those_there_are(tmp_path: Path, item: bytes, key: str) -> None:
    acme = loaded_vendor(
        tmp_path, sample_vendor.changed_document("/paths/~1orders/put/x-batch/key", ["id", "note"])
    )

    assert open_call(acme, sent(b'{"orders": [' + item + b"]}")).items[0].key == key


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"{}", "/orders"),
        (b'{"orders": null}', "/orders"),
        (b'{"orders": {}}', "/orders"),
        (b"[]", ""),
        (b"null", ""),
        (b"1", ""),
    ],
)
def test_an_envelope_of_another_shape_is_invalid(acme: LoadedVendor, body: bytes, pointer: str) -> None:
    with pytest.raises(InvalidCall) as refused:
        open_call(acme, sent(body))

    assert [problem.pointer for problem in refused.value.problems] == [pointer]


@pytest.mark.parametrize("body", [b"{}", b'{"orders": null}', b"[]", b"null"])
def test_a_list_that_the_schema_does_not_demand_is_demanded_all_the_same(tmp_path: Path, body: bytes) -> None:
    made = sample_vendor.document()
    schema = made["paths"]["/orders"]["put"]["requestBody"]["content"]["application/json"]["schema"]
    schema["properties"]["orders"]["nullable"] = True
    made["paths"]["/orders"]["put"]["requestBody"]["content"]["application/json"]["schema"] = {
        "properties": schema["properties"]
    }

    with pytest.raises(InvalidCall) as refused:
        open_call(loaded_vendor(tmp_path, made), sent(body))

    assert [problem.pointer for problem in refused.value.problems] == ["/orders"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"orders": [' + b"9" * 5000 + b"]}", b'"\xff"']
)
def test_a_body_that_cannot_be_read_is_malformed(acme: LoadedVendor, body: bytes) -> None:
    with pytest.raises(MalformedBody):
        open_call(acme, sent(body))


def test_an_unknown_member_nested_too_deep_is_malformed(acme: LoadedVendor) -> None:
    deep = b'{"more": ' + b"[" * 64 + b"]" * 64 + b', "orders": []}'

    with pytest.raises(MalformedBody, match="deeper than 64"):
        open_call(acme, sent(deep))


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/xml", "application/json-seq"])
def test_another_media_type_is_unsupported(acme: LoadedVendor, content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType) as refused:
        open_call(acme, sent(GOOD, content_type))

    assert refused.value.supported == ("application/json",)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON ; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; profile=x; charset=utf-8",
    ],
)
def test_a_media_type_may_be_written_in_many_ways(acme: LoadedVendor, content_type: str) -> None:
    assert open_call(acme, sent(GOOD, content_type)).media_type == "application/json"


def test_a_range_takes_every_suffix(tmp_path: Path) -> None:
    made = sample_vendor.document()
    content = made["paths"]["/orders"]["put"]["requestBody"]["content"]
    content["application/*+json"] = content.pop("application/json")

    request = open_call(loaded_vendor(tmp_path, made), sent(GOOD, "application/vnd.acme+json"))

    assert request.media_type == "application/*+json"


def test_more_items_than_the_limit_are_refused(acme: LoadedVendor) -> None:
    envelope = EnvelopeReader(acme.spec, acme.plans, acme.vendor.classify, max_items=2)

    with pytest.raises(TooManyItems) as refused:
        envelope.open(
            sent(b'{"orders": [1, 2, 3]}'), RouteMatch(acme.spec.operations["putOrders"], {}), refuse_dispatch
        )

    assert (refused.value.limit, refused.value.found) == (2, 3)


def test_a_body_that_is_not_required_may_be_absent(tmp_path: Path) -> None:
    acme = loaded_vendor(
        tmp_path, sample_vendor.changed_document("/paths/~1orders/put/requestBody/required", value=False)
    )

    assert open_call(acme, sent(b"")).document is None


def test_parameters_are_judged_before_the_body(tmp_path: Path) -> None:
    day = {"name": "day", "in": "query", "required": True, "schema": {"type": "string"}}

    with pytest.raises(InvalidCall):
        open_call(
            loaded_vendor(tmp_path, sample_vendor.changed_document("/paths/~1orders/put/parameters", [day])),
            sent(b"{"),
        )


@pytest.mark.parametrize(
    ("scope", "changes", "tenant"),
    [
        ({"in": "header", "name": "X-Tenant"}, {"headers": {"x-tenant": "one"}}, "one"),
        ({"in": "header", "name": "X-Tenant"}, {}, ""),
        ({"in": "query", "name": "tenant"}, {"query": "tenant=two"}, "two"),
        ({"in": "body", "pointer": "/tenant"}, {"body": b'{"tenant": 3, "orders": []}'}, "3"),
    ],
    ids=["header", "absent", "query", "body"],
)
def test_the_tenant_is_named_where_the_spec_says(
    tmp_path: Path, scope: dict[str, str], changes: dict[str, Any], tenant: str
) -> None:
    query = {"name": "tenant", "in": "query", "schema": {"type": "string"}}
    made = sample_vendor.changed_document("/paths/~1orders/put/parameters", [query]) | {"x-scope": [scope]}
    call = sent(b'{"orders": []}')
    headers = {**call.headers, **changes.pop("headers", {})}

    assert (
        open_call(loaded_vendor(tmp_path, made), replace(call, headers=headers, **changes)).tenant == tenant
    )


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (b'{"id": "A"}', [{"id": "A"}]),
        (b'{"orders": [{"id": "A"}]}', [{"id": "A"}]),
    ],
    ids=["bare", "list"],
)
def test_a_bare_item_is_taken_for_a_list_of_one(tmp_path: Path, body: bytes, items: Json) -> None:
    acme = loaded_vendor(
        tmp_path, sample_vendor.changed_document("/paths/~1orders/put/x-batch/bare-item", value=True)
    )

    assert [item.document for item in open_call(acme, sent(body)).items] == items


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (b'{"ID": "A"}', [{"id": "A"}]),
        (b'{"Orders": [{"Id": "A"}]}', [{"id": "A"}]),
        (b'{"Orders": [{"Id": "A"}], "ID": "B"}', [{"id": "A"}]),
    ],
    ids=["bare", "list", "both"],
)
def test_a_bare_item_is_known_in_any_case_where_names_are(tmp_path: Path, body: bytes, items: Json) -> None:
    made = sample_vendor.changed_document("/paths/~1orders/put/x-batch/bare-item", value=True)
    content = made["paths"]["/orders"]["put"]["requestBody"]["content"]["application/json"]
    content["x-binder"] = {"names": "any-case"}

    found = open_call(loaded_vendor(tmp_path, made), sent(body)).items

    assert [item.document for item in found] == items


def test_a_document_with_nothing_of_an_item_is_no_bare_item(tmp_path: Path) -> None:
    acme = loaded_vendor(
        tmp_path, sample_vendor.changed_document("/paths/~1orders/put/x-batch/bare-item", value=True)
    )

    with pytest.raises(Refusal):
        open_call(acme, sent(b'{"colour": "red"}'))


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("application/json", ("application/json", "utf-8")),
        ("TEXT/XML ;charset=UTF-16", ("text/xml", "utf-16")),
        ('a/b; x=1; Charset = "Latin-1"', ("a/b", "latin-1")),
        ("", ("", "utf-8")),
        (";", ("", "utf-8")),
    ],
)
def test_a_content_type_is_read_to_media_type_and_charset(header: str, read: tuple[str, str]) -> None:
    assert parse_content_type({"content-type": header}) == read


def test_a_body_of_any_media_type_is_read_where_the_spec_says_so(tmp_path: Path) -> None:
    made = sample_vendor.document()
    anything = {"schema": {"type": "string"}, "x-binder": {"format": "octets"}}
    made["paths"]["/orders"]["get"]["requestBody"] = {"content": {"*/*": anything}}

    request = open_call(loaded_vendor(tmp_path, made), sent(b"\xff\x00", "image/png"), "listOrders")

    assert request.document == "\xff\x00"
