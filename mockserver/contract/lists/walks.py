"""Walks along the pages of a list, from the first to the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mockserver.contract.exchange import Exchange, Response, to_json_bytes
from mockserver.contract.list_profile import Link, ListProfile
from mockserver.contract.lists.answer_discovery import link_in_header
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.lists.places import json_of, value_at, value_in

_OK = 200

End = Literal["empty", "told", "refused", "loop", "budget"]
"""How a walk ended: at a page without rows, where the answer names no next page, at a refusal, at a page with
rows of the pages before only, or after as many pages as were to be asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: `id` identifies it in words."""

    id: str
    document: Any


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its rows; `number` counts from 1."""

    number: int
    exchange: Exchange
    rows: tuple[Row, ...]

    @property
    def response(self) -> Response:
        """What was answered."""
        return self.exchange.response

    @property
    def ids(self) -> tuple[str, ...]:
        """What identifies its rows."""
        return tuple(one.id for one in self.rows)


@dataclass(frozen=True, slots=True)
class Walk:
    """The pages of a walk that have rows, and the one after them; `size` is None where none was asked for."""

    query: Mapping[str, str]
    size: int | None
    pages: tuple[Page, ...]
    end: End
    beyond: Exchange | None = None
    says: str = ""
    """What was asked for besides the list, in words: "pageSize=3"."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows in their order."""
        return tuple(row for page in self.pages for row in page.rows)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All calls."""
        return (*(one.exchange for one in self.pages), *((self.beyond,) if self.beyond else ()))

    @property
    def is_whole(self) -> bool:
        """Whether it came to the end of the list."""
        return self.end not in {"budget", "loop"}


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks along a list whose profile is complete."""

    calls: ListCalls
    profile: ListProfile

    def walk(self, query: Mapping[str, str], size: int | None, most: int) -> Walk:
        """Return the pages with so many rows each; no more than `most` are asked for.

        Raises:
            TargetUnreachableError: the target does not answer.
        """
        profile = self.profile
        sized = {**query, **({profile.size: str(size)} if size is not None and profile.size else {})}
        pages: list[Page] = []
        seen: set[str] = set()
        position, beyond = self._start(), None
        end: End = "budget"
        while len(pages) < most:
            exchange = self._ask(sized, position, pages)
            rows = rows_of(profile, exchange.response)
            if exchange.response.status != _OK or not rows:
                end = "empty" if exchange.response.status == _OK else "refused"
                beyond = exchange
                break
            pages.append(Page(len(pages) + 1, exchange, rows))
            position = self._next(pages, size)
            before = len(seen)
            seen.update(pages[-1].ids)
            if position is None or len(seen) == before:
                end = "told" if position is None else "loop"
                break
        return Walk(query, size, tuple(pages), end, beyond, ", ".join(f"{n}={t}" for n, t in sized.items()))

    def _start(self) -> str | None:
        profile = self.profile
        return str(profile.first or 0) if profile.paging in {"page", "offset"} else ""

    def _ask(self, sized: Mapping[str, str], position: str | None, pages: Sequence[Page]) -> Exchange:
        profile = self.profile
        if profile.paging == "link" and pages:
            return self.calls.follow(str(position))
        placed = {profile.position: position} if position and profile.position else {}
        return self.calls.get({**sized, **placed})

    def _next(self, pages: Sequence[Page], size: int | None) -> str | None:
        """Return the position of the next page; None where the answer says that there is none."""
        profile, last = self.profile, pages[-1]
        if profile.paging == "page":
            return str((profile.first or 0) + len(pages))
        if profile.paging == "offset":
            # Above the usual size a server may give fewer rows than asked for: then these are what is passed.
            is_fixed = size is not None and size <= profile.usual
            return str(len(pages) * size if size and is_fixed else sum(len(one.rows) for one in pages))
        if profile.paging == "cursor":
            found = value_at(last.response, profile.cursor)
            return None if found is None or found in {"", False} else str(found)
        return link_of(profile, last.response, "next") or None


def rows_of(profile: ListProfile, response: Response) -> tuple[Row, ...]:
    """Return the rows that an answer shows; none if it shows no list."""
    found = value_in(json_of(response.body), profile.rows or "")
    if response.status != _OK or not isinstance(found, list):
        return ()
    return tuple(Row(_identify(profile, one), one) for one in found)


def _identify(profile: ListProfile, row: Any) -> str:
    value = value_in(row, profile.identity) if profile.identity else None
    if isinstance(value, str | int):
        return str(value)
    return to_json_bytes(_sorted(row))


def _sorted(document: Any) -> Any:
    """Return a document with its members by name, so that equal rows are equal texts."""
    if isinstance(document, Mapping):
        return {name: _sorted(document[name]) for name in sorted(document)}
    return [_sorted(one) for one in document] if isinstance(document, list) else document


def link_of(profile: ListProfile, response: Response, link: Link) -> str:
    """Return the target of a link of an answer, "" without one."""
    place = profile.links.get(link, "")
    if place == "link":
        return link_in_header(response, link)
    found = value_at(response, place)
    return found if isinstance(found, str) else ""
