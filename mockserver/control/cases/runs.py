"""Runs of cases: the sandboxes that current runs use, and the verdicts of the last runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from mockserver.model import Document

MAX_RUNS = 1000
"""Maximum number of stored verdicts; the oldest are dropped."""


class CaseRuns(Protocol):
    """Registry of current runs, and of the verdicts of runs, numbered from 1."""

    def claim(self, sandbox: str) -> AbstractContextManager[bool]:
        """Claim the sandbox within the context; yield False if another run has claimed it."""

    def add(self, verdict: Document) -> Document:
        """Store a verdict, and return it with the number of its run."""

    def find(self, run: int) -> Document | None:
        """Return the verdict of a run, or None if it is not stored."""


class MemoryCaseRuns:
    def __init__(self) -> None:
        self._claimed: set[str] = set()
        self._verdicts: OrderedDict[int, Document] = OrderedDict()
        self._last = 0

    @contextmanager
    def claim(self, sandbox: str) -> Iterator[bool]:
        if sandbox in self._claimed:
            yield False
            return
        self._claimed.add(sandbox)
        try:
            yield True
        finally:
            self._claimed.discard(sandbox)

    def add(self, verdict: Document) -> Document:
        self._last += 1
        numbered = self._verdicts[self._last] = {"run": self._last, **verdict}
        if len(self._verdicts) > MAX_RUNS:
            self._verdicts.popitem(last=False)
        return numbered

    def find(self, run: int) -> Document | None:
        return self._verdicts.get(run)
