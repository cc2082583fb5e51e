"""Write bash commands that send a request again with curl, byte for byte."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

MAX_ARGUMENT_BYTES = 64 * 1024
"""Maximum bytes of an argument; Linux refuses 128 KiB."""

_UNQUOTED = re.compile(r"[A-Za-z0-9_./:=@%+,-]+")
_CONTROL_CHARACTERS = re.compile(r"[\x01-\x08\x0b-\x1f\x7f]")
_BINARY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
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
NEXT = " \\\n  "
"""Break of a command into lines."""


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


def is_utf_8_without(octets: bytes, unwanted: re.Pattern[str]) -> bool:
    """Return whether the bytes are UTF-8 without an `unwanted` character."""
    try:
        return unwanted.search(octets.decode()) is None
    except UnicodeDecodeError:
        return False


def header_option(name: str, text: str, quote: Callable[[bytes], str] = shell_quote) -> str:
    """Return the `-H` option for a header, encoded in Latin-1, or in UTF-8 if Latin-1 lacks a character."""
    header = f"{name}: {text}" if text else f"{name};"
    try:
        octets = header.encode("latin-1")
    except UnicodeEncodeError:
        octets = header.encode()
    return f"-H {quote(octets)}"


def without_defaults(sent: Iterable[str], body: bytes) -> Iterator[str]:
    """Yield the options that remove curl's own headers, except the headers `sent`."""
    names = {name.lower() for name in sent}
    for name in _CURL_DEFAULT_HEADERS:
        if name not in names and (name != "content-type" or body):
            yield f"-H '{name}:'"


def curl_command(  # noqa: PLR0913 - the parts of a request
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    defaults: Collection[str] = (),
    options: Sequence[str] = (),
    header: Callable[[str, str], str] = header_option,
) -> str:
    """Return the bash command. It prints the response to standard output and errors to standard error.

    `url` is one quoted word, `header` makes a `-H` option, `defaults` are sent headers of curl itself.
    A body that is text of up to `MAX_ARGUMENT_BYTES` becomes a quoted argument, and every other body becomes
    a here-document in base64. HEAD is sent without a body, as curl requires.
    """
    verb = ["--head"] if method == "HEAD" else ["-X", shell_quote(method.encode())]
    # curl would interpret [], {} and .. in the URL, and remove a header that has no value.
    words = ["curl", "-sS", "--globoff", "--path-as-is", *options, *verb, url]
    options_of_headers = (header(name, text) for name, text in headers.items())
    lines = [" ".join(words), *options_of_headers, *without_defaults((*headers, *defaults), body)]
    if not body or method == "HEAD":
        return NEXT.join(lines) + "\n"
    if len(body) <= MAX_ARGUMENT_BYTES and is_utf_8_without(body, _BINARY):
        return NEXT.join([*lines, f"--data-raw {shell_quote(body)}"]) + "\n"
    command = NEXT.join([*lines, "--data-binary @-"])
    return f"base64 -d <<'END' | {command}\n{encodebytes(body).decode()}END\n"
