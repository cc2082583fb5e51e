"""Export an entry as a bash command that sends the same bytes with curl."""

from __future__ import annotations

from mockserver.codec.curl import curl_command, header_option, shell_quote
from mockserver.journal.entry import HOP_BY_HOP, Entry, request_target
from mockserver.journal.view import View, is_text


def entry_command(entry: Entry, view: View) -> str:
    """Return the command; it prints the response to standard output and errors to standard error."""
    call, body, query = entry.call, view.request_bytes(entry), view.query(entry)
    url = f"{call.origin}{request_target(entry)}{'?' if query else ''}{query}"
    sent = {name: text for name, text in view.request_headers(entry).items() if name not in HOP_BY_HOP}
    return curl_command(
        call.method,
        shell_quote(url.encode()),
        [header_option(name, text) for name, text in sent.items()],
        sent,
        body,
        is_text=is_text(body, call.headers.get("content-type")) and _is_utf_8(body),
    )


def _is_utf_8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True
