"""Export entries as an HTTP archive (HAR 1.2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from mockserver.codec.har import HarMessage, HarObject, har_entry, har_request, har_response
from mockserver.codec.har import har_archive as archive_of
from mockserver.codec.http import json_reply
from mockserver.codec.instants import print_instant
from mockserver.journal.entry import Entry, request_target
from mockserver.journal.view import View, decode_text, is_text
from mockserver.model import Reply

_MOCK_MEMBERS = frozenset(
    {"number", "sandboxAt", "vendor", "operation", "outcomes", "applied", "fault", "offContract"}
)


def har_archive(entries: Iterable[Entry], view: View) -> Reply:
    """Return the entries as one archive."""
    return json_reply(200, archive_of(_entry(entry, view) for entry in entries))


def _entry(entry: Entry, view: View) -> HarObject:
    began = print_instant(entry.at - timedelta(milliseconds=entry.duration_ms))
    took_ms = round(entry.duration_ms + entry.delay_ms, 3)
    own = {name: text for name, text in view.short(entry).items() if name in _MOCK_MEMBERS}
    return har_entry(began, took_ms, _request(entry, view), _response(entry, view), _mock=own)


def _request(entry: Entry, view: View) -> HarObject:
    call, query = entry.call, view.query(entry)
    url = f"{call.origin}{request_target(entry)}{'?' if query else ''}{query}"
    media_type, body = call.headers.get("content-type", ""), view.request_bytes(entry)
    text = decode_text(body, media_type) if is_text(body, media_type) else None
    return har_request(
        call.method, url, HarMessage(view.request_headers(entry), media_type, body, text, len(call.body))
    )


def _response(entry: Entry, view: View) -> HarObject:
    reply, body = entry.reply, view.reply_bytes(entry)
    headers = view.reply_headers(entry)
    if reply.media_type is not None:
        headers["Content-Type"] = reply.media_type
    text = decode_text(body, reply.media_type) if is_text(body, reply.media_type) else None
    message = HarMessage(headers, reply.media_type or "", body, text, len(reply.body))
    return har_response(entry.status or 0, message, headers.get("Location", ""))
