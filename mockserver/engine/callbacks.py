"""Write the callbacks and webhooks that a call causes, as deliveries of the sandbox."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import parse_qs

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.instants import print_instant
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.errors import MalformedBody, SpecError
from mockserver.model import (
    Action,
    Answer,
    Document,
    Item,
    Json,
    Outcome,
    Path,
    Reply,
    parse_pointer,
    value_at,
    with_value_at,
)
from mockserver.sandbox.deliveries import OwedDelivery, WebhookAddress, add_deliveries, registered_webhooks
from mockserver.sandbox.store import State
from mockserver.scenario.model import Predicate
from mockserver.scenario.predicates import holds, parse_predicate
from mockserver.spec.callbacks import DeclaredCallback, Signing, find_callbacks
from mockserver.spec.openapi import Spec, parameter_names, plain
from mockserver.vendor import Request

_EXPRESSION = re.compile(r"\{(\$[^{}]+)\}")
_EVENTS = ("event", "eventtype", "eventname", "type", "topic", "action", "name")
"""Names of members for the name of the event, the likeliest first."""

_SUCCESS = range(200, 300)
_DELETED = "deleted"
_SOURCES: Mapping[str, Callable[[str, Request, Reply], Json]] = {
    "$request.header": lambda name, request, _reply: request.call.headers.get(name.lower()),
    "$request.query": lambda name, request, _reply: parse_qs(request.call.query).get(name, [None])[0],
    "$request.path": lambda name, request, _reply: request.parameters.get(name),
    "$response.header": lambda name, _request, reply: dict(reply.headers).get(name),
}
"""Readers of the values of runtime expressions, such as `$request.query.NAME`."""


@dataclass(frozen=True, slots=True)
class CallbackWriter:
    """Writer of the deliveries of one callback or webhook."""

    declared: DeclaredCallback
    filling: SchemaFilling
    where: Predicate | None

    def deliveries(
        self, request: Request, reply: Reply, ended: Sequence[tuple[str, Outcome]], state: State
    ) -> Iterator[OwedDelivery]:
        """Yield the deliveries that the ended items of a call cause; each item has the word for its end."""
        declared, form = self.declared, self.declared.form
        fitting = [one for word, one in ended if word in form.when and self._holds(one)]
        if not fitting:
            return
        addresses = (
            [WebhookAddress(_evaluated(declared.address, request, reply), request.call.vendor)]
            if declared.address
            else _subscribed(declared.event, request.call.vendor, state)
        )
        groups = [[one] for one in fitting] if form.per == "item" else [fitting]
        for address in (one for one in addresses if one.url):
            for group in groups:
                yield self._delivery(address, group, request, reply, state)

    def _holds(self, outcome: Outcome) -> bool:
        return self.where is None or holds(self.where, _record(outcome))

    def _delivery(
        self,
        address: WebhookAddress,
        outcomes: Sequence[Outcome],
        request: Request,
        reply: Reply,
        state: State,
    ) -> OwedDelivery:
        declared, form = self.declared, self.declared.form
        number, due = state.next("deliveries"), state.now + timedelta(seconds=form.after)
        content = json.encode(self._body([_record(one) for one in outcomes], state))
        made = state.uuid()
        headers = {"content-type": declared.media_type}
        headers |= {name: _evaluated(text, request, reply) for name, text in form.headers.items()}
        headers |= {form.id: made} if form.id else {}
        if form.sign:
            headers[form.sign.header] = signature(form.sign, address.secret, content)
        return OwedDelivery(
            key=f"{request.call.vendor}/{number:09}",
            id=made,
            cause="",
            vendor=request.call.vendor,
            event=declared.event,
            items=tuple([one.item.identity for one in outcomes]),
            method=declared.method,
            url=address.url,
            headers=headers,
            body=content.decode(),
            first=due,
            due=due,
            attempts_left=form.attempts,
            timeout=form.timeout,
            backoff=form.backoff,
            ordered=form.ordered,
        )

    def _body(self, records: Sequence[Document], state: State) -> Json:
        """Return the records in the form of the declared schema, with the name of the event."""
        form, schema = self.declared.form, self.declared.schema
        place = self._place_of_record(records[0]) if form.record is None else parse_pointer(form.record)
        node = self.filling.at(schema, place)
        is_list = node.get("type") == "array" or form.per == "batch"
        members = self.filling.merged(node.get("items", {}) if is_list else node).get("properties")
        shown = [_declared_part(one, members) for one in records]
        body = with_value_at({}, place, shown if is_list else shown[0])
        event = self._place_of_event(body) if form.event is None else parse_pointer(form.event)
        body = with_value_at(body, event, self.declared.event) if event else body
        message = Message(HTTPStatus.OK, "", now=print_instant(state.now), is_refusal=False)
        return self.filling.fill(schema, message, body)

    def _place_of_record(self, record: Document) -> Path:
        """Return the path of the member whose schema has most members of the record; () is the root."""
        root = self.filling.merged(self.declared.schema)
        alike: dict[Path, Collection[str]] = {(): self._members(root) & record.keys()}
        for name, node in root.get("properties", {}).items():
            alike[name,] = self._members(self.filling.merged(node)) & record.keys()
        return max(alike, key=lambda path: len(alike[path]))

    def _members(self, node: Document) -> frozenset[str]:
        items = (
            self.filling.merged(node["items"]) if node.get("type") == "array" and "items" in node else node
        )
        return frozenset(items.get("properties", ()))

    def _place_of_event(self, body: Json) -> Path:
        if not isinstance(body, dict):
            return ()
        free = {
            plain(name): name
            for name in self._members(self.filling.merged(self.declared.schema)) - body.keys()
        }
        return next(((free[name],) for name in _EVENTS if name in free), ())


def callback_writers(contract: Spec) -> Mapping[str, tuple[CallbackWriter, ...]]:
    """Return the writers by operationId of the calls that cause deliveries. Raises SpecError."""
    filling = SchemaFilling(contract.document)
    found: dict[str, tuple[CallbackWriter, ...]] = {}
    try:
        declarations = find_callbacks(contract)
    except SpecError as error:
        raise error.within(contract.name) from None
    for declared in declarations:
        where = parse_predicate(declared.form.where) if declared.form.where else None
        for operation in sorted(declared.operations):
            found[operation] = (*found.get(operation, ()), CallbackWriter(declared, filling, where))
    return found


def owe_deliveries(
    writers: Sequence[CallbackWriter], request: Request, answer: Answer, reply: Reply, state: State
) -> str:
    """Store the deliveries that a call causes, whose `reply` would be sent without rules.

    Return the deliveries' `cause`; "" if there are none.
    """
    ended = list(_ended(request, answer, reply))
    made = [one for each in writers for one in each.deliveries(request, reply, ended, state)]
    if not made:
        return ""
    cause = made[0].key
    add_deliveries(state, [replace(one, cause=cause) for one in made])
    return cause


def signature(sign: Signing, secret: str, content: bytes) -> str:
    made = hmac.new((secret or sign.secret).encode(), content, sign.algorithm)
    text = made.hexdigest() if sign.encoding == "hex" else b64encode(made.digest()).decode()
    return f"{sign.prefix}{text}"


def _ended(request: Request, answer: Answer, reply: Reply) -> Iterator[tuple[str, Outcome]]:
    """Yield the items of a call, each with the word for its end; a single write counts as one item."""
    if request.operation.batch is not None:
        yield from ((str(one.action), one) for one in answer.outcomes)
    elif reply.status in _SUCCESS and request.operation.writes:
        names = parameter_names(request.operation.path)
        shown = _shown_record(reply)
        record = shown if isinstance(shown, dict) and shown else request.document
        key = str(request.parameters[names[-1]]) if names else str(value_at(record, ("id",)) or "")
        is_new = reply.status == HTTPStatus.CREATED
        outcome = Outcome(Item(0, key, record), Action.CREATED if is_new else Action.UPDATED, record)
        yield _DELETED if request.operation.method == "delete" else str(outcome.action), outcome


def _shown_record(reply: Reply) -> Json:
    try:
        return json.decode(reply.body)
    except MalformedBody:
        return None


def _record(outcome: Outcome) -> Document:
    record = outcome.document if isinstance(outcome.document, dict) else outcome.item.document
    return record if isinstance(record, dict) else {}


def _declared_part(record: Document, members: Mapping[str, Json] | None) -> Document:
    """Return the members of a record that a schema declares; all, if it declares none of them."""
    return {name: value for name, value in record.items() if name in (members or ())} or record


def _subscribed(event: str, vendor: str, state: State) -> list[WebhookAddress]:
    found = registered_webhooks(state)
    return [one for one in found if one.vendor == vendor and (not one.events or event in one.events)]


def _evaluated(text: str, request: Request, reply: Reply) -> str:
    """Return a text with the values of its runtime expressions; an expression without value gives ""."""
    text = f"{{{text}}}" if text.startswith("$") else text
    return _EXPRESSION.sub(lambda found: _value_of(found[1], request, reply), text)


def _value_of(expression: str, request: Request, reply: Reply) -> str:
    call = request.call
    head, _, pointer = expression.partition("#")
    if expression in ("$url", "$method"):
        return f"{call.origin}{call.target}" if expression == "$url" else call.method
    if head in ("$request.body", "$response.body"):
        document = request.document if head == "$request.body" else _shown_record(reply)
        value = value_at(document, parse_pointer(pointer))
    else:
        source, name = ".".join(expression.split(".")[:2]), expression.split(".", 2)[-1]
        value = _SOURCES[source](name, request, reply) if source in _SOURCES else None
    return "" if value is None else str(value)
