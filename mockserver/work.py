"""The work: envelope → judge → store → render, one way, for every operation of one vendor."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from mockserver.apply import apply_all, apply_each
from mockserver.auth import identify, permit
from mockserver.envelope import Envelope
from mockserver.errors import Ours, Refusal
from mockserver.judge import judge
from mockserver.model import Action, Answer, Call, Outcome, Verdict
from mockserver.reply import our_reply
from mockserver.sandbox import Sandboxes
from mockserver.scenario.bend import Bend, undone
from mockserver.served import Served
from mockserver.spec import Match, Operation
from mockserver.store import State
from mockserver.vendor import BatchResult, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Work:
    """What one vendor does with a call that was let in.

    A `strict` one takes no credential that the sandbox does not know. One that `is_dry` answers as
    ever, and takes back all that it wrote.
    """

    served: Served
    envelope: Envelope
    sandboxes: Sandboxes
    strict: bool = False
    is_dry: bool = False

    def answered(self, call: Call, match: Match, bend: Bend | None = None) -> Answer:
        """What an earlier call with the same key was answered, or what the work comes to."""
        if bend is not None and bend.decision.commit.first == 0 and not self.is_dry:
            answer = self.dry().answered(call, match, bend)
            return replace(answer, outcomes=_skipped(answer.outcomes))
        try:
            kept = self._replayed(call, match.operation)
        except Refusal as refusal:
            return self.refuse(call, refusal, match.operation)
        return kept or self._work(call, match, bend)

    def refuse(self, call: Call, refusal: Refusal, operation: Operation | None = None) -> Answer:
        """The vendor's words for a whole call refused."""
        return self.transact(call, "", lambda state: self._refused(call, refusal, operation, state))

    def dry(self) -> Work:
        """The same, without effect."""
        return dataclasses.replace(self, is_dry=True)

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

    def _work(self, call: Call, match: Match, bend: Bend | None) -> Answer:
        """Read, judge, apply and answer; a refusal undoes it and is an answer like another."""
        operation = match.operation
        try:
            request, verdicts = self._read(call, match)
            if bend is not None and 0 < (bend.decision.commit.first or 0) < len(request.items):
                return self.transact(call, request.tenant, partial(self._partly, request, verdicts, bend))
            settle = partial(self._settle, request, verdicts, bend=bend)
            return self.transact(
                call,
                request.tenant,
                lambda state: self._remembered(call, settle(state), operation, state),
            )
        except Refusal as refusal:
            refused = partial(self._refused, call, refusal, operation)
            return self.transact(
                call,
                self.head_tenant(call),
                lambda state: self._remembered(call, _bent(refused(state), bend), operation, state),
            )

    def _partly(self, request: Request, verdicts: Mapping[int, Verdict], bend: Bend, state: State) -> Answer:
        """Answer for all items, of which the first take effect, as if they alone had been sent."""
        answer = undone(partial(self._settle, request, verdicts, bend=bend), state)
        part = replace(request, items=request.items[: bend.decision.commit.first])
        kept = self._settle(part, self._judged(part), state, bend).outcomes
        return replace(answer, outcomes=(*kept, *_skipped(answer.outcomes[len(kept) :])))

    def _replayed(self, call: Call, operation: Operation) -> Answer | None:
        replay = self.served.memory(call).replay
        if replay is None:
            return None
        kept = self.transact(call, self.head_tenant(call), lambda state: replay(call, operation, state))
        return None if kept is None else Answer(kept, operation.id)

    def _remembered(self, call: Call, answer: Answer, operation: Operation, state: State) -> Answer:
        remember = self.served.memory(call).remember
        if remember is not None:
            remember(call, operation, answer.reply, state)
        return answer

    def _refused(self, call: Call, refusal: Refusal, operation: Operation | None, state: State) -> Answer:
        if isinstance(refusal, Ours):
            reply = our_reply(refusal)
        else:
            reply = self.served.refuse(refusal, call, operation, state)
        return Answer(reply, operation.id if operation else None, refusal=refusal.code)

    def _read(self, call: Call, match: Match) -> tuple[Request, Mapping[int, Verdict]]:
        request = self.envelope.open(call, match, self.dispatch)
        return request, self._judged(request)

    def _judged(self, request: Request) -> Mapping[int, Verdict]:
        operation = request.operation
        plan = self.served.plans[operation.id].bodies.get(request.media_type)
        if plan is None or plan.items is None:
            return {}
        return judge(request, plan.items, self.served.rooms[operation.id], self.envelope.grade)

    def _settle(
        self, request: Request, verdicts: Mapping[int, Verdict], state: State, bend: Bend | None = None
    ) -> Answer:
        vendor = self.served.vendor
        if vendor.admit is not None and not self.served.tenant_header:
            vendor.admit(request.call, request.tenant, state)
        operation = request.operation
        if operation.batch is None:
            handler = self.served.handlers[operation.id]
            handler = handler if bend is None else bend.handler(handler)
            return Answer(handler(request, state), operation.id)
        room = self.served.rooms[operation.id]
        room = room if bend is None else bend.room(room, operation.batch)
        apply = apply_all if operation.batch.atomic else apply_each
        outcomes = apply(request, verdicts, room, state)
        reply = room.render(BatchResult(request, outcomes), state)
        return Answer(reply, operation.id, outcomes if bend is None else bend.became(outcomes))

    def head_tenant(self, call: Call) -> str:
        """The tenant that a header names; "" when the body or nothing does."""
        return call.headers.get(self.served.tenant_header.lower(), "")

    def transact(self, call: Call, tenant: str, work: Callable[[State], T]) -> T:
        """Run `work` on the vendor's state in the call's sandbox, as `tenant` sees it.

        A sandbox that is not there is made, unless nothing is served where the call goes.

        Raises:
            TooManySandboxes: no more may be made.
        """
        scope = f"{call.vendor}/{tenant}"
        done = partial(undone, work) if self.is_dry else work
        return self.sandboxes.visit(call.sandbox, scope, done, partial(self._is_served, call))

    def _is_served(self, call: Call) -> bool:
        try:
            self.served.spec.match(call.method, call.path)
        except Refusal:
            return False
        return True


def _skipped(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    return tuple(Outcome(one.item, Action.SKIPPED) for one in outcomes)


def _bent(answer: Answer, bend: Bend | None) -> Answer:
    return answer if bend is None else replace(answer, reply=bend.refusal(answer.reply))
