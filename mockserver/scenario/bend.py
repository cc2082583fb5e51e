"""Bending: the rooms of one call with its decision's effects round them.

An item that is to fail is refused where it would be kept, so that all that hangs on a refusal follows: an
all-or-nothing batch is undone, an `ends` skips the rest. What only the answer says wrongly is put between
the outcomes and the vendor's words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from typing import TypeVar

from msgspec.structs import replace as changed

from mockserver.errors import Failed, Refusal, Rejected, TooManyRequests, Unavailable
from mockserver.model import Action, Fault, Item, Outcome, Reply
from mockserver.scenario.decision import Decision
from mockserver.scenario.envelope import bent_reply
from mockserver.scenario.model import Effect
from mockserver.spec import Batch
from mockserver.store import State
from mockserver.vendor import Apply, BatchResult, Faulty, Handler, Keep, Refuse, Render, Request, Room

T = TypeVar("T")

_NO_EFFECT = Effect()
_TIMEOUT = Fault("timeout")
_FAR = 2**30
"""Where the integer keys of phantoms begin."""


class _TakeBackError(Exception):
    """Leaves the savepoint of what is answered as done and is not."""


@dataclass(frozen=True, slots=True)
class Bend:
    """What a decision does to one call; `fault` and `refuse` are the vendor's words.

    `told` is what the answer says of an item, `truth` what became of it; each holds, by index, only items
    for which that is not what the batch did.
    """

    decision: Decision
    fault: Faulty
    refuse: Refuse
    told: dict[int, Outcome] = field(default_factory=dict)
    truth: dict[int, Outcome] = field(default_factory=dict)

    def room(self, room: Room, batch: Batch) -> Room:
        """The room in which the effects take place."""
        return replace(room, apply=self._apply(room.apply), render=self._render(room, batch))

    def handler(self, handler: Handler) -> Handler:
        """The handler of an operation that is no batch; its one document is item 0."""
        effect = self.decision.effects.get(0, _NO_EFFECT)

        def handle(request: Request, state: State) -> Reply:
            wrong = _wrong(effect)
            if wrong is None:
                reply = _done(partial(handler, request), effect, state)
            else:
                if effect.commit:
                    handler(request, state)
                reply = undone(partial(self._refused, wrong, request), state)
            return bent_reply(reply, self.decision.envelope, None)

        return handle

    def refusal(self, reply: Reply) -> Reply:
        """The reply to a call that is refused whole, as the envelope's effect leaves it."""
        return bent_reply(reply, self.decision.envelope, None)

    def became(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """What became of the items, whatever the answer says."""
        return tuple([self.truth.get(one.item.index, one) for one in outcomes]) if self.truth else outcomes

    def _apply(self, apply: Apply) -> Apply:
        def opened(request: Request, state: State) -> Keep:
            keep = apply(request, state)

            def keep_bent(item: Item) -> Outcome:
                effect = self.decision.effects.get(item.index)
                return keep(item) if effect is None else self._keep(keep, item, effect, request, state)

            return keep_bent

        return opened

    def _keep(self, keep: Keep, item: Item, effect: Effect, request: Request, state: State) -> Outcome:
        wrong = _wrong(effect)
        problem = None if wrong is None else self.fault(wrong, item, request)
        if problem is not None and not effect.commit:
            raise Rejected(problem)
        outcome = _done(lambda _state: keep(item), effect, state)
        if effect.warn is not None:
            warning = self.fault(effect.warn, item, request)
            outcome = changed(outcome, warnings=(*outcome.warnings, warning))
        if problem is not None:
            self.told[item.index] = Outcome(item, Action.REJECTED, outcome.document, (problem,))
        elif effect.commit is False:
            self.truth[item.index] = Outcome(item, Action.SKIPPED)
        return outcome

    def _render(self, room: Room, batch: Batch) -> Render:
        def render(result: BatchResult, state: State) -> Reply:
            told = [self.told.get(one.item.index, one) for one in result.outcomes]
            shown = tuple(self._shown(told, room, batch))
            reply = room.render(BatchResult(result.request, shown), state)
            return bent_reply(reply, self.decision.envelope, batch)

        return render

    def _shown(self, told: list[Outcome], room: Room, batch: Batch) -> list[Outcome]:
        """The outcomes that the answer shows, in its order."""
        shown = [*self._repeated(told, atomic=batch.atomic), *self._phantoms(told, room, batch)]
        envelope = self.decision.envelope
        return shown if envelope is None else ordered(shown, envelope.order, self.decision.shuffle)

    def _phantoms(self, told: list[Outcome], room: Room, batch: Batch) -> Iterator[Outcome]:
        """As many as the envelope asks for, made of the first accepted outcome, or of the first."""
        count = self.decision.envelope.phantom if self.decision.envelope is not None else 0
        model = next((one for one in told if one.accepted), next(iter(told), None))
        if model is None:
            return
        for number in range(1, count + 1):
            yield plain_phantom(model, number, batch) if room.phantom is None else room.phantom(model, number)

    def _repeated(self, told: list[Outcome], *, atomic: bool) -> Iterator[Outcome]:
        """Each outcome as often as it is told; what undid an all-or-nothing batch is never left out."""
        for outcome in told:
            effect = self.decision.effects.get(outcome.item.index, _NO_EFFECT)
            if not effect.omit or (atomic and not outcome.accepted):
                yield from (outcome for _ in range(1 + effect.duplicate))

    def _refused(self, wrong: Fault, request: Request, state: State) -> Reply:
        reply = self.refuse(self._refusal(wrong, request), request.call, request.operation, state)
        return reply if wrong.status is None else changed(reply, status=wrong.status)

    def _refusal(self, wrong: Fault, request: Request) -> Refusal:
        if wrong.code == "internal":
            return Failed(wrong.message)
        if wrong.code == "timeout":
            return Unavailable(wrong.message)
        if wrong.code == "throttled":
            return TooManyRequests(detail=wrong.message)
        return Rejected(self.fault(wrong, Item(0, "", request.document), request))


def plain_phantom(outcome: Outcome, number: int, batch: Batch) -> Outcome:
    """The outcome as if of an item that was never sent: other key members, all else alike."""
    document = outcome.item.document
    if isinstance(document, dict):
        named = {name: _strange(document[name], number) for name in batch.key if name in document}
        document = {**document, **named}
    return changed(outcome, item=Item(outcome.item.index, f"phantom-{number}", document))


def ordered(shown: list[Outcome], order: str, shuffle: str) -> list[Outcome]:
    """The outcomes as they are, or reversed, rotated by one, shuffled; two or more never stay as they are."""
    if order == "reverse":
        return shown[::-1]
    if order == "shuffle":
        places = sorted(range(len(shown)), key=lambda at: blake2b(f"{shuffle}/{at}".encode()).digest())
        if places != list(range(len(shown))):
            return [shown[at] for at in places]
    return shown[1:] + shown[:1] if order else shown


def _strange(value: object, number: int) -> object:
    return _FAR + number if isinstance(value, int) else f"phantom-{number}"


def _wrong(effect: Effect) -> Fault | None:
    return effect.fail or (_TIMEOUT if effect.hang_ms is not None else None)


def _done(work: Callable[[State], T], effect: Effect, state: State) -> T:
    """What `work` gives, undone where the effect says that it does not count."""
    return undone(work, state) if effect.commit is False else work(state)


def undone(work: Callable[[State], T], state: State) -> T:
    """What `work` gives; what it wrote is taken back."""
    with suppress(_TakeBackError), state.item():
        found = work(state)
        raise _TakeBackError
    return found
