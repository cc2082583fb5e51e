"""Run a client under test as a process; no process of the client outlives the drill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from types import MappingProxyType
from typing import BinaryIO, Self
from urllib.parse import urlsplit

from mockserver.testing.client_output import read_output
from mockserver.testing.drill import DrillTarget, Ending, SandboxCalls

_IS_POSIX = os.name == "posix"
_SUPERVISOR = Path(__file__).with_name("client_supervisor.py")
_GRACE_S = 5
"""Time between SIGTERM and SIGKILL."""

_AFTER_ANSWER = "after-answer"
_CRASH_POLL_S, _CALLS_POLL_S, _POLL_S = 0.005, 0.01, 0.1
_MAX_POLLS = 200
_TERMINATED = (-15, 143)
"""Exit status of a program that SIGTERM ended, and of a shell whose program SIGTERM ended."""

_KILLED = -9 if _IS_POSIX else 1
_STOP = signal.SIGSTOP if _IS_POSIX else 0


class RunningClient:
    """One start of a client's command.

    On POSIX a supervisor ends all processes of the client, even if the drill itself is killed.
    """

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str], written: BinaryIO, *, waits: bool
    ) -> None:
        """Start the command. It ends with its main program or, if `waits`, with the last of its processes."""
        self._supervisor, theirs = socket.socketpair()
        supervised = [sys.executable, "-I", "-S", str(_SUPERVISOR), str(int(waits)), *words]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own command
                supervised if _IS_POSIX else words,
                stdin=theirs.fileno() if _IS_POSIX else subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                start_new_session=_IS_POSIX,
            )
        self._command = words[0]

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end of the client, at most for `seconds`; return whether it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def send(self, number: int) -> None:
        """Send a signal to all processes of the client; on Windows, do nothing."""
        if _IS_POSIX:
            with suppress(OSError):
                self._supervisor.send(bytes([number]))

    def kill(self) -> None:
        """Kill all processes of the client."""
        with suppress(OSError):
            self._supervisor.shutdown(socket.SHUT_WR)
        if not _IS_POSIX:
            words = ["taskkill", "/F", "/T", "/PID", str(self._process.pid)]
            subprocess.run(words, check=False, capture_output=True)  # noqa: S603

    def report(self) -> tuple[int, int]:
        """Return an ended client's exit status, and the number of processes that outlived its main program.

        Raises OSError: the command could not be started.
        """
        with self._supervisor:
            report = self._supervisor.recv(100) if _IS_POSIX else b""
        error, status, left = map(int, (report.split() or (0, self._process.returncode, 0))[:3])
        if error:
            raise OSError(error, os.strerror(error), self._command)
        return status, left


class ProcessGroups:
    """Running clients, which end with the context."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[RunningClient] = set()
        self.is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill all running clients. A client that is started later is killed immediately."""
        with self._lock:
            self.is_closed = True
            for client in self._running:
                client.kill()

    @contextmanager
    def track(self, client: RunningClient) -> Iterator[None]:
        """Track the client during the context, then kill what is left of it."""
        with self._lock:
            self._running.add(client)
            if self.is_closed:
                client.kill()
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(client)
            client.kill()
            client.wait()


class _Way(Enum):
    """How a start of a client ended."""

    BY_ITSELF, CRASH, IDLE, TIMEOUT = range(4)


@dataclass(frozen=True, slots=True)
class ClientCommand:
    """A client that is a command. Placeholders such as `{url}` in `words` and `environment` are filled in."""

    words: Sequence[str]
    environment: Mapping[str, str]
    groups: ProcessGroups
    timeout_s: float = 60
    """Maximum number of seconds of all starts together."""
    repeats: int = 1
    """Maximum number of starts of a client that fails; a start that the drill kills does not count."""
    repeat_after_s: float = 60
    """Seconds by which the sandbox's clock goes forward between two starts."""
    until_idle_s: float | None = None
    """Seconds without a call after which the client is ended; None if it ends by itself."""

    def run(self, target: DrillTarget, more: Mapping[str, str] = MappingProxyType({})) -> Ending:
        """Start the command until a start succeeds or hangs, at most `repeats` times, and return the ending.

        If the target has a crash, kill the client at that moment, and then start it at least once.
        `more` are further placeholders. Raises OSError: the command cannot be started.
        """
        with TemporaryDirectory(ignore_cleanup_errors=True) as folder, TemporaryFile() as written:
            values = {
                **{name: getattr(target, name) for name in ("url", "token", "tenant", "sandbox")},
                "port": str(urlsplit(target.url).port),
                "folder": folder,
                **more,
            }
            words = [fill_in(word, values) for word in self.words]
            own = {name: fill_in(text, values) for name, text in self.environment.items()}
            until, crash = time.perf_counter() + self.timeout_s, target.crash
            starts: list[int] = []
            status, kills, left = None, 0, 0
            while len(starts) < self.repeats + kills and not self.groups.is_closed:
                if starts:
                    target.clock.advance(self.repeat_after_s)
                starts.append(target.calls().newest + 1)
                client = RunningClient(words, own, written, waits=self.until_idle_s is not None)
                one = self._end(client, target, crash, until)
                status, kills, left, crash = one.status, kills + one.kills, left + one.left, ""
                if not (status or one.kills):
                    break
            output = read_output(written, target.names)
            return Ending(status, output, self.timeout_s, tuple(starts), kills, left)

    def _end(self, client: RunningClient, target: DrillTarget, crash: str, until: float) -> Ending:
        """Wait for the end of the client, or end it, and return how it ended."""
        with self.groups.track(client):
            way = self._watch(client, target, crash, until)
        status, left = client.report()
        if crash:
            _wait_for_answers(target)
        if way is _Way.TIMEOUT:
            return Ending(None, left=left)
        if way is _Way.IDLE and status in _TERMINATED:
            return Ending(0, left=left)
        # The client may have ended by itself just before it was to be killed.
        has_crashed = way is _Way.CRASH and (status == _KILLED or self.until_idle_s is not None)
        return Ending(status, kills=int(has_crashed), left=left)

    def _watch(self, client: RunningClient, target: DrillTarget, crash: str, until: float) -> _Way:
        """Wait until the client ends, or until it is to be killed; if it is idle, first ask it to end."""
        poll_s = _CRASH_POLL_S if crash else _POLL_S
        calls: SandboxCalls | None = None
        active = time.perf_counter()
        while not client.wait(max(0, min(poll_s, until - time.perf_counter()))):
            now = time.perf_counter()
            if now >= until:
                return _Way.TIMEOUT
            if crash and target.is_caught():
                if crash == _AFTER_ANSWER:
                    client.send(_STOP)
                    _wait_for_answers(target)
                return _Way.CRASH
            if self.until_idle_s is None:
                continue
            newest = target.calls()
            if newest != calls or newest.open:
                calls, active = newest, now
            elif now - active >= self.until_idle_s:
                client.send(signal.SIGTERM)
                client.wait(_GRACE_S)
                return _Way.IDLE
        return _Way.BY_ITSELF


def _wait_for_answers(target: DrillTarget) -> None:
    """Wait until no call is open; after two seconds, wait no longer."""
    for _ in range(_MAX_POLLS):
        if not target.calls().open:
            break
        time.sleep(_CALLS_POLL_S)  # the server can be asked, but tells of no end by itself


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Return the text with `{name}` replaced by the value of each name; other braces stay as they are."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
