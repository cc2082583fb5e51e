from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockserver.codec.http import parse_content_type
from mockserver.engine.batch import EnvelopeReader, apply_all, apply_each, judge_items
from mockserver.engine.plan import CompiledItems
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import (
    InvalidCall,
    MalformedBody,
    Refusal,
    Rejected,
    TooManyItems,
    UnsupportedMediaType,
)
from mockserver.model import Action, Call, Item, Json, Outcome, Problem, Verdict
from mockserver.sandbox.store import State
from mockserver.spec.openapi import RouteMatch
from mockserver.vendor import CompleteBatchHandler, Request, StoreItem, ignore_unknown_parameters, store_each
from tests.support import sample_vendor
from tests.support.engine_samples import (
    CALL,
    apply_batch,
    batch_handler,
    loaded_vendor,
    open_call,
    orders,
    refuse_dispatch,
    render_nothing,
    request,
    store,
    store_order,
    stored,
    transact,
)

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

    assert open_call(acme, sent(body)).unproven.keys() == {1}


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


ROOM = CompleteBatchHandler(store_each(store_order), render_nothing)
GOOD_ITEM = {"id": "A-1", "amount": 1}


def plan(folder: Path, made: dict[str, Json] | None = None) -> CompiledItems:
    found = loaded_vendor(folder, made).plans["putOrders"].bodies["application/json"].items
    assert found is not None
    return found


def fatal(*rules: str) -> dict[str, Json]:
    return sample_vendor.changed_document("/paths/~1orders/put/x-batch/fatal", list(rules))


def codes(verdict: Verdict) -> list[str]:
    return [problem.code for problem in verdict.problems]


def too_dear(item: Item, _request: Request) -> Iterable[Problem]:
    yield Problem("too-dear", ("orders", item.index, "amount"), f"{item.document.get('amount')} is too dear")


def test_good_items_have_no_verdict(tmp_path: Path) -> None:
    assert judge_items(request(GOOD_ITEM, GOOD_ITEM), plan(tmp_path), ROOM, ignore_unknown_parameters) == {}


def test_a_bad_item_is_judged_alone(tmp_path: Path) -> None:
    verdicts = judge_items(
        request(GOOD_ITEM, {"id": "A-2"}, GOOD_ITEM), plan(tmp_path), ROOM, ignore_unknown_parameters
    )

    assert {index: codes(verdict) for index, verdict in verdicts.items()} == {1: ["missing-required"]}


def test_problems_are_all_there_in_the_order_of_the_fields(tmp_path: Path) -> None:
    item = {"note": "longer than ten", "amount": -1, "id": ""}

    verdict = judge_items(request(item), plan(tmp_path), ROOM, ignore_unknown_parameters)[0]

    assert [problem.pointer for problem in verdict.problems] == [
        "/orders/0/id",
        "/orders/0/amount",
        "/orders/0/note",
    ]


@pytest.mark.parametrize("item", [None, 1, "text", [], True], ids=str)
def test_an_item_that_is_no_object_is_of_the_wrong_type(tmp_path: Path, item: Json) -> None:
    assert codes(judge_items(request(item), plan(tmp_path), ROOM, ignore_unknown_parameters)[0]) == [
        "wrong-type"
    ]


def test_rules_see_only_objects(tmp_path: Path) -> None:
    room = CompleteBatchHandler(store_each(store_order), render_nothing, rules=(too_dear,))

    assert codes(judge_items(request("text"), plan(tmp_path), room, ignore_unknown_parameters)[0]) == [
        "wrong-type"
    ]


def test_rules_of_the_vendor_follow_those_of_the_schema(tmp_path: Path) -> None:
    room = CompleteBatchHandler(store_each(store_order), render_nothing, rules=(too_dear,))

    verdict = judge_items(
        request({"id": "A-1", "amount": -1}), plan(tmp_path), room, ignore_unknown_parameters
    )[0]

    assert codes(verdict) == ["out-of-range", "too-dear"]


def test_rules_run_on_proven_items_too(tmp_path: Path) -> None:
    room = CompleteBatchHandler(store_each(store_order), render_nothing, rules=(too_dear,))

    assert codes(
        judge_items(request(GOOD_ITEM, unproven=()), plan(tmp_path), room, ignore_unknown_parameters)[0]
    ) == ["too-dear"]


def test_of_a_part_of_a_batch_only_its_own_items_are_judged(tmp_path: Path) -> None:
    whole = request({"id": "A-1"}, {"id": "A-2"}, {"id": "A-3"})
    part = replace(whole, items=whole.items[:1])

    assert list(judge_items(part, plan(tmp_path), ROOM, ignore_unknown_parameters)) == [0]


def test_warnings_stand_apart_from_problems(tmp_path: Path) -> None:
    room = CompleteBatchHandler(store_each(store_order), render_nothing, warning_rules=(too_dear,))

    verdict = judge_items(request(GOOD_ITEM), plan(tmp_path), room, ignore_unknown_parameters)[0]

    assert (verdict.problems, [warning.code for warning in verdict.warnings]) == ((), ["too-dear"])


def test_what_spans_items_is_added_to_the_item_it_names(tmp_path: Path) -> None:
    room = CompleteBatchHandler(
        store_each(store_order), render_nothing, batch_rule=lambda _request: [(1, Problem("twice"))]
    )

    verdicts = judge_items(request(GOOD_ITEM, {"id": "A-1"}), plan(tmp_path), room, ignore_unknown_parameters)

    assert {index: codes(verdict) for index, verdict in verdicts.items()} == {
        1: ["missing-required", "twice"]
    }


def test_a_fatal_problem_refuses_the_whole_call(tmp_path: Path) -> None:
    with pytest.raises(InvalidCall) as refused:
        judge_items(
            request(GOOD_ITEM, {"id": 1, "amount": 1}),
            plan(tmp_path, fatal("type")),
            ROOM,
            ignore_unknown_parameters,
        )

    assert [problem.pointer for problem in refused.value.problems] == ["/orders/1/id"]


def test_a_refused_call_carries_its_document(tmp_path: Path) -> None:
    with pytest.raises(InvalidCall) as refused:
        judge_items(request(None), plan(tmp_path, fatal("type")), ROOM, ignore_unknown_parameters)

    assert refused.value.document == {"orders": [None]}


def test_problems_of_other_keywords_are_not_fatal(tmp_path: Path) -> None:
    verdicts = judge_items(
        request({"id": "A-1"}), plan(tmp_path, fatal("type")), ROOM, ignore_unknown_parameters
    )

    assert codes(verdicts[0]) == ["missing-required"]


def test_a_member_can_be_fatal_by_itself(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/components/schemas/Order/properties/amount/x-fatal", value=True)

    with pytest.raises(InvalidCall):
        judge_items(
            request({"id": "A-1", "amount": -1}), plan(tmp_path, made), ROOM, ignore_unknown_parameters
        )


def test_a_member_can_be_spared(tmp_path: Path) -> None:
    made = fatal("type")
    made["components"]["schemas"]["Order"]["properties"]["amount"]["x-fatal"] = False

    verdicts = judge_items(
        request({"id": "A-1", "amount": "1"}), plan(tmp_path, made), ROOM, ignore_unknown_parameters
    )

    assert codes(verdicts[0]) == ["wrong-type"]


def test_one_format_alone_can_be_fatal(tmp_path: Path) -> None:
    made = fatal("format:uuid")
    made["components"]["schemas"]["Order"]["properties"]["id"]["format"] = "uuid"

    with pytest.raises(InvalidCall):
        judge_items(request(GOOD_ITEM), plan(tmp_path, made), ROOM, ignore_unknown_parameters)


def test_grade_drops_a_problem(tmp_path: Path) -> None:
    def lax(_problem: Problem, _call: Call) -> None:
        return None

    assert judge_items(request({"id": "A-1"}), plan(tmp_path), ROOM, lax) == {}


def test_grade_rewrites_a_problem(tmp_path: Path) -> None:
    def reworded(problem: Problem, _call: Call) -> Problem:
        return replace(problem, detail="fill it in")

    verdicts = judge_items(request({"id": "A-1"}), plan(tmp_path), ROOM, reworded)

    assert [problem.detail for problem in verdicts[0].problems] == ["fill it in"]


WRONG = Problem("wrong-type", ("orders", 1), "it is wrong", "type")
ODD = Problem("odd", ("orders", 0), "it is odd")
KEYS = st.lists(st.sampled_from(["A", "B", "C", "bad-1", "bad-2"]), max_size=8)


def test_every_item_gets_its_outcome_in_the_order_of_the_wire() -> None:
    assert apply_batch(apply_each, orders("B", "bad", "A")) == (
        ["created", "rejected", "created"],
        ["A", "B"],
    )


def test_an_item_sees_what_earlier_ones_did() -> None:
    assert apply_batch(apply_each, orders("A", "A")) == (["created", "updated"], ["A"])


def test_an_item_does_not_see_what_a_rejected_one_did() -> None:
    assert apply_batch(apply_each, orders("bad", "bad", "A"))[0] == ["rejected", "rejected", "created"]


def test_the_numbers_of_a_rejected_item_are_given_again() -> None:
    made = store()

    outcomes = transact(made, lambda state: apply_each(orders("A", "bad", "B"), {}, batch_handler(), state))

    assert [outcome.document and outcome.document["number"] for outcome in outcomes] == [1, None, 2]


def test_an_item_with_problems_is_rejected_unseen() -> None:
    assert apply_batch(apply_each, orders("A", "B"), {1: Verdict((WRONG,))}) == (
        ["created", "rejected"],
        ["A"],
    )


def test_warnings_do_not_reject() -> None:
    outcomes = transact(
        store(), lambda state: apply_each(orders("A"), {0: Verdict(warnings=(ODD,))}, batch_handler(), state)
    )

    assert (outcomes[0].action, outcomes[0].warnings) == (Action.CREATED, (ODD,))


def test_warnings_of_the_judge_come_before_those_of_the_state() -> None:
    late = Problem("late")
    furnished = batch_handler(keep=lambda item, *_: Outcome(item, Action.UNCHANGED, warnings=(late,)))

    outcomes = transact(
        store(), lambda state: apply_each(orders("A"), {0: Verdict(warnings=(ODD,))}, furnished, state)
    )

    assert outcomes[0].warnings == (ODD, late)


def test_a_rejected_item_shows_the_problems_and_the_document_it_was_rejected_with() -> None:
    def refuse(_item: Item, _request: Request, _state: State) -> Outcome:
        raise Rejected(WRONG, document={"shown": True})

    outcomes = transact(store(), lambda state: apply_each(orders("A"), {}, batch_handler(keep=refuse), state))

    assert (outcomes[0].problems, outcomes[0].document) == ((WRONG,), {"shown": True})


def test_what_the_state_has_against_an_item_joins_what_the_judge_had() -> None:
    furnished = batch_handler(check=lambda *_: (ODD,))

    outcomes = transact(
        store(), lambda state: apply_each(orders("A"), {0: Verdict((WRONG,))}, furnished, state)
    )

    assert outcomes[0].problems == (WRONG, ODD)


def test_only_what_the_judge_found_bad_is_checked_as_a_bad_item() -> None:
    furnished = dataclasses.replace(batch_handler(), check_bad=lambda *_: (ODD,))
    verdicts = {0: Verdict(warnings=(ODD,)), 1: Verdict((WRONG,))}

    outcomes = transact(store(), lambda state: apply_each(orders("A", "B", "C"), verdicts, furnished, state))

    assert [outcome.problems for outcome in outcomes] == [(), (WRONG, ODD), ()]


def test_only_objects_are_held_against_the_state() -> None:
    furnished = batch_handler(check=lambda *_: (ODD,))

    outcomes = transact(
        store(), lambda state: apply_each(request("text"), {0: Verdict((WRONG,))}, furnished, state)
    )

    assert outcomes[0].problems == (WRONG,)


def test_the_last_item_is_the_one_that_ends_the_batch() -> None:
    furnished = batch_handler(aborts_batch=lambda item: item.key == "bad-last")

    answered = apply_batch(apply_each, orders("A", "bad", "B", "bad-last", "C"), furnished=furnished)

    assert answered == (["created", "rejected", "created", "rejected", "skipped"], ["A", "B"])


def test_an_item_that_is_accepted_ends_nothing() -> None:
    furnished = batch_handler(aborts_batch=lambda _item: True)

    assert apply_batch(apply_each, orders("A", "B"), furnished=furnished)[0] == ["created", "created"]


def test_an_empty_batch_has_no_outcomes() -> None:
    assert apply_batch(apply_each, orders()) == ([], [])


def test_a_batch_is_opened_once() -> None:
    opened: list[Request] = []

    def apply(batch: Request, _state: State) -> StoreItem:
        opened.append(batch)
        return lambda item: Outcome(item, Action.UNCHANGED)

    apply_batch(apply_each, orders("A", "B"), furnished=CompleteBatchHandler(apply, render_nothing))

    assert opened == [orders("A", "B")]


def test_all_or_nothing_stores_all_of_a_good_batch() -> None:
    assert apply_batch(apply_all, orders("A", "B")) == (["created", "created"], ["A", "B"])


def test_all_or_nothing_stores_nothing_when_the_judge_rejects_one() -> None:
    answered = apply_batch(apply_all, orders("A", "B", "C"), {1: Verdict((WRONG,))})

    assert answered == (["skipped", "rejected", "skipped"], [])


def test_all_or_nothing_undoes_everything_when_the_state_rejects_one() -> None:
    assert apply_batch(apply_all, orders("A", "bad", "B")) == (["skipped", "rejected", "skipped"], [])


def test_all_or_nothing_takes_its_numbers_back() -> None:
    made = store()

    transact(made, lambda state: apply_all(orders("A", "bad"), {}, batch_handler(), state))

    assert transact(made, lambda state: state.next("order")) == 1


def test_all_or_nothing_keeps_what_was_there() -> None:
    made = store()
    transact(made, lambda state: apply_all(orders("A"), {}, batch_handler(), state))

    transact(made, lambda state: apply_all(orders("A", "B", "bad"), {}, batch_handler(), state))

    assert stored(made) == ["A"]


@given(KEYS)
def test_there_are_as_many_outcomes_as_items_in_their_order(keys: list[str]) -> None:
    outcomes = transact(store(), lambda state: apply_each(orders(*keys), {}, batch_handler(), state))

    assert [outcome.item.key for outcome in outcomes] == keys


@given(KEYS)
def test_what_is_stored_is_what_was_accepted(keys: list[str]) -> None:
    assert apply_batch(apply_each, orders(*keys))[1] == sorted({key for key in keys if key[:3] != "bad"})


@given(KEYS)
def test_all_or_nothing_accepts_all_or_none(keys: list[str]) -> None:
    took_effect = {action in ("created", "updated") for action in apply_batch(apply_all, orders(*keys))[0]}

    assert len(took_effect) <= 1
