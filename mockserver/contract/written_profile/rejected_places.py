"""Outcomes of an all-or-nothing batch whose refusal names the rejected items by their places."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from mockserver.contract.exchange import Exchange, Response
from mockserver.contract.json_values import value_at
from mockserver.contract.profile import BatchItem, Json, ReportedOutcome, ReportedOutcomes
from mockserver.contract.written_profile.changes import pointer
from mockserver.contract.written_profile.entries import RejectedPlacesEntry
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.spec.openapi import parse_pointer

_SUCCESS = range(200, 300)
_ITEM = re.compile(r"[^\[\]]*\[([0-9]{1,9})\].*|/([0-9]{1,9})(?:/.*)?", re.DOTALL)
_ENCODED_CHARACTER = re.compile("_x([0-9A-Fa-f]{4})_")
_LARGEST_INTEGER = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class RejectedPlacesReader:
    """Reads outcomes: all accepted by the status, or those rejected whose places are names at `at`.

    None where the batch is refused without places, and where an item has an integer of more than 32 bits in a
    member of `wide_integers` (names in any case): there the vendor stops to read.
    """

    at: str
    statuses: frozenset[int]
    wide_integers: frozenset[str]

    def __call__(self, exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        """Return the outcomes in a response; None where it refused the call as a whole.

        Raises:
            ValueError: the answer cannot be read.
        """
        response = exchange.response
        if response.status in _SUCCESS:
            done = tuple(ReportedOutcome(one.place, accepted=True) for one in items)
            return ReportedOutcomes(done, _count(response))
        if response.status not in self.statuses or any(self._ends_reading(one.document) for one in items):
            return None
        problems = dict(_of_xml(response.body, self.at) if _is_xml(response) else self._of_json(response))
        found = [(name, place) for name in problems if (place := _ITEM.fullmatch(name))]
        if not problems or len(found) < len(problems):
            return None
        return ReportedOutcomes(tuple(self._rejected(found, problems, len(items))), is_complete=False)

    def _of_json(self, response: Response) -> Iterator[tuple[str, str]]:
        found = value_at(response.json(), parse_pointer(self.at))
        if found is not None and not isinstance(found, Mapping):
            raise ValueError(f"there is no object at {self.at}")
        for name, said in (found or {}).items():
            yield name, " ".join(map(str, said)) if isinstance(said, list) else str(said)

    def _rejected(
        self, found: Sequence[tuple[str, re.Match[str]]], problems: Mapping[str, str], sent: int
    ) -> Iterator[ReportedOutcome]:
        by_place: dict[int, list[str]] = {}
        for name, place in found:
            by_place.setdefault(int(place[1] or place[2]), []).append(name)
        for number, names in sorted(by_place.items()):
            said = " ".join(problems[name] for name in names)
            escaped = names[0].replace("~", "~0").replace("/", "~1")
            place_sent = number if number < sent else None
            yield ReportedOutcome(place_sent, accepted=False, message=said, at=f"{self.at}/{escaped}")

    def _ends_reading(self, item: Json) -> bool:
        if not isinstance(item, Mapping):
            return False
        return any(name.lower() in self.wide_integers and _is_wide(value) for name, value in item.items())


def read_rejected_places(entry: RejectedPlacesEntry, place: WrittenPlace) -> RejectedPlacesReader:
    """Return the reader that an entry describes.

    Raises:
        SpecError: `at` is no JSON Pointer.
    """
    wide = frozenset(name.lower() for name in entry.wide_integers)
    return RejectedPlacesReader(pointer(entry.at, place.at("at")), frozenset(entry.statuses), wide)


def _is_xml(response: Response) -> bool:
    return response.media_type.endswith("xml")


def _of_xml(body: bytes, at: str) -> Iterator[tuple[str, str]]:
    """Yield the elements there; characters that no name of XML has are written as `_x005B_`."""
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, DefusedXmlException) as error:
        raise ValueError(f"the error is no XML: {error}") from error
    for one in root.iterfind("/".join([*map(str, parse_pointer(at)), "*"])):
        yield _ENCODED_CHARACTER.sub(lambda found: chr(int(found[1], 16)), one.tag), one.text or ""


def _count(response: Response) -> int | None:
    """Return how many were taken, where the answer is a number."""
    if not response.body or _is_xml(response):
        return None
    document = response.json()
    return document if isinstance(document, int) else None


def _is_wide(value: Json) -> bool:
    try:
        return not isinstance(value, bool) and not -_LARGEST_INTEGER - 1 <= int(value) <= _LARGEST_INTEGER
    except (TypeError, ValueError, OverflowError):
        return False
