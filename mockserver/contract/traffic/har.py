"""Read exchanges from a HAR file."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from mockserver.codec.instants import parse_instant
from mockserver.codec.redaction import MASK
from mockserver.contract.exchange import Exchange, Request, Response

_NOT_SENT = (":", "content-length", "transfer-encoding", "connection", "host", "accept-encoding")
"""Beginnings of header names that belong to a connection, not to a call."""
_FIRST = datetime.min.replace(tzinfo=UTC)
_NOT_CAME = ("content-length", "transfer-encoding", "content-encoding", "connection")


class InvalidArchiveError(ValueError):
    """The file is no archive; the text says what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """A recorded exchange: `number` counts from 1, `url` is the request's, `at` its start or None.

    The request's path is the URL's, with its query. A status of 0 says that no answer came. `beginning` are
    the members of the sandbox that an archive of ours says to create for its calls, None in others; `state`
    are the documents to merge before this one.
    """

    number: int
    url: str
    at: datetime | None
    exchange: Exchange
    beginning: Mapping[str, Any] | None = None
    state: Mapping[str, Any] = field(default_factory=dict)


def read_har(text: str) -> tuple[RecordedExchange, ...]:
    """Return the exchanges of an archive, in the order in which they began.

    Raises:
        InvalidArchiveError: it is no HAR, or one of its entries is none.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArchiveError(f"it is no JSON: {error}") from None
    entries = document.get("log", {}).get("entries") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise InvalidArchiveError("it has no /log/entries: expected an HTTP archive, HAR 1.2")
    beginning = (document["log"].get("_mockserver") or {}).get("sandbox")
    found = [_recorded(number, entry, beginning) for number, entry in enumerate(entries, 1)]
    return tuple(sorted(found, key=lambda one: one.at or _FIRST))


def _recorded(number: int, entry: Any, beginning: Mapping[str, Any] | None) -> RecordedExchange:
    where = f"/log/entries/{number - 1}"
    try:
        sent, came = entry["request"], entry["response"]
        parts = urlsplit(sent["url"])
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        request = Request(str(sent["method"]).upper(), path, _headers(sent, _NOT_SENT), _posted(sent))
        headers = _headers(came, _NOT_CAME)
        content = came.get("content") or {}
        if content.get("mimeType"):
            headers.setdefault("content-type", str(content["mimeType"]))
        response = Response(int(came["status"]), headers, _content(content))
        at = _at(entry)
        own = entry.get("_mockserver") or {}
        if beginning is not None and own:
            request = _sent_request(request, own["sent"])
        state = dict(own.get("state") or {})
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise InvalidArchiveError(
            f"{where} is no entry of an archive: {type(error).__name__} {error}"
        ) from None
    return RecordedExchange(number, str(sent["url"]), at, Exchange(request, response), beginning, state)


def _sent_request(request: Request, sent: Mapping[str, Any]) -> Request:
    """Return the request as our own archives have it to be sent again; above, credentials are cut."""
    headers = {str(name): str(text) for name, text in sent["headers"].items()}
    is_cut = MASK.encode() in request.body
    return replace(
        request,
        headers=headers,
        body=b64decode(sent["base64"], validate=True) if is_cut else request.body,
    )


def _at(entry: Mapping[str, Any]) -> datetime | None:
    """By the sandbox's clock where the entry is one of ours, else when it began."""
    own = entry.get("_mock") or {}
    text = own.get("sandboxAt") or entry.get("startedDateTime")
    return parse_instant(str(text)) if text else None


def _headers(part: Mapping[str, Any], left_out: tuple[str, ...]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in _pairs(part.get("headers")):
        lower = name.lower()
        if not lower.startswith(left_out):
            headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    return headers


def _pairs(listed: Any) -> Iterator[tuple[str, str]]:
    for one in listed or ():
        yield str(one["name"]), str(one.get("value", ""))


def _posted(sent: Mapping[str, Any]) -> bytes:
    posted = sent.get("postData") or {}
    text = posted.get("text")
    if text is None:
        return urlencode(list(_pairs(posted.get("params")))).encode()
    if (posted.get("_encoding") or posted.get("encoding")) == "base64":
        return b64decode(text, validate=True)
    return str(text).encode("utf-8", "surrogatepass")


def _content(content: Mapping[str, Any]) -> bytes:
    text = content.get("text") or ""
    if content.get("encoding") == "base64":
        return b64decode(text, validate=True)
    return str(text).encode("utf-8", "surrogatepass")
