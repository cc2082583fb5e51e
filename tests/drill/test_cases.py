"""The cases of a drill: that all packaged scenarios are there, and how a case is fitted to a client."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any

import pytest

from mockserver.codec import yaml
from mockserver.control.cases.catalogue import rows
from mockserver.control.scenarios import operations_by_vendor
from mockserver.drill.cases import Calls, DrillCase, fit_case, list_cases
from mockserver.engine.registry import vendor_packages
from mockserver.model import Document
from mockserver.scenario.parser import load_packaged, parse_document
from mockserver.server.application import Application
from tests.drill.runs import batch_of

VENDORS = vendor_packages()
PACKAGED: dict[str, Document] = {name: yaml.load(text) for name, text in load_packaged().items()}
ROWS_OF_SCENARIOS = {
    *(31, 46, 47, 48, 49, 51, 55, 59, 60, 62, 63, 94, 96, 97, 98, 99, 100, 101, 102, 103, 105, 106),
    *range(144, 158),
}
"""The rows of the catalogue whose behaviour is a packaged scenario."""
TAGS = {"crash", "login", "money", "retry", "shape", "throttle", "time", "transport"}


LAST_CALL = 99
"""The number in a rule for the last call, which is fitted to the client."""


def own(name: str) -> str:
    """The vendor whose own a packaged scenario is, "" for none."""
    return next((vendor for vendor in VENDORS if name.startswith(f"{vendor}-")), "")


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_packaged_scenario_that_a_vendor_can_show_is_a_case(vendor: str) -> None:
    expected = {name for name in PACKAGED if own(name) in ("", vendor)}

    assert expected <= {case.id for case in list_cases(vendor, PACKAGED)}


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_scenario_of_another_vendor_is_a_case(vendor: str) -> None:
    assert {own(case.id) for case in list_cases(vendor, PACKAGED)} == {"", vendor}


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_two_cases_have_one_id(vendor: str) -> None:
    counted = Counter(case.id for case in list_cases(vendor, PACKAGED))

    assert [name for name, number in counted.items() if number > 1] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_case_says_what_happens_and_has_rules_rows_and_known_tags(vendor: str) -> None:
    known = set(rows())
    for case in list_cases(vendor, PACKAGED):
        assert case.says.endswith("."), case.id
        assert case.rules, case.id
        assert case.rows, case.id
        assert set(case.rows) <= known, case.id
        assert case.tags, case.id
        assert set(case.tags) <= TAGS, case.id


def test_every_row_of_the_catalogue_that_is_a_scenario_has_one() -> None:
    cases = [case for vendor in VENDORS for case in list_cases(vendor, PACKAGED) if case.id in PACKAGED]

    assert sorted(ROWS_OF_SCENARIOS - {row for case in cases for row in case.rows}) == []


def test_every_tag_is_a_cases() -> None:
    assert {tag for case in list_cases("", PACKAGED) for tag in case.tags} == TAGS


def test_a_scenario_of_a_vendor_is_a_case_of_its_shape() -> None:
    [case] = [one for one in list_cases("payt", PACKAGED) if one.id == "payt-liar"]

    assert case.tags == ("shape",)
    assert case.rules == tuple(PACKAGED["payt-liar"]["rules"])


def test_a_case_is_told_without_its_rules() -> None:
    [case] = [one for one in list_cases("payt", PACKAGED) if one.id == "reordered"]

    assert case.document() == {
        "id": "reordered",
        "says": case.says,
        "rows": [46],
        "tags": ["shape"],
        "harmless": True,
        "calls": 1,
        "crash": "",
    }


def test_every_crash_is_a_case_with_its_moment() -> None:
    crashes = {case.id: case.crash for case in list_cases("payt", PACKAGED) if "crash" in case.tags}

    moments = ("before-send", "after-commit", "after-answer", "between-calls")
    assert crashes == {f"crash-{moment}": moment for moment in moments}


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_case_with_a_rule_for_a_later_call_needs_as_many_calls(vendor: str) -> None:
    for case in list_cases(vendor, PACKAGED):
        later = [
            max(rule.get("match", {}).get("nth", 1), rule.get("times", {}).get("after", 0) + 1)
            for rule in case.rules
        ]
        is_for_a_later_call = any(1 < number < LAST_CALL for number in later)
        assert (case.calls > 1) is (is_for_a_later_call or case.id == "two-a-minute"), case.id


@pytest.mark.parametrize(("count", "largest"), [(1, 1), (3, 2), (1, 100)])
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_case_is_a_valid_scenario_for_calls_of_every_size(
    app: Application, vendor: str, count: int, largest: int
) -> None:
    operations = operations_by_vendor(app.served)

    for case in list_cases(vendor, PACKAGED):
        fitted = fit_case(case, Calls(vendor, batch_of(vendor), count, largest))
        assert len(parse_document(fitted, operations, source=case.id).rules) == len(case.rules)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_case_is_a_valid_scenario_for_a_client_of_which_nothing_is_known(
    app: Application, vendor: str
) -> None:
    for case in list_cases(vendor, PACKAGED):
        operations = operations_by_vendor(app.served)
        made = parse_document(fit_case(case, Calls(vendor)), operations, source=case.id)
        assert len(made.rules) == len(case.rules)


def fitted(rule: Document, count: int = 3, largest: int = 5, *, once: bool = False) -> Any:
    """A rule as it is fitted to so many calls of at most so many items."""
    case = DrillCase("one", "It happens.", (rule,), once=once)
    [made] = fit_case(case, Calls("acme", "putOrders", count, largest))["rules"]
    return made


def test_a_fitted_case_is_the_scenario_drill() -> None:
    made = fit_case(DrillCase("one", "It happens.", ()), Calls("acme"))

    assert made == {"version": 1, "name": "drill", "seed": 7, "description": "It happens.", "rules": []}


def test_a_rule_is_for_the_operation_with_the_most_items() -> None:
    assert fitted({"id": "a"})["match"] == {"vendor": "acme", "operation": "putOrders"}


def test_a_rule_is_for_every_operation_if_none_has_items() -> None:
    [made] = fit_case(DrillCase("one", "", ({"id": "a"},)), Calls("acme"))["rules"]

    assert made["match"] == {"vendor": "acme"}


def test_a_rule_that_names_an_operation_keeps_it() -> None:
    assert fitted({"id": "a", "match": {"operation": "listOrders"}})["match"]["operation"] == "listOrders"


@pytest.mark.parametrize("place", ["index", "firstIndex"])
@pytest.mark.parametrize(("largest", "expected"), [(1, 0), (2, 1), (3, 2), (100, 2)])
def test_a_place_is_within_the_largest_call(place: str, largest: int, expected: int) -> None:
    rule = {"id": "a", "items": [{"select": {place: 2}, "effect": {"omit": True}}]}

    [item] = fitted(rule, largest=largest)["items"]

    assert item == {"select": {place: expected}, "effect": {"omit": True}}


def test_another_selection_stays() -> None:
    rule = {"id": "a", "items": [{"select": {"all": True}, "effect": {"omit": True}}]}

    assert fitted(rule, largest=1)["items"] == rule["items"]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (9, 2)])
def test_the_number_of_a_call_is_within_all_calls(count: int, expected: int) -> None:
    assert fitted({"id": "a", "match": {"nth": 2}}, count)["match"]["nth"] == expected


@pytest.mark.parametrize(("count", "expected"), [(1, 0), (2, 1), (9, 2)])
def test_at_least_the_last_call_comes_after_the_first_ones(count: int, expected: int) -> None:
    assert fitted({"id": "a", "times": {"after": 2, "count": 1}}, count)["times"] == {
        "after": expected,
        "count": 1,
    }


@pytest.mark.parametrize(
    ("wait", "expected"),
    [
        (30, 2),
        (1, 1),
        (0, 0),
        ("date+60", "date+2"),
        ("date+1", "date+1"),
        ("date-300", "date-300"),
        ("none", "none"),
    ],
)
def test_a_wait_is_two_seconds_at_most(wait: int | str, expected: int | str) -> None:
    response = {"status": 429, "retryAfter": wait}

    assert fitted({"id": "a", "response": response})["response"] == {"status": 429, "retryAfter": expected}


def test_an_answer_without_a_wait_stays() -> None:
    assert fitted({"id": "a", "response": {"status": 503}})["response"] == {"status": 503}


@pytest.mark.parametrize(("window", "expected"), [(60_000, 2000), (500, 500)])
def test_the_window_of_a_quota_is_two_seconds_at_most(window: int, expected: int) -> None:
    rule = {"id": "a", "quota": {"limit": 2, "windowMillis": window}}

    assert fitted(rule)["quota"] == {"limit": 2, "windowMillis": expected}


@pytest.mark.parametrize(("probability", "expected"), [(0.1, 0.5), (0.9, 0.9)])
def test_chance_is_at_least_one_half(probability: float, expected: float) -> None:
    assert fitted({"id": "a", "probability": probability})["probability"] == expected


def test_a_case_that_happens_once_takes_one_call() -> None:
    assert fitted({"id": "a"}, once=True)["times"] == {"count": 1}
    assert fitted({"id": "a", "times": {"count": 2}}, once=True)["times"] == {"count": 2}
    assert "times" not in fitted({"id": "a"})


def test_a_case_stays_as_it_is_when_it_is_fitted() -> None:
    cases = list_cases("xero", PACKAGED)
    before = deepcopy(cases)

    for case in cases:
        fit_case(case, Calls("xero", "createBatchPayment", 1, 1))

    assert cases == before


def test_a_case_of_jobs_is_for_jobs_alone_and_meets_the_operation_that_tells_outcomes() -> None:
    plain = {case.id for case in list_cases("", PACKAGED)}
    [case] = [one for one in list_cases("", PACKAGED, has_jobs=True) if one.id == "job-answer-lost"]

    [rule] = fit_case(case, Calls("desk", "createCards", job="showJob"))["rules"]

    assert case.id not in plain
    assert rule["match"] == {"vendor": "desk", "operation": "showJob"}


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("a-day-passes", "left out: the clock of a real server cannot be advanced"),
        ("job-answer-lost", "left out: the items of a job are not followed on a real server"),
        ("commit-then-reset", ""),
    ],
)
def test_cases_that_a_real_server_cannot_show_are_left_out(case: str, reason: str) -> None:
    assert {one.id: one.left_out for one in list_cases("payt", PACKAGED, has_jobs=True)}[case] == reason
