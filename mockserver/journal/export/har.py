"""Export entries as an HTTP archive (HAR 1.2)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.codec.http import json_reply
from mockserver.codec.instants import print_instant
from mockserver.journal.entry import Entry, request_target
from mockserver.journal.view import View, decode_text, is_text
from mockserver.model import Document, Reply

_MOCK_MEMBERS = frozenset(
    {"number", "sandboxAt", "vendor", "operation", "outcomes", "applied", "fault", "offContract"}
)


def har_archive(entries: Iterable[Entry], view: View) -> Reply:
    """Return the entries as one archive."""
    log = {
        "version": "1.2",
        "creator": {"name": "mockserver", "version": __version__},
        "entries": [_entry(entry, view) for entry in entries],
    }
    return json_reply(200, {"log": log})


def _entry(entry: Entry, view: View) -> Document:
    took_ms = round(entry.duration_ms + entry.delay_ms, 3)
    return {
        "startedDateTime": print_instant(entry.at - timedelta(milliseconds=entry.duration_ms)),
        "time": took_ms,
        "request": _request(entry, view),
        "response": _response(entry, view),
        "cache": {},
        "timings": {"send": 0, "wait": took_ms, "receive": 0},
        "_mock": {name: text for name, text in view.short(entry).items() if name in _MOCK_MEMBERS},
    }


def _request(entry: Entry, view: View) -> Document:
    call, query = entry.call, view.query(entry)
    post_data = {}
    if call.body:
        media_type = call.headers.get("content-type", "")
        text, is_base64 = _body(view.request_bytes(entry), media_type)
        post_data = {
            "postData": {
                "mimeType": media_type,
                "text": text,
                **({"_encoding": "base64"} if is_base64 else {}),
            }
        }
    return {
        "method": call.method,
        "url": f"{call.origin}{request_target(entry)}{'?' if query else ''}{query}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(view.request_headers(entry)),
        "queryString": [
            {"name": name, "value": text} for name, text in parse_qsl(query, keep_blank_values=True)
        ],
        **post_data,
        "headersSize": -1,
        "bodySize": len(call.body),
    }


def _response(entry: Entry, view: View) -> Document:
    """Return the response; status 0 if it was never sent, as browsers write it."""
    reply, sent = entry.reply, entry.status is not None
    headers = view.reply_headers(entry)
    if reply.media_type is not None:
        headers["Content-Type"] = reply.media_type
    text, is_base64 = _body(view.reply_bytes(entry), reply.media_type)
    return {
        "status": reply.status if sent else 0,
        "statusText": _phrase(reply.status) if sent else "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers) if sent else [],
        "content": {
            "size": len(reply.body),
            "mimeType": reply.media_type or "",
            "text": text,
            **({"encoding": "base64"} if is_base64 else {}),
        },
        "redirectURL": headers.get("Location", "") if sent else "",
        "headersSize": -1,
        "bodySize": len(reply.body) if sent else 0,
    }


def _body(body: bytes, media_type: str | None) -> tuple[str, bool]:
    """Return the body as text and False, or as base64 and True."""
    if is_text(body, media_type):
        return decode_text(body, media_type), False
    return b64encode(body).decode(), True


def _pairs(headers: Mapping[str, str]) -> list[Document]:
    return [{"name": name, "value": text} for name, text in headers.items()]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
