"""Write the callbacks and webhooks that a call causes, as deliveries of its sandbox."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl

from msgspec.structs import astuple, replace

from mockserver.codec import json
from mockserver.codec.instants import print_instant
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.errors import MalformedBody
from mockserver.model import (
    Action,
    Answer,
    Document,
    Item,
    Json,
    Outcome,
    Path,
    Reply,
    Value,
    parse_pointer,
    value_at,
    with_value_at,
)
from mockserver.sandbox.deliveries import OwedDelivery, WebhookAddress, add_deliveries, registered_webhooks
from mockserver.sandbox.store import State
from mockserver.scenario.model import CallbackEffect, Decision, Effect, Predicate
from mockserver.scenario.predicates import InvalidPredicateError, holds, parse_predicate
from mockserver.spec.callbacks import MARK, DeclaredCallback, Signing, find_callbacks
from mockserver.spec.openapi import Spec, misused, parameter_names, plain
from mockserver.vendor import Request

_EXPRESSION = re.compile(r"\{?\$(request|response)\.(body|header|query|path)(?:[.#]([^{}]*))?\}?")
"""A runtime expression of OpenAPI, such as `{$request.body#/callbackUrl}`."""

_EVENTS = ("event", "eventtype", "eventname", "type", "topic", "action", "name")
"""Names of members for the name of the event, the likeliest first."""

_SUCCESS = range(200, 300)
_STORED, _NO_EFFECT = Effect(), CallbackEffect()
_OUT_OF_ORDER = "out-of-order"
_WORDS = ("lost", "doubled", "late", _OUT_OF_ORDER, "wrong-signature", "early")
"""Words for the effects of `CallbackEffect`, in the order of its fields."""


class _CauseOfDeliveries(Value, frozen=True):
    """What a call did, as far as deliveries tell it."""

    vendor: str
    ended: tuple[tuple[str, Outcome], ...]
    """The items, each with the word for its end."""
    facts: Document
    """Values that runtime expressions may name."""
    effects: Mapping[int, CallbackEffect]
    """Effects of rules by the item's index."""
    wait_s: float
    """Seconds until the items are stored: those of a job when the job is done."""


@dataclass(frozen=True, slots=True)
class CallbackWriter:
    """Writer of the deliveries of one callback or webhook."""

    declared: DeclaredCallback
    filling: SchemaFilling
    where: Predicate | None

    def write(self, caused: _CauseOfDeliveries, state: State) -> Iterator[OwedDelivery]:
        """Yield the deliveries of a call, each as often as it is sent."""
        declared, form = self.declared, self.declared.form
        ended = [one for word, one in caused.ended if word in form.when]
        fitting = [one for one in ended if self.where is None or holds(self.where, _sent_and_stored(one))]
        addresses = (
            [WebhookAddress(_evaluated(declared.address, caused.facts), caused.vendor)]
            if declared.address
            else [one for one in registered_webhooks(state) if one.vendor == caused.vendor]
        )
        groups = [[one] for one in fitting] if form.per == "item" else [fitting]
        for address in addresses if fitting else ():
            if address.url and (not address.events or declared.event in address.events):
                for group in groups:
                    effects = [caused.effects.get(one.item.index) for one in group]
                    effect = next(filter(None, effects), _NO_EFFECT)
                    made = self._delivery(address, group, caused, effect, state)
                    yield made
                    for _ in range(effect.duplicate):
                        yield replace(made, key=_next_key(made.due, caused.vendor, state))

    def _delivery(
        self,
        address: WebhookAddress,
        outcomes: Sequence[Outcome],
        caused: _CauseOfDeliveries,
        effect: CallbackEffect,
        state: State,
    ) -> OwedDelivery:
        form, made = self.declared.form, state.uuid()
        late_s = 0 if effect.early else caused.wait_s + form.after + effect.late
        due = state.now + timedelta(seconds=late_s)
        content = json.encode(self._body([_record(one) for one in outcomes], state))
        headers = {name: _evaluated(text, caused.facts) for name, text in form.headers.items()}
        headers |= {form.id: made} if form.id else {}
        if form.sign:
            signed = content + b" " if effect.wrong_signature else content
            headers[form.sign.header] = _signature(form.sign, address.secret, signed)
        return OwedDelivery(
            key=_next_key(due, caused.vendor, state),
            id=made,
            cause="",
            event=self.declared.event,
            items=tuple([one.item.identity for one in outcomes]),
            method=self.declared.method,
            url=address.url,
            headers={"Content-Type": self.declared.media_type, **headers},
            body=content.decode(),
            due=due,
            attempts_left=form.attempts,
            timeout=form.timeout,
            backoff=form.backoff,
            ordered=form.ordered,
            is_early=effect.early,
            effects=tuple([word for word, holds in zip(_WORDS, astuple(effect), strict=True) if holds]),
            state="lost" if effect.lost else "waiting",
        )

    def _body(self, records: Sequence[Document], state: State) -> Json:
        """Return the records as the declared schema has them, with the name of the event."""
        root = self.filling.merged(self.declared.schema)
        nodes = {(name,): self.filling.merged(one) for name, one in root.get("properties", {}).items()}
        place = max([(), *nodes], key=lambda at: len(self._named(nodes.get(at, root)) & records[0].keys()))
        node = nodes.get(place, root)
        named = self._named(node)
        shown = [{name: one[name] for name in one if name in named} or one for one in records]
        is_list = node.get("type") == "array" or self.declared.form.per == "batch"
        body = with_value_at({}, place, shown if is_list else shown[0])
        free = {plain(name): name for (name,) in nodes if (name,) != place and name not in body}
        event = next((free[name] for name in _EVENTS if name in free), "")
        body = {**body, event: self.declared.event} if event else body
        now, record = print_instant(state.now), records[0]
        message = Message(HTTPStatus.OK, "", now=now, document=record, is_refusal=False)
        return self.filling.fill(self.declared.schema, message, body)

    def _named(self, node: Document) -> frozenset[str]:
        """Return the members of the records in a member of the body."""
        return frozenset(self.filling.merged(node.get("items", node)).get("properties", ()))


def callback_writers(contract: Spec) -> Mapping[str, tuple[CallbackWriter, ...]]:
    """Return the writers by operationId of the calls that cause deliveries. Raises SpecError."""
    filling, found = SchemaFilling(contract.document), dict[str, tuple[CallbackWriter, ...]]()
    for declared in find_callbacks(contract):
        try:
            where = parse_predicate(declared.form.where) if declared.form.where else None
        except InvalidPredicateError as error:
            raise misused(f"{MARK}.where", error.detail, error.hint).within(contract.name) from None
        for operation in sorted(declared.operations):
            found[operation] = (*found.get(operation, ()), CallbackWriter(declared, filling, where))
    return found


def owe_deliveries(
    writers: Sequence[CallbackWriter],
    exchange: tuple[Request, Reply],
    answer: Answer,
    decision: Decision,
    state: State,
) -> Answer:
    """Store the deliveries that a call causes, and return the answer with their `cause`.

    The reply of the exchange is the one without effects of rules.
    """
    is_registered = bool(registered_webhooks(state))
    writers = [one for one in writers if one.declared.address or is_registered]
    request, reply = exchange
    if not writers or (request.operation.batch is None and decision.effects.get(0, _STORED).commit is False):
        return answer
    call, shown = request.call, _decoded(reply)
    asked = {"body": request.document, "header": call.headers, "query": dict(parse_qsl(call.query))}
    told = {"body": shown, "header": {name.lower(): text for name, text in reply.headers}}
    facts = {"request": {**asked, "path": request.parameters}, "response": told}
    ended = tuple(_ended(request, answer, reply.status, shown))
    effects = {index: one.callback for index, one in decision.effects.items() if one.callback}
    batch = request.operation.batch
    wait_s = batch.job.done if batch and batch.job else 0
    caused = _CauseOfDeliveries(call.vendor, ended, facts, effects, wait_s)
    made = [one for each in writers for one in each.write(caused, state)]
    if not made:
        return answer
    last = [one for one in reversed(made) if _OUT_OF_ORDER in one.effects]
    made = [one for one in made if _OUT_OF_ORDER not in one.effects]
    made += [replace(one, key=_next_key(one.due, call.vendor, state)) for one in last]
    add_deliveries(state, [replace(one, cause=made[0].key) for one in made])
    return replace(answer, cause=made[0].key)


def _next_key(due: datetime, vendor: str, state: State) -> str:
    """Return a key that comes after the keys of all deliveries that are due before or were made before."""
    return f"{due.timestamp() * 1000:014.0f}-{state.next('deliveries'):09}-{vendor}"


def _ended(request: Request, answer: Answer, status: int, shown: Json) -> Iterator[tuple[str, Outcome]]:
    """Yield the items of a call, each with the word for its end; a single write counts as one item."""
    operation = request.operation
    if operation.batch is not None:
        yield from ((str(one.action), one) for one in answer.outcomes)
    elif status in _SUCCESS and operation.writes:
        record = shown if isinstance(shown, dict) and shown else request.document
        key = [request.parameters[name] for name in parameter_names(operation.path)[-1:]]
        action = Action.CREATED if status == HTTPStatus.CREATED else Action.UPDATED
        item = Item(0, str(key[0] if key else value_at(record, ("id",)) or ""), record)
        yield "deleted" if operation.method == "delete" else str(action), Outcome(item, action, record)


def _decoded(reply: Reply) -> Json:
    try:
        return json.decode(reply.body)
    except MalformedBody:
        return None


def _record(outcome: Outcome) -> Document:
    record = outcome.document if isinstance(outcome.document, dict) else outcome.item.document
    return record if isinstance(record, dict) else {}


def _sent_and_stored(outcome: Outcome) -> Document:
    sent = outcome.item.document
    return {**(sent if isinstance(sent, dict) else {}), **_record(outcome)}


def _evaluated(text: str, facts: Document) -> str:
    """Return a text with the values of its runtime expressions; an expression without value gives ""."""

    def value(found: re.Match[str]) -> str:
        source, part, name = found[1], found[2], found[3] or ""
        path: Path = parse_pointer(name) if part == "body" else (name.lower() if part == "header" else name,)
        known = value_at(facts, (source, part, *path))
        return "" if known is None else str(known)

    return _EXPRESSION.sub(value, text)


def _signature(sign: Signing, secret: str, content: bytes) -> str:
    made = hmac.new((secret or sign.secret).encode(), content, sign.algorithm)
    return sign.prefix + (made.hexdigest() if sign.encoding == "hex" else b64encode(made.digest()).decode())
