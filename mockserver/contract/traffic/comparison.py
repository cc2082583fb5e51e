"""Compare recorded exchanges with the spec and with the outcomes of a local server."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from urllib.parse import unquote, urlsplit

from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Finding
from mockserver.contract.judge import ExchangeJudge
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.profile import BatchItem, OutcomeReader, ReportedOutcome, ReportedOutcomes
from mockserver.contract.responses.outcomes import reader_for
from mockserver.contract.traffic.har import RecordedExchange
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.spec.openapi import Spec

_SANDBOX = re.compile("/sandboxes/([a-z0-9-]{1,64})(?=/)")
SANDBOX_HEADER = "mock-sandbox"


def place_request(one: RecordedExchange, spec: Spec, base: str) -> Exchange | None:
    """Return the exchange with its path below the vendor's mount; None if it is not the vendor's.

    `base` is the address at which the vendor's paths begin; "" looks for the longest end of the path that
    the spec serves. A call below `base` that no operation answers is kept, without an operation. A sandbox
    in the path becomes the header that says the same.
    """
    path, headers = one.exchange.request.path, dict(one.exchange.request.headers)
    if base:
        begun = base.rstrip("/")
        address = one.url.partition("#")[0]
        if not address.startswith((f"{begun}/", f"{begun}?")) and address != begun:
            return None
        path = address[len(begun) :] or "/"
    elif found := _SANDBOX.match(path):
        headers[SANDBOX_HEADER] = found[1]
        path = path[found.end() :]
    name = _operation(spec, one.exchange.request.method, path) if base else ""
    if not base:
        below, name = _search_path(spec, one.exchange.request.method, path)
        if not name:
            return None
        path = below
    request = replace(one.exchange.request, path=path, headers=headers)
    return replace(one.exchange, request=request, operation=name)


def _search_path(spec: Spec, method: str, path: str) -> tuple[str, str]:
    """Return the longest served end of `path` with its query, and the operation; "" if there is none."""
    parts = urlsplit(path)
    segments = parts.path.split("/")
    query = f"?{parts.query}" if parts.query else ""
    for cut in range(1, len(segments)):
        below = "/" + "/".join(segments[cut:])
        if name := _operation(spec, method, below):
            return below + query, name
    return path, ""


def _operation(spec: Spec, method: str, path: str) -> str:
    try:
        return spec.match(method, spec.canonical_path(unquote(urlsplit(path).path))).operation.id
    except (NotFound, MethodNotAllowed):
        return ""


REFUSED_WHOLE = "refused with the whole call"


@dataclass(frozen=True, slots=True)
class OutcomeDifference:
    """An item, or the whole call (`place` None), whose two answers differ."""

    place: int | None
    key: str | None
    recorded: str
    here: str


def compare_outcomes(
    before: Exchange, after: Exchange, items: Sequence[BatchItem], reader: OutcomeReader | None
) -> tuple[OutcomeDifference, ...]:
    """Return where our outcomes differ from the recorded ones; messages and bodies are not compared.

    Without a reader, or where neither tells of items, the two statuses are.
    """
    was, now = (_reported(one, items, reader) for one in (before, after))
    if was is None and now is None:
        statuses = [one.response.status for one in (before, after)]
        if statuses[0] == statuses[1]:
            return ()
        return (OutcomeDifference(None, None, *(f"answered {status}" for status in statuses)),)
    fates = zip_longest(_outcomes_by_key(was, items), _outcomes_by_key(now, items), fillvalue=None)
    return tuple(
        OutcomeDifference(
            place, items[place].key if place < len(items) else None, _describe(one), _describe(other)
        )
        for place, (one, other) in enumerate(fates)
        if _differ(one, other)
    )


def _reported(
    exchange: Exchange, items: Sequence[BatchItem], reader: OutcomeReader | None
) -> ReportedOutcomes | None:
    """Return the outcomes in the response, none if it is unreadable."""
    try:
        return reader(exchange, items) if reader else None
    except ValueError:
        return ReportedOutcomes(())


def _outcomes_by_key(
    reported: ReportedOutcomes | None, items: Sequence[BatchItem]
) -> list[ReportedOutcome | str | None]:
    """Return what became of each item; a text where that is not said of the item itself."""
    if reported is None:
        return [REFUSED_WHOLE] * len(items)
    by_place = {one.place: one for one in reversed(reported.outcomes) if one.place is not None}
    done = None if reported.is_complete else ReportedOutcome(None, accepted=True)
    return [by_place.get(item.place, done) for item in items]


def _differ(one: ReportedOutcome | str | None, other: ReportedOutcome | str | None) -> bool:
    if not (isinstance(one, ReportedOutcome) and isinstance(other, ReportedOutcome)):
        return _is_refused(one) != _is_refused(other) or (one is None) != (other is None)
    made = one.made and other.made and one.made != other.made
    return one.accepted != other.accepted or bool(made and one.accepted)


def _is_refused(one: ReportedOutcome | str | None) -> bool:
    return isinstance(one, str) or (isinstance(one, ReportedOutcome) and not one.accepted)


def _describe(one: ReportedOutcome | str | None) -> str:
    if one is None:
        return "no outcome"
    if isinstance(one, str):
        return one
    if one.accepted:
        return one.made or "done"
    return f"rejected: {one.message}" if one.message else "rejected"


TRANSIENT_STATUSES = frozenset({429, 502, 503, 504})
"""Statuses that say nothing about the contract: the request was valid, and may succeed later."""

_UNSAID = frozenset({401, 403})
"""Answers that may be meant for the credentials, which most recorders leave out."""

UNKNOWN_OPERATION = "operations-are-in-the-spec"

SendRequest = Callable[[RecordedExchange, Exchange], Exchange]
"""Returns our server's answer to a recorded request, at the instant of the recording."""


@dataclass(frozen=True, slots=True)
class DriftedExchange:
    """A recorded exchange: violations of the spec, and outcomes that differ from ours."""

    number: int
    recorded: Exchange
    here: Exchange
    forbidden: tuple[Finding, ...]
    differences: tuple[OutcomeDifference, ...]

    @property
    def is_clean(self) -> bool:
        """Whether there is no difference."""
        return not self.forbidden and not self.differences


@dataclass(frozen=True, slots=True)
class Drift:
    """Result of an archive; counts of calls to others, unanswered calls and transient errors."""

    vendor: str
    calls: tuple[DriftedExchange, ...]
    foreign: int
    lost: int
    transient: int
    made: Mapping[str, int]

    @property
    def drifted(self) -> tuple[DriftedExchange, ...]:
        """The calls with a difference."""
        return tuple(one for one in self.calls if not one.is_clean)


@dataclass(frozen=True, slots=True)
class DriftComparison:
    """Holds traffic against the spec by `judge`, and against our server, which `call` asks.

    `base` is where the vendor's paths begin, "" to look for them.
    """

    api: ApiUnderTest
    base: str
    judge: ExchangeJudge
    call: SendRequest
    ledger: FindingLedger = field(default_factory=FindingLedger)

    def drift(self, traffic: Iterable[RecordedExchange]) -> Drift:
        """Compare all exchanges in the order of the recording, as the local server remembers."""
        calls = []
        foreign = lost = transient = 0
        for one in traffic:
            exchange = place_request(one, self.api.spec, self.base)
            if exchange is None:
                foreign += 1
            elif exchange.response.status in TRANSIENT_STATUSES:
                transient += 1
            elif exchange.response.status == 0:
                lost += 1
                self.call(one, exchange)
            else:
                calls.append(self._drifted(one, exchange))
        made: Counter[str] = Counter()
        for (_, check), times in self.ledger.made.items():
            made[check] += times
        return Drift(self.api.name, tuple(calls), foreign, lost, transient, made)

    def _drifted(self, one: RecordedExchange, exchange: Exchange) -> DriftedExchange:
        here = replace(self.call(one, exchange), operation=exchange.operation)
        if not exchange.operation:
            said = f"{exchange.request.method} {exchange.request.path} is no operation of the spec"
            unknown = Finding(
                UNKNOWN_OPERATION, "", said, came=str(exchange.response.status), exchanges=(exchange,)
            )
            return DriftedExchange(one.number, exchange, here, (unknown,), ())
        forbidden = self.judge(exchange, self.ledger)
        told = exchange.response.status not in _UNSAID
        otherwise = self._otherwise(exchange, here) if told else ()
        return DriftedExchange(one.number, exchange, here, forbidden, otherwise)

    def _otherwise(self, exchange: Exchange, here: Exchange) -> tuple[OutcomeDifference, ...]:
        operation = self.api.spec.operations[exchange.operation]
        if operation.batch is None:
            return compare_outcomes(exchange, here, (), None)
        sent = self.judge.oracle.expected(exchange.request, operation.id).sent
        return compare_outcomes(exchange, here, sent, reader_for(self.api, operation))
