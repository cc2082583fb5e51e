from __future__ import annotations

from dataclasses import replace

import pytest

from mockserver.contract.baseline import KnownFindings
from mockserver.contract.report.results import run_outcome
from mockserver.contract.run_state import RunPart
from tests.support.contract_sessions import OPERATION, finding, seen, visit

KNOWN = KnownFindings("payt", OPERATION, "count-is-processed", reason="they know")


def test_a_check_that_held_is_a_row_with_what_it_was_made_on() -> None:
    rows = seen(one_outcome_per_item=1204).rows

    assert [(row.check.id, row.made, row.verdict) for row in rows] == [("one-outcome-per-item", 1204, "ok")]


def test_a_check_that_was_never_made_is_no_row() -> None:
    assert seen(one_outcome_per_item=0).rows == ()


def test_an_operation_is_called_by_method_and_path() -> None:
    assert [group.label for group in seen(finding()).groups] == ["POST /v1/invoices"]


def test_what_is_outside_the_spec_is_told_too() -> None:
    groups = seen(replace(finding(), operation="")).groups

    assert [group.label for group in groups] == ["outside all operations"]


def test_a_failure_has_the_line_that_repeats_it() -> None:
    row = seen(finding()).rows[0]

    assert (row.verdict, row.name) == ("FAIL", "count-is-processed-1")
    assert row.again.endswith("--seed 7 --max-examples 50 --only count-is-processed")


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (RunPart("stateful", OPERATION, 1, 1), f"--part {OPERATION} --phase stateful"),
        (RunPart("links", "", 1, 1), "--part links --phase fuzzing"),
    ],
)
def test_the_line_repeats_the_part_that_made_the_finding(part: RunPart, words: str) -> None:
    session = visit()
    with session.ledger.part(part):
        session.ledger.record([finding()])

    row = run_outcome(session, ()).rows[0]

    assert row.again.endswith(f"--seed 7 --max-examples 50 {words} --only count-is-processed")


def test_failures_of_one_check_are_numbered_through_a_run() -> None:
    other = replace(finding(), operation="getV1Invoices")
    first = seen(finding(), other)

    second = run_outcome(visit(finding()), (), [first])

    assert sorted(row.name for row in (*first.rows, *second.rows)) == [
        "count-is-processed-1",
        "count-is-processed-2",
        "count-is-processed-3",
    ]


def test_what_is_known_fails_nothing() -> None:
    one = run_outcome(visit(finding()), [KNOWN])

    assert [(row.verdict, row.reason) for row in one.rows] == [("known", "they know")]
    assert one.having("FAIL") == ()


def test_what_is_known_of_another_vendor_says_nothing() -> None:
    one = run_outcome(visit(finding()), [KNOWN._replace(vendor="xero")])

    assert (len(one.having("FAIL")), one.resolved) == (1, ())


def test_what_was_known_and_holds_now_is_gone() -> None:
    assert run_outcome(visit(made={"count-is-processed": 3}), [KNOWN]).resolved == (KNOWN,)


def test_what_was_known_and_was_not_looked_for_is_not_gone() -> None:
    assert run_outcome(visit(made={"order-is-kept": 3}), [KNOWN]).resolved == ()
