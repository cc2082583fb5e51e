"""Progress of a run, told to an observer while the run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.contract.finding import Finding
from mockserver.contract.loading import ApiUnderTest


@dataclass(frozen=True, slots=True)
class RunPart:
    """A part of a run: the generated calls of an operation, walks along links, or sequences of a batch.

    `operation` is an operationId, "" for walks. `number` counts from 1 to `of` within the `phase`. `note`
    tells parts of one operation apart ("as application/xml"). `steps` is how many walks or sequences are
    planned, 0 where that is not known. `calls` is how many it takes as a rule.
    """

    phase: str
    operation: str
    number: int
    of: int
    note: str = ""
    steps: int = 0
    calls: int = 0

    @property
    def subject(self) -> str:
        """The name under which it can be asked for: its operation, or "links"."""
        return self.operation or self.phase

    @property
    def run_phase(self) -> str:
        """The phase of the run that it belongs to."""
        return self.phase if self.operation else "fuzzing"

    @property
    def name(self) -> str:
        """The part, for a sentence about a fault of ours."""
        return " ".join(filter(None, [self.phase, self.operation and f"of {self.operation}", self.note]))


@dataclass(frozen=True, slots=True)
class PartResult:
    """Result of a finished part; `broken` has a finding for each failed check, also one found before.

    `seconds` is how long another process took for it, None if it was done in this one.
    """

    checks: int
    calls: int
    broken: tuple[Finding, ...] = ()
    seconds: float | None = None


class RunObserver:
    """Observer of one run after the other; this one ignores everything.

    A subclass must not raise, and must not call the target.
    """

    def run_began(self, api: ApiUnderTest, secrets: Mapping[str, str]) -> None:
        """Receive the API of a run, and texts that must not be shown with their replacements."""

    def run_planned(self, calls: int) -> None:
        """Receive how many calls the run takes as a rule."""

    def part_began(self, part: RunPart) -> None:
        """Receive the part that begins."""

    def call_made(self, number: int = 1) -> None:
        """Count calls that were answered; 0 where there was none for a while."""

    def step_began(self) -> None:
        """Count a walk or a sequence of the current part."""

    def check_failed(self, finding: Finding) -> None:
        """Receive the first failure of a check at an operation."""

    def part_ended(self, part: RunPart, result: PartResult) -> None:
        """Receive the result of a finished part."""


SILENT = RunObserver()
