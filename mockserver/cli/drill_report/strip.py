"""Table of a run that shows what became of each item in each call: calls as rows, items as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mockserver.codec.masking import Redaction
from mockserver.contract.report.text import one_line
from mockserver.model import Json, unescape_step
from mockserver.testing.drill import Result

MOST_COLUMNS = 24
"""Maximum number of items in a table. If a run has more, items that a finding names have precedence."""

MOST_ROWS = 60
"""Maximum number of calls in a table. If a run has more, calls in the middle are left out."""

_LONGEST_REASON = 200
_LONG_MS = 1000

_OF_STORED = {"stored": "good", "nothing": "untold"}
_OF_OTHERS = {"stored": "lie", "refused": "refused", "rejected": "rejected"}


class Fate(NamedTuple):
    """What became of an item in a call."""

    sign: str
    """Character for what the answer said about the item."""
    says: str
    is_stored: bool = False
    """Whether the call stored the item, whatever the answer said."""


FATES: Mapping[str, Fate] = {
    "good": Fate("✓", "stored, and the answer said so", is_stored=True),
    "repeated": Fate("↻", "the answer to an earlier call came again"),
    "refused": Fate("\N{EN DASH}", "not tried: its whole call was refused"),
    "rejected": Fate("✕", "rejected, and the answer said so"),
    "unsure": Fate("?", "not stored, and the answer did not tell"),
    "untold": Fate("?", "stored, but the answer did not tell", is_stored=True),
    "denied": Fate("✕", "stored, but the answer said that it was not", is_stored=True),
    "lie": Fate("✓", "phantom: not stored, but the answer said that it was"),
    "again": Fate("2", "created twice", is_stored=True),
}


class StripRow(NamedTuple):
    """A call as a row of the strip."""

    call: Mapping[str, Json]
    """The call, as the control plane returns it."""
    notes: Sequence[str]
    squares: Sequence[tuple[str, str] | None]
    """For each item: its fate's name and a sentence about the fate, or None if the call lacks the item."""
    is_marked: bool
    """Whether a finding names the call."""
    start: int
    """Number of client starts up to the call: 1 after the first start, 0 if starts are unknown."""


class Strip(NamedTuple):
    """Table of a run: items as columns, calls as rows."""

    heads: Sequence[tuple[str, bool]]
    """For each item: its key, and whether a finding names the item."""
    rows: Sequence[StripRow]
    left_out: int
    """Number of items that are left out."""


def draw_strip(result: Result) -> Strip:
    marked = {Redaction().text(key) for one in result.findings for key in one.items}
    numbers = {number for one in result.findings for number in one.calls}
    items, calls = list(result.items), list(result.calls)
    if len(items) > MOST_COLUMNS:
        items.sort(key=lambda item: item["key"] not in marked)
    shown = items[:MOST_COLUMNS]
    if len(calls) > MOST_ROWS:
        calls[MOST_ROWS * 2 // 3 : -MOST_ROWS // 3] = []
    columns = [_squares(item) for item in shown]
    rows = [
        StripRow(
            call,
            notes=_notes(call),
            squares=[column.get(call["number"]) for column in columns],
            is_marked=call["number"] in numbers,
            start=sum(first <= call["number"] for first in result.ending.starts),
        )
        for call in calls
    ]
    heads = [(one_line(unescape_step(item["key"]) or "no key"), item["key"] in marked) for item in shown]
    return Strip(heads, rows, len(items) - len(shown))


def _squares(item: Mapping[str, Json]) -> dict[int, tuple[str, str]]:
    """Return, by call number, the name of the item's fate in the call and a sentence about the fate."""
    squares = {}
    created = 0
    for one in item["attempts"]:
        creates = one["stored"] and one["action"] == "created"
        created += creates
        fate = "again" if creates and created > 1 else _fate(one)
        why = ", ".join(filter(None, (one["code"], one["warning"])))
        says = f"{unescape_step(item['key']) or 'no key'}: {FATES[fate].says}{f' ({why})' if why else ''}"
        squares[one["call"]] = (fate, one_line(says, _LONGEST_REASON))
    return squares


def _fate(attempt: Mapping[str, Json]) -> str:
    if attempt["stored"]:
        return _OF_STORED.get(attempt["told"], "denied")
    return "repeated" if attempt["action"] == "repeated" else _OF_OTHERS.get(attempt["told"], "unsure")


def _notes(call: Mapping[str, Json]) -> list[str]:
    took = call["durationMillis"] + call["delayMillis"]
    # A refusal by a rule is the case itself, and its reason only explains the scenario.
    refusal = "" if call["applied"] else ": ".join(filter(None, (call["refusal"], call["reason"])))
    notes = (
        call["fault"] and call["fault"].lower().replace("_", " "),
        f"took {took / 1000:.1f} s" if took >= _LONG_MS else "",
        call["retryAfter"] and f"Retry-After {call['retryAfter']}",
        refusal and f"refused: {refusal}",
        call["offContract"] and "against the contract",
    )
    return [one_line(note, _LONGEST_REASON) for note in notes if note]
