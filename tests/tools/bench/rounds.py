"""Rounds: the same batches to each server in turns, so that a drifting machine harms all alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from statistics import fmean, median

from tests.tools.bench.batches import Bad, Batches
from tests.tools.bench.figures import percentile, spread
from tests.tools.bench.proof import Proof
from tests.tools.bench.steadiness import Steadiness
from tests.tools.bench.wire import connected, timed

CALLS: Mapping[int, int] = {1: 150, 100: 40, 1000: 12, 10_000: 2}
"""Calls of a round, by the size of the batch."""

ROUNDS = 7
_KEYS_OF_A_CALL = 10_000
_UPDATED_KEYS = 0
_ROUND_MS = 500


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a run takes: rounds, the share of calls in each, seconds with many connections, sizes."""

    rounds: int = ROUNDS
    share: float = 1.0
    seconds: float = 1.0
    largest: int = 10_000

    def sizes(self, all_sizes: Iterable[int]) -> list[int]:
        """The sizes of batches that are not too large."""
        return [size for size in all_sizes if size <= self.largest]

    def calls(self, items: int, took_ms: float = 0.0) -> int:
        """The calls of a round: fewer where one took long, but two at least."""
        wanted = CALLS[items] * self.share
        return max(2, int(min(wanted, _ROUND_MS * self.share / took_ms if took_ms else wanted)))


@dataclass(frozen=True, slots=True)
class Work:
    """What is sent over and over: batches of a size, with fresh keys or always the same."""

    batches: Batches
    items: int
    bad: Bad = "none"
    fresh: bool = True

    @property
    def keys(self) -> str:
        return "fresh" if self.fresh else "update"


@dataclass(frozen=True, slots=True)
class Times:
    """Times of one server, in ms, by round."""

    rounds: list[list[float]] = field(default_factory=list)

    @property
    def medians(self) -> list[float]:
        return [median(one) for one in self.rounds]

    @property
    def p50(self) -> float:
        return median(self.medians)

    @property
    def p99(self) -> float:
        return percentile([time for one in self.rounds for time in one], 99)

    @property
    def mean(self) -> float:
        return fmean(time for one in self.rounds for time in one)

    @property
    def spread(self) -> float:
        return spread(self.medians)


@dataclass(frozen=True, slots=True)
class Measured:
    """The times of all servers for one piece of work."""

    work: Work
    times: Mapping[str, Times]

    @property
    def ratio(self) -> float:
        """How many times as long ours takes as the floor: the median over the rounds."""
        pairs = zip(self.times["ours"].medians, self.times["floor"].medians, strict=True)
        return median(ours / floor for ours, floor in pairs)

    def figures(self) -> dict[str, object]:
        """What the report says of it; times in ms."""
        ours, floor = self.times["ours"], self.times.get("floor")
        seen: dict[str, object] = {
            "batches": self.work.batches.name,
            "items": self.work.items,
            "keys": self.work.keys,
            "bad": self.work.bad,
            **_described("ours", ours),
            "ours_calls_s": 1000 / ours.mean,
            "ours_items_s": 1000 * self.work.items / ours.mean,
        }
        return seen if floor is None else {**seen, **_described("floor", floor), "ratio": self.ratio}


def _described(name: str, times: Times) -> dict[str, float]:
    return {f"{name}_p50": times.p50, f"{name}_p99": times.p99, f"{name}_spread": times.spread}


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys that no batch had before."""

    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def next(self) -> int:
        return next(self.numbers) * _KEYS_OF_A_CALL


@dataclass(frozen=True, slots=True)
class Session:
    """What all measurements of a run share."""

    pace: Pace
    steadiness: Steadiness
    keys: Keys = field(default_factory=Keys)


def measured(work: Work, proof: Proof, ports: Mapping[str, int], session: Session) -> Measured:
    """Send the work to each server, in rounds; `proof` is what the first call showed."""
    times = {name: Times() for name in ports}
    for turn in range(session.pace.rounds):
        session.steadiness.sample()
        calls = _calls(work, session.keys, session.pace.calls(work.items, proof.took_ms))
        order = list(ports) if turn % 2 else list(ports)[::-1]
        for name in order:
            times[name].rounds.append(_round(ports[name], calls, proof.status))
    return Measured(work, times)


def _calls(work: Work, keys: Keys, number: int) -> Sequence[bytes]:
    """The calls of a round and one more before them, which is not counted."""
    if work.fresh:
        return [work.batches.call(work.items, keys.next(), work.bad) for _ in range(number + 1)]
    return [work.batches.call(work.items, _UPDATED_KEYS, work.bad)] * (number + 1)


def _round(port: int, calls: Sequence[bytes], status: int) -> list[float]:
    with connected(port) as connection:
        timed(connection, calls[0], status)
        return [timed(connection, call, status) for call in calls[1:]]
