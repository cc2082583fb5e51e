"""The histories of items as a drawing: a row for each item, with a mark for each attempt at its time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from mockserver.codec.instants import print_span
from mockserver.journal.item_history import ItemAttempt, ItemHistory, Told, millis_between
from mockserver.journal.view import View

STYLE = (
    "<style>svg{color-scheme:light dark;color:#1b1f24;background:#fff}"
    "@media(prefers-color-scheme:dark){svg{color:#e6e8eb;background:#14171b;--surface:#14171b;"
    "--muted:#a3abb5;--line:#3a4149;--created:#4cc38a;--rejected:#ff8577;--warned:#f0b429;--unchanged:#9aa3ad}}</style>"
)
"""Colours of a drawing outside a page; a page has these variables itself and omits this style."""

_SHAPES: Mapping[Told, tuple[str, str]] = {
    Told.STORED: ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z", "var(--created,#1a7f45)"),
    Told.REJECTED: ("M0-5.5 5.5 0 0 5.5-5.5 0Z", "var(--rejected,#c0271c)"),
    Told.REFUSED: ("M-4-4H4V4H-4Z", "var(--warned,#8f5a00)"),
    Told.NOTHING: ("M0-5 5 4H-5Z", "var(--unchanged,#646c75)"),
}
"""Outline and colour of a mark, by what the answer told."""

_SURFACE, _MUTED, _LINE = "var(--surface,#fff)", "var(--muted,#555d66)", "var(--line,#cfd5db)"
_WIDTH, _ROW, _FOOT = 720, 26, 46
_LEFT, _RIGHT = 160, 700
_GAP, _FAR, _PITCH = 14, 42, 60
_CHARACTER, _LABEL = 5.6, 25
_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000
_STEPS = (
    *(digit * 10**power for power in range(4) for digit in (1, 2, 5)),
    *(number * _SECOND for number in (10, 20, 30)),
    *(number * _MINUTE for number in (1, 2, 5, 10, 20, 30)),
    *(number * _HOUR for number in (1, 2, 6, 12)),
    *(number * _DAY for number in (1, 2, 7, 14, 30, 60, 180, 365, 3650)),
)
_MOST_STEPS = 6
_LEAST = timedelta(milliseconds=1)
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot have."""


def draw_items(histories: Sequence[ItemHistory], view: View) -> str:
    """Return the histories, at least one, as an SVG.

    All rows share one axis. The axis is time, or the order of calls if the clock stood still or if marks
    would be far from their time.
    """
    keys = {view.key(one.key) for one in histories}
    heading = _text(f"Attempts of {f'{len(keys)} items' if len(keys) > 1 else keys.pop()}")
    axis = _Axis.of(histories)
    bottom = _ROW * len(histories)
    rows = (line for row, one in enumerate(histories) for line in _draw_row(one, view, axis, row * _ROW))
    said = _text("\n".join(_describe(one, view) for one in histories))
    height = bottom + _FOOT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height}"'
        f' width="{_WIDTH}" height="{height}" font-family="system-ui,sans-serif" font-size="10"'
        f' fill="currentColor">{STYLE}<title>{heading}</title><desc>{said}</desc>'
        f"{''.join(axis.draw(bottom))}{''.join(rows)}{''.join(_draw_legend(bottom + 38))}</svg>"
    )


def axis_step(millis: int, most: int) -> int:
    """Return a round number of milliseconds of which at most `most` make up a time of `millis`."""
    return next((one for one in _STEPS if millis <= one * most), millis)


@dataclass(frozen=True, slots=True)
class _Axis:
    """The horizontal axis, which all rows share."""

    zero: datetime
    """Time at the left end."""
    span: timedelta
    """Time from the left end to the right end."""
    ranks: Mapping[int, int]
    """Rank of each call in the order of calls, by the call's number; empty if the axis is time."""

    @classmethod
    def of(cls, histories: Sequence[ItemHistory]) -> _Axis:
        attempts = [attempt for one in histories for attempt in one.attempts]
        zero = min(attempt.at for attempt in attempts)
        span = max(_LEAST, *(attempt.until - zero for attempt in attempts))
        numbers = sorted({attempt.number for attempt in attempts})
        by_time = cls(zero, span, {})
        stood_still = len(numbers) > 1 and all(attempt.at == zero for attempt in attempts)
        if not stood_still and all(by_time.has_room(one) for one in histories):
            return by_time
        return cls(zero, span, {number: rank for rank, number in enumerate(numbers)})

    def has_room(self, history: ItemHistory) -> bool:
        """Return whether each mark can be drawn near its time."""
        ends = sorted(self.place(attempt)[1] for attempt in history.attempts)
        return all(abs(end - mark) <= _FAR for end, mark in zip(ends, _spread(ends), strict=True))

    def place(self, attempt: ItemAttempt) -> tuple[float, float]:
        """Return the x coordinates of the call's arrival and of the end of its answer."""
        if self.ranks:
            pitch = min(_PITCH, (_RIGHT - _LEFT) / len(self.ranks))
            return (at := _LEFT + (self.ranks[attempt.number] + 0.5) * pitch), at
        return self._x(attempt.at - self.zero), self._x(attempt.until - self.zero)

    def _x(self, since: timedelta) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (since / self.span)

    def draw(self, bottom: int) -> Iterator[str]:
        if self.ranks:
            yield _words(_LEFT, bottom + 16, "in the order of calls, not by time", fill=_MUTED)
            return
        span = self.span // _LEAST
        step = axis_step(span, _MOST_STEPS)
        for millis in range(0, span + 1, step):
            x = self._x(millis * _LEAST)
            yield f'<path d="M{x:.1f} 0V{bottom + 4}" stroke="{_LINE}"/>'
            label = print_span(millis) if millis else "0"
            yield _words(x, bottom + 16, label, fill=_MUTED, text_anchor="middle")


def _draw_row(history: ItemHistory, view: View, axis: _Axis, top: int) -> Iterator[str]:
    whose = f"{history.vendor} {history.operation}"
    yield f"<g><title>{_text(f'{whose} {view.key(history.key)}')}</title>"
    yield _words(4, top + 11, _shorten(view.key(history.key)), font_weight="600")
    yield f"{_words(4, top + 22, _shorten(whose), fill=_MUTED, font_size='9')}</g>"
    yield f'<path d="M{_LEFT} {top + 18}H{_RIGHT}" stroke="{_LINE}"/>'
    attempts = sorted(history.attempts, key=lambda one: (axis.place(one)[1], one.number))
    marks = _spread([axis.place(one)[1] for one in attempts])
    labelled, before = 0.0, None
    for attempt, mark in zip(attempts, marks, strict=True):
        start, end = axis.place(attempt)
        label = f"#{attempt.number}"
        width = _CHARACTER * len(label)
        if before is not None:
            yield _draw_wait(*before, attempt, start - width / 2, top)
        path, colour = _SHAPES[attempt.told]
        yield f"<g><title>{_text(_describe_attempt(attempt, axis.zero))}</title>"
        if end > start:
            yield f'<path d="M{start:.1f} {top + 18}H{end:.1f}" stroke="{colour}"'
            yield ' stroke-width="5" opacity=".5"/>'
        fill = colour if attempt.stored else _SURFACE
        yield f'<path transform="translate({mark:.1f} {top + 18})" d="{path}" stroke="{colour}"'
        yield f' stroke-width="1.5" fill="{fill}"/>'
        if mark - width / 2 >= labelled:
            yield _words(mark, top + 10, label, text_anchor="middle")
            labelled = mark + width / 2 + 3
        yield "</g>"
        before = attempt, mark + width / 2


def _draw_wait(before: ItemAttempt, left: float, attempt: ItemAttempt, right: float, top: int) -> str:
    """Return the label of the time between an answer and the next call, or "" if there is no room."""
    waited = millis_between(before.until, attempt.at)
    words = print_span(waited)
    if waited <= 0 or right - left <= _CHARACTER * len(words) + 8:
        return ""
    return _words((left + right) / 2, top + 10, words, fill=_MUTED, text_anchor="middle", font_size="9")


def _spread(wanted: Sequence[float]) -> list[float]:
    """Return x coordinates near `wanted`, in the same order, within the row, at a minimum distance."""
    gap = min(_GAP, (_RIGHT - _LEFT) / len(wanted))
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + gap) if places else place)
    limit: float = _RIGHT
    for at in reversed(range(len(places))):
        places[at] = min(places[at], limit)
        limit = places[at] - gap
    return places


def _draw_legend(y: int) -> Iterator[str]:
    for column, (told, (path, colour)) in enumerate(_SHAPES.items()):
        x = _LEFT + 100 * column
        yield f'<path transform="translate({x + 5} {y - 3})" d="{path}" stroke="{colour}" fill="{_SURFACE}"'
        yield f' stroke-width="1.5"/>{_words(x + 15, y, f"told {told}", fill=_MUTED)}'
    yield _words(_RIGHT, y, "filled: stored", fill=_MUTED, text_anchor="end")


def _describe(history: ItemHistory, view: View) -> str:
    attempts = "; ".join(_describe_attempt(one, history.attempts[0].at) for one in history.attempts)
    return f"{history.vendor} {history.operation} {view.key(history.key)}: {attempts}"


def _describe_attempt(attempt: ItemAttempt, first: datetime) -> str:
    """Return words such as: #3 after 1.2 s, 503, created, told nothing, stored, flaky/r1."""
    parts = (
        f"#{attempt.number} after {print_span(millis_between(first, attempt.at))}",
        str(attempt.status or "no answer"),
        attempt.action,
        f"told {attempt.told}",
        "stored" if attempt.stored else "not stored",
        attempt.fault,
        *attempt.rules,
        attempt.detail or attempt.code,
    )
    return ", ".join(filter(None, parts))


def _words(x: float, y: int, words: str, **attributes: str) -> str:
    given = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y}"{given}>{_text(words)}</text>'


def _shorten(words: str) -> str:
    return words if len(words) <= _LABEL else f"{words[: _LABEL - 1]}…"


def _text(words: str) -> str:
    return escape(_ILLEGAL.sub("\ufffd", words))
