"""The corridor: a call is let in, scenarios decide what is bent, the work is done, the answer leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from mockserver import prefer
from mockserver.assumption import ASSUMPTIONS, check_availability, check_delivery
from mockserver.auth import permit
from mockserver.errors import Failed, Ours, Refusal, TooManyRequests
from mockserver.model import Answer, Call, Document
from mockserver.prefer import Preference
from mockserver.scenario.bend import Bend
from mockserver.scenario.decision import UNBENT, Decision
from mockserver.scenario.director import Director
from mockserver.scenario.records import SCENARIOS
from mockserver.scenario.respond import Say, responded, throttled
from mockserver.spec import Match, Operation
from mockserver.store import State
from mockserver.work import Work


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The corridor of one vendor; without a `director` no scenario is ever looked at."""

    work: Work
    director: Director | None = None

    def greet(self, call: Call) -> Call:
        """The call with what its sandbox holds for it: switches, scenarios, the time.

        Raises:
            BadHeader: a header of ours is malformed or names nothing.
            TooManySandboxes: it names a sandbox that is not there, and no more may be.
        """
        self.work.sandboxes.enter(call.sandbox)
        turned, scenarios, now = self.work.transact(call, "", _held)
        assumptions = self.work.served.assumptions
        if turned:
            assumptions = {**assumptions, **{one["name"]: one["position"] for one in turned}}
        call = replace(call, assumptions=assumptions, scenarios=scenarios, now=now)
        if self.director is not None:
            self.director.check(call)
        return call

    def gateway(self, call: Call) -> None:
        """Let the call through what stands before the vendor, if something does.

        Raises:
            Refusal: it does not pass.
        """
        gateway = self.work.served.vendor.gateway
        if gateway is not None:
            self.work.transact(call, "", lambda state: gateway(call, state))

    def handle(self, call: Call, match: Match) -> Answer:
        """Answer one call that was routed and whose caller is known."""
        operation = match.operation
        try:
            permit(call, operation)
            self._enter(call, operation)
            call = self._at_home(call, operation)
            self._admit_early(call, operation)
            check_availability(call)
            preferred = self._preferred(call, operation)
        except Refusal as refusal:
            return self.work.refuse(call, refusal, operation)
        if preferred is not None:
            return preferred
        decision = self._decided(call, match)
        answer = self.work.answered(call, match) if decision is UNBENT else self._bent(call, match, decision)
        return self._delivered(call, answer, operation)

    def _preferred(self, call: Call, operation: Operation) -> Answer | None:
        """The example that the call would rather have than an answer; nothing is run then."""
        wanted = prefer.preferred(call.headers)
        if wanted is None:
            return None
        spec, say = self.work.served.spec, self._said(call, operation)
        return Answer(prefer.answer(wanted, call, operation, spec, say), operation.id)

    def _decided(self, call: Call, match: Match) -> Decision:
        if self.director is None:
            return UNBENT
        return self.director.decide(
            call, match.operation, lambda: self.work.envelope.open(call, match, self.work.dispatch)
        )

    def _bent(self, call: Call, match: Match, decision: Decision) -> Answer:
        """The answer with the decision's effects; a quota of its own lets nothing in.

        An example that the spec does not have is told before anything is run.
        """
        served, operation, say = self.work.served, match.operation, self._said(call, match.operation)
        if decision.wait is not None:
            refused = self.work.dry().refuse(call, TooManyRequests("", decision.wait), operation)
            return throttled(refused, decision)
        wanted, example = _example(decision), None
        if wanted is not None:
            try:
                example = prefer.example(wanted, call, operation, served.spec, say)
            except Ours as unknown:
                return replace(self.work.refuse(call, unknown, operation), applied=decision.applied)
        answer = self.work.answered(call, match, Bend(decision, served.vendor.fault, served.refuse))
        return responded(answer, decision, call, say, example)

    def _said(self, call: Call, operation: Operation) -> Say:
        """The vendor's words for a refusal, which nothing but the answer is to show."""
        return lambda refusal: self.work.dry().refuse(call, refusal, operation).reply

    def _delivered(self, call: Call, answer: Answer, operation: Operation) -> Answer:
        """The answer, unless it is lost after its work was done; what became of the items stays so."""
        try:
            check_delivery(call)
        except Failed as lost:
            refused = self.work.dry().refuse(call, lost, operation)
            return replace(answer, reply=refused.reply, refusal=refused.refusal)
        return answer

    def _enter(self, call: Call, operation: Operation) -> None:
        enter = self.work.served.vendor.enter
        if enter is not None:
            self.work.transact(call, "", lambda state: enter(call, operation, state))

    def _admit_early(self, call: Call, operation: Operation) -> None:
        """Ask at the door of a tenant that the call's head names, before its body is read."""
        admit = self.work.served.vendor.admit
        if admit is None or not self._has_tenant_header(operation):
            return
        tenant = self.work.head_tenant(call)
        self.work.transact(call, tenant, lambda state: admit(call, tenant, state))

    def _at_home(self, call: Call, operation: Operation) -> Call:
        """The call as if it had named the tenant that it means."""
        home = self.work.served.vendor.home
        if home is None or self.work.head_tenant(call) or not self._has_tenant_header(operation):
            return call
        tenant = self.work.transact(call, "", lambda state: home(call, state))
        named = {**call.headers, self.work.served.tenant_header.lower(): tenant}
        return replace(call, headers=named) if tenant else call

    def _has_tenant_header(self, operation: Operation) -> bool:
        head = self.work.served.tenant_header
        return any(parameter.name == head for parameter in operation.parameters)


def _example(decision: Decision) -> Preference | None:
    """The example of the spec that a rule answers with."""
    effect = decision.response
    if effect is None or not effect.example:
        return None
    return Preference("" if effect.status is None else str(effect.status), effect.example)


def _held(state: State) -> tuple[tuple[Document, ...], tuple[Document, ...], datetime]:
    """The sandbox's switches that are turned, its scenarios, its time."""
    turned = state.collection(ASSUMPTIONS, "").values()
    return tuple(turned), tuple(state.own(SCENARIOS).values()), state.now
