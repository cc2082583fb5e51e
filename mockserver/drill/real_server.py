"""What the journal cannot prove of a client whose calls a real server answered.

The real server is not reset between the runs of a client, and nobody sees its records.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from mockserver.drill.final_state import may_delete
from mockserver.drill.findings import Kind
from mockserver.drill.matching import Pair
from mockserver.drill.run import Run
from mockserver.engine.real_answers import UNTOLD
from mockserver.journal.item_history import UNREAD, ItemAttempt, Told
from mockserver.model import SAFE_METHODS, Value

_BY_RECORDS = (Kind.DROPPED, Kind.TWICE, Kind.UNNAMED, Kind.MISNAMED, Kind.WRONG, Kind.RESENT)
_REFUSED = "the real server refuses what it stored in the run without faults; new keys in each run help"
_OLD = "the client read what earlier runs may have left on the real server; new keys in each run help"
_DELETED = "the client deletes, and the records of the real server are not known"
_SECOND = "whether the real server has a second record is not known"
_SILENT = "the real server did not tell whether the item is stored"


class Doubts(Value, frozen=True, dict=True, weakref=True):
    """Reasons to doubt findings about a run that a real server answered."""

    clean: Run
    run: Run
    pairs: Sequence[Pair]

    def on_items(self, kind: Kind, attempts: Sequence[ItemAttempt]) -> str:
        """Return why a finding about an item is doubtful, or ""."""
        if not self.clean.is_forwarded or kind not in _BY_RECORDS:
            return ""
        if self.on_run or may_delete(self.clean, self.run):
            return self.on_run or _DELETED
        if kind is Kind.TWICE:
            return _SECOND
        real = self._real(attempts)
        untold = [one.action == UNREAD and one.told is not Told.REFUSED for one in real]
        return _SILENT if any(untold) or any(one.code == UNTOLD for one in real) else ""

    @cached_property
    def on_run(self) -> str:
        """Why the traces of earlier runs may have changed the run, or ""."""
        if not self.clean.is_forwarded:
            return ""
        tried = [one for meant, sent in self.pairs if meant.stored for one in sent.attempts]
        # No rule had a part in such a refusal.
        if any(one.told is Told.REJECTED and not one.rules for one in self._real(tried)):
            return _REFUSED
        keys, usual = ({one.key for one in run.histories} for run in (self.run, self.clean))
        has_read = any(one.forwarded_to and one.call.method in SAFE_METHODS for one in self.run.entries)
        return _OLD if has_read and (not keys or keys & usual) else ""

    def _real(self, attempts: Sequence[ItemAttempt]) -> Sequence[ItemAttempt]:
        """Return the attempts that the real server answered."""
        return [one for one in attempts if self.run.entry(one.number).forwarded_to]
