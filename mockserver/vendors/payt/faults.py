"""What a scenario lets go wrong with a record, in the vendor's words, and the records that nobody sent.

A text that the sheet has for such a case is taken, else one of ours in its style; which text stands for which
code is assumed. Source: Payt fact sheet §3.3.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from mockserver.model import Action, Document, Fault, Item, Outcome, Problem
from mockserver.vendor import FAULT, Phantom, Request
from mockserver.vendors.payt.checks import NOT_FOUND
from mockserver.vendors.payt.texts import FAULTS, FAULTS_OF

_BROKEN = "internal"
_UNKNOWN = "unknown-reference"


def fault(what: Fault, item: Item, request: Request) -> Problem:
    """The fault as a problem of the whole record; a code that nobody knows is that something broke.

    The vendor gives no status to a record, so that of the fault counts only where it refuses a call.
    """
    batch = request.operation.batch
    kind = str(batch.items[0]) if batch else ""
    path = (kind, item.index) if batch else ()
    return Problem(what.code, path, what.message or _said(what.code, kind), FAULT, what.status)


def phantom(kind: str, *names: str) -> Phantom:
    """Makes phantoms of records of `kind`, which `names` identify.

    The maps hold only what is to be said of a record: a phantom of one that nothing is said of is refused,
    so that its name stands there.
    """

    def made(outcome: Outcome, number: int) -> Outcome:
        name = f"phantom-{number}"
        sent = outcome.item.document
        document: Document = {**(sent if isinstance(sent, dict) else {}), **dict.fromkeys(names, name)}
        item = Item(outcome.item.index, name, document)
        if not outcome.problems and not outcome.warnings:
            problem = Problem(_UNKNOWN, (kind, item.index), _said(_UNKNOWN, kind), FAULT)
            return Outcome(item, Action.REJECTED, None, (problem,))
        return replace(outcome, item=item, problems=tuple(_renamed(one, name) for one in outcome.problems))

    return made


def _renamed(problem: Problem, name: str) -> Problem:
    """The problem of another record; only a kind of failure names the record itself."""
    return replace(problem, found=name) if problem.code == NOT_FOUND else problem


def _said(code: str, kind: str) -> str:
    own: Mapping[str, str] = FAULTS_OF.get(kind, {})
    return own.get(code) or FAULTS.get(code) or FAULTS[_BROKEN]
