"""Calls that a real server answers: what is sent to it, and what of its answer the client gets.

A rule works on such a call as on a call that the mock answers. An item that the rule keeps from being stored
is not sent, so that a later attempt is the first one that the real server sees.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import repeat
from typing import TypeVar

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.content_codings import decode_reply
from mockserver.codec.http import parse_content_type
from mockserver.codec.masking import Redaction
from mockserver.engine.admission import Arrival
from mockserver.engine.atomicity import is_atomic
from mockserver.engine.batch import apply_each
from mockserver.engine.call import RECORD_ERRORS, Opened, Pipeline, kept_back
from mockserver.engine.real_answers import RowChanger, read_outcomes
from mockserver.engine.reasons import one_line
from mockserver.engine.told_rows import is_xml
from mockserver.errors import Refusal, ServerRefusal, StoreUnavailableError
from mockserver.model import (
    ANONYMOUS,
    Action,
    Answer,
    Call,
    Item,
    Json,
    Outcome,
    Problem,
    Reply,
    Value,
    value_at,
    with_value_at,
)
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
from mockserver.spec.item_forms import items_of_lines
from mockserver.spec.openapi import Operation, RouteMatch
from mockserver.vendor import BatchResult, CompleteBatchHandler, Request, store_each

T = TypeVar("T")
STORED = "forwarded"
"""Collection of the keys of the items that the real server has told as stored."""

_FIRST_REFUSAL = 400
_MAX_SAID, _MAX_READ = 300, 4_000
"""Maximum length of what a reason quotes of an answer, and of what is read to find the credentials in it."""

_CANNOT_HOLD = (
    "a rule keeps an item from being sent, but only JSON and lines can be sent without it; nothing was sent"
)
_UNCHANGED = (
    "the answer of the real server is XML or tells nothing of items, so that rule {} changed none of its rows"
)


class Departure(Value, frozen=True):
    """A call as it leaves for the real server."""

    call: Call
    opened: Opened = Opened()
    operation: Operation | None = None
    decision: Decision = NO_EFFECTS
    held: frozenset[int] = frozenset()
    """Indexes of the items that are not sent."""
    body: bytes | None = None
    """Body to send in place of the received body; None sends the body as it was received."""
    answer: Answer | None = None
    """Answer of this server, if nothing is sent."""


class Passage(Value, frozen=True):
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
        operation = match.operation
        opened = self.pipeline.open(call, match, may_take_long=arrival.may_take_long)
        request = opened.request
        state.enter("" if request is None else request.tenant)
        decision = NO_EFFECTS if selector is None else selector.decide(call, operation, request, state)
        held = _held_items(decision, request)
        departure = Departure(call, opened, operation, decision, held)
        if decision.wait_s is None and not held:
            return departure
        if decision.wait_s is not None or request is None or len(held) == max(1, len(request.items)):
            # Nothing is left to be sent: the mock answers.
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
        charset = parse_content_type(request.call.headers)[1]
        body_plan = self.pipeline.served.plans[request.operation.id].bodies[request.media_type]
        if body_plan.has_lines and not charset.startswith("utf-16"):
            items, lines = items_of_lines(body, charset, batch), body.split(b"\n")
            return b"\n".join([line for line in lines if not line.strip() or next(items) not in held])
        document = json.decode(body) if body_plan.is_json else None
        listed = value_at(document, batch.items)
        if batch.is_map and isinstance(listed, dict):
            left: Json = {name: one for at, (name, one) in enumerate(listed.items()) if at not in held}
        elif isinstance(listed, list):
            left = [one for at, one in enumerate(listed) if at not in held]
        else:
            raise ServerRefusal(501, "cannot-hold-item", _CANNOT_HOLD)
        return json.encode(with_value_at(document, batch.items, left))

    def arrive(self, departure: Departure, reply: Reply) -> tuple[Answer, bool]:
        """Return the answer for client and journal, and whether it differs from what the real server sent.

        The answer's body has no content coding, unless the coding is unknown.
        """
        work = partial(self._arrive, departure, decoded(reply, self.max_body_bytes))
        return self._run(departure.call, work, create=False)

    def _arrive(self, departure: Departure, reply: Reply, state: CallState) -> tuple[Answer, bool]:
        request, decision, operation = departure.opened.request, departure.decision, departure.operation
        state.enter("" if request is None else request.tenant)
        real: tuple[Outcome, ...] = ()
        if request is not None and request.operation.batch is not None:
            sent = [item for item in request.items if item.index not in departure.held]
            real = _remembered(read_outcomes(request, sent, reply), request.operation.batch, state)
        answer = Answer(reply, operation.id if operation else None, real, forwarded_to=self.to)
        if reply.status >= _FIRST_REFUSAL and not real:
            redaction = Redaction.of(departure.call)
            said = redaction.text(reply.body[:_MAX_READ].decode("utf-8", "replace"))[:_MAX_SAID]
            reason = one_line(f"the real server answered {reply.status}: {said}".removesuffix(": "))
            answer = replace(answer, refusal=f"http-{reply.status}", reason=reason)
        if operation is None or decision is NO_EFFECTS:
            return answer, False
        changed = run_and_roll_back(partial(self._with_effects, departure, answer), state)
        say = self.pipeline.say(departure.call, operation, state)
        example = self.pipeline.example(departure.call, operation, decision, say)
        changed = apply_response(changed, decision, departure.call, say, example)
        is_changed = changed.reply is not reply
        return changed if request is None else kept_back(changed, decision, request), is_changed

    def _with_effects(self, departure: Departure, answer: Answer, state: State) -> Answer:
        """Return the answer with the effects on its items and on what is around them."""
        decision, request, reply = departure.decision, departure.opened.request, answer.reply
        effects = AppliedEffects(decision, self.pipeline.served.vendor.fault, self.pipeline.served.refuse)
        around = decision.envelope or EnvelopeEffect()
        batch = None if request is None else request.operation.batch
        if request is not None and batch is not None and answer.outcomes and not is_xml(reply):
            handler = effects.batch_handler(self._real_handler(departure, request, batch, answer), batch)
            outcomes = apply_each(request, {}, handler, state)
            reply = handler.render(BatchResult(request, outcomes), state)
            return replace(answer, reply=reply, outcomes=effects.actual_outcomes(outcomes))
        if request is not None and batch is None and reply.status < _FIRST_REFUSAL:
            return replace(answer, reply=effects.handler(lambda _request, _state: reply)(request, state))
        if request is not None and batch is not None and answer.outcomes:
            held = [item for item in request.items if item.index in departure.held]
            said = f"not sent, because of {', '.join(decision.applied)}; no row of the answer tells of it"
            problems = [(Problem(Action.SKIPPED.value, batch.place_of(item), said),) for item in held]
            untold = map(Outcome, held, repeat(Action.SKIPPED), repeat(None), problems)
            told = sorted((*answer.outcomes, *untold), key=lambda one: one.item.index)
            answer = replace(answer, outcomes=tuple(told))
        reply = apply_envelope(reply, decision.envelope, batch)
        if batch is None or not (decision.effects or departure.held or around.order or around.phantom):
            return replace(answer, reply=reply)
        return replace(answer, reply=reply, reason=one_line(_UNCHANGED.format(", ".join(decision.applied))))

    def _real_handler(
        self, departure: Departure, request: Request, batch: Batch, answer: Answer
    ) -> CompleteBatchHandler:
        """Return a handler that tells what the real server told, and of held items what the mock tells."""
        handler = self.pipeline.served.batch_handlers[request.operation.id]
        real = {outcome.item.index: outcome for outcome in answer.outcomes}

        def keep(item: Item, _request: Request, state: State) -> Outcome:
            if item.index in real:
                return real[item.index]
            alone, verdicts = replace(request, items=(item,)), departure.opened.verdicts
            (found,) = self.pipeline.outcomes(alone, verdicts, handler, state)
            is_bad = item.index in verdicts and verdicts[item.index].problems
            # The records by which the mock rejects an item are not those of the real server.
            is_told = found.accepted or batch.requests or is_bad
            return found if is_told else Outcome(item, Action.CREATED, item.document)

        def render(result: BatchResult, state: State) -> Reply:
            def write(*outcomes: Outcome) -> Reply:
                # The mock does not know all that its own records have of what the real server stored.
                with suppress(*RECORD_ERRORS):
                    return handler.render(BatchResult(request, outcomes), state)
                return Reply(0)

            if result.outcomes == answer.outcomes and not departure.held:
                return answer.reply
            changer = RowChanger(request.operation, batch, write)
            return changer.change(answer.reply, answer.outcomes, result.outcomes)

        return CompleteBatchHandler(
            apply=store_each(keep), render=render, extra_outcome=handler.extra_outcome
        )


def _held_items(decision: Decision, request: Request | None) -> frozenset[int]:
    """Return the indexes of the items that are not sent: items that the decision keeps from being stored."""
    first = decision.commit.first
    if request is None:
        return frozenset({0} if first == 0 else ())
    if not request.operation.writes:
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
