"""The verdicts of the last runs of cases, by number."""

from __future__ import annotations

from collections import OrderedDict

from mockserver.control.control_call import ControlError
from mockserver.model import Document

MAX_RUNS = 1000


class UnknownRunError(ControlError):
    """No run has this number, or its verdict is no longer kept."""

    status = 404
    code = "unknown-run"


class CaseRuns:
    """Verdicts of runs since the start of the server; numbers count from 1, and the oldest are dropped."""

    def __init__(self) -> None:
        self._verdicts: OrderedDict[int, Document] = OrderedDict()
        self._last = 0

    def add(self, verdict: Document) -> Document:
        """Keep a verdict, and return it with the number of its run."""
        self._last += 1
        numbered = self._verdicts[self._last] = {"run": self._last, **verdict}
        if len(self._verdicts) > MAX_RUNS:
            self._verdicts.popitem(last=False)
        return numbered

    def find(self, run: int) -> Document:
        """Return the verdict of a run.

        Raises:
            UnknownRunError: there is none.
        """
        if run not in self._verdicts:
            raise UnknownRunError(f"no verdict of a run {run} is kept")
        return self._verdicts[run]
