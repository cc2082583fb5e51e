"""A table of the memory store, with key order and member indexes built on first use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, TypeAlias

from mockserver.model import Document

_Index = dict[Any, dict[str, None]]
"""Keys of documents by the value of one member."""

Change: TypeAlias = "tuple[MemoryTable, Sequence[str], Sequence[Document | None]]"
"""Table, keys, and for each key the document before the change; None if there was no document."""

UndoList: TypeAlias = list[Change]
"""Changes, oldest first."""

DocumentChange: TypeAlias = "tuple[MemoryTable, str, Document | None]"
"""Table, key, and the document before the change; None if there was no document."""


def document_changes(undo: Sequence[Change]) -> Iterator[DocumentChange]:
    for table, keys, documents in undo:
        yield from zip(repeat(table), keys, documents)


TransformDocument: TypeAlias = Callable[[Document], Document]


class MemoryTable:
    """Documents by key; every write except `put` adds a change to the undo list.

    `place` is the table's scope and name. `keep` turns a document into its stored form; None stores each
    document unchanged. Order and indexes are built when they are first used.
    """

    __slots__ = ("_indexes", "_keep", "_keys", "_sorted", "_undo", "documents", "place")

    def __init__(self, place: tuple[str, str], undo: UndoList, keep: TransformDocument | None = None) -> None:
        self.place = place
        self.documents: dict[str, Document] = {}
        self._undo, self._keep = undo, keep
        self._keys: list[str] | None = None
        self._sorted = True
        self._indexes: dict[tuple[str, bool], _Index] = {}

    @property
    def get(self) -> Callable[[str], Document | None]:
        """Return the dictionary's own `get`, because a wrapper would cost time for each item of a batch."""
        return self.documents.get

    def __getitem__(self, key: str) -> Document:
        return self.documents[key]

    def __setitem__(self, key: str, document: Document) -> None:
        if type(key) is not str:  # a loaded record may have a number, which does not sort among texts
            raise TypeError(f"a key is a text, found {key!r:.80}")
        self._undo.append((self, (key,), (self.documents.get(key),)))
        if self._is_plain():
            self.documents[key] = document
        else:
            self.put(key, document if self._keep is None else self._keep(document))

    def _is_plain(self) -> bool:
        """Return whether a write only sets a document, because there is no order, no index and no `keep`."""
        return self._keys is None and not self._indexes and self._keep is None

    def update(self, documents: Mapping[str, Document]) -> list[Document | None]:
        """Store documents; return for each key, in order, the previous document or None.

        A plain table stores all documents in one step.
        """
        before = list(map(self.documents.get, documents))
        if self._is_plain():
            self._undo.append((self, list(documents), before))
            self.documents.update(documents)
        else:
            for key, document in documents.items():
                self[key] = document
        return before

    def __delitem__(self, key: str) -> None:
        self._undo.append((self, (key,), (self.documents[key],)))
        self.put(key, None)

    def __contains__(self, key: object) -> bool:
        return key in self.documents

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self.order()))

    def __len__(self) -> int:
        return len(self.documents)

    def values(self) -> Iterator[Document]:
        documents = self.documents
        return (documents[key] for key in tuple(self.order())) if documents else iter(())

    def put(self, key: str, document: Document | None) -> None:
        """Store `document`, or delete the key if `document` is None, without adding to the undo list."""
        if self._indexes:
            self._reindex(key, self.documents.get(key), document)
        if document is None:
            del self.documents[key]
            self._keys = None
            return
        if self._keys is not None and key not in self.documents:
            self._keys.append(key)
            self._sorted = False
        self.documents[key] = document

    def order(self) -> list[str]:
        if self._keys is None:
            self._keys = sorted(self.documents)
        elif not self._sorted:
            self._keys.sort()
        self._sorted = True
        return self._keys

    def find(self, member: str, value: Any) -> list[Document]:
        index = self._indexes.get((member, False))
        keys = (self._index(member, folded=False) if index is None else index).get(value)
        return self._in_key_order(keys) if keys else []

    def find_any_case(self, member: str, text: str) -> list[Document]:
        return self._in_key_order(self._index(member, folded=True).get(text.casefold(), ()))

    def count(self, member: str, value: Any) -> int:
        return len(self._index(member, folded=False).get(value, ()))

    def _in_key_order(self, keys: Collection[str]) -> list[Document]:
        documents = self.documents
        return [documents[key] for key in (sorted(keys) if len(keys) > 1 else keys)]

    def _index(self, member: str, *, folded: bool) -> _Index:
        index = self._indexes.get((member, folded))
        if index is None:
            index = self._indexes[member, folded] = {}
            for key, document in self.documents.items():
                _add_to_index(index, key, _value_of(document, member, folded=folded))
        return index

    def _reindex(self, key: str, old: Document | None, new: Document | None) -> None:
        for (member, folded), index in self._indexes.items():
            was = _value_of(old, member, folded=folded) if old is not None else None
            now = _value_of(new, member, folded=folded) if new is not None else None
            if was == now and old is not None and new is not None:
                continue
            if old is not None:
                _remove_from_index(index, key, was)
            if new is not None:
                _add_to_index(index, key, now)


def _value_of(document: Document, member: str, *, folded: bool) -> Any:
    value = document.get(member)
    return value.casefold() if folded and isinstance(value, str) else value


def _is_indexable(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def _remove_from_index(index: _Index, key: str, value: Any) -> None:
    """Remove a key from an index. If `value` then has no keys, remove `value` too."""
    keys = index.get(value) if _is_indexable(value) else None
    if keys is not None:
        keys.pop(key, None)
        if not keys:
            del index[value]


def _add_to_index(index: _Index, key: str, value: Any) -> None:
    if _is_indexable(value):
        index.setdefault(value, {})[key] = None
