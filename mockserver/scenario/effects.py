"""Effects of a decision on the items, the envelope, the reply and the delivery of a call."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from hashlib import blake2b
from typing import Any, TypeVar
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.errors import (
    Forbidden,
    MalformedBody,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Refusal,
    Rejected,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    VendorFailure,
)
from mockserver.model import (
    LOST,
    Action,
    Answer,
    AppliedEffect,
    Call,
    Delivery,
    Fault,
    Item,
    Json,
    Outcome,
    Path,
    Problem,
    Reply,
    Value,
)
from mockserver.sandbox.store import State
from mockserver.scenario.model import WILDCARD, Decision, Effect, EnvelopeEffect, ResponseEffect
from mockserver.spec.batch_forms import Batch
from mockserver.vendor import (
    FAULT_RULE,
    ApplyBatch,
    BatchResult,
    CompleteBatchHandler,
    DescribeFault,
    Handler,
    Refuse,
    RenderBatch,
    Request,
    StoreItem,
    default_fault_problem,
)

TEXT = "{text}"

MAX_TEXT = 64 * 1024
"""Maximum number of characters of a text that the drift `reword` makes."""

MAX_GROWTH = 1024 * 1024
"""Drifts may add this many characters to an answer, and eight more for each byte of the answer's body.

Each place that a drift visits counts as eight added characters.
"""

_PLACE = _TIMES = 8
_USED_UP = "the drifts of a rule would make too much of the answer: the rest of them is not done"

Change = Callable[[dict[str, Any], str], None]

T = TypeVar("T")
_NO_ITEM_EFFECT = Effect()
_TIMEOUT_FAULT = Fault("timeout")
_FIRST_REFUSAL = 400
_FIRST_EXTRA_KEY = 2**30
"""The integer keys of extra outcomes follow this number."""

_REDIRECTS = range(300, 400)
_ERRORS = range(400, 600)
_SERVER_ERRORS = 500
_UNAVAILABLE = frozenset({502, 503, 504})
_REFUSALS_BY_STATUS: Mapping[int, Callable[[Call], Refusal]] = {
    401: lambda _call: Unauthorized("expired"),
    403: lambda _call: Forbidden("scope"),
    404: lambda call: NotFound("path", call.path),
    405: lambda _call: MethodNotAllowed(()),
    406: lambda call: NotAcceptable(call.headers.get("accept", "")),
    413: lambda _call: TooLarge(0),
    415: lambda call: UnsupportedMediaType(call.headers.get("content-type", ""), ()),
}


class _Growth(Struct):
    """Budget of the characters that drifts may add."""

    left: int
    """Number of characters that are left; -1 once `take` has returned False."""

    def take(self, characters: int) -> bool:
        """Take `characters` from the budget and return True. If fewer are left, return False from then on."""
        self.left = self.left - characters if 0 <= characters <= self.left else -1
        return self.left >= 0


def apply_envelope(reply: Reply, effect: EnvelopeEffect | None, batch: Batch | None) -> Reply:
    """Apply the effect, except `order` and `phantom`, to the reply.

    If the body is not JSON, change only the media type. `batch` has the pointers to the count and the maps of
    the reply. If `batch` is None or has no maps, every empty object counts as a map.
    """
    if effect is None:
        return reply
    if effect.content_type:
        reply = replace(reply, media_type=effect.content_type)
    count = batch.outcome.count_name if batch and effect.count_add else ""
    if batch and count in batch.outcome.headers:
        reply = _add_to_header(reply, batch.outcome.headers[count], effect.count_add)
    if not (count or effect.empty_map_as_array or effect.drift) or not reply.body:
        return reply
    try:
        document = json.decode(reply.body)
    except MalformedBody:
        return reply
    growth = _Growth(MAX_GROWTH + _TIMES * len(reply.body))
    if batch and count in batch.outcome.summary:
        _change(document, batch.outcome.summary[count], _add_number(effect.count_add), growth)
    if effect.empty_map_as_array:
        document = _replace_empty_maps(document, batch, growth)
    for drift in effect.drift:
        _change(document, drift.path, _CHANGES[drift.change](drift.to, growth), growth)
    reply = replace(reply, body=json.encode(document))
    return reply if growth.left >= 0 else replace(reply, reason=_USED_UP)


def _replace_empty_maps(document: Json, batch: Batch | None, growth: _Growth) -> Json:
    if batch is None or not batch.outcome.maps:
        return _replace_empty_objects(document)
    for rows in batch.outcome.maps:
        _change(document, rows.place, _replace_by_array, growth)
    return document


def _replace_empty_objects(node: Json) -> Json:
    if isinstance(node, dict):
        return {name: _replace_empty_objects(child) for name, child in node.items()} if node else []
    return [_replace_empty_objects(child) for child in node] if isinstance(node, list) else node


def _replace_by_array(holder: dict[str, Any], name: str) -> None:
    if holder.get(name) == {}:
        holder[name] = []


def _add_to_header(reply: Reply, name: str, number: int) -> Reply:
    headers = [
        (one, str(int(text) + number) if one.lower() == name.lower() else text) for one, text in reply.headers
    ]
    return replace(reply, headers=tuple(headers))


def _add_number(number: int) -> Change:
    def add(holder: dict[str, Any], name: str) -> None:
        if isinstance(holder.get(name), (int, Decimal)):
            holder[name] += number

    return add


def _change(node: Json, path: Path, change: Change, growth: _Growth) -> None:
    if not path:
        return
    step, rest = path[0], path[1:]
    if isinstance(node, list):
        places = range(len(node))
        for at in places if step == WILDCARD else places[step : step + 1] if isinstance(step, int) else ():
            if growth.take(_PLACE):
                _change_element(node, at, rest, change, growth)
    elif isinstance(node, dict):
        for name in list(node) if step == WILDCARD else [str(step)]:
            if growth.take(_PLACE):
                _change_member(node, name, rest, change, growth)


def _change_member(members: dict[str, Any], name: str, rest: Path, change: Change, growth: _Growth) -> None:
    if rest:
        _change(members.get(name), rest, change, growth)
    else:
        change(members, name)


def _change_element(elements: list[Any], at: int, rest: Path, change: Change, growth: _Growth) -> None:
    if rest:
        _change(elements[at], rest, change, growth)
        return
    holder = {WILDCARD: elements[at]}
    change(holder, WILDCARD)
    elements[at] = holder.get(WILDCARD, elements[at])


def _set_member(to: Json, growth: _Growth) -> Change:
    """Return a change that sets a member to a copy of `to`: later drifts may alter the copy, but not `to`."""
    written = json.encode(to)

    def change(holder: dict[str, Any], name: str) -> None:
        if growth.take(len(written)):
            holder[name] = json.decode(written)

    return change


def _set_present_member(to: Json, growth: _Growth) -> Change:
    set_member = _set_member(to, growth)
    return lambda holder, name: set_member(holder, name) if name in holder else None


def _if_present(made: Callable[[Json], Json]) -> Change:
    def change(holder: dict[str, Any], name: str) -> None:
        if name in holder:
            holder[name] = made(holder[name])

    return change


def _rename_member(to: Json, growth: _Growth) -> Change:
    def change(holder: dict[str, Any], name: str) -> None:
        if name in holder and growth.take(len(str(to))):
            renamed = {str(to) if member == name else member: child for member, child in holder.items()}
            holder.clear()
            holder.update(renamed)

    return change


def _widen_value(value: Json) -> Json:
    """Return a number or Boolean as text, and every other value as the only element of a list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, Decimal)) else [value]


def _reword_text(to: Json, growth: _Growth) -> Change:
    pieces = (str(to) if to is not None else f"«{TEXT}»").split(TEXT)

    def reword(text: Json) -> Json:
        if not isinstance(text, str):
            return text
        characters = sum(map(len, pieces)) + len(text) * (len(pieces) - 1)
        return text.join(pieces) if characters <= MAX_TEXT and growth.take(characters) else text

    return _if_present(reword)


_CHANGES: Mapping[str, Callable[[Json, _Growth], Change]] = {
    "add": _set_member,
    "value": _set_present_member,
    "null": lambda _to, _room: _if_present(lambda _old: None),
    "rename": _rename_member,
    "widen": lambda _to, _room: _if_present(_widen_value),
    "reword": _reword_text,
}


class AppliedEffects(Value, frozen=True):
    """The effects of a decision on one call."""

    decision: Decision
    fault: DescribeFault
    """Function that describes the fault of an item in the vendor's words."""
    refuse: Refuse
    """Function that turns a refusal into the vendor's reply."""
    reported: dict[int, Outcome] = field(default_factory=dict)
    """Outcomes that the answer reports instead of the real outcomes, by item index."""
    actual: dict[int, Outcome] = field(default_factory=dict)
    """Real outcomes that the answer does not report, by item index."""

    def batch_handler(self, handler: CompleteBatchHandler, batch: Batch) -> CompleteBatchHandler:
        return dataclasses.replace(
            handler, apply=self._apply(handler.apply), render=self._render(handler, batch)
        )

    def handler(self, handler: Handler) -> Handler:
        """Return `handler` with the effects, for an operation without a batch; the document is item 0."""
        effect = self.decision.effects.get(0, _NO_ITEM_EFFECT)

        def handle(request: Request, state: State) -> Reply:
            wrong = item_fault_of(effect)
            if wrong is None:
                reply = _run_item(partial(handler, request), effect, state)
            else:
                if effect.commit and handler(request, state).status < _FIRST_REFUSAL:
                    self.actual[0] = Outcome(Item(0, "", request.document), Action.UPDATED)
                reply = run_and_roll_back(partial(self.refused, wrong, request), state)
            return apply_envelope(reply, self.decision.envelope, None)

        return handle

    def refusal(self, reply: Reply) -> Reply:
        return apply_envelope(reply, self.decision.envelope, None)

    def actual_outcomes(self, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        """Return `outcomes` with each false outcome replaced by the real outcome, except of skipped items."""
        # An item that a refused batch undid is not lost: the answer tells that it is not stored.
        return tuple(
            [
                self.actual.get(one.item.index, one) if one.action is not Action.SKIPPED else one
                for one in outcomes
            ]
            if self.actual
            else outcomes
        )

    def _apply(self, apply: ApplyBatch) -> ApplyBatch:
        def opened(request: Request, state: State) -> StoreItem:
            keep = apply(request, state)

            def keep_bent(item: Item) -> Outcome:
                effect = self.decision.effects.get(item.index)
                return keep(item) if effect is None else self._keep(keep, item, effect, request, state)

            return keep_bent

        return opened

    def _keep(self, keep: StoreItem, item: Item, effect: Effect, request: Request, state: State) -> Outcome:
        wrong = item_fault_of(effect)
        problem = None if wrong is None else self.fault(wrong, item, request)
        if problem is not None and not effect.commit:
            raise Rejected(problem)
        outcome = _run_item(lambda _state: keep(item), effect, state)
        if effect.warn is not None and outcome.accepted:
            warning = self.fault(effect.warn, item, request)
            outcome = replace(outcome, warnings=(*outcome.warnings, warning))
        if problem is not None:
            self.reported[item.index] = Outcome(item, Action.REJECTED, outcome.document, (problem,))
        elif effect.commit is False:
            lost = default_fault_problem(Fault(LOST, message=self._why_lost(item, effect)), item, request)
            self.actual[item.index] = Outcome(item, Action.SKIPPED, problems=(lost,))
        return outcome

    def _why_lost(self, item: Item, effect: Effect) -> str:
        where = (
            "left out of the answer and not stored" if effect.omit else "not stored, answered as if stored"
        )
        return f"{where} by rule {self.decision.effect_rules[item.index]}"

    def _render(self, handler: CompleteBatchHandler, batch: Batch) -> RenderBatch:
        def render(result: BatchResult, state: State) -> Reply:
            told = [self.reported.get(outcome.item.index, outcome) for outcome in result.outcomes]
            shown = tuple(self.shown(told, handler, batch))
            stored = self._stored_anyway(told) if self.decision.effects else {}
            reply = handler.render(BatchResult(result.request, shown, stored), state)
            return apply_envelope(reply, self.decision.envelope, batch)

        return render

    def _stored_anyway(self, told: Iterable[Outcome]) -> Mapping[int, bool]:
        """Return by index whether an item is stored, of items whose outcomes in the answer tell otherwise."""
        held = {one.item.index for one in told if not one.accepted}
        omitted = {index for index, effect in self.decision.effects.items() if effect.omit}
        unstored = dict.fromkeys([*self.actual, *(held & omitted)], False)
        return {**unstored, **dict.fromkeys(self.reported, True)}

    def shown(self, reported: list[Outcome], handler: CompleteBatchHandler, batch: Batch) -> list[Outcome]:
        shown = [*self._repeated(reported, atomic=batch.atomic), *self._phantoms(reported, handler, batch)]
        envelope = self.decision.envelope
        return (
            shown if envelope is None else reorder_outcomes(shown, envelope.order, self.decision.shuffle_seed)
        )

    def _phantoms(
        self, reported: list[Outcome], handler: CompleteBatchHandler, batch: Batch
    ) -> Iterator[Outcome]:
        """Yield the extra outcomes: copies, with new keys, of the first accepted (or else first) outcome."""
        count = self.decision.envelope.phantom if self.decision.envelope is not None else 0
        model = next((one for one in reported if one.accepted), next(iter(reported), None))
        if model is None:
            return
        for number in range(1, count + 1):
            yield (
                default_extra_outcome(model, number, batch, len(reported))
                if handler.extra_outcome is None
                else handler.extra_outcome(model, number)
            )

    def _repeated(self, reported: list[Outcome], *, atomic: bool) -> Iterator[Outcome]:
        """Yield each outcome as often as the answer has it. Atomic batches omit no rejected outcome."""
        for outcome in reported:
            effect = self.decision.effects.get(outcome.item.index, _NO_ITEM_EFFECT)
            if not effect.omit or (atomic and not outcome.accepted):
                yield from (outcome for _ in range(1 + effect.duplicate))

    def refused(self, wrong: Fault, request: Request, state: State) -> Reply:
        reply = self.refuse(self._refusal(wrong, request), request.call, request.operation, state)
        return reply if wrong.status is None else replace(reply, status=wrong.status)

    def _refusal(self, wrong: Fault, request: Request) -> Refusal:
        if wrong.code == "internal":
            return VendorFailure(wrong.message)
        if wrong.code == "timeout":
            return Unavailable(wrong.message)
        if wrong.code == "throttled":
            return TooManyRequests(detail=wrong.message)
        return Rejected(self.fault(wrong, Item(0, "", request.document), request))


def applied_effects(decision: Decision) -> Mapping[int, AppliedEffect]:
    """Return the effects on items, with their rules, by the item's index."""
    return {
        index: AppliedEffect(decision.effect_rules[index], tuple(_words(effect)))
        for index, effect in decision.effects.items()
    }


def _words(effect: Effect) -> Iterator[str]:
    applies = {
        "failed": effect.fail is not None,
        "held": effect.hang_ms is not None,
        "warned": effect.warn is not None,
        "omitted": effect.omit,
        "duplicated": bool(effect.duplicate),
        "stored": effect.commit is True and (effect.omit or item_fault_of(effect) is not None),
        "not-stored": effect.commit is False,
        "callback": effect.callback is not None,
    }
    yield from (word for word, holds in applies.items() if holds)


def default_extra_outcome(outcome: Outcome, number: int, batch: Batch, sent: int) -> Outcome:
    """Return a copy of the outcome, for an item after the `sent` ones, with a key that was never sent.

    If the answer names only failures, the copy of an accepted outcome is a rejection.
    """
    item = Item(
        sent + number - 1, f"phantom-{number}", _with_unused_key(outcome.item.document, number, batch)
    )
    if outcome.accepted and batch.outcome.names_failures_alone:
        problem = Problem("conflict", (*batch.items, outcome.item.index), "conflict", FAULT_RULE)
        return Outcome(item, Action.REJECTED, problems=(problem,))
    return replace(outcome, item=item, document=_with_unused_key(outcome.document, number, batch))


def _with_unused_key(document: Json, number: int, batch: Batch) -> Json:
    if not isinstance(document, dict):
        return document
    named = {name: _unused_key(document[name], number) for name in batch.key if name in document}
    return {**document, **named}


def reorder_outcomes(shown: list[Outcome], order: str, shuffle_seed: str) -> list[Outcome]:
    """Reverse, rotate or shuffle the outcomes. If a shuffle would change nothing, rotate them instead."""
    if order == "reverse":
        return shown[::-1]
    if order == "shuffle":
        places = sorted(range(len(shown)), key=lambda at: blake2b(f"{shuffle_seed}/{at}".encode()).digest())
        if places != list(range(len(shown))):
            return [shown[at] for at in places]
    return shown[1:] + shown[:1] if order else shown


def _unused_key(value: object, number: int) -> object:
    return _FIRST_EXTRA_KEY + number if isinstance(value, int) else f"phantom-{number}"


def item_fault_of(effect: Effect) -> Fault | None:
    return effect.fail or (_TIMEOUT_FAULT if effect.hang_ms is not None else None)


def _run_item(work: Callable[[State], T], effect: Effect, state: State) -> T:
    return run_and_roll_back(work, state) if effect.commit is False else work(state)


def run_and_roll_back(work: Callable[[State], T], state: State) -> T:
    mark = state.mark()
    result = work(state)
    state.undo_to(mark)
    return result


RenderRefusal = Callable[[Refusal], Reply]


def refusal_for_status(status: int, call: Call, wait: int | None = None) -> Refusal:
    """Return the refusal for the status, or the most similar refusal if no refusal has the status."""
    if status in _REFUSALS_BY_STATUS:
        return _REFUSALS_BY_STATUS[status](call)
    if status == 429:  # noqa: PLR2004 - HTTP's own number
        return TooManyRequests("", wait)
    if status >= _SERVER_ERRORS:
        return Unavailable() if status in _UNAVAILABLE else VendorFailure()
    return Rejected(Problem("conflict", (), "the call is refused", "fault", status))


def apply_response(
    answer: Answer,
    decision: Decision,
    call: Call,
    render_refusal: RenderRefusal,
    example: Reply | None = None,
) -> Answer:
    """Return the answer with the decision's effects on reply, headers and delivery.

    `render_refusal` turns a refusal into the vendor's reply. `example` is the example that the decision
    names; if given, it replaces the reply. The outcomes are unchanged.
    """
    effect = decision.response or ResponseEffect()
    reply = example or _replace_reply(answer.reply, effect, decision, call, render_refusal)
    reply = _replace_headers(reply, effect, decision)
    return replace(
        answer,
        reply=reply,
        applied=decision.applied,
        effects=applied_effects(decision),
        delivery=build_delivery(decision),
    )


def apply_quota_refusal(refused: Answer, decision: Decision) -> Answer:
    reply = replace(refused.reply, status=decision.quota_status)
    return replace(refused, reply=reply, applied=decision.applied, delivery=build_delivery(decision))


def build_delivery(decision: Decision) -> Delivery | None:
    effect = decision.response or ResponseEffect()
    dribble = effect.dribble
    delivery = Delivery(
        delay_ms=decision.delay_ms,
        chunks=dribble.chunks if dribble is not None else 1,
        spread_ms=dribble.total_ms if dribble is not None else 0,
        fraction=effect.truncate_at,
        fault=effect.fault,
    )
    return None if delivery == Delivery() else delivery


def _replace_reply(
    reply: Reply, effect: ResponseEffect, decision: Decision, call: Call, render_refusal: RenderRefusal
) -> Reply:
    status = effect.status if effect.status is not None else reply.status
    if effect.body is not None:
        return Reply(status, effect.body.text.encode(), effect.body.media_type)
    if status == reply.status:
        return reply
    if status in _ERRORS:
        wait = int(decision.retry_after) if decision.retry_after.isdecimal() else None
        return replace(render_refusal(refusal_for_status(status, call, wait)), status=status)
    if status in _REDIRECTS:
        query = f"?{call.query}" if call.query else ""
        path = call.target or quote(f"{call.mount}{call.path}")
        return Reply(status, headers=(("Location", f"{path}{query}"),))
    return replace(reply, status=status)


def _replace_headers(reply: Reply, effect: ResponseEffect, decision: Decision) -> Reply:
    headers = dict(effect.headers)
    if effect.retry_after is not None:
        headers["Retry-After"] = decision.retry_after
    if not headers:
        return reply
    names = {name.lower() for name in headers}
    kept = [(name, text) for name, text in reply.headers if name.lower() not in names]
    media_type = next((text for name, text in headers.items() if name.lower() == "content-type"), None)
    others = [(name, str(text)) for name, text in headers.items() if name.lower() != "content-type"]
    return replace(reply, media_type=media_type or reply.media_type, headers=(*kept, *others))
