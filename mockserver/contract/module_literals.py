"""Keep Hypothesis from drawing literals of the modules that happen to be loaded.

It takes texts and numbers from the source of every local module: names of our own headers among them, and
others after another import. The same seed would make other cases in another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

_SOURCE = "_get_local_constants"


@contextmanager
def without_module_literals() -> Iterator[None]:
    """Let Hypothesis draw no literals of loaded modules until the context ends.

    There is no public setting for it. A release that has another name for the function draws as it likes.
    """
    before = getattr(providers, _SOURCE, None)
    setattr(providers, _SOURCE, Constants)
    providers.CONSTANTS_CACHE.cache.clear()
    try:
        yield
    finally:
        setattr(providers, _SOURCE, before)
        providers.CONSTANTS_CACHE.cache.clear()
