"""Choose the members of records that a table shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mockserver.model import Document, Json

MAX_COLUMNS = 6
_MAX_TEXT = 60
_TELLING = re.compile(
    "name|number|code|status|state|amount|total|due|date|reference|description|kind|type", re.IGNORECASE
)


def table_columns(records: Sequence[Document]) -> list[str]:
    """Return the members with single values that tell most of the records, in the order of the documents."""
    counts: dict[str, int] = {}
    for record in records:
        for name, value in record["document"].items():
            if _is_single(value) and value not in ("", None) and str(value) != record["key"]:
                counts[name] = counts.get(name, 0) + 1
    order = list(counts)
    ranked = sorted(order, key=lambda name: (_TELLING.search(name) is None, -counts[name], order.index(name)))
    return sorted(ranked[:MAX_COLUMNS], key=order.index)


def table_rows(records: Sequence[Document], columns: Sequence[str]) -> list[Document]:
    """Return the key of each record with the text of each column, cut, "" where there is none."""
    return [
        {
            "key": record["key"],
            "writtenBy": record["writtenBy"],
            "cells": [_text(record["document"].get(name)) for name in columns],
        }
        for record in records
    ]


def _is_single(value: Json) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _text(value: Json) -> str:
    if value is None or not _is_single(value):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
