"""Calls at a glance: outcomes over time, durations, attempts of items, rules that hit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from math import ceil

from mockserver.codec.instants import print_instant
from mockserver.journal.entry import NO_STATUS, Entry
from mockserver.journal.item_history import ItemHistory
from mockserver.journal.view import View
from mockserver.model import LOST, Action, Document, shown_outcomes

_FEWEST_BUCKETS, _MOST_BUCKETS = 24, 48
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)
"""Lengths of a bucket of time in seconds."""

_MOST_ITEMS, _MOST_LOST = 10, 100
_PERCENTS = (50, 90, 99)
_STATUSES = ("2xx", "3xx", "4xx", "5xx", NO_STATUS)


def sum_up(entries: Sequence[Entry], histories: Sequence[ItemHistory], view: View) -> Document:
    """Return an overview of the entries as JSON; `histories` are the histories of their items."""
    seconds, times = _count(entries)
    total = sum(times.values(), Counter[str]())
    outcomes = (*Action, LOST)
    hits = Counter(rule for entry in entries for rule in entry.applied)
    attempts = Counter(len(one.attempts) for one in histories)
    by_attempts = sorted(histories, key=lambda one: len(one.attempts), reverse=True)
    # Lost items come first, because no answer has told of their loss.
    missing = sorted(
        (one for one in histories if not one.stored), key=lambda one: one.attempts[-1].action != LOST
    )
    return {
        "calls": len(entries),
        "statuses": _ordered(total, _STATUSES),
        "outcomes": _ordered(total, outcomes),
        "bucketSeconds": seconds,
        "times": [
            {
                "at": print_instant(datetime.fromtimestamp(bucket * seconds, UTC)),
                "calls": _ordered(counts, _STATUSES),
                "items": _ordered(counts, outcomes),
            }
            for bucket, counts in times.items()
        ],
        "durations": _durations(entries),
        "attempts": [{"attempts": number, "items": attempts[number]} for number in sorted(attempts)],
        "notStored": {
            "count": len(missing),
            "items": [_came_to(one, view) for one in missing[:_MOST_LOST]],
        },
        "repeated": [_came_to(one, view) for one in by_attempts[:_MOST_ITEMS] if len(one.attempts) > 1],
        "rules": [{"rule": rule, "calls": calls} for rule, calls in hits.most_common()],
    }


def _came_to(history: ItemHistory, view: View) -> Document:
    last = history.attempts[-1]
    return {
        "vendor": history.vendor,
        "operation": history.operation,
        "key": view.key(history.key),
        "says": history.says,
        "why": last.detail or last.code,
        "calls": [attempt.number for attempt in history.attempts],
    }


def _count(entries: Sequence[Entry]) -> tuple[int, dict[int, Counter[str]]]:
    """Return the length of a bucket in seconds, and for each bucket the counts of statuses and outcomes."""
    moments = [int(entry.at.timestamp()) for entry in entries] or [0]
    span = max(moments) - min(moments)
    fitting = (one for one in _STEPS if span < one * _MOST_BUCKETS)
    step = next(fitting, ceil((span + 1) / _MOST_BUCKETS))
    last = max(moments) // step
    first = min(min(moments) // step, last - _FEWEST_BUCKETS + 1)
    times = {bucket: Counter[str]() for bucket in range(first, last + 1) if entries}
    for entry, moment in zip(entries, moments, strict=False):
        times[moment // step][NO_STATUS if entry.status is None else f"{entry.status // 100}xx"] += 1
        times[moment // step].update(
            shown_outcomes({"outcomes": entry.decided.counts, "lost": len(entry.decided.lost)})
        )
    return step, times


def _ordered(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    return {str(name): counts[name] for name in names if name in counts}


def _durations(entries: Iterable[Entry]) -> list[Document]:
    """Return for each operation percentiles of the answers' milliseconds, which include delays by rules."""
    found: defaultdict[tuple[str, str | None], list[float]] = defaultdict(list)
    for entry in entries:
        found[entry.call.vendor, entry.operation].append(round(entry.duration_ms + entry.delay_ms, 3))
    return [
        {
            "vendor": vendor,
            "operation": operation,
            "calls": len(millis),
            **{f"p{one}": millis[ceil(len(millis) * one / 100) - 1] for one in _PERCENTS},
        }
        for (vendor, operation), unsorted in found.items()
        for millis in [sorted(unsorted)]
    ]
