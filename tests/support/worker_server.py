"""A server of several workers on one address, in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

BATCH = "/vba/claim-invoice-batch"
HEADERS = {"authorization": "Bearer any", "x-api-key": "any", "vbasoftware-database": "sandbox"}
STOP_S = 20
_LOOKS = 5000
_NO_CONNECTION_KEPT = httpx.Limits(max_keepalive_connections=0)


class WorkerServer:
    """Workers on one address."""

    def __init__(self, process: subprocess.Popen[str], url: str, log: Path) -> None:
        self.process, self.url, self._log = process, url, log
        self._lines: list[dict[str, Any]] = []
        self._read = 0
        self._killed: set[int] = set()

    @cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers=HEADERS, timeout=20, limits=_NO_CONNECTION_KEPT)

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Make a call on a connection of its own, which any worker may take."""
        return self._client.request(method, path, json=body, headers=headers)

    def control(self, path: str) -> Any:
        """Return what a control call reads."""
        answer = self.call("GET", f"/_mock{path}")
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def put(self, *keys: int) -> list[int]:
        """Put invoices, and return the status of each."""
        answer = self.call("PUT", BATCH, [{"invoice_Key": key, "payee_ID": "P100"} for key in keys])
        assert answer.status_code == httpx.codes.MULTI_STATUS, answer.headers.get("mock-reason", answer.text)
        return [item["status"] for item in answer.json()["data"]]

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of the log so far."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            whole = log.read().rpartition(b"\n")[0]
        self._read += len(whole)
        self._lines += [json.loads(line) for line in whole.splitlines() if line[:1] == b"{"]
        return [*self._lines]

    def log_of(self, calls: int) -> list[dict[str, Any]]:
        """Return the lines of the log once the log has so many: a line is written after the answer."""
        for _ in range(_LOOKS):
            if len(lines := self.log()) >= calls:
                return lines
            self.control("/health")
        raise AssertionError(f"the log has fewer than {calls} lines")

    def workers(self) -> set[int]:
        """Return the workers that have answered calls."""
        return {line["worker"] for line in self.log() if "worker" in line}

    def living(self) -> set[int]:
        """Return those of them that are alive."""
        return {worker for worker in self.workers() - self._killed if is_alive(worker)}

    def kill(self, worker: int) -> None:
        """End a worker at once."""
        self._killed.add(worker)
        os.kill(worker, signal.SIGKILL)

    def until_answered_by(self, workers: int) -> set[int]:
        """Call until so many living workers have answered, and return them."""
        for _ in range(_LOOKS):
            with suppress(httpx.TransportError):
                self.call("PUT", BATCH, [{"invoice_Key": 1}])
            if len(living := self.living()) >= workers:
                return living
        raise AssertionError(f"fewer than {workers} workers answer")


def is_alive(process: int) -> bool:
    """Return whether there is a process of this number."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def serve_workers(address: str, log: Path, workers: int = 2) -> Iterator[WorkerServer]:
    """Yield a server on a store, which is gone afterwards."""
    words = ["run", "--port", "0", "--print-url", "--log", "json", "--store", address]
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "mockserver", *words, "--workers", str(workers)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield WorkerServer(process, process.stdout.readline().strip().rstrip("/"), log)
        finally:
            process.terminate()
            process.wait(STOP_S)
