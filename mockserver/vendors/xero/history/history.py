"""History lines of documents: write, read and represent them.

Source: docs/vendors/xero.md#history.
"""

from mockserver.model import Document, Json
from mockserver.sandbox.store import State
from mockserver.vendors.xero.dates import cut_to_seconds, print_instant_ms, stored_instant
from mockserver.vendors.xero.messages import message_text
from mockserver.vendors.xero.replies.envelope import pick_members

HISTORY = "history"


def add_history_line(key: str, change: str, state: State, details: str = "") -> Document:
    """Write a line into the history of the document `key`; lines are numbered, so that they stay in order."""
    lines = state.collection(HISTORY)
    number = lines.count("DocumentID", key) + 1
    line = {
        "DocumentID": key,
        "Changes": message_text(change),
        "User": message_text("history-user"),
        "Details": details,
        "DateUTC": stored_instant(state.now),
    }
    lines[f"{key}/{number:06d}"] = line
    return line


def history_of(key: str, state: State) -> list[Json]:
    """Return the history of the document `key` as the vendor shows it, newest first."""
    return [_represent_line(one) for one in reversed(state.collection(HISTORY).find("DocumentID", key))]


def _represent_line(line: Document) -> Json:
    return {
        **pick_members(line, "Changes"),
        "DateUTCString": cut_to_seconds(line["DateUTC"]),
        "DateUTC": print_instant_ms(line["DateUTC"]),
        **pick_members(line, "User", "Details"),
    }
