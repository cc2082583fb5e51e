"""Checks of lists: pages, counts, links and filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise, zip_longest
from typing import Any

from mockserver.contract.list_discovery import number_at, shown_place, value_in
from mockserver.contract.lists.walks import ListCalls, Page, Row, Walk, link_of, rows_of
from mockserver.contract.profile_reads import Counted, Link, ListFilter, ListOrder, ListProfile
from mockserver.contract.sequences.sentences import cut_text, excerpt
from mockserver.model import Value

_ONCE, _ORDER, _SIZE = "pages-show-each-row-once", "pages-keep-the-order", "page-size-is-kept"
_TOTALS, _LINKS, _FILTERS = "totals-fit-the-rows", "page-links-lead-on", "filters-select"

_MEANINGS: Mapping[Counted, str] = {
    "all": "all rows",
    "page": "rows on this page",
    "pages": "pages",
    "number": "the number of this page",
    "size": "the rows that were asked for",
    "either": "rows on this page, or all rows",
}
_PAGES = 12
_SEVERAL = 3
"""Number of pages over which the rows that a filter selects are spread."""

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def check_each_row_once(calls: ListCalls, walk: Walk) -> None:
    calls.count(_ONCE, len(walk.rows))
    seen: dict[str, int] = {}
    for page in walk.pages:
        for row in page.ids:
            if row in seen:
                is_here = seen[row] == page.number
                where = "the same page shows twice" if is_here else f"page {seen[row]} showed"
                message = f"{page.name} repeats row {excerpt(row)}, which {where}"
                shown = walk.exchanges[: page.number]
                calls.add_finding(_ONCE, message, shown, f"row {excerpt(row)} once", "twice")
                return
            seen[row] = page.number


def check_none_missing(calls: ListCalls, walk: Walk, known: Mapping[str, tuple[int, Walk]]) -> None:
    """Find a row of other walks (`known`) that this walk does not show. Skip an incomplete walk."""
    if not walk.is_whole:
        return
    shown = {row.id for row in walk.rows}
    lost = next((row for row in known if row not in shown), None)
    if lost is None:
        return
    number, other = known[lost]
    message = (
        f"no page of {walk.name} shows row {excerpt(lost)}, which {other.pages[number - 1].name} shows; "
        f"{_how_it_ended(walk)}"
    )
    exchanges = (*other.exchanges[:number], *walk.exchanges)
    calls.add_finding(_ONCE, message, exchanges, f"{len(known)} rows", f"{len(shown)} rows")


def _how_it_ended(walk: Walk) -> str:
    count = len(walk.pages)
    if walk.end == "told":
        return f"page {count} names no next page"
    if walk.beyond is not None and walk.end == "refused":
        return f"page {count + 1} is answered with {walk.beyond.response.status}"
    return f"page {count + 1} has no rows"


def check_the_walk_ends(calls: ListCalls, walk: Walk, most: int) -> None:
    """Find a page that has only rows of earlier pages, or a walk that does not end before page `most`."""
    calls.count(_LINKS)
    last = len(walk.pages)
    if walk.end == "loop":
        message = f"{walk.pages[-1].name} shows only rows that the pages before it showed"
        calls.add_finding(_LINKS, message, walk.exchanges)
    elif walk.end == "budget":
        message = f"{walk.name} does not end: page {last} still has rows, expected {most - 1} pages at most"
        calls.add_finding(_LINKS, message, walk.exchanges)


def check_the_order(calls: ListCalls, walk: Walk, reference: Walk) -> None:
    """Find two rows whose order differs from their order in the walk `reference`."""
    places = {row.id: place for place, row in reversed(list(enumerate(reference.rows)))}
    ids = [row for row in dict.fromkeys(row.id for row in walk.rows) if row in places]
    calls.count(_ORDER, len(ids))
    for before, after in pairwise(ids):
        if places[before] > places[after]:
            first, second = (
                next(page.number for page in walk.pages if row in page.ids) for row in (before, after)
            )
            message = (
                f"{walk.name} shows row {excerpt(before)} (page {first}) before row {excerpt(after)} "
                f"(page {second}); {reference.name} shows them the other way round"
            )
            calls.add_finding(_ORDER, message, (*reference.exchanges[:1], *walk.exchanges))
            return


def check_the_size(calls: ListCalls, walk: Walk) -> bool:
    """Find a page with more rows than asked for, or with fewer rows although rows are left.

    Return whether all pages have the right size.
    """
    profile = calls.profile
    size = walk.size if walk.size is not None else profile.usual
    if not size:
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
        message = f"{page.name} {wrong}"
        calls.add_finding(_SIZE, message, (page.exchange,), str(size), str(count))
        return False
    return True


def _may_be_short(profile: ListProfile, page: Page, size: int) -> bool:
    """Return whether the server may have limited the page, because `size` is above the usual size.

    Return False if a stated maximum allows `size`, or if the answer states another size than the page has.
    """
    if profile.largest and size <= profile.largest:
        return False
    stated_size = number_at(page.response, profile.counts.get("size", ""))
    return size > profile.usual and (stated_size is None or stated_size == len(page.rows))


def rows_by_page(walks: Sequence[Walk]) -> Mapping[str, tuple[int, Walk]]:
    found: dict[str, tuple[int, Walk]] = {}
    for walk in walks:
        for page in walk.pages:
            for row in page.ids:
                found.setdefault(row, (page.number, walk))
    return found


def check_counts(calls: ListCalls, walk: Walk, total: int) -> None:
    """Find a page with a wrong count; `total` is the number of all rows."""
    for page in walk.pages:
        for meaning, numbers in _expected_counts(calls.profile, walk, page, total).items():
            place = calls.profile.counts.get(meaning, "")
            received = number_at(page.response, place)
            if received is None:
                continue
            calls.count(_TOTALS)
            if received not in numbers:
                due = " or ".join(str(number) for number in dict.fromkeys(numbers))
                message = (
                    f"{page.name} has {len(page.rows)} of {len(walk.rows)} rows; {shown_place(place)} "
                    f"({_MEANINGS[meaning]}) is {received}, expected {due}"
                )
                at = place if place.startswith("/") else ""
                calls.add_finding(_TOTALS, message, (page.exchange,), due, str(received), pointer=at)
                return


def _expected_counts(
    profile: ListProfile, walk: Walk, page: Page, total: int
) -> Mapping[Counted, tuple[int, ...]]:
    """Return the valid values of each count on a page."""
    on_page, size = len(page.rows), walk.size or profile.usual
    # A server may limit pages above the usual size. If so, the rows of the first page tell the page size.
    size = len(walk.pages[0].rows) if len(walk.pages) > 1 else size
    either = _either(profile, walk, total, on_page)
    known: dict[Counted, tuple[int, ...]] = {"page": (on_page,), "all": (total,), "either": either}
    if size:
        known["pages"] = (-(-total // size),)
    if profile.paging == "page":
        known["number"] = ((profile.first or 0) + page.number - 1,)
    if walk.size is not None and walk.size <= (profile.largest or profile.usual):
        known["size"] = (walk.size,)
    return known


def _either(profile: ListProfile, walk: Walk, total: int, on_page: int) -> tuple[int, ...]:
    """Return the valid numbers of a count that may mean all rows or the rows of the page.

    Take the meaning that fits more pages of the walk. If both meanings fit equally, both numbers are valid.
    """
    place = profile.counts.get("either", "")
    counts = [(number_at(page.response, place), len(page.rows)) for page in walk.pages]
    of_all = sum(1 for received, _ in counts if received == total)
    of_page = sum(1 for received, rows in counts if received == rows)
    return (total,) if of_all > of_page else (on_page,) if of_page > of_all else (total, on_page)


def check_links(calls: ListCalls, walk: Walk) -> None:
    pages = walk.pages
    if not pages or not walk.is_whole or not calls.profile.links:
        return
    for page in pages[:-1]:
        _leads_to(calls, page, "next", pages[page.number])
    _ends(calls, walk)
    for number in dict.fromkeys((min(2, len(pages)), len(pages))):
        page = pages[number - 1]
        if number > 1:
            _leads_to(calls, page, "prev", pages[number - 2])
        _leads_to(calls, page, "first", pages[0])
        _leads_to(calls, page, "last", pages[-1])
        _leads_to(calls, page, "self", page)


def check_cursor_at_the_end(calls: ListCalls, walk: Walk) -> None:
    """Find a last page that has fewer rows than asked for, but names a next page by cursor or link."""
    profile = calls.profile
    size = walk.size or profile.usual
    is_judged = walk.end == "empty" and profile.paging in {"cursor", "link"} and not profile.ends_empty
    if not is_judged or not walk.pages or not size:
        return
    last = walk.pages[-1]
    calls.count(_LINKS)
    if len(last.rows) < size:
        message = (
            f"{last.name} has {len(last.rows)} of {size} rows, so it is the last; it names a next page, "
            f"which has no rows"
        )
        exchanges = walk.exchanges[-2:]
        calls.add_finding(_LINKS, message, exchanges, "no next page", pointer=profile.cursor)


def _ends(calls: ListCalls, walk: Walk) -> None:
    """Find a next link on the last page. A full last page may link to a page without rows."""
    profile = calls.profile
    last = walk.pages[-1]
    link = link_of(profile, last.response, "next")
    calls.count(_LINKS)
    if not link or profile.paging == "link":
        return
    exchange = calls.follow(link)
    rows = rows_of(profile, exchange.response)
    if rows or len(last.rows) < (walk.size or profile.usual):
        shows = f"shows row {rows[0].id}" if rows else "has no rows"
        message = (
            f"page {last.number} is the last of {walk.name}; it has a next link, "
            f"{cut_text(link)}, which {shows}"
        )
        calls.add_finding(_LINKS, message, (last.exchange, exchange), "no next link", link)


def _leads_to(calls: ListCalls, page: Page, link: Link, to: Page) -> None:
    if link not in calls.profile.links:
        return
    target = link_of(calls.profile, page.response, link)
    if not target:
        # A declared link may be missing on a page, except the next link, without which no client gets on.
        if link == "next":
            calls.count(_LINKS)
            message = f"{page.name} has no next link and is not the last: page {to.number} has rows"
            calls.add_finding(_LINKS, message, (page.exchange,), "a next link")
        return
    calls.count(_LINKS)
    exchange = calls.follow(target)
    shown = tuple(row.id for row in rows_of(calls.profile, exchange.response))
    if shown != to.ids:
        message = (
            f"{page.name} has a {link} link, {cut_text(target)}; it shows "
            f"{_rows(shown, exchange.response.status)}, expected those of page {to.number}, "
            f"{_rows(to.ids, 200)}"
        )
        calls.add_finding(_LINKS, message, (page.exchange, exchange), received=target)


def _rows(ids: Sequence[str], status: int) -> str:
    if not ids:
        return f"no rows ({status})"
    return cut_text(f"the rows from {ids[0]} to {ids[-1]}" if len(ids) > 1 else f"row {ids[0]}")


class FilterTrial(Value, frozen=True):
    """A query with a filter, and the rows that its answer must show or may show."""

    filter: ListFilter
    values: tuple[Any, ...]
    """Values to ask for."""
    rows: Sequence[Row]
    """Rows of the whole list."""

    @property
    def query(self) -> Mapping[str, str]:
        one = self.filter
        texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in self.values]
        for part, escaped in one.escapes.items():
            texts = [text.replace(part, escaped) for text in texts]
        return {one.parameter: one.text.replace("{value}", one.separator.join(texts))}

    def must_show(self, row: Row) -> bool:
        found = value_in(row.document, self.filter.member)
        return any(_fits(self.filter, found, value) for value in self.values)

    def may_show(self, row: Row) -> bool:
        found = value_in(row.document, self.filter.member)
        if found is None and False in self.values:
            return True
        if self.filter.selects == "like" and isinstance(found, str):
            return any(str(value).casefold() in found.casefold() for value in self.values)
        return self.must_show(row)

    @property
    def count(self) -> int:
        return sum(self.must_show(row) for row in self.rows)


def _fits(one: ListFilter, found: Any, value: Any) -> bool:
    if one.selects in {"equal", "like"}:
        return bool(found == value and isinstance(found, bool) == isinstance(value, bool))
    if one.selects == "not-equal":
        return bool(found != value)
    number, limit = _placed(found), _placed(value)
    if number is None or limit is None:
        return False
    return number >= limit if one.selects == "at-least" else number <= limit


def _placed(value: Any) -> Decimal | None:
    """Return a number, or a date as seconds since 1970, or None if the value is neither number nor date."""
    if value is None or isinstance(value, bool):
        return None
    with suppress(InvalidOperation):
        return Decimal(str(value))
    with suppress(ValueError):
        moment = datetime.fromisoformat(str(value))
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return Decimal((zoned - _EPOCH) // _MICROSECOND) / 1_000_000
    return None


def trials(one: ListFilter, rows: Sequence[Row]) -> list[FilterTrial]:
    """Return a filter's trials: for the rarest value, the most frequent value, and several values at once."""
    found = [value_in(row.document, one.member) for row in rows]
    values = Counter(value for value in found if _can_be_asked_for(value, found))
    if not values:
        return []
    ranked = sorted(values, key=lambda value: (values[value], str(value)))
    asked = [(value,) for value in dict.fromkeys((ranked[0], ranked[-1]))]
    several = tuple(dict.fromkeys((ranked[0], ranked[len(ranked) // 2], ranked[-1])))
    more = [several] if one.separator and len(ranked) > 1 else []
    return [FilterTrial(one, values, rows) for values in (*asked, *more)]


def _can_be_asked_for(value: Any, found: Sequence[Any]) -> bool:
    """Return whether a value is plain, and differs from every other value in more than case or blanks."""
    if not isinstance(value, str | int | Decimal) or value == "":
        return False
    if isinstance(value, str) and ("," in value or value != value.strip() or not value.isprintable()):
        return False
    plain = str(value).casefold()
    return all(one == value or str(one).strip().casefold() != plain for one in found)


def check_filter(calls: ListCalls, one: ListFilter, reference: Walk) -> list[Walk]:
    """Ask for rows by a filter, check which rows are shown, and return the walks."""
    walks: list[Walk] = []
    made = trials(one, reference.rows)
    for trial in made:
        walk = calls.walk(trial.query, reference.size, _PAGES)
        refused = walk.beyond is not None and walk.beyond.response.is_refused
        if refused and not walk.pages and one.selects == "like":
            calls.note(f"the filter {one.parameter} was not checked: {walk.says} is refused")
            return walks
        walks.append(walk)
        _judge(calls, trial, walk)
    if made and calls.profile.size and calls.profile.paging != "none":
        trial = max(made, key=_shows_what_is_forgotten)
        if trial.count >= _SEVERAL:
            # A server may forget the filter after the first page.
            walks.append(calls.walk(trial.query, -(-trial.count // _SEVERAL), 2 * _SEVERAL))
            _judge(calls, trial, walks[-1])
    _ask_for_nothing(calls, one, reference)
    return walks


def _shows_what_is_forgotten(trial: FilterTrial) -> tuple[bool, int]:
    """Return whether a fitting row precedes a row that does not fit, and the number of fitting rows."""
    fits = [trial.must_show(row) for row in trial.rows]
    first = fits.index(True) if any(fits) else len(fits)
    return not all(fits[first:]), trial.count


def _judge(calls: ListCalls, trial: FilterTrial, walk: Walk) -> None:
    calls.count(_FILTERS)
    shown = {row.id for row in walk.rows}
    asked = f"{calls.name}?{_asked(trial.query)}"
    wrong = next((row for row in walk.rows if not trial.may_show(row)), None)
    lost = next((row for row in trial.rows if trial.must_show(row) and row.id not in shown), None)
    if wrong is not None:
        message = f"{asked} shows row {excerpt(wrong.id)}, whose {_member(trial, wrong)}"
        calls.add_finding(_FILTERS, message, walk.exchanges, f"only rows whose {_due(trial)}")
    elif lost is not None and walk.is_whole:
        message = (
            f"{asked} does not show row {excerpt(lost.id)}, whose {_member(trial, lost)} in the whole list"
        )
        if walk.beyond is not None and walk.beyond.response.is_refused:
            message = f"{message}: the answer is {walk.beyond.response.status}"
        calls.add_finding(_FILTERS, message, walk.exchanges, f"{trial.count} rows", f"{len(shown)} rows")


def _ask_for_nothing(calls: ListCalls, one: ListFilter, reference: Walk) -> None:
    if not one.unknown:
        return
    unknown = FilterTrial(one, (one.unknown,), ())
    walk = calls.walk(unknown.query, reference.size, 1)
    calls.count(_FILTERS)
    shown = [row for row in walk.rows if not unknown.may_show(row)]
    if shown:
        message = (
            f"{calls.name}?{_asked(unknown.query)} asks for a value that no row has; it shows "
            f"{len(walk.rows)} rows, the first is {excerpt(shown[0].id)}"
        )
        calls.add_finding(_FILTERS, message, walk.exchanges, "no rows", f"{len(walk.rows)} rows")


def check_asked_order(calls: ListCalls, order: ListOrder, reference: Walk, size: int) -> None:
    """Ask for an order, and find two successive rows in the wrong order."""
    walk = calls.walk({order.parameter: order.text}, size, len(reference.rows) // size + 2)
    values = [value_in(row.document, order.member) for row in walk.rows]
    calls.count(_ORDER, len(values))
    for place, (before, after) in enumerate(pairwise(values)):
        if before is None or after is None or before == after or (before > after) == order.descending:
            continue
        if isinstance(before, str) and isinstance(after, str) and _is_collated(before, after):
            continue
        rows = walk.rows
        message = (
            f"{calls.name}?{_asked({order.parameter: order.text})} shows row {excerpt(rows[place].id)} "
            f"({order.member} is {before}) before row {excerpt(rows[place + 1].id)} ({after})"
        )
        calls.add_finding(_ORDER, message, walk.exchanges)
        return


def _is_collated(before: str, after: str) -> bool:
    """Return whether the order of two texts depends on the collation.

    Look at the first place where the texts differ. Return True if one character is lower-case and the other
    is upper-case, or if a character is no ASCII letter or digit.
    """
    differ = "".join(next(pair for pair in zip_longest(before, after, fillvalue="") if pair[0] != pair[1]))
    is_plain = differ.isascii() and differ.isalnum()
    return not is_plain or (differ.isalpha() and not differ.islower() and not differ.isupper())


def _asked(query: Mapping[str, str]) -> str:
    return cut_text("&".join(f"{name}={text}" for name, text in query.items()))


def _member(trial: FilterTrial, row: Row) -> str:
    return f"{trial.filter.member} is {value_in(row.document, trial.filter.member)!r}"


def _due(trial: FilterTrial) -> str:
    words = {"at-least": "at least", "at-most": "at most", "not-equal": "not"}
    how = words.get(trial.filter.selects, "")
    values = " or ".join(repr(value) for value in trial.values)
    return f"{trial.filter.member} is {how} {values}".replace("  ", " ")
