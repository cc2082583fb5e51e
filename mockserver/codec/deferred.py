"""Modules that are imported, and values that are made, on first use.

`importlib.util.LazyLoader` does not help: it loads a module as soon as another `import` statement names that
module (seen on Python 3.11 to 3.13), and at `from … import …`, by which Connexion imports its test client.
A server that used `LazyLoader` started no faster than a server that imports everything.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


class DeferredModule(ModuleType):
    """A stand-in for a module. The first use of a name that is not in `known` imports the module."""

    def __init__(self, name: str, **known: Any) -> None:
        super().__init__(name)
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


class DeferredClass:
    """A stand-in for a class. Its first call, attribute or subclass imports the module of the class."""

    def __init__(self, module: str, name: str) -> None:
        self._place = module, name

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._real(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __mro_entries__(self, _bases: tuple[Any, ...]) -> tuple[Any]:
        return (self._real,)

    @property
    def _real(self) -> Any:
        module, name = self._place
        return getattr(import_module(module), name)


@contextmanager
def imports_deferred(*modules: DeferredModule) -> Iterator[None]:
    """Within the context, let imports find the stand-ins whose modules are not imported already."""
    put = {module.__name__: module for module in modules if module.__name__ not in sys.modules}
    sys.modules.update(put)
    try:
        yield
    finally:
        for name, module in put.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


class MadeOnDemand(Mapping[str, T]):
    """A mapping with the keys `names`. `make` returns the value of a key at its first use."""

    def __init__(self, names: Collection[str], make: Callable[[str], T]) -> None:
        self._names, self._make = names, make
        self._made: dict[str, T] = {}
        self._lock = RLock()

    def __getitem__(self, name: str) -> T:
        if name not in self._made:
            with self._lock:
                if name not in self._names:
                    raise KeyError(name)
                if name not in self._made:
                    self._made[name] = self._make(name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
