"""Apply accepted items to the state in request order, each item or the whole batch atomically."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mockserver.errors import Rejected
from mockserver.model import Action, Item, Outcome, Verdict
from mockserver.sandbox.store import State
from mockserver.vendor import CheckItem, CompleteBatchHandler, Request

_NO_PROBLEMS = Verdict()


class _RollbackError(Exception):
    """Raised to undo the savepoint of an atomic batch."""

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        super().__init__()
        self.outcomes = outcomes


def apply_each(
    request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
) -> tuple[Outcome, ...]:
    """Return one outcome an item; a rejected one leaves no trace, later ones see what earlier ones did."""
    outcomes: list[Outcome] = []
    keep, check, check_bad, ends = (
        handler.apply(request, state),
        handler.check,
        handler.check_bad,
        handler.aborts_batch,
    )
    set_mark = state.mark
    for item in request.items:
        verdict = _NO_PROBLEMS if check is None else _check_item(item, request, check, state)
        if verdicts and item.index in verdicts:
            verdict = _merge_verdicts(verdicts[item.index], verdict)
            if check_bad is not None and verdict.problems:
                verdict = _merge_verdicts(verdict, _check_item(item, request, check_bad, state))
        if verdict is not _NO_PROBLEMS and verdict.problems:
            outcome = _unapplied_outcome(item, verdict)
        else:
            mark = set_mark()
            try:
                outcome = keep(item)
            except Rejected as rejected:
                state.undo_to(mark)
                outcome = Outcome(item, Action.REJECTED, rejected.document, rejected.problems)
            if verdict is not _NO_PROBLEMS:
                outcome = replace(outcome, warnings=verdict.warnings + outcome.warnings)
        outcomes.append(outcome)
        if ends is not None and not outcome.accepted and ends(item):
            outcomes += [Outcome(rest, Action.SKIPPED) for rest in request.items[item.index + 1 :]]
            break
    return tuple(outcomes)


def apply_all(
    request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
) -> tuple[Outcome, ...]:
    """Apply like `apply_each`, but undo the batch if one item is rejected; good items are then skipped."""
    if any(verdict.problems for verdict in verdicts.values()):
        return tuple(
            _unapplied_outcome(item, verdicts.get(item.index, _NO_PROBLEMS)) for item in request.items
        )
    try:
        with state.item():
            return _all_or_none(apply_each(request, verdicts, handler, state))
    except _RollbackError as taken_back:
        return tuple(
            Outcome(outcome.item, Action.SKIPPED) if outcome.accepted else outcome
            for outcome in taken_back.outcomes
        )


def _all_or_none(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    if all(outcome.accepted for outcome in outcomes):
        return outcomes
    raise _RollbackError(outcomes)


def _check_item(item: Item, request: Request, check: CheckItem, state: State) -> Verdict:
    """Return what the state has against the item."""
    found = tuple(check(item, request, state)) if isinstance(item.document, dict) else ()
    return Verdict(found) if found else _NO_PROBLEMS


def _merge_verdicts(first: Verdict, second: Verdict) -> Verdict:
    if second is _NO_PROBLEMS:
        return first
    return Verdict(first.problems + second.problems, first.warnings + second.warnings)


def _unapplied_outcome(item: Item, verdict: Verdict) -> Outcome:
    action = Action.REJECTED if verdict.problems else Action.SKIPPED
    return Outcome(item, action, None, verdict.problems, verdict.warnings)
