"""Pages of stored records: cut as the call asks, and what the envelope around them says.

A client that pages until the answer says so comes to an end: no more records means no further cursor or link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.engine.declared_values import COUNTS, SchemaFilling, plain, value_check
from mockserver.model import EMPTY, Document, Json

_SIZES = ("limit", "perpage", "pagesize", "size", "count", "maxresults")
_OFFSETS = ("offset", "skip")
_NUMBERS = ("page", "pagenumber", "currentpage")
_CURSORS = ("cursor", "marker", "pagetoken", "nexttoken", "after", "startingafter")
_TOTALS = (*COUNTS["total"], "itemstotal", "itemcount", "totalitems", "totalresults", "totalrecords")
_PAGE_COUNTS = ("pages", "pagecount", "totalpages", "pagestotal")
_MORE = ("more", "hasmore", "hasnext", "hasnextpage")
_EARLIER = ("hasprevious", "hasprev", "haspreviouspage")
_NEIGHBOURS = ("next", "prev")


@dataclass(frozen=True, slots=True)
class Page:
    """The records `shown` of `total`; `size` is how many a page has, `cursor` what asks for the next one."""

    shown: Sequence[Document]
    total: int
    begin: int
    size: int
    cursor: str

    @property
    def has_more(self) -> bool:
        return self.begin + len(self.shown) < self.total

    def numbers(self) -> Mapping[str, int]:
        """The numbers that an envelope may have, by plain name."""
        size = max(self.size, 1)
        return {
            **dict.fromkeys(_SIZES, size),
            **dict.fromkeys(_OFFSETS, self.begin),
            **dict.fromkeys(_NUMBERS, self.begin // size + 1),
            **dict.fromkeys(_PAGE_COUNTS, max(1, -(-self.total // size))),
            **dict.fromkeys(_TOTALS, self.total),
        }


def cut(records: Sequence[Document], parameters: Mapping[str, Json], key: str) -> Page:
    """The page that the parameters ask for; a cursor is the key of the record before the page."""
    asked = {plain(name): one for name, one in parameters.items()}
    size = _number(asked, _SIZES, len(records))
    begin = _number(asked, _OFFSETS, max(0, _number(asked, _NUMBERS, 1) - 1) * size)
    after = next((str(asked[name]) for name in _CURSORS if name in asked), None)
    places = (place for place, one in enumerate(records, 1) if str(one.get(key)) == after)
    begin = next(places, begin)
    shown = records[begin : begin + size]
    has_more = bool(shown) and begin + size < len(records)
    return Page(shown, len(records), begin, size, str(shown[-1].get(key)) if has_more else "")


def _number(asked: Mapping[str, Json], names: Sequence[str], otherwise: int) -> int:
    found = (asked.get(name) for name in names)
    return next((one for one in found if isinstance(one, int) and one >= 0), otherwise)


def envelope(filling: SchemaFilling, node: Document, drawn: Document, page: Page) -> dict[str, Any]:
    """The drawn members, those that tell of the page with what is true of it."""
    made, numbers = dict(drawn), page.numbers()
    for name, schema in {**dict.fromkeys(drawn, EMPTY), **node.get("properties", EMPTY)}.items():
        inner, called = filling.merged(schema), plain(name)
        if isinstance(drawn.get(name), dict):
            made[name] = envelope(filling, inner, drawn[name], page)
        elif inner.get("type") == "boolean" and called in (*_MORE, *_EARLIER):
            made[name] = page.has_more if called in _MORE else page.begin > 0
        elif inner.get("type", "string") == "string" and called.startswith(_NEIGHBOURS):
            made.pop(name, None)
            is_cursor = called.startswith("next") and called.endswith(_CURSORS)
            cursor = page.cursor if is_cursor else ""
            if cursor or name in node.get("required", ()) or inner.get("nullable"):
                made[name] = cursor or (None if inner.get("nullable") else "")
        elif called in numbers and value_check(inner)(numbers[called]):
            made[name] = numbers[called]
    return made
