"""A list in a second tenant: it shows nothing that was stored in the first one only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from mockserver.contract.exchange import Exchange
from mockserver.contract.list_profile import ListFilter, ListProfile
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.lists.filter_checks import trials
from mockserver.contract.lists.page_checks import with_query
from mockserver.contract.lists.storing import StoredRecords
from mockserver.contract.lists.walks import Row, Walk, Walker
from mockserver.contract.profile import UNREADABLE, BatchProfile
from mockserver.contract.stateful.sentences import excerpt

CHECK = "tenants-are-apart"
_FIRST, _SECOND = 0, 1
_PAGES, _OK = 10, 200


def check_other_tenant(
    calls: ListCalls, known: ListProfile, batch: BatchProfile, stored: StoredRecords, reference: Walk
) -> None:
    """Walk the list of a second tenant, whole and by each filter, and find what the first one stored.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    there = _in_second_tenant(calls, batch)
    if there is None or not stored.keys or not calls.run_config.wants(CHECK):
        return
    walker = Walker(there, known)
    for query in _queries(known, batch, stored, reference):
        walk = walker.walk(query, reference.size, _PAGES)
        if walk.exchanges[0].response.status != _OK:
            return
        there.count(CHECK)
        _find(there, batch, stored, walk)


def _in_second_tenant(calls: ListCalls, batch: BatchProfile) -> ListCalls | None:
    """Return the calls as another tenant makes them, None where there is only one."""
    if batch.tenants <= _SECOND or batch.listing is None or batch.listed is None:
        return None
    mine, theirs = batch.listing(_FIRST), batch.listing(_SECOND)
    asked = dict(parse_qsl(mine.path.partition("?")[2]))
    changed = {
        name: text
        for name, text in parse_qsl(theirs.path.partition("?")[2])
        if name in calls.query and asked.get(name) != text
    }
    headers = calls.api.profile.headers
    same_headers = headers(calls.api.facts, _FIRST) == headers(calls.api.facts, _SECOND)
    if not changed and same_headers and mine.headers == theirs.headers:
        return None
    return replace(
        calls, tenant=_SECOND, query={**calls.query, **changed}, headers={**calls.headers, **theirs.headers}
    )


def _queries(
    known: ListProfile, batch: BatchProfile, stored: StoredRecords, reference: Walk
) -> Iterator[Mapping[str, str]]:
    """Yield no filter, then each parameter with a value that a stored row has."""
    yield {}
    rows = _stored_rows(batch, stored, reference)
    by_parameter: dict[str, ListFilter] = {one.parameter: one for one in reversed(known.filters)}
    for one in by_parameter.values():
        made = trials(one, rows)
        if made:
            yield made[0].query


def _stored_rows(batch: BatchProfile, stored: StoredRecords, reference: Walk) -> Sequence[Row]:
    pages = [page for page in reference.pages if _listed(batch, stored, page.exchange)]
    keys = set(stored.keys)
    rows = [row for page in pages for row in page.rows]
    return [row for row in rows if keys & {str(value) for value in _values(row.document)}]


def _values(document: object) -> Iterator[object]:
    if isinstance(document, Mapping):
        for value in document.values():
            yield from _values(value)
    elif not isinstance(document, list):
        yield document


def _listed(batch: BatchProfile, stored: StoredRecords, exchange: Exchange) -> list[str]:
    """Return the stored keys that an answer shows."""
    try:
        shown = batch.listed(exchange) if batch.listed else {}
    except UNREADABLE:
        return []
    return [key for key in stored.keys if key in shown]


def _find(calls: ListCalls, batch: BatchProfile, stored: StoredRecords, walk: Walk) -> None:
    for page in walk.pages:
        leaked = _listed(batch, stored, page.exchange)
        if leaked:
            said = (
                f"page {page.number} of {with_query(calls, walk)} shows {excerpt(leaked[0])} in one tenant; "
                f"it was stored in another"
            )
            calls.finds(CHECK, said, page.exchange, expected="nothing of another tenant", came=leaked[0])
            return
