"""The picture of a timeline: bars, lines, words and the axis; x in percent of the width, y in pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from operator import itemgetter

from mockserver.codec.instants import parse_instant, print_instant, print_span
from mockserver.journal.item_plot import axis_step
from mockserver.model import Document

_NARROWEST = 960
"""Width of the picture in pixels for which words are fitted; a wider picture has more room."""

_CHARACTER = 7.2
_TOP, _LANE, _COUNTS, _MIDDLE = 60, 36, 110, 24
_LEAST_WIDTH = 0.3
_MOST_TICKS = 8
_HEIGHTS = {"good": 8, "neutral": 8, "mixed": 12, "bad": 16}
"""Height of a bar by tone, so that colour is not the only sign."""

_Zoom = Callable[[float, float], str]
"""Address of a part of the time, in milliseconds after the window's start."""


def draw_timeline(found: Document, address: Callable[..., str], **kept: str) -> Document:
    """Return a timeline of the control plane with its picture; `kept` are the filters that links keep."""
    span = float(found["spanMillis"])
    if not span:
        return found

    def zoom(start: float, end: float) -> str:
        first = parse_instant(found["from"])
        bounds = [first + timedelta(milliseconds=one) for one in (start, max(end, start + 1))]
        return address(
            "/timeline", **kept, **{"from": print_instant(bounds[0]), "to": print_instant(bounds[1])}
        )

    bars = list(_place_bars(found, 100 / span))
    places = {bar["number"]: bar for bar in bars}
    return {
        **found,
        "height": _TOP + (found["lanes"] * _LANE or _COUNTS) + 8,
        "bars": bars,
        "retries": [
            {**one, "from": places[one["first"]], "to": places[one["again"]]} for one in found["retries"]
        ],
        "buckets": [
            {**one, "address": zoom(float(one["startMillis"]), float(one["endMillis"]))}
            for one in found["buckets"]
        ],
        "ticks": _place_ticks(span, zoom),
        "moves": {
            "Zoom out": zoom(-span, 2 * span),
            "Earlier": zoom(-span / 2, span / 2),
            "Later": zoom(span / 2, span * 3 / 2),
        },
    }


def _place_ticks(span: float, zoom: _Zoom) -> list[Document]:
    step = axis_step(round(span), _MOST_TICKS)
    return [
        {"x": round(at * 100 / span, 3), "words": f"+{print_span(at)}", "address": zoom(at, at + step)}
        for at in range(0, max(1, round(span)), step)
    ]


def _place_bars(found: Document, share: float) -> Iterator[Document]:
    """Yield the bars with their places. A label is as long as the room up to the next bar in its lane."""
    starts = dict.fromkeys(range(found["lanes"]), 100.0)
    rights = dict[int, float]()
    for bar in reversed(found["bars"]):
        rights[bar["number"]], starts[bar["lane"]] = starts[bar["lane"]], float(bar["startMillis"]) * share
    waits = {one["again"]: _words_of_wait(one) for one in sorted(found["retries"], key=itemgetter("items"))}
    free = dict.fromkeys(starts, 0.0)
    for bar in found["bars"]:
        number, lane = bar["number"], bar["lane"]
        x, end = max(0, float(bar["startMillis"]) * share), min(100, float(bar["endMillis"]) * share)
        label = next((one for one in _labels(bar) if _width(one) <= rights[number] - x), "")
        before = [f"{words} {_number(bar)}".strip() for words in (*waits.get(number, ()), "")]
        fitting = (
            one for one in (waits.get(number, ()) if label else before) if _width(one) <= x - free[lane]
        )
        yield {
            **bar,
            "x": round(x, 3),
            "end": round(max(end, x + _LEAST_WIDTH), 3),
            "delayed": round(min(float(bar["delayMillis"]) * share, end - x), 3),
            "top": _TOP + lane * _LANE,
            "middle": _TOP + lane * _LANE + _MIDDLE,
            "tall": _HEIGHTS[bar["tone"]],
            "label": label,
            "before": next(fitting, ""),
            "says": f"+{print_span(round(bar['startMillis']))}  {bar['line']} {_words_of_delay(bar)}".rstrip(),
        }
        free[lane] = x + _width(label)


def _labels(bar: Document) -> list[str]:
    """Return words for a bar, the longest first."""
    status = f" {bar['status'] or 'no answer'}" if bar["tone"] == "bad" else ""
    label = f"{_number(bar)}{status}"
    return [f"{label} {bar['fault'] or _words_of_delay(bar)}".rstrip(), label, _number(bar)]


def _number(bar: Document) -> str:
    return f"#{bar['number']}"


def _words_of_delay(bar: Document) -> str:
    return f"delay {print_span(round(bar['delayMillis']))}" if bar["delayMillis"] else ""


def _words_of_wait(retry: Document) -> list[str]:
    """Return words for the time from a call to its retry, the longest first."""
    waited = print_span(retry["waitedMillis"]) if retry["waitedMillis"] >= 0 else "before the answer"
    return [f"{retry['items']:,} again, {waited}", waited]


def _width(words: str) -> float:
    """Return the width of words in percent of the narrowest picture, with a gap."""
    return 100 * _CHARACTER * (len(words) + 1) / _NARROWEST
