"""Progress of `mockserver contract`: one running line on a terminal, elsewhere a line for each part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mockserver.cli.suite.progress_line import ProgressLine
from mockserver.contract.baseline import KnownFindings, fingerprint
from mockserver.contract.exchange import Finding
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.report.results import RunningState, duration, failure_line, part_line
from mockserver.contract.run_state import PartResult, RunObserver, RunPart
from mockserver.sandbox.clock import Clock

_BETWEEN, _LINES = timedelta(milliseconds=100), timedelta(seconds=1)
"""Between two states of the running line, and between two lines where there is none."""
_LONG_S = 60


class ContractProgress(RunObserver):
    """Shows a run while it goes on; differences in `known` are no failures."""

    def __init__(
        self, line: ProgressLine, known: tuple[KnownFindings, ...], clock: Clock, shorter: str = ""
    ) -> None:
        self._line = line
        self._known = known
        self._clock = clock
        self._state: RunningState | None = None
        self._drawn: datetime | None = None
        self._shorter = shorter
        self._is_estimated = False

    def run_began(self, api: ApiUnderTest, secrets: Mapping[str, str]) -> None:
        """Begin with another API."""
        self._state, self._is_estimated = RunningState(api, self._clock(), secrets), False

    def run_planned(self, calls: int) -> None:
        """Keep how many calls the run takes."""
        if self._state:
            self._state.planned = calls

    def part_began(self, part: RunPart) -> None:
        """Show the part."""
        if self._state:
            self._state.enter(part, self._clock())
            if self._line.is_live:
                self._draw(self._clock())

    def call_made(self, number: int = 1) -> None:
        """Count the calls, and show them if the line is not fresh."""
        state, now = self._state, self._clock()
        if not state:
            return
        state.calls += number
        state.first_call = state.first_call or now
        if not self._is_estimated and (left := state.seconds_left(now)) is not None:
            self._is_estimated = True
            hint = self._shorter if left > _LONG_S else ""
            self._line.write(f"{state.api.name}: about {state.planned:,} calls, {duration(left)}{hint}")
        if self._drawn is None or now - self._drawn >= (_BETWEEN if self._line.is_live else _LINES):
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
        if state:
            state.planned += result.calls - part.calls
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
            if self._line.is_live:
                self._line.show(self._state.line(now))
            elif self._drawn:
                self._line.write(self._state.line(now))
            self._drawn = now
