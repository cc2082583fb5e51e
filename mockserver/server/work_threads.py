"""Long work in a thread, so that the event loop can answer other calls meanwhile."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from msgspec.structs import replace

from mockserver.engine.admission import Arrival
from mockserver.errors import TakesLongError
from mockserver.sandbox.store import Store

T = TypeVar("T")

LARGE_BODY = 64 * 1024
MANY_COMMAS = 1_500
"""A body with more commas goes to the thread, because each value may have a problem, which takes 50 µs."""

_STRIDE = 17
"""Commas are counted among every 17th byte; a prime number, since JSON repeats its commas regularly."""


class CallThread:
    """A thread for large calls, and for calls to a busy sandbox; `store` has the sandboxes.

    More than one thread would not be faster, would keep the interpreter from the event loop, and would need
    the memory of all large calls at once.
    """

    def __init__(self, store: Store) -> None:
        self._store, self._thread = store, ThreadPoolExecutor(1, "call")

    async def call(self, arrival: Arrival, work: Callable[[Arrival], T]) -> T:
        """Run the work in the event loop if the body is small and the sandbox is free, else in the thread.

        If work raises TakesLongError, rerun it in the thread. No other call enters the sandbox during work.
        """
        lock = self._store.lock(arrival.call.sandbox)
        if not _is_large(arrival.call.body) and lock.acquire(blocking=False):
            try:
                return work(arrival)
            except TakesLongError:
                pass
            finally:
                lock.release()

        def work_inside() -> T:
            with lock:
                return work(replace(arrival, may_take_long=True))

        return await get_running_loop().run_in_executor(self._thread, work_inside)


def _is_large(body: bytes) -> bool:
    size = len(body)
    if size <= 2 * MANY_COMMAS or size > LARGE_BODY:
        return size > LARGE_BODY
    return _STRIDE * body[::_STRIDE].count(b",") > MANY_COMMAS
