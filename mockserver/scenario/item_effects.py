"""Apply a decision's effects to the items of a batch and to the reported outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from typing import TypeVar

from msgspec.structs import replace as changed

from mockserver.errors import Refusal, Rejected, TooManyRequests, Unavailable, VendorFailure
from mockserver.model import Action, AppliedEffect, Fault, Item, Outcome, Reply
from mockserver.sandbox.store import State
from mockserver.scenario.decision import Decision
from mockserver.scenario.envelope_effects import apply_envelope
from mockserver.scenario.model import Effect
from mockserver.spec.openapi import Batch
from mockserver.vendor import (
    ApplyBatch,
    BatchResult,
    CompleteBatchHandler,
    DescribeFault,
    Handler,
    Refuse,
    RenderBatch,
    Request,
    StoreItem,
)

T = TypeVar("T")

_NO_ITEM_EFFECT = Effect()
_TIMEOUT_FAULT = Fault("timeout")
_FIRST_REFUSAL = 400
_FIRST_EXTRA_KEY = 2**30
"""First integer key of extra outcomes."""


class _RollbackError(Exception):
    """Raised to leave a savepoint whose writes are to be undone."""


@dataclass(frozen=True, slots=True)
class AppliedEffects:
    """The effects of a decision on one call; `fault` and `refuse` are the vendor's words.

    `reported` holds the outcomes that the answer shows, `actual` those that took place, by item index; both
    only for items where they differ from the outcome of the batch.
    """

    decision: Decision
    fault: DescribeFault
    refuse: Refuse
    reported: dict[int, Outcome] = field(default_factory=dict)
    actual: dict[int, Outcome] = field(default_factory=dict)

    def room(self, room: CompleteBatchHandler, batch: Batch) -> CompleteBatchHandler:
        """Return the batch handler with the effects applied."""
        return replace(room, apply=self._apply(room.apply), render=self._render(room, batch))

    def handler(self, handler: Handler) -> Handler:
        """Return the handler of an operation that is no batch; its one document is item 0."""
        effect = self.decision.effects.get(0, _NO_ITEM_EFFECT)

        def handle(request: Request, state: State) -> Reply:
            wrong = _item_fault(effect)
            if wrong is None:
                reply = _run_item(partial(handler, request), effect, state)
            else:
                if effect.commit and handler(request, state).status < _FIRST_REFUSAL:
                    self.actual[0] = Outcome(Item(0, "", request.document), Action.UPDATED)
                reply = run_and_roll_back(partial(self._refused, wrong, request), state)
            return apply_envelope(reply, self.decision.envelope, None)

        return handle

    def refusal(self, reply: Reply) -> Reply:
        """Return the reply to a call that is refused whole, as the envelope's effect leaves it."""
        return apply_envelope(reply, self.decision.envelope, None)

    def actual_outcomes(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """Return what became of the items, whatever the answer says."""
        return tuple([self.actual.get(one.item.index, one) for one in outcomes]) if self.actual else outcomes

    def _apply(self, apply: ApplyBatch) -> ApplyBatch:
        def opened(request: Request, state: State) -> StoreItem:
            keep = apply(request, state)

            def keep_bent(item: Item) -> Outcome:
                effect = self.decision.effects.get(item.index)
                return keep(item) if effect is None else self._keep(keep, item, effect, request, state)

            return keep_bent

        return opened

    def _keep(self, keep: StoreItem, item: Item, effect: Effect, request: Request, state: State) -> Outcome:
        wrong = _item_fault(effect)
        problem = None if wrong is None else self.fault(wrong, item, request)
        if problem is not None and not effect.commit:
            raise Rejected(problem)
        outcome = _run_item(lambda _state: keep(item), effect, state)
        if effect.warn is not None:
            warning = self.fault(effect.warn, item, request)
            outcome = changed(outcome, warnings=(*outcome.warnings, warning))
        if problem is not None:
            self.reported[item.index] = Outcome(item, Action.REJECTED, outcome.document, (problem,))
        elif effect.commit is False:
            self.actual[item.index] = Outcome(item, Action.SKIPPED)
        return outcome

    def _render(self, room: CompleteBatchHandler, batch: Batch) -> RenderBatch:
        def render(result: BatchResult, state: State) -> Reply:
            told = [self.reported.get(one.item.index, one) for one in result.outcomes]
            shown = tuple(self._shown(told, room, batch))
            reply = room.render(BatchResult(result.request, shown), state)
            return apply_envelope(reply, self.decision.envelope, batch)

        return render

    def _shown(self, reported: list[Outcome], room: CompleteBatchHandler, batch: Batch) -> list[Outcome]:
        """Return the outcomes that the answer shows, in its order."""
        shown = [*self._repeated(reported, atomic=batch.atomic), *self._phantoms(reported, room, batch)]
        envelope = self.decision.envelope
        return (
            shown if envelope is None else reorder_outcomes(shown, envelope.order, self.decision.shuffle_seed)
        )

    def _phantoms(
        self, reported: list[Outcome], room: CompleteBatchHandler, batch: Batch
    ) -> Iterator[Outcome]:
        """Yield the extra outcomes, made of the first accepted outcome, or of the first."""
        count = self.decision.envelope.phantom if self.decision.envelope is not None else 0
        model = next((one for one in reported if one.accepted), next(iter(reported), None))
        if model is None:
            return
        for number in range(1, count + 1):
            yield (
                default_extra_outcome(model, number, batch)
                if room.extra_outcome is None
                else room.extra_outcome(model, number)
            )

    def _repeated(self, reported: list[Outcome], *, atomic: bool) -> Iterator[Outcome]:
        """Yield each outcome as often as it is reported; one that undid an atomic batch is never omitted."""
        for outcome in reported:
            effect = self.decision.effects.get(outcome.item.index, _NO_ITEM_EFFECT)
            if not effect.omit or (atomic and not outcome.accepted):
                yield from (outcome for _ in range(1 + effect.duplicate))

    def _refused(self, wrong: Fault, request: Request, state: State) -> Reply:
        reply = self.refuse(self._refusal(wrong, request), request.call, request.operation, state)
        return reply if wrong.status is None else changed(reply, status=wrong.status)

    def _refusal(self, wrong: Fault, request: Request) -> Refusal:
        if wrong.code == "internal":
            return VendorFailure(wrong.message)
        if wrong.code == "timeout":
            return Unavailable(wrong.message)
        if wrong.code == "throttled":
            return TooManyRequests(detail=wrong.message)
        return Rejected(self.fault(wrong, Item(0, "", request.document), request))


def applied_effects(decision: Decision) -> Mapping[int, AppliedEffect]:
    """Return what the rules did to single items, by index."""
    return {
        index: AppliedEffect(decision.effect_rules[index], tuple(_words(effect)))
        for index, effect in decision.effects.items()
    }


def _words(effect: Effect) -> Iterator[str]:
    """Yield what an effect does, in the words of `AppliedEffect`."""
    said = {
        "failed": effect.fail is not None,
        "held": effect.hang_ms is not None,
        "warned": effect.warn is not None,
        "omitted": effect.omit,
        "duplicated": bool(effect.duplicate),
        "stored": effect.commit is True and (effect.omit or _item_fault(effect) is not None),
        "not-stored": effect.commit is False,
    }
    yield from (word for word, holds in said.items() if holds)


def default_extra_outcome(outcome: Outcome, number: int, batch: Batch) -> Outcome:
    """Return the outcome as if of an item that was never sent: other key members, all else alike."""
    document = outcome.item.document
    if isinstance(document, dict):
        named = {name: _unused_key(document[name], number) for name in batch.key if name in document}
        document = {**document, **named}
    return changed(outcome, item=Item(outcome.item.index, f"phantom-{number}", document))


def reorder_outcomes(shown: list[Outcome], order: str, shuffle_seed: str) -> list[Outcome]:
    """Reorder the outcomes: as they are, reversed, rotated or shuffled; two or more always change."""
    if order == "reverse":
        return shown[::-1]
    if order == "shuffle":
        places = sorted(range(len(shown)), key=lambda at: blake2b(f"{shuffle_seed}/{at}".encode()).digest())
        if places != list(range(len(shown))):
            return [shown[at] for at in places]
    return shown[1:] + shown[:1] if order else shown


def _unused_key(value: object, number: int) -> object:
    return _FIRST_EXTRA_KEY + number if isinstance(value, int) else f"phantom-{number}"


def _item_fault(effect: Effect) -> Fault | None:
    return effect.fail or (_TIMEOUT_FAULT if effect.hang_ms is not None else None)


def _run_item(work: Callable[[State], T], effect: Effect, state: State) -> T:
    """Run `work`, and undo it if the effect discards the result."""
    return run_and_roll_back(work, state) if effect.commit is False else work(state)


def run_and_roll_back(work: Callable[[State], T], state: State) -> T:
    """Return what `work` gives; what it wrote is taken back."""
    with suppress(_RollbackError), state.item():
        found = work(state)
        raise _RollbackError
    return found
