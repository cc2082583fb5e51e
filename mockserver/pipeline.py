"""The corridor: envelope → judge → store → render, one way, for every operation of one vendor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from mockserver.apply import apply_all, apply_each
from mockserver.assumption import ASSUMPTIONS, check_availability, check_delivery
from mockserver.auth import identify, permit
from mockserver.envelope import Envelope
from mockserver.errors import Failed, Refusal
from mockserver.judge import judge
from mockserver.model import Answer, Call, Verdict
from mockserver.sandbox import Sandboxes
from mockserver.served import Served
from mockserver.spec import Match, Operation
from mockserver.store import State
from mockserver.vendor import BatchResult, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The corridor of one vendor; `strict` takes no credential that the sandbox does not know."""

    served: Served
    envelope: Envelope
    sandboxes: Sandboxes
    strict: bool = False

    def greet(self, call: Call) -> Call:
        """The call with the positions that its sandbox's switches have."""
        chosen = self._transact(call, "", lambda state: tuple(state.collection(ASSUMPTIONS, "").values()))
        if not chosen:
            return replace(call, assumptions=self.served.assumptions)
        positions = {one["name"]: one["position"] for one in chosen}
        return replace(call, assumptions={**self.served.assumptions, **positions})

    def gateway(self, call: Call) -> None:
        """Let the call through what stands before the vendor, if something does.

        Raises:
            Refusal: it does not pass.
        """
        gateway = self.served.vendor.gateway
        if gateway is not None:
            self._transact(call, "", lambda state: gateway(call, state))

    def handle(self, call: Call, match: Match) -> Answer:
        """Answer one call that was routed and whose caller is known."""
        operation = match.operation
        try:
            permit(call, operation)
            self._enter(call, operation)
            call = self._at_home(call, operation)
            self._admit_early(call, operation)
            check_availability(call)
            kept = self._replayed(call, operation)
        except Refusal as refusal:
            return self.refuse(call, refusal, operation)
        return self._delivered(call, kept or self._work(call, match), operation)

    def refuse(self, call: Call, refusal: Refusal, operation: Operation | None = None) -> Answer:
        """The vendor's words for a whole call refused."""
        return self._transact(call, "", lambda state: self._refused(call, refusal, operation, state))

    def dispatch(self, call: Call, state: State) -> Answer:
        """Answer a call that another one carries, on the state of that one, all or nothing of it."""
        operation = None
        try:
            match = self.served.spec.match(call.method, call.path)
            operation = match.operation
            principal = identify(call, operation, self.served.schemes, state, strict=self.strict)
            call = replace(call, principal=principal)
            permit(call, operation)
            request, verdicts = self._read(call, match)
            with state.item():
                return self._settle(request, verdicts, state)
        except Refusal as refusal:
            return self._refused(call, refusal, operation, state)

    def _replayed(self, call: Call, operation: Operation) -> Answer | None:
        replay = self.served.vendor.replay
        if replay is None:
            return None
        kept = self._transact(call, self._head_tenant(call), lambda state: replay(call, operation, state))
        return None if kept is None else Answer(kept, operation.id)

    def _work(self, call: Call, match: Match) -> Answer:
        """Read, judge, apply and answer; a refusal undoes it and is an answer like another."""
        operation = match.operation
        try:
            request, verdicts = self._read(call, match)
            return self._transact(
                call,
                request.tenant,
                lambda state: self._remembered(
                    call, self._settle(request, verdicts, state), operation, state
                ),
            )
        except Refusal as refusal:
            refused = partial(self._refused, call, refusal, operation)
            return self._transact(
                call,
                self._head_tenant(call),
                lambda state: self._remembered(call, refused(state), operation, state),
            )

    def _delivered(self, call: Call, answer: Answer, operation: Operation) -> Answer:
        """The answer, unless it is lost after its work was done; what became of the items stays so."""
        try:
            check_delivery(call)
        except Failed as lost:
            return replace(self.refuse(call, lost, operation), outcomes=answer.outcomes)
        return answer

    def _remembered(self, call: Call, answer: Answer, operation: Operation, state: State) -> Answer:
        if self.served.vendor.remember is not None:
            self.served.vendor.remember(call, operation, answer.reply, state)
        return answer

    def _refused(self, call: Call, refusal: Refusal, operation: Operation | None, state: State) -> Answer:
        reply = self.served.refuse(refusal, call, operation, state)
        return Answer(reply, operation.id if operation else None, refusal=refusal.code)

    def _read(self, call: Call, match: Match) -> tuple[Request, Mapping[int, Verdict]]:
        request = self.envelope.open(call, match, self.dispatch)
        plan = self.served.plans[match.operation.id].bodies.get(request.media_type)
        if plan is None or plan.items is None:
            return request, {}
        room = self.served.rooms[match.operation.id]
        return request, judge(request, plan.items, room, self.envelope.grade)

    def _settle(self, request: Request, verdicts: Mapping[int, Verdict], state: State) -> Answer:
        vendor = self.served.vendor
        if vendor.admit is not None and not self.served.tenant_header:
            vendor.admit(request.call, request.tenant, state)
        operation = request.operation
        if operation.batch is None:
            return Answer(self.served.handlers[operation.id](request, state), operation.id)
        room = self.served.rooms[operation.id]
        apply = apply_all if operation.batch.atomic else apply_each
        outcomes = apply(request, verdicts, room, state)
        return Answer(room.render(BatchResult(request, outcomes), state), operation.id, outcomes)

    def _enter(self, call: Call, operation: Operation) -> None:
        enter = self.served.vendor.enter
        if enter is not None:
            self._transact(call, "", lambda state: enter(call, operation, state))

    def _admit_early(self, call: Call, operation: Operation) -> None:
        """Ask at the door of a tenant that the call's head names, before its body is read."""
        admit = self.served.vendor.admit
        if admit is None or not self._has_tenant_header(operation):
            return
        tenant = self._head_tenant(call)
        self._transact(call, tenant, lambda state: admit(call, tenant, state))

    def _at_home(self, call: Call, operation: Operation) -> Call:
        """The call as if it had named the tenant that it means."""
        home = self.served.vendor.home
        if home is None or self._head_tenant(call) or not self._has_tenant_header(operation):
            return call
        tenant = self._transact(call, "", lambda state: home(call, state))
        named = {**call.headers, self.served.tenant_header.lower(): tenant}
        return replace(call, headers=named) if tenant else call

    def _has_tenant_header(self, operation: Operation) -> bool:
        head = self.served.tenant_header
        return any(parameter.name == head for parameter in operation.parameters)

    def _head_tenant(self, call: Call) -> str:
        """The tenant that a header names; "" when the body or nothing does."""
        return call.headers.get(self.served.tenant_header.lower(), "")

    def _transact(self, call: Call, tenant: str, work: Callable[[State], T]) -> T:
        return self.sandboxes.transact(call.sandbox, f"{call.vendor}/{tenant}", work)
