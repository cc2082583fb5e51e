"""What a sandbox holds after a reset: a table of each collection of a vendor's fixtures.

Which members are shown follows from their names: what a record is called, its status, what is owed, amounts,
when it is due, how to log in. Members whose value is the key of another record come last. No vendor is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, TypeAlias

from mockserver.engine.auth import CREDENTIALS
from mockserver.model import Document
from tests.docs.markdown import code, table

Fixtures: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Document]]]

_RANKS = (
    re.compile(r"(?:name|number|description)$|^code$", re.IGNORECASE),
    re.compile(r"(?:status|state)$|^type$", re.IGNORECASE),
    re.compile(r"(?:due|open)$|balance", re.IGNORECASE),
    re.compile(r"(?:total|amount)$", re.IGNORECASE),
    re.compile(r"due_?date$|expires$", re.IGNORECASE),
    re.compile(r"password$|secret$|currency|^rate$|category$|reference$", re.IGNORECASE),
)
_MOST_OF_A_RANK = 3
_MOST_COLUMNS = 9
_COUNTER = {"last"}  # of the ids that were given, no record


def describe(fixtures: Fixtures) -> str:
    """Return a heading and a table of each collection of each tenant."""
    known = frozenset(keys(fixtures))
    parts = (
        f"#### {_heading(scope.partition('/')[2], collection)}\n\n{collection_table(documents, known)}"
        for scope, collections in fixtures.items()
        for collection, documents in collections.items()
        if collection != CREDENTIALS and not all(set(one) == _COUNTER for one in documents.values())
    )
    return "\n\n".join(parts) or "None."


def keys(fixtures: Fixtures) -> Iterator[str]:
    """Yield the keys of all records, credentials among them."""
    for collections in fixtures.values():
        for documents in collections.values():
            yield from documents


def collection_table(documents: Mapping[str, Document], known: AbstractSet[str]) -> str:
    """Return a table of a collection: the key of each record, then the members that say most of it.

    Members whose value is one of the `known` keys count as references to other records.
    """
    columns = list(_shown_members(documents, known))
    return table(
        ("key", *columns),
        ((code(key), *(_text(one.get(name)) for name in columns)) for key, one in documents.items()),
    )


def _shown_members(documents: Mapping[str, Document], known: AbstractSet[str]) -> Iterable[str]:
    values = _values(documents)
    chosen: dict[str, None] = {}
    for rank in _RANKS:
        matching = [name for name in values if rank.search(name)]
        chosen.update(dict.fromkeys(matching[:_MOST_OF_A_RANK]))
    references = (name for name, found in values.items() if found <= known)
    return list(dict.fromkeys((*chosen, *references)))[:_MOST_COLUMNS]


def _values(documents: Mapping[str, Document]) -> Mapping[str, AbstractSet[str]]:
    """Return the texts and numbers of each member, in order of appearance; the record's key is left out."""
    found: dict[str, set[str]] = {}
    for key, document in documents.items():
        for name, value in document.items():
            if _text(value) not in ("", key):
                found.setdefault(name, set()).add(_text(value))
    return found


def _text(value: Any) -> str:
    is_shown = isinstance(value, str | int | Decimal) and not isinstance(value, bool)
    return str(value) if is_shown else ""


def _heading(tenant: str, collection: str) -> str:
    return f"{collection} of {tenant}" if tenant else collection
