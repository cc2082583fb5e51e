"""The state of a run in words, while it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from mockserver.contract.catalogue import check_named
from mockserver.contract.finding import Finding
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.progress import PartResult, RunPart
from mockserver.contract.report.text import HiddenSecrets, counted, one_line

_STEPS = {"links": "walk", "stateful": "sequence", "sizes": "size"}
_KINDS = {"links": "walks along links", "stateful": "sequences", "sizes": "batches of each size"}
_UNITS = {"links": "round", "stateful": "batch", "sizes": "batch"}
_LONGEST = 200
_MINUTES = 2
"""From so many on a time is told in minutes."""
_FEW_CALLS = 100
"""Calls that must be made before the rest can be estimated."""


def operation_label(api: ApiUnderTest, operation: str) -> str:
    """Return an operation as people know it, "POST /v1/invoices"."""
    found = api.spec.operations.get(operation)
    return f"{found.method.upper()} {found.path}" if found else operation or "outside all operations"


def part_label(api: ApiUnderTest, part: RunPart) -> str:
    """Return the name of a part: the operation, and what is done with it."""
    words = [
        operation_label(api, part.operation) if part.operation else "",
        _KINDS.get(part.phase, ""),
        part.note,
    ]
    return one_line(" ".join(word for word in words if word))


def part_line(api: ApiUnderTest, part: RunPart, result: PartResult, failed: int, seconds: float) -> str:
    """Return the line of a finished part; `failed` are its failed checks that are not known differences."""
    checks = counted(result.checks, "checks")
    told = f"{failed} of {checks} FAILED" if failed else f"{checks} ok"
    calls = counted(result.calls, "calls")
    return f"{api.name} {part_label(api, part)}  {told}  {calls}  {seconds:.1f} s"


def failure_line(api: ApiUnderTest, finding: Finding, secrets: Mapping[str, str]) -> str:
    """Return a failed check in one line; the end of the run shows it whole."""
    said = one_line(HiddenSecrets(secrets).text(finding.said), _LONGEST)
    where = one_line(operation_label(api, finding.operation))
    return f"FAILED  {api.name} {where}  {check_named(finding.check).says}: {said}"


def duration(seconds: float) -> str:
    """Return a time that is not exact, in seconds or minutes."""
    return f"{seconds:.0f} s" if seconds < _MINUTES * 60 else f"{seconds / 60:.0f} min"


@dataclass(slots=True)
class RunningState:
    """What is known of a run that goes on; instants are the machine's, `planned` the calls that it takes."""

    api: ApiUnderTest
    began: datetime
    secrets: Mapping[str, str] = field(default_factory=dict)
    part: RunPart | None = None
    part_began: datetime | None = None
    first_call: datetime | None = None
    planned: int = 0
    calls: int = 0
    failures: int = 0
    step: int = 0

    def enter(self, part: RunPart, now: datetime) -> None:
        """Go on to the next part."""
        self.part, self.part_began, self.step = part, now, 0

    def line(self, now: datetime) -> str:
        """Return the whole state in one line, what matters least at its end."""
        words = [self.api.name]
        if self.part:
            words.append(f"{self.part.phase}: {_place(self.part, self.step)}")
        words.append(counted(self.calls, "calls"))
        words.append(counted(self.failures, "failures"))
        words.append(f"{(now - self.began).total_seconds():.0f} s")
        left = self.seconds_left(now)
        if left is not None:
            words.append(f"about {duration(left)} left")
        if self.part:
            words.append(part_label(self.api, self.part))
        return " · ".join(words)

    def seconds_left(self, now: datetime) -> float | None:
        """Estimate how long the run goes on by the calls that are made; None if too little is known."""
        if self.first_call is None or self.first_call == now or not _FEW_CALLS <= self.calls <= self.planned:
            return None
        return (now - self.first_call).total_seconds() * (self.planned / self.calls - 1)


def _place(part: RunPart, step: int) -> str:
    unit = _UNITS.get(part.phase, "operation")
    place = f"{unit} {part.number} of {part.of}"
    word = _STEPS.get(part.phase)
    if not word or not step:
        return place
    place = word if part.of == 1 else f"{place}, {word}"
    return (
        f"{place} {step:,} of {part.steps:,}" if step <= part.steps else f"{place} {step:,}, making it small"
    )
