from __future__ import annotations

import gc
from contextlib import suppress
from weakref import ReferenceType, ref

from mockserver.redis_store.sandbox_copy import Attempt


class _StorageError(Exception):
    """An error that can be referred to weakly."""


def test_an_error_that_is_raised_again_is_freed_at_once() -> None:
    gc.disable()
    try:
        assert _raised_again()() is None
    finally:
        gc.enable()


def _raised_again() -> ReferenceType[_StorageError]:
    error = _StorageError()
    kept = ref(error)
    attempt: Attempt[None] = Attempt(None, error, [])
    del error
    with suppress(_StorageError):
        attempt.outcome()
    return kept
