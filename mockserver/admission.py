"""Admission: all that is asked of a call before its work begins, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from mockserver.assumption import ASSUMPTIONS, check_availability
from mockserver.auth import identify, missing_scheme, permit
from mockserver.codec.paths import key_of
from mockserver.errors import NotFound, Refusal, Unauthorized
from mockserver.model import ANYBODY, NOTHING, Call, Principal, Value
from mockserver.sandbox import Sandboxes
from mockserver.scenario.director import Director
from mockserver.scenario.records import SCENARIOS
from mockserver.served import Served
from mockserver.spec import Match, Operation
from mockserver.store import State


class Arrival(Value, frozen=True):
    """One HTTP request to one vendor, read to its end; the members that `Call` has too mean the same.

    `head_refusal` says why its headers are not looked at, `body_refusal` why its body cannot be used.
    `is_routed` and `is_secured` say whether the HTTP layer found a route for it, and credentials in it.
    """

    sandbox: str
    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = NOTHING
    body: bytes = b""
    mount: str = ""
    origin: str = ""
    target: str = ""
    in_flight: int = 1
    twins: int = 0
    head_refusal: Refusal | None = None
    body_refusal: Refusal | None = None
    is_routed: bool = True
    is_secured: bool = True

    def call(self, vendor: str, **found: Any) -> Call:
        """The call that it makes at the vendor, with what was found for it in its sandbox."""
        return Call(
            vendor=vendor,
            sandbox=self.sandbox,
            method=self.method,
            path=self.path,
            query=self.query,
            headers=self.headers,
            body=self.body,
            mount=self.mount,
            origin=self.origin,
            in_flight=self.in_flight,
            twins=self.twins,
            target=self.target,
            **found,
        )


class Admitted(Value, frozen=True):
    """The call, where it goes, and why it is refused: None when it may go on."""

    call: Call
    match: Match | None = None
    refusal: Refusal | None = None

    @property
    def operation(self) -> Operation | None:
        """The operation that the call was routed to, None when it was not."""
        return None if self.match is None else self.match.operation


@dataclass(frozen=True, slots=True)
class Admission:
    """The admission of one vendor; a `strict` one accepts only credentials that the sandbox knows."""

    served: Served
    sandboxes: Sandboxes
    director: Director | None = None
    strict: bool = False

    def admit(self, arrival: Arrival) -> Admitted:
        """Make the call of `arrival` and decide whether it may enter.

        Raises:
            BadHeader: `Mock-Scenario` is malformed or names no scenario.
            TooManySandboxes: it names a new sandbox, and no more may be made.
        """
        self.sandboxes.enter(arrival.sandbox)
        try:
            match: Match | Refusal = self._match(arrival)
        except Refusal as refusal:
            match = refusal
        scope, is_served = f"{self.served.name}/", isinstance(match, Match)
        return self.sandboxes.visit(
            arrival.sandbox, scope, lambda state: self._admit(arrival, match, state), create=is_served
        )

    def _match(self, arrival: Arrival) -> Match:
        match = self.served.spec.match(arrival.method, arrival.path)
        return Match(match.operation, {name: key_of(text) for name, text in match.values.items()})

    def _admit(self, arrival: Arrival, match: Match | Refusal, state: State) -> Admitted:
        try:
            principal: Principal | Refusal = self._identify(arrival, match, state)
        except Refusal as refusal:
            principal = refusal
        call = self._call(arrival, principal if isinstance(principal, Principal) else ANYBODY, state)
        if self.director is not None:
            self.director.check(call)
        found = match if isinstance(match, Match) else None
        try:
            if arrival.head_refusal is not None:
                raise arrival.head_refusal
            tenant = self._enter(call, _Checks(arrival, match, principal, self.served), state)
            check_availability(call)
        except Refusal as refusal:
            return Admitted(call, found, refusal)
        return Admitted(self._as_tenant(call, tenant), found)

    def _identify(self, arrival: Arrival, match: Match | Refusal, state: State) -> Principal:
        if not isinstance(match, Match):
            return ANYBODY
        return identify(arrival, match.operation, self.served.schemes, state, strict=self.strict)

    def _call(self, arrival: Arrival, principal: Principal, state: State) -> Call:
        """The one `Call` of the request, with what its sandbox holds for it."""
        assumptions = self.served.assumptions
        overrides = state.collection(ASSUMPTIONS, "")
        if len(overrides):
            assumptions = {**assumptions, **{one["name"]: one["position"] for one in overrides.values()}}
        return arrival.call(
            self.served.name,
            principal=principal,
            assumptions=assumptions,
            now=state.now,
            scenarios=tuple(state.own(SCENARIOS).values()),
        )

    def _enter(self, call: Call, checks: _Checks, state: State) -> str:
        """The tenant that the vendor lets the call into; what it counted before the checks stays counted."""
        with ExitStack() as savepoint:
            savepoint.enter_context(state.item())

            def enter() -> Operation:
                savepoint.close()
                operation = checks.operation(call)
                savepoint.enter_context(state.item())
                return operation

            return self.served.vendor.admit(call, enter, state)

    def _as_tenant(self, call: Call, tenant: str) -> Call:
        """The call as if it had named the tenant that it enters, where the vendor takes it from a header."""
        name = self.served.tenant_header.lower()
        if not tenant or call.headers.get(name) == tenant:
            return call
        return replace(call, headers={**call.headers, name: tenant})


class _Checks(Value, frozen=True):
    """What is asked of every call, whatever the vendor: a route, credentials, a readable body, a scope."""

    arrival: Arrival
    match: Match | Refusal
    principal: Principal | Refusal
    served: Served

    def operation(self, call: Call) -> Operation:
        """The operation that the call may use.

        Raises:
            Refusal: the first check that the call does not pass.
        """
        if not isinstance(self.match, Match):
            raise self.match
        operation = self.match.operation
        for refusal in self._refusals(operation):
            raise refusal
        permit(call, operation)
        return operation

    def _refusals(self, operation: Operation) -> Iterator[Refusal]:
        arrival = self.arrival
        if not arrival.is_routed:
            yield NotFound("path", arrival.path)
        if isinstance(self.principal, Refusal):
            yield self.principal
        if not arrival.is_secured:
            yield Unauthorized("missing", missing_scheme(operation, self.served.schemes, arrival))
        if arrival.body_refusal is not None:
            yield arrival.body_refusal
