"""The suite on an application in this process, as every test of it has it."""

from __future__ import annotations

import os

from mockserver.contract import runner
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Finding
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, App, Target

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "2"))
"""Drawn calls of an operation, walks of a spec, sequences of a subject."""

SEED = int(os.environ.get("CONTRACT_SEED", "7"))


def target(app: App, mount: str) -> Target:
    """Where a spec's own paths begin in an application."""
    return Target(Address(f"http://127.0.0.1:8080/{mount}", app))


def effort(*operations: str, examples: int = EXAMPLES) -> RunConfig:
    """What a test does of the suite."""
    return RunConfig(SEED, examples, operations=frozenset(operations))


def held(api: ApiUnderTest, app: App, mount: str, wanted: RunConfig, *phases: str) -> FindingLedger:
    """What the suite comes to, with every call that it made."""
    ledger = FindingLedger(keeps_exchanges=True)
    with target(app, mount) as one:
        runner.run_phases(api, one, wanted, ledger, phases or runner.PHASES)
    return ledger


def told(findings: list[Finding]) -> list[str]:
    """Findings as a failed test shows them."""
    return [f"{one.operation}: {one.check}: {one.message}\n{_shown(one)}" for one in findings]


def _shown(finding: Finding) -> str:
    return "\n".join(
        f"  {one.request.method} {one.request.path} {dict(one.request.headers)} {one.request.body[:2000]!r}\n"
        f"  {one.response.status} {one.response.body[:2000]!r}"
        for one in finding.exchanges
    )
