"""The steps of a call, in this order: admit, open, judge, decide, apply, render, remember, deliver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from traceback import format_exception

from msgspec.structs import replace

from mockserver.codec.http import server_problem_reply
from mockserver.engine import negotiation
from mockserver.engine.admission import Admission, Admitted, Arrival
from mockserver.engine.atomicity import apply_items
from mockserver.engine.auth import authenticate_subrequest, check_permission
from mockserver.engine.batch import EnvelopeReader, judge_items
from mockserver.engine.callbacks import owe_deliveries
from mockserver.engine.idempotency import sent_key
from mockserver.engine.jobs import finish_jobs
from mockserver.engine.nearest import OperationDirectory
from mockserver.engine.negotiation import Preference
from mockserver.engine.reasons import NO_DIRECTORY, ReasonWriter, describe_quota, one_line
from mockserver.engine.registry import LoadedVendor
from mockserver.engine.required_headers import RequiredHeaders
from mockserver.engine.whole_requests import apply_requests
from mockserver.errors import (
    Refusal,
    ServerRefusal,
    StoreUnavailableError,
    TakesLongError,
    TooManyRequests,
    Unavailable,
    VendorFailure,
)
from mockserver.model import (
    EMPTY,
    LOST,
    SAFE_METHODS,
    Action,
    Answer,
    Call,
    Fault,
    Outcome,
    Reply,
    Value,
    Verdict,
)
from mockserver.sandbox.assumptions import check_delivery
from mockserver.sandbox.snapshots import LOADED
from mockserver.sandbox.store import CallState, State
from mockserver.scenario.effects import (
    AppliedEffects,
    RenderRefusal,
    apply_quota_refusal,
    apply_response,
    run_and_roll_back,
)
from mockserver.scenario.model import NO_EFFECTS, Decision
from mockserver.spec.openapi import Operation, RouteMatch
from mockserver.vendor import BatchResult, CompleteBatchHandler, Request, default_fault_problem

_SUCCESS, _REFUSED = range(200, 300), range(400, 600)
_FIRST_REFUSAL = 400
_MAX_FAULT = 120
_MANY_RECORDS = 2_000
_MANY_ITEMS = 200
RECORD_ERRORS = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, StopIteration, TypeError, ValueError),
)
"""Errors that occur if a stored record has a shape that the code never writes."""

_STORE_HINT = (
    "the store of this server, not a rule, refuses the call: {}; whether it took effect is not known"
)
_REPEATED = (
    "the first call with this idempotency key was refused, and its answer is sent again; use a new key"
)


class Opened(Value, frozen=True):
    """A call with its envelope opened and its items judged."""

    request: Request | None = None
    """None if the call could not be read."""
    verdicts: Mapping[int, Verdict] = {}
    refusal: Refusal | None = None
    """Why the whole call is refused."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Pipeline of one vendor's calls. Admission and work of a call are one transaction."""

    admission: Admission
    envelope: EnvelopeReader
    directory: OperationDirectory = NO_DIRECTORY
    """The operations of all vendors."""
    required_headers: RequiredHeaders = field(default_factory=RequiredHeaders)
    served: LoadedVendor = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "served", self.admission.served)

    def handle(self, arrival: Arrival) -> tuple[Call, Answer]:
        """Answer one request; return its call, and the answer.

        Raises InvalidHeaderError: `Mock-Scenario` is malformed; TooManySandboxesError: the call names a new
        sandbox too many; TakesLongError: the work would take long, and `arrival.may_take_long` is false.
        """
        sandboxes, scope = self.admission.sandboxes, f"{self.served.name}/"
        sandbox = arrival.call.sandbox
        create = isinstance(arrival.route, RouteMatch)
        try:
            work = partial(self._admit_and_work, arrival)
            with sandboxes.store.one_call():
                sandboxes.enter(sandbox)
                admitted, answer = sandboxes.transact_or_discard(sandbox, scope, work, create=create)
        except StoreUnavailableError as error:
            offline = replace(arrival, head_refusal=Unavailable(hint=_STORE_HINT.format(error)))
            work = partial(self._admit_and_work, offline)
            admitted, answer = sandboxes.discard(sandbox, scope, work)
        if isinstance(answer, Exception):
            try:
                raise answer
            finally:
                del answer  # breaks the cycle of error, traceback and frame
        return admitted.call, self._represent(admitted.call, answer, admitted.operation)

    def _admit_and_work(self, arrival: Arrival, state: CallState) -> tuple[Admitted, Answer | Exception]:
        """Admit the call and do its work; return an error of the work, but raise TakesLongError.

        An error undoes the work, but not the writes of the admission.
        """
        try:
            admitted = self.admission.admit(arrival, state)
        except RECORD_ERRORS as error:
            return Admitted(replace(arrival.call, now=state.now)), _failure(error, state)
        if not arrival.may_take_long and self._takes_long(admitted, state):
            raise TakesLongError
        mark = state.mark()
        try:
            return admitted, self._work(admitted, state, may_take_long=arrival.may_take_long)
        except TakesLongError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again, once the admission is kept
            state.undo_to(mark)
            return admitted, _failure(error, state)

    def _takes_long(self, admitted: Admitted, state: CallState) -> bool:
        """Return whether listing records, or testing the call by rules of scenarios, may take long."""
        selector, match = self.admission.scenario_selector, admitted.match
        is_list = match is not None and not match.values and admitted.call.method in SAFE_METHODS
        return (is_list and state.size() > _MANY_RECORDS) or (
            selector is not None and selector.takes_long(admitted.call)
        )

    def _work(self, admitted: Admitted, state: CallState, *, may_take_long: bool) -> Answer:
        call, match = admitted.call, admitted.match
        if admitted.refusal is not None:
            return self.refuse(call, admitted.refusal, admitted.operation, state)
        if match is None:
            raise AssertionError("a call is routed or refused")
        opened = self.open(call, match, may_take_long=may_take_long)
        # A call that cannot be read belongs to the tenant in its header.
        tenant_header = call.headers.get(self.served.spec.tenant_key, "")
        state.enter(tenant_header if opened.request is None else opened.request.tenant)
        if self.served.jobs:
            finish_jobs(self.served.jobs, call, self._do_batch, state)
        return self._answer(call, match.operation, opened, state)

    def open(self, call: Call, match: RouteMatch, *, may_take_long: bool) -> Opened:
        """Open the envelope and judge the items, without the state."""
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

    def _judge(self, request: Request) -> Mapping[int, Verdict]:
        plan = self.served.plans[request.operation.id].bodies.get(request.media_type)
        if plan is None or plan.items is None:
            return {}
        handler = self.served.batch_handlers[request.operation.id]
        return judge_items(request, plan.items, handler, self.envelope.classify)

    def _answer(self, call: Call, operation: Operation, opened: Opened, state: State) -> Answer:
        try:
            preferred = self._preferred_answer(call, operation, state)
        except ServerRefusal as unknown:
            return self.refuse(call, unknown, operation, state)
        if preferred is not None:
            return preferred
        answer = self._replay(call, operation, state) or self._decide(call, operation, opened, state)
        try:
            check_delivery(call)
        except VendorFailure as lost:
            # The items keep their outcomes; only the answer is lost.
            refused = self.refuse(call, lost, operation, state)
            return replace(answer, reply=refused.reply, refusal=refused.refusal, reason=refused.reason)
        return answer

    def _decide(self, call: Call, operation: Operation, opened: Opened, state: State) -> Answer:
        """Answer with the effects of the rules that hit. A replay is answered before, and uses up no rule."""
        selector = self.admission.scenario_selector
        decision = NO_EFFECTS if selector is None else selector.decide(call, operation, opened.request, state)
        if decision is NO_EFFECTS:
            answer = self._work_or_refuse(call, operation, opened, None, state)
            return owe_deliveries(
                self.served.callbacks, (opened.request, answer.reply), answer, decision, state
            )
        return self.work_with_effects(call, operation, opened, decision, state)

    def _preferred_answer(self, call: Call, operation: Operation, state: State) -> Answer | None:
        """Return the example that `Prefer` asks for, without doing any work; None if there is no `Prefer`."""
        preference = negotiation.parse_preference(call.headers)
        if preference is None:
            return None
        if examples := self.served.examples.get(operation.id):
            reply = examples.preferred(preference, call, state)
        else:
            say = self.say(call, operation, state)
            reply = negotiation.example_reply(preference, call, operation, self.served.spec, say)
            applied = (negotiation.APPLIED_HEADER, preference.applied)
            reply = replace(reply, headers=(*reply.headers, applied))
        reason = f"Prefer: {preference.applied} asks for this answer" if reply.status in _REFUSED else ""
        return Answer(reply, operation.id, reason=one_line(reason))

    def work_with_effects(
        self, call: Call, operation: Operation, opened: Opened, decision: Decision, state: State
    ) -> Answer:
        """Answer with the decision's effects. If the quota of a rule is used up, refuse the call.

        If a rule names an example that the spec lacks, refuse the call before any work.
        """
        say = self.say(call, operation, state)
        if decision.wait_s is not None:
            refused = self.refuse(call, TooManyRequests("", decision.wait_s), operation, state)
            quota = describe_quota(f"of rule {', '.join(decision.applied)}", decision.wait_s)
            return replace(apply_quota_refusal(refused, decision), reason=one_line(quota))
        try:
            example = self.example(call, operation, decision, say)
        except ServerRefusal as unknown:
            return replace(self.refuse(call, unknown, operation, state), applied=decision.applied)
        effects = AppliedEffects(decision, self.served.vendor.fault, self.served.refuse)
        work = partial(self._work_or_refuse, call, operation, opened, effects)
        answer = run_and_roll_back(work, state) if decision.commit.first == 0 else work(state)
        changed = apply_response(answer, decision, call, say, example)
        changed = changed if opened.request is None else kept_back(changed, decision, opened.request)
        if 0 < (decision.commit.first or 0) < len(answer.outcomes):
            is_refusal = changed.reply.status in _REFUSED
            lost = changed.reply if is_refusal else run_and_roll_back(lambda _: say(VendorFailure()), state)
            self._remember(call, replace(changed, reply=lost), operation, state)
        changed = _with_rule_as_reason(changed, answer, decision)
        return owe_deliveries(self.served.callbacks, (opened.request, answer.reply), changed, decision, state)

    def example(
        self, call: Call, operation: Operation, decision: Decision, say: RenderRefusal
    ) -> Reply | None:
        effect = decision.response
        if effect is None or not effect.example:
            return None
        preference = Preference("" if effect.status is None else str(effect.status), effect.example)
        return negotiation.example_reply(preference, call, operation, self.served.spec, say)

    def say(self, call: Call, operation: Operation, state: State) -> RenderRefusal:
        """Return a function that words a refusal as the vendor does, with new ids in each reply."""

        def say(refusal: Refusal) -> Reply:
            return self.refuse(call, refusal, operation, state).reply

        return say

    def _work_or_refuse(
        self, call: Call, operation: Operation, opened: Opened, effects: AppliedEffects | None, state: State
    ) -> Answer:
        """Do the work. If the work raises a refusal, undo the work and answer with the refusal."""
        try:
            with state.item():
                answer = self._work_or_raise(opened, effects, state)
        except Refusal as refusal:
            answer = self._word(call, refusal.without_trace(), operation, state)
            if effects is not None:
                answer = replace(answer, reply=effects.refusal(answer.reply))
            self._remember(call, answer, operation, state)
        return self._with_limit_headers(answer, call, state)

    def _replay(self, call: Call, operation: Operation, state: State) -> Answer | None:
        """Return the stored answer to the call's idempotency key; None if no answer is stored.

        If the key is unusable, return the refusal.
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
        reason, key = _REPEATED if kept.status >= _FIRST_REFUSAL else "", sent_key(self.served.spec, call)
        answer = Answer(kept, operation.id, reason=reason, replayed_key=key)
        return self._with_limit_headers(answer, call, state)

    def _work_or_raise(self, opened: Opened, effects: AppliedEffects | None, state: State) -> Answer:
        if opened.refusal is not None:
            raise opened.refusal
        request = opened.request
        if request is None:
            raise AssertionError("an opened call is a request or a refusal")
        if effects is not None and 0 < (effects.decision.commit.first or 0) < len(request.items):
            return self._apply_first_items(request, opened.verdicts, effects, state)
        answer = self._apply_items(request, opened.verdicts, effects, state)
        self._remember(request.call, answer, request.operation, state, effects)
        return answer

    def _apply_first_items(
        self, request: Request, verdicts: Mapping[int, Verdict], effects: AppliedEffects, state: State
    ) -> Answer:
        """Store only the first items, but return the answer that the vendor gives if it applies all items.

        For replays, `_work_with_effects` stores a refusal, because this answer tells more than was done.
        """
        answer = run_and_roll_back(partial(self._apply_items, request, verdicts, effects), state)
        part = replace(request, items=request.items[: effects.decision.commit.first])
        kept = self._apply_items(part, self._judge(part), effects, state).outcomes
        return replace(answer, outcomes=(*kept, *answer.outcomes[len(kept) :]))

    def _apply_items(
        self, request: Request, verdicts: Mapping[int, Verdict], effects: AppliedEffects | None, state: State
    ) -> Answer:
        """Apply the items, or call the operation's handler, and render the answer."""
        vendor, operation = self.served.vendor, request.operation
        if vendor.enter_tenant is not None:
            vendor.enter_tenant(request.call, request.tenant, state)
        outcomes: tuple[Outcome, ...] = ()
        if operation.batch is None:
            handler = self.served.handlers[operation.id]
            handler = handler if effects is None else effects.handler(handler)
            reply = handler(request, state)
        else:
            batch_handler = self.served.batch_handlers[operation.id]
            if effects is not None:
                batch_handler = effects.batch_handler(batch_handler, operation.batch)
            outcomes = self.outcomes(request, verdicts, batch_handler, state)
            reply = batch_handler.render(BatchResult(request, outcomes), state)
            outcomes = outcomes if effects is None else effects.actual_outcomes(outcomes)
        return Answer(reply, operation.id, outcomes, reason=one_line(reply.reason) if reply.reason else "")

    def outcomes(
        self, request: Request, verdicts: Mapping[int, Verdict], handler: CompleteBatchHandler, state: State
    ) -> tuple[Outcome, ...]:
        """Apply the items of a batch. For a job, find out the outcomes and store nothing.

        The items of a job meet the records of the waiting jobs that will be done before.
        """
        batch = request.operation.batch
        if batch is not None and batch.requests:
            return apply_requests(request, verdicts, handler, state)
        if batch is None or batch.job is None:
            return apply_items(request, verdicts, handler, state)
        mark = state.mark()
        finish_jobs(self.served.jobs, request.call, self._do_batch, state, batch.job.done)
        outcomes = apply_items(request, verdicts, handler, state)
        state.undo_to(mark)
        return outcomes

    def _do_batch(
        self, call: Call, total: int, refused: Mapping[int, Verdict], state: State
    ) -> tuple[Outcome, ...]:
        """Apply the first `total` items of the call of a job, except the `refused` items."""
        request = self.envelope.open(call, self.served.spec.match(call.method, call.path), self.dispatch)
        request = replace(request, items=request.items[:total])
        handler = self.served.batch_handlers[request.operation.id]
        return apply_items(request, {**self._judge(request), **refused}, handler, state)

    def dispatch(self, call: Call, state: State) -> Answer:
        """Answer a subrequest in the transaction of its outer call; store all writes of the work, or none."""
        operation = None
        try:
            match = self.served.spec.match(call.method, call.path)
            operation = match.operation
            schemes, strict = self.served.schemes, self.admission.strict
            principal = authenticate_subrequest(call, operation, schemes, state, strict=strict)
            call = replace(call, principal=principal)
            check_permission(call, operation)
            request = self.envelope.open(call, match, self.dispatch)
            verdicts = self._judge(request)
            with state.item():
                answer = self._apply_items(request, verdicts, None, state)
        except Refusal as refusal:
            answer = replace(self._word(call, refusal, operation, state), reason="")
        return replace(answer, reply=self.required_headers.complete(answer.reply, operation))

    def _remember(
        self,
        call: Call,
        answer: Answer,
        operation: Operation,
        state: State,
        effects: AppliedEffects | None = None,
    ) -> None:
        """Store the answer under the call's idempotency key.

        `IdempotencyExtension` stores a server error only if an item was accepted; else a retry does the work.
        """
        hooks = self.served.replay_hooks(call)
        actual = () if effects is None else effects.actual.values()
        if hooks.remember is not None and (
            hooks is not self.served.idempotency
            or answer.reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
            or any(outcome.accepted for outcome in (*answer.outcomes, *actual))
        ):
            hooks.remember(call, operation, answer.reply, state)

    def refuse(self, call: Call, refusal: Refusal, operation: Operation | None, state: State) -> Answer:
        """Return the answer to a call that is refused whole."""
        answer = self._word(call, refusal, operation, state)
        return answer if isinstance(refusal, ServerRefusal) else self._with_limit_headers(answer, call, state)

    def _word(self, call: Call, refusal: Refusal, operation: Operation | None, state: State) -> Answer:
        """Return the answer that words a refusal, with the reason. Only this method words refusals."""
        if isinstance(refusal, ServerRefusal):
            reply = server_problem_reply(refusal)
        else:
            reply = self.served.refuse(refusal, call, operation, state)
        reasons = ReasonWriter(self.served, self.directory, self.admission.strict)
        reason = reasons.explain(refusal, call, operation, state)
        return Answer(reply, operation.id if operation else None, refusal=refusal.code, reason=reason)

    def _with_limit_headers(self, answer: Answer, call: Call, state: State) -> Answer:
        limit = self.served.rate_limit
        return answer if limit is None else limit.with_headers(answer, call, state)

    def _represent(self, call: Call, answer: Answer, operation: Operation | None) -> Answer:
        """Return the answer in the media type that the call asks for, with the headers that it must have.

        This step comes last, because rules expect the form of stored answers, of examples and of effects.
        """
        reply = self.required_headers.complete(answer.reply, operation)
        if self.served.negotiation is not None:
            reply = self.served.negotiation.represent(call, operation, reply)
        return answer if reply is answer.reply else replace(answer, reply=reply)


def _failure(error: Exception, state: State) -> Answer | Exception:
    """Return an answer if a loaded record of a wrong shape may have caused the error, else the error."""
    places = (state.sandbox_collection(LOADED).get("last") or EMPTY).get("places")
    if not places or not isinstance(error, RECORD_ERRORS):
        return error
    fault = f"{type(error).__name__}: {one_line(str(error))[:_MAX_FAULT]}"
    detail = f"a record that was loaded cannot be read ({fault}); see what was loaded at {', '.join(places)}"
    reply = server_problem_reply(ServerRefusal(422, "odd-record", detail))
    trace = "".join(format_exception(error))
    return Answer(reply, refusal="odd-record", reason=one_line(detail), trace=trace)


def _with_rule_as_reason(changed: Answer, unchanged: Answer, decision: Decision) -> Answer:
    """Return `changed`; if rules refused the whole call, give these rules as the reason."""
    status = changed.reply.status
    fails = decision.effects and not unchanged.outcomes and unchanged.refusal is None
    if status not in _REFUSED or not (fails or status != unchanged.reply.status):
        return changed
    answers = "answers" if len(changed.applied) == 1 else "answer"
    hint = "delete the scenario to have the vendor's own answer"
    reason = f"scenario {_rule_words(changed.applied)} {answers} {status}; {hint}"
    return replace(changed, reason=one_line(reason))


def _rule_words(applied: Sequence[str]) -> str:
    return f"rule{'s' if len(applied) > 1 else ''} {', '.join(applied)}"


def kept_back(answer: Answer, decision: Decision, request: Request) -> Answer:
    """Return the answer; items that a rule prevented from being stored count as skipped, with the reason."""
    if decision.commit.first is None:
        return answer
    is_untold = answer.reply.status not in _SUCCESS or (answer.delivery and answer.delivery.fault)
    code, lie = (Action.SKIPPED.value, "") if is_untold else (LOST, ", answered as if stored")
    why = Fault(code, message=f"not stored{lie} by {_rule_words(decision.applied)}")
    skipped = list[Outcome]()
    for one in answer.outcomes[decision.commit.first :]:
        # A refusal of the whole call tells what the answer to a lost item hides.
        is_kept_back = one.accepted or (is_untold and any(problem.code == LOST for problem in one.problems))
        problems = (default_fault_problem(why, one.item, request),) if is_kept_back else one.problems
        skipped.append(Outcome(one.item, Action.SKIPPED, problems=problems))
    return replace(answer, outcomes=(*answer.outcomes[: decision.commit.first], *skipped))
