from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from mockserver.cli.suite.contract_progress import ContractProgress
from mockserver.cli.suite.progress_line import ProgressLine
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.progress import PartResult, RunPart
from mockserver.contract.session.baseline import KnownFindings
from tests.support.contract_sessions import OPERATION, finding

PART = RunPart("fuzzing", OPERATION, 7, 25)
KNOWN = KnownFindings("payt", OPERATION, "count-is-processed", "they know")
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
