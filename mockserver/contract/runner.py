"""The whole suite for one target: generated calls, walks along links, sequences."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mockserver.contract.config import RunConfig
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.target import Target
from mockserver.errors import SpecError

FUZZING_PHASE = "fuzzing"
STATEFUL_PHASE = "stateful"
PHASES = (FUZZING_PHASE, STATEFUL_PHASE)
"""In this order: what is wrong with single calls is told before what comes of many."""


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
    from mockserver.contract.checks import CHECKS  # noqa: PLC0415 - a validator costs time to import
    from mockserver.contract.judge import ExchangeJudge  # noqa: PLC0415

    judge = ExchangeJudge(api, run_config)
    if FUZZING_PHASE in phases:
        from mockserver.contract.fuzzing.run import FUZZING_CHECKS, run_fuzzing  # noqa: PLC0415 - slow

        if _wants(run_config, {*CHECKS, *FUZZING_CHECKS}):
            run_fuzzing(api, target, run_config, ledger, judge)
    if STATEFUL_PHASE in phases:
        from mockserver.contract.stateful.checks import STATEFUL_CHECKS  # noqa: PLC0415 - imports Hypothesis
        from mockserver.contract.stateful.run import run_stateful  # noqa: PLC0415

        if _wants(run_config, {*CHECKS, *STATEFUL_CHECKS}):
            run_stateful(api, target, run_config, ledger, judge)


def _wants(run_config: RunConfig, checks: Iterable[str]) -> bool:
    """Return whether any of them is to be made: a part that makes none need not be done."""
    return any(run_config.wants(one) for one in checks)


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

    try:
        run.run_plain_schemathesis(file, target, run_config, ledger, api.profile.credentials)
    except LoaderError as error:
        raise SpecError(f"{file.name}: {error}") from None
