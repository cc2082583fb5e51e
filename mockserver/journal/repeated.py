"""A recorded call as it is sent again, somewhere else or into another sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.journal.curl import HOP_BY_HOP
from mockserver.journal.entry import Entry
from mockserver.journal.target import below, target
from mockserver.journal.view import View
from mockserver.secrets import is_credential

SANDBOX = "mock-sandbox"
LOSSES: Mapping[str, str] = MappingProxyType(
    {
        "CONNECTION_RESET_BY_PEER": "reset",
        "RANDOM_DATA_THEN_CLOSE": "malformed",
        "EMPTY_RESPONSE": "empty",
        "MALFORMED_RESPONSE_CHUNK": "malformed",
        "WRONG_LENGTH": "truncated",
        "NO_RESPONSE": "timeout",
    }
)
"""The faults of the transport that a client sees as an error, and how, in the words of the case language."""

_OURS = "mock-"
_OF_BODIES = frozenset({"MALFORMED_RESPONSE_CHUNK", "WRONG_LENGTH"})
_BARE_STATUSES = (204, 304)


def loss(entry: Entry) -> str:
    """How the answer is lost on a client, "" where it is not; what breaks bodies leaves one without alone."""
    bare = entry.call.method == "HEAD" or entry.reply.status in _BARE_STATUSES
    return "" if bare and entry.fault in _OF_BODIES else LOSSES.get(entry.fault, "")


def headers(entry: Entry, view: View) -> dict[str, str]:
    """The headers that go with the call wherever it goes; the connection's and the sandbox's name do not."""
    return {
        name: text
        for name, text in view.request_headers(entry).items()
        if name not in HOP_BY_HOP and name != SANDBOX
    }


def in_sandbox(entry: Entry, view: View, sandbox: str) -> tuple[str, Mapping[str, str]]:
    """Target and headers that take the call to another sandbox of the same server."""
    there = f"/{entry.call.vendor}{below_with_query(entry, view)}"
    return there, {**headers(entry, view), SANDBOX: sandbox}


def again(entry: Entry, view: View) -> tuple[str, Mapping[str, str]]:
    """Target and headers that take the call to where it went before."""
    query, named = view.query(entry), entry.call.headers.get(SANDBOX)
    own = {SANDBOX: named} if named is not None else {}
    return f"{target(entry)}{'?' if query else ''}{query}", {**headers(entry, view), **own}


def away(entry: Entry, view: View) -> tuple[str, Mapping[str, str]]:
    """Target and headers that take the call to another server: no credential goes along, no word of ours."""
    kept = {
        name: text
        for name, text in headers(entry, view).items()
        if not is_credential(name) and not name.startswith(_OURS)
    }
    return below_with_query(entry, view), kept


def below_with_query(entry: Entry, view: View) -> str:
    """Path below the vendor and query."""
    query = view.query(entry)
    return f"{below(entry)}{'?' if query else ''}{query}"
