"""History of batch payments: automatic entries and notes.

Source: docs/vendors/xero.md#small-objects, #state.
"""

from collections.abc import Iterator

from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Request, find_record
from mockserver.vendors.xero import payments
from mockserver.vendors.xero.dates import (
    cut_to_seconds,
    parse_stored,
    print_instant_ms,
    print_now_ms,
    stored_instant,
)
from mockserver.vendors.xero.messages import make_problem, message_text
from mockserver.vendors.xero.replies.envelope import id_parameter, pick_members, success_reply

HISTORY = "history"


def list_history(request: Request, state: State) -> Reply:
    """Return the history of one batch payment, newest first.

    Raises:
        NotFound: the tenant has none of that id.
    """
    key = _batch_payment_id(request)
    find_record(payments.BATCH_PAYMENTS, key, state)
    found = reversed(state.collection(HISTORY).find("DocumentID", key))
    return success_reply({"HistoryRecords": [_represent_line(one) for one in found]}, request.call, state)


def note_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield a note says something."""
    if not item.document.get("Details"):
        batch = request.operation.batch
        yield make_problem("details-missing", (*(batch.items if batch else ()), item.index, "Details"))


def check_note(_item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield a note is about a batch payment that is there.

    Source: docs/vendors/xero.md#messages.
    """
    if _batch_payment_id(request) not in state.collection(payments.BATCH_PAYMENTS):
        yield make_problem("not-here", ("path", "BatchPaymentID"))


def create_note(item: Item, request: Request, state: State) -> Outcome:
    """Keep a note."""
    note = add_history_line(_batch_payment_id(request), "history-note", state, item.document["Details"])
    return Outcome(item, Action.CREATED, note)


def add_history_line(key: str, change: str, state: State, details: str = "") -> Document:
    """Write a line into the history of the document `key`; lines are numbered, so that they stay in order."""
    lines = state.collection(HISTORY)
    number = len(lines.find("DocumentID", key)) + 1
    line = {
        "DocumentID": key,
        "Changes": message_text(change),
        "User": message_text("history-user"),
        "Details": details,
        "DateUTC": stored_instant(state.now),
    }
    lines[f"{key}/{number:06d}"] = line
    return line


def represent_created_note(outcome: Outcome, _request: Request, _state: State) -> Json:
    """Represent a note in the reply to its creation: fewer members, a time without offset.

    Source: docs/vendors/xero.md#small-objects (the example in the vendor's document).
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


def _batch_payment_id(request: Request) -> str:
    return id_parameter(request, "BatchPaymentID")


def _represent_line(line: Document) -> Json:
    return {
        **pick_members(line, "Changes"),
        "DateUTCString": cut_to_seconds(line["DateUTC"]),
        "DateUTC": print_instant_ms(line["DateUTC"]),
        **pick_members(line, "User", "Details"),
    }
