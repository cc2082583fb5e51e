"""Execute an admitted call: replay, open, judge, apply, render and remember."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from msgspec.structs import replace

from mockserver.codec.http import server_problem_reply
from mockserver.engine.apply import apply_all, apply_each
from mockserver.engine.auth import authenticate_subrequest, check_permission
from mockserver.engine.envelope import EnvelopeReader
from mockserver.engine.judge import judge_items
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.reasons import NO_DIRECTORY, ReasonWriter, one_line
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Refusal, ServerRefusal, TakesLongError
from mockserver.model import Action, Answer, Call, Outcome, Value, Verdict
from mockserver.sandbox.store import State
from mockserver.scenario.item_effects import AppliedEffects, run_and_roll_back
from mockserver.spec.openapi import Operation, RouteMatch
from mockserver.vendor import BatchResult, Request

_FIRST_REFUSAL = 400
_MANY_ITEMS = 200
_REPEATED = (
    "the first call with this idempotency key was refused, and its answer is sent again; use a new key"
)


class Opened(Value, frozen=True):
    """A call whose envelope was opened once, its items judged; `request` None: it could not be read.

    `refusal` says why the whole call is refused, None when it is not.
    """

    request: Request | None = None
    verdicts: Mapping[int, Verdict] = {}
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Executor:
    """Executor of admitted calls of one vendor; `directory` has the operations of all vendors."""

    served: LoadedVendor
    envelope: EnvelopeReader
    strict: bool = False
    directory: OperationDirectory = NO_DIRECTORY

    def open(self, call: Call, match: RouteMatch, *, may_take_long: bool = True) -> Opened:
        """Open the envelope and judge the items; pure.

        Raises:
            TakesLongError: there are many items, or the body is hard to read, and it may not take long.
        """
        try:
            request = self.envelope.open(call, match, self.dispatch, may_take_long=may_take_long)
        except Refusal as refusal:
            return Opened(refusal=refusal.without_trace())
        if not may_take_long and len(request.items) > _MANY_ITEMS:
            raise TakesLongError
        try:
            return Opened(request, self._judge(request))
        except Refusal as refusal:
            return Opened(request, refusal=refusal.without_trace())

    def perform(
        self, call: Call, match: RouteMatch, opened: Opened, effects: AppliedEffects | None, state: State
    ) -> Answer:
        """Apply and render what was opened; a refusal undoes it and is an answer like any other."""
        operation = match.operation
        try:
            with state.item():
                answer = self._perform(call, operation, opened, effects, state)
        except Refusal as refusal:
            answer = self._refuse(call, refusal.without_trace(), operation, state)
            if effects is not None:
                answer = replace(answer, reply=effects.refusal(answer.reply))
            self.remember(call, answer, operation, state)
        return self._with_limit_headers(answer, call, state)

    def remember(
        self,
        call: Call,
        answer: Answer,
        operation: Operation,
        state: State,
        effects: AppliedEffects | None = None,
    ) -> None:
        """Keep the answer under the call's idempotency key.

        Our extension forgets a server error, so that the work is tried anew, unless something was done.
        """
        hooks = self.served.replay_hooks(call)
        actual = () if effects is None else effects.actual.values()
        if hooks.remember is not None and (
            hooks is not self.served.idempotency
            or answer.reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
            or any(one.accepted for one in (*answer.outcomes, *actual))
        ):
            hooks.remember(call, operation, answer.reply, state)

    def refuse(self, call: Call, refusal: Refusal, operation: Operation | None, state: State) -> Answer:
        """Return the answer to a call that is refused whole."""
        answer = self._refuse(call, refusal, operation, state)
        return answer if isinstance(refusal, ServerRefusal) else self._with_limit_headers(answer, call, state)

    def _refuse(self, call: Call, refusal: Refusal, operation: Operation | None, state: State) -> Answer:
        """Word a refusal, and its reason."""
        answer = self._word(call, refusal, operation, state)
        reasons = ReasonWriter(self.served, self.directory, self.strict)
        return replace(answer, reason=reasons.explain(refusal, call, operation, state))

    def _word(self, call: Call, refusal: Refusal, operation: Operation | None, state: State) -> Answer:
        """Word a refusal: the only place that does."""
        if isinstance(refusal, ServerRefusal):
            reply = server_problem_reply(refusal)
        else:
            reply = self.served.refuse(refusal, call, operation, state)
        return Answer(reply, operation.id if operation else None, refusal=refusal.code)

    def replay(self, call: Call, operation: Operation, state: State) -> Answer | None:
        """Return the answer of an earlier call with the same idempotency key, None if there is none.

        A key that cannot be used is an answer too.
        """
        replay = self.served.replay_hooks(call).replay
        if replay is None:
            return None
        try:
            with state.item():
                kept = replay(call, operation, state)
        except Refusal as refusal:
            return self.refuse(call, refusal, operation, state)
        if kept is None:
            return None
        answer = Answer(kept, operation.id, reason=_REPEATED if kept.status >= _FIRST_REFUSAL else "")
        return self._with_limit_headers(answer, call, state)

    def _with_limit_headers(self, answer: Answer, call: Call, state: State) -> Answer:
        limit = self.served.rate_limit
        return answer if limit is None else limit.with_headers(answer, call, state)

    def dispatch(self, call: Call, state: State) -> Answer:
        """Answer a subrequest inside the transaction of its call; all of it takes effect, or nothing."""
        operation = None
        try:
            match = self.served.spec.match(call.method, call.path)
            operation = match.operation
            principal = authenticate_subrequest(
                call, operation, self.served.schemes, state, strict=self.strict
            )
            call = replace(call, principal=principal)
            check_permission(call, operation)
            request = self.envelope.open(call, match, self.dispatch)
            verdicts = self._judge(request)
            with state.item():
                return self._settle(request, verdicts, None, state)
        except Refusal as refusal:
            return self._word(call, refusal, operation, state)

    def _perform(
        self, call: Call, operation: Operation, opened: Opened, effects: AppliedEffects | None, state: State
    ) -> Answer:
        if opened.refusal is not None:
            raise opened.refusal
        request = opened.request
        if request is None:
            raise AssertionError("an opened call is a request or a refusal")
        if effects is not None and 0 < (effects.decision.commit.first or 0) < len(request.items):
            return self._partly(request, opened.verdicts, effects, state)
        answer = self._settle(request, opened.verdicts, effects, state)
        self.remember(call, answer, operation, state, effects)
        return answer

    def _partly(
        self, request: Request, verdicts: Mapping[int, Verdict], effects: AppliedEffects, state: State
    ) -> Answer:
        """Answer for all items, of which the first take effect, as if they alone had been sent.

        Who sends it remembers it: the answer tells of more than was done.
        """
        answer = run_and_roll_back(partial(self._settle, request, verdicts, effects), state)
        part = replace(request, items=request.items[: effects.decision.commit.first])
        kept = self._settle(part, self._judge(part), effects, state).outcomes
        return replace(answer, outcomes=(*kept, *skipped(answer.outcomes[len(kept) :])))

    def _judge(self, request: Request) -> Mapping[int, Verdict]:
        operation = request.operation
        plan = self.served.plans[operation.id].bodies.get(request.media_type)
        if plan is None or plan.items is None:
            return {}
        return judge_items(
            request, plan.items, self.served.batch_handlers[operation.id], self.envelope.classify
        )

    def _settle(
        self, request: Request, verdicts: Mapping[int, Verdict], effects: AppliedEffects | None, state: State
    ) -> Answer:
        vendor = self.served.vendor
        if vendor.enter_tenant is not None:
            vendor.enter_tenant(request.call, request.tenant, state)
        operation = request.operation
        if operation.batch is None:
            handler = self.served.handlers[operation.id]
            handler = handler if effects is None else effects.handler(handler)
            reply = handler(request, state)
            return Answer(reply, operation.id, reason=one_line(reply.reason) if reply.reason else "")
        room = self.served.batch_handlers[operation.id]
        room = room if effects is None else effects.room(room, operation.batch)
        apply = apply_all if operation.batch.atomic else apply_each
        outcomes = apply(request, verdicts, room, state)
        reply = room.render(BatchResult(request, outcomes), state)
        outcomes = outcomes if effects is None else effects.actual_outcomes(outcomes)
        return Answer(reply, operation.id, outcomes, reason=one_line(reply.reason) if reply.reason else "")


def skipped(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Return the same items, none of which took effect."""
    return tuple(Outcome(one.item, Action.SKIPPED) for one in outcomes)
