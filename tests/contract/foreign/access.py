"""What the servers know of their callers, the payees that are there, and what time it is; how they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Thread
from typing import Any

API_KEY = "a-key"
TOKEN = "a-token"
PAYEES = ("P100", "P200")
NOW = "2026-01-05T09:00:00"

_calls = count(1)


def next_activity() -> str:
    """Return the id of a call, which is new for each."""
    return f"{next(_calls):08x}-0000-4000-8000-000000000000"


@contextmanager
def running(server: Any) -> Iterator[str]:
    """Serve in a thread; yield the address."""
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
