"""Walks through the pages of a list, as a client makes them by what the file and the answers say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from mockserver.engine.resources import Resource
from mockserver.model import EMPTY, Json
from mockserver.spec.openapi import Operation, plain
from tests.tools.public_files.answers import Answer, listed_keys

_PAGE = 2
_MOST_PAGES = 12
_DEEPEST = 4
_NEXT = re.compile(r"next|cursor|after|continuation|marker|token|iterator")
_BACK = re.compile(r"prev|before|first|last|self|current")
_LAST_ROW = re.compile(r"last(item|row|record|object)?(id|key|cursor|gid)")
_SIZES = re.compile(
    r"(page)?(limit|size)|perpage|pagelength|pagecount|count|maxresults|max|top|take|first|resultsperpage"
)
_CURSORS = re.compile(
    r"(next|page|pagination)?(cursor|token|marker|continuationtoken)|iterator|(page|starting|start)?after(cursor|id)?|startcursor"
)
_PAGES = re.compile(r"(current)?page(number|no|num|index)?")
_TEXT_OFFSETS = ("offset", "pageoffset", "start")
_OFFSETS = re.compile(r"(page|list)?(offset|skip|start|startat|startindex)")


@dataclass(frozen=True, slots=True)
class Ways:
    """The names of the parameters that page a list, each "" if the list has none."""

    size: str
    cursor: str
    page: str
    offset: str
    least: int
    """Smallest size of a page."""
    first: int
    """Number of the first page."""
    base: int
    """Offset of the first record."""

    @classmethod
    def of(cls, operation: Operation) -> Ways | None:
        """Return how the list is paged; None if it is not."""
        names = {
            plain(one.name): one
            for one in operation.parameters
            if one.place == "query"
            and one.schema.get("type") not in ("boolean", "array")
            and not str(one.schema.get("format")).startswith("date")
        }

        def named(pattern: re.Pattern[str]) -> str:
            return next((one.name for name, one in names.items() if pattern.fullmatch(name)), "")

        size, cursor, page, offset = map(named, (_SIZES, _CURSORS, _PAGES, _OFFSETS))
        if (
            plain(offset) in _TEXT_OFFSETS
            and not cursor
            and names[plain(offset)].schema.get("type") == "string"
        ):
            cursor, offset = offset, ""
        if not size or not (cursor or page or offset):
            return None
        numbered = names[plain(page)].schema if page else EMPTY
        first = int(numbered.get("default", numbered.get("minimum", 1)) == 1)
        least = max(_PAGE, int(names[plain(size)].schema.get("minimum", 1)))
        counted = names[plain(offset)].schema if offset else EMPTY
        from_one = counted.get("default", counted.get("minimum", int(plain(offset) == "startindex"))) == 1
        return cls(size, cursor, page, offset, least, first, int(from_one))


@dataclass
class Walk:
    """A walk through the pages of a list that has the records `made`."""

    ways: Ways
    made: Sequence[str]
    resource: Resource
    call: Callable[[Mapping[str, str]], tuple[Answer, str]]
    """Calls the list with query parameters; returns the answer, and what is wrong with it ("": nothing)."""
    seen: list[str] = field(default_factory=list)

    def fault(self) -> str:
        """Follow the pages; return what went wrong, or ""."""
        sized = {self.ways.size: str(self.ways.least)}
        step: Mapping[str, str] = {}
        for number in range(1, _MOST_PAGES):
            answer, fault = self.call({**sized, **step})
            if fault:
                return fault
            rows = listed_keys(answer.document, self.resource, self.made)
            if len(rows) > self.ways.least:
                return f"{len(rows)} records in a page of {self.ways.least}"
            self.seen += rows
            before, following = step, self._step(answer, rows, number)
            if following is None:
                missing = len({*self.made} - {*self.seen})
                doubled = len(self.seen) - len({*self.seen})
                return f"{missing} are missing, {doubled} doubled" if missing or doubled else ""
            if following == before:
                return f"the same step again: {following}"
            step = following
        return "the walk does not end"

    def _step(self, answer: Answer, rows: Sequence[str], number: int) -> Mapping[str, str] | None:
        """Return the parameters of the next page; None if there is no next page."""
        ways, more = self.ways, _more(answer.document)
        if (told := _told(answer, ways)) is not None:
            return told or None
        if ways.cursor and not (ways.page or ways.offset):
            is_full = isinstance(answer.document, list) and len(rows) == ways.least
            # A list whose answer names no row is continued after its last row, as Stripe's clients do.
            last = _last_row(answer.document) or (rows[-1] if rows else "")
            return {ways.cursor: last} if rows and (more or is_full) else None
        if not rows or more is False:
            return None
        return (
            {ways.page: str(ways.first + number)}
            if ways.page
            else {ways.offset: str(ways.least * number + ways.base)}
        )


def _told(answer: Answer, ways: Ways) -> Mapping[str, str] | None:
    """Return the parameters of the next page, {} if the answer tells that it is the last, None if nothing."""
    if link := re.search(r'<([^>]*)>; *rel="?next', answer.headers.get("link", "")):
        return dict(parse_qsl(urlsplit(link[1]).query))
    facts = {
        name: one
        for name, one in _facts(answer.document)
        if _NEXT.search(name) and not _BACK.search(name.rpartition("/")[2]) and not isinstance(one, bool)
    }
    for name, one in facts.items():
        if one in (None, "") or name.rpartition("/")[2].startswith("has"):
            continue
        if isinstance(one, str) and ("?" in one or one.startswith("http")):
            return dict(parse_qsl(urlsplit(one).query))
        if ways.cursor or (ways.page and isinstance(one, int)):
            return {ways.cursor or ways.page: str(one)}
    is_last = facts and (ways.cursor or any("page" in name for name in facts))
    return {} if is_last else None


def _last_row(document: Json) -> str:
    """Return what the answer names as its last row; "" if it names none."""
    facts = (one for name, one in _facts(document) if _LAST_ROW.fullmatch(name.rpartition("/")[2]))
    return next((str(one) for one in facts if one not in (None, "")), "")


def _facts(document: Json, depth: int = 0) -> Iterator[tuple[str, Json]]:
    """Yield name and value of the plain members of an answer's envelope."""
    if isinstance(document, dict) and depth < _DEEPEST:
        for name, one in document.items():
            if isinstance(one, dict):
                yield from ((f"{plain(name)}/{inner}", value) for inner, value in _facts(one, depth + 1))
            elif not isinstance(one, list):
                yield plain(name), one


def _more(document: Json) -> bool | None:
    found = (one for name, one in _facts(document) if "more" in name or "hasnext" in name)
    return next((one for one in found if isinstance(one, bool)), None)
