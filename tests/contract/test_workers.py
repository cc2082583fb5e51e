from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from mockserver.cli.errors import termination_as_interrupt
from mockserver.contract import runner
from mockserver.contract.exchange import Exchange, Finding, Request, Response, TargetUnreachableError
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import (
    FindingLedger,
    PartResult,
    PlannedPart,
    RunConfig,
    RunObserver,
    RunPart,
    SizeTimes,
    run_parts,
)
from mockserver.contract.runner import (
    FUZZING_PHASE,
    SIZES_PHASE,
    STATEFUL_PHASE,
    run_phases,
    run_side_by_side,
)
from mockserver.contract.target import Address, Target
from mockserver.errors import BrokenRunError, stack_trace
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults import catalogue
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.wrappers import with_fault

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")

FAULTS = sorted(
    (one for one in catalogue.FAULTS if one.id in ("vba-words-of-the-row-before", "xero-rounds-the-total")),
    key=lambda one: one.id,
)
Work = Callable[[], Any]


@pytest.fixture
def target() -> Iterator[Target]:
    with Target(Address("http://127.0.0.1:1")) as one:
        yield one


def planned(number: int, work: Work, group: str = "") -> PlannedPart:
    return PlannedPart(RunPart("fuzzing", f"operation{number}", number, 9), work, group)


def of_a_planted_fault(fault: PlantedFault, workers: int) -> FindingLedger:
    ledger = FindingLedger(keeps_exchanges=True)
    app = with_fault(create_app(Options(vendors=(fault.vendor,), strict_auth=True)), fault.planted)
    effort = RunConfig(7, 2, operations=frozenset(fault.operations[:2]), shrinks=False, workers=workers)
    with Target(Address(f"http://testserver/{fault.vendor}", app)) as target:
        # Sizes have a test of their own, with fewer parts: some take long.
        run_phases(load_vendor_api(fault.vendor), target, effort, ledger, (FUZZING_PHASE, STATEFUL_PHASE))
    return ledger


def of_all_sizes(workers: int) -> FindingLedger:
    ledger = FindingLedger(keeps_exchanges=True)
    app = create_app(Options(vendors=("vba",), strict_auth=True))
    with Target(Address("http://testserver/vba", app)) as target:
        effort = RunConfig(7, 2, workers=workers)
        run_phases(load_vendor_api("vba"), target, effort, ledger, (SIZES_PHASE,))
    return ledger


def tried(sizes: SizeTimes) -> list[tuple[int, str, int]]:
    """The batches of an operation, without the time that each took."""
    return [(one.size, one.bad, one.compared) for one in sizes.times]


def sent_and_status(ledger: FindingLedger) -> list[tuple[Request, int]]:
    """Every call, without the number that the journal gives it in each process."""
    return [_sent_and_status(one) for one in ledger.exchanges]


def found(ledger: FindingLedger) -> list[tuple[object, ...]]:
    """Every finding, likewise."""
    return [(replace(one, exchanges=()), *map(_sent_and_status, one.exchanges)) for one in ledger.findings]


def _sent_and_status(exchange: Exchange) -> tuple[Request, int]:
    return exchange.request, exchange.response.status


@pytest.mark.few(0)  # each takes a quarter of a minute
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_two_workers_make_the_calls_and_find_the_faults_of_one(fault: PlantedFault) -> None:
    alone, together = of_a_planted_fault(fault, 1), of_a_planted_fault(fault, 2)

    assert alone.findings
    assert found(together) == found(alone)
    assert (together.made, together.calls, together.notes) == (alone.made, alone.calls, alone.notes)
    assert sent_and_status(together) == sent_and_status(alone)


def test_two_workers_send_the_sizes_of_one() -> None:
    alone, together = of_all_sizes(1), of_all_sizes(2)

    assert len(alone.sizes) > 1
    assert (together.findings, together.made, together.notes) == ([], alone.made, alone.notes)
    assert sent_and_status(together) == sent_and_status(alone)
    assert [tried(one) for one in together.sizes] == [tried(one) for one in alone.sizes]


def test_results_come_in_the_order_of_the_parts(target: Target) -> None:
    ledger = FindingLedger()

    def noted(text: str) -> Work:
        return lambda: ledger.notes.append(text)

    run_side_by_side([planned(number, noted(f"{number}")) for number in range(9)], target, ledger, 3)

    assert ledger.notes == [f"{number}" for number in range(9)]


def test_parts_of_a_group_are_done_by_one_worker(target: Target) -> None:
    ledger = FindingLedger()

    def noted() -> None:
        ledger.notes.append(f"{os.getpid()}")

    parts = [planned(number, noted, f"group {number % 4}") for number in range(12)]
    run_side_by_side(parts, target, ledger, 4)

    assert all(len(set(ledger.notes[group::4])) == 1 for group in range(4))
    assert f"{os.getpid()}" not in ledger.notes


def test_of_two_findings_of_one_check_the_first_part_has_the_say(target: Target) -> None:
    ledger = FindingLedger()

    def found(message: str) -> Work:
        return lambda: ledger.record([Finding("check", "operation", message)])

    run_side_by_side([planned(1, found("first")), planned(2, found("second"))], target, ledger, 2)

    assert [one.message for one in ledger.findings] == ["first"]


def test_an_observer_hears_of_each_part_with_its_calls_and_seconds(target: Target) -> None:
    heard: list[tuple[str, int, bool]] = []

    class Listener(RunObserver):
        def part_ended(self, part: RunPart, result: PartResult) -> None:
            heard.append((part.operation, result.calls, result.seconds is not None))

    ledger = FindingLedger(observer=Listener())
    exchange = Exchange(Request("GET", "/"), Response(200, {}, b""))
    run_side_by_side([planned(1, lambda: ledger.count_call(exchange)), planned(2, dict)], target, ledger, 2)

    assert heard == [("operation1", 1, True), ("operation2", 0, True)]


def test_an_observer_hears_of_calls_before_their_part_is_done(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_TICK_S", 0.01)
    heard = multiprocessing.Event()

    class Listener(RunObserver):
        calls = 0

        def call_made(self, number: int = 1) -> None:
            self.calls += number
            if self.calls:
                heard.set()

    ledger = FindingLedger(observer=Listener())

    def waits() -> None:
        ledger.count_call(Exchange(Request("GET", "/"), Response(200, {}, b"")))
        assert heard.wait(20)

    run_side_by_side([planned(1, waits), planned(2, dict)], target, ledger, 2)

    assert isinstance(ledger.observer, Listener)
    assert ledger.observer.calls == ledger.calls.total() == 1


def test_a_target_that_is_lost_ends_the_run_and_what_was_done_stays(target: Target) -> None:
    ledger = FindingLedger()

    def lost() -> None:
        ledger.count_check("operation", "check")
        raise TargetUnreachableError("GET /x: nobody")

    with pytest.raises(TargetUnreachableError, match="GET /x: nobody"):
        run_side_by_side([planned(1, lost)], target, ledger, 2)

    assert ledger.made == {("operation", "check"): 1}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_fault_of_ours_in_a_part_names_its_type_its_place_and_its_lines(
    target: Target, workers: int
) -> None:
    ledger = FindingLedger()

    def breaks() -> None:
        ledger.count_check("operation", "check")
        int("a secret")

    run = (
        partial(run_parts, [planned(1, breaks)], ledger)
        if workers == 1
        else partial(run_side_by_side, [planned(1, breaks)], target, ledger, workers)
    )
    with pytest.raises(BrokenRunError) as raised:
        run()

    lines = list(stack_trace(raised.value))
    assert str(raised.value) == "ValueError in fuzzing of operation1"
    assert "builtins.ValueError" in lines
    assert any(one.endswith(" in breaks") for one in lines)
    assert "a secret" not in "".join(lines)
    assert "a secret" in "".join(traceback.format_exception(raised.value))
    assert ledger.made == {("operation", "check"): 1}


def test_a_worker_that_is_killed_is_told(target: Target) -> None:
    with pytest.raises(BrokenRunError, match="a worker that ended with status 3 in fuzzing of operation1"):
        run_side_by_side([planned(1, lambda: os._exit(3))], target, FindingLedger(), 2)


def test_an_interrupt_ends_the_workers_and_what_they_did_stays(target: Target) -> None:
    ledger = FindingLedger()

    def interrupted() -> None:
        ledger.count_check("operation", "check")
        os.kill(os.getppid(), signal.SIGINT)
        signal.pause()

    with pytest.raises(KeyboardInterrupt):
        run_side_by_side([planned(1, interrupted)], target, ledger, 2)

    assert ledger.made == {("operation", "check"): 1}


def test_a_termination_of_all_processes_leaves_what_the_workers_did(target: Target) -> None:
    ledger = FindingLedger()

    def terminated() -> None:
        ledger.count_check("operation", "check")
        os.kill(os.getppid(), signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)

    with termination_as_interrupt(), pytest.raises(KeyboardInterrupt):
        run_side_by_side([planned(1, terminated)], target, ledger, 2)

    assert ledger.made == {("operation", "check"): 1}


def test_two_interrupts_at_once_leave_what_the_worker_did(target: Target) -> None:
    ledger = FindingLedger()
    both = (signal.SIGINT, signal.SIGTERM)

    def interrupted() -> None:
        ledger.count_check("operation", "check")
        signal.pthread_sigmask(signal.SIG_BLOCK, both)
        for one in both:
            os.kill(os.getpid(), one)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, both)

    with termination_as_interrupt(), pytest.raises(KeyboardInterrupt):
        run_side_by_side([planned(1, interrupted)], target, ledger, 2)

    assert ledger.made == {("operation", "check"): 1}


class NoteThatInterrupts(str):
    """Interrupts the worker while it hands over what it did."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        os.kill(os.getpid(), signal.SIGINT)
        return str, ("a note",)


def test_an_interrupt_between_two_parts_leaves_the_first_and_does_not_begin_the_second(
    target: Target,
) -> None:
    ledger = FindingLedger()
    first = planned(1, lambda: ledger.notes.append(NoteThatInterrupts()), "a group")
    second = planned(2, lambda: ledger.notes.append("another note"), "a group")

    with pytest.raises(KeyboardInterrupt):
        run_side_by_side([first, second], target, ledger, 2)

    assert ledger.notes == ["a note"]
