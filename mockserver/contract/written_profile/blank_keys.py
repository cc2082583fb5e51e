"""Outcomes of items whose key asks the vendor for a new one: what it gave is none of the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mockserver.contract.exchange import Exchange
from mockserver.contract.profile import BatchItem, OutcomeReader, ReportedOutcome, ReportedOutcomes


@dataclass(frozen=True, slots=True)
class BlankKeyReader:
    """Reads outcomes as `inner` does, and leaves out the keys that items with one of `blank` were given."""

    inner: OutcomeReader
    blank: frozenset[str | None]

    def __call__(self, exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        """Return the outcomes in a response; None where it refused the call as a whole.

        Raises:
            ValueError: as `inner`.
        """
        found = self.inner(exchange, items)
        if found is None:
            return None
        return replace(found, outcomes=tuple(self._told(one, items) for one in found.outcomes))

    def _told(self, outcome: ReportedOutcome, items: Sequence[BatchItem]) -> ReportedOutcome:
        sent = next((one for one in items if one.place == outcome.place), None)
        return replace(outcome, key=None) if sent and sent.key in self.blank else outcome
