"""Pages of the items of one call."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.console.call_screen import PAGE_ITEMS, ItemChoice, item_page

WHY = {"applied": ["qa/r1"], "switches": ["ids_disagree"]}


def decided(count: int, *bad: int, warned: int | None = None) -> list[dict[str, Any]]:
    """Items of which those `bad` are rejected, and one has a warning."""
    fault = {"code": "too-short", "pointer": "/0", "detail": "short", "rule": "minLength"}
    return [
        {
            "index": at,
            "key": f"k{at}",
            "action": "rejected" if at in bad else "created",
            "problems": [fault] if at in bad else [],
            "warnings": [fault] if at == warned else [],
            "effect": None,
        }
        for at in range(count)
    ]


def indexes(page: Any) -> list[int]:
    return [row["index"] for row in page["rows"]]


def source(**members: str) -> Any:
    """Where the rule of a problem with these members comes from."""
    (item,) = decided(1, 0)
    problem = {**item["problems"][0], **members}
    page = item_page([{**item, "problems": [problem]}], ItemChoice(), WHY)
    return page["rows"][0]["problems"][0]["source"]


def test_a_page_has_two_hundred_items() -> None:
    page = item_page(decided(450), ItemChoice(), WHY)

    assert (indexes(page), page["total"], page["matching"]) == ([*range(PAGE_ITEMS)], 450, 450)
    assert (page["previousPage"], page["nextPage"]) == (None, 200)


def test_the_last_page_has_the_rest() -> None:
    page = item_page(decided(450), ItemChoice(first=400), WHY)

    assert (indexes(page), page["previousPage"], page["nextPage"]) == ([*range(400, 450)], 200, None)


def test_a_picked_item_is_on_its_page() -> None:
    assert item_page(decided(450), ItemChoice(picked=217), WHY)["first"] == 200


def test_a_picked_item_is_on_its_page_of_those_with_its_outcome() -> None:
    page = item_page(decided(450, 430), ItemChoice("rejected", picked=430), WHY)

    assert indexes(page) == [430]


def test_items_are_filtered_by_outcome() -> None:
    assert indexes(item_page(decided(9, 3, 5), ItemChoice("rejected"), WHY)) == [3, 5]
    assert indexes(item_page(decided(9, 3, warned=4), ItemChoice("warned"), WHY)) == [4]


def test_no_item_of_an_outcome_is_an_empty_page() -> None:
    page = item_page(decided(9), ItemChoice("rejected", first=400), WHY)

    assert (indexes(page), page["first"], page["nextPage"]) == ([], 0, None)


@pytest.mark.parametrize(("picked", "bad"), [(None, 3), (3, 7), (5, 7), (7, 3)])
def test_the_next_bad_item_is_behind_the_picked_one_or_the_first(picked: int | None, bad: int) -> None:
    assert item_page(decided(9, 3, 7), ItemChoice(picked=picked), WHY)["nextBad"] == bad


def test_without_a_bad_item_there_is_no_next_one() -> None:
    assert item_page(decided(9), ItemChoice(), WHY)["nextBad"] is None


@pytest.mark.parametrize("item", ["-1", "9", "x", "", "1.5", "²"])
def test_an_item_that_is_not_there_is_not_picked(item: str) -> None:
    assert ItemChoice.of({"item": item}, 9).picked is None


def test_a_choice_is_read_from_a_query() -> None:
    query = {"item": "3", "outcome": "rejected", "first": "200"}

    assert ItemChoice.of(query, 9) == ItemChoice("rejected", 200, 3)


@pytest.mark.parametrize("rule", ["minLength", "format:date-time", "required"])
def test_a_rule_of_the_schema_is_one_of_the_contract(rule: str) -> None:
    assert source(rule=rule) == {"kind": "contract", "name": rule, "rules": []}


def test_a_fault_is_asked_for_by_the_rules_that_hit() -> None:
    assert source(rule="fault") == {"kind": "scenario", "name": "fault", "rules": ["qa/r1"]}


def test_a_fault_of_an_item_is_asked_for_by_its_own_rule() -> None:
    (item,) = decided(1, 0)
    fault = {**item["problems"][0], "rule": "fault"}
    effect = {"rule": "qa/r2", "did": ["failed"], "detail": "made to fail"}

    page = item_page([{**item, "problems": [fault], "effect": effect}], ItemChoice(), WHY)

    assert page["rows"][0]["problems"][0]["source"]["rules"] == ["qa/r2"]


def test_an_item_that_a_rule_changed_is_a_bad_one() -> None:
    good, lost, bad = decided(3, 2)
    effect = {"rule": "qa/r2", "did": ["omitted"], "detail": "left out of the answer"}

    page = item_page([good, {**lost, "effect": effect}, bad], ItemChoice(), WHY)

    assert page["nextBad"] == 1


@pytest.mark.parametrize("member", ["rule", "code"])
def test_a_rule_named_like_a_switch_is_assumed(member: str) -> None:
    assert source(**{member: "ids-disagree"}) == {"kind": "assumed", "name": "ids_disagree", "rules": []}


def test_another_rule_is_one_of_the_vendor_and_its_code_stands_for_none() -> None:
    assert source(rule="foreign-key") == {"kind": "vendor", "name": "foreign-key", "rules": []}
    assert source(rule="", code="debtor-missing")["name"] == "debtor-missing"
