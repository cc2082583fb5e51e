"""Compare a value that was sent with the one that is read, and say what was lost."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Final

from mockserver.contract.profile import Json
from mockserver.contract.value_rules import LossKind, ValueChange

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_MILLISECONDS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - moments are compared in UTC, without a zone
_LAST_OF_ASCII, _LAST_OF_16_BITS = 0x7F, 0xFFFF
_REPLACEMENT = "\ufffd"
_PLACES = range(8)
_MICROSECONDS = 6
_EXACT: Final = Context(prec=500)

WORDS: Final[dict[LossKind, str]] = {
    "lost": "the value is lost",
    "changed": "it is another value",
    "trimmed": "the blanks at its ends are lost",
    "inner blanks": "the blanks inside are lost",
    "normalised": "its accents are written with other characters (normalised)",
    "beyond 16 bits": "the characters beyond 16 bits are lost",
    "ASCII only": "the characters that are not ASCII are lost",
    "line ends": "its line ends are changed",
    "cut short": "its end is cut off",
    "escaped": "its markup is escaped twice, or read as markup",
    "letter case": "its letter case is changed",
    "empty is null": "an empty text became null",
    "null is empty": "null became an empty text",
    "null is filled": "null became a value",
    "empty is filled": "an empty text became another value",
    "moved": "it is another moment",
    "zone left out": "its zone is left out; read as UTC it is the same moment",
    "zone of its own left out": "its zone is left out; what is left is the time of that zone",
    "fraction lost": "parts of its second are lost",
    "seventh digit lost": "the seventh digit of its second is lost, as many servers keep six",
    "time left out": "its time of day is left out",
    "time added": "a time of day is added",
    "rounded": "it is rounded",
    "cut off": "decimals are cut off",
    "kept": "the update left the value that was there before",
    "scale lost": "it is printed with fewer decimals than it should have",
}


@dataclass(frozen=True, slots=True)
class Loss:
    """A difference; `places` are the numbers of decimals that it could have been rounded or cut to."""

    kind: LossKind
    places: frozenset[int] = frozenset({0})

    def is_declared(self, change: ValueChange) -> bool:
        """Return whether the vendor makes this change by design."""
        return change.what == self.kind and change.places in self.places

    def __str__(self) -> str:
        return WORDS[self.kind]


def find_losses(kind: str, sent: Json, shown: Json, *, is_text: bool = False) -> tuple[Loss, ...]:
    """Return how `shown` differs from `sent`, nothing where it is the same value.

    `kind` is that of `hard_values.kind_of`. `is_text`: the answer has no types (XML), so that numbers are
    texts, and nothing and the empty text are one.
    """
    if is_text and sent in (None, "") and shown in (None, ""):
        return ()
    if sent in (None, "") or shown is None:
        return tuple(_nothing_losses(sent, shown))
    if isinstance(sent, bool):
        return () if shown is sent or (is_text and shown == str(sent).lower()) else (Loss("changed"),)
    if isinstance(sent, int | Decimal) or kind == "amount":
        return tuple(_number_losses(sent, shown))
    if kind in {"moment", "day"}:
        return tuple(_moment_losses(str(sent), str(shown)))
    return tuple(_text_losses(str(sent), shown if isinstance(shown, str) else repr(shown)))


def _nothing_losses(sent: Json, shown: Json) -> Iterator[Loss]:
    """Yield the loss where null or the empty text was sent, or null is shown."""
    if sent == shown and type(sent) is type(shown):
        return
    if sent is None:
        yield Loss("null is empty" if shown == "" else "null is filled")
    elif shown is None:
        yield Loss("empty is null" if sent == "" else "lost")
    else:
        yield Loss("empty is filled")


def decimals_of(shown: Json) -> int | None:
    """Return how many decimals an amount is printed with, None where it is no number."""
    number = _decimal(shown)
    exponent = None if number is None else number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else None


def _decimal(value: Json) -> Decimal | None:
    try:
        return None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def _number_losses(sent: Json, shown: Json) -> Iterator[Loss]:
    wanted, found = _decimal(sent), _decimal(shown)
    if wanted is None or found is None:
        yield from () if str(sent) == str(shown) else (Loss("changed"),)
        return
    if wanted == found:
        return
    rounded = _places_of(wanted, found, ROUND_HALF_UP, ROUND_HALF_EVEN)
    cut = _places_of(wanted, found, ROUND_DOWN)
    if rounded:
        yield Loss("rounded", rounded)
    else:
        yield Loss("cut off", cut) if cut else Loss("changed")


def _places_of(wanted: Decimal, found: Decimal, *modes: str) -> frozenset[int]:
    """Return to how many decimals `wanted` could have been rounded to become `found`."""
    units = {places: Decimal(1).scaleb(-places) for places in _PLACES}
    return frozenset(
        places
        for places, unit in units.items()
        if any(wanted.quantize(unit, mode, _EXACT) == found for mode in modes)
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    """A moment or a day as it is written; `offset` is None without a zone."""

    wall: datetime
    fraction: Decimal
    offset: timedelta | None
    utc: datetime
    has_time: bool


def _parse_moment(text: str) -> _Moment | None:
    try:
        if found := _MILLISECONDS.fullmatch(text):
            return _of_milliseconds(int(found[1]))
        match = _MOMENT.fullmatch(text)
        return None if match is None else _of_iso(*match.groups())
    except (ValueError, OverflowError):
        return None


def _of_milliseconds(number: int) -> _Moment:
    seconds, milliseconds = divmod(number, 1000)
    wall = _EPOCH + timedelta(seconds=seconds)
    return _Moment(wall, Decimal(milliseconds).scaleb(-3), timedelta(0), wall, has_time=True)


def _of_iso(day: str, time: str | None, fraction: str | None, zone: str | None) -> _Moment:
    wall = datetime.fromisoformat(f"{day}T{time or '00:00:00'}")
    digits = Decimal(f"0.{fraction}") if fraction else Decimal(0)
    offset = _offset(zone)
    return _Moment(wall, digits, offset, wall - (offset or timedelta(0)), has_time=time is not None)


def _offset(zone: str | None) -> timedelta | None:
    if zone is None or zone in "Zz":
        return None if zone is None else timedelta(0)
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return timedelta(minutes=minutes if zone[0] == "+" else -minutes)


def _moment_losses(sent: str, shown: str) -> Iterator[Loss]:
    wanted, found = _parse_moment(sent), _parse_moment(shown)
    if sent == shown:
        return
    if wanted is None or found is None:
        yield Loss("changed")
    elif not wanted.has_time:
        yield Loss("time added" if found.utc == wanted.wall and not found.fraction else "moved")
    elif not found.has_time:
        yield Loss(
            "time left out" if found.wall.date() in (wanted.utc.date(), wanted.wall.date()) else "moved"
        )
    else:
        yield from _timed_losses(wanted, found)


def _timed_losses(wanted: _Moment, found: _Moment) -> Iterator[Loss]:
    if found.utc != wanted.utc:
        of_its_zone = found.offset is None and found.wall == wanted.wall
        midnight = found.utc == wanted.utc.replace(hour=0, minute=0, second=0)
        midnight = midnight or found.wall == wanted.wall.replace(hour=0, minute=0, second=0)
        yield Loss("zone of its own left out" if of_its_zone else "time left out" if midnight else "moved")
        if not of_its_zone:
            return
    elif found.offset is None and wanted.offset is not None:
        yield Loss("zone left out")
    if found.fraction != wanted.fraction:
        places = _places_of(wanted.fraction, found.fraction, ROUND_DOWN, ROUND_HALF_UP, ROUND_HALF_EVEN)
        lost: LossKind = "seventh digit lost" if _MICROSECONDS in places else "fraction lost"
        yield Loss(lost, places) if places else Loss("moved")


def _text_losses(sent: str, shown: str) -> Iterator[Loss]:
    if shown == sent:
        return
    ways = (kind for kind, way in _WAYS for made in way(sent) if made == shown)
    kind = next(ways, None)
    if kind is None and _keeps_only(sent, shown, _LAST_OF_16_BITS):
        kind = "beyond 16 bits"
    elif kind is None and _keeps_only(sent, shown, _LAST_OF_ASCII):
        kind = "ASCII only"
    elif kind is None and shown and sent.startswith(shown):
        kind = "cut short"
    yield Loss(kind or ("lost" if not shown else "changed"))


def _keeps_only(sent: str, shown: str, last: int) -> bool:
    """Return whether characters behind `last` are gone or replaced, and all others there in their order."""
    if all(ord(mark) <= last for mark in sent):
        return False
    rest = iter(shown)
    kept = all(mark in rest for mark in sent if ord(mark) <= last)
    return kept and all(ord(mark) <= last or mark == _REPLACEMENT or mark not in sent for mark in shown)


_WAYS: Final[tuple[tuple[LossKind, Callable[[str], tuple[str, ...]]], ...]] = (
    ("trimmed", lambda text: (text.strip(), text.lstrip(), text.rstrip(), text.strip(" "))),
    (
        "line ends",
        lambda text: (
            text.replace("\r\n", "\n"),
            text.replace("\n", "\r\n"),
            text.replace("\r", ""),
            text.replace("\r\n", " "),
            text.replace("\n", " "),
            text.replace("\n", ""),
        ),
    ),
    (
        "inner blanks",
        lambda text: (re.sub(" +", " ", text), re.sub(r"\s+", " ", text), " ".join(text.split())),
    ),
    (
        "normalised",
        lambda text: tuple(unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")),
    ),
    (
        "escaped",
        lambda text: (
            html.escape(text),
            html.escape(text, quote=False),
            html.unescape(text),
            re.sub("<[^>]*>", "", text),
        ),
    ),
    ("letter case", lambda text: (text.lower(), text.upper(), text.title())),
)
