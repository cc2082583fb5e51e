"""Comparison of sent values with the values that are read back."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Final, Literal
from xml.etree.ElementTree import Element

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from msgspec import Struct, field

from mockserver.contract.exchange import Exchange, Finding, Response, checks_of
from mockserver.contract.profile import LossKind, ValueChange, ValueRules
from mockserver.contract.values.hard_values import Change, HardValue, MemberPath, ValueMember, ValueTrial
from mockserver.model import Json, Path, Value, values_in

MEDIA_TYPES = "same-in-every-media-type"
_CHECKS: Mapping[str, str] = {"moment": "dates-survive", "day": "dates-survive", "text": "texts-survive"}
"""The check of a value by its kind. Values of all other kinds belong to `numbers-survive`."""

VALUE_CHECKS = checks_of("values")

_EXCERPT, _USUAL = 80, "application/json"
_TOLD = 8
"""Maximum number of losses that a finding describes; further losses are only counted."""

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?(Z|z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_MILLISECONDS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - moments are compared in UTC, without a zone
_LAST_OF_ASCII, _LAST_OF_16_BITS = 0x7F, 0xFFFF
_REPLACEMENT = "\ufffd"
_MICROSECONDS, _EXACT = 6, Context(prec=500)
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
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


HowShown = Literal["reading it", "the list", "the answer to it"]


class ShownRecord(Value, frozen=True):
    """An item's record in an answer."""

    how: HowShown
    """Kind of the answer: the answer to the batch, a single read or the list."""
    record: Mapping[str, Json]
    exchange: Exchange
    at: str
    """Pointer to the record."""

    @property
    def is_text(self) -> bool:
        """Whether all values are texts, because the answer has no types (XML)."""
        return is_xml(self.exchange.response.media_type)


class SentItem(Value, frozen=True):
    """An accepted item and its place in the batch."""

    trial: ValueTrial
    key: str
    document: Json
    place: int
    exchange: Exchange
    step: str
    before: SentItem | None = None
    """For an update, the item that created the record."""
    warning: str = ""
    """The message of the item's outcome."""


class ValueComparison(Struct):
    """Comparison of the values of one operation, which collects the losses."""

    operation: str
    rules: ValueRules
    changed: Counter[tuple[str, LossKind]] = field(default_factory=Counter)
    """Number of allowed changes, by member and kind."""
    compared: Counter[str] = field(default_factory=Counter)
    """Number of comparisons, by check."""
    _lost: dict[tuple[str, LossKind], Finding] = field(default_factory=dict)
    _shown: set[tuple[str, MemberPath]] = field(default_factory=set)

    def compare(self, sent: SentItem, shown: ShownRecord) -> None:
        for change in sent.trial.changes:
            member, hard = change
            value = value_at(shown.record, self._path(member))
            differences = self._differences(member, hard, value, shown)
            if differences is None:
                continue
            if self._is_kept(member, differences, value, sent, shown):
                differences = (Difference("kept"),)
            if value not in (None, "", MISSING):
                self._shown.add((shown.how, member.path))
            is_other = bool(sent.trial.media_type) or shown.is_text
            check = MEDIA_TYPES if is_other else _CHECKS.get(member.kind, "numbers-survive")
            self.compared[check] += 1
            for difference in differences:
                if self._is_declared(member, difference, sent.warning):
                    self.changed[member.name, difference.kind] += 1
                elif (member.name, difference.kind) not in self._lost:
                    found = self._finding(check, change, sent, shown, difference)
                    self._lost[member.name, difference.kind] = found

    def _finding(
        self, check: str, change: Change, sent: SentItem, shown: ShownRecord, difference: Difference
    ) -> Finding:
        member, hard = change
        media_type = shown.exchange.response.media_type
        expected = value_text(hard.value)
        received = value_text(value_at(shown.record, self._path(member)))
        written = f" in {sent.trial.media_type}" if sent.trial.media_type else ""
        read = f" in {media_type}" if media_type != _USUAL else ""
        update = ", an update of a record that is there" if sent.before else ""
        silent = ", and the answer to it has no warning" if self._is_declared(member, difference) else ""
        message = (
            f"sent {expected} as {member.name} of item {sent.place}{written}{update}; "
            f"{shown.how}{read} shows {received}: {WORDS[difference.kind]}{silent}"
        )
        pointer = "" if shown.is_text else "/".join([shown.at, *self._path(member)])
        calls = [one for one in (sent.before, sent) if one]
        exchanges = [one.exchange for one in calls]
        if shown.exchange is not sent.exchange:
            exchanges.append(shown.exchange)
        steps = tuple(one.step for one in calls)
        return Finding(check, self.operation, message, pointer, expected, received, tuple(exchanges), steps)

    def _is_declared(self, member: ValueMember, difference: Difference, warning: str = "any") -> bool:
        if difference.kind == "seventh digit lost":
            return True
        return any(
            difference.is_declared(change) and (warning or not change.warns)
            for change in self.rules.changes
            if not change.member or member.name in change.member.split(", ")
        )

    def _is_kept(
        self,
        member: ValueMember,
        differences: Sequence[Difference],
        value: Json,
        sent: SentItem,
        shown: ShownRecord,
    ) -> bool:
        """Return whether an update was ignored: the answer still shows the earlier value of the member."""
        before = sent.before.trial.values if sent.before else {}
        if member.path not in before or all(
            self._is_declared(member, difference) for difference in differences
        ):
            return False
        of_before = find_differences(member.kind, before[member.path], value, is_text=shown.is_text)
        return all(self._is_declared(member, one) for one in of_before)

    def findings(self) -> Iterator[Finding]:
        """Yield one finding for each failed check, with a message that describes at most `_TOLD` losses."""
        by_check: dict[str, list[Finding]] = {}
        for one in self._lost.values():
            by_check.setdefault(one.check, []).append(one)
        for listed in by_check.values():
            first, *others = listed
            message = "; also ".join([first.message, *(other.message for other in others[: _TOLD - 1])])
            if len(listed) > _TOLD:
                message = f"{message}; and {len(listed) - _TOLD} more"
            yield dataclasses.replace(first, message=message)

    def _path(self, member: ValueMember) -> MemberPath:
        first, *rest = member.path
        return (self.rules.shown_as.get(member.name, self.rules.shown_as.get(first, first)), *rest)

    def _differences(
        self, member: ValueMember, hard: HardValue, value: Json, shown: ShownRecord
    ) -> Sequence[Difference] | None:
        """Return the differences, or None if the answer need not show the member."""
        known = (shown.how, member.path) in self._shown
        if value is MISSING:
            if not known or hard.value in (None, "") or shown.how == "the answer to it":
                return None
            return (Difference("lost"),)
        if shown.how == "the answer to it" and value in (None, "") and not known:
            return None
        differences = find_differences(member.kind, hard.value, value, is_text=shown.is_text)
        return differences or self._scale_differences(member, hard, value, shown)

    def _scale_differences(
        self, member: ValueMember, hard: HardValue, value: Json, shown: ShownRecord
    ) -> Sequence[Difference]:
        expected, printed = self.rules.decimals.get(member.name), decimals_of(value)
        if expected is None or printed is None or shown.is_text or hard.value is None:
            return ()
        least = max(1, decimals_of(hard.value) or 0) if expected < 0 else expected
        return (Difference("scale lost"),) if printed < least else ()


def value_text(value: Json) -> str:
    """Return a value as JSON text with non-ASCII characters escaped; in a long text, omit the middle."""
    if value is MISSING:
        return "nothing"
    text = format(value, "f") if isinstance(value, Decimal) else json.dumps(value, default=str)
    return (
        text if len(text) <= _EXCERPT else f"{text[: _EXCERPT // 2]}… ({len(text)} characters) …{text[-16:]}"
    )


class Difference(Value, frozen=True):
    """A difference between a sent and a shown value."""

    kind: LossKind
    places: frozenset[int] = frozenset({0})
    """Numbers of decimals to which the sent value may have been rounded or cut."""

    def is_declared(self, change: ValueChange) -> bool:
        return change.what == self.kind and change.places in self.places


def find_differences(kind: str, sent: Json, shown: Json, *, is_text: bool = False) -> tuple[Difference, ...]:
    """Return how `shown` differs from `sent`; () if the values are equal.

    `kind` comes from `hard_values.kind_of`. If `is_text`, the answer has no types (XML): numbers are texts,
    and null equals the empty text.
    """
    if is_text and sent in (None, "") and shown in (None, ""):
        return ()
    if sent in (None, "") or shown is None:
        return tuple(_null_differences(sent, shown))
    if isinstance(sent, bool):
        return () if shown is sent or (is_text and shown == str(sent).lower()) else (Difference("changed"),)
    if isinstance(sent, int | Decimal) or kind == "amount":
        return tuple(_number_differences(sent, shown))
    if kind in {"moment", "day"}:
        return tuple(_moment_differences(str(sent), str(shown)))
    return tuple(_text_differences(str(sent), shown if isinstance(shown, str) else repr(shown)))


def _null_differences(sent: Json, shown: Json) -> Iterator[Difference]:
    if sent == shown and type(sent) is type(shown):
        return
    if sent is None:
        yield Difference("null is empty" if shown == "" else "null is filled")
    elif shown is None:
        yield Difference("empty is null" if sent == "" else "lost")
    else:
        yield Difference("empty is filled")


def decimals_of(shown: Json) -> int | None:
    """Return the number of decimals of `shown`, or None if `shown` is not a number."""
    number = _decimal(shown)
    exponent = None if number is None else number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else None


def _decimal(value: Json) -> Decimal | None:
    try:
        return None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


def _number_differences(sent: Json, shown: Json) -> Iterator[Difference]:
    expected, found = _decimal(sent), _decimal(shown)
    if expected is None or found is None:
        yield from () if str(sent) == str(shown) else (Difference("changed"),)
        return
    if expected == found:
        return
    rounded = _places_of(expected, found, ROUND_HALF_UP, ROUND_HALF_EVEN)
    cut = _places_of(expected, found, ROUND_DOWN)
    if rounded:
        yield Difference("rounded", rounded)
    else:
        yield Difference("cut off", cut) if cut else Difference("changed")


def _places_of(expected: Decimal, found: Decimal, *modes: str) -> frozenset[int]:
    """Return the numbers of decimals (0 to 7) for which one of `modes` rounds `expected` to `found`."""
    units = {places: Decimal(1).scaleb(-places) for places in range(8)}
    return frozenset(
        places
        for places, unit in units.items()
        if any(expected.quantize(unit, mode, _EXACT) == found for mode in modes)
    )


class _Moment(Value, frozen=True):
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


def _moment_differences(sent: str, shown: str) -> Iterator[Difference]:
    expected, found = _parse_moment(sent), _parse_moment(shown)
    if sent == shown:
        return
    if expected is None or found is None:
        yield Difference("changed")
    elif not expected.has_time:
        yield Difference("time added" if found.utc == expected.wall and not found.fraction else "moved")
    elif not found.has_time:
        yield Difference(
            "time left out" if found.wall.date() in (expected.utc.date(), expected.wall.date()) else "moved"
        )
    else:
        yield from _timed_differences(expected, found)


def _timed_differences(expected: _Moment, found: _Moment) -> Iterator[Difference]:
    if found.utc != expected.utc:
        of_its_zone = found.offset is None and found.wall == expected.wall
        midnight = found.utc == expected.utc.replace(hour=0, minute=0, second=0)
        midnight = midnight or found.wall == expected.wall.replace(hour=0, minute=0, second=0)
        yield Difference(
            "zone of its own left out" if of_its_zone else "time left out" if midnight else "moved"
        )
        if not of_its_zone:
            return
    elif found.offset is None and expected.offset is not None:
        yield Difference("zone left out")
    if found.fraction != expected.fraction:
        places = _places_of(expected.fraction, found.fraction, ROUND_DOWN, ROUND_HALF_UP, ROUND_HALF_EVEN)
        lost: LossKind = "seventh digit lost" if _MICROSECONDS in places else "fraction lost"
        yield Difference(lost, places) if places else Difference("moved")


def _text_differences(sent: str, shown: str) -> Iterator[Difference]:
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
    yield Difference(kind or ("lost" if not shown else "changed"))


def _keeps_only(sent: str, shown: str, last: int) -> bool:
    """Return whether only characters above the code point `last` are missing or replaced."""
    if all(ord(mark) <= last for mark in sent):
        return False
    rest = iter(shown)
    kept = all(mark in rest for mark in sent if ord(mark) <= last)
    return kept and all(ord(mark) <= last or mark == _REPLACEMENT or mark not in sent for mark in shown)


MISSING: Final = object()
"""Value of a member that is missing in the answer, and of a body that is empty or unreadable."""


def read_document(response: Response) -> Json:
    """Return the body as a JSON document, converted if it is XML; MISSING if it is empty or unreadable."""
    if not response.body:
        return MISSING
    try:
        if is_xml(response.media_type):
            return _plain(ElementTree.fromstring(response.body))
        return response.json()
    except (ValueError, RecursionError, ElementTree.ParseError, DefusedXmlException):
        return MISSING


def is_xml(media_type: str) -> bool:
    return media_type.endswith(("/xml", "+xml"))


def find_record(
    document: Json, item: Mapping[str, Json], key_names: Sequence[str], key: str, *, alone: bool
) -> tuple[Path, Mapping[str, Json]] | None:
    """Return the path to the object that shows the item, and the object, or None if there is no such object.

    The object must have the item's key members. If the item has no key members, the object must have a member
    that equals `key` or the last part of `key`. Of several objects, take the last that has the maximum number
    of members of the item. If `alone`, the answer shows only this item: if just one object has members of the
    item, that object need not have the key.
    """
    named = {name: str(item[name]) for name in key_names if isinstance(item.get(name), str | int)}
    objects = [
        one for one in values_in(document) if isinstance(one[1], Mapping) and item.keys() & one[1].keys()
    ]
    keyed = [one for one in objects if _has_key(one[1], named, key)]
    if not keyed and alone and len(objects) == 1:
        keyed = objects
    return max(reversed(keyed), key=lambda one: len(item.keys() & one[1].keys()), default=None)


def value_at(record: Mapping[str, Json], path: MemberPath) -> Json:
    found: Json = record
    for step in path:
        if step.isdigit():
            rows, number = list_in_xml(found), int(step)
            found = rows[number] if isinstance(rows, list) and number < len(rows) else MISSING
        elif isinstance(found, Mapping) and step in found:
            found = found[step]
        else:
            return MISSING
    return found


def list_in_xml(found: Json) -> Json:
    """Return the list in an object with one member, which is how XML writes a list; else return `found`."""
    if isinstance(found, Mapping) and len(found) == 1:
        (found,) = found.values()
        return found if isinstance(found, list) else [found]
    return found


def _has_key(one: Mapping[str, Json], named: Mapping[str, str], key: str) -> bool:
    if named:
        return all(str(one.get(name)) == text for name, text in named.items())
    texts = [str(value) for value in one.values() if isinstance(value, str | int) and value != ""]
    return any(key == text or key.endswith(f"/{text}") for text in texts)


def _plain(element: Element) -> Json:
    if element.get(_NIL) == "true":
        return None
    if not len(element):
        return element.text or ""
    made: dict[str, Json] = {}
    for child in element:
        name, value = child.tag.rpartition("}")[2], _plain(child)
        if name in made:
            made[name] = [*(made[name] if isinstance(made[name], list) else [made[name]]), value]
        else:
            made[name] = value
    return made
