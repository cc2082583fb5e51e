"""Lists: sorting, paging, and the `x-pagination` header.

Source: VBA fact sheet §1.3.
"""

from collections.abc import Iterable

from mockserver.codec import json
from mockserver.model import Document, Json, Reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.vba.envelope import enveloped

PAGE_SIZE = 100


def page(documents: Iterable[Document], key: str, request: Request, state: State) -> Reply:
    """The page that is asked for, sorted by `sortBy` and then by `key`."""
    rows = sorted(documents, key=lambda document: _rank(document[key]))
    for member, descending in reversed(_orders(request.parameters.get("sortBy", ""))):
        rows.sort(key=lambda document: _rank(document[member]), reverse=descending)
    size = request.parameters.get("pageSize", PAGE_SIZE)
    size = size if size > 0 else PAGE_SIZE
    number = max(1, request.parameters.get("page", 1))
    start = (number - 1) * size
    facts = {
        "TotalCount": len(rows),
        "TotalPages": -(-len(rows) // size),
        "CurrentPage": number,
        "PageSize": size,
    }
    header = (("x-pagination", json.encode(facts).decode()),)
    return enveloped(200, rows[start : start + size], request.call, state, header)


def _orders(text: str) -> list[tuple[str, bool]]:
    """Member and whether it descends, for each part of `Field`, `Field:asc`, `Field:desc`."""
    parts = [part.partition(":") for part in text.split(",") if part]
    return [(name[:1].lower() + name[1:], direction == "desc") for name, _, direction in parts]


def _rank(value: Json) -> tuple[bool, Json]:
    return (value is not None, value)
