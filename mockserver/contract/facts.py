"""Checks before a run's first write: which records of facts and which operations the server lacks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal
from urllib.parse import quote, urlencode

from msgspec import field
from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import headers_for, with_query
from mockserver.contract.exchange import Exchange, Request, UnansweredCallError, UnsendableCallError
from mockserver.contract.list_discovery import value_in
from mockserver.contract.profile import Facts
from mockserver.contract.profile_reads import FactCheck, FactRead
from mockserver.contract.samples import SampleMember
from mockserver.contract.target import Target
from mockserver.model import Json, Value
from mockserver.spec.openapi import Operation

_PLACE = re.compile(r"\{(\w+)\}")
_SHOWN_KEYS = 2

_NOT_FOUND = 404
_SAYS_NOT_FOUND = (str(_NOT_FOUND), "4XX", "default")
_CLOSED = (401, 403)
_VARYING = re.compile(r"[0-9a-fA-F-]{8,}|[0-9]+")
_ABSENT = (405, 501)
_OTHERS = ("PATCH", "PUT", "POST", "DELETE", "TRACE")
READING = ("get", "head", "options", "trace")
_NUMBER = 2_000_000_011
"""Key of a record that most likely does not exist."""

_PATH_PARAMETER = re.compile(r"\{([^{}]+)\}")


class MissingFact(Value, frozen=True):
    """A fact whose record is missing at the target."""

    fact: str
    text: str
    seen: str
    """The call that shows that the record is missing, with its status."""
    found: tuple[str, ...] = ()
    """Texts of other records that exist and could replace the fact."""
    is_written: bool = False
    """Whether the run changes the fact's record, so that the user has to choose another record."""

    @property
    def option(self) -> str:
        if self.is_written or not self.found:
            return f"--fact {self.fact}=…"
        return f"--fact {shlex.quote(f'{self.fact}={self.found[0]}')}"


class MissingFactsError(Exception):
    def __init__(self, missing: Sequence[MissingFact]) -> None:
        super().__init__(", ".join(f"{one.fact}={one.text} ({one.seen})" for one in missing))
        self.missing = tuple(missing)

    @property
    def cure(self) -> str:
        given = " ".join(one.option for one in self.missing)
        there = "; ".join(
            f"{one.fact}: {', '.join(one.found[:_SHOWN_KEYS])}" for one in self.missing if one.found
        )
        return f"{given}     {f'found there: {there}' if there else 'with a record that is there'}"


class CheckedFacts(Value, frozen=True):
    """Facts of a run after the check."""

    facts: Facts
    taken: Facts = field(default_factory=dict)
    """For each fact whose record was missing, the text of the record at the target that replaces it."""
    notes: tuple[str, ...] = ()


class _Seen(Value, frozen=True):
    """Result of the reads for a fact."""

    state: Literal["there", "missing", "unclear"]
    calls: tuple[str, ...] = ()
    """The calls that did not show the record, with their results."""
    found: tuple[str, ...] = ()
    """Texts of usable records in lists."""


class FactSearch(Value, frozen=True):
    """Search for the facts of some operations at a target."""

    api: ApiUnderTest
    target: Target
    operations: frozenset[str]
    given: Facts
    """Facts that the user named."""
    may_take: bool = False
    """Whether another record from a list may replace a missing fact that the user did not name."""

    def checked(self, *, only_given: bool = False) -> CheckedFacts:
        """Search for the record of each fact or, if `only_given`, of each fact that the user named.

        Raises MissingFactsError, TargetUnreachableError.
        """
        taken: dict[str, str] = {}
        unclear: list[str] = []
        missing: list[MissingFact] = []
        notes: list[str] = []
        for name, checks in self._wanted(only_given=only_given):
            facts = {**self.api.facts, **taken}
            seen = self._seen(checks, facts)
            if seen.state == "unclear":
                calls = ", ".join(dict.fromkeys(seen.calls)) or "no read shows it"
                unclear.append(f"{name}={facts[name]} ({calls})")
            elif seen.state == "missing":
                if other := self._replacement(name, checks, facts, seen):
                    taken[name] = other
                    notes.append(
                        f"{name}={other} is taken, which is at the target: {facts[name]} is not "
                        f"({seen.calls[0]}); --fact {name}=… names another"
                    )
                else:
                    is_written = not all(check.replaceable for check in checks)
                    missing.append(MissingFact(name, facts[name], seen.calls[0], seen.found, is_written))
        if missing:
            raise MissingFactsError(missing)
        if unclear:
            notes.append(f"not checked, whether they are at the target: {'; '.join(unclear)}")
        return CheckedFacts({**self.api.facts, **taken}, taken, tuple(notes))

    def _wanted(self, *, only_given: bool) -> Iterator[tuple[str, tuple[FactCheck, ...]]]:
        known = self.api.profile.fact_checks
        for name in self.api.profile.facts:
            checks = tuple(one for one in known if one.fact == name)
            needed = tuple(check for check in checks if self._is_needed(check))
            is_left_out = checks and not needed
            if is_left_out or not self.api.facts[name] or (only_given and name not in self.given):
                continue
            yield name, needed

    def _is_needed(self, check: FactCheck) -> bool:
        is_used = not check.needed_by or not self.operations.isdisjoint(check.needed_by)
        return is_used and not check.made_up and check.tenant < self.api.tenants

    def _seen(self, checks: Sequence[FactCheck], facts: Facts) -> _Seen:
        """Return the result of all reads for a fact, in every tenant and for every part of its text."""
        every = [
            self._seen_once(check, {**facts, check.fact: part})
            for check in checks
            for part in (facts[check.fact].split(check.parts) if check.parts else [facts[check.fact]])
        ]
        lacking = [one for one in every if one.state == "missing"]
        others = {
            text for name, text in self.api.facts.items() if name not in {check.fact for check in checks}
        }
        shown = lacking[0].found if lacking else ()
        # A replacement must be in the list of every tenant.
        listed = [one.found for one in every if one.found]
        found = [name for name in shown if name not in others and all(name in names for names in listed)]
        if lacking:
            return _Seen("missing", lacking[0].calls, tuple(found))
        if every and all(one.state == "there" for one in every):
            return _Seen("there")
        return _Seen("unclear", tuple(call for one in every if one.state == "unclear" for call in one.calls))

    def _seen_once(self, check: FactCheck, facts: Facts) -> _Seen:
        """Make the reads in order until an answer shows the record.

        Once an answer says that the record is missing, read only lists, until a list shows other records.
        """
        calls: list[str] = []
        first: _Seen | None = None
        for read in check.reads:
            if first and read.rows is None:
                continue
            seen = self._read(read, check, facts)
            if seen.state == "there":
                return seen
            calls.extend(seen.calls)
            if seen.state == "missing" and first is None:
                first = seen
            if first and seen.found:
                return replace(first, found=seen.found)
        return first or _Seen("unclear", tuple(calls))

    def _read(self, read: FactRead, check: FactCheck, facts: Facts) -> _Seen:
        request = self._request(read, check.tenant, facts)
        headers = self.api.profile.headers(facts, check.tenant)
        tenant = "".join(f", {name}: {text}" for name, text in headers.items())
        call = f"{request.method} {request.path}{tenant}"
        sent = with_query(self.api, read.operation, self.api.profile.credentials, request)
        try:
            exchange = self.target.send(sent, read.operation)
        except UnansweredCallError:
            return _Seen("unclear", (f"{call}: no answer that can be read",))
        except UnsendableCallError as error:
            return _Seen("unclear", (f"{call}: {error}",))
        called = f"{call}: {exchange.response.status}"
        if read.rows is None:
            return self._one_record(exchange, read, facts[check.fact], called)
        if not exchange.response.is_done:
            return _Seen("unclear", (called,))
        return _list(exchange, read, facts[check.fact], called)

    def _one_record(self, exchange: Exchange, read: FactRead, text: str, called: str) -> _Seen:
        status = exchange.response.status
        if exchange.response.is_done:
            shown = _text(value_in(exchange.response.document(), read.key)) if read.key else text
            return _Seen("there") if shown == text else _Seen("unclear", (f"{called}, of another record",))
        if status not in read.missing:
            return _Seen("unclear", (called,))
        if is_unknown_path(self.api, self.target, exchange):
            return _Seen("unclear", (f"{called}, as at a path that is not there",))
        return _Seen("missing", (called,))

    def _request(self, read: FactRead, tenant: int, facts: Facts) -> Request:
        operation = self.api.spec.operations[read.operation]
        values = {name: quote(_filled(text, facts), safe="") for name, text in read.path.items()}
        path = _PLACE.sub(lambda found: values[found[1]], operation.path)
        if read.query:
            query = {name: _filled(text, facts) for name, text in read.query.items()}
            path = f"{path}?{urlencode(query, quote_via=quote)}"
        given = self.api.profile.credentials
        kept = {"accept": "application/json", **self.api.profile.headers(facts, tenant)}
        return Request("GET", path, kept).having(headers_for(self.api, operation.id, given))

    def _replacement(self, name: str, checks: Sequence[FactCheck], facts: Facts, seen: _Seen) -> str:
        """Return the text of another record that passes every check of the fact, or "" if there is none."""
        if not self.may_take or name in self.given or not all(check.replaceable for check in checks):
            return ""
        there = (other for other in seen.found if self._seen(checks, {**facts, name: other}).state == "there")
        return next(there, "")


def _list(exchange: Exchange, read: FactRead, text: str, called: str) -> _Seen:
    """Return what a list shows of the fact: unclear if a full page lacks the record, or there is no list."""
    rows = value_in(exchange.response.document(), read.rows or "")
    if not isinstance(rows, list):
        return _Seen("unclear", (f"{called}, without a list of rows",))
    usable = [row for row in rows if all(value_in(row, at) == value for at, value in read.having.items())]
    keys = [_text(value_in(row, read.key)) for row in usable]
    found = tuple(dict.fromkeys(key for key in keys if key))
    if text in found:
        return _Seen("there", found=found)
    if read.size and len(rows) >= read.size:
        return _Seen("unclear", (f"{called}, not in its first {len(rows)} rows",), found)
    return _Seen("missing", (f"{called}, not in its {len(rows)} rows",), found)


def _text(value: Json) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


def _filled(text: str, facts: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: facts[found[1]], text)


def absent_operations(api: ApiUnderTest, target: Target, operations: frozenset[str]) -> Mapping[str, int]:
    """Call each operation without a body. Return the operations that the server lacks, with the status.

    A server lacks an operation if it answers 405, 501, or a 404 that the spec does not declare. A declared
    404 may also mean a missing record; further calls, whose answers are compared with the 404, decide this.
    The calls change nothing: a required body is missing, and no record has the made-up key. If a path cannot
    take a made-up key, only reads are called. Raises TargetUnreachableError.
    """
    absent: dict[str, int] = {}
    built: list[Exchange] = []
    unclear: list[Exchange] = []
    for operation in api.spec.operations.values():
        request = _first_call(api, operation) if operation.id in operations else None
        if request is None:
            continue
        exchange = _answered(target, request, operation.id)
        if exchange is None:
            continue  # the run reports calls without an answer
        status = exchange.response.status
        is_missing = status == _NOT_FOUND and (
            operation.responses.keys().isdisjoint(_SAYS_NOT_FOUND)
            or _is_taken_for_a_key(api, target, exchange)
        )
        if status in _ABSENT or is_missing:
            absent[operation.id] = status
        else:
            (unclear if status == _NOT_FOUND else built).append(exchange)
    anonymous = (_answered(target, _anonymous(api, one)) for one in built if unclear)
    if any(one is not None and one.response.status in _CLOSED for one in anonymous):
        absent |= {one.operation: _NOT_FOUND for one in unclear if _has_no_route(api, target, one)}
    return {name: absent[name] for name in api.spec.operations if name in absent}


def _is_taken_for_a_key(api: ApiUnderTest, target: Target, exchange: Exchange) -> bool:
    """Return whether the server takes the last segment for a key: `/orders/deleted` for `/orders/{id}`.

    It does if the given answer looks like the answer to the path with a made-up key as last segment.
    """
    path, mark, query = exchange.request.path.partition("?")
    other = replace(exchange.request, path=f"{path.rpartition('/')[0]}/k{_NUMBER}{mark}{query}")
    if api.operation_of(other) in ("", exchange.operation):
        return False
    answered = _answered(target, other)
    return answered is not None and _outline(answered) == _outline(exchange)


def _answered(target: Target, request: Request, operation: str = "") -> Exchange | None:
    try:
        return target.send(request, operation)
    except UnansweredCallError:
        return None


def _has_no_route(api: ApiUnderTest, target: Target, exchange: Exchange) -> bool:
    """Return whether a 404 means an unknown path, on a server that checks credentials at known paths.

    It does if a call without credentials also gets 404, and the given 404 looks like that of a made-up path.
    If the operation needs no credentials, that call has a method that the spec lacks.
    """
    sent = _anonymous(api, exchange)
    if not headers_for(api, exchange.operation, api.profile.credentials):
        known = api.spec.document["paths"][api.spec.operations[exchange.operation].path]
        sent = replace(sent, method=next(name for name in _OTHERS if name.lower() not in known))
    again = _answered(target, sent)
    if again is None or again.response.status != _NOT_FOUND:
        return False
    invented = _answered(target, replace(exchange.request, path=f"/not-there{exchange.request.path}"))
    return invented is not None and _outline(invented) == _outline(exchange)


def is_unknown_path(api: ApiUnderTest, target: Target, exchange: Exchange) -> bool:
    """Return whether a refusal looks like that of a made-up path, with credentials and without credentials.

    Raises TargetUnreachableError.
    """
    invented = replace(exchange.request, path=f"/not-there{exchange.request.path}")
    shown = _answered(target, invented)
    if shown is None or _outline(shown) != _outline(exchange):
        return False
    anonymous = _anonymous(api, exchange)
    if anonymous == exchange.request:
        return True
    same = [_answered(target, one) for one in (anonymous, replace(anonymous, path=invented.path))]
    outlines = [one and _outline(one) for one in same]
    return outlines[0] == outlines[1]


def _anonymous(api: ApiUnderTest, exchange: Exchange) -> Request:
    secret = headers_for(api, exchange.operation, api.profile.credentials)
    kept = {name: text for name, text in exchange.request.headers.items() if name not in secret}
    return replace(exchange.request, headers=kept)


def _outline(exchange: Exchange) -> tuple[int, str]:
    """Return status and body without path, numbers and ids, so that answers for one reason are equal."""
    path, text = exchange.request.plain_path, exchange.response.body.decode("utf-8", "replace")
    for varying in (exchange.request.path, path, path.rpartition("/")[2]):
        text = text.replace(varying or path, "")
    return exchange.response.status, _VARYING.sub("", text)


def absent_note(api: ApiUnderTest, absent: Mapping[str, int]) -> str:
    named = (
        f"{operation.method.upper()} {operation.path} ({status})"
        for name, status in absent.items()
        for operation in [api.spec.operations[name]]
    )
    return f"not built at the target: {', '.join(named)}; left out"


def _first_call(api: ApiUnderTest, operation: Operation) -> Request | None:
    """Return a harmless first call of an operation, or None if it might write to an existing record."""
    document, is_reading = api.spec.document, operation.method in READING
    members = {one.name: SampleMember.of(document, one.name, one.schema) for one in operation.parameters}

    def value(found: re.Match[str]) -> str:
        member = members.get(found[1])
        schema = {name: held for name, held in member.schema.items() if name != "example"} if member else {}
        made = SampleMember(found[1], schema, document).good(_NUMBER)
        return quote(str(_NUMBER if made is None else made), safe="")

    path = _PATH_PARAMETER.sub(value, operation.path)
    made_up = sum(map(path.count, (str(_NUMBER), f"{_NUMBER:x}")))
    if made_up < len(_PATH_PARAMETER.findall(operation.path)) and not is_reading:
        return None
    needed = [
        one.name for one in operation.parameters if one.required and one.place == "query" and is_reading
    ]
    query = {name: api.pins.query.get(name, members[name].good(_NUMBER) or _NUMBER) for name in needed}
    headers = dict(api.profile.headers(api.facts, 0))
    if operation.bodies:
        headers["content-type"] = operation.bodies[0].name.replace("*", "json")
    given = api.profile.credentials
    request = Request(operation.method.upper(), f"{path}?{urlencode(query)}" if query else path, headers)
    return with_query(api, operation.id, given, request.having(headers_for(api, operation.id, given)))
