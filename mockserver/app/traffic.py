"""Traffic: how many calls of one kind are open at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Traffic:
    """Counts open calls by sandbox, vendor and tenant."""

    def __init__(self) -> None:
        self._open: Counter[tuple[str, ...]] = Counter()

    @contextmanager
    def entered(self, *kind: str) -> Iterator[int]:
        """Count a call in, and out when it is over; gives how many are open, this one included."""
        self._open[kind] += 1
        try:
            yield self._open[kind]
        finally:
            self._open[kind] -= 1
            if not self._open[kind]:
                del self._open[kind]
