"""Links of a page: to the next, the one before, the first, the last and itself."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.contract.list_profile import Link, ListProfile
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.lists.page_checks import with_query
from mockserver.contract.lists.walks import Page, Walk, link_of, rows_of
from mockserver.contract.stateful.sentences import cut_text

_CHECK = "page-links-lead-on"


def check_links(calls: ListCalls, profile: ListProfile, walk: Walk) -> None:
    """Follow the links of a walk's pages; all of them lead to pages of that walk.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    pages = walk.pages
    if not pages or not walk.is_whole or not profile.links:
        return
    for page in pages[:-1]:
        _leads_to(calls, profile, walk, page, "next", pages[page.number])
    _ends(calls, profile, walk)
    for number in dict.fromkeys((min(2, len(pages)), len(pages))):
        page = pages[number - 1]
        if number > 1:
            _leads_to(calls, profile, walk, page, "prev", pages[number - 2])
        _leads_to(calls, profile, walk, page, "first", pages[0])
        _leads_to(calls, profile, walk, page, "last", pages[-1])
        _leads_to(calls, profile, walk, page, "self", page)


def check_cursor_at_the_end(calls: ListCalls, profile: ListProfile, walk: Walk) -> None:
    """Find a page that is not full and still names a next one, by cursor or link, where nothing is left."""
    size = walk.size or profile.usual
    is_judged = walk.end == "empty" and profile.paging in {"cursor", "link"} and not profile.ends_empty
    if not is_judged or not walk.pages or not size:
        return
    last = walk.pages[-1]
    calls.count(_CHECK)
    if len(last.rows) < size:
        said = (
            f"page {last.number} of {with_query(calls, walk)} has {len(last.rows)} of {size} rows, so it is "
            f"the last; it names a next page, which has no rows"
        )
        calls.finds(_CHECK, said, *walk.exchanges[-2:], expected="no next page", pointer=profile.cursor)


def _ends(calls: ListCalls, profile: ListProfile, walk: Walk) -> None:
    """Find a next link on the last page; a full one may have it, if it leads to a page without rows."""
    last = walk.pages[-1]
    link = link_of(profile, last.response, "next")
    calls.count(_CHECK)
    if not link or profile.paging == "link":
        return
    exchange = calls.follow(link)
    rows = rows_of(profile, exchange.response)
    if rows or len(last.rows) < (walk.size or profile.usual):
        shows = f"shows row {rows[0].id}" if rows else "has no rows"
        said = (
            f"page {last.number} is the last of {with_query(calls, walk)}; it has a next link, "
            f"{cut_text(link)}, which {shows}"
        )
        calls.finds(_CHECK, said, last.exchange, exchange, expected="no next link", came=link)


def _leads_to(  # noqa: PLR0913, PLR0917 - a link: from where, of what kind, to where
    calls: ListCalls, profile: ListProfile, walk: Walk, page: Page, link: Link, to: Page
) -> None:
    if link not in profile.links:
        return
    target = link_of(profile, page.response, link)
    here = f"page {page.number} of {with_query(calls, walk)}"
    if not target:
        # Only who declares them must have all; a next link is needed to get on.
        if link == "next":
            calls.count(_CHECK)
            said = f"{here} has no next link and is not the last: page {to.number} has rows"
            calls.finds(_CHECK, said, page.exchange, expected="a next link")
        return
    calls.count(_CHECK)
    exchange = calls.follow(target)
    shown = tuple(one.id for one in rows_of(profile, exchange.response))
    if shown != to.ids:
        said = (
            f"{here} has a {link} link, {cut_text(target)}; it shows "
            f"{_rows(shown, exchange.response.status)}, expected those of page {to.number}, "
            f"{_rows(to.ids, 200)}"
        )
        calls.finds(_CHECK, said, page.exchange, exchange, came=target)


def _rows(ids: Sequence[str], status: int) -> str:
    if not ids:
        return f"no rows ({status})"
    return cut_text(f"the rows from {ids[0]} to {ids[-1]}" if len(ids) > 1 else f"row {ids[0]}")
