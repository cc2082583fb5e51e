"""Replay single calls under their idempotency key: with the same body, with another, in another tenant.

Every operation that takes a key is tried, also those that no sequence sends. Generated calls get a key of
their own; a few of those that are answered well are sent again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

from mockserver.contract.config import RunConfig
from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.finding import Finding
from mockserver.contract.fuzzing.counted_calls import CountedCalls
from mockserver.contract.fuzzing.related_reads import first_change, observe, related_reads
from mockserver.contract.idempotency import (
    OTHER_BODY,
    REPLAY,
    is_refused,
    is_same_answer,
    key_in,
    rule_of,
    takes_key,
    with_key,
    without_key,
)
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.profile import IdempotencyRule
from mockserver.contract.stateful import sentences
from mockserver.contract.target import Target

TENANTS = "tenants-are-apart"
REPLAY_CHECKS = (REPLAY, OTHER_BODY, TENANTS)
"""Checks that sequences make too."""

_SUCCESS = range(200, 300)
_FIRST_REFUSAL = 400
_TRIED = frozenset({1, 2, 4, 8})
"""Which of an operation's good answers are replayed: the first are examples, later ones are drawn."""


@dataclass(frozen=True, slots=True)
class _KeyedCall:
    """A call that was done under a key, and that key."""

    exchange: Exchange
    key: str


class KeyedReplays:
    """Replays a few calls of every operation that takes an idempotency key."""

    def __init__(
        self, api: ApiUnderTest, target: Target, run_config: RunConfig, ledger: FindingLedger
    ) -> None:
        self._api = api
        self._calls = CountedCalls(target, ledger)
        self._run_config = run_config
        self._ledger = ledger
        rule = rule_of(api)
        wanted = any(run_config.wants(one) for one in REPLAY_CHECKS)
        self._rule = rule if wanted else None
        operations = api.spec.operations.values() if rule else ()
        self._takers = frozenset(one.id for one in operations if rule and takes_key(api, rule, one))
        self._keys: Counter[str] = Counter()
        self._good: Counter[str] = Counter()
        self._first: dict[str, _KeyedCall] = {}

    def key_writer(self, operation: str) -> Callable[[Request], Request] | None:
        """Return what puts a new key into the operation's next call, None if that needs none."""
        rule = self._rule
        if rule is None or operation not in self._takers or self._is_done(operation):
            return None
        key = self._new_key(rule, operation)
        return lambda request: request if _commits_nothing(rule, request) else with_key(rule, request, key)

    def without_key(self, exchange: Exchange) -> Exchange:
        """Return the exchange as if it had been made without a key."""
        if self._rule is None:
            return exchange
        return replace(exchange, request=without_key(self._rule, exchange.request))

    def check(self, operation: str, exchange: Exchange) -> tuple[Finding, ...]:
        """Return what replays of a good call show.

        Raises:
            TargetUnreachableError: nobody answers.
        """
        rule = self._rule
        good = exchange.response.status in _SUCCESS and exchange.operation == operation
        if rule is None or operation not in self._takers or not good or self._is_done(operation):
            return ()
        key = key_in(rule, exchange.request)
        if not key or _commits_nothing(rule, exchange.request):
            return ()
        found: list[Finding] = []
        first = self._first.pop(operation, None)
        if first is not None and _has_another_body(rule, first.exchange, exchange):
            found += self._other_body(rule, operation, first, exchange)
            found += self._other_tenant(rule, operation, first, exchange)
        elif first is not None:
            self._first[operation] = first
        self._good[operation] += 1
        if self._good[operation] in _TRIED:
            found += self._replay(rule, operation, exchange)
            self._first[operation] = _KeyedCall(exchange, key)
        return tuple({one.check: one for one in reversed(found)}.values())

    def _replay(self, rule: IdempotencyRule, operation: str, first: Exchange) -> Iterator[Finding]:
        if not self._run_config.wants(REPLAY):
            return
        reads = related_reads(self._api, first)
        before = observe(reads, self._calls.send)
        again = self._calls.send(first.request, operation)
        self._ledger.count_check(operation, REPLAY)
        change = first_change(before, reads, self._calls.send)
        what = f"{_called(first)} came again with the same {rule.name} and the same body"
        if change is not None:
            said = f"{what}, and it was done a second time: {change.said}"
            shown = (first, change.before.exchange, again, change.after.exchange)
            yield Finding(REPLAY, operation, said, change.pointer, "no change", "a change", shown)
        came, expected = sentences.response(again), sentences.response(first)
        if rule.again == "same" and not is_same_answer(first, again):
            said = f"{what}, and was answered {came}; the first answer was {expected}"
            yield Finding(REPLAY, operation, said, "", "the first answer", came, (first, again))
        if rule.again == "refused" and not is_refused(again, rule.replay_status):
            said = f"{what}, and was answered {came}, although it must be refused"
            status = str(rule.replay_status or "4xx")
            yield Finding(REPLAY, operation, said, "", status, came, (first, again))

    def _other_body(
        self, rule: IdempotencyRule, operation: str, first: _KeyedCall, other: Exchange
    ) -> Iterator[Finding]:
        if not self._run_config.wants(OTHER_BODY):
            return
        reads = related_reads(self._api, first.exchange)
        before = observe(reads, self._calls.send)
        request = with_key(rule, other.request, first.key)
        came = self._calls.send(request, operation)
        self._ledger.count_check(operation, OTHER_BODY)
        change = first_change(before, reads, self._calls.send)
        what = f"{_called(first.exchange)} came with the {rule.name} of an earlier call and another body"
        if rule.again and not is_refused(came, rule.conflict_status):
            said = f"{what}, and was answered {sentences.response(came)}, although it must be refused"
            status = str(rule.conflict_status or "4xx")
            answered = str(came.response.status)
            yield Finding(OTHER_BODY, operation, said, "", status, answered, (first.exchange, came))
        elif change is not None:
            said = f"{what}, and it changed something: {change.said}"
            shown = (first.exchange, change.before.exchange, came, change.after.exchange)
            yield Finding(OTHER_BODY, operation, said, change.pointer, "no change", "a change", shown)

    def _other_tenant(
        self, rule: IdempotencyRule, operation: str, first: _KeyedCall, other: Exchange
    ) -> Iterator[Finding]:
        """Find a key that means something in another tenant, where the same call under a new key is done."""
        headers = self._other_headers(other.request)
        if not headers or not self._run_config.wants(TENANTS):
            return
        there = replace(other.request, headers={**other.request.headers, **headers})
        known = self._calls.send(with_key(rule, there, first.key), operation)
        fresh = self._calls.send(with_key(rule, there, self._new_key(rule, operation)), operation)
        self._ledger.count_check(operation, TENANTS)
        if fresh.response.status not in _SUCCESS:
            return
        replayed = is_same_answer(known, first.exchange) and not is_same_answer(fresh, first.exchange)
        if known.response.status >= _FIRST_REFUSAL or replayed:
            said = (
                f"{_called(other)} came in another tenant with an {rule.name} that only the first tenant has "
                f"used, and was answered {sentences.response(known)}; with a new one it is done"
            )
            status = str(fresh.response.status)
            yield Finding(
                TENANTS,
                operation,
                said,
                "",
                status,
                sentences.response(known),
                (first.exchange, fresh, known),
            )

    def _other_headers(self, request: Request) -> Mapping[str, str]:
        """Return the headers of another tenant than the request's; none where there is only one."""
        profile, facts = self._api.profile, self._api.facts
        if max((one.tenants for one in profile.batches(facts)), default=1) < 2:  # noqa: PLR2004 - two tenants
            return {}
        mine, theirs = (
            {name.lower(): text for name, text in profile.headers(facts, tenant).items()} for tenant in (0, 1)
        )
        same = all(request.headers.get(name) == text for name, text in mine.items())
        return theirs if same and mine != theirs else {}

    def _is_done(self, operation: str) -> bool:
        good = self._good[operation]
        return good >= 2 * max(_TRIED) or (good >= max(_TRIED) and operation not in self._first)

    def _new_key(self, rule: IdempotencyRule, operation: str) -> str:
        self._keys[operation] += 1
        text = f"contract-{self._run_config.seed}-{crc32(operation.encode()):08x}-{self._keys[operation]}"
        return str(uuid5(NAMESPACE_URL, text)) if self._is_uuid(rule, operation) else text

    def _is_uuid(self, rule: IdempotencyRule, operation: str) -> bool:
        declared = self._api.spec.operations[operation].parameters
        formats = (one.schema.get("format") for one in declared if one.name.lower() == rule.name.lower())
        return "uuid" in formats


def _commits_nothing(rule: IdempotencyRule, request: Request) -> bool:
    return any(request.headers.get(name.lower(), "false") != "false" for name in rule.no_key_with)


def _has_another_body(rule: IdempotencyRule, first: Exchange, other: Exchange) -> bool:
    """Return whether two calls differ in their bodies alone, and not only in how these are written."""
    one, two = without_key(rule, first.request), without_key(rule, other.request)
    if (one.method, one.path, one.media_type) != (two.method, two.path, two.media_type):
        return False
    try:
        return bool(one.json() != two.json())
    except ValueError:
        return False


def _called(exchange: Exchange) -> str:
    return f"{exchange.request.method} {exchange.request.path.partition('?')[0]}"
