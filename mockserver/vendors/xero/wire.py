"""How the vendor writes and reads dates, money and ids: calendar dates, instants, two decimals.

Stored are `2019-02-22` for a date, `2019-02-22T20:06:27.783Z` for an instant, and exact decimals.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from mockserver.formats import UUID_PATTERN
from mockserver.model import Document, Json

LIMIT = Decimal(10) ** 15
"""No amount, quantity or rate above this is booked; comparing with it is exact at any size."""

CENT = Decimal("0.01")
RATE = Decimal("0.000001")
ARITHMETIC = Context(prec=80, rounding=ROUND_HALF_UP)
"""Half away from zero. Source: Xero fact sheet §2.2, assumed."""

_TENTH = Decimal("0.1")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.date().toordinal()
_DAY_MS = 86_400_000
_GUID = re.compile(UUID_PATTERN)
_MS = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")
_SECONDS = len("2019-02-22T20:06:27")


def is_guid(text: str) -> bool:
    """Whether `text` is a GUID, in either letter case."""
    return _GUID.fullmatch(text) is not None


def read_date(value: Json) -> str | None:
    """The calendar date of any form that the vendor accepts, as its sender sees it; None for none.

    Source: Xero fact sheet §2.2; that an offset is added, not taken away, is assumed.
    """
    if not isinstance(value, str):
        return None
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


def ms_date(day: str) -> str:
    """A calendar date as the vendor sends it: UTC midnight in milliseconds."""
    return f"/Date({(date.fromisoformat(day).toordinal() - _EPOCH_DAY) * _DAY_MS}+0000)/"


def dated(name: str, document: Document) -> dict[str, Json]:
    """A stored date as the pair of members that the vendor sends, nothing when there is none."""
    day = document.get(name)
    return {} if day is None else {f"{name}String": f"{day}T00:00:00", name: ms_date(day)}


def stamp(moment: datetime) -> str:
    """The sandbox clock as a stored instant."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(stored: str) -> datetime:
    """A stored date or instant as a time in UTC."""
    moment = datetime.fromisoformat(stored)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def seconds_of(stored: str) -> str:
    """A stored instant to the second, without its zone."""
    return stored[:_SECONDS]


def ms_instant(stored: str) -> str:
    """A stored instant as the vendor sends it."""
    return f"/Date({_milliseconds(moment_of(stored))}+0000)/"


def ms_now(moment: datetime) -> str:
    """The envelope's own time: the one without an offset."""
    return f"/Date({_milliseconds(moment)})/"


def amount(value: Json) -> Decimal:
    """A number to two decimals; one over the limit as it is."""
    return rounded(value, CENT)


def rounded(value: Json, step: Decimal) -> Decimal:
    """A number to the decimals of `step`; one over the limit as it is."""
    exact = Decimal(value)
    return exact if abs(exact) > LIMIT else ARITHMETIC.quantize(exact, step) + 0


def printed(value: Decimal) -> Decimal:
    """A number as the vendor prints it: as short as can be, with one decimal at least.

    Source: seed (`1.0`, `3.0`).
    """
    short = ARITHMETIC.normalize(value)
    exponent = short.as_tuple().exponent
    return short if isinstance(exponent, int) and exponent < -1 else ARITHMETIC.quantize(value, _TENTH)


def printed_members(document: Document, *names: str) -> dict[str, Json]:
    """The named amounts of a stored document that it has, as printed."""
    return {name: printed(Decimal(document[name])) for name in names if name in document}


def optional(document: Document, *names: str) -> dict[str, Any]:
    """The named members that the document has."""
    return {name: document[name] for name in names if name in document}


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
