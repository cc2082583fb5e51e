"""Calls that a real server answers: what is sent to it, and what of its answer the client gets.

A rule works on such a call as on a call that the mock answers. An item that the rule keeps from being stored
is not sent, so that a later attempt is the first one that the real server sees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from mockserver.codec.content_codings import decode_reply
from mockserver.engine.admission import Arrival
from mockserver.engine.atomicity import is_atomic
from mockserver.engine.call import RECORD_ERRORS, Opened, Pipeline
from mockserver.engine.real_answers import RowChanger, has_rows, read_outcomes, without_items, without_lines
from mockserver.engine.reasons import one_line
from mockserver.engine.told_rows import answered_document
from mockserver.errors import Refusal, ServerRefusal, StoreUnavailableError
from mockserver.model import ANONYMOUS, LOST, Action, Answer, Call, Fault, Item, Outcome, Reply, Value
from mockserver.sandbox.store import CallState, State
from mockserver.scenario.effects import (
    AppliedEffects,
    apply_envelope,
    apply_response,
    item_fault_of,
    run_and_roll_back,
)
from mockserver.scenario.model import NO_EFFECTS, Decision, EnvelopeEffect
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import Operation, RouteMatch
from mockserver.vendor import BatchResult, Request, default_fault_problem

T = TypeVar("T")
STORED = "forwarded"
"""Collection of the keys of the items that the real server has told as stored."""

_FIRST_REFUSAL = 400
_MAX_SAID = 300
_CANNOT_HOLD = (
    "a rule keeps an item from being sent, but only JSON and lines can be sent without it; nothing was sent"
)
_UNCHANGED = "the answer of the real server tells nothing of items, so that rule {} changed none of its rows"


class Departure(Value, frozen=True):
    """A call as it leaves for the real server."""

    call: Call
    opened: Opened = Opened()
    route: RouteMatch | None = None
    decision: Decision = NO_EFFECTS
    held: frozenset[int] = frozenset()
    """Indexes of the items that are not sent."""
    body: bytes | None = None
    """Body to send in place of the received body; None sends the body as it was received."""
    answer: Answer | None = None
    """Answer of this server, if nothing is sent."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The way of one vendor's calls to a real server and back."""

    pipeline: Pipeline
    to: str
    """Address of the real server."""
    max_body_bytes: int

    def depart(self, arrival: Arrival) -> Departure:
        """Read the call, and decide which items are sent.

        Raises InvalidHeaderError: `Mock-Scenario` is malformed; TooManySandboxesError; TakesLongError.
        """
        return self._run(arrival.call, partial(self._depart, arrival), create=True)

    def _run(self, call: Call, work: Callable[[CallState], T], *, create: bool) -> T:
        sandboxes, scope = self.pipeline.admission.sandboxes, f"{self.pipeline.served.name}/"
        try:
            with sandboxes.store.one_call():
                if create:
                    sandboxes.enter(call.sandbox)
                return sandboxes.transact_or_discard(call.sandbox, scope, work, create=create)
        except StoreUnavailableError:
            return sandboxes.discard(call.sandbox, scope, work)

    def _depart(self, arrival: Arrival, state: CallState) -> Departure:
        admission, match = self.pipeline.admission, arrival.route
        call, selector = admission.complete(arrival.call, ANONYMOUS, state), admission.scenario_selector
        if selector is not None:
            selector.check(call)
        if not isinstance(match, RouteMatch):
            return Departure(call)
        opened = self.pipeline.open(call, match, may_take_long=arrival.may_take_long)
        state.enter("" if opened.request is None else opened.request.tenant)
        departure = Departure(call, opened, match)
        if selector is None:
            return departure
        decision = selector.decide(call, match.operation, opened.request, state)
        held = _held_items(decision, opened.request)
        departure = replace(departure, decision=decision, held=held)
        is_sent = decision.wait_s is None and not held
        return departure if is_sent else self._held_back(departure, match.operation, state)

    def _held_back(self, departure: Departure, operation: Operation, state: State) -> Departure:
        """Return the departure without its held items. If none is left, nothing is sent: the mock answers."""
        call, opened, decision = departure.call, departure.opened, departure.decision
        request, held = opened.request, departure.held
        if decision.wait_s is not None or request is None or len(held) == max(1, len(request.items)):
            work = partial(self.pipeline.work_with_effects, call, operation, opened, decision)
            answer = run_and_roll_back(work, state)
            return replace(departure, answer=replace(answer, cause=""))  # deliveries are rolled back too
        try:
            return replace(departure, body=self._without(held, request))
        except Refusal as refusal:
            answer = self.pipeline.refuse(call, refusal, operation, state)
            return replace(departure, answer=replace(answer, applied=decision.applied))

    def _without(self, held: frozenset[int], request: Request) -> bytes:
        """Return the body without the held items. Raises ServerRefusal: no item can be left out."""
        batch, body = request.operation.batch, request.call.body
        if batch is None:
            raise AssertionError("a single write is held as a whole")
        if self.pipeline.served.plans[request.operation.id].bodies[request.media_type].has_lines:
            return without_lines(body, held, 2 if batch.pairs else 1)
        left = None
        if "json" in request.media_type:
            left = without_items(body, batch, held, [item.key for item in request.items])
        if left is None:
            raise ServerRefusal(501, "cannot-hold-item", _CANNOT_HOLD)
        return left

    def arrive(self, departure: Departure, reply: Reply) -> tuple[Answer, bool]:
        """Return the answer for client and journal, and whether it differs from what the real server sent.

        The answer's body has no content coding, unless the coding is unknown.
        """
        work = partial(self._arrive, departure, decoded(reply, self.max_body_bytes))
        return self._run(departure.call, work, create=False)

    def _arrive(self, departure: Departure, reply: Reply, state: CallState) -> tuple[Answer, bool]:
        request, decision, route = departure.opened.request, departure.decision, departure.route
        operation = route.operation if route else None
        state.enter("" if request is None else request.tenant)
        real: tuple[Outcome, ...] = ()
        if request is not None and request.operation.batch is not None:
            sent = [item for item in request.items if item.index not in departure.held]
            real = read_outcomes(request, sent, reply)
            real = _remembered(real, request.operation.batch, state)
        is_refused = reply.status >= _FIRST_REFUSAL and not real
        refusal, reason = (f"http-{reply.status}", one_line(_said(reply))) if is_refused else (None, "")
        name = operation.id if operation else None
        answer = Answer(reply, name, real, refusal, reason=reason, forwarded_to=self.to)
        if operation is None or decision is NO_EFFECTS:
            return answer, False
        changed = self._with_effects(departure, request, answer, state)
        say = self.pipeline.say(departure.call, operation, state)
        example = self.pipeline.example(departure.call, operation, decision, say)
        changed = apply_response(changed, decision, departure.call, say, example)
        return changed, changed.reply is not answer.reply

    def _with_effects(
        self, departure: Departure, request: Request | None, answer: Answer, state: State
    ) -> Answer:
        """Return the answer with the effects on its items and on what is around them."""
        decision, reply = departure.decision, answer.reply
        batch = None if request is None else request.operation.batch
        effects = AppliedEffects(decision, self.pipeline.served.vendor.fault, self.pipeline.served.refuse)
        if request is None or batch is None:
            wrong = item_fault_of(decision.effects[0]) if 0 in decision.effects else None
            if request is not None and wrong is not None and reply.status < _FIRST_REFUSAL:
                reply = run_and_roll_back(partial(effects.refused, wrong, request), state)
            return replace(answer, reply=apply_envelope(reply, decision.envelope, None))
        around = decision.envelope or EnvelopeEffect()
        changes_rows = decision.effects or departure.held or around.order or around.phantom
        outcomes = answer.outcomes
        if changes_rows and outcomes:
            told = self._told(departure, request, outcomes, effects, state)
            work = partial(self._with_rows, request, answer, told, effects)
            reply = run_and_roll_back(work, state)
            outcomes = effects.actual_outcomes(tuple(told))
        reason = _UNCHANGED.format(", ".join(decision.applied)) if changes_rows and not outcomes else ""
        reply = apply_envelope(reply, decision.envelope, batch)
        return replace(answer, reply=reply, outcomes=outcomes, reason=one_line(reason) or answer.reason)

    def _told(
        self,
        departure: Departure,
        request: Request,
        real: Sequence[Outcome],
        effects: AppliedEffects,
        state: State,
    ) -> list[Outcome]:
        """Return the outcome of each item in the order sent: the real outcome, or that of a held item.

        What the answer tells instead is put into `effects.reported`; what happened into `effects.actual`.
        """
        by_index = {outcome.item.index: outcome for outcome in real}
        for item in request.items:
            effect = departure.decision.effects.get(item.index)
            wrong = None if effect is None else item_fault_of(effect)
            if wrong is not None:
                problem = effects.fault(wrong, item, request)
                failed = Outcome(item, Action.REJECTED, item.document, (problem,))
                if item.index in departure.held:
                    by_index[item.index] = failed
                else:
                    effects.reported[item.index] = failed
            elif item.index in departure.held:
                rule = departure.decision.effect_rules.get(item.index, ", ".join(departure.decision.applied))
                lost = Fault(LOST, message=f"not sent to the real server by rule {rule}")
                by_index[item.index] = stored = self._as_stored(item, departure, request, state)
                problem = default_fault_problem(lost, item, request)
                problems = (problem,) if stored.accepted else stored.problems
                effects.actual[item.index] = Outcome(item, Action.SKIPPED, problems=problems)
            warned = by_index.get(item.index)
            if effect is not None and effect.warn is not None and warned is not None and warned.accepted:
                warning = effects.fault(effect.warn, item, request)
                by_index[item.index] = replace(warned, warnings=(*warned.warnings, warning))
        return [by_index[item.index] for item in request.items if item.index in by_index]

    def _as_stored(self, item: Item, departure: Departure, request: Request, state: State) -> Outcome:
        """Return the outcome that the mock gives an item alone.

        If the mock rejects the item by its records, which are not those of the real server, accept the item.
        """
        handler = self.pipeline.served.batch_handlers[request.operation.id]
        alone = replace(request, items=(item,))
        verdicts = departure.opened.verdicts
        work = partial(self.pipeline.outcomes, alone, verdicts, handler)
        found = run_and_roll_back(work, state)
        batch = request.operation.batch
        is_bad = (batch and batch.requests) or (item.index in verdicts and verdicts[item.index].problems)
        is_told = found and (found[0].accepted or is_bad)
        return found[0] if is_told else Outcome(item, Action.CREATED, item.document)

    def _with_rows(
        self, request: Request, answer: Answer, told: Sequence[Outcome], effects: AppliedEffects, state: State
    ) -> Reply:
        """Return the real answer with the rows, counts and status of what a client is told instead."""
        operation, batch = request.operation, request.operation.batch
        if batch is None:
            raise AssertionError("only a batch has rows")
        handler = self.pipeline.served.batch_handlers[operation.id]
        reported = [effects.reported.get(outcome.item.index, outcome) for outcome in told]
        shown = effects.shown(reported, handler, batch)
        sent = {outcome.item.index for outcome in answer.outcomes}
        own = {*effects.reported, *(one.item.index for one in told if one.item.index not in sent)}
        if batch.outcome.rows_of("warned"):
            own |= effects.decision.effects.keys() & {one.item.index for one in told if one.warnings}

        def write(*outcomes: Outcome) -> Reply:
            # The mock does not know all that its own records have of what the real server stored.
            with suppress(*RECORD_ERRORS):
                return handler.render(BatchResult(request, outcomes), state)
            return Reply(0)

        document, form = answered_document(answer.reply, operation), batch.outcome
        has_place = form.names_failures_alone and (document is not None or not form.rows)
        if not (has_place or has_rows(document, batch)):
            # Such an answer says that all items were accepted.
            reply = answer.reply if all(one.accepted for one in shown) else write(*shown)
            return reply if reply.status else answer.reply
        changer = RowChanger(operation, batch, frozenset(own), write)
        reply = changer.change(answer.reply, answer.outcomes, shown)
        was, now = write(*answer.outcomes).status, write(*shown).status
        return replace(reply, status=now) if reply.status == was and now else reply


def _held_items(decision: Decision, request: Request | None) -> frozenset[int]:
    """Return the indexes of the items that are not sent: items that the decision keeps from being stored."""
    first = decision.commit.first
    if request is None:
        return frozenset({0} if first == 0 else ())
    if decision is NO_EFFECTS or not request.operation.writes:
        return frozenset()
    count, batch = max(1, len(request.items)), request.operation.batch
    failed = {at for at, one in decision.effects.items() if item_fault_of(one) and not one.commit}
    if failed and batch is not None and is_atomic(request, batch):
        return frozenset(range(count))
    lied = {at for at, one in decision.effects.items() if one.commit is False}
    return frozenset({*failed, *lied, *range(count if first is None else first, count)})


def _remembered(real: tuple[Outcome, ...], batch: Batch, state: State) -> tuple[Outcome, ...]:
    """Return the outcomes; an item whose key was stored before is updated if the operation is an upsert."""
    known, found = state.collection(STORED), []
    for outcome in real:
        place, action = f"{batch.collection}/{outcome.item.key}", outcome.action
        if outcome.accepted and outcome.item.key:
            is_update = batch.upsert and action is Action.CREATED and place in known
            action = Action.UPDATED if is_update else action
            known[place] = {"key": outcome.item.key}
        found.append(replace(outcome, action=action))
    return tuple(found)


def decoded(reply: Reply, limit: int) -> Reply:
    """Return the reply without its content coding, or as it is if the coding is unknown."""
    with suppress(Refusal):
        return decode_reply(reply, limit)
    return reply


def _said(reply: Reply) -> str:
    """Return why the real server refused a call, as its answer says."""
    text = reply.body[:_MAX_SAID].decode("utf-8", "replace")
    return f"the real server answered {reply.status}" + (f": {text}" if text else "")
