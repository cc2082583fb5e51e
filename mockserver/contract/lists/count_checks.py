"""Counts and totals that an answer states, against the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockserver.contract.list_profile import Counted, ListProfile
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.lists.page_checks import with_query
from mockserver.contract.lists.places import number_at, shown_place
from mockserver.contract.lists.walks import Page, Walk

_CHECK = "totals-fit-the-rows"
_MEANINGS: Mapping[Counted, str] = {
    "all": "all rows",
    "page": "rows on this page",
    "pages": "pages",
    "number": "the number of this page",
    "size": "the rows that were asked for",
    "either": "rows on this page, or all rows",
}


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a count may be on a page; `meaning` says of what it is one."""

    meaning: Counted
    numbers: tuple[int, ...]


def check_counts(calls: ListCalls, profile: ListProfile, walk: Walk, total: int | None) -> None:
    """Find a count that does not fit; `total` is the number of all rows, None where that is not known."""
    for page in walk.pages:
        for one in _expected(profile, walk, page, total):
            place = profile.counts[one.meaning]
            came = number_at(page.response, place)
            if came is None:
                continue
            calls.count(_CHECK)
            if came not in one.numbers:
                _find(calls, walk, page, one, came, place)
                return


def _expected(profile: ListProfile, walk: Walk, page: Page, total: int | None) -> Iterator[_Expected]:
    on_page, size = len(page.rows), walk.size or profile.usual
    # A server may have a limit of its own above the usual size: then its pages are as many as that makes.
    size = len(walk.pages[0].rows) if len(walk.pages) > 1 else size
    known: dict[Counted, tuple[int, ...]] = {"page": (on_page,)}
    if total is not None:
        known["all"] = (total,)
        known["either"] = _either(profile, walk, total, on_page)
        if size:
            known["pages"] = (-(-total // size),)
    if profile.paging == "page":
        known["number"] = ((profile.first or 0) + page.number - 1,)
    if walk.size is not None and walk.size <= (profile.largest or profile.usual):
        known["size"] = (walk.size,)
    for meaning, numbers in known.items():
        if meaning in profile.counts:
            yield _Expected(meaning, numbers)


def _either(profile: ListProfile, walk: Walk, total: int, on_page: int) -> tuple[int, ...]:
    """Return what a count of either kind may be: of the kind that all other pages show, if they show one."""
    place = profile.counts.get("either", "")
    told = [(number_at(page.response, place), len(page.rows)) for page in walk.pages]
    of_all = sum(1 for came, _ in told if came == total)
    of_page = sum(1 for came, rows in told if came == rows)
    return (total,) if of_all > of_page else (on_page,) if of_page > of_all else (total, on_page)


def _find(calls: ListCalls, walk: Walk, page: Page, one: _Expected, came: int, place: str) -> None:  # noqa: PLR0913, PLR0917 - a count and where it stands
    due = " or ".join(str(number) for number in dict.fromkeys(one.numbers))
    said = (
        f"page {page.number} of {with_query(calls, walk)} has {len(page.rows)} of {len(walk.rows)} rows; "
        f"{shown_place(place)} ({_MEANINGS[one.meaning]}) is {came}, expected {due}"
    )
    pointer = place if place.startswith("/") else ""
    calls.finds(_CHECK, said, page.exchange, expected=due, came=str(came), pointer=pointer)
