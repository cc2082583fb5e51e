"""Scenario faults in Payt's words, and extra outcomes for records that were not sent."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mockserver.model import Action, Document, Fault, Item, Outcome, Problem
from mockserver.vendor import FAULT_RULE, ExtraOutcome, Request
from mockserver.vendors.payt.messages import FAULT_MESSAGES, FAULT_MESSAGES_BY_TYPE, UNKNOWN_RECORD

_BROKEN = "internal"
_UNKNOWN = "unknown-reference"


def fault_problem(what: Fault, item: Item, request: Request) -> Problem:
    """Return the fault as a problem of the whole record; an unknown code is an internal error.

    The vendor gives no status to a record, so that of the fault counts only where it refuses a call.
    """
    batch = request.operation.batch
    kind = str(batch.items[0]) if batch else ""
    path = (kind, item.index) if batch else ()
    return Problem(what.code, path, what.message or _message(what.code, kind), FAULT_RULE, what.status)


def extra_outcome_of(kind: str, *names: str) -> ExtraOutcome:
    """Return a maker of extra outcomes for records of `kind`, identified by `names`.

    The maps hold only what is to be said of a record: a phantom of one that nothing is said of is refused,
    so that its name stands there.
    """

    def made(outcome: Outcome, number: int) -> Outcome:
        name = f"phantom-{number}"
        sent = outcome.item.document
        document: Document = {**(sent if isinstance(sent, dict) else {}), **dict.fromkeys(names, name)}
        item = Item(outcome.item.index, name, document)
        if not outcome.problems and not outcome.warnings:
            problem = Problem(_UNKNOWN, (kind, item.index), _message(_UNKNOWN, kind), FAULT_RULE)
            return Outcome(item, Action.REJECTED, None, (problem,))
        return replace(outcome, item=item, problems=tuple(_with_name(one, name) for one in outcome.problems))

    return made


def _with_name(problem: Problem, name: str) -> Problem:
    """Return the problem of another record; only a kind of failure names the record itself."""
    return replace(problem, found=name) if problem.code == UNKNOWN_RECORD else problem


def _message(code: str, kind: str) -> str:
    own: Mapping[str, str] = FAULT_MESSAGES_BY_TYPE.get(kind, {})
    return own.get(code) or FAULT_MESSAGES.get(code) or FAULT_MESSAGES[_BROKEN]
