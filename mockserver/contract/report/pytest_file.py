"""The failures of a vendor as a test module: each test runs its check again and fails with its sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.contract.finding import Finding
from mockserver.contract.report.rows import ReportRow, RunOutcome
from mockserver.contract.report.text import HiddenSecrets, number_lines, one_line
from mockserver.contract.runner import PHASES

_NO_NAME = re.compile(r"\W+", re.ASCII)
_HEAD = '''"""Failures that `mockserver contract` found at {name}, a test each.

The tests call {there}; MOCKSERVER_TARGET names another address.
"""

from mockserver.contract.session.rerun import holds_again
'''


def pytest_module(outcome: RunOutcome) -> str:
    """Return the text of the module."""
    visit = outcome.session
    head = _HEAD.format(
        name=visit.api.name, there=visit.plan.target or "the application of mockserver, in their own process"
    )
    tests = (_test(outcome, row, row.finding) for row in outcome.having("FAIL") if row.finding)
    return head + "".join(tests)


def _test(outcome: RunOutcome, row: ReportRow, finding: Finding) -> str:
    hidden = HiddenSecrets(outcome.session.secrets)
    name = _NO_NAME.sub("_", f"{row.operation}_{row.name}").strip("_").lower()
    told = (
        f"    # {one_line(hidden.text(one), 2000)}\n" for one in (finding.said, *number_lines(finding.told))
    )
    arguments = (f"        {one},\n" for one in _arguments(outcome, row))
    return f"\n\ndef test_{name}() -> None:\n{''.join(told)}    holds_again(\n{''.join(arguments)}    )\n"


def _arguments(outcome: RunOutcome, row: ReportRow) -> Iterator[str]:
    plan = outcome.session.plan.only(row.check.id, row.finding)
    yield repr(plan.name)
    yield repr(row.check.id)
    yield f"seed={plan.run_config.seed}"
    yield f"max_examples={plan.run_config.max_examples}"
    if plan.target:
        yield f"target={plan.target!r}"
    if plan.spec:
        yield f"spec={str(plan.spec)!r}"
    if plan.profile:
        yield f"profile={str(plan.profile)!r}"
    if plan.facts:
        yield f"facts={dict(plan.facts)!r}"
    if plan.run_config.operations:
        yield f"operations={tuple(sorted(plan.run_config.operations))!r}"
    if plan.run_config.parts:
        yield f"parts={tuple(plan.run_config.parts)!r}"
    if plan.phases != PHASES:
        yield f"phases={plan.phases!r}"
