"""Steps of one call, in order: admit, decide, execute, deliver."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from traceback import format_exception

from msgspec.structs import replace

from mockserver.codec.http import server_problem_reply
from mockserver.engine import prefer
from mockserver.engine.admission import Admission, Admitted, Arrival
from mockserver.engine.executor import Executor, Opened, skipped
from mockserver.engine.prefer import Preference
from mockserver.engine.reasons import describe_quota, one_line
from mockserver.errors import (
    Refusal,
    ServerRefusal,
    StoreUnavailableError,
    TakesLongError,
    TooManyRequests,
    Unavailable,
    VendorFailure,
)
from mockserver.model import EMPTY, SAFE_METHODS, Answer, Call, Reply
from mockserver.sandbox.assumptions import check_delivery
from mockserver.sandbox.snapshots import LOADED
from mockserver.sandbox.store import CallState, State
from mockserver.scenario.decision import NO_EFFECTS, Decision
from mockserver.scenario.item_effects import AppliedEffects, run_and_roll_back
from mockserver.scenario.response_effects import RenderRefusal, apply_quota_refusal, apply_response
from mockserver.spec.openapi import Operation, RouteMatch

_REFUSED = range(400, 600)
_MAX_FAULT = 120
_RECORD_ERRORS = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, StopIteration, TypeError, ValueError),
)
"""What code raises that reads a record of another shape than those that it writes."""

_MANY_RECORDS = 2_000
_STORE_HINT = (
    "the store of this server, not a rule, refuses the call: {}; whether it took effect is not known"
)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The road of one vendor's calls: one transaction for the admission and the work."""

    admission: Admission
    executor: Executor

    def handle(self, arrival: Arrival) -> tuple[Call, Answer]:
        """Answer one request; the call that it made, and its answer.

        Raises:
            InvalidHeaderError: `Mock-Scenario` is malformed or names no scenario.
            TooManySandboxesError: it names a new sandbox, and no more may be made.
            TakesLongError: its work would take long, and it may not.
        """
        sandboxes, scope = self.admission.sandboxes, f"{self.admission.served.name}/"
        match = self.admission.match(arrival)
        create = isinstance(match, RouteMatch)
        try:
            work = partial(self._handle, arrival, match)
            with sandboxes.store.one_call():
                sandboxes.enter(arrival.sandbox)
                admitted, answer = sandboxes.transact_or_discard(arrival.sandbox, scope, work, create=create)
        except StoreUnavailableError as error:
            offline = replace(arrival, head_refusal=Unavailable(hint=_STORE_HINT.format(error)))
            work = partial(self._handle, offline, match)
            admitted, answer = sandboxes.discard(arrival.sandbox, scope, work)
        if isinstance(answer, Exception):
            try:
                raise answer
            finally:
                del answer  # with it, error, traceback and this frame would be a cycle
        return admitted.call, self._represent(admitted.call, answer, admitted.operation)

    def _handle(
        self, arrival: Arrival, match: RouteMatch | Refusal, state: CallState
    ) -> tuple[Admitted, Answer | Exception]:
        """Admit the call and do its work; an error undoes the work, and is returned to keep the admission."""
        try:
            admitted = self.admission.admit(arrival, match, state)
        except _RECORD_ERRORS as error:
            call = arrival.call(self.admission.served.name, now=state.now)
            return Admitted(call), self._failure(error, state)
        if not arrival.may_take_long and self._takes_long(admitted, state):
            raise TakesLongError
        try:
            with state.item():
                return admitted, self._work(admitted, state, may_take_long=arrival.may_take_long)
        except TakesLongError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again, once the admission is kept
            return admitted, self._failure(error, state)

    def _takes_long(self, admitted: Admitted, state: CallState) -> bool:
        """Return whether a call lists what may be very many records, or rules may have much to test."""
        selector, match = self.admission.scenario_selector, admitted.match
        is_list = match is not None and not match.values and admitted.call.method in SAFE_METHODS
        return (is_list and state.size() > _MANY_RECORDS) or (
            selector is not None and selector.takes_long(admitted.call)
        )

    def _failure(self, error: Exception, state: State) -> Answer | Exception:
        """Return the answer to a call that met a record of another shape, or else the error itself."""
        places = (state.sandbox_collection(LOADED).get("last") or EMPTY).get("places")
        if not places or not isinstance(error, _RECORD_ERRORS):
            return error
        fault = f"{type(error).__name__}: {one_line(str(error))[:_MAX_FAULT]}"
        detail = (
            f"a record that was loaded cannot be read ({fault}); see what was loaded at {', '.join(places)}"
        )
        reply = server_problem_reply(ServerRefusal(422, "odd-record", detail))
        trace = "".join(format_exception(error))
        return Answer(reply, refusal="odd-record", reason=one_line(detail), trace=trace)

    def _work(self, admitted: Admitted, state: CallState, *, may_take_long: bool) -> Answer:
        call, match = admitted.call, admitted.match
        if admitted.refusal is not None:
            return self.executor.refuse(call, admitted.refusal, admitted.operation, state)
        if match is None:
            raise AssertionError("a call is routed or refused")
        opened = self.executor.open(call, match, may_take_long=may_take_long)
        state.enter(self._tenant(call, opened))
        return self._answer(call, match, opened, state)

    def _represent(self, call: Call, answer: Answer, operation: Operation | None) -> Answer:
        """Return the answer in the media type that the call asks for, whatever made it.

        It comes last: kept answers, examples and effects all have the one form that rules are written for.
        """
        negotiation = self.executor.served.negotiation
        if negotiation is None:
            return answer
        reply = negotiation.represent(call, operation, answer.reply)
        return answer if reply is answer.reply else replace(answer, reply=reply)

    def _answer(self, call: Call, match: RouteMatch, opened: Opened, state: State) -> Answer:
        operation = match.operation
        try:
            preferred = self._prefer(call, operation, state)
        except ServerRefusal as unknown:
            return self.executor.refuse(call, unknown, operation, state)
        if preferred is not None:
            return preferred
        scenario_selector = self.admission.scenario_selector
        decision = (
            NO_EFFECTS
            if scenario_selector is None
            else scenario_selector.decide(call, operation, opened.request, state)
        )
        if decision is NO_EFFECTS:
            answer = self._perform(call, match, opened, None, state)
        else:
            answer = self._bend(call, match, opened, decision, state)
        return self._deliver(call, answer, operation, state)

    def _prefer(self, call: Call, operation: Operation, state: State) -> Answer | None:
        """Return the example that the call would rather have than an answer; nothing is run then."""
        preference = prefer.parse_preference(call.headers)
        if preference is None:
            return None
        spec, say = self.executor.served.spec, self._say(call, operation, state)
        reply = prefer.preferred_reply(preference, call, operation, spec, say)
        reason = f"Prefer: {preference.applied} asks for this answer" if reply.status in _REFUSED else ""
        return Answer(reply, operation.id, reason=one_line(reason))

    def _bend(
        self, call: Call, match: RouteMatch, opened: Opened, decision: Decision, state: State
    ) -> Answer:
        """Return the answer with the decision's effects; a quota of its own lets nothing in.

        An example that the spec does not have is refused before anything is performed.
        """
        served, operation, say = (
            self.executor.served,
            match.operation,
            self._say(call, match.operation, state),
        )
        if decision.wait_s is not None:
            refused = run_and_roll_back(
                partial(self.executor.refuse, call, TooManyRequests("", decision.wait_s), operation), state
            )
            quota = describe_quota(f"of rule {', '.join(decision.applied)}", decision.wait_s)
            return replace(apply_quota_refusal(refused, decision), reason=one_line(quota))
        wanted, example = _preferred_example(decision), None
        if wanted is not None:
            try:
                example = prefer.example_reply(wanted, call, operation, served.spec, say)
            except ServerRefusal as unknown:
                return replace(
                    self.executor.refuse(call, unknown, operation, state), applied=decision.applied
                )
        bend = AppliedEffects(decision, served.vendor.fault, served.refuse)
        perform = partial(self._perform, call, match, opened, bend)
        if decision.commit.first == 0:
            answer = run_and_roll_back(perform, state)
            answer = replace(answer, outcomes=skipped(answer.outcomes))
        else:
            answer = perform(state)
        bent = apply_response(answer, decision, call, say, example)
        if 0 < (decision.commit.first or 0) < len(answer.outcomes):
            is_refusal = bent.reply.status in _REFUSED
            kept = bent if is_refusal else replace(bent, reply=say(VendorFailure()))
            self.executor.remember(call, kept, operation, state)
        return _with_rule_as_reason(bent, answer, decision)

    def _perform(
        self, call: Call, match: RouteMatch, opened: Opened, bend: AppliedEffects | None, state: State
    ) -> Answer:
        """Replay the answer of an earlier call with the same idempotency key, or do the work."""
        replayed = self.executor.replay(call, match.operation, state)
        return replayed or self.executor.perform(call, match, opened, bend, state)

    def _deliver(self, call: Call, answer: Answer, operation: Operation, state: State) -> Answer:
        """Return the answer, unless it is lost after its work was done; what became of the items stays so."""
        try:
            check_delivery(call)
        except VendorFailure as lost:
            refused = run_and_roll_back(partial(self.executor.refuse, call, lost, operation), state)
            return replace(answer, reply=refused.reply, refusal=refused.refusal, reason=refused.reason)
        return answer

    def _say(self, call: Call, operation: Operation, state: State) -> RenderRefusal:
        """Render a refusal in the vendor's words, without side effects."""

        def say(refusal: Refusal) -> Reply:
            return run_and_roll_back(partial(self.executor.refuse, call, refusal, operation), state).reply

        return say

    def _tenant(self, call: Call, opened: Opened) -> str:
        """Return the tenant of the call; of one that cannot be read, the one in its header."""
        if opened.request is not None:
            return opened.request.tenant
        return call.headers.get(self.executor.served.spec.tenant_key, "")


def _with_rule_as_reason(bent: Answer, unbent: Answer, decision: Decision) -> Answer:
    """Return the answer with the rules as its reason, if it is them who refuse the whole call."""
    status = bent.reply.status
    fails = decision.effects and not unbent.outcomes and unbent.refusal is None
    if status not in _REFUSED or not (fails or status != unbent.reply.status):
        return bent
    rules = f"scenario rule{'s' if len(bent.applied) > 1 else ''} {', '.join(bent.applied)}"
    hint = "delete the scenario to have the vendor's own answer"
    return replace(bent, reason=one_line(f"{rules} answers {status}; {hint}"))


def _preferred_example(decision: Decision) -> Preference | None:
    """Return the example of the spec that a rule answers with."""
    effect = decision.response
    if effect is None or not effect.example:
        return None
    return Preference("" if effect.status is None else str(effect.status), effect.example)
