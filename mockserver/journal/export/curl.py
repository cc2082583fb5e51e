"""Export an entry as a bash command that sends the same bytes with curl."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator

from mockserver.journal.entry import HOP_BY_HOP, Entry, request_target
from mockserver.journal.view import View, is_text

_UNQUOTED = re.compile(r"[A-Za-z0-9_./:=@%+,-]+")
_CONTROL_CHARACTERS = re.compile(r"[\x01-\x08\x0b-\x1f\x7f]")
_QUOTE = "'\\''"
_ESCAPES = {
    **{chr(octet): f"\\x{octet:02x}" for octet in (*range(1, 32), 127)},
    "'": "\\'",
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_ASCII = 128
_CURL_DEFAULT_HEADERS = ("accept", "user-agent", "content-type")
_MAX_ARGUMENT_BYTES = 64 * 1024
"""Limit of an argument; Linux refuses 128 KiB."""


def curl_command(entry: Entry, view: View) -> str:
    """Return the command, which prints the response to standard output and errors to standard error.

    A short text body is a quoted argument, any other body base64 in a here-document. HEAD is sent without a
    body, as curl requires.
    """
    query = view.query(entry)
    url = f"{entry.call.origin}{request_target(entry)}{'?' if query else ''}{query}"
    method = ["--head"] if entry.call.method == "HEAD" else ["-X", shell_quote(entry.call.method.encode())]
    # curl would interpret [], {} and .. in the URL, and remove a header that has no value.
    arguments = ["curl", "-sS", "--globoff", "--path-as-is", *method, shell_quote(url.encode())]
    lines = [" ".join(arguments), *_headers(entry, view)]
    body = view.request_bytes(entry)
    if not body or entry.call.method == "HEAD":
        return " \\\n  ".join(lines) + "\n"
    media_type = entry.call.headers.get("content-type")
    if len(body) <= _MAX_ARGUMENT_BYTES and is_text(body, media_type) and _is_utf_8(body):
        return " \\\n  ".join([*lines, f"--data-raw {shell_quote(body)}"]) + "\n"
    sent = " \\\n  ".join([*lines, "--data-binary @-"])
    return f"base64 -d <<'END' | {sent}\n{encodebytes(body).decode()}END\n"


def shell_quote(octets: bytes) -> str:
    """Quote bytes (without NUL) as one word of bash; characters that a terminal might garble are escaped."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return "$'" + "".join(_ESCAPES.get(chr(one)) or _escape_octet(one) for one in octets) + "'"
    if _UNQUOTED.fullmatch(text):
        return text
    if _CONTROL_CHARACTERS.search(text):
        return "$'" + "".join(_ESCAPES.get(sign, sign) for sign in text) + "'"
    return "'" + text.replace("'", _QUOTE) + "'"


def _headers(entry: Entry, view: View) -> Iterator[str]:
    """Yield options for the call's headers, and options that remove curl's default headers."""
    sent = {name: text for name, text in view.request_headers(entry).items() if name not in HOP_BY_HOP}
    for name, text in sent.items():
        header = f"{name}: {text}" if text else f"{name};"
        yield f"-H {shell_quote(_header_octets(header))}"
    for name in _CURL_DEFAULT_HEADERS:
        if name not in sent and (name != "content-type" or entry.call.body):
            yield f"-H '{name}:'"


def _header_octets(header: str) -> bytes:
    """Encode a header as Latin-1, or as UTF-8 if it contains the mask."""
    try:
        return header.encode("latin-1")
    except UnicodeEncodeError:
        return header.encode()


def _is_utf_8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _escape_octet(octet: int) -> str:
    return chr(octet) if octet < _ASCII else f"\\x{octet:02x}"
