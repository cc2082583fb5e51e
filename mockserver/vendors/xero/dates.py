"""Read and print dates and instants.

Stored are `2019-02-22` for a date and `2019-02-22T20:06:27.783Z` for an instant.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from mockserver.model import Document, Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.date().toordinal()
_DAY_MS = 86_400_000
_MS = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")
_SECONDS = len("2019-02-22T20:06:27")
_DAYS_REMEMBERED = 512
"""The items of a batch have few different days and instants."""


def parse_date(value: Json) -> str | None:
    """Parse a calendar date in any form that the vendor accepts, without zone conversion; None if it is none.

    Source: docs/vendors/xero.md#dates-and-numbers; that an offset is added, not taken away, is assumed.
    """
    return _parse_day(value) if isinstance(value, str) else None


@lru_cache(_DAYS_REMEMBERED)
def _parse_day(value: str) -> str | None:
    if found := _MS.fullmatch(value):
        sign = -1 if (found[2] or "+")[0] == "-" else 1
        offset = (found[2] or "+0000")[1:]
        minutes = sign * (int(offset[:2]) * 60 + int(offset[2:]))
        moment = _EPOCH + timedelta(milliseconds=int(found[1]), minutes=minutes)
        return moment.date().isoformat()
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return None


@lru_cache(_DAYS_REMEMBERED)
def print_date(day: str) -> str:
    """Return a calendar date as the vendor sends it: UTC midnight in milliseconds."""
    return f"/Date({(date.fromisoformat(day).toordinal() - _EPOCH_DAY) * _DAY_MS}+0000)/"


def date_members(name: str, document: Document) -> dict[str, Json]:
    """Return a stored date as the vendor's pair of members, none without a date."""
    day = document.get(name)
    return {} if day is None else {f"{name}String": f"{day}T00:00:00", name: print_date(day)}


@lru_cache(_DAYS_REMEMBERED)
def stored_instant(moment: datetime) -> str:
    """Return the sandbox clock as a stored instant."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_stored(stored: str) -> datetime:
    """Return a stored date or instant as a time in UTC."""
    moment = datetime.fromisoformat(stored)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def cut_to_seconds(stored: str) -> str:
    """Return a stored instant to the second, without its zone."""
    return stored[:_SECONDS]


@lru_cache(_DAYS_REMEMBERED)
def print_instant_ms(stored: str) -> str:
    """Return a stored instant as the vendor sends it."""
    return f"/Date({_milliseconds(parse_stored(stored))}+0000)/"


def print_now_ms(moment: datetime) -> str:
    """Return the envelope's own time: the one without an offset."""
    return f"/Date({_milliseconds(moment)})/"


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
