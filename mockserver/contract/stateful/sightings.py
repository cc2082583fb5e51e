"""Send items to a server that is not ours, and note what it does where documents are silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count

from mockserver.contract.exchange import Exchange
from mockserver.contract.failure_search import FailureSearch
from mockserver.contract.finding import Finding
from mockserver.contract.profile import DrawnValues
from mockserver.contract.stateful import sentences
from mockserver.contract.stateful.sequence import CallSequence, SequenceContext
from mockserver.contract.stateful.state_model import (
    ReportedVerdict,
    SequenceItem,
    batch_items,
    is_refused,
    reported_verdicts,
)

CHECK = "assumptions-are-kept"
_ITEMS = 600
"""Most items of one batch operation: each has a key of its own."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a server did once: the positions that it may come from, in words; `said` tells it for people."""

    positions: frozenset[str]
    said: str
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class SentTrial:
    """An answered trial: what became of each item, and whether the call was refused."""

    exchange: Exchange
    verdicts: tuple[ReportedVerdict, ...]
    is_refused: bool


@dataclass(slots=True)
class PositionTrials:
    """Trials of one server in one batch operation."""

    context: SequenceContext
    sequence: CallSequence
    keys: Iterator[int]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def begin(cls, context: SequenceContext) -> PositionTrials:
        """Return trials with keys of their own; what they find ends no sequence."""
        quiet = replace(context, search=FailureSearch(context.run_config))
        scope = context.isolation.new_scope(_ITEMS)
        first = scope.numbers_from + 1
        return cls(quiet, CallSequence(quiet, scope), count(scope.first), count(first))

    def item(self, key: str = "") -> SequenceItem:
        """Return a good item, of a new key or of that one."""
        number = next(self.numbers)
        drawn = DrawnValues(number, Decimal(number % 1000) + Decimal("0.25"))
        return SequenceItem(key or self.context.batch_profile.key(next(self.keys)), drawn)

    def send(self, items: Sequence[SequenceItem], media_type: str = "") -> SentTrial | None:
        """Send a batch; None where no answer came, or one that cannot be read."""
        context, profile = self.context, self.context.batch_profile
        for key in dict.fromkeys(one.key for one in items):
            self.sequence.known(key, 0)
        documents = tuple(one.document(profile) for one in items)
        request = profile.call(documents, 0)
        if media_type:
            body = profile.encodings[media_type](documents)
            request = replace(request, headers={**request.headers, "content-type": media_type}, body=body)
        exchange = self.sequence.call(request, 0)
        if exchange is None:
            return None
        told = self.sequence.reported(exchange, batch_items(profile, context.batch, items, documents))
        if isinstance(told, str):
            return None
        verdicts = reported_verdicts(told, context.batch, len(items))
        self.sequence.told.append(sentences.call(exchange.request))
        return SentTrial(exchange, verdicts, is_refused(exchange, told, verdicts))

    def agreed(self, name: str, seen: Sequence[Sighting]) -> frozenset[str]:
        """Return the positions that explain all that was seen; that there are none is a finding."""
        run_config, ledger = self.context.run_config, self.context.ledger
        operation = self.context.batch_profile.operation
        if run_config.wants(CHECK):
            ledger.count_check(operation, CHECK, len(seen))
        common = frozenset[str].intersection(*(one.positions for one in seen)) if seen else frozenset[str]()
        pairs = [(one, two) for one in seen for two in seen if not one.positions & two.positions]
        if pairs and all(one.positions for one in seen) and run_config.wants(CHECK):
            first, other = pairs[0]
            said = f"{name}: a server may do either, but always the same. {first.said}; {other.said}"
            expected, came = (" or ".join(sorted(one.positions)) for one in (first, other))
            shown = (first.exchange, other.exchange)
            ledger.found([Finding(CHECK, operation, said, "", expected, came, shown, (first.said,))])
        return common

    def note(self, name: str, position: str) -> None:
        """Say which position the server takes."""
        operation = self.context.api.spec.operations[self.context.batch_profile.operation]
        note = f"{operation.method.upper()} {operation.path}, {name}: {position}"
        if note not in self.context.ledger.notes:
            self.context.ledger.notes.append(note)
