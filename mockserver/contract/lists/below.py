"""A list below a record, such as the items of an invoice: which record to take, and whose rows it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from mockserver.contract.exchange import Exchange
from mockserver.contract.list_profile import ListProfile
from mockserver.contract.lists import answer_discovery
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.lists.discovery import FoundList
from mockserver.contract.lists.places import json_of, plain_name, value_in
from mockserver.contract.lists.walks import Walk, rows_of
from mockserver.contract.stateful.sentences import excerpt
from mockserver.model import pointer_of

_CHECK = "filters-select"
_OK = 200
_RECORDS = 8
"""Records whose lists are looked at: the first of the list above."""
_WIDE = 8
"""Characters of an id that no row of another record has by chance."""

StartCalls = Callable[[FoundList], ListCalls]


@dataclass(frozen=True, slots=True)
class RecordList:
    """The list below one record, and what was answered."""

    path: str
    exchange: Exchange
    rows: Sequence[Any]


def read_lists_below(found: FoundList, start: StartCalls) -> list[RecordList]:
    """Return the lists below the first records of the list above, the one with most rows first.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    calls = start(found)
    read = [_read(calls, path, found.profile) for path in _paths(found, start)]
    return sorted(read, key=lambda one: -len(one.rows))


def _paths(found: FoundList, start: StartCalls) -> Iterator[str]:
    """Yield the path with the parameter of each record: a member of that name, else what identifies it."""
    if found.above is None:
        return
    profile = found.above.profile
    answer = start(found.above).get({}).response
    document = json_of(answer.body)
    pointer = profile.rows if profile.rows is not None else answer_discovery.find_rows(document)
    rows = value_in(document, pointer) if pointer is not None else None
    if answer.status != _OK or not isinstance(rows, list) or not rows:
        return
    known = answer_discovery.complete(profile, answer, rows, ())
    before, _, rest = found.operation.path.partition("{")
    name, _, after = rest.partition("}")
    for row in rows[:_RECORDS]:
        members = {plain_name(one): one for one in row} if isinstance(row, dict) else {}
        member = members.get(plain_name(name))
        value = value_in(row, pointer_of((member,)) if member else known.identity)
        if isinstance(value, str | int) and value != "":
            yield f"{before}{quote(str(value), safe=':')}{after}"


def _read(calls: ListCalls, path: str, profile: ListProfile) -> RecordList:
    exchange = replace(calls, path=path).get({})
    document = json_of(exchange.response.body)
    pointer = profile.rows if profile.rows is not None else answer_discovery.find_rows(document)
    rows = value_in(document, pointer) if pointer is not None else None
    good = exchange.response.status == _OK
    return RecordList(path, exchange, rows if good and isinstance(rows, list) else ())


def check_rows_are_its_own(
    calls: ListCalls, known: ListProfile, others: Sequence[RecordList], reference: Walk
) -> None:
    """Find a row that the list of another record shows too; short ids may be counted in each record."""
    mine = {row.id for row in reference.rows if known.identity and _is_wide(row.id)}
    for one in others:
        theirs = {row.id for row in rows_of(known, one.exchange.response)}
        calls.count(_CHECK)
        shared = sorted(mine & theirs)
        if shared:
            said = f"{calls.name} shows row {excerpt(shared[0])}; GET {one.path} shows it too"
            calls.finds(
                _CHECK, said, reference.exchanges[0], one.exchange, expected="rows of this record only"
            )
            return


def _is_wide(text: str) -> bool:
    return len(text) >= _WIDE and not text.isdecimal()
