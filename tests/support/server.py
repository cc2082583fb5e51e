"""A real server in a process of its own, on a port that was free."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

COMMAND = (sys.executable, "-m", "mockserver", "run", "--port", "0", "--print-url", "--log", "off")
STOP_S = 10


@contextmanager
def serving(*options: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address of a server that answers, without a slash at the end; it is gone afterwards."""
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*COMMAND, *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    ) as process:
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip().rstrip("/")
            httpx.get(f"{url}/_mock/health").raise_for_status()
            yield url
        finally:
            process.terminate()
            process.wait(STOP_S)
