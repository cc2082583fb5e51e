"""Which items of a call depend on each other, and outcomes that contradict that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from urllib.parse import parse_qsl

from mockserver.contract.exchange import Request, to_json_text
from mockserver.contract.oracle.decoding import is_json
from mockserver.contract.profile import ReportedOutcome
from mockserver.model import Json, Value, value_at
from mockserver.spec.batch_forms import Batch, CallValue

_TRUTHS = {"true": True, "false": False}
_UNREAD = ""
"""A value that is neither a boolean nor a number."""


class Ties(Value, frozen=True):
    """How the items of one call depend on each other."""

    groups: tuple[Hashable, ...]
    """For each item its group; the items of a group are stored all or none."""
    limit: int = 0
    """Number of rejected items after which the rest is not tried; 0 if there is no such number."""

    def held_back(self, stored: Sequence[bool | None]) -> Iterator[bool | None]:
        """Yield for each item whether other items keep it from being stored; None if that is not known.

        `stored` says for each item whether it would be stored if it were alone, None if that is not known.
        """
        rejections = Counter(
            group for group, alone in zip(self.groups, stored, strict=True) if alone is False
        )
        doubts = Counter(group for group, alone in zip(self.groups, stored, strict=True) if alone is None)
        rejected = unknown = 0
        for group, alone in zip(self.groups, stored, strict=True):
            is_rejected, is_unknown = alone is False, alone is None
            if rejections[group] > is_rejected or 0 < self.limit <= rejected:
                yield True
            elif doubts[group] > is_unknown or 0 < self.limit <= rejected + unknown:
                yield None
            else:
                yield False
            rejected, unknown = rejected + is_rejected, unknown + is_unknown


def ties_of(batch: Batch, request: Request, documents: Sequence[Json]) -> Ties | None:
    """Return the ties of the items in a request; None if a value of the call cannot be read.

    Whole requests have ties of their own, which `oracle.whole_requests` judges.
    """
    form, atomic = batch.atomicity, is_atomic(batch, request)
    if atomic is None or batch.requests:
        return None
    limit: Json = form.stop_after
    if form.stop_at:
        value = _value(request, form.stop_at)
        limit = 0 if value is None else value
    if not isinstance(limit, int):
        return None
    alone: list[Hashable] = list(range(len(documents)))
    if atomic:
        alone = [0] * len(documents)
    elif form.groups:
        values = [one.get(form.groups) if isinstance(one, dict) else None for one in documents]
        alone = [at if value is None else to_json_text(value) for at, value in enumerate(values)]
    return Ties(tuple(alone), int(limit))


def is_atomic(batch: Batch, request: Request) -> bool | None:
    """Return whether a request is all-or-nothing; None if its switch cannot be read."""
    switch = batch.atomicity.switch
    value = None if switch is None else _value(request, switch)
    if value is None:
        return batch.atomic
    return value is batch.atomicity.is_atomic_if_on if isinstance(value, bool) else None


def _value(request: Request, place: CallValue) -> Json:
    """Return the call's value; None if the call does not have the value, a text if it cannot be read."""
    if place.place == "body":
        return value_at(request.document(), place.path) if is_json(request.media_type) else _UNREAD
    texts = dict(parse_qsl(request.query)) if place.place == "query" else request.headers
    text = texts.get(place.name if place.place == "query" else place.name.lower())
    if text is None:
        return None
    return int(text) if text.isdecimal() else _TRUTHS.get(text, text)


def cut_off_outcomes(
    batch: Batch, request: Request, told: Sequence[ReportedOutcome], documents: Sequence[Json]
) -> Iterator[ReportedOutcome]:
    """Yield the outcomes of the items that have no row because the call stopped before them, if it may."""
    ties = ties_of(batch, request, documents)
    rejected = [one.place for one in told if not one.accepted]
    is_start = [one.place for one in told] == list(range(len(told))) and len(told) < len(documents)
    if ties and is_start and 0 < ties.limit == len(rejected) and rejected[-1] == len(told) - 1:
        message = f"it is not tried, because the call stops after item {rejected[-1]}"
        for place in range(len(told), len(documents)):
            yield ReportedOutcome(place, accepted=False, message=message, is_skipped=True)


def find_broken_tie(  # noqa: PLR0913 - what was sent and what was told
    batch: Batch,
    request: Request,
    documents: Sequence[Json],
    bad: Collection[int],
    outcomes: Sequence[ReportedOutcome],
    *,
    is_complete: bool,
) -> tuple[int, str, str] | None:
    """Return place, pointer and contradiction of the first outcome that the ties do not allow; else None.

    `bad` has the places of the items that every server must reject.
    """
    ties = ties_of(batch, request, documents)
    if ties is None:
        return None
    told: dict[int | None, ReportedOutcome] = {}
    for one in sorted(outcomes, key=lambda outcome: outcome.accepted):
        told.setdefault(one.place, one)
    is_silence_good = not is_complete and len(set(ties.groups)) > 1
    unsaid = ReportedOutcome(None, accepted=is_silence_good, is_skipped=not is_silence_good)
    said = [told.get(place, unsaid) for place in range(len(documents))]
    stored = [place not in bad and (one.accepted or one.is_skipped) for place, one in enumerate(said)]
    for place, (is_held, one) in enumerate(zip(ties.held_back(stored), said, strict=True)):
        says = ""
        if is_held and one.accepted:
            says = "is reported as done, although rejected items keep it from being stored"
        elif is_held and batch.atomicity.cuts_off and not one.is_skipped:
            says = "has an outcome, although the call stops before it"
        elif not is_held and one.is_skipped and one is not unsaid:
            says = "is reported as skipped, although no rejected item keeps it from being stored"
        if says:
            return place, one.at, says
    return None
