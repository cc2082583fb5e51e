"""The history of batch payments: what was done to them, and notes.

Source: Xero fact sheet §2.7, §4.9.
"""

from collections.abc import Iterator

from mockserver.model import NOTHING, Action, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.store import State
from mockserver.vendor import Request, record
from mockserver.vendors.xero import batches
from mockserver.vendors.xero.replies import enveloped
from mockserver.vendors.xero.wire import moment_of, ms_instant, ms_now, optional, seconds_of, stamp
from mockserver.vendors.xero.words import say, text

COLLECTION = "history"


def listing(request: Request, state: State) -> Reply:
    """The history of one batch payment, newest first.

    Raises:
        NotFound: the tenant has none of that id.
    """
    key = _document(request)
    record(batches.COLLECTION, key, state)
    found = reversed(state.collection(COLLECTION).find("DocumentID", key))
    return enveloped({"HistoryRecords": [_shown(one) for one in found]}, request.call, state)


def rule(item: Item, request: Request) -> Iterator[Problem]:
    """A note says something."""
    if not item.document.get("Details"):
        batch = request.operation.batch
        yield say("details-missing", (*(batch.items if batch else ()), item.index, "Details"))


def check(_item: Item, request: Request, state: State) -> Iterator[Problem]:
    """A note is about a batch payment that is there.

    Source: Xero fact sheet §3.7.
    """
    if _document(request) not in state.collection(batches.COLLECTION):
        yield say("not-here", ("path", "BatchPaymentID"))


def create(item: Item, request: Request, state: State) -> Outcome:
    """Keep a note."""
    note = enter(_document(request), "history-note", state, item.document["Details"])
    return Outcome(item, Action.CREATED, note)


def enter(key: str, change: str, state: State, details: str = "") -> Document:
    """Write a line into the history of the document `key`; lines are numbered, so that they stay in order."""
    lines = state.collection(COLLECTION)
    number = len(lines.find("DocumentID", key)) + 1
    line = {
        "DocumentID": key,
        "Changes": text(change),
        "User": text("history-user"),
        "Details": details,
        "DateUTC": stamp(state.now),
    }
    lines[f"{key}/{number:06d}"] = line
    return line


def created(outcome: Outcome, _request: Request, _state: State) -> Json:
    """A note in the answer to the call that made it: less than it is shown with, its time without an offset.

    Source: Xero fact sheet §2.7 (the example in the vendor's document).
    """
    note: Document = outcome.document
    return {
        "DateUTCString": seconds_of(note["DateUTC"]),
        "DateUTC": ms_now(moment_of(note["DateUTC"])),
        **optional(note, "Details"),
        "ValidationErrors": [],
    }


def echo(outcome: Outcome, _request: Request, refused: frozenset[Path]) -> dict[str, Json]:
    """A note that was not kept."""
    return {} if ("Details",) in refused else optional(outcome.item.document or NOTHING, "Details")


def _document(request: Request) -> str:
    return str(request.parameters["BatchPaymentID"]).lower()


def _shown(line: Document) -> Json:
    return {
        **optional(line, "Changes"),
        "DateUTCString": seconds_of(line["DateUTC"]),
        "DateUTC": ms_instant(line["DateUTC"]),
        **optional(line, "User", "Details"),
    }
