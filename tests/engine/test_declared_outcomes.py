from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from mockserver.engine.declared_answers import AnswerForm
from mockserver.engine.declared_outcomes import render_outcomes
from mockserver.model import Action, Item, Outcome, Problem
from mockserver.spec.batch_annotation import read_outcome
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import PathForms, Spec
from mockserver.vendor import BatchResult
from tests.support.engine_samples import BATCH, request, store, transact

SPEC = Spec("acme", "", {}, {}, (), (), PathForms(), any_case_query=False, idempotency_header="")


def rendered(*outcomes: Outcome, batch: Batch = BATCH, schema: Any = None) -> Any:
    form = AnswerForm(207, "application/json", schema or {})
    render = render_outcomes(SPEC, batch, form)
    reply = transact(store(), lambda state: render(BatchResult(request(), outcomes), state))
    return json.loads(reply.body)


@pytest.mark.parametrize(
    ("action", "status", "text"),
    [
        (Action.CREATED, 201, "Created"),
        (Action.UPDATED, 200, "Updated"),
        (Action.UNCHANGED, 200, "Unchanged"),
        (Action.SKIPPED, 424, "Skipped"),
    ],
)
def test_an_outcome_has_its_status_its_message_and_its_key(action: Action, status: int, text: str) -> None:
    outcome = Outcome(Item(0, "A", {}), action)

    assert rendered(outcome) == {"results": [{"status": status, "text": text, "order": {"id": "A"}}]}


def test_a_rejected_outcome_tells_all_its_problems() -> None:
    problems = (Problem("a", detail="it is long"), Problem("b", detail="it is late"))

    answered = rendered(Outcome(Item(0, "A", {}), Action.REJECTED, problems=problems))

    assert answered["results"][0] == {"status": 422, "text": "it is long; it is late", "order": {"id": "A"}}


def test_an_answer_has_as_many_entries_as_items_in_their_order() -> None:
    outcomes = [Outcome(Item(index, key, {}), Action.CREATED) for index, key in enumerate("BAC")]

    assert [entry["order"]["id"] for entry in rendered(*outcomes)["results"]] == ["B", "A", "C"]


def test_what_the_outcome_does_not_name_is_left_out() -> None:
    batch = replace(BATCH, outcome=read_outcome({"list": "", "status": "/code"}))

    assert rendered(Outcome(Item(0, "A", {}), Action.CREATED), batch=batch) == [{"code": 201}]


def test_a_list_may_stand_far_inside() -> None:
    batch = replace(BATCH, outcome=read_outcome({"list": "/a/b"}))

    assert rendered(batch=batch) == {"a": {"b": []}}


def _schema(**members: Any) -> Any:
    row = {"type": "object", "required": list(members), "properties": members}
    return {"type": "object", "properties": {"results": {"type": "array", "items": row}}}


def _row(action: Action, document: Any, names: tuple[str, ...] = ("id",), **members: Any) -> Any:
    """The row of one item; each member of the pointers has its own name."""
    outcome = {"list": "/results", **{name: f"/{name}" for name in ("status", "message", "key")}}
    problems = (Problem("too-short", ("orders", 0, "id"), "it is short"),) if action == "rejected" else ()
    one = Outcome(
        Item(0, "/".join(str(document[name]) for name in names), document), action, problems=problems
    )
    batch = replace(BATCH, key=names, outcome=read_outcome(outcome))
    return rendered(one, batch=batch, schema=_schema(**members))["results"][0]


@pytest.mark.parametrize("action", list(Action))
def test_the_members_of_a_row_come_in_one_order_whatever_became_of_the_item(action: Action) -> None:
    text = {"type": "string"}

    row = _row(action, {"id": "A"}, key=text, message=text, status={"type": "integer"})

    assert list(row) == ["status", "message", "key"]


@pytest.mark.parametrize("key", [7, "7", True])
def test_a_key_has_the_type_of_the_items_member(key: Any) -> None:
    made = rendered(Outcome(Item(0, str(key), {"id": key}), Action.CREATED))

    assert made["results"][0]["order"]["id"] == key
    assert type(made["results"][0]["order"]["id"]) is type(key)


@pytest.mark.parametrize(
    ("kind", "key", "shown"), [("string", 7, "7"), ("integer", "7", 7), ("string", True, "true")]
)
def test_a_key_has_the_type_of_the_outcomes_schema_where_that_is_another(
    kind: str, key: Any, shown: Any
) -> None:
    assert _row(Action.CREATED, {"id": key}, key={"type": kind})["key"] == shown


def test_a_key_of_two_members_is_joined() -> None:
    assert _row(Action.CREATED, {"a": "x", "b": 2}, ("a", "b"), key={"type": "string"})["key"] == "x/2"


def test_a_key_of_two_members_is_an_object_where_the_schema_has_one() -> None:
    key = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}

    assert _row(Action.CREATED, {"a": "x", "b": 2}, ("a", "b"), key=key)["key"] == {"a": "x", "b": 2}


@pytest.mark.parametrize(
    ("action", "schema", "status"),
    [
        (Action.CREATED, {"type": "string", "enum": ["OK", "REJECTED"]}, "OK"),
        (Action.REJECTED, {"type": "string", "enum": ["OK", "REJECTED"]}, "REJECTED"),
        (Action.UPDATED, {"type": "boolean"}, True),
        (Action.REJECTED, {"type": "boolean"}, False),
        (Action.REJECTED, {"type": "string"}, "rejected"),
        (Action.REJECTED, {"type": "integer", "enum": [200, 400]}, 400),
    ],
)
def test_a_status_is_what_its_schema_has_for_the_outcome(action: Action, schema: Any, status: Any) -> None:
    assert _row(action, {"id": "A"}, status=schema)["status"] == status


def test_a_list_of_messages_has_one_for_each_problem_and_none_for_a_good_item() -> None:
    schema = {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["field", "text"],
            "properties": {"field": {"type": "string"}, "text": {"type": "string"}},
        },
    }

    assert _row(Action.REJECTED, {"id": "A"}, message=schema)["message"] == [
        {"field": "orders.0.id", "text": "it is short"}
    ]
    assert _row(Action.CREATED, {"id": "A"}, message=schema)["message"] == []


def test_a_message_that_is_too_long_is_cut() -> None:
    assert (
        _row(Action.REJECTED, {"id": "A"}, message={"type": "string", "maxLength": 5})["message"] == "it is"
    )


def test_other_required_members_are_the_items_own_where_they_fit_or_made_up() -> None:
    row = _row(
        Action.REJECTED,
        {"id": "A", "amount": "many"},
        id={"type": "string"},
        amount={"type": "integer", "minimum": 1},
        at={"type": "string", "format": "date-time"},
    )

    assert (row["id"], row["amount"], row["at"]) == ("A", 1, "2026-01-05T09:00:00Z")


def test_required_counts_say_how_many_items_there_are() -> None:
    counts = {name: {"type": "integer"} for name in ("total", "succeeded", "failed")}
    schema = {**_schema(status={"type": "integer"}), "required": list(counts)}
    schema["properties"] = {**schema["properties"], **counts}
    problems = (Problem("a", detail="it is long"),)
    outcomes = (
        Outcome(Item(0, "A", {}), Action.CREATED),
        Outcome(Item(1, "B", {}), Action.REJECTED, problems=problems),
        Outcome(Item(2, "C", {}), Action.UPDATED),
    )

    made = rendered(*outcomes, schema=schema)

    assert [made[name] for name in counts] == [3, 2, 1]


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        ({"type": "string", "maxLength": 40}, "it is short"),
        ({"type": "string", "enum": ["fine", "bad"]}, "fine"),
    ],
)
def test_a_message_is_about_the_item_even_if_the_item_has_a_member_of_that_name(
    schema: Any, shown: str
) -> None:
    row = _row(Action.REJECTED, {"id": "A", "message": "fine"}, id={"type": "string"}, message=schema)

    assert row["message"] == shown


_MEMBERS: Any = {
    "state": {"type": "integer"},
    "key": {"type": "string"},
    "text": {"type": "string", "maxLength": 8},
    "error": {"type": "object", "properties": {"text": {"type": "string"}, "code": {"type": "string"}}},
    "at": {"type": "string", "format": "date-time"},
    "wrap": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
}
_PLACES = st.fixed_dictionaries(
    {},
    optional={
        "status": st.just("/state"),
        "message": st.sampled_from(["/text", "/error/text", "/wrap/text"]),
        "key": st.sampled_from(["/key", "/error/key", "/wrap/key", "/other"]),
    },
)
_OUTCOMES = st.builds(
    lambda action, key: Outcome(
        Item(0, key, {"id": key, "code": "own"}),
        action,
        problems=(Problem("late", ("orders", 0, "id"), "it is late"),) if action is Action.REJECTED else (),
    ),
    st.sampled_from(list(Action)),
    st.sampled_from(["A", "7"]),
)


@given(
    places=_PLACES,
    members=st.permutations(sorted(_MEMBERS)),
    count=st.integers(0, len(_MEMBERS)),
    required=st.sets(st.sampled_from(sorted(_MEMBERS))),
    outcome=_OUTCOMES,
)
def test_a_row_that_needs_no_filling_is_as_it_would_be_filled(
    places: Any, members: list[str], count: int, required: set[str], outcome: Outcome
) -> None:
    properties = {name: _MEMBERS[name] for name in members[:count]}
    batch = replace(BATCH, outcome=read_outcome({"list": "/rows", **places}))

    def row(*more: str) -> Any:
        node = {"type": "object", "properties": properties, "required": [*sorted(required), *more]}
        if more:
            node["properties"] = {**properties, **{name: {"type": "boolean"} for name in more}}
        schema = {"type": "object", "properties": {"rows": {"type": "array", "items": node}}}
        return rendered(outcome, batch=batch, schema=schema)["rows"][0]

    filled = row("always_filled")
    del filled["always_filled"]

    whole = row()
    assert whole == filled
    if any(pointer.count("/") > 1 for pointer in places.values()):
        assert list(whole) == list(filled)


def test_a_pointer_into_a_list_writes_a_list() -> None:
    ids = {"type": "array", "items": {"type": "string"}}
    counts = {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    row = {"type": "object", "properties": {"context": {"type": "object", "additionalProperties": ids}}}
    rows = {"type": "array", "items": row}
    schema = {"type": "object", "properties": {"results": rows, "counts": counts}}
    outcome = {"list": "/results", "key": "/context/ids/0", "summary": {"accepted": "/counts/0/n"}}
    batch = replace(BATCH, outcome=read_outcome(outcome))

    answered = rendered(Outcome(Item(0, "7", {"id": 7}), Action.CREATED), batch=batch, schema=schema)

    assert answered == {"results": [{"context": {"ids": ["7"]}}], "counts": [{"n": 1}]}


NO_NULLS: Any = [
    {"type": "string", "format": "date-time", "example": None},
    {"type": "string", "default": None, "example": None},
    {"type": "string", "enum": ["a", "b"], "example": None},
    {"type": "boolean", "default": None},
    {"type": "integer", "default": None, "example": None},
    {"type": "string", "maxLength": 2, "example": "long"},
]


@pytest.mark.parametrize("node", NO_NULLS)
def test_an_example_or_a_default_that_its_schema_does_not_take_is_not_answered(node: Any) -> None:
    schema = _schema(status={"type": "integer"}, note=node)
    schema = {**schema, "required": ["read"], "properties": {**schema["properties"], "read": node}}
    batch = replace(BATCH, outcome=read_outcome({"list": "/results", "status": "/status"}))

    answered = rendered(Outcome(Item(0, "A", {}), Action.CREATED), batch=batch, schema=schema)

    limits = {name: one for name, one in node.items() if name not in ("example", "default")}
    for told in (answered["read"], answered["results"][0]["note"]):
        assert OAS30Validator(limits, format_checker=oas30_format_checker).is_valid(told)
