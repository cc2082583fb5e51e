"""Headers of replies as they are sent: those of the vendor, those of the server, and those of the body."""

from __future__ import annotations

from http import HTTPStatus
from itertools import chain

from msgspec.structs import replace

from mockserver.codec.http import BODILESS_STATUSES
from mockserver.codec.instants import print_http_date
from mockserver.engine.reasons import one_line
from mockserver.journal.entry import Entry
from mockserver.model import Answer, Call, Reply

NUMBER_HEADER = "Mock-Journal"
APPLIED_HEADER = "Mock-Applied"
REASON_HEADER = "Mock-Reason"
_MAX_HEADER = 500
_LENGTH = frozenset({"content-length"})
_FRAMING = _LENGTH | {"content-type"}
_ENTITY = (
    _FRAMING
    | {"allow", "content-encoding", "content-language", "content-md5", "content-range"}
    | {"last-modified"}
)
"""Headers that a 304 does not have (RFC 9110 §15.4.5)."""


def marked_headers(call: Call, answer: Answer | Entry, number: int | None) -> tuple[tuple[str, str], ...]:
    """Return the reply's headers with the sandbox's Date and, unless `number` is None, Mock-* headers."""
    headers = list(answer.reply.headers)
    is_foreign = bool(answer.applied or answer.forwarded_to)
    if call.now is not None and not (is_foreign and _is_dated(answer.reply)):
        headers.insert(0, ("Date", print_http_date(call.now)))
    if number is not None:
        if number:
            headers.append((NUMBER_HEADER, str(number)))
        if answer.applied:
            headers.append((APPLIED_HEADER, ", ".join(answer.applied)))
        if answer.reason:
            headers.append((REASON_HEADER, reason_header(answer.reason)))
    return tuple(headers)


def sent_headers(entry: Entry, *, marks: bool) -> list[tuple[str, str]]:
    """Return the headers of an entry's reply as they were sent, unless a transport fault replaced them."""
    headers = marked_headers(entry.call, entry, entry.number if marks else None)
    pairs = [
        (name.decode("latin-1"), text.decode("latin-1"))
        for name, text in vendor_headers(replace(entry.reply, headers=headers))
    ]
    length = str(len(entry.reply.body) + entry.reply_cut_bytes)
    return [(name, length if name == "Content-Length" else text) for name, text in pairs]


def vendor_headers(reply: Reply) -> list[tuple[bytes, bytes]]:
    """Return all headers of a reply for ASGI, each name as the vendor spells it.

    Raises ValueError if a header has a line break, or a character outside Latin-1.
    """
    is_unmodified = reply.status == HTTPStatus.NOT_MODIFIED
    media_type = None if is_unmodified else reply.media_type
    own = _ENTITY if is_unmodified else _LENGTH if media_type is None else _FRAMING
    headers = [one for one in reply.headers if one[0].lower() not in own]
    if reply.status not in BODILESS_STATUSES:
        headers.append(("Content-Length", str(len(reply.body))))
    if media_type is not None:
        headers.append(("Content-Type", media_type))
    # All are encoded in one step; a line break of their own makes them more lines than they should be.
    joined = "\n".join(chain.from_iterable(headers)).encode("latin-1")
    lines = joined.split(b"\n") if headers else []
    if len(lines) != 2 * len(headers) or b"\r" in joined:
        raise ValueError("a header must not contain line breaks")
    return list(zip(lines[::2], lines[1::2], strict=True))


def _is_dated(reply: Reply) -> bool:
    return any(name.lower() == "date" for name, _ in reply.headers)


def reason_header(reason: str) -> str:
    """Return a reason as the text of a header: printable ASCII on one line, truncated."""
    text = one_line(reason).replace("…", "...").encode("ascii", "backslashreplace").decode()
    return text if len(text) <= _MAX_HEADER else f"{text[: _MAX_HEADER - 3]}..."
