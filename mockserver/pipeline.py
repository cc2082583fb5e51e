"""The corridor: envelope → judge → store → render, one way, for every operation of one vendor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from mockserver.apply import apply_all, apply_each
from mockserver.auth import identify, permit
from mockserver.envelope import Envelope
from mockserver.errors import Refusal
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

    def handle(self, call: Call, match: Match) -> Answer:
        """Answer one call that was routed and whose caller is known."""
        try:
            permit(call, match.operation)
            self._admit_early(call, match.operation)
            request, verdicts = self._read(call, match)
            return self._transact(call, request.tenant, lambda state: self._settle(request, verdicts, state))
        except Refusal as refusal:
            return self.refuse(call, refusal, match.operation)

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
        if vendor.replay is not None and (kept := vendor.replay(request, state)) is not None:
            return Answer(kept, request.operation.id)
        answer = self._answer(request, verdicts, state)
        if vendor.remember is not None:
            vendor.remember(request, answer.reply, state)
        return answer

    def _answer(self, request: Request, verdicts: Mapping[int, Verdict], state: State) -> Answer:
        operation = request.operation
        if operation.batch is None:
            return Answer(self.served.handlers[operation.id](request, state), operation.id)
        room = self.served.rooms[operation.id]
        apply = apply_all if operation.batch.atomic else apply_each
        outcomes = apply(request, verdicts, room, state)
        return Answer(room.render(BatchResult(request, outcomes), state), operation.id, outcomes)

    def _admit_early(self, call: Call, operation: Operation) -> None:
        """Ask at the door of a tenant that the call's head names, before its body is read."""
        admit, head = self.served.vendor.admit, self.served.tenant_header
        if admit is None or not any(parameter.name == head for parameter in operation.parameters):
            return
        tenant = call.headers.get(head.lower(), "")
        self._transact(call, tenant, lambda state: admit(call, tenant, state))

    def _transact(self, call: Call, tenant: str, work: Callable[[State], T]) -> T:
        return self.sandboxes.transact(call.sandbox, f"{call.vendor}/{tenant}", work)
