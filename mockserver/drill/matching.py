"""Items of a judged run, matched with the items that the client sends in its run without faults.

An item is known by its key. If its key is new in each run, or if another operation sent it, it is known by
values that no other item has. Equal items without a key are one class, whose members are counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from mockserver.drill.run import Run
from mockserver.journal.item_history import KEYLESS, ItemHistory
from mockserver.model import Leaf, leaves

_EQUAL = "#000000000000"
"""Identity of items that are equal but for keys that are new in each run."""

_NEVER_ITEM = "DELETE"

Pair: TypeAlias = tuple[ItemHistory, ItemHistory]
"""An item's history in the run without faults, and its history in the judged run."""


def list_items(run: Run) -> list[ItemHistory]:
    """Return the items of a run; equal items without a key are one. A deletion is no item."""
    found = defaultdict[tuple[str, str, str], list[ItemHistory]](list)
    for one in run.histories:
        if run.entry(one.attempts[0].number).call.method != _NEVER_ITEM:
            key = KEYLESS.sub(r"\1", one.key)
            found[(*_kind(one), key)].append(replace(one, key=key))
    return list(map(_joined, found.values()))


def match_items(clean: Run, run: Run) -> tuple[Sequence[Pair], Sequence[ItemHistory]]:
    """Return each item of `clean` as a pair, and the histories of items that only `run` has.

    If an item was not sent in `run`, the second history has no attempts. Records of a kind that the client
    does not write without faults, such as notes on a failure, are no items.
    """
    meant = list_items(clean)
    places = {(*_kind(one), one.key): at for at, one in enumerate(meant)}
    owners, kinds, known = _owners(meant), set(map(_kind, meant)), set[tuple[str, str]]()
    sent = defaultdict[int, list[ItemHistory]](list)
    others: list[ItemHistory] = []
    for one in list_items(run):
        at = places.get((*_kind(one), one.key))
        if at is not None:
            known.add(_kind(one))
        else:
            at = _owner(one, owners)
        if at is not None:
            sent[at].append(one)
        elif _kind(one) in kinds:
            others.append(one)
    pairs = {at: (meant[at], _joined(parts)) for at, parts in sent.items()}
    left = [at for at in range(len(meant)) if at not in pairs]
    done, taken = set[int](), set[int]()
    for indexes, several in _equal_values(meant, left, others):
        joined = _joined([meant[at] for at in indexes])
        key = joined.key if len(indexes) == len(several) else _EQUAL
        pairs[indexes[0]] = replace(joined, key=key), _joined(several)
        done.update(indexes)
        taken.update(map(id, several))
    others = [one for one in others if id(one) not in taken]
    for at in (one for one in left if one not in done):
        one = meant[at]
        is_new = (other for other in others if _kind(other) == _kind(one) not in known)
        other = next(is_new, replace(one, attempts=()))
        others = [each for each in others if each is not other]
        pairs[at] = one, other
    return [pairs[at] for at in sorted(pairs)], others


def _joined(parts: Sequence[ItemHistory]) -> ItemHistory:
    """Return one history with all attempts, in the order of the calls, and the name of the first part."""
    attempts = [attempt for one in parts for attempt in one.attempts]
    attempts.sort(key=lambda one: (one.number, one.index))
    return replace(parts[0], attempts=tuple(attempts))


def _kind(history: ItemHistory) -> tuple[str, str]:
    return history.vendor, history.records or history.operation


def _owners(meant: Sequence[ItemHistory]) -> dict[Leaf, int]:
    """Return the index of the only item that has a value, for each such value."""
    found: dict[Leaf, int] = {}
    counts: Counter[Leaf] = Counter()
    for at, one in enumerate(meant):
        own = _leaves_of(one)
        counts.update(own)
        found.update(dict.fromkeys(own, at))
    return {leaf: at for leaf, at in found.items() if counts[leaf] == 1}


def _owner(history: ItemHistory, owners: dict[Leaf, int]) -> int | None:
    """Return the index of the item that owns most values of the history; None if two own as many."""
    votes = Counter(owners[leaf] for leaf in _leaves_of(history) if leaf in owners).most_common(2)
    return votes[0][0] if votes and (len(votes) == 1 or votes[0][1] > votes[1][1]) else None


def _equal_values(
    meant: Sequence[ItemHistory], left: Sequence[int], others: Sequence[ItemHistory]
) -> Iterator[tuple[list[int], list[ItemHistory]]]:
    """Yield indexes and histories of items of one kind that are equal but for values that vary by run.

    If there are as many of both, they are paired in their order; if not, they are one class.
    """
    ours = {leaf for at in left for leaf in _leaves_of(meant[at])}
    theirs = {leaf for one in others for leaf in _leaves_of(one)}
    lasting = {name for name, _ in ours & theirs}
    classes: dict[tuple[tuple[str, str], frozenset[Leaf]], tuple[list[int], list[ItemHistory]]] = {}
    for at in left:
        classes.setdefault((_kind(meant[at]), _stable(meant[at], lasting)), ([], []))[0].append(at)
    for one in others:
        classes.setdefault((_kind(one), _stable(one, lasting)), ([], []))[1].append(one)
    for (_, stable), (indexes, several) in classes.items():
        if stable and len(indexes) == len(several):
            yield from (([at], [one]) for at, one in zip(indexes, several, strict=True))
        elif stable and indexes and several:
            yield indexes, several


def _stable(history: ItemHistory, lasting: set[str]) -> frozenset[Leaf]:
    """Return the lasting values of an item as it was sent first."""
    return frozenset(leaf for leaf in leaves(history.attempts[0].document) if leaf[0] in lasting)


def _leaves_of(history: ItemHistory) -> set[Leaf]:
    return {leaf for attempt in history.attempts for leaf in leaves(attempt.document)}
