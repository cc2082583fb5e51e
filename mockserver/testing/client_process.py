"""Run a client under test as a process; no process of the client outlives the drill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import Self
from urllib.parse import urlsplit

from mockserver.testing.drill import DrillTarget, Ending

_IS_POSIX = os.name == "posix"
_WATCHER = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    sign, group = line[0], int(line[1:])
    (groups.add if sign == "+" else groups.discard)(group)
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""
"""A program that reads starts (+) and ends (-) of process groups. At end of input it kills running groups."""


class ProcessGroups:
    """Process groups of running clients. On POSIX a watcher kills the groups if this process is killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._watcher: subprocess.Popen[str] | None = None
        self.is_closed = False

    def __enter__(self) -> Self:
        if _IS_POSIX:
            words = [sys.executable, "-S", "-c", _WATCHER]
            self._watcher = subprocess.Popen(  # noqa: S603 - our own program
                words, stdin=subprocess.PIPE, text=True, start_new_session=True
            )
        return self

    def __exit__(self, *_: object) -> None:
        """Kill all running groups. A group that is started later is killed immediately."""
        with self._lock:
            self.is_closed = True
            for group in self._running:
                _kill(group)
        if self._watcher is not None:
            self._watcher.communicate()

    @contextmanager
    def track(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Track the process during the context, then kill it and the processes that it started."""
        self._tell("+", process.pid)
        try:
            yield
        finally:
            _kill(process.pid)
            process.wait()
            self._tell("-", process.pid)

    def _tell(self, sign: str, group: int) -> None:
        with self._lock:
            (self._running.add if sign == "+" else self._running.discard)(group)
            if self.is_closed:
                _kill(group)
            elif self._watcher is not None and self._watcher.stdin is not None:
                with suppress(BrokenPipeError):
                    self._watcher.stdin.write(f"{sign}{group}\n")
                    self._watcher.stdin.flush()


def _kill(group: int) -> None:
    with suppress(OSError):
        if _IS_POSIX:
            os.killpg(group, signal.SIGKILL)
        else:
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(group)], check=False, capture_output=True)  # noqa: S603, S607


@dataclass(frozen=True, slots=True)
class ClientCommand:
    """A client that is a command. Placeholders such as `{url}` in `words` and `environment` are filled in."""

    words: Sequence[str]
    environment: Mapping[str, str]
    groups: ProcessGroups
    timeout_s: float = 60
    """Maximum number of seconds of all starts together."""
    repeats: int = 1
    """Maximum number of starts. A client that fails is started again, as a scheduler would do."""

    def run(self, target: DrillTarget, more: Mapping[str, str] = MappingProxyType({})) -> Ending:
        """Start the command up to `repeats` times, until a start succeeds or hangs, and return the ending.

        `more` are further placeholders. Raises OSError: the command cannot be started.
        """
        values = {
            **{name: getattr(target, name) for name in ("url", "token", "tenant", "sandbox")},
            "port": str(urlsplit(target.url).port),
            **more,
        }
        words = [fill_in(word, values) for word in self.words]
        own = {name: fill_in(text, values) for name, text in self.environment.items()}
        starts: list[int] = []
        written = ""
        until = time.perf_counter() + self.timeout_s
        for _ in range(self.repeats):
            starts.append(target.newest_call() + 1)
            status, output = self._start(words, own, max(0.1, until - time.perf_counter()))
            written += output
            if status in (0, None) or self.groups.is_closed:
                break
        return Ending(status, written, self.timeout_s, tuple(starts))

    def _start(
        self, words: Sequence[str], own: Mapping[str, str], timeout_s: float
    ) -> tuple[int | None, str]:
        with TemporaryFile() as written:
            process = subprocess.Popen(  # noqa: S603 - the user's own command
                words,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                env={**os.environ, **own},
                start_new_session=_IS_POSIX,
            )
            status: int | None = None
            with self.groups.track(process), suppress(subprocess.TimeoutExpired):
                status = process.wait(timeout_s)
            written.seek(0)
            return status, written.read().decode(errors="replace")


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Return the text with `{name}` replaced by the value of each name; other braces stay as they are."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
