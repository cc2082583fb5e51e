"""What became of each item in each call: calls as rows, items as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from mockserver.codec.redaction import redact_body
from mockserver.contract.report.text import CUT, counted, one_line
from mockserver.model import Json
from mockserver.testing.drill import Result

MOST_COLUMNS = 40
"""Of more items, several stand in one column, and a square shows the worst of them."""

_LONGEST_KEY, _LONGEST_PATH, _LONGEST_REASON = 24, 60, 200
_FEW_READS = 2
"""More calls of one kind, one after the other and without items, stand in one row."""

_LONG_MS = 1000


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an item in a call; `is_stored`: it took effect. `sign` is what the answer told."""

    name: str
    sign: str
    is_stored: bool
    says: str


FATES = (
    Fate("good", "✓", is_stored=True, says="stored, and the answer said so"),
    Fate("repeated", "↻", is_stored=False, says="the answer to an earlier call came again"),
    Fate("refused", "-", is_stored=False, says="its whole call was refused"),
    Fate("rejected", "✕", is_stored=False, says="rejected, and the answer said so"),
    Fate("unsure", "?", is_stored=False, says="not stored, and the answer did not tell"),
    Fate("untold", "?", is_stored=True, says="stored, but the answer did not tell"),
    Fate("denied", "✕", is_stored=True, says="stored, but the answer said that it was not"),
    Fate("lie", "✓", is_stored=False, says="not stored, but the answer said that it was"),
    Fate("again", "2", is_stored=True, says="created a second time"),
)
"""All fates, the best first."""

_RANKS = {fate.name: rank for rank, fate in enumerate(FATES)}
_OF_STORED = {"stored": "good", "nothing": "untold"}
_OF_OTHERS = {"stored": "lie", "refused": "refused", "rejected": "rejected"}


@dataclass(frozen=True, slots=True)
class Square:
    fate: Fate
    says: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The items of a column; `is_marked`: a finding names one of them."""

    name: str
    says: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class StripRow:
    """A call, or several without items; `start` is above 0 where the client was started again before it."""

    numbers: str
    since: str
    what: str
    answer: str
    notes: tuple[str, ...] = ()
    squares: tuple[Square | None, ...] = ()
    is_case: bool = False
    is_marked: bool = False
    start: int = 0


@dataclass(frozen=True, slots=True)
class Strip:
    """The calls of a run; `left_out` calls are between the first `gap` rows and the others."""

    heads: tuple[Head, ...]
    rows: tuple[StripRow, ...]
    gap: int = 0
    left_out: int = 0


def draw_strip(result: Result, most: int) -> Strip:
    """The strip of a run, with at most so many rows: the first ones, and some of the last."""
    items = [*result.items, *_never_sent(result)]
    size = -(-len(items) // MOST_COLUMNS) or 1
    columns = [items[first : first + size] for first in range(0, len(items), size)]
    marked = {redact_body(key) for one in result.findings for key in one.items}
    calls = {number for one in result.findings for number in one.calls}
    squares = _squares(columns, marked, calls)
    rows = tuple(_rows(result, squares, len(columns), calls))
    heads = tuple(_head(column, at * size, marked) for at, column in enumerate(columns))
    if len(rows) <= most:
        return Strip(heads, rows)
    last = most // 3
    return Strip(heads, (*rows[: most - last], *rows[-last:]), most - last, len(rows) - most)


def _never_sent(result: Result) -> Iterator[Mapping[str, Json]]:
    """Items of findings without a call: the run without faults sends them, this one did not."""
    keys = dict.fromkeys(key for one in result.findings if not one.calls for key in one.items)
    known = {item["key"] for item in result.items}
    yield from ({"key": redact_body(key), "attempts": ()} for key in keys if redact_body(key) not in known)


def _head(column: Sequence[Mapping[str, Json]], first: int, marked: set[str]) -> Head:
    keys = [one["key"] or "no key" for one in column]
    is_marked = any(key in marked for key in keys)
    if len(keys) == 1:
        never = "" if column[0]["attempts"] else " was never sent"
        return Head(_short(keys[0], _LONGEST_KEY), f"{one_line(keys[0])}{never}", is_marked)
    name = f"{first + 1} to {first + len(keys)}"
    return Head(name, one_line(f"items {name}: {keys[0]} to {keys[-1]}"), is_marked)


def _short(key: str, longest: int) -> str:
    """The key in one line; of a long one the end, which tells it from others."""
    shown = one_line(key)
    return shown if len(shown) <= longest else f"{CUT}{shown[1 - longest :]}"


def _squares(
    columns: Sequence[Sequence[Mapping[str, Json]]], marked: set[str], calls: set[int]
) -> Mapping[tuple[int, int], Square]:
    """The squares by number of call and column."""
    found: dict[tuple[int, int], list[Square]] = {}
    for place, column in enumerate(columns):
        for item in column:
            created = 0
            for one in item["attempts"]:
                created += one["stored"] and one["action"] == "created"
                fate = _fate(one, is_again=created > 1 and one["action"] == "created")
                why = ", ".join(filter(None, (one["code"], one["warning"])))
                says = f"{item['key'] or 'no key'}: {fate.says}{f' ({why})' if why else ''}"
                is_marked = item["key"] in marked and one["call"] in calls
                square = Square(fate, one_line(says, _LONGEST_REASON), is_marked)
                found.setdefault((one["call"], place), []).append(square)
    return {where: _worst(squares) for where, squares in found.items()}


def _fate(attempt: Mapping[str, Json], *, is_again: bool) -> Fate:
    told = attempt["told"]
    if attempt["stored"]:
        name = "again" if is_again else _OF_STORED.get(told, "denied")
    else:
        name = "repeated" if attempt["action"] == "repeated" else _OF_OTHERS.get(told, "unsure")
    return FATES[_RANKS[name]]


def _worst(squares: Sequence[Square]) -> Square:
    if len(squares) == 1:
        return squares[0]
    counts = Counter(one.fate for one in squares)
    says = "; ".join(f"{counts[fate]} {fate.says}" for fate in FATES if fate in counts)
    worst = max(counts, key=lambda fate: _RANKS[fate.name])
    return Square(worst, f"{len(squares)} items: {says}", any(one.is_marked for one in squares))


def _rows(
    result: Result, squares: Mapping[tuple[int, int], Square], columns: int, marked: set[int]
) -> Iterator[StripRow]:
    starts = _starts(result)
    drawn = []
    for call in result.calls:
        number = call["number"]
        own = tuple(squares.get((number, place)) for place in range(columns))
        shown = own if any(own) else ()
        drawn.append(_row(call, shown, is_marked=number in marked, start=starts.get(number, 0)))
    for _, group in groupby(drawn, _kind):
        rows = list(group)
        if len(rows) <= _FEW_READS:
            yield from rows
        else:
            what = f"{rows[0].what.partition(' ')[0]}, {counted(len(rows), 'calls')} without items"
            yield replace(rows[0], numbers=f"{rows[0].numbers} to {rows[-1].numbers}", what=what)


def _kind(row: StripRow) -> tuple[str, ...]:
    """Calls of one kind may stand together; one that tells something has a row of its own."""
    if row.squares or row.notes or row.is_case or row.is_marked or row.start:
        return (row.numbers,)
    return (row.what.partition(" ")[0], row.answer)


def _starts(result: Result) -> Mapping[int, int]:
    """The starts of the client after the first one, by the number of the first call of each."""
    numbers = [call["number"] for call in result.calls]
    starts = list(enumerate(result.ending.starts, 1))[1:]
    firsts = ((next((one for one in numbers if one >= first), 0), at) for at, first in starts)
    return dict(firsts)


def _row(
    call: Mapping[str, Json], squares: tuple[Square | None, ...], *, is_marked: bool, start: int
) -> StripRow:
    took = call["durationMillis"] + call["delayMillis"]
    # What a rule refused is the case, and its reason speaks of scenarios.
    refusal = "" if call["applied"] else ": ".join(filter(None, (call["refusal"], call["reason"])))
    wait = call.get("retryAfter")  # servers of earlier versions have none
    notes = (
        call["fault"] and call["fault"].lower().replace("_", " "),
        f"took {took / 1000:.1f} s" if took >= _LONG_MS else "",
        f"Retry-After {wait}" if wait else "",
        refusal and f"refused: {refusal}",
        call["offContract"] and "against the contract",
    )
    path = one_line(call["path"], _LONGEST_PATH)
    return StripRow(
        f"#{call['number']}",
        f"{call['sinceFirstMillis'] / 1000:.2f} s",
        f"{call['method']} {path}",
        "no answer" if call["status"] is None else str(call["status"]),
        tuple(one_line(note, _LONGEST_REASON) for note in notes if note),
        squares,
        is_case=bool(call["applied"]),
        is_marked=is_marked,
        start=start,
    )
