"""Stateful tests: random sequences of calls checked against a model; failures are shrunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import hypothesis
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from mockserver.contract.checks import CHECKS
from mockserver.contract.config import RunConfig
from mockserver.contract.failure_search import BudgetSpentError, FailureSearch, hypothesis_settings
from mockserver.contract.finding import BrokenRule
from mockserver.contract.isolation import Isolation
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.parts import PlannedPart
from mockserver.contract.progress import RunPart
from mockserver.contract.responses.outcomes import reader_for
from mockserver.contract.stateful.calls_at_once import check_calls_at_once
from mockserver.contract.stateful.checks import STATEFUL_CHECKS
from mockserver.contract.stateful.message_checks import check_messages
from mockserver.contract.stateful.narrowing import batch_profiles_of, usable_batches
from mockserver.contract.stateful.position_checks import check_positions
from mockserver.contract.stateful.sequence import JudgeSequenceExchange, SequenceContext
from mockserver.contract.stateful.shared_positions import with_shared_positions
from mockserver.contract.stateful.state_machine import build_machine
from mockserver.contract.target import Target
from mockserver.contract.values.checks import VALUE_CHECKS
from mockserver.contract.values.value_run import check_values

__all__ = ["STATEFUL_CHECKS", "batch_profiles_of", "plan_stateful"]

PHASE = "stateful"

STEPS = 8
"""Calls of a sequence, at most."""

_ROUNDS = 8
"""Checks of a batch that may fail before the other sequences are left out."""


def plan_stateful(
    api: ApiUnderTest,
    target: Target,
    run_config: RunConfig,
    ledger: FindingLedger,
    judge: JudgeSequenceExchange,
) -> Iterator[PlannedPart]:
    """Yield the sequences of every batch; each failed check is recorded with its shortest sequence."""
    usable = usable_batches(api, run_config)
    ledger.notes.extend(usable.notes)
    subjects = [
        (number, subject, batch)
        for number, subject in usable.batches
        if (batch := api.spec.operations[subject.operation].batch) is not None
    ]
    for at, (number, subject, batch) in enumerate(subjects, 1):
        reader = subject.reader or reader_for(api, api.spec.operations[subject.operation])
        begun = partial(SequenceContext, api, subject, batch, target, run_config, ledger, judge, reader)
        name = f"{api.name} {subject.operation} {number}"
        part = RunPart(PHASE, subject.operation, at, len(subjects), steps=run_config.max_examples)
        yield PlannedPart(part, partial(_run_subject, begun, target, run_config, name, number))


def _run_subject(
    begun: Callable[[Isolation, FailureSearch], SequenceContext],
    target: Target,
    run_config: RunConfig,
    name: str,
    number: int,
) -> None:
    isolation = Isolation(target, run_config.seed, name)
    context = with_shared_positions(begun(isolation, FailureSearch(run_config)), number)
    if run_config.wants_any({*CHECKS, *STATEFUL_CHECKS} - VALUE_CHECKS.keys()):
        _run_sequences(context)
    if context.search.target_is_lost:
        return
    for check in (check_calls_at_once, check_messages, check_positions):
        check(context)
        if (found := context.search.end()) is not None:
            context.ledger.found([found])
    check_values(context)


def _run_sequences(context: SequenceContext) -> None:
    for _ in range(_ROUNDS):
        try:
            machine = hypothesis.seed(context.run_config.seed)(build_machine(context))
            run_state_machine_as_test(
                machine, settings=hypothesis_settings(context.run_config, stateful_step_count=STEPS)
            )
        except (BrokenRule, Flaky, BudgetSpentError):
            # The search has the smallest sequence, also if its failure did not come again.
            pass
        found = context.search.end()
        if found is None:
            return
        context.ledger.found([found])
        if context.search.is_done:
            return
