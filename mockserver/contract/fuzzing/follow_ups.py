"""Calls that follow a generated call: replays, related reads, reads of the record at `Location`.

Replays are tried for every operation that takes an idempotency key, even if no sequence calls the operation.
Each generated call of the operation gets a new key, and a few of its successful calls are replayed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote, urlencode, urljoin, urlsplit
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Finding, Request
from mockserver.contract.isolation import (
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
from mockserver.contract.oracle.expectations import find_operation
from mockserver.contract.profile import IdempotencyRule
from mockserver.contract.sequences import sentences
from mockserver.contract.trial import Trial
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import Json, Value, pointer_of, values_in
from mockserver.spec.openapi import Operation, filled_path

TENANTS = "tenants-are-apart"
REPLAY_CHECKS = (REPLAY, OTHER_BODY, TENANTS)
"""Checks that both this module and sequences make."""

_TRIED = frozenset({1, 2, 4, 8})
"""Which of an operation's successful calls are replayed, counted from 1. The first calls are examples, later
calls are drawn."""

_MOST = 3
"""Maximum number of related reads of a write: more reads would cost many calls and find few faults."""

_OF_THE_BODY = frozenset({"content-type", "content-length", "content-encoding", "accept", "if-match"})
_OK = 200
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]|$)|/Date\(")
_ABSENT = object()
LOCATION_CHECK = "location-shows-the-record"
_CREATED = 201
_FOLLOWED = 3
"""Maximum number of `Location` headers of an operation that are followed."""

_HEADERS_OF_CREATION = frozenset(
    {"content-type", "content-length", "content-encoding", "if-none-match", "prefer"}
)
_IDS = ("id", "key", "number")


class KeyedReplays:
    """Checks that replay a few calls of every operation that takes an idempotency key."""

    def __init__(self, trial: Trial, rule: IdempotencyRule) -> None:
        self._trial = trial
        self._api = api = trial.api
        self._rule = rule
        operations = api.spec.operations.values()
        self._takers = frozenset(one.id for one in operations if takes_key(api, rule, one))
        self._keys: Counter[str] = Counter()
        self._good: Counter[str] = Counter()
        self._first: dict[str, Exchange] = {}

    @classmethod
    def of(cls, trial: Trial) -> KeyedReplays | None:
        """Return the checks, or None if there is no idempotency rule or no check of replays is wanted."""
        rule = rule_of(trial.api) if trial.run_config.wants_any(REPLAY_CHECKS) else None
        return cls(trial, rule) if rule else None

    def key_writer(self, operation: str) -> Callable[[Request], Request] | None:
        """Return a function that sets a new key in a call; None if `operation` takes no key or is done."""
        if operation not in self._takers or self._is_done(operation):
            return None
        rule, key = self._rule, self._new_key(operation)
        return lambda request: request if _commits_nothing(rule, request) else with_key(rule, request, key)

    def without_key(self, exchange: Exchange) -> Exchange:
        """Return the exchange without the idempotency key in its request."""
        return replace(exchange, request=without_key(self._rule, exchange.request))

    def check(self, operation: str, exchange: Exchange) -> tuple[Finding, ...]:
        good = exchange.response.is_done and exchange.operation == operation
        if operation not in self._takers or not good or self._is_done(operation):
            return ()
        if not key_in(self._rule, exchange.request) or _commits_nothing(self._rule, exchange.request):
            return ()
        found: list[Finding] = []
        first = self._first.pop(operation, None)
        if first is not None and _has_another_body(self._rule, first, exchange):
            found += self._other_body(first, exchange)
            found += self._other_tenant(first, exchange)
        elif first is not None:
            self._first[operation] = first
        self._good[operation] += 1
        if self._good[operation] in _TRIED:
            found += self._replay(exchange)
            self._first[operation] = exchange
        return tuple({one.check: one for one in reversed(found)}.values())

    def _replay(self, first: Exchange) -> Iterator[Finding]:
        if not self._trial.run_config.wants(REPLAY):
            return
        rule, operation = self._rule, first.operation
        again, change = self._sent_beside_reads(REPLAY, first, first.request)
        what = f"{first.request.name} came again with the same {rule.name} and the same body"
        if change is not None:
            yield change.finding(REPLAY, f"{what}, and it was done a second time", first, again)
        answer, expected = sentences.response(again), sentences.response(first)
        if rule.again == "same" and not is_same_answer(first, again):
            message = f"{what}, and was answered {answer}; the first answer was {expected}"
            yield Finding(REPLAY, operation, message, "", "the first answer", answer, (first, again))
        if rule.again == "refused" and not is_refused(again, rule.replay_status):
            message = f"{what}, and was answered {answer}, although it must be refused"
            status = str(rule.replay_status or "4xx")
            yield Finding(REPLAY, operation, message, "", status, answer, (first, again))

    def _other_body(self, first: Exchange, other: Exchange) -> Iterator[Finding]:
        if not self._trial.run_config.wants(OTHER_BODY):
            return
        rule = self._rule
        request = with_key(rule, other.request, key_in(rule, first.request))
        answer, change = self._sent_beside_reads(OTHER_BODY, first, request)
        what = f"{first.request.name} came with the {rule.name} of an earlier call and another body"
        if rule.again and not is_refused(answer, rule.conflict_status):
            message = f"{what}, and was answered {sentences.response(answer)}, although it must be refused"
            status = str(rule.conflict_status or "4xx")
            answered = str(answer.response.status)
            yield Finding(OTHER_BODY, first.operation, message, "", status, answered, (first, answer))
        elif change is not None:
            yield change.finding(OTHER_BODY, f"{what}, and it changed something", first, answer)

    def _sent_beside_reads(
        self, check: str, first: Exchange, request: Request
    ) -> tuple[Exchange, Change | None]:
        """Send the request. Return its exchange and a change (or None) that reads related to `first` show."""
        send, reads = self._trial.send_as, related_reads(self._api, first)
        before = [(read, _observed(send(read), send(read))) for read in reads]
        answer = send(request, first.operation)
        self._trial.count_check(first.operation, check)
        changes = (_change(was, send(read)) for read, was in before if was is not None)
        return answer, next(filter(None, changes), None)

    def _other_tenant(self, first: Exchange, other: Exchange) -> Iterator[Finding]:
        """Yield a finding if a key that only the first tenant used is not free in another tenant.

        If the call with a new key also fails in the other tenant, the key is not the reason: yield nothing.
        """
        headers = self._other_headers(other.request)
        if not headers or not self._trial.run_config.wants(TENANTS):
            return
        rule, operation = self._rule, first.operation
        there = replace(other.request, headers={**other.request.headers, **headers})
        known = self._trial.send_as(with_key(rule, there, key_in(rule, first.request)), operation)
        fresh = self._trial.send_as(with_key(rule, there, self._new_key(operation)), operation)
        self._trial.count_check(operation, TENANTS)
        if not fresh.response.is_done:
            return
        replayed = is_same_answer(known, first) and not is_same_answer(fresh, first)
        if known.response.is_refused or replayed:
            message = (
                f"{other.request.name} came in another tenant with an {rule.name} that only the first tenant "
                f"has used, and was answered {sentences.response(known)}; with a new one it is done"
            )
            status, answer = str(fresh.response.status), sentences.response(known)
            yield Finding(TENANTS, operation, message, "", status, answer, (first, fresh, known))

    def _other_headers(self, request: Request) -> Mapping[str, str]:
        profile, facts = self._api.profile, self._api.facts
        if self._api.tenants < 2:  # noqa: PLR2004 - two tenants
            return {}
        mine, theirs = (
            {name.lower(): text for name, text in profile.headers(facts, tenant).items()} for tenant in (0, 1)
        )
        same = all(request.headers.get(name) == text for name, text in mine.items())
        return theirs if same and mine != theirs else {}

    def _is_done(self, operation: str) -> bool:
        good = self._good[operation]
        return good >= 2 * max(_TRIED) or (good >= max(_TRIED) and operation not in self._first)

    def _new_key(self, operation: str) -> str:
        self._keys[operation] += 1
        text = (
            f"contract-{self._trial.run_config.seed}-{crc32(operation.encode()):08x}-{self._keys[operation]}"
        )
        declared, name = self._api.spec.operations[operation].parameters, self._rule.name.lower()
        formats = (one.schema.get("format") for one in declared if one.name.lower() == name)
        return str(uuid5(NAMESPACE_URL, text)) if "uuid" in formats else text


def _commits_nothing(rule: IdempotencyRule, request: Request) -> bool:
    return any(request.headers.get(name.lower(), "false") != "false" for name in rule.no_key_with)


def _has_another_body(rule: IdempotencyRule, first: Exchange, other: Exchange) -> bool:
    """Return whether two calls have equal method, path and media type, but different JSON bodies."""
    one, two = without_key(rule, first.request), without_key(rule, other.request)
    if (one.method, one.path, one.media_type) != (two.method, two.path, two.media_type):
        return False
    try:
        return bool(one.json() != two.json())
    except ValueError:
        return False


class Observation(Value, frozen=True):
    """What a read shows."""

    exchange: Exchange
    values: Mapping[str, Json]
    """Scalars by JSON Pointer."""
    unsteady: frozenset[str] = frozenset()
    """Pointers of scalars that differ between two reads without a write."""


class Change(Value, frozen=True):
    message: str
    pointer: str
    before: Exchange
    after: Exchange

    def finding(self, check: str, what: str, first: Exchange, answer: Exchange) -> Finding:
        """Return the finding that a second call changed something; `answer` is the second call."""
        shown = (first, self.before, answer, self.after)
        message = f"{what}: {self.message}"
        return Finding(check, first.operation, message, self.pointer, "no change", "a change", shown)


def related_reads(api: ApiUnderTest, exchange: Exchange) -> tuple[Request, ...]:
    """Return at most three reads with known parameters, and with paths most like that of `exchange`."""
    try:
        match = find_operation(api.spec, exchange.request.method, unquote(exchange.request.plain_path))
    except (NotFound, MethodNotAllowed):
        return ()
    headers = {name: text for name, text in exchange.request.headers.items() if name not in _OF_THE_BODY}
    reads = [operation for operation in api.spec.operations.values() if operation.method == "get"]
    reads.sort(key=lambda one: -_shared(one.path, match.operation.path))
    made = (_request(api, read, match.values, headers) for read in reads)
    return tuple(one for one in made if one is not None)[:_MOST]


def _shared(one: str, other: str) -> int:
    """Return the length of the beginning that two paths have in common."""
    differing = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))


def _request(
    api: ApiUnderTest, operation: Operation, values: Mapping[str, str], headers: Mapping[str, str]
) -> Request | None:
    pins = api.pins
    known = {**pins.path, **pins.query, **pins.known.get(operation.id, {}), **values}
    places = {"path": known, "query": known, "header": headers}
    needed = [(parameter.place, parameter.name) for parameter in operation.parameters if parameter.required]
    if any(
        (name.lower() if place == "header" else name) not in places.get(place, {}) for place, name in needed
    ):
        return None
    asked = {parameter.name for parameter in operation.parameters if parameter.place == "query"}
    query = {
        name: known[name]
        for name in known
        if name in asked and (("query", name) in needed or name in pins.query)
    }
    path = filled_path(operation.path, known, safe=":")
    return Request("GET", f"{path}?{urlencode(query)}" if query else path, headers)


def _observed(first: Exchange, second: Exchange) -> Observation | None:
    """Return what a read shows, or None if its two responses cannot be compared."""
    one, other = _values(first), _values(second)
    if one is None or other is None or one.keys() != other.keys():
        return None
    return Observation(second, other, frozenset(name for name in one if one[name] != other[name]))


def _values(exchange: Exchange) -> Mapping[str, Json] | None:
    if exchange.response.status != _OK:
        return {"": exchange.response.status}
    try:
        inside = values_in(exchange.response.json())
        return {
            pointer_of(path): one for path, one in inside if not isinstance(one, Mapping | list) or not one
        }
    except (ValueError, RecursionError):
        return None


def _change(before: Observation, after: Exchange) -> Change | None:
    """Return the first difference between two answers to a read; dates and times are not compared."""
    values = _values(after)
    if values is None:
        return None
    for name in dict.fromkeys((*before.values, *values)):
        was, now = before.values.get(name, _ABSENT), values.get(name, _ABSENT)
        if was == now or name in before.unsteady or (_is_moment(was) and _is_moment(now)):
            continue
        message = f"GET {after.request.path} showed {_shown(was)} at {name or '/'}, and now {_shown(now)}"
        return Change(message, name, before.exchange, after)
    return None


def _is_moment(value: object) -> bool:
    return isinstance(value, str) and _MOMENT.match(value) is not None


def _shown(value: object) -> str:
    return "nothing" if value is _ABSENT else repr(value) if isinstance(value, str) else str(value)


class LocationChecks:
    """Checks that read a few `Location`s of each operation; `Location`s outside the target become notes."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._followed: Counter[str] = Counter()

    def check(self, operation: str, exchange: Exchange) -> tuple[Finding, ...]:
        location = exchange.response.headers.get("location", "")
        is_due = (
            self._trial.run_config.wants(LOCATION_CHECK)
            and exchange.response.status == _CREATED
            and exchange.operation == operation
        )
        if not is_due or not location or self._followed[operation] >= _FOLLOWED:
            return ()
        self._followed[operation] += 1
        path = self._path(exchange.request, location)
        if not path:
            note = f"{operation}: its Location leads to no read of the target and was not followed"
            if note not in self._trial.ledger.notes:
                self._trial.ledger.notes.append(note)
            return ()
        headers = {
            name: text for name, text in exchange.request.headers.items() if name not in _HEADERS_OF_CREATION
        }
        request = Request("GET", path, headers)
        self._trial.count_check(operation, LOCATION_CHECK)
        first = self._send(request)
        message = f"{exchange.request.name} was answered 201 with the Location {location}; reading it "
        if first.response.is_refused:
            status = str(first.response.status)
            sentence = f"{message}is answered {status}"
            return (Finding(LOCATION_CHECK, operation, sentence, "", "200", status, (exchange, first)),)
        return self._compared(operation, exchange, first, message)

    def _compared(
        self, operation: str, created: Exchange, first: Exchange, message: str
    ) -> tuple[Finding, ...]:
        """Return a finding if the record that was read has another id than the created record."""
        mine, theirs = _ids(created), _ids(first)
        other = {name for name in mine.keys() & theirs.keys() if mine[name] != theirs[name]}
        if not other:
            return ()
        # An id that differs in each response identifies the response, not the record.
        again = _ids(self._send(first.request))
        name = next((one for one in sorted(other) if again.get(one) == theirs[one]), None)
        if name is None:
            return ()
        sentence = f"{message}shows {name} {theirs[name]}, the created record has {name} {mine[name]}"
        shown = (created, first)
        return (Finding(LOCATION_CHECK, operation, sentence, f"/{name}", mine[name], theirs[name], shown),)

    def _path(self, request: Request, location: str) -> str:
        """Return the path of `location` below the target's own path; "" if no read operation has the path."""
        base = urlsplit(self._trial.target.address.url)
        mount = base.path.rstrip("/")
        parts = urlsplit(urljoin(f"{base.scheme}://{base.netloc}{mount}{request.path}", location))
        if parts.netloc != base.netloc:
            return ""
        path = parts.path.removeprefix(mount)
        if not self._trial.api.operation_of(Request("GET", path)):
            return ""
        return f"{path}?{parts.query}" if parts.query else path

    def _send(self, request: Request) -> Exchange:
        return self._trial.send_as(request, self._trial.api.operation_of(request))


def _ids(exchange: Exchange) -> Mapping[str, str]:
    """Return the members of a response that may identify a record."""
    document: Json = exchange.response.document()
    if not isinstance(document, Mapping):
        return {}
    return {
        name: str(value)
        for name, value in document.items()
        if name.lower().endswith(_IDS) and isinstance(value, str | int) and not isinstance(value, bool)
    }
