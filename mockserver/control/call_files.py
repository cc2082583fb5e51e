"""Files of one call alone, by format; they bring no state, so the call may have another outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mockserver.codec.redaction import ASCII_MASK
from mockserver.control.story_files import file_reply
from mockserver.journal.entry import Entry
from mockserver.journal.export.curl import entry_command
from mockserver.journal.export.fetch import fetch_script
from mockserver.journal.export.httpie import httpie_command
from mockserver.journal.export.powershell import powershell_command
from mockserver.journal.view import View
from mockserver.model import Reply


@dataclass(frozen=True, slots=True)
class _Format:
    write: Callable[[Entry, View], str]
    media_type: str
    extension: str


CALL_FORMATS: Mapping[str, _Format] = MappingProxyType(
    {
        "command": _Format(entry_command, "text/x-shellscript", "sh"),
        "powershell": _Format(powershell_command, "text/x-powershell", "ps1"),
        "httpie": _Format(httpie_command, "text/x-shellscript", "sh"),
        "fetch": _Format(fetch_script, "text/javascript", "mjs"),
    }
)
"""The formats, by the name that the control plane knows."""


def call_reply(entry: Entry, form: str, *, shown: bool) -> Reply:
    """Return the call as a file of one of `CALL_FORMATS`, with credentials cut unless they are `shown`."""
    found = CALL_FORMATS[form]
    text = found.write(entry, View(shown, ASCII_MASK))
    return file_reply(text, found.media_type, f"call-{entry.number}.{found.extension}")
