"""The work of one call on its sandbox: judge, apply, render, for every operation of one vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from msgspec.structs import replace

from mockserver.apply import apply_all, apply_each
from mockserver.auth import identify, permit
from mockserver.envelope import Envelope
from mockserver.errors import Ours, Refusal
from mockserver.judge import judge
from mockserver.model import Action, Answer, Call, Outcome, Value, Verdict
from mockserver.reply import our_reply
from mockserver.scenario.bend import Bend, undone
from mockserver.served import Served
from mockserver.spec import Match, Operation
from mockserver.store import State
from mockserver.vendor import BatchResult, Request


class Opened(Value, frozen=True):
    """A call whose envelope was opened once, its items judged; `request` None: it could not be read.

    `refusal` says why the whole call is refused, None when it is not.
    """

    request: Request | None = None
    verdicts: Mapping[int, Verdict] = {}
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What one vendor does with a call that was admitted."""

    served: Served
    envelope: Envelope
    strict: bool = False

    def open(self, call: Call, match: Match) -> Opened:
        """Open the envelope and judge the items; pure."""
        try:
            request = self.envelope.open(call, match, self.dispatch)
        except Refusal as refusal:
            return Opened(refusal=refusal)
        try:
            return Opened(request, self._judge(request))
        except Refusal as refusal:
            return Opened(request, refusal=refusal)

    def perform(self, call: Call, match: Match, opened: Opened, bend: Bend | None, state: State) -> Answer:
        """Apply and render what was opened; a refusal undoes it and is an answer like any other."""
        operation = match.operation
        try:
            with state.item():
                return self._perform(call, operation, opened, bend, state)
        except Refusal as refusal:
            answer = self.refuse(call, refusal, operation, state)
            if bend is not None:
                answer = replace(answer, reply=bend.refusal(answer.reply))
            return self._remember(call, answer, operation, state)

    def refuse(self, call: Call, refusal: Refusal, operation: Operation | None, state: State) -> Answer:
        """The answer to a call that is refused whole: the only place that words one."""
        if isinstance(refusal, Ours):
            reply = our_reply(refusal)
        else:
            reply = self.served.refuse(refusal, call, operation, state)
        return Answer(reply, operation.id if operation else None, refusal=refusal.code)

    def replay(self, call: Call, operation: Operation, state: State) -> Answer | None:
        """The answer that an earlier call with the same idempotency key was given, None when there is none.

        A key that cannot be used is an answer too.
        """
        replay = self.served.memory(call).replay
        if replay is None:
            return None
        try:
            with state.item():
                kept = replay(call, operation, state)
        except Refusal as refusal:
            return self.refuse(call, refusal, operation, state)
        return None if kept is None else Answer(kept, operation.id)

    def dispatch(self, call: Call, state: State) -> Answer:
        """Answer a call that another one carries, on the state of that one, all or nothing of it."""
        operation = None
        try:
            match = self.served.spec.match(call.method, call.path)
            operation = match.operation
            principal = identify(call, operation, self.served.schemes, state, strict=self.strict)
            call = replace(call, principal=principal)
            permit(call, operation)
            request = self.envelope.open(call, match, self.dispatch)
            verdicts = self._judge(request)
            with state.item():
                return self._settle(request, verdicts, None, state)
        except Refusal as refusal:
            return self.refuse(call, refusal, operation, state)

    def _perform(
        self, call: Call, operation: Operation, opened: Opened, bend: Bend | None, state: State
    ) -> Answer:
        if opened.refusal is not None:
            raise opened.refusal
        request = opened.request
        if request is None:
            raise AssertionError("an opened call is a request or a refusal")
        if bend is not None and 0 < (bend.decision.commit.first or 0) < len(request.items):
            return self._partly(request, opened.verdicts, bend, state)
        answer = self._settle(request, opened.verdicts, bend, state)
        return self._remember(call, answer, operation, state)

    def _partly(self, request: Request, verdicts: Mapping[int, Verdict], bend: Bend, state: State) -> Answer:
        """Answer for all items, of which the first take effect, as if they alone had been sent."""
        answer = undone(partial(self._settle, request, verdicts, bend), state)
        part = replace(request, items=request.items[: bend.decision.commit.first])
        kept = self._settle(part, self._judge(part), bend, state).outcomes
        return replace(answer, outcomes=(*kept, *skipped(answer.outcomes[len(kept) :])))

    def _remember(self, call: Call, answer: Answer, operation: Operation, state: State) -> Answer:
        remember = self.served.memory(call).remember
        if remember is not None:
            remember(call, operation, answer.reply, state)
        return answer

    def _judge(self, request: Request) -> Mapping[int, Verdict]:
        operation = request.operation
        plan = self.served.plans[operation.id].bodies.get(request.media_type)
        if plan is None or plan.items is None:
            return {}
        return judge(request, plan.items, self.served.rooms[operation.id], self.envelope.grade)

    def _settle(
        self, request: Request, verdicts: Mapping[int, Verdict], bend: Bend | None, state: State
    ) -> Answer:
        vendor = self.served.vendor
        if vendor.enter_tenant is not None:
            vendor.enter_tenant(request.call, request.tenant, state)
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


def skipped(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """The same items, none of which took effect."""
    return tuple(Outcome(one.item, Action.SKIPPED) for one in outcomes)
