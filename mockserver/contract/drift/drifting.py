"""What recorded traffic comes to: what the spec forbids of it, and what our server would have said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from mockserver.contract.answers.reading import reader_for
from mockserver.contract.drift.archive import Recorded
from mockserver.contract.drift.outcomes import Otherwise, compared
from mockserver.contract.drift.placing import placed
from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Finding, Ledger
from mockserver.contract.judging import Judge
from mockserver.contract.profiles import Contracted

TROUBLE = frozenset({429, 502, 503, 504})
"""Answers of a bad day: they say nothing of the contract, and ours would not have had that day."""

_UNSAID = frozenset({401, 403})
"""Answers that may be meant for the credentials, which most recorders leave out."""

UNKNOWN = "operations-are-in-the-spec"

Caller = Callable[[Recorded, Exchange], Exchange]
"""What our server answers to a recorded request, at the instant at which it was recorded."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """One recorded call: what the spec forbids of it, and what ours would say otherwise."""

    number: int
    recorded: Exchange
    here: Exchange
    forbidden: tuple[Finding, ...]
    otherwise: tuple[Otherwise, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is said of it."""
        return not self.forbidden and not self.otherwise


@dataclass(frozen=True, slots=True)
class Drift:
    """A whole archive. `foreign` calls are of others, `lost` had no answer, `troubled` a bad day's."""

    vendor: str
    calls: tuple[Drifted, ...]
    foreign: int
    lost: int
    troubled: int
    made: Mapping[str, int]

    @property
    def drifted(self) -> tuple[Drifted, ...]:
        """The calls of which something is to be said."""
        return tuple(one for one in self.calls if not one.is_clean)


@dataclass(frozen=True, slots=True)
class Drifting:
    """Holds traffic against the spec by `judge`, and against our server, which `call` asks.

    `base` is where the vendor's paths begin, "" to look for them.
    """

    contracted: Contracted
    base: str
    judge: Judge
    call: Caller
    ledger: Ledger = field(default_factory=Ledger)

    def drift(self, traffic: Iterable[Recorded]) -> Drift:
        """What it comes to. Ours is asked in the order in which the calls were recorded, and remembers."""
        calls = []
        foreign = lost = troubled = 0
        for one in traffic:
            exchange = placed(one, self.contracted.spec, self.base)
            if exchange is None:
                foreign += 1
            elif exchange.response.status in TROUBLE:
                troubled += 1
            elif exchange.response.status == 0:
                lost += 1
                self.call(one, exchange)
            else:
                calls.append(self._drifted(one, exchange))
        made: Counter[str] = Counter()
        for (_, check), times in self.ledger.made.items():
            made[check] += times
        return Drift(self.contracted.name, tuple(calls), foreign, lost, troubled, made)

    def _drifted(self, one: Recorded, exchange: Exchange) -> Drifted:
        here = replace(self.call(one, exchange), operation=exchange.operation)
        if not exchange.operation:
            said = f"{exchange.request.method} {exchange.request.path} is no operation of the spec"
            unknown = Finding(UNKNOWN, "", said, came=str(exchange.response.status), exchanges=(exchange,))
            return Drifted(one.number, exchange, here, (unknown,), ())
        forbidden = self.judge(exchange, self.ledger)
        told = exchange.response.status not in _UNSAID
        otherwise = self._otherwise(exchange, here) if told else ()
        return Drifted(one.number, exchange, here, forbidden, otherwise)

    def _otherwise(self, exchange: Exchange, here: Exchange) -> tuple[Otherwise, ...]:
        operation = self.contracted.spec.operations[exchange.operation]
        if operation.batch is None:
            return compared(exchange, here, (), None)
        sent = self.judge.oracle.expected(exchange.request, operation.id).sent
        return compared(exchange, here, sent, reader_for(self.contracted, operation))
