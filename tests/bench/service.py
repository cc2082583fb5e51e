"""The two servers of the benchmark, each in a process of its own, and calls to them on a bare socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

HOST = "127.0.0.1"
PATHS = {"floor": "/claim-invoice-batch", "ours": "/vba/claim-invoice-batch"}
COMMANDS = {
    "floor": [
        "-m",
        "uvicorn",
        "tests.bench.floor:app",
        "--no-access-log",
        "--log-level",
        "warning",
        "--loop",
        "uvloop",
    ],
    "ours": ["-m", "mockserver", "run", "--log", "off"],
    "engine off": ["-m", "mockserver", "run", "--log", "off", "--no-scenarios"],
}
PATIENCE_S = 10


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection that sends at once what it is given."""
    with socket.create_connection((HOST, port), PATIENCE_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def batch(items: int, first: int) -> bytes:
    """A batch of invoices whose keys begin after `first`."""
    day = "2026-01-05T00:00:00Z"
    rows = [
        {
            "invoice_Key": first % 2_000_000_000 + number + 1,
            "description": "Outpatient visit",
            "due_Date": day,
            "entry_Date": day,
            "entry_User": "jdoe",
            "invoice_Date": day,
            "invoice_Number": f"INV-{first + number}",
            "invoice_Status": "Open",
            "payee_ID": "P100",
            "update_Date": day,
            "update_User": "jdoe",
        }
        for number in range(items)
    ]
    return json.dumps(rows).encode()


def request(path: str, body: bytes, headers: Mapping[str, str] | None = None, method: str = "PUT") -> bytes:
    """A call, as it goes over the wire."""
    more = "".join(f"{name}: {text}\r\n" for name, text in (headers or {}).items())
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nx-api-key: k\r\n"
        f"Authorization: Bearer t\r\nvbasoftware-database: sandbox\r\n{more}\r\n"
    )
    return head.encode() + body


def timed(connection: socket.socket, request: bytes, status: int = 207) -> float:
    """How long the call takes, in ms.

    Raises:
        SystemExit: it is answered with another status, or not at all.
    """
    start = time.perf_counter()
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, rest = received.partition(b"\r\n\r\n")
    if b" %d " % status not in head[:20]:
        raise SystemExit(f"unexpected answer: {head.decode()}")
    length = int(
        next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))[15:]
    )
    missing = length - len(rest)
    while missing > 0:
        missing -= len(_some(connection))
    return (time.perf_counter() - start) * 1000


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 20)
    if not received:
        raise SystemExit("the server closed the connection")
    return received


@contextmanager
def serving(name: str) -> Iterator[int]:
    """One server in a process of its own, on a free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603 - our own two servers
        [sys.executable, *COMMANDS[name], "--port", str(port)], env={**os.environ, "PYTHONPATH": "."}
    )
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            break
        with suppress(OSError):
            socket.create_connection((HOST, port), 1).close()
            return
    raise SystemExit("a server did not start")
