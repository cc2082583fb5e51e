"""The whole suite for one target: all phases, with parts done side by side in worker processes.

The results are merged in the order of the parts, so that the report does not depend on the workers.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import (
    ANSWERS_CAN_BE_READ,
    EVERY_CALL_IS_ANSWERED,
    TargetUnreachableError,
    checks_of,
)
from mockserver.contract.isolation import Isolation, use_reachable_sandboxes
from mockserver.contract.jobs import follower
from mockserver.contract.open_cases import let_either, note_of
from mockserver.contract.run_state import (
    SILENT,
    FindingLedger,
    PartResult,
    PlannedPart,
    RunConfig,
    RunObserver,
    RunPart,
    run_parts,
)
from mockserver.contract.target import Target
from mockserver.contract.trial import Trial
from mockserver.errors import BrokenRunError
from mockserver.model import Value
from mockserver.sandbox.clock import system_clock

FUZZING_PHASE = "fuzzing"
STATEFUL_PHASE = "stateful"
SIZES_PHASE = "sizes"
PHASES = (FUZZING_PHASE, STATEFUL_PHASE, SIZES_PHASE)
"""Phases in their order: faults of single calls are reported before faults of several calls."""

_ALLOCATIONS = 1_000_000
"""Garbage is collected when allocations exceed deallocations by this number of objects (about 100 MiB)."""

T = TypeVar("T")
_TICK_S = 0.25


def run_phases(
    api: ApiUnderTest,
    target: Target,
    run_config: RunConfig,
    ledger: FindingLedger,
    phases: tuple[str, ...] = PHASES,
) -> None:
    from mockserver.contract.oracle.checks import (  # noqa: PLC0415 - a validator costs time to import
        CHECKS,
        OF_BATCHES,
        ExchangeJudge,
    )

    if note := use_reachable_sandboxes(target, run_config.seed):
        ledger.notes.append(note)
    api = _as_at(target, api, ledger)
    target.follow = follower(api, target)
    trial = Trial(api, target, run_config, ledger, ExchangeJudge(api, run_config))
    plans = [
        plan(trial)
        for phase, plan, checks in _planners()
        if phase in phases and run_config.wants_any({*CHECKS, *checks})
    ]
    is_of_batches = bool(run_config.only) and run_config.only <= OF_BATCHES
    batches = {name for name, one in api.spec.operations.items() if one.batch}
    parts = (one for one in chain.from_iterable(plans) if not is_of_batches or one.part.operation in batches)
    _run(parts, target, run_config, ledger)


def _as_at(target: Target, api: ApiUnderTest, ledger: FindingLedger) -> ApiUnderTest:
    """Return the API. If the target is not a mock server, the API accepts either behaviour in open cases."""
    if not api.profile.open_cases or target.identity().is_ours:
        return api
    ledger.notes.append(note_of(api))
    return let_either(api)


def _planners() -> Iterator[tuple[str, Callable[[Trial], Iterator[PlannedPart]], Iterable[str]]]:
    """Yield for each planner, in order: its phase, the planner, and its checks besides those of the judge."""
    # Hypothesis and Schemathesis are slow to import.
    from mockserver.contract import size_plan, size_run  # noqa: PLC0415
    from mockserver.contract.fuzzing import follow_ups  # noqa: PLC0415
    from mockserver.contract.fuzzing import run as fuzzing  # noqa: PLC0415
    from mockserver.contract.lists import run as lists  # noqa: PLC0415
    from mockserver.contract.sequences import run as sequences  # noqa: PLC0415

    of_calls = {*checks_of("calls"), *follow_ups.REPLAY_CHECKS, EVERY_CALL_IS_ANSWERED, ANSWERS_CAN_BE_READ}
    yield FUZZING_PHASE, fuzzing.plan_fuzzing, of_calls
    yield STATEFUL_PHASE, sequences.plan_stateful, checks_of("sequences", "values")
    yield STATEFUL_PHASE, lists.plan_lists, {*checks_of("lists"), *lists.SHARED_CHECKS}
    yield SIZES_PHASE, size_run.plan_sizes, {*checks_of("sizes"), *size_plan.SHARED_CHECKS}


def _run(parts: Iterable[PlannedPart], target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
    """Do the parts, with several workers if the configuration asks for several and nothing prevents it."""
    from mockserver.contract.failure_search import without_module_literals  # noqa: PLC0415 - imports Hypothesis

    with _rare_garbage_collection(), without_module_literals():
        planned = [
            replace(part, part=replace(part.part, calls=_usual_calls(part.part, run_config.max_examples)))
            for part in parts
            if not run_config.parts or part.part.subject in run_config.parts
        ]
        ledger.observer.run_planned(sum(one.part.calls for one in planned))
        if run_config.workers == 1:
            run_parts(planned, ledger)
        elif reason := _why_one_worker(target, run_config):
            ledger.notes.append(f"one worker did everything: {reason}")
            run_parts(planned, ledger)
        else:
            run_side_by_side(planned, target, ledger, run_config.workers)


def _usual_calls(part: RunPart, examples: int) -> int:
    """Return the usual number of calls of a part, as measured at this project's vendors."""
    if part.phase == FUZZING_PHASE:
        return 20 + 2 * examples + min(5 * examples, 50)
    if part.phase == STATEFUL_PHASE:
        return 100 + 33 * part.steps if part.steps else 30
    return 7 * part.steps if part.phase == "links" else 120


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Collect garbage less often in the context, and exempt the objects that exist at its start."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _why_one_worker(target: Target, run_config: RunConfig) -> str:
    """Return the reason why parts cannot be done side by side, or "" if they can."""
    if not can_work_side_by_side():
        return "this system cannot copy a process"
    if target.is_paced:
        return "the calls keep a rate"
    if not Isolation(target, run_config.seed).are_apart:
        return "the target has no sandboxes, so the operations share its records"
    return ""


class WorkedPart(Value, frozen=True):
    """A worker's results of one part."""

    number: int
    """Place of the part in the plan, from 0."""
    result: PartResult | None
    """None if the part was not finished."""
    ledger: FindingLedger
    """Results of this part alone."""
    error: BaseException | None = None
    """Why the part was not finished, or None if it was finished."""


def can_work_side_by_side() -> bool:
    return "fork" in multiprocessing.get_all_start_methods()


def usual_workers() -> int:
    """Return the default number of workers: one for each core that this process may use; 1 without fork."""
    if not can_work_side_by_side():
        return 1
    # Some systems do not say which cores a process may use.
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def run_side_by_side(
    parts: Iterable[PlannedPart], target: Target, ledger: FindingLedger, workers: int
) -> None:
    """Do the parts with several workers. One worker does all parts of a group, in their order."""
    planned = list(parts)
    groups = _groups(planned)
    # Workers are copies of this process and must not share a connection or an event loop.
    target.reset()
    calls = multiprocessing.Value("L", 0)
    processes = [_Worker.started(planned, ledger, calls) for _ in range(min(workers, len(groups)))]
    merge = _Merge(planned, ledger, calls)
    try:
        _hand_out(processes, groups, merge)
    except KeyboardInterrupt:
        for one in processes:
            one.interrupt()
        for one in processes:
            while one.is_busy:
                merge.add(one.receive())
        merge.write_rest()
        raise
    finally:
        for one in processes:
            one.end()
    merge.write_rest()
    if merge.error:
        raise merge.error


def _groups(planned: Sequence[PlannedPart]) -> deque[list[int]]:
    """Return each group's part numbers, last group first, because sequences and walks take longest."""
    groups: dict[str, list[int]] = {}
    for number, one in enumerate(planned):
        groups.setdefault(one.group or f"\0{number}", []).append(number)
    return deque(reversed(groups.values()))


def _hand_out(processes: Sequence[_Worker], groups: deque[list[int]], merge: _Merge) -> None:
    """Give each idle worker a group, until all groups are done or a part has failed."""
    by_connection: Mapping[Any, _Worker] = {process.connection: process for process in processes}
    busy = {process.connection for process in processes if process.give(groups.popleft() if groups else [])}
    while busy:
        merge.report_calls()
        for connection in wait(busy, _TICK_S):
            worker = by_connection[connection]
            merge.add(worker.receive())
            if worker.is_busy:
                continue
            if merge.error or not groups or not worker.give(groups.popleft()):
                busy.discard(connection)


class _Worker(Struct):
    """A process that does parts."""

    process: BaseProcess
    connection: Connection[Any, Any]
    """Our end of the pipe to the process."""
    planned: Sequence[PlannedPart]
    left: list[int] = field(default_factory=list)
    """Numbers of the parts that the process was given and has not reported."""

    @classmethod
    def started(cls, planned: Sequence[PlannedPart], ledger: FindingLedger, calls: Any) -> _Worker:
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(
            target=_work, args=(planned, ledger, calls, theirs), daemon=True
        )
        process.start()
        theirs.close()
        return cls(process, ours, planned)

    @property
    def is_busy(self) -> bool:
        return bool(self.left)

    def give(self, numbers: list[int]) -> bool:
        self.left = list(numbers)
        if numbers:
            self.connection.send(numbers)
        return bool(numbers)

    def receive(self) -> WorkedPart:
        number = self.left.pop(0)
        try:
            done: WorkedPart = self.connection.recv()
        except EOFError:
            self.process.join()
            kind = f"a worker that ended with status {self.process.exitcode}"
            error = BrokenRunError(kind, self.planned[number].part.name)
            done = WorkedPart(number, None, FindingLedger(), error)
        if done.result is None:
            self.left.clear()
        return done

    def interrupt(self) -> None:
        if self.is_busy and self.process.pid:
            os.kill(self.process.pid, signal.SIGINT)

    def end(self) -> None:
        self.connection.close()
        # SIGTERM would only interrupt the worker, which then still reports its part.
        self.process.kill()
        self.process.join()


class _Merge:
    def __init__(self, planned: Sequence[PlannedPart], ledger: FindingLedger, calls: Any) -> None:
        self._calls, self._told = calls, 0
        self._planned = planned
        self._ledger = ledger
        self._waiting: dict[int, WorkedPart] = {}
        self._next = 0
        self.error: BaseException | None = None
        """The first error of a worker."""

    def report_calls(self) -> None:
        """Report to the observer the calls that all workers made since the last report."""
        made = self._calls.value
        self._ledger.observer.call_made(made - self._told)
        self._told = made

    def add(self, done: WorkedPart) -> None:
        """Take the results of a part. The ledger gets them after the results of all earlier parts."""
        self.report_calls()
        self._waiting[done.number] = done
        self.error = self.error or done.error
        while self._next in self._waiting:
            self._write(self._waiting.pop(self._next))
            self._next += 1

    def write_rest(self) -> None:
        for number in sorted(self._waiting):
            self._write(self._waiting.pop(number))

    def _write(self, done: WorkedPart) -> None:
        ledger, part = self._ledger, self._planned[done.number].part
        ledger.observer.part_began(part)
        ledger.add(done.ledger)
        if done.result:
            ledger.observer.part_ended(part, done.result)


class _ResultObserver(RunObserver):
    """Observer in a worker. It stores the result of the part, and adds calls to the count of all workers."""

    result: PartResult | None = None

    def __init__(self, calls: Any) -> None:
        self._calls = calls

    def call_made(self, number: int = 1) -> None:
        with self._calls.get_lock():
            self._calls.value += number

    def part_ended(self, part: RunPart, result: PartResult) -> None:
        del part
        self.result = result


class _Interrupts:
    """Handler of SIGINT and SIGTERM in a worker: signals end a part or a wait, not the sending of results."""

    def __init__(self) -> None:
        self._came = False
        self._may_raise = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        self._came = True
        if self._may_raise:
            raise KeyboardInterrupt

    def during(self, work: Callable[[], T]) -> T:
        """Do work that an interrupt may end.

        Raises KeyboardInterrupt: an interrupt arrives during the work, or has arrived before.
        """
        try:
            self._may_raise = True
            if self._came:
                raise KeyboardInterrupt
            return work()
        finally:
            # No call may come before this line: Python handles signals at calls, and a second would escape.
            self._may_raise = False


def _work(
    planned: Sequence[PlannedPart], ledger: FindingLedger, calls: Any, connection: Connection[Any, Any]
) -> None:
    interrupts = _Interrupts()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, interrupts)
    try:
        while True:
            for number in interrupts.during(connection.recv):
                observer = _ResultObserver(calls)
                done = _done(number, planned[number], ledger, interrupts, observer)
                connection.send(done)
                if done.result is None:
                    return
    except (EOFError, KeyboardInterrupt, BrokenPipeError):
        return


def _done(
    number: int, one: PlannedPart, ledger: FindingLedger, interrupts: _Interrupts, observer: _ResultObserver
) -> WorkedPart:
    """Do a part in a worker. In the end, the ledger (the worker's copy) has only the results of this part."""
    ledger.begin_anew(observer)
    error: BaseException | None = None
    began = system_clock()
    try:
        interrupts.during(lambda: run_parts([one], ledger))
    except (KeyboardInterrupt, TargetUnreachableError, BrokenRunError) as end:
        error = end
    result = observer.result
    if result:
        result = replace(result, seconds=(system_clock() - began).total_seconds())
    # Observers and profiles cannot be sent to another process.
    return WorkedPart(number, result, replace(ledger, observer=SILENT, profiles={}), error)
