"""Run the tests of behaviour on a real Redis: `python -m tests.redis_store.behaviour [--quick]`.

Once with one application, once with four that take the calls in turn; then the contract suite against four
workers over HTTP. With `--quick` only batches and what keeps sandboxes apart, with four in turn.
Exit status: 0 all held, 1 not.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.redis_server import redis_server
from tests.support.server_process import serve_process
from tests.support.shared_store import STORE_VARIABLE, WORKERS_VARIABLE

SUITES = (
    *("vendors", "catalogue", "invariants", "stories", "control", "console"),
    "contract/test_suite.py",
)
QUICK_SUITES = ("invariants/test_batches.py", "invariants/test_isolation.py")
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal")
_SPREAD = ("--workers", "2", "--header", "Connection: close")
"""Calls come from two processes, and each on a connection of its own, so that all workers take some."""

_MOCKSERVER = (sys.executable, "-m", "mockserver")


def main(*, is_quick: bool) -> int:
    """Run all of it, and return the exit status."""
    with TemporaryDirectory(prefix="redis-") as folder, redis_server(Path(folder)) as server:
        failed = [name for name, status in _run_all(server.url, is_quick=is_quick) if status]
    print(f"on Redis: {', '.join(failed)} failed" if failed else "on Redis: all held")  # noqa: T201
    return 1 if failed else 0


def _run_all(url: str, *, is_quick: bool) -> Iterator[tuple[str, int]]:
    if is_quick:
        yield _run_tests(url, QUICK_SUITES, 4)
        return
    for workers in (1, 4):
        yield _run_tests(url, SUITES, workers)
    options = ("--store", f"{url}?prefix=contract", "--workers", "4", "--auth", "strict")
    with serve_process(*options) as target:
        for vendor in ("vba", "guidewire", "pvex", "payt", "xero"):
            words = ("contract", vendor, "--target", f"{target}/{vendor}", "-q", *_SPREAD)
            yield f"contract {vendor}", _run((*_MOCKSERVER, *words), {})


def _run_tests(url: str, suites: Iterable[str], workers: int) -> tuple[str, int]:
    settings = {STORE_VARIABLE: url, WORKERS_VARIABLE: str(workers)}
    return f"behaviour with {workers} in turn", _run(
        (*_PYTEST, *(f"tests/{name}" for name in suites)), settings
    )


def _run(command: tuple[str, ...], settings: Mapping[str, str]) -> int:
    print(" ".join((*(f"{name}={text}" for name, text in settings.items()), *command[1:])), flush=True)  # noqa: T201
    return subprocess.run(command, env={**os.environ, **settings}, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(is_quick="--quick" in sys.argv[1:]))
