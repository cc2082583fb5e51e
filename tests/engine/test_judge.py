from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.engine.batch import judge_items
from mockserver.engine.plan import CompiledItems
from mockserver.errors import InvalidCall
from mockserver.model import Call, Item, Json, Problem, Verdict
from mockserver.vendor import CompleteBatchHandler, Request, ignore_unknown_parameters, store_each
from tests.support import sample_vendor
from tests.support.engine_samples import loaded_vendor, render_nothing, request, store_order

ROOM = CompleteBatchHandler(store_each(store_order), render_nothing)
GOOD = {"id": "A-1", "amount": 1}


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
    assert judge_items(request(GOOD, GOOD), plan(tmp_path), ROOM, ignore_unknown_parameters) == {}


def test_a_bad_item_is_judged_alone(tmp_path: Path) -> None:
    verdicts = judge_items(
        request(GOOD, {"id": "A-2"}, GOOD), plan(tmp_path), ROOM, ignore_unknown_parameters
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
        judge_items(request(GOOD, unproven=()), plan(tmp_path), room, ignore_unknown_parameters)[0]
    ) == ["too-dear"]


def test_of_a_part_of_a_batch_only_its_own_items_are_judged(tmp_path: Path) -> None:
    whole = request({"id": "A-1"}, {"id": "A-2"}, {"id": "A-3"})
    part = replace(whole, items=whole.items[:1])

    assert list(judge_items(part, plan(tmp_path), ROOM, ignore_unknown_parameters)) == [0]


def test_warnings_stand_apart_from_problems(tmp_path: Path) -> None:
    room = CompleteBatchHandler(store_each(store_order), render_nothing, warning_rules=(too_dear,))

    verdict = judge_items(request(GOOD), plan(tmp_path), room, ignore_unknown_parameters)[0]

    assert (verdict.problems, [warning.code for warning in verdict.warnings]) == ((), ["too-dear"])


def test_what_spans_items_is_added_to_the_item_it_names(tmp_path: Path) -> None:
    room = CompleteBatchHandler(
        store_each(store_order), render_nothing, batch_rule=lambda _request: [(1, Problem("twice"))]
    )

    verdicts = judge_items(request(GOOD, {"id": "A-1"}), plan(tmp_path), room, ignore_unknown_parameters)

    assert {index: codes(verdict) for index, verdict in verdicts.items()} == {
        1: ["missing-required", "twice"]
    }


def test_a_fatal_problem_refuses_the_whole_call(tmp_path: Path) -> None:
    with pytest.raises(InvalidCall) as refused:
        judge_items(
            request(GOOD, {"id": 1, "amount": 1}),
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
        judge_items(request(GOOD), plan(tmp_path, made), ROOM, ignore_unknown_parameters)


def test_grade_drops_a_problem(tmp_path: Path) -> None:
    def lax(_problem: Problem, _call: Call) -> None:
        return None

    assert judge_items(request({"id": "A-1"}), plan(tmp_path), ROOM, lax) == {}


def test_grade_rewrites_a_problem(tmp_path: Path) -> None:
    def reworded(problem: Problem, _call: Call) -> Problem:
        return replace(problem, detail="fill it in")

    verdicts = judge_items(request({"id": "A-1"}), plan(tmp_path), ROOM, reworded)

    assert [problem.detail for problem in verdicts[0].problems] == ["fill it in"]
