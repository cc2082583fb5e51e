"""Reading of request bodies, sending of replies, and recording of calls in the journal."""

from __future__ import annotations

import re
from asyncio import to_thread
from collections.abc import Callable, Mapping
from time import perf_counter

from msgspec.structs import replace
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Send

from mockserver.codec.content_codings import decode
from mockserver.codec.http import is_json_type, parse_content_type
from mockserver.codec.lines import is_lines_type
from mockserver.errors import Refusal, TooLarge
from mockserver.journal.journal import Journal
from mockserver.journal.sent_headers import marked_headers, vendor_headers
from mockserver.model import Answer, Call, Reply, Value
from mockserver.sandbox.clock import Clock, system_clock

_LENGTH = re.compile("[0-9]{1,19}")

MAX_VALUES = 300_000
"""Maximum number of values in a body (a high body limit allows more); nothing can interrupt the decoder."""

_BYTES_A_VALUE = 30
_QUICK_CODED = 4096
"""Maximum bytes of a coded body that is decoded outside a thread; decoded, it may be 1,000 times as long."""


class Body(Value, frozen=True):
    headers: Mapping[str, str]
    content: bytes = b""
    refusal: Refusal | None = None
    received: bytes | None = None
    """The body with its content coding; None if it is too large."""


async def read_decoded_body(receive: Receive, headers: Mapping[str, str], limit: int) -> Body:
    """Read and decode a body of at most `limit` bytes; if that fails, `Body.refusal` says why.

    If decoding fails, return the body as received, unless it exceeds `limit`. Raises ClientDisconnect.
    """
    try:
        content = await read_body(receive, headers.get("content-length", ""), limit)
    except TooLarge as refusal:
        return Body(headers, refusal=refusal.without_trace())
    if len(content) > (_QUICK_CODED if "content-encoding" in headers else MAX_VALUES):
        return await to_thread(_decoded, headers, content, limit)
    return _decoded(headers, content, limit)


def _decoded(headers: Mapping[str, str], content: bytes, limit: int) -> Body:
    received = content
    try:
        if "content-encoding" in headers:
            headers, content = decode(headers, content, limit)
        media_type = parse_content_type(headers)[0]
        if is_json_type(media_type) or is_lines_type(media_type):
            check_values(content, limit)
        elif "xml" in media_type and len(content) > MAX_VALUES:
            _check_count(_count_nodes(content), limit)
    except Refusal as refusal:
        return Body(headers, content, refusal.without_trace(), received)
    return Body(headers, content, received=received)


def check_values(content: bytes, limit: int) -> None:
    """Raise TooLarge if JSON has more than `MAX_VALUES` values, and more than one per 30 bytes of `limit`."""
    if len(content) > MAX_VALUES and _count_values(content) > _most_values(limit):
        _check_count(_count_values(_without_texts(content, _most_values(limit) * 2)), limit)


def _most_values(limit: int) -> int:
    return max(MAX_VALUES, limit // _BYTES_A_VALUE)


def _check_count(values: int, limit: int) -> None:
    if values > (most := _most_values(limit)):
        raise TooLarge(limit, hint=f"the body has over {most:,} values; send less, or raise --max-body")


def _count_nodes(content: bytes) -> int:
    """Return an upper bound of XML's elements plus three times its attributes, which take longer."""
    return content.count(b"<") - content.count(b"</") + 3 * content.count(b"=")


def _without_texts(content: bytes, most_quotes: int) -> bytes:
    """Return JSON without the content of its texts, unless there are over `most_quotes` quotes."""
    bare = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    return bare if bare.count(b'"') > most_quotes else b"".join(bare.split(b'"')[::2])


def _count_values(content: bytes) -> int:
    """Return an upper bound of the number of JSON values below the root; commas in texts count too."""
    return sum(map(content.count, (b",", b"[", b"{")))


async def read_body(receive: Receive, length: str, limit: int) -> bytes:
    """Return the raw body; `length` is the Content-Length header, "" if there is none.

    Raises TooLarge if the body or its declared length exceeds `limit` bytes; ClientDisconnect.
    """
    if _LENGTH.fullmatch(length) and int(length) > limit:
        raise TooLarge(limit)
    chunks: list[bytes] = []
    size_bytes = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size_bytes += len(chunk)
        if size_bytes > limit:
            raise TooLarge(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def send_reply(reply: Reply, send: Send) -> None:
    headers = vendor_headers(reply)
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


class Recorder(Value, frozen=True):
    """Recorder of answers in the journal; adds the sandbox's Date and Mock-* headers to replies.

    `is_known` tells whether a sandbox exists. Calls to unknown sandboxes are not stored, so that invented
    names cannot fill the memory.
    """

    journal: Journal
    clock: Clock = system_clock
    is_known: Callable[[str], bool] = lambda _name: True

    def record(self, call: Call, answer: Answer, started: float) -> Reply:
        """Record the answer; return its reply with all headers. `started` is the start by `perf_counter`."""
        duration_ms = (perf_counter() - started) * 1000
        is_kept = self.is_known(call.sandbox)
        number = self.journal.append(self.clock(), call, answer, duration_ms, kept=is_kept)
        headers = marked_headers(call, answer, number if self.journal.adds_headers else None)
        return replace(answer.reply, headers=headers)
