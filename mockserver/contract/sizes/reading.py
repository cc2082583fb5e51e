"""What is there of the items of a large batch, before it and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mockserver.contract.profile import BatchProfile, Record
from mockserver.contract.sizes.pages import read_pages
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.checks import SettledBatch
from mockserver.contract.stateful.read_back import read_back
from mockserver.contract.stateful.sequence import CallSequence
from mockserver.contract.stateful.state_model import FIRST_REFUSAL

_LISTS = "lists-show-what-is-there"
_A_PAGE = 50
"""A list of so many records may be one page of several, and need not show everything."""

_JUDGED = 100
"""Up to this size the list itself is checked too: a validator takes long for a thousand records."""

_LOOKED_AT = 4
"""Records of a list that are read one by one, of those that differ and of those that are missing."""


def reads_a_page(batch_profile: BatchProfile) -> bool:
    """Return whether a record can only be read in a list, which shows no more than a page of it."""
    first, second = (batch_profile.read(batch_profile.key(number), 0) for number in (0, 1))
    return first == second


def know_before(
    sequence: CallSequence, keys: Sequence[str], sample: Sequence[str], tenant: int, *, is_fresh: bool
) -> frozenset[str] | None:
    """Note what is there of the keys before a batch, and return those whose record is known exactly.

    `is_fresh`: nothing is there, and nothing is read. Else the sample is read and stands for the others; None
    if some of it is there and some is not, so that nothing is known of the others.
    """
    if is_fresh:
        shown: dict[str, Record | None] = dict.fromkeys(keys)
    else:
        shown = {key: sequence.read(key, tenant) for key in sample}
        if len({record is None for record in shown.values()}) > 1:
            return None
    like = next(iter(shown.values()), None)
    for key in keys:
        record = shown.get(key, like)
        sequence.there[tenant, key] = sequence.initial[tenant, key] = record
    return frozenset(keys) if like is None else frozenset(shown)


def read_some(
    sequence: CallSequence, answered: SettledBatch, places: Sequence[int], tenant: int
) -> frozenset[str]:
    """Read the items at these places back; of the others, what the answer says is taken to be there.

    Returns the keys that were read.
    """
    due = _after(answered, dict(sequence.there), tenant)
    sampled = dict.fromkeys(answered.sent.items[place].key for place in places)
    if reads_a_page(sequence.context.batch_profile) and len(answered.sent.items) > _A_PAGE:
        sampled = {}
    read_back(sequence, answered, tenant, sampled)
    for key, record in due.items():
        if key not in sampled:
            sequence.there[tenant, key] = record
    return frozenset(sampled)


def read_list(
    sequence: CallSequence, answered: SettledBatch, exact: frozenset[str], tenant: int
) -> frozenset[str]:
    """Compare a list with what must be there; what differs or is missing is read by itself first.

    Returns the keys that were compared.
    """
    subject = sequence.context.batch_profile
    due = {one.key: sequence.there[tenant, one.key] for one in answered.sent.items if one.key in exact}
    expected = {key for key, record in due.items() if record is not None}
    pages = read_pages(sequence, expected, tenant)
    if pages is None:
        return frozenset()
    if len(answered.sent.items) <= _JUDGED:
        sequence.judge(pages.first)
    listed = pages.rows
    is_whole = expected <= listed.keys()
    compared = frozenset(key for key in due if is_whole or key in listed)
    sequence.count_check(_LISTS, len(compared))
    odd = [key for key, record in due.items() if key in listed and listed[key] != record]
    missing = [] if reads_a_page(subject) and len(listed) >= _A_PAGE else _missing(due, listed)
    read_back(sequence, answered, tenant, [*odd[:_LOOKED_AT], *missing[:_LOOKED_AT]])
    for key in [*odd[:_LOOKED_AT], *(missing[:_LOOKED_AT] if len(listed) < _A_PAGE else ())]:
        shown, in_list = sequence.there[tenant, key], listed.get(key)
        if in_list != shown:
            said = f"{sentences.batch(answered.sent.items)}; reading {key} shows {sentences.record(shown)}; "
            said = f"{said}the list shows {sentences.record(in_list)}"
            sequence.breaks(_LISTS, said, sentences.record(shown), sentences.record(in_list))
    return compared.union(missing[:_LOOKED_AT])


def _after(
    answered: SettledBatch, before: Mapping[tuple[int, str], Record | None], tenant: int
) -> dict[str, Record | None]:
    """Return what is there of each key after the batch, by its answer."""
    due: dict[str, Record | None] = {}
    taken = answered.exchange.response.status < FIRST_REFUSAL and not answered.sent.expected_effect.whole
    rows = zip(answered.sent.items, answered.sent.expected_effect.effects, answered.verdicts, strict=True)
    for one, effect, verdict in rows:
        due.setdefault(one.key, before[tenant, one.key])
        if taken and effect.accepted and verdict.accepted is not False:
            due[one.key] = effect.record
    return due


def _missing(due: Mapping[str, Record | None], listed: Mapping[str, Record]) -> list[str]:
    """Return keys that must be there and are not listed, gaps between listed ones before all others."""
    keys = list(due)
    lost = [place for place, key in enumerate(keys) if due[key] is not None and key not in listed]

    def is_gap(place: int) -> bool:
        return all(keys[other] in listed for other in (place - 1, place + 1) if 0 <= other < len(keys))

    return [keys[place] for place in sorted(lost, key=lambda place: (not is_gap(place), place))]
