from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver import errors
from mockserver.engine import defaults
from mockserver.engine.apply import apply_each
from mockserver.errors import NotFound, Refusal, SpecError
from mockserver.model import Action, Item, Outcome, Problem, Reply
from mockserver.spec.openapi import Batch
from mockserver.vendor import BatchResult, CompleteBatchHandler, store_each
from tests.support import sample_vendor
from tests.support.engine_samples import (
    BATCH,
    CALL,
    OPERATION,
    actions,
    loaded_vendor,
    orders,
    render_nothing,
    request,
    store,
    store_order,
    stored,
    transact,
)


def upserted(batch: Batch, *keys: str) -> tuple[list[str], list[str]]:
    made, room = store(), CompleteBatchHandler(defaults.upsert_items(batch), render_nothing)
    outcomes = transact(made, lambda state: apply_each(orders(*keys), {}, room, state))
    return actions(outcomes), stored(made)


def test_upsert_creates_what_is_new_and_updates_what_is_there() -> None:
    assert upserted(BATCH, "A", "B", "A") == (["created", "created", "updated"], ["A", "B"])


def test_without_upsert_a_key_that_is_there_is_a_duplicate() -> None:
    assert upserted(dataclasses.replace(BATCH, upsert=False), "A", "A") == (["created", "rejected"], ["A"])


def test_an_item_without_key_is_rejected() -> None:
    assert upserted(BATCH, "", "A") == (["rejected", "created"], ["A"])


def test_an_item_with_part_of_its_key_is_rejected() -> None:
    both = dataclasses.replace(BATCH, key=("id", "note"))

    assert upserted(both, "A") == (["rejected"], [])


def test_an_item_is_stored_as_it_is() -> None:
    made, room = store(), CompleteBatchHandler(defaults.upsert_items(BATCH), render_nothing)
    document = {"id": "A", "more": [1, {"deep": None}]}

    transact(made, lambda state: apply_each(request(document), {}, room, state))

    assert transact(made, lambda state: state.collection("orders")["A"]) == document


def rendered(*outcomes: Outcome, batch: Batch = BATCH) -> Any:
    render = defaults.render_multi_status(batch, 207, "application/json")
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
    batch = dataclasses.replace(BATCH, outcome={"list": "", "status": "/code"})

    assert rendered(Outcome(Item(0, "A", {}), Action.CREATED), batch=batch) == [{"code": 201}]


def test_a_list_may_stand_far_inside() -> None:
    batch = dataclasses.replace(BATCH, outcome={"list": "/a/b"})

    assert rendered(batch=batch) == {"a": {"b": []}}


@pytest.mark.parametrize(("operation", "handler"), [("listOrders", True), ("putOrders", False)])
def test_a_get_on_a_collection_needs_no_code(
    tmp_path: Path,
    operation: str,
    handler: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    found = defaults.default_handler(sample_vendor.load_sample(tmp_path).operations[operation])

    assert (found is not None) is handler


def test_a_get_of_one_record_needs_its_path_parameter(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"add to its parameters: \{name: id, in: path, required: true\}"):
        loaded_vendor(tmp_path, sample_vendor.changed_document("/paths/~1orders~1{id}/get/parameters"))


def test_a_list_comes_in_key_order() -> None:
    made = store()
    transact(
        made,
        lambda state: apply_each(
            orders("B", "A"), {}, CompleteBatchHandler(store_each(store_order), render_nothing), state
        ),
    )

    reply = transact(made, lambda state: defaults.list_handler("orders")(request(), state))

    assert [order["id"] for order in json.loads(reply.body)] == ["A", "B"]


def test_a_record_that_is_not_there_is_not_found() -> None:
    asked = replace(request(), parameters={"id": "A"})

    with pytest.raises(NotFound) as refused:
        transact(store(), lambda state: defaults.show_handler("orders", "id")(asked, state))

    assert (refused.value.what, refused.value.key) == ("orders", "A")


def refused(refusal: Refusal) -> Reply:
    return transact(
        store(), lambda state: defaults.refuse_with_problem_details(refusal, CALL, OPERATION, state)
    )


@pytest.mark.parametrize(
    ("refusal", "status", "title"),
    [
        (errors.MalformedBody("no JSON"), 400, "Bad Request"),
        (errors.InvalidCall([]), 400, "Bad Request"),
        (errors.Rejected(), 409, "Conflict"),
        (errors.Unauthorized("missing"), 401, "Unauthorized"),
        (errors.Forbidden("scope"), 403, "Forbidden"),
        (errors.NotFound(), 404, "Not Found"),
        (errors.MethodNotAllowed(["GET"]), 405, "Method Not Allowed"),
        (errors.UnsupportedMediaType("", []), 415, "Unsupported Media Type"),
        (errors.TooLarge(1), 413, "Content Too Large"),
        (errors.TooManyItems(1, 2), 413, "Content Too Large"),
        (errors.HeadersTooLarge(), 431, "Request Header Fields Too Large"),
        (errors.Refusal(), 400, "Bad Request"),
    ],
    ids=lambda value: value.code if isinstance(value, Refusal) else "",
)
def test_a_refusal_is_a_problem_document(refusal: Refusal, status: int, title: str) -> None:
    reply = refused(refusal)

    document = json.loads(reply.body)
    assert (reply.status, reply.media_type) == (status, "application/problem+json")
    assert (document["status"], document["title"], document["instance"]) == (status, title, "/orders")


def test_an_invalid_call_lists_its_problems() -> None:
    problem = Problem("too-long", ("orders", 0, "id"), "it is long")

    assert json.loads(refused(errors.InvalidCall([problem])).body)["errors"] == [
        {"pointer": "/orders/0/id", "code": "too-long", "detail": "it is long"}
    ]


def test_a_refused_method_names_those_that_are_allowed() -> None:
    assert refused(errors.MethodNotAllowed(["GET", "PUT"])).headers == (("Allow", "GET, PUT"),)


def test_a_missing_credential_is_challenged() -> None:
    assert refused(errors.Unauthorized("missing")).headers == (("WWW-Authenticate", "Bearer"),)
