"""What finds a planted fault: plain Schemathesis, and our suite.

Plain Schemathesis is what its own checks find in the calls that it makes, walks along links among them; 200
and 207 are right answers to a batch with bad items. Ours is what these calls and all other phases find.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from time import process_time

from mockserver.contract import runner
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Finding, TargetUnreachableError, checks_of
from mockserver.contract.fuzzing import links, refusals
from mockserver.contract.fuzzing.follow_ups import LOCATION_CHECK
from mockserver.contract.fuzzing.run import FUZZING_CHECKS
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import NO_SERVER_ERROR
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, App, Target
from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.fault import Family, PlantedFault
from tests.contract.planted_faults.shared_calls import FuzzedServer, ServerDoneError, fuzz_servers
from tests.contract.planted_faults.wrappers import with_fault

Known = frozenset[tuple[str, str]]
OTHER_PHASES = tuple(phase for phase in runner.PHASES if phase != runner.FUZZING_PHASE)
_PARTS: Mapping[Family, frozenset[str]] = {"lists": frozenset(checks_of("lists"))}
# Schemathesis can check these too: what ours find is counted as found by it as well.
_BUILT_IN = frozenset(
    {
        *(FUZZING_CHECKS.keys() - {links.LINKS, LOCATION_CHECK, refusals.STATUS_CHECK}),
        NO_SERVER_ERROR,
        "answers-match-the-spec",
        "headers-match-the-spec",
        "refusals-have-the-shape",
    }
)


class FaultFoundError(BaseException):
    """Something was found, and that is all that is asked."""


class FirstFindingLedger(FindingLedger):
    """Ends the run at the first thing that is found and not known."""

    known: Known = frozenset()

    def record(self, findings: Iterable[Finding]) -> None:
        """A check did not hold.

        Raises:
            FaultFoundError: it is not known.
        """
        for one in findings:
            FindingLedger.record(self, [one])
            if (one.operation, one.check) not in self.known:
                raise FaultFoundError


class ComparingLedger(FindingLedger):
    """Ends the calls to a server when Schemathesis found what it does not find at the right one.

    `right` is the ledger of the right server, which gets every call first.
    """

    right: FindingLedger | None = None

    def record(self, findings: Iterable[Finding]) -> None:
        """A check did not hold.

        Raises:
            ServerDoneError: it is one of Schemathesis' own.
        """
        FindingLedger.record(self, findings)
        if self.right is not None and self.built_in:
            raise ServerDoneError

    @property
    def own(self) -> frozenset[str]:
        """Checks that failed here and not at the right server."""
        right = _names(self.right) if self.right is not None else frozenset()
        return frozenset(check for operation, check in _names(self) if (operation, check) not in right)

    @property
    def built_in(self) -> frozenset[str]:
        """Those of Schemathesis."""
        return self.own & _BUILT_IN


@dataclass(frozen=True, slots=True)
class MeasuringRun:
    """How a fault is measured; `stops_at_first`: what is found first is enough.

    Without `has_plain` Schemathesis is not measured: generated calls are made only at faults that the other
    phases miss.
    """

    seed: int
    max_examples: int
    stops_at_first: bool = False
    has_plain: bool = True


@dataclass(frozen=True, slots=True)
class Measurement:
    """The checks of Schemathesis and of the suite that found a fault; `false`: they find the right server.

    `crashed` says how a suite broke at it. `seconds` of a processor is its share of what its part took.
    """

    fault: str
    seed: int
    plain: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()
    false: frozenset[str] = frozenset()
    crashed: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class _Results:
    """What is known of a fault so far."""

    ours: set[str] = field(default_factory=set)
    plain: frozenset[str] = frozenset()
    crashed: str = ""


def measure(faults: Sequence[PlantedFault], run: MeasuringRun) -> list[Measurement]:
    """Return what is found at each fault and not at the right server; all have one vendor and operations.

    The sequences end at the first finding, the generated calls at the first of Schemathesis.
    """
    began = process_time()
    results = {one.id: _Results() for one in faults}
    false = {check for phase in OTHER_PHASES for _, check in known(faults[0], run, phase)}
    for one in faults:
        try:
            findings = _found(one, run, OTHER_PHASES)
        except Exception as error:  # noqa: BLE001 - a suite that breaks at a fault is a result too
            results[one.id].crashed = f"{type(error).__name__}: {error}"
        else:
            results[one.id].ours |= {finding.check for listed in findings.values() for finding in listed}
    if to_fuzz := [one for one in faults if run.has_plain or not results[one.id].ours]:
        false |= _fuzzed(to_fuzz, run, results)
    share = round((process_time() - began) / len(faults), 2)
    return [
        Measurement(name, run.seed, one.plain, frozenset(one.ours), frozenset(false), one.crashed, share)
        for name, one in results.items()
    ]


def _fuzzed(
    faults: Sequence[PlantedFault], run: MeasuringRun, results: dict[str, _Results]
) -> frozenset[str]:
    """Add what generated calls find; return what they find at the right server."""
    right = ComparingLedger()
    ledgers = {one.id: ComparingLedger(right=right) for one in faults}
    vendor = faults[0].vendor
    apps = [_right_server(vendor), *(with_fault(_right_server(vendor), one.planted) for one in faults)]
    with ExitStack() as targets:
        servers = [
            FuzzedServer(targets.enter_context(Target(Address(f"http://testserver/{vendor}", app))), ledger)
            for app, ledger in zip(apps, (right, *ledgers.values()), strict=True)
        ]
        fuzz_servers(_api_of(vendor), servers, _effort(faults[0], run))
    for (name, ledger), server in zip(ledgers.items(), servers[1:], strict=True):
        one = results[name]
        one.ours |= ledger.own
        one.plain = ledger.built_in
        one.crashed = one.crashed or server.crashed
    return right.own


def found(fault: PlantedFault, run: MeasuringRun) -> dict[str, list[Finding]]:
    """Return what is found at a fault and not at the right server, by phase; sequences, quick, first."""
    return _found(fault, run, (*OTHER_PHASES, runner.FUZZING_PHASE))


def _found(fault: PlantedFault, run: MeasuringRun, phases: Iterable[str]) -> dict[str, list[Finding]]:
    findings: dict[str, list[Finding]] = {}
    if run.stops_at_first and (first := _found_by_its_part(fault, run)):
        return {runner.STATEFUL_PHASE: first}
    for phase in phases:
        right = known(fault, run, phase)
        ledger = FirstFindingLedger(known=right) if run.stops_at_first else FindingLedger()
        _call(fault, run, phase, ledger)
        findings[phase] = [one for one in ledger.findings if (one.operation, one.check) not in right]
        if run.stops_at_first and findings[phase]:
            break
    return findings


def _found_by_its_part(fault: PlantedFault, run: MeasuringRun) -> list[Finding]:
    """Return what the part of the suite finds that stands behind others and is made for such faults."""
    only = _PARTS.get(fault.family, frozenset())
    if not only:
        return []
    right = known(fault, run, runner.STATEFUL_PHASE, only)
    ledger = FirstFindingLedger(known=right)
    _call(fault, run, runner.STATEFUL_PHASE, ledger, only)
    return [one for one in ledger.findings if (one.operation, one.check) not in right]


def known(fault: PlantedFault, run: MeasuringRun, phase: str, only: frozenset[str] = frozenset()) -> Known:
    """Return what a phase finds at the right server: nothing, if it is right."""
    return _known(fault.vendor, fault.operations, run.seed, run.max_examples, phase, only)


@cache
def _known(  # noqa: PLR0913, PLR0917 - what a run is made of
    vendor: str,
    operations: tuple[str, ...],
    seed: int,
    max_examples: int,
    phase: str,
    only: frozenset[str],
) -> Known:
    ledger = FindingLedger()
    effort = RunConfig(seed, max_examples, only, operations=frozenset(operations))
    with Target(Address(f"http://testserver/{vendor}", _right_server(vendor))) as target:
        runner.run_phases(_api_of(vendor), target, effort, ledger, (phase,))
    return _names(ledger)


def _names(ledger: FindingLedger) -> Known:
    return frozenset((one.operation, one.check) for one in ledger.findings)


def _effort(fault: PlantedFault, run: MeasuringRun, only: frozenset[str] = frozenset()) -> RunConfig:
    return RunConfig(run.seed, run.max_examples, only, operations=frozenset(fault.operations), shrinks=False)


def _call(
    fault: PlantedFault,
    run: MeasuringRun,
    phase: str,
    ledger: FindingLedger,
    only: frozenset[str] = frozenset(),
) -> None:
    app = with_fault(_right_server(fault.vendor), fault.planted)
    with Target(Address(f"http://testserver/{fault.vendor}", app)) as target:
        try:
            effort = _effort(fault, run, only)
            runner.run_phases(_api_of(fault.vendor), target, effort, ledger, (phase,))
        except (FaultFoundError, TargetUnreachableError):
            return


@cache
def _api_of(vendor: str) -> ApiUnderTest:
    return load_vendor_api(vendor)


def _right_server(vendor: str) -> App:
    return create_app(Options(vendors=(vendor,), strict_auth=True))
