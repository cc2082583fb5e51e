"""List the collections of a sandbox and their records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mockserver.engine.auth import CREDENTIALS
from mockserver.engine.idempotency import IDEMPOTENCY_COLLECTION
from mockserver.engine.registry import LoadedVendor
from mockserver.model import EMPTY, Document, Json
from mockserver.sandbox.assumptions import ASSUMPTIONS_COLLECTION
from mockserver.sandbox.quota import QUOTAS
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.store import SANDBOX_SCOPE

_OWN_COLLECTIONS = frozenset(
    {ASSUMPTIONS_COLLECTION, CREDENTIALS, IDEMPOTENCY_COLLECTION, QUOTAS, "sequences"}
)


@dataclass(frozen=True, slots=True)
class RecordOperations:
    """Operations on single collections. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes

    def list_collections(self, name: str) -> Json:
        """Return all collections that hold something, by scope and name."""
        return [
            {
                "scope": scope,
                "collection": collection,
                "records": len(documents),
                "own": is_own_collection(scope, collection),
            }
            for scope, tables in sorted(self.sandboxes.dump(name).items())
            for collection, documents in sorted(tables.items())
            if documents
        ]

    def list_records(  # noqa: PLR0913 - the parameters of the spec
        self, name: str, *, scope: str, collection: str, key: str, text: str, offset: int, last: int
    ) -> Document:
        """Return a page of the records of a collection, by key, and who last wrote each.

        `text` is part of a key or of a value, in any case of letters; "" matches all, and so does `key`.
        """
        documents = self.sandboxes.dump(name).get(scope, EMPTY).get(collection, EMPTY)
        found = list(_matching(documents, key, text.casefold()))
        shown = found[offset : offset + last]
        writers = self.sandboxes.store.last_writers(name, (scope, collection), frozenset(shown))
        return {
            "total": len(found),
            "records": [
                {"key": one, "document": documents[one], "writtenBy": writers.get(one)} for one in shown
            ],
        }


def is_own_collection(scope: str, collection: str) -> bool:
    """Return whether the server keeps the collection for itself: ids, keys, quotas, settings, credentials."""
    return scope == SANDBOX_SCOPE or collection in _OWN_COLLECTIONS


def named_collections(vendor: LoadedVendor) -> frozenset[str]:
    """Return the collections that the vendor's spec names."""
    operations = vendor.spec.operations.values()
    named = {one.collection for one in operations} | {one.batch.collection for one in operations if one.batch}
    return frozenset(name for name in named if name)


def _matching(documents: Mapping[str, Document], key: str, text: str) -> Iterator[str]:
    if key:
        return (one for one in (key,) if one in documents)
    if not text:
        return iter(documents)
    return (
        one
        for one, document in documents.items()
        if text in one.casefold() or any(text in value.casefold() for value in _values(document))
    )


def _values(node: Json) -> Iterator[str]:
    """Yield all texts and numbers."""
    if isinstance(node, Mapping):
        for child in node.values():
            yield from _values(child)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from _values(child)
    elif node is not None and not isinstance(node, bool):
        yield str(node)
