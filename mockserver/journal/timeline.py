"""Calls over time: each in a lane, with the retries that join calls, or counted if there are many calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from mockserver.codec.instants import print_instant
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import ItemHistory, millis_between
from mockserver.journal.view import View
from mockserver.model import Document, call_tone

MOST_CALLS = 300
"""Maximum number of calls that a timeline shows one by one."""

_MOST_LANES, _BUCKETS = 30, 120
_MILLISECOND = timedelta(milliseconds=1)
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_FAULT, _AGAIN = "fault", "again"
_TONES = ("good", "neutral", "mixed", "bad")
"""Tones of calls, the best first."""


def chart_calls(
    entries: Iterable[Entry],
    bounds: tuple[datetime | None, datetime | None],
    histories: Iterable[ItemHistory],
    view: View,
) -> Document:
    """Return the calls that were open between the bounds as JSON, in the order of their arrival.

    Bounds that are None, or outside the run, are the first arrival and the end of the last answer. `bars` has
    the calls one by one. If there are too many calls, `buckets` counts the calls instead.
    """
    by_number = {one.number: one for one in entries}
    entries = sorted(by_number.values(), key=lambda one: one.began)
    first = min((one.began for one in entries), default=_NO_TIME)
    last = max((one.ended for one in entries), default=first)
    start = min(max(bounds[0] or first, first), last)
    end = max(min(bounds[1] or last, last), start + _MILLISECOND)
    entries = [one for one in entries if one.ended >= start and one.began <= end]
    tones, span = [_tone(one) for one in entries], _millis(start, end)
    spans = [(_millis(start, one.began), _millis(start, one.ended)) for one in entries]
    lanes = find_lanes(spans) if len(entries) <= MOST_CALLS else []
    single = entries if max(lanes, default=_MOST_LANES) < _MOST_LANES else []
    pairs = _count_pairs(histories)
    again = {later for _, later in pairs}
    words = [
        (tone, *([_FAULT] if one.fault else ()), *([_AGAIN] if one.number in again else ()))
        for one, tone in zip(entries, tones, strict=True)
    ]
    bars = [
        {**view.listed(entry), "tone": tone, "lane": lane, "startMillis": began, "endMillis": ended}
        for entry, tone, lane, (began, ended) in zip(single, tones, lanes, spans, strict=False)
    ]
    return {
        "from": print_instant(start),
        "to": print_instant(end),
        "spanMillis": span,
        "calls": len(entries),
        "lanes": max((bar["lane"] + 1 for bar in bars), default=0),
        "bars": bars,
        "retries": find_retries(single, by_number, pairs),
        "buckets": [] if bars else count_calls(spans, words, span),
    }


def find_lanes(spans: Iterable[tuple[float, float]]) -> list[int]:
    """Return the lane of each span, from 0: the lowest lane in which no earlier span is still open.

    The spans are in the order of their starts.
    """
    lanes, ends = list[int](), list[float]()
    for start, end in spans:
        lane = next((at for at, taken_until in enumerate(ends) if taken_until <= start), len(ends))
        ends[lane : lane + 1] = [end]
        lanes.append(lane)
    return lanes


def _count_pairs(histories: Iterable[ItemHistory]) -> Counter[tuple[int, int]]:
    """Return the number of items of each pair of calls of which the second carried them again."""
    attempts = (pairwise(one.attempts) for one in histories)
    pairs = ((first.number, again.number) for pair in attempts for first, again in pair)
    return Counter(pair for pair in pairs if pair[0] != pair[1])


def find_retries(
    shown: Iterable[Entry], by_number: Mapping[int, Entry], pairs: Mapping[tuple[int, int], int]
) -> list[Document]:
    """Return each pair of calls of which at least one is shown, with the number of its items."""
    numbers = {entry.number for entry in shown}
    return [
        {
            "first": first,
            "again": again,
            "items": items,
            "waitedMillis": millis_between(by_number[first].ended, by_number[again].began),
        }
        for (first, again), items in sorted(pairs.items())
        if numbers & {first, again} and {first, again} <= by_number.keys()
    ]


def count_calls(
    spans: Iterable[tuple[float, float]], words: Iterable[Iterable[str]], span: float
) -> list[Document]:
    """Return the number of calls by their words in equal parts of `span`; a call counts where it arrived."""
    length = span / _BUCKETS
    counts = [Counter[str]() for _ in range(_BUCKETS)]
    for (start, _), of_call in zip(spans, words, strict=True):
        counts[min(max(int(start / length), 0), _BUCKETS - 1)].update(of_call)
    return [
        {
            "startMillis": round(at * length, 3),
            "endMillis": round((at + 1) * length, 3),
            "calls": sum(found[tone] for tone in _TONES),
            "tones": {tone: found[tone] for tone in _TONES if tone in found},
            "faults": found[_FAULT],
            "again": found[_AGAIN],
        }
        for at, found in enumerate(counts)
        if found
    ]


def _tone(entry: Entry) -> str:
    counts, warned = entry.decided.counts, len(entry.decided.warnings)
    return call_tone(
        {"status": entry.status, "outcomes": counts, "warned": warned, "items": sum(counts.values())}
    )


def _millis(first: datetime, later: datetime) -> float:
    return round((later - first) / _MILLISECOND, 3)
