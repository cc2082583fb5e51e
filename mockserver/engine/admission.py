"""Admission: the checks of a call before its work begins."""

from __future__ import annotations

from msgspec.structs import replace

from mockserver.engine.auth import authenticate_subrequest, check_permission, find_missing_scheme
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import NotFound, Refusal, Unauthorized
from mockserver.model import ANONYMOUS, Call, Principal, Value
from mockserver.sandbox.assumptions import ASSUMPTIONS_COLLECTION, check_availability
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.scenarios import SCENARIOS
from mockserver.sandbox.store import State
from mockserver.scenario.selection import ScenarioSelector
from mockserver.spec.openapi import Operation, RouteMatch

_UNROUTED = NotFound("path", "").without_trace()


class Arrival(Value, frozen=True):
    """An HTTP request to one vendor, read to its end."""

    call: Call
    """The call without what its sandbox adds: principal, assumptions, time and scenarios."""
    route: RouteMatch | Refusal = _UNROUTED
    """Operation and path values that Connexion found, or the refusal if path or method are unknown."""
    has_credentials: bool = True
    """False if the operation needs credentials, and Connexion found none."""
    head_refusal: Refusal | None = None
    """Refusal that precedes all checks of the call, such as the refusal of a header."""
    body_refusal: Refusal | None = None
    """Refusal if the body cannot be used; route and credentials are checked earlier."""
    sent_body: bytes | None = None
    """Body as it was received, with its content coding; None if it is too large."""
    may_take_long: bool = False
    """Whether the work of the call runs in a thread, where it blocks no other call."""


class Admitted(Value, frozen=True):
    """Result of admission: the call and its route (`match`); `refusal` is None if the call is admitted."""

    call: Call
    match: RouteMatch | None = None
    refusal: Refusal | None = None

    @property
    def operation(self) -> Operation | None:
        return None if self.match is None else self.match.operation


class Admission(Value, frozen=True):
    """Admission of the calls to one vendor."""

    served: LoadedVendor
    sandboxes: Sandboxes
    scenario_selector: ScenarioSelector | None = None
    strict: bool = False
    """Whether only credentials that the sandbox knows are accepted."""

    def admit(self, arrival: Arrival, state: State) -> Admitted:
        """Add caller, assumptions, time and scenarios to the call of `arrival`; admit or refuse the call.

        Raises InvalidHeaderError: `Mock-Scenario` is malformed.
        """
        try:
            principal: Principal | Refusal = self._identify(arrival, state)
        except Refusal as refusal:
            principal = refusal.without_trace()
        call = self.complete(
            arrival.call, principal if isinstance(principal, Principal) else ANONYMOUS, state
        )
        if self.scenario_selector is not None and arrival.head_refusal is None:
            self.scenario_selector.check(call)
        route = arrival.route if isinstance(arrival.route, RouteMatch) else None
        try:
            if arrival.head_refusal is not None:
                raise arrival.head_refusal
            checks = _Checks(arrival, principal, self.served, call, state)
            tenant = self.served.vendor.admit(call, checks, state)
            check_availability(call)
        except Refusal as refusal:
            return Admitted(call, route, refusal.without_trace())
        return Admitted(self._as_tenant(call, tenant), route)

    def _identify(self, arrival: Arrival, state: State) -> Principal:
        if not isinstance(arrival.route, RouteMatch):
            return ANONYMOUS
        operation, schemes = arrival.route.operation, self.served.schemes
        # If a call lacks a credential and has a wrong credential, the wrong credential is refused first.
        principal = authenticate_subrequest(arrival.call, operation, schemes, state, strict=self.strict)
        if not arrival.has_credentials:
            raise Unauthorized("missing", find_missing_scheme(operation, schemes, arrival.call))
        return principal

    def complete(self, call: Call, principal: Principal, state: State) -> Call:
        assumptions = self.served.assumptions
        overrides = state.collection(ASSUMPTIONS_COLLECTION, "")
        if len(overrides):
            assumptions = {
                **assumptions,
                **{override["name"]: override["value"] for override in overrides.values()},
            }
        return replace(
            call,
            principal=principal,
            assumptions=assumptions,
            now=state.now,
            scenarios=tuple(state.sandbox_collection(SCENARIOS).values()),
        )

    def _as_tenant(self, call: Call, tenant: str) -> Call:
        name = self.served.spec.tenant_key
        if not tenant or call.headers.get(name) == tenant:
            return call
        return replace(call, headers={**call.headers, name: tenant})


class _Checks(Value, frozen=True):
    """The checks that all vendors share (see `Enter`): route, credentials, body, scope and `Accept`."""

    arrival: Arrival
    principal: Principal | Refusal
    served: LoadedVendor
    call: Call
    state: State

    def __call__(self) -> Operation:
        """Return the operation that the call may use. Raises Refusal: the first failed check."""
        route = self.arrival.route
        if not isinstance(route, RouteMatch):
            raise route
        if isinstance(self.principal, Refusal):
            raise self.principal
        if self.arrival.body_refusal is not None:
            raise self.arrival.body_refusal
        operation = route.operation
        check_permission(self.call, operation)
        if self.served.negotiation is not None:
            self.served.negotiation.check(self.call, operation)
        return operation

    def count(self) -> None:
        """Count the call, unless its credentials are refused, because 401 precedes 429.

        Raises TooManyRequests.
        """
        if self.served.rate_limit is not None and not isinstance(self.principal, Refusal):
            self.served.rate_limit.count(self.call, self.state)
