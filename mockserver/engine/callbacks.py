"""Write the callbacks and webhooks that a call causes, as deliveries of its sandbox."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from itertools import product
from typing import NamedTuple
from urllib.parse import parse_qsl

from msgspec.structs import astuple, replace

from mockserver.codec import json
from mockserver.codec.instants import print_instant
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.errors import MalformedBody
from mockserver.model import Answer, Document, Json, Reply, Value, parse_pointer, value_at
from mockserver.sandbox.deliveries import OwedDelivery, WebhookAddress, add_deliveries, registered_webhooks
from mockserver.sandbox.store import State
from mockserver.scenario.model import CallbackEffect, Decision, Effect, Predicate
from mockserver.scenario.predicates import InvalidPredicateError, holds, parse_predicate
from mockserver.spec.callbacks import MARK, DeclaredCallback, find_callbacks
from mockserver.spec.openapi import Spec, misused, parameter_names, plain
from mockserver.vendor import Request

_EXPRESSION = re.compile(
    r"\{?\$(?:(request|response)\.(body|header|query|path)(?:[.#]([^{}]*))?|(url|method|statusCode)\b)\}?"
)
"""A runtime expression of OpenAPI, such as `{$request.body#/callbackUrl}` or `{$url}`."""

_EVENTS = ("event", "eventtype", "eventname", "type", "topic", "action", "name")
"""Names of members for the name of the event, the likeliest first."""

_SUCCESS = range(200, 300)
_STORED, _NO_EFFECT = Effect(), CallbackEffect()
_OUT_OF_ORDER = "out-of-order"
_WORDS = ("lost", "doubled", "late", _OUT_OF_ORDER, "wrong-signature", "early")
"""Words for the effects of `CallbackEffect`, in the order of its fields."""


class _EndedItem(NamedTuple):
    """What deliveries tell of an item."""

    end: str
    key: str
    record: Document
    """The item as it is stored, with the members that only the call has."""
    effect: CallbackEffect | None


class CallbackWriter(Value, frozen=True):
    """Writer of the deliveries of one callback or webhook."""

    declared: DeclaredCallback
    filling: SchemaFilling
    where: Predicate | None

    def write(
        self,
        items: Sequence[_EndedItem],
        facts: Document,
        webhooks: Sequence[WebhookAddress],
        wait_s: float,
        state: State,
    ) -> Iterator[OwedDelivery]:
        """Yield the deliveries of a call without their keys, each as often as it is sent.

        Runtime expressions may name the facts. The items are stored after `wait_s` seconds.
        """
        declared, form, sign, where = self.declared, self.declared.form, self.declared.form.sign, self.where
        items = [one for one in items if one.end in form.when and (not where or holds(where, one.record))]
        called = WebhookAddress(_evaluated(declared.address, facts), "")
        addresses = [called] if declared.address else webhooks
        groups = [items] if items and form.per == "batch" else [[one] for one in items]
        for address, group in product(addresses, groups):
            if not address.url or (address.events and declared.event not in address.events):
                continue
            made, effect = state.uuid(), next((one.effect for one in group if one.effect), _NO_EFFECT)
            content = json.encode(self._body([one.record for one in group], state))
            headers = {name: _evaluated(text, facts) for name, text in form.headers.items()}
            headers |= {form.id: made} if form.id else {}
            if sign:
                signed = content + b" " if effect.wrong_signature else content
                hashed = hmac.new((address.secret or sign.secret).encode(), signed, sign.algorithm)
                text = hashed.hexdigest() if sign.encoding == "hex" else b64encode(hashed.digest()).decode()
                headers[sign.header] = sign.prefix + text
            late_s = 0 if effect.early else wait_s + form.after + effect.late
            delivery = OwedDelivery(
                id=made,
                event=declared.event,
                items=tuple([one.key for one in group]),
                method=declared.method,
                url=address.url,
                headers={"Content-Type": declared.media_type, **headers},
                body=content.decode(),
                due=state.now + timedelta(seconds=late_s),
                attempts_left=form.attempts,
                timeout=form.timeout,
                backoff=form.backoff,
                ordered=form.ordered,
                effects=tuple([word for word, value in zip(_WORDS, astuple(effect), strict=True) if value]),
                state="lost" if effect.lost else "waiting",
            )
            yield from [delivery] * (1 + effect.duplicate)

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
        now = print_instant(state.now)
        message = Message(HTTPStatus.OK, "", now=now, document=records[0], is_refusal=False)
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
    writers: Mapping[str, Sequence[CallbackWriter]],
    exchange: tuple[Request | None, Reply],
    answer: Answer,
    decision: Decision,
    state: State,
) -> Answer:
    """Store the deliveries that a call causes, and return the answer with their `cause`.

    The reply of the exchange is the one without effects of rules.
    """
    (request, reply), shown, able = exchange, None, writers.get(answer.operation or "")
    if not able or request is None or decision.commit.first == 0:
        return answer
    webhooks = [one for one in registered_webhooks(state) if one.vendor == request.call.vendor]
    able = [one for one in able if webhooks or one.declared.address]
    if not able:
        return answer
    with suppress(MalformedBody):
        shown = json.decode(reply.body)
    call = request.call
    asked = {"body": request.document, "header": call.headers, "query": dict(parse_qsl(call.query))}
    headers = (("content-type", reply.media_type), *reply.headers)
    told = {"body": shown, "header": {name.lower(): text for name, text in headers}}
    url = f"{call.origin}{call.target}{'?' if call.query else ''}{call.query}"
    whole = {"url": url, "method": call.method, "statusCode": reply.status}
    facts = {**whole, "request": {**asked, "path": request.parameters}, "response": told}
    effects, batch = decision.effects, request.operation.batch
    items = [
        _EndedItem(
            str(one.action),
            one.item.identity,
            _members(one.item.document) | _members(one.document),
            effects.get(one.item.index, _STORED).callback,
        )
        for one in answer.outcomes
    ]
    if batch is None:
        items = _written_record(request, reply.status, shown, effects.get(0, _STORED))
    wait_s = batch.job.done if batch and batch.job else 0
    made = [one for each in able for one in each.write(items, facts, webhooks, wait_s, state)]
    last = [one for one in reversed(made) if _OUT_OF_ORDER in one.effects]
    made = [one for one in made if _OUT_OF_ORDER not in one.effects] + last
    return replace(answer, cause=add_deliveries(state, made, call.vendor))


def _written_record(request: Request, status: int, shown: Json, effect: Effect) -> list[_EndedItem]:
    """Return the record that a call without a batch has written, if it has written any."""
    operation = request.operation
    if status not in _SUCCESS or not operation.writes or effect.commit is False:
        return []
    record = _members(shown) or _members(request.document)
    names, known = parameter_names(operation.path), record.get("id")
    key = request.parameters[names[-1]] if names else "" if known is None else known
    end = "created" if status == HTTPStatus.CREATED else "updated"
    is_gone = operation.method == "delete"
    return [_EndedItem("deleted" if is_gone else end, str(key), record, effect.callback)]


def _members(document: Json) -> dict[str, Json]:
    return document if isinstance(document, dict) else {}


def _evaluated(text: str, facts: Document) -> str:
    """Return a text with the values of its runtime expressions; an expression without value gives ""."""

    def value(found: re.Match[str]) -> str:
        source, part, name, whole = found[1], found[2], found[3] or "", found[4]
        path = parse_pointer(name) if part == "body" else (name.lower() if part == "header" else name,)
        known = value_at(facts, (whole,) if whole else (source, part, *path))
        return "" if known is None else str(known)

    return _EXPRESSION.sub(value, text)
