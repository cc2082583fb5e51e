"""Write the callbacks and webhooks that a call causes, as deliveries of its sandbox."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qsl

from msgspec.structs import astuple, replace

from mockserver.codec import json
from mockserver.codec.instants import print_instant
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.errors import MalformedBody
from mockserver.model import Action, Answer, Document, Item, Json, Outcome, Reply, parse_pointer, value_at
from mockserver.sandbox.deliveries import OwedDelivery, WebhookAddress, add_deliveries, registered_webhooks
from mockserver.sandbox.store import State
from mockserver.scenario.model import CallbackEffect, Decision, Effect, Predicate
from mockserver.scenario.predicates import InvalidPredicateError, holds, parse_predicate
from mockserver.spec.callbacks import MARK, DeclaredCallback, find_callbacks
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


@dataclass(frozen=True, slots=True)
class _Cause:
    """What a call did, as far as deliveries tell it."""

    ended: Sequence[tuple[str, Outcome]]
    """The items, each with the word for its end."""
    facts: Document
    """Values that runtime expressions may name."""
    effects: Mapping[int, Effect]
    vendor: str
    webhooks: Sequence[WebhookAddress]
    wait_s: float
    """Seconds until the items are stored: those of a job when the job is done."""


@dataclass(frozen=True, slots=True)
class CallbackWriter:
    """Writer of the deliveries of one callback or webhook."""

    declared: DeclaredCallback
    filling: SchemaFilling
    where: Predicate | None

    def write(self, cause: _Cause, state: State) -> Iterator[OwedDelivery]:
        """Yield the deliveries of a call, each as often as it is sent."""
        declared, form = self.declared, self.declared.form
        ended = [one for word, one in cause.ended if word in form.when]
        fitting = [one for one in ended if self.where is None or holds(self.where, _record(one))]
        called = [WebhookAddress(_evaluated(declared.address, cause.facts), cause.vendor)]
        addresses = called if declared.address else cause.webhooks
        groups = [[one] for one in fitting] if form.per == "item" else [fitting]
        for address in addresses if fitting else ():
            if address.url and (not address.events or declared.event in address.events):
                for group in groups:
                    effects = [cause.effects.get(one.item.index, _STORED).callback for one in group]
                    effect = next(filter(None, effects), _NO_EFFECT)
                    made = self._delivery(address, group, cause, effect, state)
                    yield made
                    for _ in range(effect.duplicate):
                        yield replace(made, key=_next_key(made.due, cause.vendor, state))

    def _delivery(
        self,
        address: WebhookAddress,
        outcomes: Sequence[Outcome],
        cause: _Cause,
        effect: CallbackEffect,
        state: State,
    ) -> OwedDelivery:
        form, sign, made = self.declared.form, self.declared.form.sign, state.uuid()
        late_s = 0 if effect.early else cause.wait_s + form.after + effect.late
        due = state.now + timedelta(seconds=late_s)
        content = json.encode(self._body(list(map(_record, outcomes)), state))
        headers = {name: _evaluated(text, cause.facts) for name, text in form.headers.items()}
        headers |= {form.id: made} if form.id else {}
        if sign:
            signed = content + b" " if effect.wrong_signature else content
            hashed = hmac.new((address.secret or sign.secret).encode(), signed, sign.algorithm)
            text = hashed.hexdigest() if sign.encoding == "hex" else b64encode(hashed.digest()).decode()
            headers[sign.header] = sign.prefix + text
        return OwedDelivery(
            key=_next_key(due, cause.vendor, state),
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
            effects=tuple([word for word, value in zip(_WORDS, astuple(effect), strict=True) if value]),
            state="lost" if effect.lost else "waiting",
        )

    def _body(self, records: Sequence[Document], state: State) -> Json:
        """Return the records as the declared schema has them, with the name of the event."""
        root = self.filling.merged(self.declared.schema)
        nodes = {name: self.filling.merged(one) for name, one in root.get("properties", {}).items()}
        place = max(["", *nodes], key=lambda at: len(self._named(nodes.get(at, root)) & records[0].keys()))
        node = nodes.get(place, root)
        named = self._named(node)
        shown: Json = [{name: one[name] for name in one if name in named} or one for one in records]
        if node.get("type") != "array" and self.declared.form.per == "item":
            (shown,) = shown
        body = {place: shown} if place else shown
        free = {plain(name): name for name in nodes if name not in body}
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
    if not writers:
        return answer
    (request, reply), batch = exchange, exchange[0].operation.batch
    call, shown = request.call, None
    webhooks = [one for one in registered_webhooks(state) if one.vendor == call.vendor]
    writers = [one for one in writers if webhooks or one.declared.address]
    if not writers:
        return answer
    with suppress(MalformedBody):
        shown = json.decode(reply.body)
    asked = {"body": request.document, "header": call.headers, "query": dict(parse_qsl(call.query))}
    told = {"body": shown, "header": {name.lower(): text for name, text in reply.headers}}
    facts = {"request": {**asked, "path": request.parameters}, "response": told}
    ended = [(str(one.action), one) for one in answer.outcomes]
    if batch is None and decision.effects.get(0, _STORED).commit is not False:
        ended = list(_single_write(request, reply.status, shown))
    wait_s = batch.job.done if batch and batch.job else 0
    cause = _Cause(ended, facts, decision.effects, call.vendor, webhooks, wait_s)
    made = [one for each in writers for one in each.write(cause, state)]
    last = [one for one in reversed(made) if _OUT_OF_ORDER in one.effects]
    made = [one for one in made if _OUT_OF_ORDER not in one.effects]
    made += [replace(one, key=_next_key(one.due, call.vendor, state)) for one in last]
    add_deliveries(state, [replace(one, cause=made[0].key) for one in made])
    return replace(answer, cause=made[0].key) if made else answer


def _next_key(due: datetime, vendor: str, state: State) -> str:
    """Return a key that comes after the keys of all deliveries that are due before or were made before."""
    return f"{due.timestamp() * 1000:014.0f}-{state.next('deliveries'):09}-{vendor}"


def _single_write(request: Request, status: int, shown: Json) -> Iterator[tuple[str, Outcome]]:
    """Yield the record that a call without a batch has written, with the word for its end."""
    operation = request.operation
    if status in _SUCCESS and operation.writes:
        record = shown if isinstance(shown, dict) and shown else request.document
        names, known = parameter_names(operation.path), value_at(record, ("id",))
        key = request.parameters[names[-1]] if names else "" if known is None else known
        action = Action.CREATED if status == HTTPStatus.CREATED else Action.UPDATED
        outcome = Outcome(Item(0, str(key), record), action, record)
        yield "deleted" if operation.method == "delete" else str(action), outcome


def _record(outcome: Outcome) -> Document:
    """Return an item as it is stored, with the members that only the call has."""
    versions = (one for one in (outcome.item.document, outcome.document) if isinstance(one, dict))
    return {name: value for one in versions for name, value in one.items()}


def _evaluated(text: str, facts: Document) -> str:
    """Return a text with the values of its runtime expressions; an expression without value gives ""."""

    def value(found: re.Match[str]) -> str:
        source, part, name = found[1], found[2], found[3] or ""
        path = parse_pointer(name) if part == "body" else (name.lower() if part == "header" else name,)
        known = value_at(facts, (source, part, *path))
        return "" if known is None else str(known)

    return _EXPRESSION.sub(value, text)
