from __future__ import annotations

from typing import Any

import pytest

from mockserver.control.cases.language import BadCaseError, Case, CaseDefaults, read_case

CALL = {"call": "GET /orders", "answer": {"status": 200}}
PUT = {"call": "PUT /orders", "json": [], "answer": {"status": 207}}


def case(**members: Any) -> Case:
    common = CaseDefaults({"x-key": "k"}, {"good": [1], "ok": 207})
    return read_case({"when": [CALL], **members}, "acme/orders.yaml", "acme", common)


def test_a_case_is_read() -> None:
    made = case(says="One thing holds", source="rfc", freeze="2026-01-05T09:00:00Z", then=[{"calls": 1}])

    assert (made.says, made.source, made.freeze) == ("One thing holds", "rfc", "2026-01-05T09:00:00Z")
    assert (list(made.when), list(made.then)) == ([CALL], [{"calls": 1}])


def test_a_case_has_the_vendors_headers_and_names_and_its_own_over_them() -> None:
    made = case(names={"ok": 200, "id": 7})

    assert made.headers == {"x-key": "k"}
    assert made.names == {"vendor": "acme", "good": [1], "ok": 200, "id": 7}


def test_one_scenario_or_several_are_armed() -> None:
    assert list(case(scenario="reset").scenarios) == ["reset"]
    assert list(case(scenarios=["reset", {"name": "x"}]).scenarios) == ["reset", {"name": "x"}]


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"what": 1}, "case: unknown what"),
        ({"when": []}, "when is missing"),
        ({"source": "hearsay"}, "source is one of seed, field, public, rfc, report, assumed"),
        ({"vendor": "other"}, "the case is for other"),
        ({"scenario": "a", "scenarios": ["b"]}, "scenario or scenarios, not both"),
    ],
)
def test_a_head_that_does_not_keep_the_language_is_refused(members: Any, said: str) -> None:
    with pytest.raises(BadCaseError, match=said):
        case(**members)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"call": "GET /orders", "answer": {"type": "text/plain"}}, "step 1: answer.status is missing"),
        ({"call": "GET /orders", "answer": {"status": 200, "body": "x"}}, "step 1: unknown body"),
        ({"call": "GET /orders"}, "answer.status is missing"),
        ({**CALL, "wait": 5}, "step 1: unknown or mixed members"),
        ({**CALL, "advance": 5}, "step 1: unknown or mixed members"),
        ({**PUT, "text": "x"}, "one of json, text, not more"),
        ({"call": "GET /orders", "fails": "slowly"}, "fails is one of reset, empty"),
        ({**CALL, "fails": "reset"}, "and has no answer"),
        ({"call": "GET /orders", "fails": {"kind": "reset", "body": ""}}, "unknown body"),
        ({"together": [{"advance": 1}]}, "call 1: unknown or mixed members"),
        ({"together": [{"call": "GET /orders"}]}, "call 1: answer.status is missing"),
        ({"together": [CALL], "answers": [{"status": 200}]}, "its answer belongs in answers"),
        ({"together": [{"call": "GET /o"}], "answers": [{"times": 2}]}, "answer.status is missing"),
        ({"walk": "GET /orders", "between": [{"sleep": 1}]}, "step 1, step 1: unknown or mixed"),
        ({"sleep": 1}, "step 1: unknown or mixed members"),
    ],
)
@pytest.mark.parametrize("part", ["given", "when", "then"])
def test_a_step_that_does_not_keep_the_language_is_refused(part: str, step: Any, said: str) -> None:
    with pytest.raises(BadCaseError, match=f"^acme/orders.yaml: .*{said}"):
        case(**{part: [step]})


def test_an_answer_may_be_a_placeholder_or_the_same_as_before() -> None:
    same = {"call": "GET /orders", "answer": {"same_as": "first"}}

    assert len(case(when=[{"call": "GET /orders", "answer": "${refusal}"}, same]).when) == 2


@pytest.mark.parametrize(
    ("when", "then", "writes", "shown"),
    [
        ([CALL], [], False, True),
        ([PUT], [], True, False),
        ([PUT], [{"unchanged": True}], True, True),
        ([PUT], [{"dump": {}}], True, True),
        ([{"together": [PUT]}], [], True, False),
        ([PUT], [CALL], True, True),
        ([{"walk": "GET /orders", "items": "", "key": "/id", "between": [PUT]}], [], True, True),
    ],
)
def test_a_case_knows_whether_it_writes_and_whether_it_looks_at_what_is_there(
    when: Any, then: Any, *, writes: bool, shown: bool
) -> None:
    made = case(when=when, then=then)

    assert (made.writes, made.expects_state) == (writes, shown)


def test_a_case_that_loses_an_answer_needs_a_socket() -> None:
    lost = {"call": "GET /orders", "fails": "reset"}

    assert case(when=[{"together": [CALL, lost]}]).needs_socket
    assert not case().needs_socket
