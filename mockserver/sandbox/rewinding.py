"""Go back from a state to those before it, by undoing what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias

from mockserver.model import EMPTY, Document
from mockserver.sandbox.store import Tables

PlacedChange: TypeAlias = tuple[tuple[str, str], str, Document | None]
"""Scope and collection, key, and the document that was there before, None if there was none."""

_TablesByPlace: TypeAlias = Mapping[tuple[str, str], Mapping[str, Document]]


@dataclass(slots=True)
class Rewound:
    """A sandbox's tables, in which changes are undone; tables that were handed out stay as they are."""

    held: _TablesByPlace

    @classmethod
    def of(cls, tables: Tables) -> Rewound:
        """Begin at the state that is `tables`."""
        return cls(
            {
                (scope, name): documents
                for scope, collections in tables.items()
                for name, documents in collections.items()
            }
        )

    def undo(self, changes: Sequence[PlacedChange]) -> None:
        """Undo changes, the last first."""
        copies: dict[tuple[str, str], dict[str, Document]] = {}
        for place, key, document in reversed(changes):
            documents = copies.get(place)
            if documents is None:
                documents = copies[place] = dict(self.held.get(place, EMPTY))
            if document is None:
                documents.pop(key, None)
            else:
                documents[key] = document
        self.held = {**self.held, **copies}

    def tables(self) -> Tables:
        """Return the state as it was then."""
        whole: dict[str, dict[str, Mapping[str, Document]]] = {}
        for (scope, name), documents in sorted(self.held.items(), key=itemgetter(0)):
            if documents:
                whole.setdefault(scope, {})[name] = documents
        return whole
