"""The servers of the benchmark, each in a process of its own, and what they take of the memory."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import IO

from tests.tools.bench.wire import HOST

ROOT = Path(__file__).parents[3]
SPECS = Path(__file__).parent / "specs"
SHOP = Path(__file__).parent / "shop" / "shop.yaml"
_PATIENCE_TURNS = 600
_TURN_S = 0.05
_PYTHON = (sys.executable, "-m")
_FLOOR = (
    *("uvicorn", "tests.tools.bench.floor:app", "--loop", "uvloop", "--http", "httptools"),
    *("--no-access-log", "--log-level", "warning"),
)
_OWN = ("mockserver", "run", "--log", "off")

FLOOR = (*_PYTHON, *_FLOOR)
OURS = (*_PYTHON, *_OWN)
OURS_AND_LEDGER = (*OURS, "--specs", str(SPECS), "--max-sandboxes", "1001")
NO_SCENARIOS = (*OURS, "--no-scenarios")
BARE = (*_PYTHON, "tests.tools.bench.bare_server", "--log", "off", "--no-scenarios", "--no-mock-headers")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    port: int
    process: int

    def resident_mib(self) -> float:
        """The memory that it holds now, that of its children included."""
        return sum(map(_resident_kib, (self.process, *_children(self.process)))) / 1024


@contextmanager
def serving(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    port_option: str = "--port",
    errors: IO[bytes] | int = subprocess.DEVNULL,
) -> Iterator[Server]:
    """One server on a free port; what it writes on stderr goes to `errors`.

    Raises:
        SystemExit: it did not start.
    """
    with starting(command, environment, port_option, errors) as server:
        _wait(server)
        yield server


@contextmanager
def starting(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    port_option: str = "--port",
    errors: IO[bytes] | int = subprocess.DEVNULL,
) -> Iterator[Server]:
    """One server on a free port that may not listen yet."""
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 - commands of this benchmark
        [*command, port_option, str(port)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=errors,
    )
    try:
        yield Server(port, process.pid)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: Server) -> None:
    for _ in range(_PATIENCE_TURNS):
        with suppress(OSError), socket.create_connection((HOST, server.port), 1):
            return
        sleep(_TURN_S)
    raise SystemExit(f"a server did not start on port {server.port}")


def _resident_kib(process: int) -> int:
    """The resident memory of a process, from /proc, else from ps; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return int(_said("ps", "-o", "rss=", "-p", str(process)) or 0)


def _children(process: int) -> list[int]:
    return [int(word) for word in _said("pgrep", "-P", str(process)).split()]


def _said(*command: str) -> str:
    """What a command prints, "" if it is not on this machine or fails."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return done.stdout.strip()
