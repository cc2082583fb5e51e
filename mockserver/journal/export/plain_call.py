"""What a command of any tool needs to send a recorded call alone: address, headers, body as text or bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.journal.entry import HOP_BY_HOP, Entry, request_target
from mockserver.journal.view import View, is_text


@dataclass(frozen=True, slots=True)
class PlainCall:
    """A call to be sent again; header names are lower case, `text` is None if the body is not UTF-8 text."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    text: str | None


def plain_call(entry: Entry, view: View) -> PlainCall:
    """Return the call as it is to be sent, with the credentials that the view shows."""
    call, body, query = entry.call, view.request_bytes(entry), view.query(entry)
    return PlainCall(
        call.method,
        f"{call.origin}{request_target(entry)}{'?' if query else ''}{query}",
        {name: text for name, text in view.request_headers(entry).items() if name not in HOP_BY_HOP},
        body,
        _utf_8_text(body) if is_text(body, call.headers.get("content-type")) else None,
    )


def _utf_8_text(octets: bytes) -> str | None:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return None
