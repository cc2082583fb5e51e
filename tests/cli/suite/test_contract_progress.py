from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from msgspec.structs import replace

from mockserver.cli.contract_run import ContractProgress
from mockserver.cli.output import ProgressLine
from mockserver.contract.baseline import KnownFindings
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import PartResult, RunPart
from tests.support.contract_sessions import OPERATION, finding

PART = RunPart("fuzzing", OPERATION, 7, 25)
KNOWN = KnownFindings("payt", OPERATION, "count-is-processed", reason="they know")
PAYT = load_vendor_api("payt")


class Machine:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += timedelta(milliseconds=milliseconds)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def progress(stream: StringIO, machine: Machine, *known: KnownFindings, is_live: bool) -> ContractProgress:
    one = ContractProgress(ProgressLine(stream, is_live=is_live), known, machine)
    one.run_began(PAYT, {})
    one.part_began(PART)
    return one


def test_a_finished_part_is_a_line_where_there_is_no_terminal(machine: Machine) -> None:
    stream = StringIO()
    one = progress(stream, machine, is_live=False)

    machine.advance(2100)
    one.part_ended(PART, PartResult(35, 127))

    assert stream.getvalue() == "payt POST /v1/invoices  35 checks ok  127 calls  2.1 s\n"


def test_a_finished_part_is_no_line_on_a_terminal(machine: Machine) -> None:
    stream = StringIO()
    one = progress(stream, machine, is_live=True)
    before = stream.getvalue()

    one.part_ended(PART, PartResult(35, 127))

    assert stream.getvalue() == before


def test_a_part_without_calls_is_not_told(machine: Machine) -> None:
    stream = StringIO()

    progress(stream, machine, is_live=False).part_ended(PART, PartResult(0, 0))

    assert stream.getvalue() == ""


def test_the_running_line_is_written_ten_times_a_second_at_most(machine: Machine) -> None:
    stream = StringIO()
    one = progress(stream, machine, is_live=True)

    for _ in range(50):
        machine.advance(10)
        one.call_made()

    assert stream.getvalue().count("\r") == 1 + 5
    assert "operation 7 of 25 · 50 calls" in stream.getvalue()


def test_a_failure_is_told_at_once(machine: Machine) -> None:
    stream = StringIO()

    progress(stream, machine, is_live=False).check_failed(finding())

    assert stream.getvalue() == "FAILED  payt POST /v1/invoices  count = processed: count is 3, expected 2\n"


def test_a_known_difference_is_no_failure(machine: Machine) -> None:
    stream = StringIO()
    one = progress(stream, machine, KNOWN, is_live=False)

    one.check_failed(finding())
    one.part_ended(PART, PartResult(35, 127, (finding(),)))

    assert stream.getvalue() == "payt POST /v1/invoices  35 checks ok  127 calls  0.0 s\n"


def test_where_there_is_no_terminal_a_line_comes_each_second(machine: Machine) -> None:
    stream = StringIO()
    one = progress(stream, machine, is_live=False)

    for _ in range(31):
        one.call_made(0)
        machine.advance(100)

    assert [line.split(" · ")[-2] for line in stream.getvalue().splitlines()] == ["1 s", "2 s", "3 s"]


@pytest.mark.parametrize(
    ("calls", "told"),
    [
        (1_000, "payt: about 1,000 calls, 9 s\n"),
        (100_000, "payt: about 100,000 calls, 16 min; --quick takes half a minute\n"),
    ],
)
def test_the_time_is_estimated_once_by_the_first_calls(machine: Machine, calls: int, told: str) -> None:
    stream = StringIO()
    line = ProgressLine(stream, is_live=False)
    one = ContractProgress(line, (), machine, "; --quick takes half a minute")
    one.run_began(PAYT, {})
    one.run_planned(calls)

    one.call_made()
    machine.advance(950)
    one.call_made(98)
    assert stream.getvalue() == ""
    one.call_made()
    one.call_made()

    assert stream.getvalue() == told


def test_a_part_that_took_other_than_usual_changes_what_is_left(machine: Machine) -> None:
    stream = StringIO()
    one = progress(stream, machine, is_live=False)
    one.run_planned(1_000)

    one.part_ended(replace(PART, calls=900), PartResult(1, 100))
    one.call_made(0)
    machine.advance(1_000)
    one.call_made(100)

    assert "about 200 calls, 1 s" in stream.getvalue()
