"""The whole suite for one target: generated calls, walks along links, sequences, sizes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from mockserver.contract.config import RunConfig
from mockserver.contract.isolation import Isolation
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.open_cases import let_either, note_of
from mockserver.contract.parts import PlannedPart, run_parts
from mockserver.contract.progress import RunPart
from mockserver.contract.sandbox_reach import use_reachable_sandboxes
from mockserver.contract.target import Target
from mockserver.contract.workers import can_work_side_by_side, run_side_by_side
from mockserver.errors import SpecError

FUZZING_PHASE = "fuzzing"
STATEFUL_PHASE = "stateful"
SIZES_PHASE = "sizes"
PHASES = (FUZZING_PHASE, STATEFUL_PHASE, SIZES_PHASE)
"""In this order: what is wrong with single calls is told before what comes of many."""

_Planners: TypeAlias = Iterator[tuple[Callable[..., Iterator[PlannedPart]], Iterable[str]]]
"""What plans the parts of a phase, each with the checks that it makes beside those of every call."""

_ALLOCATIONS = 1_000_000
"""Objects more than were freed, after which garbage is collected: some 100 MiB. A short run ends before."""


def run_phases(
    api: ApiUnderTest,
    target: Target,
    run_config: RunConfig,
    ledger: FindingLedger,
    phases: tuple[str, ...] = PHASES,
) -> None:
    """Call the target and write down what holds and what does not; `phases` are the parts to do.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    from mockserver.contract.checks import CHECKS, OF_BATCHES  # noqa: PLC0415 - a validator costs time to import
    from mockserver.contract.judge import ExchangeJudge  # noqa: PLC0415

    _use_reachable_sandboxes(target, run_config, ledger)
    api = _as_at(target, api, ledger)
    judge = ExchangeJudge(api, run_config)
    planners = [one for phase in PHASES if phase in phases for one in _PLANNERS[phase]()]
    plans = [
        plan(api, target, run_config, ledger, judge)
        for plan, checks in planners
        if run_config.wants_any({*CHECKS, *checks})
    ]
    is_of_batches = bool(run_config.only) and run_config.only <= OF_BATCHES
    batches = {name for name, one in api.spec.operations.items() if one.batch}
    parts = (one for one in chain.from_iterable(plans) if not is_of_batches or one.part.operation in batches)
    _run(parts, target, run_config, ledger)


def _use_reachable_sandboxes(target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
    if note := use_reachable_sandboxes(target, run_config.seed):
        ledger.notes.append(note)


def _as_at(target: Target, api: ApiUnderTest, ledger: FindingLedger) -> ApiUnderTest:
    """Return the API as it is tested there: a server that is not ours may act otherwise in open cases."""
    if not api.profile.open_cases or target.identity().is_ours:
        return api
    ledger.notes.append(note_of(api))
    return let_either(api)


def _generated_calls() -> _Planners:
    from mockserver.contract.checks.answer_checks import ANSWER_CHECKS  # noqa: PLC0415 - as the next two
    from mockserver.contract.fuzzing.keyed_replays import REPLAY_CHECKS  # noqa: PLC0415
    from mockserver.contract.fuzzing.run import FUZZING_CHECKS, plan_fuzzing  # noqa: PLC0415 - slow

    yield plan_fuzzing, {*FUZZING_CHECKS, *REPLAY_CHECKS, *(one.id for one in ANSWER_CHECKS)}


def _sequences_and_lists() -> _Planners:
    from mockserver.contract.lists.run import LIST_CHECKS, SHARED_CHECKS, plan_lists  # noqa: PLC0415
    from mockserver.contract.stateful.checks import STATEFUL_CHECKS  # noqa: PLC0415 - imports Hypothesis
    from mockserver.contract.stateful.run import plan_stateful  # noqa: PLC0415

    yield plan_stateful, STATEFUL_CHECKS
    yield plan_lists, {*LIST_CHECKS, *SHARED_CHECKS}


def _sizes() -> _Planners:
    from mockserver.contract.sizes.checks import SHARED_CHECKS, SIZE_CHECKS  # noqa: PLC0415
    from mockserver.contract.sizes.run import plan_sizes  # noqa: PLC0415 - imports Hypothesis

    yield plan_sizes, {*SHARED_CHECKS, *SIZE_CHECKS}


_PLANNERS: Mapping[str, Callable[[], _Planners]] = {
    FUZZING_PHASE: _generated_calls,
    STATEFUL_PHASE: _sequences_and_lists,
    SIZES_PHASE: _sizes,
}


def _run(parts: Iterable[PlannedPart], target: Target, run_config: RunConfig, ledger: FindingLedger) -> None:
    """Do the parts, with several workers if that was asked for and changes nothing."""
    from mockserver.contract.module_literals import without_module_literals  # noqa: PLC0415 - imports Hypothesis

    with _rare_garbage_collection(), without_module_literals():
        planned = [
            replace(one, part=replace(one.part, calls=_usual_calls(one.part, run_config.max_examples)))
            for one in parts
            if not run_config.parts or one.part.subject in run_config.parts
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
    """Return how many calls a part takes as a rule, measured at our own vendors."""
    if part.phase == FUZZING_PHASE:
        return 20 + 2 * examples + min(5 * examples, 50)
    if part.phase == STATEFUL_PHASE:
        return 100 + 33 * part.steps if part.steps else 30
    return 7 * part.steps if part.phase == "links" else 120


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Leave what is loaded by now out of every garbage collection, and collect less often."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _why_one_worker(target: Target, run_config: RunConfig) -> str:
    """Return why parts cannot be done side by side, "" if they can."""
    if not can_work_side_by_side():
        return "this system cannot copy a process"
    if target.is_paced:
        return "the calls keep a rate"
    if not Isolation(target, run_config.seed).are_apart:
        return "the target has no sandboxes, so the operations share its records"
    return ""


def run_plain_spec(
    file: Path, api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger
) -> None:
    """Call the target as Schemathesis would by itself: the file may be any OpenAPI document of 3.x.

    Raises:
        SpecError: Schemathesis cannot read it.
        TargetUnreachableError: the target does not answer.
    """
    from schemathesis.errors import LoaderError  # noqa: PLC0415 - as `generated`

    from mockserver.contract.fuzzing import run  # noqa: PLC0415

    _use_reachable_sandboxes(target, run_config, ledger)
    try:
        parts = run.plan_plain_schemathesis(file, api, target, run_config, ledger)
    except LoaderError as error:
        raise SpecError(f"{file.name}: {error}") from None
    _run(parts, target, run_config, ledger)
