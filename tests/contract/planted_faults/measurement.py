"""What finds a planted fault: plain Schemathesis, and our suite, in the same calls.

Plain Schemathesis is what its own checks find in the calls that it makes, walks along links among them; 200
and 207 are right answers to a batch with bad items. Ours is what these calls and sequences find.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from mockserver.contract import runner
from mockserver.contract.asgi_calls import App
from mockserver.contract.checks import NO_SERVER_ERROR
from mockserver.contract.config import RunConfig
from mockserver.contract.finding import Finding
from mockserver.contract.fuzzing import refusal_checks, schemathesis_checks
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest, load_vendor_api
from mockserver.contract.target import Address, Target, TargetUnreachableError
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.wrappers import with_fault

Known = frozenset[tuple[str, str]]
# Schemathesis checks credentials and server errors too: what ours find is counted as found by it as well.
_BUILT_IN = frozenset(
    {
        *(check.id for check in (*schemathesis_checks.SCHEMATHESIS_CHECKS, refusal_checks.AUTH_CHECK)),
        NO_SERVER_ERROR,
    }
)


class FaultFoundError(Exception):
    """Something was found, and that is all that is asked."""


@dataclass(slots=True)
class FirstFindingLedger(FindingLedger):
    """Ends the run at the first thing that is found and not known."""

    known: Known = frozenset()

    def found(self, findings: Iterable[Finding]) -> None:
        """A check did not hold.

        Raises:
            Caught: it is not known.
        """
        for one in findings:
            FindingLedger.found(self, [one])
            if (one.operation, one.check) not in self.known:
                raise FaultFoundError


@dataclass(frozen=True, slots=True)
class MeasuringRun:
    """How a mutant is measured; `hasty`: what is found first is enough, `plain`: by Schemathesis too."""

    seed: int
    max_examples: int
    stops_at_first: bool = False
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Measurement:
    """The checks of Schemathesis and of the suite that found a mutant; `false`: they find the right server.

    `plain` is None where that was not asked. `crashed` says how a suite broke at it.
    """

    mutant: str
    run: MeasuringRun
    plain: frozenset[str] | None = None
    ours: frozenset[str] = frozenset()
    false: frozenset[str] = frozenset()
    crashed: str = ""


def measure(mutant: PlantedFault, run: MeasuringRun) -> Measurement:
    """What is found at the mutant, less what is found at the right server."""
    try:
        findings = found(mutant, run)
        plain = _plain(mutant, run, findings) if run.plain else None
    except Exception as error:  # noqa: BLE001 - a suite that breaks at a fault is a result too
        return Measurement(mutant.id, run, crashed=f"{type(error).__name__}: {error}")
    ours = (one.check for listed in findings.values() for one in listed)
    false = (check for phase in findings for _, check in known(mutant, run, phase))
    return Measurement(mutant.id, run, plain, frozenset(ours), frozenset(false))


def _plain(
    mutant: PlantedFault, run: MeasuringRun, findings: Mapping[str, Sequence[Finding]]
) -> frozenset[str]:
    """The checks of Schemathesis' own that find it; in a hasty run they are tried for themselves."""
    if not run.stops_at_first:
        return frozenset(one.check for one in findings[runner.FUZZING_PHASE] if one.check in _BUILT_IN)
    right = known(mutant, run, runner.FUZZING_PHASE)
    ledger = FirstFindingLedger(known=right)
    _call(mutant, run, runner.FUZZING_PHASE, ledger, _BUILT_IN)
    return frozenset(one.check for one in ledger.findings if (one.operation, one.check) not in right)


def found(mutant: PlantedFault, run: MeasuringRun) -> dict[str, list[Finding]]:
    """What is found at a mutant and not at the right server, by phase; what is quick first."""
    findings: dict[str, list[Finding]] = {}
    for phase in (runner.STATEFUL_PHASE, runner.SIZES_PHASE, runner.FUZZING_PHASE):
        ledger = (
            FirstFindingLedger(known=known(mutant, run, phase)) if run.stops_at_first else FindingLedger()
        )
        _call(mutant, run, phase, ledger)
        right = known(mutant, run, phase)
        findings[phase] = [one for one in ledger.findings if (one.operation, one.check) not in right]
        if run.stops_at_first and findings[phase]:
            break
    return findings


def known(mutant: PlantedFault, run: MeasuringRun, phase: str) -> Known:
    """What a phase finds at the right server: nothing, if it is right."""
    return _known(mutant.vendor, mutant.operations, run.seed, run.max_examples, phase)


@cache
def _known(vendor: str, operations: tuple[str, ...], seed: int, max_examples: int, phase: str) -> Known:
    ledger = FindingLedger()
    effort = RunConfig(seed, max_examples, operations=frozenset(operations))
    with Target(Address(f"http://testserver/{vendor}", _right_server(vendor))) as target:
        runner.run_phases(_api_of(vendor), target, effort, ledger, (phase,))
    return frozenset((one.operation, one.check) for one in ledger.findings)


def _call(
    mutant: PlantedFault,
    run: MeasuringRun,
    phase: str,
    ledger: FindingLedger,
    only: frozenset[str] = frozenset(),
) -> None:
    app = with_fault(_right_server(mutant.vendor), mutant.planted)
    operations = frozenset(mutant.operations)
    effort = RunConfig(run.seed, run.max_examples, only, operations, shrinks=False)
    with Target(Address(f"http://testserver/{mutant.vendor}", app)) as target:
        try:
            runner.run_phases(_api_of(mutant.vendor), target, effort, ledger, (phase,))
        except (FaultFoundError, TargetUnreachableError):
            return


@cache
def _api_of(vendor: str) -> ApiUnderTest:
    return load_vendor_api(vendor)


def _right_server(vendor: str) -> App:
    return create_app(Options(vendors=(vendor,), strict_auth=True))
