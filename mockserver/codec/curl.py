"""Write bash commands that send a request again with curl, byte for byte."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Collection, Iterator, Sequence

MAX_ARGUMENT_BYTES = 64 * 1024
"""Maximum bytes of an argument; Linux refuses 128 KiB."""

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
_NEXT = " \\\n  "


def curl_command(  # noqa: PLR0913 - the parts of a request
    method: str,
    url: str,
    headers: Sequence[str],
    sent: Collection[str],
    body: bytes,
    *,
    is_text: bool,
    options: Sequence[str] = (),
) -> str:
    """Return the bash command. It prints the response to standard output and errors to standard error.

    `url` is one quoted word, `headers` are `-H` options, `sent` are these headers' names in lower case. A
    text body of up to `MAX_ARGUMENT_BYTES` becomes a quoted argument, and every other body becomes a
    here-document in base64. HEAD is sent without a body, as curl requires.
    """
    verb = ["--head"] if method == "HEAD" else ["-X", shell_quote(method.encode())]
    # curl would interpret [], {} and .. in the URL, and remove a header that has no value.
    words = ["curl", "-sS", "--globoff", "--path-as-is", *options, *verb, url]
    lines = [" ".join(words), *headers, *_without_defaults(sent, body)]
    if not body or method == "HEAD":
        return _NEXT.join(lines) + "\n"
    if is_text and len(body) <= MAX_ARGUMENT_BYTES:
        return _NEXT.join([*lines, f"--data-raw {shell_quote(body)}"]) + "\n"
    command = _NEXT.join([*lines, "--data-binary @-"])
    return f"base64 -d <<'END' | {command}\n{encodebytes(body).decode()}END\n"


def header_option(name: str, text: str) -> str:
    """Return the `-H` option for a header, encoded in Latin-1, or in UTF-8 if Latin-1 lacks a character."""
    header = f"{name}: {text}" if text else f"{name};"
    try:
        octets = header.encode("latin-1")
    except UnicodeEncodeError:
        octets = header.encode()
    return f"-H {shell_quote(octets)}"


def shell_quote(octets: bytes) -> str:
    """Quote bytes (without NUL) as one word of bash, and escape characters that a terminal might garble."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        shown = (chr(octet) if octet < _ASCII else f"\\x{octet:02x}" for octet in octets)
        return "$'" + "".join(_ESCAPES.get(sign, sign) for sign in shown) + "'"
    if _UNQUOTED.fullmatch(text):
        return text
    if _CONTROL_CHARACTERS.search(text):
        return "$'" + "".join(_ESCAPES.get(sign, sign) for sign in text) + "'"
    return "'" + text.replace("'", _QUOTE) + "'"


def _without_defaults(sent: Collection[str], body: bytes) -> Iterator[str]:
    for name in _CURL_DEFAULT_HEADERS:
        if name not in sent and (name != "content-type" or body):
            yield f"-H '{name}:'"
