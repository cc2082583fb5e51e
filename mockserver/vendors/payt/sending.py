"""Sending: what came without `sent_at` is sent by Payt itself, in half-hour rounds, an hour after it came.

Nothing happens at that hour; whoever looks at the invoice later sees what has happened since.
Source: Payt fact sheet §4.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from mockserver.clock import parse_instant, print_instant
from mockserver.model import Document
from mockserver.store import State

_DELAY = timedelta(hours=1)
_ROUND = timedelta(minutes=30)
_BEGINNING = parse_instant("2000-01-01T00:00:00Z")


def as_of(invoice: Document, state: State, assumptions: Mapping[str, str]) -> Document:
    """The invoice as it is by now."""
    if invoice["sent_at"] is not None or assumptions["sending"] == "never":
        return invoice
    sent_at = _next_round(parse_instant(invoice["created_at"]) + _DELAY)
    if sent_at > state.now:
        return invoice
    touched_at = max(sent_at, parse_instant(invoice["updated_at"]))
    return {**invoice, "sent_at": print_instant(sent_at), "updated_at": print_instant(touched_at)}


def _next_round(moment: datetime) -> datetime:
    return moment + (_BEGINNING - moment) % _ROUND
