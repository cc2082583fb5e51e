"""Repeat one check of a run, as the written tests do."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from mockserver.contract.config import RunConfig
from mockserver.contract.finding import BrokenRule
from mockserver.contract.runner import PHASES
from mockserver.contract.session.plan import SessionPlan
from mockserver.contract.session.session import SessionContext, load_session_subject, run_session
from mockserver.sandbox.clock import system_clock

TARGET = "MOCKSERVER_TARGET"
ALLOWED = "MOCKSERVER_ALLOW_REMOTE"


def holds_again(  # noqa: PLR0913 - the words of a command line
    name: str,
    check: str,
    *,
    seed: int,
    max_examples: int,
    target: str | None = None,
    spec: str | None = None,
    profile: str | None = None,
    facts: Mapping[str, str] | None = None,
    operations: tuple[str, ...] = (),
    parts: tuple[str, ...] = (),
    phases: tuple[str, ...] = PHASES,
) -> None:
    """Run the suite for one check, as `mockserver contract NAME --only CHECK` does.

    MOCKSERVER_TARGET names another address than `target`; without either, the application runs in this
    process. MOCKSERVER_ALLOW_REMOTE names the hosts beyond this machine that may be written to, separated by
    spaces. Credentials are the environment's, see `mockserver contract --help`.

    Raises:
        BrokenRule: the check fails; the text is the sentence that says how.
        BrokenRunError: the run has a fault of ours.
        UnsafeTargetError, MissingCredentialsError, TargetUnreachableError: as `run_session`.
    """
    plan = SessionPlan(
        name,
        Path(spec) if spec else None,
        os.environ.get(TARGET) or target,
        tuple(os.environ.get(ALLOWED, "").split()),
        facts=facts or {},
        run_config=RunConfig(seed, max_examples, operations=frozenset(operations), parts=frozenset(parts)),
        phases=phases,
        profile=Path(profile) if profile else None,
    ).only(check)
    made = run_session(plan, load_session_subject(plan), SessionContext(os.environ, _said, system_clock))
    if made.ledger.fault:
        raise made.ledger.fault
    for finding in made.ledger.findings:
        if finding.check == check:
            raise BrokenRule(finding)


def _said(told: str) -> None:
    sys.stderr.write(f"{told}\n")
