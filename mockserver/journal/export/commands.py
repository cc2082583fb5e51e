"""One call as a command: curl, fetch, HTTPie and PowerShell."""

from __future__ import annotations

import re
from base64 import b64encode, encodebytes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockserver.codec import json
from mockserver.codec.curl import MAX_ARGUMENT_BYTES, curl_command, header_option, shell_quote
from mockserver.journal.entry import HOP_BY_HOP, Entry, request_target
from mockserver.journal.view import View, is_text


@dataclass(frozen=True, slots=True)
class PlainCall:
    """A call to be sent again; header names are lower case, `text` is None if the body is not UTF-8 text."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    text: str | None


def plain_call(entry: Entry, view: View) -> PlainCall:
    """Return the call as it is to be sent, with the credentials that the view shows."""
    call, body, query = entry.call, view.request_bytes(entry), view.query(entry)
    return PlainCall(
        call.method,
        f"{call.origin}{request_target(entry)}{'?' if query else ''}{query}",
        {name: text for name, text in view.request_headers(entry).items() if name not in HOP_BY_HOP},
        body,
        _utf_8_text(body) if is_text(body, call.headers.get("content-type")) else None,
    )


def _utf_8_text(octets: bytes) -> str | None:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return None


def entry_command(entry: Entry, view: View) -> str:
    """Return the command; it prints the response to standard output and errors to standard error."""
    sent = plain_call(entry, view)
    return curl_command(
        sent.method,
        shell_quote(sent.url.encode()),
        [header_option(name, text) for name, text in sent.headers.items()],
        sent.headers,
        sent.body,
        is_text=sent.text is not None,
    )


_DEFAULT_HEADERS = ("accept", "accept-encoding", "user-agent", "content-type")
_SEPARATORS = ("@", "=")
"""What HTTPie takes for a part of its own sign, if the value of a header begins with it."""

_NEXT_SHELL_LINE = " \\\n  "


def httpie_command(entry: Entry, view: View) -> str:
    """Return the command for HTTPie 3; it prints status, headers and body of the answer."""
    sent = plain_call(entry, view)
    is_short = sent.text is not None and len(sent.body) <= MAX_ARGUMENT_BYTES
    from_stdin = bool(sent.body) and not is_short
    words = ["http", *([] if from_stdin else ["--ignore-stdin"]), "--path-as-is"]
    head = " ".join([*words, shell_quote(sent.method.encode()), shell_quote(sent.url.encode())])
    lines = [head, *_headers(sent)]
    if from_stdin:
        return f"base64 -d <<'END' | {_NEXT_SHELL_LINE.join(lines)}\n{encodebytes(sent.body).decode()}END\n"
    return _NEXT_SHELL_LINE.join([*lines, *([f"--raw {shell_quote(sent.body)}"] if sent.body else [])]) + "\n"


def _headers(sent: PlainCall) -> list[str]:
    """Return the headers as arguments, and those that remove HTTPie's own."""
    given = [shell_quote(_header(name, text).encode()) for name, text in sent.headers.items()]
    return [*given, *(f"{name}:" for name in _DEFAULT_HEADERS if name not in sent.headers)]


def _header(name: str, text: str) -> str:
    if not text:
        return f"{name};"
    return f"{name}:\\{text}" if text.startswith(_SEPARATORS) else f"{name}:{text}"


_PRINTABLE_ASCII = re.compile("[ -~]*")
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "PATCH"})
_OWN_PARAMETERS = {"user-agent": "-UserAgent", "content-type": "-ContentType"}
"""Headers that Windows PowerShell does not take among the others."""

_NEXT_POWERSHELL_LINE = " `\n  "


def powershell_command(entry: Entry, view: View) -> str:
    """Return the command, which prints the body of the answer; of a refusal PowerShell prints an error."""
    return _NEXT_POWERSHELL_LINE.join(_words(plain_call(entry, view))) + "\n"


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
        yield f"-Body {_powershell_body(sent)}"


def _powershell_body(sent: PlainCall) -> str:
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


_BODILESS = ("GET", "HEAD")


def fetch_script(entry: Entry, view: View) -> str:
    """Return a module, for Node.js or the console of a browser, that prints status and body of the answer."""
    sent = plain_call(entry, view)
    return "\n".join(
        [
            *_warning(sent),
            f"const response = await fetch({_literal(sent.url)}, {{",
            f"  method: {_literal(sent.method)},",
            '  redirect: "manual",',
            "  headers: {",
            *(f"    {_literal(name)}: {_literal(text)}," for name, text in sent.headers.items()),
            "  },",
            *_fetch_body(sent),
            "});",
            "console.log(response.status, await response.text());",
            "",
        ]
    )


def _warning(sent: PlainCall) -> Iterator[str]:
    if sent.body and sent.method in _BODILESS:
        yield f"// The body of {len(sent.body):,} bytes is left out: fetch sends none with {sent.method}."


def _fetch_body(sent: PlainCall) -> Iterator[str]:
    if not sent.body or sent.method in _BODILESS:
        return
    if sent.text is None:
        octets = _literal(b64encode(sent.body).decode())
        yield f"  body: Uint8Array.from(atob({octets}), (sign) => sign.charCodeAt(0)),"
    else:
        yield f"  body: {_literal(sent.text)},"


def _literal(text: str) -> str:
    """Return a string literal; a JSON text is one in JavaScript too."""
    return json.encode(text).decode()
