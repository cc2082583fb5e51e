from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.engine import declared_answers
from mockserver.engine.batch import apply_each
from mockserver.engine.declared_answers import AnswerForm
from mockserver.engine.declared_values import SchemaFilling
from mockserver.errors import NotFound, SpecError
from mockserver.model import Problem, Verdict
from mockserver.spec.batch_forms import Batch
from mockserver.vendor import CompleteBatchHandler, store_each
from tests.support import sample_vendor
from tests.support.engine_samples import (
    BATCH,
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

FORM = AnswerForm(200, "application/json", {})


def upserted(batch: Batch, *keys: str) -> tuple[list[str], list[str]]:
    made, room = store(), CompleteBatchHandler(declared_answers.upsert_items(batch), render_nothing)
    outcomes = transact(made, lambda state: apply_each(orders(*keys), {}, room, state))
    return actions(outcomes), stored(made)


def test_upsert_creates_what_is_new_and_updates_what_is_there() -> None:
    assert upserted(BATCH, "A", "B", "A") == (["created", "created", "updated"], ["A", "B"])


def test_without_upsert_a_key_that_is_there_is_a_duplicate() -> None:
    assert upserted(replace(BATCH, upsert=False), "A", "A") == (["created", "rejected"], ["A"])


def test_an_item_without_key_is_rejected() -> None:
    assert upserted(BATCH, "", "A") == (["rejected", "created"], ["A"])


def test_an_item_with_part_of_its_key_is_rejected() -> None:
    both = replace(BATCH, key=("id", "note"))

    assert upserted(both, "A") == (["rejected"], [])


def test_an_item_is_stored_as_it_is() -> None:
    made, room = store(), CompleteBatchHandler(declared_answers.upsert_items(BATCH), render_nothing)
    document = {"id": "A", "more": [1, {"deep": None}]}

    transact(made, lambda state: apply_each(request(document), {}, room, state))

    assert transact(made, lambda state: state.collection("orders")["A"]) == document


def test_items_that_are_stored_in_one_step_come_out_as_one_after_the_other() -> None:
    made, room = store(), CompleteBatchHandler(declared_answers.upsert_items(BATCH), render_nothing)
    bad = {1: Verdict((Problem("late"),))}
    transact(made, lambda state: apply_each(orders("C"), {}, room, state))

    outcomes = transact(made, lambda state: apply_each(orders("A", "B", "C", "D"), bad, room, state))

    assert actions(outcomes) == ["created", "rejected", "updated", "created"]
    assert [outcome.item.key for outcome in outcomes] == ["A", "B", "C", "D"]
    assert stored(made) == ["A", "C", "D"]


@pytest.mark.parametrize(("operation", "handler"), [("listOrders", True), ("putOrders", False)])
def test_a_get_on_a_collection_needs_no_code(
    tmp_path: Path,
    operation: str,
    handler: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    contract = sample_vendor.load_sample(tmp_path)

    found = declared_answers.default_handler(contract.operations[operation], contract)

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

    reply = transact(
        made, lambda state: declared_answers.list_handler("orders", SchemaFilling({}), FORM)(request(), state)
    )

    assert [order["id"] for order in json.loads(reply.body)] == ["A", "B"]


def test_a_record_that_is_not_there_is_not_found() -> None:
    asked = replace(request(), parameters={"id": "A"})

    with pytest.raises(NotFound) as refused:
        transact(
            store(), lambda state: declared_answers.record_handler("orders", ("id",), FORM)(asked, state)
        )

    assert (refused.value.what, refused.value.key) == ("orders", "A")
