"""A fresh clone as a new user has it: set up by `make run`, with its commands and servers."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import IO, Any

import httpx

from mockserver.model import EMPTY

HERE = Path(__file__).parents[3]
PATIENCE_S = 60


@dataclass(slots=True)
class Server:
    """A running server: its address without a slash at the end, and the lines of its log so far."""

    url: str
    process: subprocess.Popen[str]
    log: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, **settings: Any) -> httpx.Response:
        """Send a request to a path of this server."""
        return httpx.request(method, f"{self.url}{path}", timeout=PATIENCE_S, trust_env=False, **settings)

    def stop(self) -> int:
        """Ask the server to stop, and return its exit status when it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def logged(self, says: Callable[[str], bool]) -> str:
        """Return the first line of the log that fits, as soon as it is there.

        Raises:
            AssertionError: no line fits.
        """
        began = perf_counter()
        while perf_counter() - began < PATIENCE_S / 6:
            if found := next(filter(says, list(self.log)), None):
                return found
            sleep(0.01)
        raise AssertionError(f"no such line in the log: {self.log}")


@dataclass(frozen=True, slots=True)
class Stage:
    """The clone and a folder for files; `set_up_s` is how long the first `make run` took to answer."""

    clone: Path
    folder: Path
    set_up_s: float

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a user who has activated the clone's virtual environment."""
        kept = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith(("MOCKSERVER_", "PYTEST", "PYTHON"))
            and name not in ("NO_COLOR", "FORCE_COLOR")
        }
        return {
            **kept,
            "PATH": f"{self.clone / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
            **variables,
        }

    def run(
        self,
        command: str,
        variables: Mapping[str, str] = EMPTY,
        *,
        folder: Path | None = None,
        stdin: str | None = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a command line as it would be typed, with environment variables; stdin None is closed."""
        line = command if stdin is not None else f"{command} <&-"
        return subprocess.run(  # noqa: S603 - our own command lines
            ["bash", "-c", line],  # noqa: S607 - the shell that people type into
            cwd=folder or self.clone,
            env=self.environment(variables),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S * 3,
            check=False,
        )

    def done(self, command: str, variables: Mapping[str, str] = EMPTY, *, folder: Path | None = None) -> str:
        """Run a command line that must succeed, and return what it printed.

        Raises:
            AssertionError: it ended with another exit status than 0.
        """
        ran = self.run(command, variables, folder=folder)
        assert ran.returncode == 0, f"{command}: exit {ran.returncode}\n{ran.stdout}{ran.stderr}"
        return ran.stdout

    @contextmanager
    def server(self, options: str = "", variables: Mapping[str, str] = EMPTY) -> Iterator[Server]:
        """Serve on a free port; the server is stopped afterwards."""
        command = ["mockserver", "run", "--port", "0", "--print-url", *shlex.split(options)]
        with subprocess.Popen(  # noqa: S603 - our own command line
            command,
            cwd=self.folder,
            env=self.environment(variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            executable=str(self.clone / ".venv" / "bin" / "mockserver"),
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            server = Server(process.stdout.readline().strip().rstrip("/"), process)
            reader = threading.Thread(target=_read_lines, args=(process.stderr, server.log), daemon=True)
            reader.start()
            try:
                assert server.url, f"{' '.join(command)} did not start: {server.log}"
                yield server
            finally:
                server.stop()
                reader.join(PATIENCE_S)


def _read_lines(stream: IO[str], log: list[str]) -> None:
    log.extend(line.rstrip("\n") for line in stream)


@contextmanager
def fresh_clone(folder: Path) -> Iterator[Stage]:
    """Clone what is committed here, and set it up by `make run` until it answers."""
    clone = folder / "mockserver"
    subprocess.run(["git", "clone", "--quiet", str(HERE), str(clone)], check=True)  # noqa: S603, S607
    began = perf_counter()
    with make_run(clone, {}) as (url, _):
        httpx.get(f"{url}/_mock/health", trust_env=False).raise_for_status()
        took = perf_counter() - began
    files = folder / "my files"
    files.mkdir()
    yield Stage(clone, files, took)


@contextmanager
def make_run(clone: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Run `make run` on a free port; yield the address and the banner, and stop it with Ctrl-C."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("MOCKSERVER_", "PYTEST"))}
    with subprocess.Popen(
        ["make", "run"],  # noqa: S607 - as people type it
        cwd=clone,
        env={**kept, "PORT": "0", **environment},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        banner = ""
        while "Ctrl-C stops" not in banner:
            line = process.stdout.readline()
            assert line, f"make run ended: {banner}"
            banner += line
        url = next(word for word in banner.split() if word.startswith("http://")).rstrip("/")
        try:
            yield url, banner
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(PATIENCE_S)
