"""Room 3: accepted items meet the state, in the order of the wire, each wholly or not at all."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.errors import Rejected
from mockserver.model import Action, Item, Outcome, Verdict
from mockserver.store import State
from mockserver.vendor import Apply, Request

_CLEAR = Verdict()


class _TakeBackError(Exception):
    """Leaves the savepoint of an all-or-nothing batch, so that it undoes itself."""


def apply_each(
    request: Request, verdicts: Mapping[int, Verdict], apply: Apply, state: State
) -> tuple[Outcome, ...]:
    """One outcome an item; a rejected one leaves no trace, later ones see what earlier ones did."""
    outcomes: list[Outcome] = []
    stopped = False
    for item in request.items:
        verdict = verdicts.get(item.index, _CLEAR)
        if stopped:
            outcomes.append(Outcome(item, Action.SKIPPED))
        elif verdict.problems:
            outcomes.append(
                Outcome(item, Action.REJECTED, problems=verdict.problems, warnings=verdict.warnings)
            )
        else:
            outcome, stopped = _apply(item, request, verdict, apply, state)
            outcomes.append(outcome)
    return tuple(outcomes)


def apply_all(
    request: Request, verdicts: Mapping[int, Verdict], apply: Apply, state: State
) -> tuple[Outcome, ...]:
    """As `apply_each`, but one rejected item undoes the batch: the good ones are then skipped."""
    if any(verdict.problems for verdict in verdicts.values()):
        return tuple(_not_applied(item, verdicts.get(item.index, _CLEAR)) for item in request.items)
    outcomes: tuple[Outcome, ...] = ()
    try:
        with state.item():
            outcomes = apply_each(request, verdicts, apply, state)
            if not all(outcome.accepted for outcome in outcomes):
                raise _TakeBackError
    except _TakeBackError:
        return tuple(
            Outcome(outcome.item, Action.SKIPPED) if outcome.accepted else outcome for outcome in outcomes
        )
    return outcomes


def _apply(
    item: Item, request: Request, verdict: Verdict, apply: Apply, state: State
) -> tuple[Outcome, bool]:
    try:
        with state.item():
            applied = apply(item, request, state)
    except Rejected as rejected:
        outcome = Outcome(item, Action.REJECTED, rejected.document, rejected.problems, verdict.warnings)
        return outcome, rejected.last
    warnings = verdict.warnings + applied.warnings
    return Outcome(item, applied.action, applied.document, (), warnings), False


def _not_applied(item: Item, verdict: Verdict) -> Outcome:
    action = Action.REJECTED if verdict.problems else Action.SKIPPED
    return Outcome(item, action, None, verdict.problems, verdict.warnings)
