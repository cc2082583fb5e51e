"""Send a reply as ASGI messages, and the headers of a vendor's reply."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from starlette.types import Send
from werkzeug.datastructures import Headers
from werkzeug.http import remove_entity_headers

from mockserver.model import Reply

_BODILESS_STATUSES = (204, 304)
_FRAMING = frozenset({"content-length", "content-type"})


async def send_reply(reply: Reply, send: Send) -> None:
    """Send a reply with its Content-Length, unless its status has no body."""
    headers = _encode(reply.headers)
    if reply.media_type is not None:
        headers.append((b"content-type", reply.media_type.encode("latin-1")))
    if reply.status not in _BODILESS_STATUSES:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    start: dict[str, Any] = {"type": "http.response.start", "status": reply.status, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": reply.body})


def vendor_headers(reply: Reply) -> list[tuple[bytes, bytes]]:
    """Return all headers of a vendor's reply for ASGI, each name as the vendor spells it.

    Raises:
        ValueError: a header has a line break, or a character outside of Latin-1.
    """
    names = {name.lower() for name, _ in reply.headers}
    if reply.status in _BODILESS_STATUSES or not _FRAMING.isdisjoint(names):
        return _encode(_framed(reply))
    headers = _encode([(name, _on_one_line(text)) for name, text in reply.headers])
    headers.append((b"Content-Length", b"%d" % len(reply.body)))
    if reply.media_type is not None:
        headers.append((b"Content-Type", reply.media_type.encode("latin-1")))
    return headers


def _framed(reply: Reply) -> Headers:
    """Return the headers with length and type, without those that the status forbids.

    Source: RFC 9110 §8.6, §15.4.5.
    """
    headers = Headers(list(reply.headers))
    headers.set("Content-Length", str(len(reply.body)))
    if reply.media_type is not None:
        headers.set("Content-Type", reply.media_type)
    if reply.status == HTTPStatus.NO_CONTENT:
        headers.remove("Content-Length")
    elif reply.status == HTTPStatus.NOT_MODIFIED:
        remove_entity_headers(headers)
    return headers


def _encode(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers]


def _on_one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError("a header must not contain line breaks")
    return text
