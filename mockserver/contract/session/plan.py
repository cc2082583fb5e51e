"""The options of a run, and the command that repeats it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mockserver.codec.redaction import is_credential_header
from mockserver.contract.config import RunConfig
from mockserver.contract.finding import Finding
from mockserver.contract.profile import Facts
from mockserver.contract.runner import PHASES
from mockserver.contract.safety import Rate

QUICK_EXAMPLES = 2
QUICK_NOTE = (
    f"a quick run: at most {QUICK_EXAMPLES} examples of an operation or batch, where 100 are usual; "
    "run it without --quick before you rely on it"
)
HEADER_PREFIX = "MOCKSERVER_HEADER_"
_OTHER = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class SessionPlan:
    """A run of the suite for one API.

    `spec` is a file of a user's, None: ours of that name. `target` is an address, None: our own application
    in this process. `allowed` are hosts beyond this machine that may be called. `profile` is a YAML file.
    `is_quick`: reports say that it is no more than a first look.
    """

    name: str
    spec: Path | None = None
    target: str | None = None
    allowed: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    rate: Rate | None = None
    facts: Facts = field(default_factory=dict)
    run_config: RunConfig = field(default_factory=RunConfig)
    phases: tuple[str, ...] = PHASES
    profile: Path | None = None
    is_quick: bool = False

    def only(self, check: str, finding: Finding | None = None) -> SessionPlan:
        """Return the same for one check alone, in the part of the run that made the finding."""
        effort = replace(self.run_config, only=frozenset({check}))
        if finding is None or not finding.phase:
            return replace(self, run_config=effort)
        return replace(
            self, run_config=replace(effort, parts=frozenset({finding.part})), phases=(finding.phase,)
        )


def command_line(plan: SessionPlan) -> str:
    """Return the line for a shell that does it again; a header with a credential is a variable in it."""
    return " ".join(_words(plan))


def header_variable(name: str) -> str:
    """Return the placeholder of a credential that was given as a header."""
    return HEADER_PREFIX + _OTHER.sub("_", name.upper())


def _words(plan: SessionPlan) -> Iterator[str]:
    effort = plan.run_config
    yield "mockserver contract"
    yield f"--spec {shlex.quote(str(plan.spec))}" if plan.spec else shlex.quote(plan.name)
    if plan.profile:
        yield f"--profile {shlex.quote(str(plan.profile))}"
    if plan.target:
        yield f"--target {shlex.quote(plan.target)}"
    yield from (f"--allow-remote {shlex.quote(host)}" for host in plan.allowed)
    for name, text in plan.headers.items():
        secret = is_credential_header(name)
        yield (
            f'--header "{name}: ${header_variable(name)}"'
            if secret
            else f"--header {shlex.quote(f'{name}: {text}')}"
        )
    yield from (f"--fact {shlex.quote(f'{name}={text}')}" for name, text in plan.facts.items())
    if plan.rate:
        yield f"--rate {plan.rate}"
    yield f"--seed {effort.seed} --max-examples {effort.max_examples}"
    if not effort.shrinks:
        yield "--no-shrink"
    yield from (f"--operation {shlex.quote(name)}" for name in sorted(effort.operations))
    yield from (f"--part {shlex.quote(name)}" for name in sorted(effort.parts))
    if plan.phases != PHASES:
        yield from (f"--phase {name}" for name in plan.phases)
    yield from (f"--only {check}" for check in sorted(effort.only))
