"""Add the journal to the report of a failed test, save its artifacts, delete sandboxes of passed tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import _pytest
import pluggy
import pytest

if TYPE_CHECKING:
    from mockserver.testing.sandbox import Sandbox

SECTION = "mock journal"


@dataclass(slots=True)
class FailureReporter:
    """Follows one test and its `sandbox`; `artifacts` is the folder for files of a failed test, or None.

    `server_ends` tells that the server stops with the run, so that a link to it would be useless. `journal`
    is the text of the report section, kept for when the server is gone.
    """

    sandbox: Sandbox
    artifacts: Path | None
    server_ends: bool
    failed: bool = False
    passed: bool = False
    journal: str = ""
    saved: bool = False

    def handle_report(self, report: pytest.TestReport) -> None:
        """Handle the report of one phase of the test."""
        self.passed = self.passed or (report.when == "call" and report.passed)
        if report.failed:
            self.failed = True
            self.save()
            report.sections.append((SECTION, self.journal))
        if report.when == "teardown" and not self.failed:
            with suppress(*_server_errors()):
                self.sandbox.drop()

    def save(self) -> None:
        """Read the journal and write the files, while the sandbox exists."""
        self.read_journal()
        if self.artifacts is None or self.saved:
            return
        try:
            self.sandbox.save(self.artifacts)
            self.saved = True
            self.journal += f"\nkept in {self.artifacts / self.sandbox.name}"
        except _server_errors():
            pass
        except OSError as error:
            self.journal += f"\nnothing is kept in {self.artifacts}: {error}"

    def read_journal(self) -> None:
        """Read the journal again; keep the previous text if the server is gone."""
        try:
            calls = self.sandbox.journal()
        except _server_errors() as error:
            self.journal = self.journal or f"the journal cannot be read: {error}"
            return
        lines = [str(call) for call in calls] or ["no calls"]
        self.journal = "\n".join((*lines, self._location()))

    def _location(self) -> str:
        if self.server_ends:
            kept = "--mockserver-artifacts=DIR keeps what it saw"
            return f"sandbox {self.sandbox.name} ends with this run; {kept}"
        return f"sandbox kept: {self.sandbox.link}"


REPORTER_KEY = pytest.StashKey[FailureReporter]()

_OWN_FRAMES = str(Path(__file__).parents[1])
_PYTEST_FRAMES = tuple(str(Path(str(module.__file__)).parent) for module in (_pytest, pluggy))


def hide_own_frames(call: pytest.CallInfo[None], config: pytest.Config) -> None:
    """Let the traceback end where the test calls this library; with --full-trace it stays as it is."""
    if call.excinfo is None or config.getoption("fulltrace"):
        return
    frames = list(_frames(call.excinfo.tb))
    last = len(frames)
    while last and _file(frames[last - 1]).startswith(_OWN_FRAMES):
        last -= 1
    if 0 < last < len(frames) and not _file(frames[last - 1]).startswith(_PYTEST_FRAMES):
        frames[last - 1].tb_next = None


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _file(frame: TracebackType) -> str:
    return frame.tb_frame.f_code.co_filename


def _server_errors() -> tuple[type[Exception], ...]:
    from mockserver.testing.control_client import ControlPlaneError, ServerUnreachableError  # noqa: PLC0415 - slow import

    return (ServerUnreachableError, ControlPlaneError)
