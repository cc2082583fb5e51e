"""What the operations do: invoices are pushed, as a list or alone, and the helper GETs show what is stored.

Source: PVEx fact sheet §1.1, §4.
"""

from __future__ import annotations

from msgspec.structs import replace

from mockserver.errors import Invalid, NotFound
from mockserver.model import Document, Item, Problem, Reply
from mockserver.store import State
from mockserver.vendor import FAULT, BatchResult, Request
from mockserver.vendors.pvex.faults import Subject, model_state
from mockserver.vendors.pvex.keeping import INVOICES, keeper
from mockserver.vendors.pvex.manner import Manner
from mockserver.vendors.pvex.reading import reading_of
from mockserver.vendors.pvex.render import (
    CRASHES,
    Error,
    error_reply,
    invoice_reply,
    invoices_reply,
    storing_failed,
    success_reply,
)
from mockserver.vendors.pvex.rules import of_invoice
from mockserver.vendors.pvex.words import INVALID


def batch_reply(result: BatchResult, _state: State) -> Reply:
    """All or nothing: a success, every fault of every invoice, or the failure of the database.

    No invoice has a status of its own, so that one which a scenario sets is that of the answer.
    Source: PVEx fact sheet §3.2.
    """
    problems = [problem for outcome in result.outcomes for problem in outcome.problems]
    if not problems:
        stored = [one.document for one in result.outcomes if one.document is not None]
        return success_reply(result.request.call, stored)
    reply = _refused(result, problems)
    status = next((one.expected for one in problems if one.rule == FAULT and one.expected is not None), None)
    return reply if status is None else replace(reply, status=status)


def _refused(result: BatchResult, problems: list[Problem]) -> Reply:
    call = result.request.call
    failed = [problem for problem in problems if problem.code in CRASHES]
    if len(failed) == len(problems):
        return storing_failed(call, failed[0])
    state = model_state(Manner(call, listed=True), _subjects(result))
    return error_reply(call, Error(400, INVALID, state))


def store_one(request: Request, state: State) -> Reply:
    """Insert or replace a single invoice.

    Source: PVEx fact sheet §1.1 row 2.

    Raises:
        Invalid: something is wrong with it that its schema cannot say; the refusal finds it again.
        Rejected: it is there and may not be, or storing fails.
    """
    reading = reading_of(request.media_type)
    if any(of_invoice(0, request.document, reading, request.call.assumptions)):
        raise Invalid((), request.document)
    outcome = keeper(request, state).keep(Item(0, "", request.document))
    return success_reply(request.call, [outcome.document], listed=False)


def list_invoices(request: Request, state: State) -> Reply:
    """Helper GET: all invoices, deleted ones too, unless the query narrows them.

    Source: PVEx fact sheet §4 row 4.
    """
    wanted = request.parameters.get("deleted")
    found = [
        invoice
        for invoice in _of_subscriber(request, state)
        if wanted is None or bool(invoice["Deleted"]) is wanted
    ]
    return invoices_reply(request.call, found)


def show_invoice(request: Request, state: State) -> Reply:
    """Helper GET: the first invoice of that `Id`; `subscriberId` narrows (design §8.9)."""
    wanted = str(request.parameters["id"])
    subscriber = request.parameters.get("subscriberId")
    for invoice in state.collection(INVOICES).find("Id", wanted):
        if subscriber is None or invoice["SubscriberId"] == subscriber:
            return invoice_reply(request.call, invoice)
    raise NotFound(INVOICES, wanted)


def _subjects(result: BatchResult) -> list[Subject]:
    sent = result.request.document
    return [
        Subject(
            outcome.item.index,
            sent[outcome.item.index],
            outcome.item.document,
            tuple(problem for problem in outcome.problems if problem.code not in CRASHES),
        )
        for outcome in result.outcomes
        if outcome.problems
    ]


def _of_subscriber(request: Request, state: State) -> list[Document]:
    invoices = state.collection(INVOICES)
    subscriber = request.parameters.get("subscriberId")
    return list(invoices.values()) if subscriber is None else invoices.find("SubscriberId", subscriber)
