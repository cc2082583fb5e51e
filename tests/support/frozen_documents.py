"""A store's documents, frozen to the bottom: whoever alters what it was handed fails at once."""

from __future__ import annotations

from typing import Any, NoReturn

from mockserver.model import Document
from mockserver.sandbox.store import Tables


def _refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
    raise TypeError("a stored document is read-only: write a new one")


class FrozenDict(dict[str, Any]):
    """A dictionary whose every change is refused."""

    __setitem__ = __delitem__ = pop = popitem = update = setdefault = clear = __ior__ = _refuse


class FrozenList(list[Any]):
    """A list whose every change is refused."""

    __setitem__ = __delitem__ = append = extend = insert = pop = remove = sort = reverse = clear = _refuse
    __iadd__ = __imul__ = _refuse


def deep_freeze(value: Any) -> Any:
    """A deep copy of `value` that cannot be altered."""
    if isinstance(value, dict):
        return FrozenDict({name: deep_freeze(child) for name, child in value.items()})
    if isinstance(value, (list, tuple)):
        return FrozenList(deep_freeze(child) for child in value)
    return value


def freeze_document(document: Document) -> Document:
    """What the tests' store keeps of a document."""
    kept: Document = deep_freeze(document)
    return kept


class FixturesFrozenOnce:
    """What a store keeps of a document; fixtures, which each new sandbox is filled with, are frozen once."""

    def __init__(self) -> None:
        self._frozen: dict[int, Document] = {}
        self._fixtures: list[Document] = []

    def add(self, fixtures: Tables) -> None:
        """Freeze these fixtures; they are kept, so that no other document can have the `id` of one."""
        found = [one for scope in fixtures.values() for table in scope.values() for one in table.values()]
        self._fixtures += found
        self._frozen |= {id(one): freeze_document(one) for one in found}

    def __call__(self, document: Document) -> Document:
        known = self._frozen.get(id(document))
        return freeze_document(document) if known is None else known
