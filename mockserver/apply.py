"""Room 3: accepted items meet the state, in the order of the wire, each wholly or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from msgspec.structs import replace

from mockserver.errors import Rejected
from mockserver.model import Action, Item, Outcome, Verdict
from mockserver.store import State
from mockserver.vendor import Keep, Request, Room

_CLEAR = Verdict()


class _TakenBackError(Exception):
    """Leaves the savepoint of an all-or-nothing batch, so that it undoes itself."""

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        super().__init__()
        self.outcomes = outcomes


def apply_each(
    request: Request, verdicts: Mapping[int, Verdict], room: Room, state: State
) -> tuple[Outcome, ...]:
    """One outcome an item; a rejected one leaves no trace, later ones see what earlier ones did."""
    keep, savepoint = room.apply(request, state), state.item()
    if not verdicts and room.check is None and room.ends is None:
        return tuple([_kept(item, keep, savepoint) for item in request.items])
    outcomes: list[Outcome] = []
    for item in request.items:
        verdict = verdicts.get(item.index, _CLEAR)
        if room.check is not None:
            verdict = _checked(item, request, verdict, room, state)
        outcome = _not_applied(item, verdict) if verdict.problems else _kept(item, keep, savepoint)
        if verdict.warnings and not verdict.problems:
            outcome = replace(outcome, warnings=verdict.warnings + outcome.warnings)
        outcomes.append(outcome)
        if room.ends is not None and not outcome.accepted and room.ends(item):
            outcomes += [Outcome(rest, Action.SKIPPED) for rest in request.items[item.index + 1 :]]
            break
    return tuple(outcomes)


def apply_all(
    request: Request, verdicts: Mapping[int, Verdict], room: Room, state: State
) -> tuple[Outcome, ...]:
    """As `apply_each`, but one rejected item undoes the batch: the good ones are then skipped."""
    if any(verdict.problems for verdict in verdicts.values()):
        return tuple(_not_applied(item, verdicts.get(item.index, _CLEAR)) for item in request.items)
    try:
        with state.item():
            return _all_or_none(apply_each(request, verdicts, room, state))
    except _TakenBackError as taken_back:
        return tuple(
            Outcome(outcome.item, Action.SKIPPED) if outcome.accepted else outcome
            for outcome in taken_back.outcomes
        )


def _all_or_none(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    if all(outcome.accepted for outcome in outcomes):
        return outcomes
    raise _TakenBackError(outcomes)


def _checked(item: Item, request: Request, verdict: Verdict, room: Room, state: State) -> Verdict:
    """The verdict with what the state has against the item."""
    if room.check is None or not isinstance(item.document, dict):
        return verdict
    found = tuple(room.check(item, request, state))
    return Verdict(verdict.problems + found, verdict.warnings) if found else verdict


def _kept(item: Item, keep: Keep, savepoint: AbstractContextManager[None]) -> Outcome:
    try:
        with savepoint:
            return keep(item)
    except Rejected as rejected:
        return Outcome(item, Action.REJECTED, rejected.document, rejected.problems)


def _not_applied(item: Item, verdict: Verdict) -> Outcome:
    action = Action.REJECTED if verdict.problems else Action.SKIPPED
    return Outcome(item, action, None, verdict.problems, verdict.warnings)
