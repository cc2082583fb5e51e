"""Stateful tests: random sequences of calls checked against a model; failures are shrunk."""

from __future__ import annotations

import hypothesis
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from mockserver.contract import inferred
from mockserver.contract.config import RunConfig
from mockserver.contract.finding import BrokenRule, FindingLedger
from mockserver.contract.fuzzing.settings import hypothesis_settings
from mockserver.contract.isolation import Isolation
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.profile import BatchProfile
from mockserver.contract.responses.outcomes import reader_for
from mockserver.contract.stateful.checks import STATEFUL_CHECKS
from mockserver.contract.stateful.failure_search import BudgetSpentError, FailureSearch
from mockserver.contract.stateful.sequence import SequenceContext, SequenceJudging
from mockserver.contract.stateful.state_machine import build_machine
from mockserver.contract.target import Target

__all__ = ["STATEFUL_CHECKS", "batch_profiles_of", "run_stateful"]

STEPS = 8
"""Maximum of a sequence."""

_ROUNDS = 8
"""Checks of a subject that may break before the rest is left."""


def run_stateful(
    contracted: ApiUnderTest, target: Target, effort: RunConfig, ledger: FindingLedger, judge: SequenceJudging
) -> None:
    """Tell sequences of every subject, and write down what does not hold, each with its smallest sequence.

    Raises:
        TargetUnreachableError: the target does not answer at all.
    """
    for number, subject in enumerate(batch_profiles_of(contracted)):
        operation = contracted.spec.operations[subject.operation]
        if operation.batch is None or not effort.calls(operation.id):
            continue
        reader = subject.reader or reader_for(contracted, operation)
        worlds = Isolation(target, effort.seed, f"{contracted.name} {operation.id} {number}")
        hunt = FailureSearch(effort)
        _run_sequence(
            SequenceContext(
                contracted, subject, operation.batch, target, effort, ledger, judge, reader, worlds, hunt
            )
        )


def batch_profiles_of(contracted: ApiUnderTest) -> tuple[BatchProfile, ...]:
    """Return what the profile names; where it names nothing, what the spec alone is enough for."""
    return contracted.profile.batches(contracted.facts) or inferred.infer_batches(contracted.spec)


def _run_sequence(stage: SequenceContext) -> None:
    for _ in range(_ROUNDS):
        try:
            machine = hypothesis.seed(stage.effort.seed)(build_machine(stage))
            run_state_machine_as_test(
                machine, settings=hypothesis_settings(stage.effort, stateful_step_count=STEPS)
            )
        except (BrokenRule, Flaky, BudgetSpentError):
            # The hunt has the smallest sequence, also where it is not told twice in the same way.
            pass
        found = stage.hunt.end()
        if found is None:
            return
        stage.ledger.found([found])
        if stage.hunt.is_done:
            return
