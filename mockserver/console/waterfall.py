"""The picture of a timeline: bars, lines, words and the axis; x in percent of the width, y in pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from operator import itemgetter

from mockserver.codec.instants import parse_instant, print_instant, print_span
from mockserver.model import Document

_PERCENT = 0.75
"""Width of a character in percent of the narrowest picture; a wider picture has more room."""

_TOP, _LANE, _COUNTS, _MIDDLE = 60, 36, 128, 24
_LEAST_WIDTH = 0.3
_MOST_TICKS = 8
_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
_STEPS = (
    *(digit * 10**power for power in range(4) for digit in (1, 2, 5)),
    *(number * _SECOND for number in (10, 20, 30)),
    *(number * _MINUTE for number in (1, 2, 5, 10, 20, 30)),
    *(number * _HOUR for number in (1, 2, 6, 12)),
    *(number * _DAY for number in (1, 2, 7, 14, 30, 60, 180, 365, 3650)),
)
"""Milliseconds between two marks of the axis."""

_HEIGHTS = {"good": 8, "neutral": 8, "mixed": 12, "bad": 16}
"""Height of a bar by tone, so that colour is not the only sign."""

_LEFT_END, _RIGHT_END = itemgetter("x", "middle"), itemgetter("end", "middle")


def draw_timeline(found: Document, address: Callable[..., str], **kept: str) -> Document:
    """Return a timeline of the control plane with its picture; `kept` are the filters that links keep."""
    first, span = parse_instant(found["from"]), float(found["spanMillis"])
    step = next((one for one in _STEPS if span <= one * _MOST_TICKS), round(span))

    def zoom(start: float, end: float) -> str:
        """Return the address of a part of the time, in milliseconds after the start of the window."""
        bounds = (first + timedelta(milliseconds=one) for one in (start, max(end, start + 1)))
        return address(
            "/timeline", **kept, **dict(zip(("from", "to"), map(print_instant, bounds), strict=True))
        )

    stubs = list(_find_stubs(found))
    bars = {bar["number"]: bar for bar in _place_bars(found, stubs, 100 / span)}
    return {
        **found,
        "height": _TOP + 8 + (found["lanes"] * _LANE or _COUNTS),
        "bars": list(bars.values()),
        "lines": [
            {**one, "from": _RIGHT_END(bars[one["first"]]), "to": _LEFT_END(bars[one["again"]])}
            for one in found["retries"]
            if one["first"] in bars and one["again"] in bars
        ],
        "stubs": [{**one, "bar": bars[one["call"]]} for one in stubs],
        "buckets": [
            {**one, "address": zoom(float(one["startMillis"]), float(one["endMillis"]))}
            for one in found["buckets"]
        ],
        "ticks": [
            {"x": round(at * 100 / span, 3), "words": f"+{print_span(at)}", "address": zoom(at, at + step)}
            for at in range(0, max(1, round(span)), step)
        ],
        "wider": zoom(-span, 2 * span),
    }


def _find_stubs(found: Document) -> Iterator[Document]:
    """Yield the retries of which one call lies outside of the time; `number` is that call.

    At each end of a lane, only the retry with most items has words.
    """
    lanes, told = {bar["number"]: bar["lane"] for bar in found["bars"]}, set[tuple[int, int]]()
    for one in sorted(found["retries"], key=itemgetter("items"), reverse=True):
        if one["first"] in lanes and one["again"] in lanes:
            continue
        wait = _words_of_wait(one)
        if one["first"] in lanes:
            call, number, edge, says = one["first"], one["again"], 100, f"{wait} → #{one['again']}"
        else:
            call, number, edge, says = one["again"], one["first"], 0, f"#{one['first']} → {wait}"
        words = "" if (lanes[call], edge) in told else says
        told.add((lanes[call], edge))
        yield {"call": call, "number": number, "edge": edge, "says": says, "words": words}


def _place_bars(found: Document, stubs: Iterable[Document], share: float) -> Iterator[Document]:
    """Yield the bars with their places and words.

    Words stand where there is more room: from the start of their bar to the next bar of the lane, or before.
    """
    lanes = {bar["number"]: bar["lane"] for bar in found["bars"]}
    starts, free = dict.fromkeys(lanes.values(), 100.0), dict.fromkeys(lanes.values(), 0.0)
    for stub in (one for one in stubs if one["words"]):
        side, sign = (starts, -1) if stub["edge"] else (free, 1)
        side[lanes[stub["call"]]] += sign * (len(stub["words"]) + 1) * _PERCENT
    rights = dict[int, float]()
    for bar in reversed(found["bars"]):
        rights[bar["number"]], starts[bar["lane"]] = starts[bar["lane"]], float(bar["startMillis"]) * share
    joined = (one for one in found["retries"] if one["first"] in lanes)
    waits = {one["again"]: f": {_words_of_wait(one)}" for one in sorted(joined, key=itemgetter("items"))}
    for bar in found["bars"]:
        number, lane, top = f"#{bar['number']}", bar["lane"], _TOP + bar["lane"] * _LANE
        x, end = max(0, float(bar["startMillis"]) * share), min(100, float(bar["endMillis"]) * share)
        left, right = max(x, free[lane]), rights[bar["number"]]
        status = f" {bar['status'] or 'no answer'}" if bar["tone"] == "bad" else ""
        delay = f"delay {print_span(round(bar['delayMillis']))}" if bar["delayMillis"] else ""
        name = f"{number}{status} {bar['fault'] or delay}".rstrip()
        wait = waits.get(bar["number"], "")
        texts = (name + wait, name, number + status, number, "")
        room = max(right - left, min(x, right) - free[lane])
        words = next(one for one in texts if not one or (len(one) + 1) * _PERCENT <= room)
        is_before = room > right - left
        yield {
            **bar,
            "x": round(x, 3),
            "end": round(max(end, x + _LEAST_WIDTH), 3),
            "delayed": round(min(float(bar["delayMillis"]) * share, end - x), 3),
            "top": top,
            "middle": top + _MIDDLE,
            "tall": _HEIGHTS[bar["tone"]],
            "words": words,
            "isBefore": is_before,
            "wordsX": round(min(x, right) if is_before else left, 3),
            "says": f"+{print_span(round(bar['startMillis']))}  {bar['line']} {delay}".rstrip() + wait,
        }
        free[lane] = left + (0 if is_before else len(words) * _PERCENT)


def _words_of_wait(retry: Document) -> str:
    wait = retry["waitedMillis"]
    return f"{retry['items']:,} again {f'after {print_span(wait)}' if wait >= 0 else 'before the answer'}"
