"""Export an entry as JavaScript that sends the same bytes with `fetch`."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from mockserver.codec import json
from mockserver.journal.entry import Entry
from mockserver.journal.export.plain_call import PlainCall, plain_call
from mockserver.journal.view import View

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
            *_body(sent),
            "});",
            "console.log(response.status, await response.text());",
            "",
        ]
    )


def _warning(sent: PlainCall) -> Iterator[str]:
    if sent.body and sent.method in _BODILESS:
        yield f"// The body of {len(sent.body):,} bytes is left out: fetch sends none with {sent.method}."


def _body(sent: PlainCall) -> Iterator[str]:
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
