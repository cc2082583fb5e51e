"""Pages against each other: each row once, in one order, as many as asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from mockserver.contract.list_profile import ListProfile
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.lists.places import number_at
from mockserver.contract.lists.walks import Page, Walk
from mockserver.contract.stateful.sentences import cut_text, excerpt

_ONCE, _ORDER, _SIZE = "pages-show-each-row-once", "pages-keep-the-order", "page-size-is-kept"


def with_query(calls: ListCalls, walk: Walk) -> str:
    """Return the list in words, with what was asked for: "GET /orders with pageSize=3"."""
    return f"{calls.name} with {cut_text(walk.says)}" if walk.says else calls.name


def place_of(walk: Walk, row: str) -> int:
    """Return the number of the first page that shows a row, 0 if none does."""
    return next((page.number for page in walk.pages if row in page.ids), 0)


def check_each_row_once(calls: ListCalls, walk: Walk) -> None:
    """Find a row that a walk shows twice."""
    calls.count(_ONCE, len(walk.rows))
    seen: dict[str, int] = {}
    for page in walk.pages:
        for row in page.ids:
            if row in seen:
                where = (
                    f"page {seen[row]} showed" if seen[row] != page.number else "the same page shows twice"
                )
                here = f"page {page.number} of {with_query(calls, walk)}"
                said = f"{here} repeats row {excerpt(row)}, which {where}"
                calls.finds(
                    _ONCE,
                    said,
                    *walk.exchanges[: page.number],
                    expected=f"row {excerpt(row)} once",
                    came="twice",
                )
                return
            seen[row] = page.number


def check_none_missing(calls: ListCalls, walk: Walk, known: Mapping[str, tuple[int, Walk]]) -> None:
    """Find a row that other walks show and this one, which came to the end, does not."""
    if not walk.is_whole:
        return
    shown = {row.id for row in walk.rows}
    lost = next((row for row in known if row not in shown), None)
    if lost is None:
        return
    number, other = known[lost]
    ended = _how_it_ended(walk)
    said = (
        f"no page of {with_query(calls, walk)} shows row {excerpt(lost)}, which page {number} of "
        f"{with_query(calls, other)} shows; {ended}"
    )
    calls.finds(
        _ONCE,
        said,
        *other.exchanges[:number],
        *walk.exchanges,
        expected=f"{len(known)} rows",
        came=f"{len(shown)} rows",
    )


def _how_it_ended(walk: Walk) -> str:
    count = len(walk.pages)
    if walk.end == "told":
        return f"page {count} names no next page"
    if walk.beyond is not None and walk.end == "refused":
        return f"page {count + 1} is answered with {walk.beyond.response.status}"
    return f"page {count + 1} has no rows"


def check_the_walk_ends(calls: ListCalls, walk: Walk, most: int) -> None:
    """Find a cursor or link that leads back, and pages that go on after all rows were shown."""
    calls.count("page-links-lead-on")
    last = len(walk.pages)
    if walk.end == "loop":
        said = f"page {last} of {with_query(calls, walk)} shows only rows that the pages before it showed"
        calls.finds("page-links-lead-on", said, *walk.exchanges)
    elif walk.end == "budget":
        said = (
            f"{with_query(calls, walk)} does not end: page {last} still has rows, expected {most - 1} pages"
        )
        calls.finds("page-links-lead-on", f"{said} at most", *walk.exchanges)


def check_the_order(calls: ListCalls, walk: Walk, reference: Walk) -> None:
    """Find two rows that come in another order than in the longest pages."""
    places = {row.id: place for place, row in reversed(list(enumerate(reference.rows)))}
    ids = [row for row in dict.fromkeys(one.id for one in walk.rows) if row in places]
    calls.count(_ORDER, len(ids))
    for before, after in pairwise(ids):
        if places[before] > places[after]:
            said = (
                f"{with_query(calls, walk)} shows row {excerpt(before)} (page {place_of(walk, before)}) "
                f"before row {excerpt(after)} (page {place_of(walk, after)}); "
                f"{with_query(calls, reference)} shows them the other way round"
            )
            calls.finds(_ORDER, said, *reference.exchanges[:1], *walk.exchanges)
            return


def check_the_size(calls: ListCalls, profile: ListProfile, walk: Walk) -> bool:
    """Find a page that is longer than asked for, or shorter though there are more rows; return if none is."""
    size = walk.size if walk.size is not None else profile.usual
    if not size or (walk.size is not None and not profile.size):
        return True
    # A walk whose first page is empty has no pages.
    for page, after in zip(walk.pages, [*walk.pages[1:], None], strict=False):
        calls.count(_SIZE)
        count = len(page.rows)
        if count > size:
            wrong = f"has {count} rows, {size} at most were asked for"
        elif count < size and after is not None and not _may_be_short(profile, page, size):
            wrong = f"has {count} rows and is not the last; {size} were asked for"
        else:
            continue
        wrong = wrong if walk.size is not None else wrong.replace("were asked for", "are the default")
        said = f"page {page.number} of {with_query(calls, walk)} {wrong}"
        calls.finds(_SIZE, said, page.exchange, expected=str(size), came=str(count))
        return False
    return True


def _may_be_short(profile: ListProfile, page: Page, size: int) -> bool:
    """Return whether a server may have a limit of its own there: above the usual size, if it says so."""
    if profile.largest and size <= profile.largest:
        return False
    told = number_at(page.response, profile.counts.get("size", ""))
    return size > profile.usual and (told is None or told == len(page.rows))


def rows_by_page(walks: Sequence[Walk]) -> Mapping[str, tuple[int, Walk]]:
    """Return every row with the first page that shows it."""
    found: dict[str, tuple[int, Walk]] = {}
    for walk in walks:
        for page in walk.pages:
            for row in page.ids:
                found.setdefault(row, (page.number, walk))
    return found
