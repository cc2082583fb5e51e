"""Calls over time: each in a lane, with the retries that join calls, or counted if there are many calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import itemgetter

from mockserver.codec.instants import print_instant
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import ItemHistory
from mockserver.journal.view import View
from mockserver.model import Document, Value, call_tone

MOST_CALLS = 300
"""Maximum number of calls that a timeline shows one by one."""

_MOST_LANES = 30
_BUCKETS = 120
_MILLISECOND = timedelta(milliseconds=1)
_TONES = ("good", "neutral", "mixed", "bad")
"""Tones of calls, the best first."""


class Window(Value, frozen=True):
    """A part of a run, by the machine's clock."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, entries: Sequence[Entry], start: datetime | None, end: datetime | None) -> Window | None:
        """Return the time from `start` to `end`, or None if there are no entries.

        Without bounds, the time is that from the first call to the end of the last answer.
        """
        if not entries:
            return None
        first = min(map(_began, entries)) if start is None else start
        last = max(map(_ended, entries)) if end is None else end
        return cls(first, max(last, first + _MILLISECOND))

    def select(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the entries that were open in the window."""
        return [one for one in entries if _ended(one) >= self.start and _began(one) <= self.end]

    def span(self, entry: Entry) -> tuple[float, float]:
        """Return milliseconds from the window's start to the call's arrival, and to the end of its answer."""
        return self._millis(_began(entry)), self._millis(_ended(entry))

    @property
    def millis(self) -> float:
        return self._millis(self.end)

    def _millis(self, moment: datetime) -> float:
        return round((moment - self.start) / _MILLISECOND, 3)


def chart_calls(
    entries: Sequence[Entry], histories: Iterable[ItemHistory], window: Window | None, view: View
) -> Document:
    """Return the entries of the window as JSON; `histories` are the histories of their items.

    `bars` has the calls one by one. If there are too many calls, `buckets` counts the calls instead.
    """
    entries = sorted(entries, key=_began)
    spans = [window.span(one) for one in entries] if window else []
    lanes = find_lanes(spans) if len(spans) <= MOST_CALLS else [_MOST_LANES]
    is_counted = max(lanes, default=0) >= _MOST_LANES
    tones = [_tone(one) for one in entries]
    return {
        "from": print_instant(window.start) if window else None,
        "to": print_instant(window.end) if window else None,
        "spanMillis": window.millis if window else 0,
        "calls": len(entries),
        "lanes": 0 if is_counted else max(lanes, default=-1) + 1,
        "bars": []
        if is_counted
        else [
            {**view.listed(entry), "tone": tone, "lane": lane, "startMillis": start, "endMillis": end}
            for entry, tone, lane, (start, end) in zip(entries, tones, lanes, spans, strict=True)
        ],
        "retries": [] if is_counted else find_retries(entries, histories),
        "buckets": count_calls(spans, tones, window.millis) if window and is_counted else [],
    }


def find_lanes(spans: Iterable[tuple[float, float]]) -> list[int]:
    """Return the lane of each span, from 0: the lowest lane in which no earlier span is still open.

    The spans are in the order of their starts.
    """
    lanes: list[int] = []
    ends: list[float] = []
    for start, end in spans:
        lane = next((at for at, taken_until in enumerate(ends) if taken_until <= start), len(ends))
        ends[lane : lane + 1] = [end]
        lanes.append(lane)
    return lanes


def find_retries(entries: Iterable[Entry], histories: Iterable[ItemHistory]) -> list[Document]:
    """Return each pair of calls of which the second carried items of the first again, with their number."""
    shown = {entry.number: entry for entry in entries}
    pairs = Counter(
        (before.number, after.number)
        for history in histories
        for before, after in pairwise(history.attempts)
        if before.number != after.number
    )
    return [
        {
            "first": first,
            "again": again,
            "items": items,
            "waitedMillis": round((_began(shown[again]) - _ended(shown[first])) / _MILLISECOND),
        }
        for (first, again), items in sorted(pairs.items(), key=itemgetter(0))
        if first in shown and again in shown
    ]


def count_calls(
    spans: Iterable[tuple[float, float]], tones: Iterable[str], window_millis: float
) -> list[Document]:
    """Return the number of calls by tone in equal parts of the window; a call counts where it arrived."""
    length = window_millis / _BUCKETS
    counts = [Counter[str]() for _ in range(_BUCKETS)]
    for (start, _), tone in zip(spans, tones, strict=True):
        counts[min(max(int(start / length), 0), _BUCKETS - 1)][tone] += 1
    return [
        {
            "startMillis": round(at * length, 3),
            "endMillis": round((at + 1) * length, 3),
            "calls": found.total(),
            "tones": {tone: found[tone] for tone in _TONES if tone in found},
            "worst": max(found, key=_TONES.index),
        }
        for at, found in enumerate(counts)
        if found
    ]


def _tone(entry: Entry) -> str:
    counts, warned = entry.decided.counts, len(entry.decided.warnings)
    items = sum(counts.values())
    return call_tone({"status": entry.status, "outcomes": counts, "warned": warned, "items": items})


def _began(entry: Entry) -> datetime:
    return entry.at - timedelta(milliseconds=entry.duration_ms)


def _ended(entry: Entry) -> datetime:
    return entry.at + timedelta(milliseconds=entry.delay_ms)
