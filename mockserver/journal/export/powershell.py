"""Export an entry as a PowerShell command that sends the same bytes."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator

from mockserver.journal.entry import Entry
from mockserver.journal.export.plain_call import PlainCall, plain_call
from mockserver.journal.view import View

_PRINTABLE_ASCII = re.compile("[ -~]*")
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "PATCH"})
_OWN_PARAMETERS = {"user-agent": "-UserAgent", "content-type": "-ContentType"}
"""Headers that Windows PowerShell does not take among the others."""

_NEXT = " `\n  "


def powershell_command(entry: Entry, view: View) -> str:
    """Return the command, which prints the body of the answer; of a refusal PowerShell prints an error."""
    return _NEXT.join(_words(plain_call(entry, view))) + "\n"


def powershell_word(text: str) -> str:
    """Return the text as one expression in ASCII on one line.

    A script without a byte order mark is not read as UTF-8 by Windows PowerShell, and a line break may change
    when it is pasted, so all other characters are escaped.
    """
    if _PRINTABLE_ASCII.fullmatch(text):
        return _quoted(text)
    escaped = re.sub(r"\\|[^ -~]", _escape, text)
    return f"([regex]::Unescape({_quoted(escaped)}))"


def _words(sent: PlainCall) -> Iterator[str]:
    verb = "-Method" if sent.method in _KNOWN_METHODS else "-CustomMethod"
    yield f"Invoke-WebRequest -UseBasicParsing {verb} {sent.method} -Uri {powershell_word(sent.url)}"
    for name, parameter in _OWN_PARAMETERS.items():
        if text := sent.headers.get(name):
            yield f"{parameter} {powershell_word(text)}"
    others = {name: text for name, text in sent.headers.items() if name not in _OWN_PARAMETERS}
    if others:
        pairs = "; ".join(f"{_quoted(name)} = {powershell_word(text)}" for name, text in others.items())
        yield f"-Headers @{{ {pairs} }}"
    if sent.body:
        yield f"-Body {_body(sent)}"


def _body(sent: PlainCall) -> str:
    """Return the body as bytes: a text would be sent in another charset."""
    if sent.text is None:
        return f"([Convert]::FromBase64String({_quoted(b64encode(sent.body).decode())}))"
    return f"([Text.Encoding]::UTF8.GetBytes({powershell_word(sent.text)}))"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    if sign == "\\":
        return r"\\"
    units = sign.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
