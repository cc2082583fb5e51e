"""Documents as lines of JSON for a table: each with its text, and the pointer to what it shows."""

from __future__ import annotations

from mockserver.codec import json
from mockserver.console.body_lines import all_lines
from mockserver.model import Document, Json


def document_lines(document: Json) -> list[Document]:
    """Return the lines with `text` and `pointer`; `pointer` is "" for brackets that close."""
    return [{"text": line.text, "pointer": line.pointer or ""} for line in all_lines(document)]


def json_text(value: Json) -> str:
    """Return a value as JSON on one line."""
    return json.encode(value).decode()
