"""Two answers to one request, item by item: what the recorded one says, what ours says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mockserver.contract.exchange import Exchange
from mockserver.contract.subject import Item, Reader, Telling, Told

REFUSED_WHOLE = "refused with the whole call"


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One item, or the whole call (`place` None), of which the two answers say different things."""

    place: int | None
    key: str | None
    recorded: str
    here: str


def compared(
    before: Exchange, after: Exchange, items: Sequence[Item], reader: Reader | None
) -> tuple[Otherwise, ...]:
    """Where our answer says something else than the recorded one; messages and bodies are not compared.

    Without a reader, or where neither tells of items, the two statuses are.
    """
    was, now = (_told(one, items, reader) for one in (before, after))
    if was is None and now is None:
        statuses = [one.response.status for one in (before, after)]
        if statuses[0] == statuses[1]:
            return ()
        return (Otherwise(None, None, *(f"answered {status}" for status in statuses)),)
    fates = zip_longest(_fates(was, items), _fates(now, items), fillvalue=None)
    return tuple(
        Otherwise(place, items[place].key if place < len(items) else None, _said(one), _said(other))
        for place, (one, other) in enumerate(fates)
        if _differ(one, other)
    )


def _told(exchange: Exchange, items: Sequence[Item], reader: Reader | None) -> Telling | None:
    """What the answer says of its items; one that cannot be read says nothing of them."""
    try:
        return reader(exchange, items) if reader else None
    except ValueError:
        return Telling(())


def _fates(telling: Telling | None, items: Sequence[Item]) -> list[Told | str | None]:
    """What became of each item; a text where that is not said of the item itself."""
    if telling is None:
        return [REFUSED_WHOLE] * len(items)
    by_place = {one.place: one for one in reversed(telling.outcomes) if one.place is not None}
    done = None if telling.complete else Told(None, accepted=True)
    return [by_place.get(item.place, done) for item in items]


def _differ(one: Told | str | None, other: Told | str | None) -> bool:
    if not (isinstance(one, Told) and isinstance(other, Told)):
        return _is_refused(one) != _is_refused(other) or (one is None) != (other is None)
    made = one.made and other.made and one.made != other.made
    return one.accepted != other.accepted or bool(made and one.accepted)


def _is_refused(one: Told | str | None) -> bool:
    return isinstance(one, str) or (isinstance(one, Told) and not one.accepted)


def _said(one: Told | str | None) -> str:
    if one is None:
        return "no outcome"
    if isinstance(one, str):
        return one
    if one.accepted:
        return one.made or "done"
    return f"rejected: {one.message}" if one.message else "rejected"
