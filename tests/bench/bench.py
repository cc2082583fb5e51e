"""`make bench`: our batch against the floor, both on a socket, in one run; prints medians and ratios.

Load goes to loopback only, is bounded in calls, and stops by itself.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from statistics import median

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
}
CALLS = {1: 2000, 100: 500, 1000: 200}
ROUNDS = 10
PATIENCE_S = 10
LIMITS = {1: 4.0, 1000: 2.0}
KEYS = count(1)


def main() -> int:
    """Measure fresh keys and updates for 1, 100 and 1,000 items; 1 when a ratio is over its limit."""
    over = False
    with _server("floor") as floor, _server("ours") as ours:
        print(f"{'items':>6} {'keys':<7} {'floor ms':>9} {'ours ms':>9} {'ratio':>6}  limit")
        for items in CALLS:
            for fresh in (True, False):
                turns = [_turn({"floor": floor, "ours": ours}, items, fresh=fresh) for _ in range(ROUNDS)]
                ratio = median(turn["ours"] / turn["floor"] for turn in turns)
                times = {name: median(turn[name] for turn in turns) for name in PATHS}
                limit = LIMITS.get(items)
                over |= limit is not None and ratio >= limit
                print(
                    f"{items:>6} {'fresh' if fresh else 'update':<7} {times['floor']:>9.3f} "
                    f"{times['ours']:>9.3f} {ratio:>6.2f}  {limit or ''}"
                )
    return int(over)


def _turn(ports: dict[str, int], items: int, *, fresh: bool) -> dict[str, float]:
    """Median time of each server in ms; they take turns, so that a drifting machine harms both alike."""
    medians: dict[str, float] = {}
    fixed = _body(items, 0)
    for name, port in ports.items():
        bodies = [_body(items, next(KEYS) * 1000) if fresh else fixed for _ in range(CALLS[items] // ROUNDS)]
        requests = [_request(PATHS[name], body) for body in bodies]
        times: list[float] = []
        with socket.create_connection((HOST, port), PATIENCE_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _exchange(connection, requests[0])
            for request in requests[1:]:
                start = time.perf_counter()
                _exchange(connection, request)
                times.append((time.perf_counter() - start) * 1000)
        medians[name] = median(times)
    return medians


def _body(items: int, first: int) -> bytes:
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


def _request(path: str, body: bytes) -> bytes:
    head = (
        f"PUT {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nx-api-key: k\r\n"
        f"Authorization: Bearer t\r\nvbasoftware-database: sandbox\r\n\r\n"
    )
    return head.encode() + body


def _exchange(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, rest = received.partition(b"\r\n\r\n")
    if b" 207 " not in head[:20]:
        raise SystemExit(f"unexpected answer: {head.decode()}")
    length = int(
        next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))[15:]
    )
    missing = length - len(rest)
    while missing > 0:
        missing -= len(_some(connection))


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 20)
    if not received:
        raise SystemExit("the server closed the connection")
    return received


@contextmanager
def _server(name: str) -> Iterator[int]:
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


if __name__ == "__main__":
    raise SystemExit(main())
