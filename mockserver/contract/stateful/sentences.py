"""Describe the steps of a sequence in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.oracle.expectations import count_noun
from mockserver.contract.profile import Record
from mockserver.contract.stateful.state_model import ReportedVerdict, SequenceItem

_EXCERPT = 120
_NAMED = 8
"""Items that a sentence names; the others are counted."""


def batch(items: Sequence[SequenceItem]) -> str:
    """Return what was sent: "sent 3 items, 1 of them bad (item 1, 5002: an unknown payee)"."""
    bad = [(place, one) for place, one in enumerate(items) if one.corruption]
    if not bad:
        return f"sent {count_noun(len(items), 'good item')}"
    named = "; ".join(
        f"item {place}, {one.key}: {one.corruption.name}" for place, one in bad[:_NAMED] if one.corruption
    ) + _more(len(bad), "; ")
    if len(items) == 1:
        return f"sent 1 bad item ({named})"
    return f"sent {len(items)} items, {len(bad)} of them bad ({named})"


def batch_step(request: Request, items: Sequence[SequenceItem], exchange: Exchange, became: str) -> str:
    """Describe a batch as a step: request and response."""
    named = (f"{one.key} ({one.corruption.name if one.corruption else 'good'})" for one in items[:_NAMED])
    of = ", ".join(named) + _more(len(items))
    written = f" as {request.media_type}" if request.media_type != "application/json" else ""
    return (
        f"{call(request)} with {count_noun(len(items), 'item')}{written}: {of} → "
        f"{exchange.response.status}: {became}"
    )


def outcome(items: Sequence[SequenceItem], told: Sequence[ReportedVerdict], *, refused: bool) -> str:
    """Return what an answer says became of the items."""
    if refused:
        return "refused as a whole"
    words = [f"{one.key} {_word(verdict)}" for one, verdict in zip(items, told, strict=True)]
    return ", ".join(words[:_NAMED]) + _more(len(words)) or "nothing"


def reported(verdict: ReportedVerdict) -> str:
    """Describe the reported outcome of an item: "created", "refused: Debtor must exist"."""
    said = verdict.told.message if verdict.told and verdict.accepted is False else ""
    return f"{_word(verdict)}: {excerpt(said)}" if said else _word(verdict)


def record(shown: Record | None) -> str:
    """Return a record, or that there is none."""
    if shown is None:
        return "nothing"
    return ", ".join(f"{name} {_value(value)}" for name, value in shown.items()) or "a record"


def difference(expected: Record | None, shown: Record | None, what: str = "it") -> str:
    """Return what reading `what` shows where something else was expected."""
    if expected is None or shown is None:
        return f"reading {what} shows {record(shown)}, expected {record(expected)}"
    odd = [name for name in {**expected, **shown} if expected.get(name) != shown.get(name)]
    parts = (f"{name} {_value(shown.get(name))}, expected {_value(expected.get(name))}" for name in odd)
    return f"reading {what} shows {'; '.join(parts)}"


def call(request: Request) -> str:
    """Return method and path."""
    return f"{request.method} {cut_text(request.path)}"


def response(exchange: Exchange) -> str:
    """Return the status and the beginning of the body."""
    text = excerpt(exchange.response.body.decode("utf-8", "replace"))
    return f"{exchange.response.status}: {text}" if text else f"{exchange.response.status}, without a body"


def excerpt(text: str) -> str:
    """Return the beginning of a text, on one line; control characters become blanks."""
    return cut_text("".join(letter if letter.isprintable() else " " for letter in " ".join(text.split())))


def cut_text(text: str) -> str:
    """Return a text that is not too long to be read."""
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"


def _more(number: int, comma: str = ", ") -> str:
    return f"{comma}and {number - _NAMED:,} more" if number > _NAMED else ""


def _word(verdict: ReportedVerdict) -> str:
    if verdict.accepted is None:
        return "not mentioned"
    if not verdict.accepted:
        return "refused"
    return (verdict.told.made if verdict.told else "") or "done"


def _value(value: str | Decimal | None) -> str:
    return "none" if value is None else format(value, "f") if isinstance(value, Decimal) else repr(value)
