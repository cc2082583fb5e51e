"""Stories: many calls in whatever order, a model of what must be there, the smallest story where it is not.

Black box: what is there is learned by reading it, so that stories can be told of any target.
"""

from __future__ import annotations

import hypothesis
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from mockserver.contract import derived
from mockserver.contract.answers.reading import reader_for
from mockserver.contract.effort import Effort
from mockserver.contract.finding import Broken, Ledger
from mockserver.contract.generated.drawing import settings
from mockserver.contract.profiles import Contracted
from mockserver.contract.stories.checks import CHECKS
from mockserver.contract.stories.hunt import Enough, Hunt
from mockserver.contract.stories.machine import machine_of
from mockserver.contract.stories.story import Judging, Stage
from mockserver.contract.subject import Subject
from mockserver.contract.target import Target
from mockserver.contract.worlds import Worlds

__all__ = ["CHECKS", "run", "subjects"]

STEPS = 8
"""Of a story, at most."""

_ROUNDS = 8
"""Checks of a subject that may break before the rest is left."""


def run(contracted: Contracted, target: Target, effort: Effort, ledger: Ledger, judge: Judging) -> None:
    """Tell stories of every subject, and write down what does not hold, each with its smallest story.

    Raises:
        Unreachable: the target does not answer at all.
    """
    for number, subject in enumerate(subjects(contracted)):
        operation = contracted.spec.operations[subject.operation]
        if operation.batch is None or not effort.calls(operation.id):
            continue
        reader = subject.reader or reader_for(contracted, operation)
        worlds = Worlds(target, effort.seed, f"{contracted.name} {operation.id} {number}")
        hunt = Hunt(effort)
        _tell(
            Stage(contracted, subject, operation.batch, target, effort, ledger, judge, reader, worlds, hunt)
        )


def subjects(contracted: Contracted) -> tuple[Subject, ...]:
    """What the profile names; where it names nothing, what the spec alone is enough for."""
    return contracted.profile.subjects(contracted.facts) or derived.subjects(contracted.spec)


def _tell(stage: Stage) -> None:
    for _ in range(_ROUNDS):
        try:
            machine = hypothesis.seed(stage.effort.seed)(machine_of(stage))
            run_state_machine_as_test(machine, settings=settings(stage.effort, stateful_step_count=STEPS))
        except (Broken, Flaky, Enough):
            # The hunt has the smallest story, also where it is not told twice in the same way.
            pass
        found = stage.hunt.end()
        if found is None:
            return
        stage.ledger.found([found])
        if stage.hunt.is_done:
            return
