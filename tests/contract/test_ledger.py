"""What a ledger counts, and what it reports to an observer while a run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from mockserver.contract.exchange import Finding
from mockserver.contract.run_state import FindingLedger, PartResult, RunObserver, RunPart
from tests.support.contract_sessions import exchange, finding

PART = RunPart("fuzzing", "postV1Invoices", 7, 25)


class Recorder(RunObserver):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[object] = []
        self.results: list[PartResult] = []

    def part_began(self, part: RunPart) -> None:
        self.events.append(part)

    def call_made(self, number: int = 1) -> None:
        self.events += ["call"] * number

    def check_failed(self, finding: Finding) -> None:
        self.events.append(finding)

    def part_ended(self, part: RunPart, result: PartResult) -> None:
        self.events.append(f"{part.operation} ended")
        self.results.append(result)


def test_a_part_is_reported_with_its_calls_and_checks() -> None:
    recorder = Recorder()
    ledger = FindingLedger(observer=recorder)
    ledger.count_check("postV1Invoices", "order-is-kept")

    with ledger.part(PART):
        ledger.count_call(exchange())
        ledger.count_check("postV1Invoices", "one-outcome-per-item", 3)
        ledger.count_check("postV1Invoices", "never-made", 0)

    assert recorder.events == [PART, "call", "postV1Invoices ended"]
    assert recorder.results == [PartResult(checks=1, calls=1)]


def test_a_failed_check_is_reported_once_where_it_is_found() -> None:
    recorder = Recorder()
    ledger = FindingLedger(observer=recorder)

    ledger.record([finding(), finding()])

    assert recorder.events == [finding()]


def test_a_check_that_fails_again_in_a_later_part_is_broken_there_too() -> None:
    recorder = Recorder()
    ledger = FindingLedger(observer=recorder)
    ledger.record([finding()])

    with ledger.part(PART):
        ledger.record([finding()])

    assert recorder.results[-1].broken == (finding(),)
    assert len(ledger.findings) == 1


def test_a_failed_check_counts_as_a_check_of_its_part() -> None:
    recorder = Recorder()
    ledger = FindingLedger(observer=recorder)

    with ledger.part(PART):
        ledger.record([finding("a"), finding("b")])
        ledger.count_check("postV1Invoices", "a")

    assert recorder.results[-1].checks == 2


def test_a_part_that_ends_early_is_not_reported_as_finished() -> None:
    recorder = Recorder()
    ledger = FindingLedger(observer=recorder)

    with suppress(KeyboardInterrupt), ledger.part(PART):
        raise KeyboardInterrupt

    assert recorder.events == [PART]


def test_findings_that_are_made_one_by_one_are_reported_one_by_one() -> None:
    recorder = Recorder()
    ledger = FindingLedger(observer=recorder)

    def slowly() -> Iterator[Finding]:
        yield finding("a")
        assert recorder.events == [finding("a")]
        yield finding("b")

    ledger.record(slowly())

    assert recorder.events == [finding("a"), finding("b")]
