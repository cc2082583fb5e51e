"""Calls as a file for other tools: an HTTP archive (HAR 1.2) or a Postman collection."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mockserver.codec import json
from mockserver.codec.har import HarMessage, HarObject, har_entry, har_request, har_response
from mockserver.codec.har import har_archive as archive_of
from mockserver.codec.instants import print_instant
from mockserver.journal.entry import Entry
from mockserver.journal.export.story import DEFAULT_URL, Story, StoryCall, UnsuitableFormError
from mockserver.journal.view import View, decode_text, is_text
from mockserver.model import Document, Json

_MOCK_MEMBERS = frozenset(
    {"number", "sandboxAt", "vendor", "operation", "outcomes", "applied", "fault", "offContract"}
)

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_CONTROL = "/_mock/sandboxes"
_OWN_HEADERS = ("accept", "accept-encoding", "cache-control", "content-type", "postman-token", "user-agent")
"""Headers that Postman adds by itself."""

_JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json"}


def har_archive(entries: Iterable[Entry], view: View, reason: str = "", ledger: str = "") -> bytes:
    """Return the entries as a HAR archive. `reason` tells why a replay would differ; "" adds no reason."""
    archive = archive_of(_entry(entry, view) for entry in entries)
    own = {"reproducible": False, "reason": reason}
    return json.encode(_with_own(archive, ledger, own) if reason else archive)


def har_story(story: Story) -> bytes:
    """Return the story as a HAR archive.

    `/log/_mockserver` has the members of the sandbox to create. `_mockserver` in each entry has the clock and
    the documents to set before the call, the request to send, and the expected results.
    """
    view = View(story.shown)
    archive = archive_of(_story_entry(call, view) for call in story.calls)
    own = {"reproducible": True, "sandbox": story.beginning}
    return json.encode(_with_own(archive, story.ledger, own))


def _with_own(archive: HarObject, ledger: str, own: HarObject) -> HarObject:
    return {"log": {"comment": ledger, **archive["log"], "_mockserver": own}}


def _story_entry(call: StoryCall, view: View) -> HarObject:
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
            "status": call.entry.status,
            "lost": call.loss or None,
            "outcomes": call.entry.decided.counts,
            "items": [{"key": key, "action": action} for key, action in call.items],
        },
    }
    return {**_entry(call.entry, view), "_mockserver": own}


def _entry(entry: Entry, view: View) -> HarObject:
    took_ms = round(entry.duration_ms + entry.delay_ms, 3)
    own = {name: text for name, text in view.short(entry).items() if name in _MOCK_MEMBERS}
    return har_entry(
        print_instant(entry.began), took_ms, _recorded_request(entry, view), _response(entry, view), _mock=own
    )


def _recorded_request(entry: Entry, view: View) -> HarObject:
    call, url = entry.call, f"{entry.call.origin}{view.target(entry)}"
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


def postman_collection(story: Story) -> bytes:
    """Return the story as a Postman collection, whose requests must run in order.

    Raises UnsuitableFormError if Postman cannot send a call, or cannot test its answer.
    """
    name = f"story-{story.stem}"
    collection = {
        "info": {
            "name": f"mockserver: {story.title}",
            "description": (
                f"{story.ledger}\n\n"
                "Run the requests in order. The first ones make a sandbox with the state that the calls met, "
                "the last one deletes it. baseUrl is the address of the mockserver."
            ),
            "schema": _SCHEMA,
        },
        "variable": [
            {"key": "baseUrl", "value": DEFAULT_URL},
            {"key": "sandbox", "value": name},
            {"key": "controlToken", "value": "none"},
        ],
        "item": list(_items(story)),
    }
    return json.encode(collection)


def _items(story: Story) -> Iterator[Document]:
    yield _control("delete the sandbox of an earlier run", "DELETE", "/{{sandbox}}", None, (204, 404))
    body = {**story.beginning, "name": "{{sandbox}}"}
    _check_literal(json.encode(story.beginning).decode(), "the scenarios of the sandbox have")
    yield _control("make the sandbox", "POST", "", body, (201,))
    for number, call in enumerate(story.calls, 1):
        _check(call)
        for what, method, below, document in call.changes:
            name = f"{what} before call {call.number}"
            yield _control(name, method, f"/{{{{sandbox}}}}{below}", document, (200,))
        yield _call(call)
        yield _outcomes(number, call)
    yield _control("delete the sandbox", "DELETE", "/{{sandbox}}", None, (204,))


def _check(call: StoryCall) -> None:
    what = f"call {call.number}"
    if call.loss:
        raise UnsuitableFormError(f"{what} has no answer ({call.loss}), and Postman cannot test that")
    if not is_text(call.body, None):
        raise UnsuitableFormError(f"{what} has a binary body, which a Postman collection cannot hold")
    sent = f"{call.target}{call.headers}{call.body.decode()}{json.encode(call.state).decode()}"
    _check_literal(sent, f"{what} has")
    path = call.target.partition("?")[0]
    if any(segment.startswith(":") for segment in path.split("/")):
        raise UnsuitableFormError(
            f"{what} has a path segment with a colon, which Postman reads as a variable"
        )
    if any(not text.isascii() for text in call.headers.values()):
        raise UnsuitableFormError(f"{what} has a header that is not ASCII")


def _check_literal(text: str, what: str) -> None:
    if "{{" in text:
        raise UnsuitableFormError(f"{what} {{{{, which Postman reads as a variable")


def _control(name: str, method: str, below: str, body: Json, statuses: Sequence[int]) -> Document:
    content = None if body is None else json.encode(body).decode()
    headers = {**(_JSON_HEADERS if content else {}), "authorization": "Bearer {{controlToken}}"}
    test = f"pm.expect(pm.response.code).to.be.oneOf({json.encode(list(statuses)).decode()});"
    return _item(name, _postman_request(method, f"{_CONTROL}{below}", headers, content), [test])


def _call(call: StoryCall) -> Document:
    headers = {"mock-sandbox": "{{sandbox}}", **call.headers}
    request = _postman_request(call.method, call.path_and_query, headers, call.body.decode() or None)
    unwanted = {name: True for name in _OWN_HEADERS if name not in call.headers}
    behaviour = {
        "disableBodyPruning": True,
        "followRedirects": False,
        "disableUrlEncoding": True,
        "disabledSystemHeaders": unwanted,
    }
    test = f"pm.response.to.have.status({call.entry.status});"
    name = f"call {call.number}: {call.method} {call.entry.call.path}"
    return {**_item(name, request, [test]), "protocolProfileBehavior": behaviour}


def _outcomes(number: int, call: StoryCall) -> Document:
    actions = json.encode([action for _, action in call.items]).decode()
    outcomes = json.encode(call.entry.decided.counts).decode()
    tests = [
        f"pm.expect(pm.response.json().outcomes).to.eql({outcomes});",
        f"pm.expect(pm.response.json().decided.map(one => one.action)).to.eql({actions});",
    ]
    headers = {"authorization": "Bearer {{controlToken}}"}
    request = _postman_request("GET", f"{_CONTROL}/{{{{sandbox}}}}/journal/{number}", headers, None)
    return _item(f"outcomes of call {call.number}", request, tests)


def _postman_request(method: str, target: str, headers: Mapping[str, str], body: str | None) -> Document:
    path, mark, query = target.partition("?")
    url: dict[str, Json] = {
        "raw": f"{{{{baseUrl}}}}{target}",
        "host": ["{{baseUrl}}"],
        "path": path.split("/")[1:],
    }
    if mark:
        parts = (part.partition("=") for part in query.split("&"))
        url["query"] = [{"key": name, "value": value if equals else None} for name, equals, value in parts]
    return {
        "method": method,
        "header": [{"key": name, "value": text} for name, text in headers.items()],
        "url": url,
        **({} if body is None else {"body": {"mode": "raw", "raw": body}}),
    }


def _item(name: str, request: Document, tests: Sequence[str]) -> Document:
    lines = [f"pm.test({json.encode(name).decode()}, () => {{", *(f"  {test}" for test in tests), "});"]
    script = {"type": "text/javascript", "exec": lines}
    return {"name": name, "request": request, "event": [{"listen": "test", "script": script}]}
