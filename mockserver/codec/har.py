"""Write HTTP archives (HAR 1.2)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from http.client import responses
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.model import Value

HarObject: TypeAlias = Mapping[str, Any]


class HarMessage(Value, frozen=True):
    """A request or response for an archive."""

    headers: Mapping[str, str]
    media_type: str
    body: bytes
    """Bytes of the body that the archive may contain."""
    text: str | None
    """The text of `body`; if it is None, `body` is written as base64."""
    size: int
    """Number of bytes on the wire."""

    def content(self, encoding_member: str) -> HarObject:
        if self.text is not None:
            return {"mimeType": self.media_type, "text": self.text}
        coded = b64encode(self.body).decode()
        return {"mimeType": self.media_type, "text": coded, encoding_member: "base64"}


def har_archive(entries: Iterable[HarObject]) -> HarObject:
    creator = {"name": "mockserver", "version": __version__}
    return {"log": {"version": "1.2", "creator": creator, "entries": list(entries)}}


def har_entry(
    began: str, took_ms: float, request: HarObject, response: HarObject, **own_members: Any
) -> HarObject:
    """Return an entry; `began` is an instant in ISO 8601."""
    return {
        "startedDateTime": began,
        "time": took_ms,
        "request": request,
        "response": response,
        "cache": {},
        "timings": {"send": 0, "wait": took_ms, "receive": 0},
        **own_members,
    }


def har_request(method: str, url: str, message: HarMessage) -> HarObject:
    query = parse_qsl(url.partition("?")[2], keep_blank_values=True)
    return {
        "method": method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(message.headers),
        "queryString": [{"name": name, "value": text} for name, text in query],
        **({"postData": message.content("_encoding")} if message.size else {}),
        "headersSize": -1,
        "bodySize": message.size,
    }


def har_response(status: int, message: HarMessage, redirect: str) -> HarObject:
    """Return the response of an entry. As in browsers, status 0 means that no response was sent."""
    is_sent = status != 0
    return {
        "status": status,
        "statusText": responses.get(status, ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(message.headers) if is_sent else [],
        "content": {"size": message.size, **message.content("encoding")},
        "redirectURL": redirect if is_sent else "",
        "headersSize": -1,
        "bodySize": message.size if is_sent else 0,
    }


def _pairs(headers: Mapping[str, str]) -> list[HarObject]:
    return [{"name": name, "value": text} for name, text in headers.items()]
