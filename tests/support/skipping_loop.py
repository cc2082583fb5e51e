"""An event loop whose time passes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from selectors import SelectorKey, SelectSelector
from typing import Any, TypeVar

T = TypeVar("T")


class _SkippingSelector(SelectSelector):
    """A selector that does not wait, and counts the seconds that it should have waited."""

    skipped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.skipped_s += timeout
        return ready


class _SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock begins at 0 and jumps to the next timer when there is nothing else to do."""

    def __init__(self) -> None:
        self._skipping = _SkippingSelector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.skipped_s


def run_skipping(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` as `asyncio.run` does, but let time pass at once; `main` may use no threads."""
    with asyncio.Runner(loop_factory=_SkippingLoop) as runner:
        return runner.run(main)
