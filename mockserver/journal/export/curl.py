"""Export an entry as a bash command that sends the same bytes with curl."""

from __future__ import annotations

from mockserver.codec.curl import curl_command, header_option, shell_quote
from mockserver.journal.entry import Entry
from mockserver.journal.export.plain_call import plain_call
from mockserver.journal.view import View


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
