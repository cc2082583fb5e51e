"""The real server is killed within calls: no call hangs, and no answer is told that did not come."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from mockserver.server.application import Options
from mockserver.server.forwarding import ForwardRules
from mockserver.testing.threaded_server import run_in_thread
from tests.forward.killed import BODY, PARTS
from tests.support.client import Client
from tests.support.forwarding import EXAMPLES
from tests.support.frozen_app import create_frozen_app
from tests.support.wire import exchange

KILLS, AT_ONCE = 50, 3
NAME = "two-lists"
SENT = json.dumps({"inputs": [{"number": "1", "grams": 5}]}).encode()
CALL = (
    f"POST /{NAME}/seeds/batch HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(SENT)}\r\n\r\n"
).encode() + SENT


def call(url: str) -> bytes:
    """Return what came of the answer. Raises TimeoutError if the call hangs."""
    with suppress(ConnectionResetError):
        return exchange(url, CALL)
    return b""


def kill_within_calls(listening: socket.socket, part: str, url: str, pool: ThreadPoolExecutor) -> list[bytes]:
    number = listening.fileno()
    program = [sys.executable, "-S", "-E", str(Path(__file__).with_name("killed.py")), str(number), part]
    with subprocess.Popen(program, pass_fds=[number], stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        calls = [pool.submit(call, url) for _ in range(AT_ONCE)]
        for _ in calls:
            process.stdout.readline()
        if part == "everything":
            answers = [one.result() for one in calls]
        process.kill()
    return answers if part == "everything" else [one.result() for one in calls]


def test_no_call_hangs_and_none_is_told_as_answered_that_was_not() -> None:
    parts = [*islice(cycle(PARTS), KILLS)]
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(AT_ONCE) as pool:
        rules = ForwardRules(f"http://127.0.0.1:{listening.getsockname()[1]}")
        app = create_frozen_app(Options(files=(EXAMPLES / f"{NAME}.yaml",), vendors=(NAME,), forward=rules))
        with run_in_thread(app) as url:
            answers = [(part, kill_within_calls(listening, part, url, pool)) for part in parts]

    for part, told in answers:
        assert [one.endswith(BODY) for one in told] == [part == "everything"] * AT_ONCE, (part, told)
    entries: Any = Client(app, {}).get("/_mock/sandboxes/default/journal?last=1000").json
    wanted = [part == "everything" for part in parts for _ in range(AT_ONCE)]
    assert [bool(one["outcomes"]) for one in entries] == wanted
