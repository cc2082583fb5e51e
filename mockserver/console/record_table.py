"""Choose the members of records that a table shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from mockserver.model import Document, Json

MAX_COLUMNS = 6
_MAX_TEXT = 60
_NAMES = re.compile("name|number|code|reference", re.IGNORECASE)
_STATES = re.compile("status|state", re.IGNORECASE)
_AMOUNTS = re.compile("amount|total|due|balance|rate|price", re.IGNORECASE)
_OTHERS = re.compile("date|description|type|currency", re.IGNORECASE)
_LAST_RANK = 4


def table_columns(records: Sequence[Document]) -> list[str]:
    """Return the members with single values that tell most of the records, in the order of the documents."""
    values: dict[str, list[Json]] = {}
    for record in records:
        for name, value in record["document"].items():
            if _is_single(value) and value not in ("", None) and str(value) != record["key"]:
                values.setdefault(name, []).append(value)
    order = [name for name, found in values.items() if len(found) * 2 >= len(records)] or list(values)
    ranked = sorted(order, key=lambda name: (_rank(name, values[name]), order.index(name)))
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


def record_label(key: str, document: Document) -> str:
    """Return the first text that names the record beside its key, "" if there is none."""
    texts = (value for name, value in document.items() if _NAMES.search(name) and isinstance(value, str))
    return next((_text(value) for value in texts if value not in ("", key)), "")


def _rank(name: str, values: Sequence[Json]) -> int:
    """Return how little a member tells of its record, by its name and by what it holds; 0 tells most."""
    if len(values) > 1 and len({str(value) for value in values}) == 1:
        return _LAST_RANK
    if _AMOUNTS.search(name) and all(_is_number(value) for value in values):
        return 2
    ranks = ((0, _NAMES), (1, _STATES), (3, _OTHERS))
    return next((rank for rank, words in ranks if words.search(name)), _LAST_RANK)


def _is_number(value: Json) -> bool:
    try:
        return not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _is_single(value: Json) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _text(value: Json) -> str:
    if value is None or not _is_single(value):
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
