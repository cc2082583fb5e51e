"""The whole suite for one target: generated calls, walks along links, stories."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mockserver.contract.effort import Effort
from mockserver.contract.finding import Ledger
from mockserver.contract.profiles import Contracted
from mockserver.contract.target import Target
from mockserver.errors import SpecError

GENERATED = "generated"
STORIES = "stories"
PHASES = (GENERATED, STORIES)
"""In this order: what is wrong with single calls is told before what comes of many."""


def run(
    contracted: Contracted,
    target: Target,
    effort: Effort,
    ledger: Ledger,
    phases: tuple[str, ...] = PHASES,
) -> None:
    """Call the target and write down what holds and what does not; `phases` are the parts to do.

    Raises:
        Unreachable: the target does not answer.
    """
    from mockserver.contract.checks import CHECKS  # noqa: PLC0415 - a validator costs time to import
    from mockserver.contract.judging import Judge  # noqa: PLC0415

    judge = Judge(contracted, effort)
    if GENERATED in phases:
        from mockserver.contract import generated  # noqa: PLC0415 - Schemathesis costs 0.1 s

        if _wants(effort, {*CHECKS, *generated.CHECKS}):
            generated.run(contracted, target, effort, ledger, judge)
    if STORIES in phases:
        from mockserver.contract import stories  # noqa: PLC0415 - Hypothesis, likewise

        if _wants(effort, {*CHECKS, *stories.CHECKS}):
            stories.run(contracted, target, effort, ledger, judge)


def _wants(effort: Effort, checks: Iterable[str]) -> bool:
    """Whether any of them is to be made: a part that makes none need not be done."""
    return any(effort.wants(one) for one in checks)


def run_plain(file: Path, contracted: Contracted, target: Target, effort: Effort, ledger: Ledger) -> None:
    """Call the target as Schemathesis would by itself: the file may be any OpenAPI document of 3.x.

    Raises:
        SpecError: Schemathesis cannot read it.
        Unreachable: the target does not answer.
    """
    from schemathesis.errors import LoaderError  # noqa: PLC0415 - as `generated`

    from mockserver.contract.generated import plain  # noqa: PLC0415

    try:
        plain.run(file, target, effort, ledger, contracted.profile.credentials)
    except LoaderError as error:
        raise SpecError(f"{file.name}: {error}") from None
