"""That a batch comes out as it is meant to, by the server's own journal: so many items taken, so many bad."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection
from time import perf_counter
from typing import Any

from tests.tools.bench.batches import Bad, Batches, bad_count
from tests.tools.bench.wire import HOST, PATIENCE_S, answered, connected, header_of, status_of

_REFUSED = 400


@dataclass(frozen=True, slots=True)
class Proof:
    """The status that a batch is answered with, and how long it took, in ms."""

    status: int
    took_ms: float


def proven(port: int, batches: Batches, items: int, bad: Bad, first: int) -> Proof | None:
    """Send a batch once; None if the vendor refuses batches of this size.

    Raises:
        SystemExit: another number of items is rejected than is bad.
    """
    call = batches.call(items, first, bad)
    started = perf_counter()
    with connected(port) as connection:
        answer = answered(connection, call)
    took_ms = (perf_counter() - started) * 1000
    status = status_of(answer)
    outcomes = control(port, "GET", f"/default/journal/{header_of(answer, 'mock-journal')}")["outcomes"]
    if status >= _REFUSED and not outcomes:
        return None
    rejected = sum(number for outcome, number in outcomes.items() if outcome not in ("created", "updated"))
    # A vendor that takes all items or none may report the good ones of a refused call as rejected too.
    if rejected != bad_count(items, bad) and not (status >= _REFUSED and bad != "none"):
        raise SystemExit(f"{batches.name}: {items} items, {bad} bad, came out as {status} {outcomes}")
    return Proof(status, took_ms)


def control(port: int, method: str, path: str, body: Any = None) -> Any:
    """The answer of the control plane, as JSON.

    Raises:
        SystemExit: it refuses.
    """
    asking = HTTPConnection(HOST, port, PATIENCE_S)
    headers = {"Content-Type": "application/json"}
    asking.request(method, f"/_mock/sandboxes{path}", None if body is None else json.dumps(body), headers)
    answer = asking.getresponse()
    text = answer.read()
    asking.close()
    if answer.status >= _REFUSED:
        raise SystemExit(f"{method} {path}: {answer.status} {text[:500].decode()}")
    return json.loads(text) if text else None
