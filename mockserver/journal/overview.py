"""Calls at a glance: the ledger, statuses, outcomes, durations, attempts of items, rules that hit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from math import ceil

from mockserver.journal.entry import NO_STATUS, Entry
from mockserver.journal.item_history import ItemHistory
from mockserver.journal.ledger import End, EndedItem, sum_items
from mockserver.journal.view import View
from mockserver.model import LOST, Action, Document, shown_outcomes

_MOST_REPEATED, _MOST_LISTED, _MOST_REASONS, _MOST_EXAMPLES = 10, 20, 10, 5
_LISTED = (End.LOST, End.PHANTOM, End.DOUBLED)
"""Ends whose items an overview lists. No answer told the client of such an end."""

_PERCENTS = (50, 90, 99)
_STATUSES = ("2xx", "3xx", "4xx", "5xx", NO_STATUS)


def sum_up(
    entries: Sequence[Entry],
    items: Sequence[EndedItem],
    view: View,
    name_item: Callable[[ItemHistory], str | None] = lambda _item: None,
) -> Document:
    """Return an overview of the entries as JSON; `items` are the items of the entries."""
    hits = Counter(rule for entry in entries for rule in entry.applied)
    statuses = Counter(NO_STATUS if one.status is None else f"{one.status // 100}xx" for one in entries)
    attempts = Counter(len(one.history.attempts) for one in items)
    by_attempts = sorted((one.history for one in items), key=lambda one: len(one.attempts), reverse=True)
    refusals = Counter(one.why for one in items if one.end is End.REFUSED)
    return {
        "calls": len(entries),
        "ledger": sum_items(items),
        **{
            str(end): [
                {**one.document(view), "name": name_item(one.history)}
                for one in islice((one for one in items if one.end is end), _MOST_LISTED)
            ]
            for end in _LISTED
        },
        "refusals": [{"why": why, "items": found} for why, found in refusals.most_common(_MOST_REASONS)],
        "statuses": _ordered(statuses, _STATUSES),
        "outcomes": _ordered(_count_outcomes(entries), (*Action, LOST)),
        "durations": _durations(entries),
        "attempts": [{"attempts": number, "items": attempts[number]} for number in sorted(attempts)],
        "repeated": [_came_to(one, view) for one in by_attempts[:_MOST_REPEATED] if len(one.attempts) > 1],
        "rules": [{"rule": rule, "calls": calls} for rule, calls in hits.most_common()],
    }


def group_differences(entries: Iterable[Entry], view: View) -> list[Document]:
    """Return the differences of the mock from the real server, those that are alike together."""
    groups: defaultdict[tuple[str, ...], list[Document]] = defaultdict(list)
    for entry in entries:
        for one in view.differences(entry):
            alike = (one["kind"], entry.operation or "", one["place"], one["cure"])
            groups[alike].append({"number": entry.number, **one})
    return [
        {
            **dict(zip(("kind", "operation", "place", "cure"), alike, strict=True)),
            "count": len(found),
            "calls": len({one["number"] for one in found}),
            "examples": found[:_MOST_EXAMPLES],
        }
        for alike, found in sorted(groups.items(), key=lambda group: -len(group[1]))
    ]


def _came_to(history: ItemHistory, view: View) -> Document:
    return {
        "vendor": history.vendor,
        "operation": history.operation,
        "key": view.key(history.key),
        "says": history.says,
        "calls": [attempt.number for attempt in history.attempts],
    }


def _count_outcomes(entries: Iterable[Entry]) -> Counter[str]:
    counts = Counter[str]()
    for entry in entries:
        counts.update(shown_outcomes({"outcomes": entry.decided.counts, "lost": len(entry.decided.lost)}))
    return counts


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
