"""Calls that everybody makes: a list, a record, a create, an upload; a page of the console beside load."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import yaml

from tests.tools.bench.batches import JSON_TYPE, ORDERS, to_json
from tests.tools.bench.connections import Load, Target, loaded, write_calls
from tests.tools.bench.goals import Goal
from tests.tools.bench.rounds import Keys, Pace, Times
from tests.tools.bench.servers import FLOOR, OURS, OURS_AND_LEDGER, SHOP, Server, serving
from tests.tools.bench.wire import connected, request, timed

LISTED = 100
TO_PRISM_LIMIT = 2.0
"""How many times as long as Prism a call may take."""

_CALLS, _PAGES, _PAGE = 150, 40, "/_console/"
_UPLOADED = b"%PDF-x" * 16_000
_BOUNDARY = "bench"
_PART = (  # Prism crashes at a part without a Content-Type
    f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
    "Content-Type: application/pdf\r\n\r\n"
).encode()
_MULTIPART = b"%b%b\r\n--%b--\r\n" % (_PART, _UPLOADED, _BOUNDARY.encode())
_JSON = {"Accept": JSON_TYPE, "Content-Type": JSON_TYPE}


@dataclass(frozen=True, slots=True)
class SingleCall:
    """A kind of call: its bytes, made of the path's prefix and a number, and the status of its answer.

    `without` are servers that cannot answer it.
    """

    what: str
    make: Callable[[str, int], bytes]
    status: int
    without: frozenset[str] = frozenset()


def _create(prefix: str, number: int) -> bytes:
    return request("POST", f"{prefix}/orders", _JSON, to_json(ORDERS.good(number)))


def _upload(prefix: str, _number: int) -> bytes:
    headers = {**_JSON, "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    return request("POST", f"{prefix}/files", headers, _MULTIPART)


SINGLE_CALLS = (
    SingleCall(f"a list of {LISTED}", lambda prefix, _: request("GET", f"{prefix}/orders", _JSON, b""), 200),
    SingleCall("a record", lambda prefix, _: request("GET", f"{prefix}/orders/7", _JSON, b""), 200),
    SingleCall("a create", _create, 201),
    SingleCall("an upload of 96 kB", _upload, 201, frozenset({"openapi-backend"})),  # which reads no parts
)


@dataclass(frozen=True, slots=True)
class SingleCallTimes:
    """The times of one kind of call, in ms, by server."""

    what: str
    times: Mapping[str, Times]

    def ratio(self, other: str) -> float:
        pairs = zip(self.times["ours"].medians, self.times[other].medians, strict=True)
        return median(ours / theirs for ours, theirs in pairs)

    def figures(self) -> dict[str, object]:
        return {
            "what": self.what,
            "p50": {name: one.p50 for name, one in self.times.items()},
            "ratios": {name: self.ratio(name) for name in self.times if name != "ours"},
        }

    def goal(self) -> Goal:
        noise = max(one.spread for one in self.times.values())
        return Goal(f"{self.what}, against Prism", self.ratio("Prism"), TO_PRISM_LIMIT, noise=noise)


@contextmanager
def shop_file() -> Iterator[Path]:
    """The contract of the shop, alone in a folder, with a list of orders as the example that peers answer."""
    contract = yaml.safe_load(SHOP.read_text(encoding="utf-8"))
    answer = contract["paths"]["/orders"]["get"]["responses"]["200"]["content"][JSON_TYPE]
    answer["example"] = [ORDERS.good(number + 1) for number in range(LISTED)]
    with TemporaryDirectory() as folder:
        file = Path(folder, "shop.yaml")
        file.write_text(json.dumps(contract), encoding="utf-8")
        yield file


def run(peers: Callable[[str], Mapping[str, Sequence[str]]], pace: Pace) -> Iterator[SingleCallTimes]:
    """Yield the times of each kind of call; `peers` are the commands of other servers for a contract."""
    with shop_file() as file, ExitStack() as stack:
        start = partial(_started, stack)
        targets = [
            start("ours", (*OURS, "--specs", str(file.parent)), "/shop"),
            start("floor", FLOOR, "/shop"),
            *(start(name, command) for name, command in peers(str(file)).items()),
        ]
        numbers = Keys()
        for call in SINGLE_CALLS:
            able = [one for one in targets if one.name not in call.without]
            times = {one.name: Times() for one in able}
            for turn in range(pace.rounds):
                for target in able if turn % 2 else able[::-1]:
                    times[target.name].rounds.append(_round(target, call, numbers, pace))
            yield SingleCallTimes(call.what, times)


def _started(stack: ExitStack, name: str, command: Sequence[str], prefix: str = "") -> Target:
    """A server with as many orders as are listed."""
    target = Target(name, stack.enter_context(serving(command)), prefix)
    with connected(target.server.port) as connection:
        for number in range(LISTED):
            timed(connection, _create(prefix, number + 1), 201)
    return target


def _round(target: Target, call: SingleCall, numbers: Keys, pace: Pace) -> list[float]:
    calls = [call.make(target.prefix, numbers.next()) for _ in range(max(2, int(_CALLS * pace.share)))]
    with connected(target.server.port) as connection:
        timed(connection, call.make(target.prefix, numbers.next()), call.status)
        return [timed(connection, one, call.status) for one in calls]


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """The p50 of a page of the console, in ms: alone, and beside batches of a thousand."""

    alone: float
    beside: float


def console_page(pace: Pace) -> ConsolePage:
    load = Load(ORDERS, min(1000, pace.largest))
    with serving(OURS_AND_LEDGER) as server, TemporaryDirectory() as folder:
        target, file = Target("ours", server, "/orders"), Path(folder, "calls")
        write_calls(load.calls(target.prefix), file)
        loaded(target, load, file, pace.seconds)
        alone = _page_ms(server)
        with ThreadPoolExecutor(1) as pool:
            under_way = pool.submit(loaded, target, load, file, 4 * pace.seconds)
            beside = _page_ms(server, under_way.done)
            under_way.result()
    return ConsolePage(alone, beside)


def _page_ms(server: Server, is_over: Callable[[], bool] = lambda: False) -> float:
    times: list[float] = []
    with connected(server.port) as connection:
        page = request("GET", _PAGE, {"Accept": "text/html"}, b"")
        while len(times) < _PAGES and not is_over():
            times.append(timed(connection, page, 200))
    return median(times)
