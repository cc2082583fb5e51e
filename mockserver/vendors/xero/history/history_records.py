"""Operations on the history of documents: list its lines, add notes; the same for every kind of document.

Source: docs/vendors/xero.md#history.
"""

from collections.abc import Iterator, Mapping

from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, Handler, Request, find_record, store_each
from mockserver.vendors.xero import refusals
from mockserver.vendors.xero.dates import cut_to_seconds, parse_stored, print_now_ms
from mockserver.vendors.xero.faults import extra_outcome
from mockserver.vendors.xero.history.history import add_history_line, history_of
from mockserver.vendors.xero.invoices.storage import INVOICES, PAYMENTS
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.payments.payments import BATCH_PAYMENTS
from mockserver.vendors.xero.replies.batch_results import render_results
from mockserver.vendors.xero.replies.envelope import id_parameter, pick_members, success_reply

_COLLECTIONS: Mapping[str, str] = {
    "BatchPaymentID": BATCH_PAYMENTS,
    "InvoiceID": INVOICES,
    "PaymentID": PAYMENTS,
}
"""Where the documents with a history are stored, by the parameter that names one."""


def list_history(request: Request, state: State) -> Reply:
    """Return the history of one document, newest first.

    Raises:
        NotFound: the tenant has none of that id.
    """
    name = _id_name(request)
    key = id_parameter(request, name)
    find_record(_COLLECTIONS[name], key, state)
    return success_reply({"HistoryRecords": history_of(key, state)}, request.call, state)


def note_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield a note says something."""
    if not item.document.get("Details"):
        batch = request.operation.batch
        yield make_problem("details-missing", (*(batch.items if batch else ()), item.index, "Details"))


def check_note(_item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield a note is about a document that is there.

    Source: docs/vendors/xero.md#messages.
    """
    name = _id_name(request)
    if id_parameter(request, name) not in state.collection(_COLLECTIONS[name]):
        yield make_problem("not-here", ("path", name))


def create_note(item: Item, request: Request, state: State) -> Outcome:
    """Keep a note."""
    key = id_parameter(request, _id_name(request))
    return Outcome(
        item, Action.CREATED, add_history_line(key, "history-note", state, item.document["Details"])
    )


def represent_created_note(outcome: Outcome, _request: Request, _state: State) -> Json:
    """Represent a note in the reply to its creation: fewer members, a time without offset.

    Source: docs/vendors/xero.md#history (the example in the vendor's document).
    """
    note: Document = outcome.document
    return {
        "DateUTCString": cut_to_seconds(note["DateUTC"]),
        "DateUTC": print_now_ms(parse_stored(note["DateUTC"])),
        **pick_members(note, "Details"),
        "ValidationErrors": [],
    }


def represent_rejected_note(outcome: Outcome, _request: Request, omitted: frozenset[Path]) -> dict[str, Json]:
    """Return a note that was not kept."""
    return {} if ("Details",) in omitted else pick_members(outcome.item.document or EMPTY, "Details")


def _id_name(request: Request) -> str:
    return next(name for name in _COLLECTIONS if name in request.parameters)


_NOTES = BatchHandler(
    check=check_note,
    apply=store_each(create_note),
    render=render_results("HistoryRecords", represent_created_note, represent_rejected_note),
    rules=(refusals.nul_problems, note_problems),
    extra_outcome=extra_outcome("Details"),
)
BATCHES: Mapping[str, BatchHandler] = dict.fromkeys(
    ("createBatchPaymentHistoryRecord", "createInvoiceHistory", "createPaymentHistory"), _NOTES
)
OPERATIONS: Mapping[str, Handler] = dict.fromkeys(
    ("getBatchPaymentHistory", "getInvoiceHistory", "getPaymentHistory"), list_history
)
