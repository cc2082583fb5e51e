"""The final state: how many records of each item there are when the client has ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from mockserver.drill.matching import Pair
from mockserver.drill.run import Run
from mockserver.journal.item_history import ItemHistory
from mockserver.model import SAFE_METHODS, Document, Json, Leaf, leaves

FinalCounts: TypeAlias = Mapping[int, tuple[int, int]]
"""Numbers of an item's records in the end, without faults and in the run, by the item's index."""

_Values: TypeAlias = Mapping[str, frozenset[str]]
_FIRST_REDIRECT = 300
_GONE = frozenset({"deleted", "voided", "void", "cancelled", "canceled", "archived"})
"""Values, in small letters, of a record that is kept although it is deleted."""


def may_delete(clean: Run, run: Run) -> bool:
    """Return whether the client deletes in the run, or calls what it does not call without faults."""
    usual = {one.operation for one in clean.entries}
    return any(
        (one.call.method == "DELETE" or one.operation not in usual)
        and one.call.method not in SAFE_METHODS
        and one.reply.status < _FIRST_REDIRECT
        for one in run.entries
    )


def count_final_records(
    pairs: Sequence[Pair], clean_records: Iterable[Document], run_records: Iterable[Document]
) -> FinalCounts:
    """Return the final counts of the items whose records can be found by the values that were sent.

    An item whose records without faults are not as many as were created has no count.
    """
    usual, found = (_index(map(_values, one)) for one in (clean_records, run_records))
    counts = {
        at: (_count(meant, usual), _count(sent if sent.stored else meant, found))
        for at, (meant, sent) in enumerate(pairs)
    }
    return {at: both for at, both in counts.items() if both[0] == pairs[at][0].created > 0}


def _index(records: Iterable[_Values]) -> Mapping[Leaf, Sequence[_Values]]:
    found: defaultdict[Leaf, list[_Values]] = defaultdict(list)
    for one in records:
        for name, texts in one.items():
            for text in texts:
                found[name, text].append(one)
    return found


def _count(history: ItemHistory, records: Mapping[Leaf, Sequence[_Values]]) -> int:
    """Return the number of records that have the item's values, as far as their members have equal names."""
    wanted = _values(history.versions[-1]) if history.stored else {}
    having = [records.get((name, text)) for name, texts in wanted.items() for text in texts]
    rarest = min(filter(None, having), key=len, default=())
    return sum(_is_of(wanted, one) for one in rarest)


def _is_of(wanted: _Values, record: _Values) -> bool:
    shared = [name for name in wanted if name in record]
    own = (text.lower() for name in record if name not in wanted for text in record[name])
    is_same = len(shared) * 2 > len(wanted) and all(wanted[name] <= record[name] for name in shared)
    return is_same and _GONE.isdisjoint(own)


def _values(document: Json) -> _Values:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, text in leaves(document):
        found[name].add(_plain(text))
    return {name: frozenset(texts) for name, texts in found.items()}


def _plain(text: str) -> str:
    """Return a number in a form that does not depend on zeros at its end."""
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return text
