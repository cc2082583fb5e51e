"""Export entries as an HTTP archive (HAR 1.2), with what is needed to send them again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import timedelta

from mockserver.codec.har import HarMessage, HarObject, har_entry, har_request, har_response
from mockserver.codec.har import har_archive as archive_of
from mockserver.codec.http import json_reply
from mockserver.codec.instants import print_instant
from mockserver.journal.entry import Entry, request_target
from mockserver.journal.export.story import Story, StoryCall
from mockserver.journal.view import View, decode_text, is_text
from mockserver.model import Json, Reply

_MOCK_MEMBERS = frozenset(
    {"number", "sandboxAt", "vendor", "operation", "outcomes", "applied", "fault", "offContract"}
)


def har_archive(entries: Iterable[Entry], view: View, reason: str = "") -> Reply:
    """Return the entries as one archive, which says why they cannot be sent again with the same result."""
    archive = archive_of(_entry(entry, view) for entry in entries)
    return json_reply(
        200, _with_own(archive, {"reproducible": False, "reason": reason}) if reason else archive
    )


def har_story(story: Story, view: View) -> Reply:
    """Return the story as one archive.

    `/log/_mockserver` has the members of the sandbox to create, and each entry in `_mockserver` the clock and
    the documents to set before its call, the call as it is to be sent, and the expected item results.
    """
    archive = archive_of(_story_entry(call, view) for call in story.calls)
    return json_reply(200, _with_own(archive, {"reproducible": True, "sandbox": story.beginning}))


def _with_own(archive: HarObject, own: HarObject) -> HarObject:
    return {"log": {**archive["log"], "_mockserver": own}}


def _story_entry(call: StoryCall, view: View) -> HarObject:
    entry, expected = _entry(call.entry, view), call.expected
    sent: dict[str, Json] = {
        "target": call.path_and_query,
        "headers": dict(call.headers),
        "base64": b64encode(call.body).decode(),
    }
    own = {
        "clock": call.clock or None,
        "state": call.state,
        "sent": sent,
        "expected": {
            "status": expected.status,
            "lost": expected.loss or None,
            "outcomes": expected.outcomes,
            "items": [{"key": key, "action": action} for key, action in expected.items],
        },
    }
    return {**entry, "_mockserver": own}


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
