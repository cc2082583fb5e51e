from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.report.results import RunningState, duration, failure_line, part_label, part_line
from mockserver.contract.run_state import PartResult, RunPart
from tests.support.contract_sessions import HOSTILE, OPERATION, SECRET, finding

PAYT = load_vendor_api("payt")
FUZZING = RunPart("fuzzing", OPERATION, 1, 25)
SEQUENCES = RunPart("stateful", OPERATION, 1, 2, steps=100)
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def after(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("part", "label"),
    [
        (FUZZING, "POST /v1/invoices"),
        (replace(FUZZING, note="as application/xml"), "POST /v1/invoices as application/xml"),
        (SEQUENCES, "POST /v1/invoices sequences"),
        (RunPart("links", "", 1, 1), "walks along links"),
        (RunPart("fuzzing", "GET /theirs", 1, 1), "GET /theirs"),
    ],
    ids=["operation", "note", "sequences", "walks", "unknown"],
)
def test_a_part_is_named_by_its_operation_and_what_is_done_with_it(part: RunPart, label: str) -> None:
    assert part_label(PAYT, part) == label


def test_a_part_that_passed_is_one_line() -> None:
    assert part_line(PAYT, FUZZING, PartResult(35, 127), 0, 2.13) == (
        "payt POST /v1/invoices  35 checks ok  127 calls  2.1 s"
    )


def test_a_part_with_failures_counts_them() -> None:
    assert part_line(PAYT, FUZZING, PartResult(35, 127), 2, 2.13) == (
        "payt POST /v1/invoices  2 of 35 checks FAILED  127 calls  2.1 s"
    )


def test_a_failure_is_one_line_without_secrets_or_control_characters() -> None:
    line = failure_line(PAYT, finding(message=f"count is 3, {SECRET} {HOSTILE}"), {SECRET: "$KEY"})

    assert line.startswith("FAILED  payt POST /v1/invoices  count = processed: count is 3, $KEY ")
    assert not {"\x1b", "\n", "\x00"} & set(line)


def test_the_running_line_says_where_the_run_is() -> None:
    state = RunningState(PAYT, START, calls=1204, failures=1, planned=3612, first_call=after(2))
    state.enter(replace(FUZZING, number=6), after(10))

    assert state.line(after(12)) == (
        "payt · fuzzing: operation 6 of 25 · 1,204 calls · 1 failure · 12 s"
        " · about 20 s left · POST /v1/invoices"
    )


def test_a_sequence_is_counted_within_its_batch() -> None:
    state = RunningState(PAYT, START, step=0)
    state.enter(SEQUENCES, START)
    state.step = 12

    assert " · stateful: batch 1 of 2, sequence 12 of 100 · " in state.line(after(1))


def test_walks_are_counted_alone_where_there_is_one_round_of_them() -> None:
    state = RunningState(PAYT, START)
    state.enter(RunPart("links", "", 1, 1, steps=10), START)
    state.step = 3

    assert " · links: walk 3 of 10 · " in state.line(after(1))


@pytest.mark.parametrize(
    ("calls", "planned", "left"),
    [(0, 500, None), (99, 500, None), (100, 500, 40), (250, 500, 10), (500, 500, 0), (501, 500, None)],
)
def test_what_is_left_is_estimated_by_the_calls(calls: int, planned: int, left: float | None) -> None:
    state = RunningState(PAYT, START, calls=calls, planned=planned, first_call=START)

    assert state.seconds_left(after(10)) == left


@pytest.mark.parametrize(("seconds", "told"), [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (495, "8 min")])
def test_a_time_is_told_in_seconds_or_minutes(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_while_a_failure_is_made_small_the_line_says_so() -> None:
    state = RunningState(PAYT, START)
    state.enter(SEQUENCES, START)
    state.step = 120

    assert "sequence 120, making it small" in state.line(after(10))
