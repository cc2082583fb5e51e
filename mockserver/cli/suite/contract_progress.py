"""Progress of `mockserver contract`: one running line on a terminal, elsewhere a line for each part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mockserver.cli.suite.progress_line import ProgressLine
from mockserver.contract.finding import Finding
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.progress import PartResult, RunObserver, RunPart
from mockserver.contract.report.running import RunningState, failure_line, part_line
from mockserver.contract.session.baseline import KnownFindings, fingerprint
from mockserver.sandbox.clock import Clock

_BETWEEN = timedelta(milliseconds=100)


class ContractProgress(RunObserver):
    """Shows a run while it goes on; differences in `known` are no failures."""

    def __init__(self, line: ProgressLine, known: tuple[KnownFindings, ...], clock: Clock) -> None:
        self._line = line
        self._known = known
        self._clock = clock
        self._state: RunningState | None = None
        self._drawn: datetime | None = None

    def run_began(self, api: ApiUnderTest, secrets: Mapping[str, str]) -> None:
        """Begin with another API."""
        self._state = RunningState(api, self._clock(), secrets)

    def part_began(self, part: RunPart) -> None:
        """Show the part."""
        if self._state:
            self._state.enter(part, self._clock())
            self._draw(self._clock())

    def call_made(self) -> None:
        """Count the call, and show it if the line is not fresh."""
        if not self._state:
            return
        self._state.calls += 1
        now = self._clock()
        if self._drawn is None or now - self._drawn >= _BETWEEN:
            self._draw(now)

    def step_began(self) -> None:
        """Count the walk or sequence."""
        if self._state:
            self._state.step += 1

    def check_failed(self, finding: Finding) -> None:
        """Write the failure in short."""
        if self._state and self._fails(self._state.api, finding):
            self._state.failures += 1
            self._line.write(failure_line(self._state.api, finding, self._state.secrets))

    def part_ended(self, part: RunPart, result: PartResult) -> None:
        """Write the line of the part, where no running line shows it."""
        state = self._state
        if self._line.is_live or not state or not state.part_began or not (result.calls or result.broken):
            return
        failed = sum(self._fails(state.api, one) for one in result.broken)
        here = (self._clock() - state.part_began).total_seconds()
        seconds = here if result.seconds is None else result.seconds
        self._line.write(part_line(state.api, part, result, failed, seconds))

    def _fails(self, api: ApiUnderTest, finding: Finding) -> bool:
        mark = fingerprint(api, finding)
        return not any(one.covers(api.name, finding, mark) for one in self._known)

    def _draw(self, now: datetime) -> None:
        if self._state:
            self._drawn = now
            self._line.show(self._state.line(now))
