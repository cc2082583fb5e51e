"""Credentials that an export may show: those of the fixtures, and those that the sandbox has issued."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Collection, Iterator
from urllib.parse import unquote_plus

from mockserver.codec.redaction import ASCII_MASK, redact_headers, redact_query
from mockserver.journal.entry import Entry
from mockserver.journal.resend import resend_headers, target_with_query
from mockserver.journal.view import View, decode_and_redact

_MAX_CREDENTIALS = 20
_VISIBLE_LENGTH = 2
_UNREDACTED = View(shown=True)


def sendable_target(entry: Entry, view: View, known: Collection[str]) -> str:
    """Return path and query below the vendor; credentials are redacted unless they are all `known`."""
    query = entry.call.query
    is_public = _is_public(query, redact_query(query, ASCII_MASK), known)
    return target_with_query(entry, _UNREDACTED if is_public else view)


def sendable_headers(entry: Entry, view: View, known: Collection[str]) -> dict[str, str]:
    """Return the headers to send, each redacted likewise."""
    raw = resend_headers(entry, _UNREDACTED)
    if view.shown:
        return raw
    cut = redact_headers(raw, ASCII_MASK)
    return {name: text if _is_public(text, cut[name], known) else cut[name] for name, text in raw.items()}


def sendable_body(entry: Entry, view: View, known: Collection[str]) -> bytes:
    """Return the body to send, redacted likewise."""
    body = entry.call.body
    text, cut = decode_and_redact(body, entry.call.headers.get("content-type"), ASCII_MASK)
    is_public = view.shown or _is_public(text, cut, known)
    return body if is_public else view.request_bytes(entry)


def _is_public(raw: str, redacted: str, known: Collection[str]) -> bool:
    """Return whether all credentials that were cut from `raw` are `known`."""
    if raw == redacted:
        return True
    pieces = redacted.split(ASCII_MASK)
    if len(pieces) > _MAX_CREDENTIALS:
        return False
    found = re.fullmatch("(.*?)".join(map(re.escape, pieces)), raw, re.DOTALL)
    return found is not None and all(
        any(candidate in known for candidate in _candidates(piece, gap))
        for piece, gap in zip(pieces, found.groups(), strict=False)
    )


def _candidates(before: str, gap: str) -> Iterator[str]:
    """Yield what the whole credential may be: its first letters were left before the cut."""
    for length in range(_VISIBLE_LENGTH + 1):
        whole = unquote_plus(before[len(before) - length :] + gap)
        yield whole
        try:
            yield b64decode(whole, validate=True).decode()
        except (Base64Error, UnicodeError, ValueError):
            continue
