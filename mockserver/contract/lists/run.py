"""The run of lists: stored records, pages of several sizes, media types, other tenants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import zip_longest
from urllib.parse import parse_qsl

from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, TargetUnreachableError
from mockserver.contract.isolation import Isolation
from mockserver.contract.list_discovery import FoundList, complete, find_lists, value_in
from mockserver.contract.lists import checks
from mockserver.contract.lists.checks import trials
from mockserver.contract.lists.walks import (
    ListCalls,
    Page,
    Walk,
    check_rows_are_its_own,
    read_lists_below,
    shown_rows,
    store_records,
)
from mockserver.contract.profile import UNREADABLE, BatchProfile
from mockserver.contract.profile_reads import ListFilter, ListProfile
from mockserver.contract.run_state import PlannedPart, RunPart
from mockserver.contract.sequences.run import PHASE
from mockserver.contract.sequences.sentences import excerpt
from mockserver.contract.sequences.sequence import usable_batches
from mockserver.contract.trial import Trial
from mockserver.contract.values.comparison import MISSING, is_xml, list_in_xml, read_document

MEDIA_TYPES_CHECK = "same-in-every-media-type"
_PAGES_IN_XML = 4

TENANTS_CHECK = "tenants-are-apart"
_FIRST, _SECOND = 0, 1
_PAGES_OF_A_TENANT, _OK = 10, 200
SHARED_CHECKS = frozenset(
    {"every-call-is-answered", "lists-show-what-is-there", MEDIA_TYPES_CHECK, TENANTS_CHECK}
)
"""Checks of other phases that the phase of lists makes, too."""

_FEW, _MANY, _PREPARED = 24, 110, 12
"""Minimum and maximum number of records to store, and maximum if calls must prepare each record."""

_PAGES = 40
"""Maximum number of pages of the first walk. A longer list is not walked to its end."""

_SEVERAL = 3
"""Minimum number of pages of the walk whose links are followed."""

_SMALL = 10
"""Page size that every server is assumed to accept."""

_LARGE = 100
"""Page size to ask for if the spec states no maximum."""


def check_in_xml(calls: ListCalls, walk: Walk) -> None:
    """Ask for the first pages of a walk again in an XML media type, and compare the rows with the walk."""
    answers = calls.found.operation.contents("200")
    stated = [name for name in answers if is_xml(name) and "*" not in name]
    if not stated or not calls.profile.identity or not calls.run_config.wants(MEDIA_TYPES_CHECK):
        return
    media_type = stated[calls.run_config.seed % len(stated)]
    for page in walk.pages[:_PAGES_IN_XML]:
        exchange = calls.send(page.exchange.request.overridden_by({"accept": media_type}))
        if not is_xml(exchange.response.media_type):
            return
        calls.count(MEDIA_TYPES_CHECK)
        if not _check_page(calls, page, exchange):
            return


def _check_page(calls: ListCalls, page: Page, exchange: Exchange) -> bool:
    shown = _ids(calls.profile, exchange)
    if shown is None:
        identity = calls.profile.identity
        calls.note(f"its pages in XML were not compared: no rows with {identity} were found there")
        return False
    if shown == list(page.ids):
        return True
    media_type = exchange.response.media_type
    pairs = zip_longest(page.ids, shown)
    place, pair = next((place, pair) for place, pair in enumerate(pairs) if pair[0] != pair[1])
    due, received = ("no row" if row is None else f"row {excerpt(row)}" for row in pair)
    message = (
        f"{page.name} has {len(page.ids)} rows in JSON and {len(shown)} in {media_type}; at place {place} "
        f"JSON shows {due}, {media_type} shows {received}"
    )
    calls.add_finding(MEDIA_TYPES_CHECK, message, (page.exchange, exchange), due, received)
    return False


def _ids(known: ListProfile, exchange: Exchange) -> list[str] | None:
    """Return the ids of the rows in their order, or None if a row has no id or the answer is unreadable."""
    document = read_document(exchange.response)
    if document is MISSING:
        return None
    rows = list_in_xml(value_in(document, known.rows or ""))
    found = [value_in(row, known.identity) for row in rows] if isinstance(rows, list) else []
    return [str(one) for one in found] if all(one is not None for one in found) else None


def check_other_tenant(calls: ListCalls, batch: BatchProfile, stored: Sequence[str], reference: Walk) -> None:
    """Walk the list of a second tenant, without and with filters, and find records of the first tenant."""
    there = _in_second_tenant(calls, batch)
    if there is None or not stored or not calls.run_config.wants(TENANTS_CHECK):
        return
    for query in _queries(calls.profile, batch, stored, reference):
        walk = there.walk(query, reference.size, _PAGES_OF_A_TENANT)
        if walk.exchanges[0].response.status != _OK:
            return
        there.count(TENANTS_CHECK)
        _find(there, batch, stored, walk)


def _in_second_tenant(calls: ListCalls, batch: BatchProfile) -> ListCalls | None:
    """Return the calls of a second tenant, or None if it is missing or its calls equal the first tenant's."""
    if batch.tenants <= _SECOND or batch.listing is None or batch.listed is None:
        return None
    found, mine, theirs = calls.found, batch.listing(_FIRST), batch.listing(_SECOND)
    asked = dict(parse_qsl(mine.query))
    changed = {
        name: text
        for name, text in parse_qsl(theirs.query)
        if name in found.query and asked.get(name) != text
    }
    headers = calls.api.profile.headers
    same_headers = headers(calls.api.facts, _FIRST) == headers(calls.api.facts, _SECOND)
    if not changed and same_headers and mine.headers == theirs.headers:
        return None
    query, named = {**found.query, **changed}, {**found.headers, **theirs.headers}
    return replace(calls, tenant=_SECOND, found=replace(found, query=query, headers=named))


def _queries(
    known: ListProfile, batch: BatchProfile, stored: Sequence[str], reference: Walk
) -> Iterator[Mapping[str, str]]:
    """Yield an empty query, then for each filter parameter a query that asks for a value of a stored row."""
    yield {}
    pages, keys = [page for page in reference.pages if _listed(batch, stored, page.exchange)], set(stored)
    rows = [row for page in pages for row in page.rows if keys & set(map(str, _values(row.document)))]
    by_parameter: dict[str, ListFilter] = {one.parameter: one for one in reversed(known.filters)}
    for one in by_parameter.values():
        yield from (made.query for made in trials(one, rows)[:1])


def _values(document: object) -> Iterator[object]:
    if isinstance(document, Mapping):
        for value in document.values():
            yield from _values(value)
    elif not isinstance(document, list):
        yield document


def _listed(batch: BatchProfile, stored: Sequence[str], exchange: Exchange) -> list[str]:
    try:
        shown = batch.listed(exchange) if batch.listed else {}
    except UNREADABLE:
        return []
    return [key for key in stored if key in shown]


def _find(calls: ListCalls, batch: BatchProfile, stored: Sequence[str], walk: Walk) -> None:
    for page in walk.pages:
        leaked = _listed(batch, stored, page.exchange)
        if leaked:
            message = f"{page.name} shows {excerpt(leaked[0])} in one tenant; it was stored in another"
            due = "nothing of another tenant"
            calls.add_finding(TENANTS_CHECK, message, (page.exchange,), due, leaked[0])
            return


def plan_lists(trial: Trial) -> Iterator[PlannedPart]:
    calls = trial.run_config.calls
    batches = tuple(one for _, one in usable_batches(trial.api, trial.run_config).batches)
    lists = [
        one
        for one in find_lists(trial.api, batches)
        if (one.above is None or calls(one.above.operation.id)) and calls(one.operation.id)
    ]
    for number, one in enumerate(lists, 1):
        part = RunPart(PHASE, one.operation.id, number, len(lists), note="of pages")
        yield PlannedPart(part, partial(_run_list, trial, one))


def _run_list(trial: Trial, found: FoundList) -> None:
    isolation = Isolation(trial.target, trial.run_config.seed, f"{trial.api.name} {found.operation.id} list")
    scope = isolation.new_scope(_MANY)

    def start(one: FoundList) -> ListCalls:
        return ListCalls(*trial.parts, one, scope, one.operation.path)

    calls = start(found)
    try:
        if found.above is None:
            _check_list(calls)
        elif read := read_lists_below(calls, start(found.above)):
            # Walk the longest list, and compare the lists of other records with it.
            calls.path = read[0].request.plain_path
            _check_list(calls, read[1:])
        else:
            calls.note("its pages were not walked: no record was found that has rows there")
    except TargetUnreachableError as error:
        calls.add_finding("every-call-is-answered", f"no answer came: {excerpt(str(error))}", ())
    finally:
        isolation.drop(scope)
    trial.ledger.record(calls.findings)


def _check_list(calls: ListCalls, others: Sequence[Exchange] = ()) -> None:
    """Store records and check the list. If a record has the list, `others` are the lists of other records."""
    stored = _store(calls)
    known = _complete(calls)
    if known is None:
        return
    calls.found = replace(calls.found, profile=known)
    largest = known.largest or max(_LARGE, known.usual)
    reference = calls.walk({}, largest if known.size else None, _PAGES)
    if not reference.pages and _may_be_refused(known, reference.size):
        reference = calls.walk({}, None, _PAGES)
    if not reference.pages:
        return
    if reference.end == "budget" and known.paging != "none":
        rows = f"{len(reference.rows)} rows"
        calls.note(f"it has more than {rows}, so its pages were not walked to their end")
        checks.check_each_row_once(calls, reference)
        return
    walks = [reference, *_walks(calls, reference)] if known.paging != "none" else [reference]
    _check_pages(calls, walks)
    _check_stored(calls, stored, reference)
    check_rows_are_its_own(calls, others, reference)
    check_in_xml(calls, max(walks, key=lambda one: len(one.pages)))
    if calls.found.batch is not None:
        check_other_tenant(calls, calls.found.batch, stored, reference)
    for one in known.filters:
        for walk in checks.check_filter(calls, one, reference):
            checks.check_each_row_once(calls, walk)
            if walk.is_whole:
                checks.check_counts(calls, walk, len(walk.rows))
    size = _sizes(len(reference.rows), known.largest)[-1:] if known.size else []
    for order in known.orders:
        checks.check_asked_order(calls, order, reference, (size or [largest])[0])
    _forget_if_changed(calls, reference)


def _store(calls: ListCalls) -> Sequence[str]:
    batch, run_config = calls.found.batch, calls.run_config
    if batch is None or not batch.creates or not run_config.calls(batch.operation):
        return ()
    count = min(_FEW + run_config.max_examples, _MANY)
    return store_records(calls, batch, min(count, _PREPARED) if batch.prepare else count)


def _complete(calls: ListCalls) -> ListProfile | None:
    """Complete the profile by a first answer. If the answer has no rows, note why and return None."""
    found, profile = calls.found, calls.profile
    stated = {one.operation for one in calls.api.profile.lists}
    first = calls.get({})
    pointer, rows = shown_rows(profile, first.response)
    if not rows:
        why = f"the answer, {first.response.status}, shows no rows that can be told from other members"
        calls.note(f"its pages were not walked: {'it is empty' if rows == [] else why}")
        return None
    given = replace(profile, rows=pointer)
    batch = calls.api.spec.operations[found.batch.operation].batch if found.batch else None
    known = complete(given, first.response, rows, batch.key if batch else ())
    if not known.paging or (known.paging == "cursor" and not known.cursor):
        lacks = "no next cursor in the answer" if known.paging else "no parameter or link for pages"
        if profile.operation not in stated or known.paging:
            calls.note(f"its pages were not walked: {lacks} was found; a ListProfile can state it")
        return replace(known, paging="none", size="")
    return known


def _walks(calls: ListCalls, reference: Walk) -> Iterator[Walk]:
    known, count = calls.profile, len(reference.rows)
    sizes: list[int | None] = []
    if known.size:
        sizes += _sizes(count, known.largest, calls.run_config.seed)
    for size in (*sizes, None):
        walk = calls.walk({}, size, _most(known, size, count))
        if walk.pages or not _may_be_refused(known, size):
            yield walk


def _check_pages(calls: ListCalls, walks: Sequence[Walk]) -> None:
    known, rows = calls.profile, checks.rows_by_page(walks)
    for walk in walks:
        checks.check_each_row_once(calls, walk)
        checks.check_none_missing(calls, walk, rows)
        checks.check_the_order(calls, walk, walks[0])
        # After a wrong page size, counts and end are wrong too: do not report them as further failures.
        if not checks.check_the_size(calls, walk):
            continue
        checks.check_counts(calls, walk, len(rows))
        if known.paging != "none":
            checks.check_the_walk_ends(calls, walk, _most(known, walk.size, len(rows)))
            checks.check_cursor_at_the_end(calls, walk)
    several = sorted((one for one in walks if len(one.pages) >= _SEVERAL), key=lambda one: len(one.pages))
    for walk in several[:1]:
        checks.check_links(calls, walk)


def _check_stored(calls: ListCalls, stored: Sequence[str], reference: Walk) -> None:
    """Find a stored record that a single read shows, but no page."""
    batch, check = calls.found.batch, "lists-show-what-is-there"
    if batch is None or not stored:
        return
    calls.count(check, len(stored))
    if batch.listed is None:
        return
    with suppress(*UNREADABLE):
        listed = {key for page in reference.pages for key in batch.listed(page.exchange)}
        key = next((one for one in stored if one not in listed), None)
        if key is not None and batch.shown(key, calls.send(batch.read(key, 0))) is not None:
            message = f"reading {key} shows it; no page of {reference.name} does"
            calls.add_finding(check, message, reference.exchanges)


def _forget_if_changed(calls: ListCalls, reference: Walk) -> None:
    """Outside sandboxes, drop the findings if another client changed the list during the run."""
    if not calls.findings or calls.scope.has_sandbox:
        return
    again = calls.walk({}, reference.size, _PAGES)
    if {row.id for row in again.rows} != {row.id for row in reference.rows}:
        calls.findings.clear()
        calls.note("it changed while it was read, so what its pages showed says nothing")


def _sizes(count: int, largest: int, seed: int = 0) -> list[int]:
    """Return page sizes up to `largest`, descending: `count`, `count` ± 1, and sizes for ~3 and ~8 pages."""
    wanted = {-(-count // 8) + seed % 3, -(-count // 3), count - 1, count, count + 1}
    return sorted((size for size in wanted if 0 < size <= (largest or size)), reverse=True)


def _most(known: ListProfile, size: int | None, count: int) -> int:
    """Return the maximum number of pages of a walk. A server may limit large pages to its usual size."""
    least = min(size or known.usual or 1, known.largest or known.usual or _SMALL)
    return min(-(-count // least) + 2, 2 * _PAGES)


def _may_be_refused(known: ListProfile, size: int | None) -> bool:
    return size is not None and not known.largest and size > known.usual
