"""Export an entry as a bash command that sends the same bytes with HTTPie."""

from __future__ import annotations

from base64 import encodebytes

from mockserver.codec.curl import MAX_ARGUMENT_BYTES, shell_quote
from mockserver.journal.entry import Entry
from mockserver.journal.export.plain_call import PlainCall, plain_call
from mockserver.journal.view import View

_DEFAULT_HEADERS = ("accept", "accept-encoding", "user-agent", "content-type")
_SEPARATORS = ("@", "=")
"""What HTTPie takes for a part of its own sign, if the value of a header begins with it."""

_NEXT = " \\\n  "


def httpie_command(entry: Entry, view: View) -> str:
    """Return the command for HTTPie 3; it prints status, headers and body of the answer."""
    sent = plain_call(entry, view)
    is_short = sent.text is not None and len(sent.body) <= MAX_ARGUMENT_BYTES
    from_stdin = bool(sent.body) and not is_short
    words = ["http", *([] if from_stdin else ["--ignore-stdin"]), "--path-as-is"]
    head = " ".join([*words, shell_quote(sent.method.encode()), shell_quote(sent.url.encode())])
    lines = [head, *_headers(sent)]
    if from_stdin:
        return f"base64 -d <<'END' | {_NEXT.join(lines)}\n{encodebytes(sent.body).decode()}END\n"
    return _NEXT.join([*lines, *([f"--raw {shell_quote(sent.body)}"] if sent.body else [])]) + "\n"


def _headers(sent: PlainCall) -> list[str]:
    """Return the headers as arguments, and those that remove HTTPie's own."""
    given = [shell_quote(_header(name, text).encode()) for name, text in sent.headers.items()]
    return [*given, *(f"{name}:" for name in _DEFAULT_HEADERS if name not in sent.headers)]


def _header(name: str, text: str) -> str:
    if not text:
        return f"{name};"
    return f"{name}:\\{text}" if text.startswith(_SEPARATORS) else f"{name}:{text}"
