"""Run what may take long in threads, so that the event loop answers others meanwhile."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import RLock, local
from typing import Any, TypeVar

from msgspec.structs import replace

from mockserver.engine.admission import Arrival
from mockserver.errors import TakesLongError
from mockserver.sandbox.store import Store

T = TypeVar("T")

CALL_THREADS = 4
CONTROL_THREADS = 8
LARGE_BODY = 64 * 1024
MANY_COMMAS = 1_500
"""So many a body may have: any value may be a problem, of which each takes 50 µs to tell."""


class WorkThreads:
    """So many threads, which do work beside the event loop."""

    def __init__(self, number: int) -> None:
        self._here = local()
        self._threads = ThreadPoolExecutor(number, "work", self._mark)

    def _mark(self) -> None:
        self._here.is_one = True

    @property
    def is_inside(self) -> bool:
        """Whether one of the threads asks, which must not wait for another."""
        return hasattr(self._here, "is_one")

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Do some work in a thread."""
        return await get_running_loop().run_in_executor(self._threads, partial(work, *arguments))


class CallThreads(WorkThreads):
    """Threads for calls whose work is large, or whose sandbox is at work; `store` has the sandboxes."""

    def __init__(self, store: Store) -> None:
        super().__init__(CALL_THREADS)
        self._store = store

    async def call(self, arrival: Arrival, work: Callable[[Arrival], T]) -> T:
        """Do the work of a call: at once if that takes a moment, else in a thread.

        Nobody else gets into the sandbox before the work has ended.
        """
        lock = self._store.lock(arrival.sandbox)
        if not _is_large(arrival.body) and lock.acquire(blocking=False):
            try:
                return work(arrival)
            except TakesLongError:
                pass
            finally:
                lock.release()
        return await self.run(_work_inside, lock, work, replace(arrival, may_take_long=True))


def _work_inside(lock: RLock, work: Callable[[Arrival], T], arrival: Arrival) -> T:
    with lock:
        return work(arrival)


def _is_large(body: bytes) -> bool:
    """Return whether the work that a body asks for may be large."""
    size = len(body)
    return size > LARGE_BODY or (size > 2 * MANY_COMMAS and body.count(b",") > MANY_COMMAS)
