"""Check that a message that counts the items counts to the bad one, from 0 or from 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.exchange import Exchange
from mockserver.contract.profile import Corruption, DrawnValues, Json
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.sequence import CallSequence, SequenceContext
from mockserver.contract.stateful.state_model import (
    SequenceItem,
    batch_items,
    is_refused,
    reported_verdicts,
)

CHECK = "message-names-its-item"

_PLACES = (1, 0, 2)
"""Not in order, so that a number that grows with every call is not taken for a position."""
_FARTHEST = len(_PLACES)
_RIGHT = range(2)
"""Messages may count from 0 or from 1."""
_NUMBER = re.compile(r"(?<![\w-])-?\d+|\d+", re.ASCII)
_LINE = re.compile(r"\bline\W*$|LineNumber\W*$", re.IGNORECASE)
_LONGEST = 6
"""Digits of a position, at most."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A batch with a bad item at `place`, and the texts that say why it was refused."""

    place: int
    texts: tuple[str, ...]
    step: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class _Count:
    """A number of a message that follows the place of the bad item, `shift` away from it."""

    shift: int
    text: str


def check_positions(context: SequenceContext) -> None:
    """Send each bad item at three places of a batch, and compare the positions in the messages with them."""
    ways = context.batch_profile.corruptions
    if not ways or not context.run_config.wants(CHECK) or context.search.target_is_lost:
        return
    with CallSequence.with_keys(context, _FARTHEST) as (sequence, keys):
        for way in ways if len(keys) == _FARTHEST else ():
            _check_way(sequence, keys, way)


def _check_way(sequence: CallSequence, keys: Sequence[str], way: Corruption) -> None:
    refusals: list[_Refusal] = []
    for place in _PLACES:
        refusal = _refusal(sequence, keys, way, place)
        if refusal is None or not _may_count(refusal):
            return
        refusals.append(refusal)
    counts = list(find_counts({one.place: one.texts for one in refusals}))
    if not counts:
        return
    sequence.count_check(CHECK)
    if any(one.shift in _RIGHT for one in counts):
        return
    first, wrong = refusals[0], counts[0]
    named = first.place + wrong.shift
    shown = (*refusals[1:], first)
    sequence.told[:] = [one.step for one in shown]
    sequence.exchanges[:] = [one.exchange for one in shown]
    expected = f"{first.place} (counted from 0) or {first.place + 1} (from 1)"
    said = (
        f"sent {_FARTHEST} items, item {first.place} of them bad ({way.name}); the message says {named}, "
        f"expected {expected}: {wrong.text!r}; it is as far off where the bad item stands at another place"
    )
    sequence.breaks(CHECK, said, expected, str(named))


def _may_count(refusal: _Refusal) -> bool:
    """Return whether a message has a number that is near the place."""
    numbers = (number for text in refusal.texts for number in _positions(text) if number is not None)
    return any(abs(number - refusal.place) <= _FARTHEST for number in numbers)


def find_counts(texts: Mapping[int, Sequence[str]]) -> Iterator[_Count]:
    """Yield the numbers that follow the place, in texts that are otherwise the same at each place."""
    first, *_ = texts
    if len({len(listed) for listed in texts.values()}) > 1:
        return
    for at, text in enumerate(texts[first]):
        row = {place: listed[at] for place, listed in texts.items()}
        if len({_NUMBER.sub("#", one) for one in row.values()}) > 1:
            continue
        for number, value in enumerate(_positions(text)):
            shifts = {place: _positions(one)[number] for place, one in row.items()}
            shift = (value or 0) - first
            follows = all(value is not None and value - place == shift for place, value in shifts.items())
            if follows and abs(shift) <= _FARTHEST:
                yield _Count(shift, text)


def _positions(text: str) -> list[int | None]:
    """Return the numbers of a text, None for one that is no position: too long, or that of a line."""
    return [
        None if len(found[0]) > _LONGEST or _LINE.search(text[: found.start()]) else int(found[0])
        for found in _NUMBER.finditer(text)
    ]


def _refusal(sequence: CallSequence, keys: Sequence[str], way: Corruption, place: int) -> _Refusal | None:
    """Send a batch with the same bad item at the place; return why it was refused, None if it was not."""
    profile, batch = sequence.context.batch_profile, sequence.context.batch
    drawn = [DrawnValues(number, Decimal(number + 1)) for number in range(len(keys))]
    bad, *items = (SequenceItem(key, values) for key, values in zip(keys, drawn, strict=True))
    items.insert(place, SequenceItem(bad.key, bad.drawn, way))
    if profile.prepare:
        for one in items:
            sequence.known(one.key, 0)
    documents = tuple(one.document(profile) for one in items)
    request = profile.call(documents, 0)
    exchange = sequence.call(request, 0)
    if exchange is None:
        return None
    told = sequence.reported(exchange, batch_items(profile, batch, items, documents))
    if isinstance(told, str):
        return None
    verdicts = reported_verdicts(told, batch, len(items))
    if is_refused(exchange, told, verdicts):
        texts, became = tuple(_texts(_body(exchange))), "refused as a whole"
    elif verdicts[place].accepted is False and (outcome := verdicts[place].told):
        texts, became = (outcome.message,), f"item {place} rejected"
    else:
        return None
    return _Refusal(place, texts, sentences.batch_step(request, items, exchange, became), exchange)


def _body(exchange: Exchange) -> Json:
    try:
        return exchange.response.json()
    except (ValueError, RecursionError):
        return exchange.response.body.decode("utf-8", "replace")


def _texts(body: Json) -> Iterator[str]:
    """Yield the names and the texts and numbers of a body, in their order."""
    if isinstance(body, Mapping):
        for name, value in body.items():
            yield str(name)
            yield from _texts(value)
    elif isinstance(body, list):
        for value in body:
            yield from _texts(value)
    else:
        yield str(body)
