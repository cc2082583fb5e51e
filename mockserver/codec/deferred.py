"""Modules that are imported on first use.

Not `importlib.util.LazyLoader`: it loads a module as soon as another `import` statement names it (seen on
Python 3.11 to 3.13), and at `from … import …`, which is how Connexion imports its test client. A server that
used it started no faster than one that imports everything.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class DeferredModule(ModuleType):
    """A stand-in for a module, imported at the first use of one of its names.

    The names in `known` are taken from there instead, and import nothing.
    """

    def __init__(self, name: str, **known: Any) -> None:
        super().__init__(name)
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def deferred_call(module: str, name: str) -> Callable[..., Any]:
    """Return a function that calls the one of this name, and imports its module then."""

    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **options)

    return call


@contextmanager
def imports_deferred(*modules: DeferredModule) -> Iterator[None]:
    """Give imports in the context these stand-ins, except for modules that are imported already."""
    put = {module.__name__: module for module in modules if module.__name__ not in sys.modules}
    sys.modules.update(put)
    try:
        yield
    finally:
        for name, module in put.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
