"""Expectations of responses, worked out from the bytes of the request and the spec alone.

The state of the server is unknown. A server may reject an item that fits the schema, and must reject an item
that does not fit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import partial
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, unquote

from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Request
from mockserver.contract.oracle.decoding import (
    Decoded,
    UnreadableError,
    decode,
    is_json,
    media_type_of,
    member_schema,
    paired_lines,
    properties_of,
    typed,
)
from mockserver.contract.oracle.schemas import (
    Leniency,
    OracleSchema,
    SchemaProblem,
    compile_schema,
    is_on_the_edge,
    leniency,
    unfold,
    without_member,
)
from mockserver.contract.profile import BatchItem, Tolerance
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import EMPTY, Document, Json, Path, Value, join_key, member_path, pointer_of, value_at
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import MediaType, Operation, Parameter, RouteMatch, Spec

_ANSWERED_FOR_ALL = ("HEAD", "OPTIONS")
_STEERING_HEADERS = ("mock-scenario",)
"""Headers with which a caller asks a mock for a certain answer."""

_SHOWN = 60
_ANONYMOUS = "it"
_SCALAR = (str, int, float, Decimal)
_WHY = {
    "required": "{name} is missing",
    "additionalProperties": "{name} is not a member that the schema has",
    "type": "{name} is {found}, which is not of type {wanted}",
    "format": "{name} is {found}, which is not in the format {wanted}",
    "enum": "{name} is {found}, which is not in the list of its values",
    "pattern": "{name} is {found}, which does not match its pattern",
    "maxLength": "{name} has {length} characters, at most {wanted} are allowed",
    "minimum": "{name} is {found}, which is below {wanted}",
    "maximum": "{name} is {found}, which is above {wanted}",
    "minItems": "{name} has {size} members, at least {wanted} are needed",
    "maxItems": "{name} has {size} members, at most {wanted} are allowed",
    "anyOf": "{name} is {found}, which has none of the forms of its schema",
    "oneOf": "{name} is {found}, which has not just one of the forms of its schema",
    "minLength": "{name} has {length} characters, at least {wanted} are needed",
}
_WIDTHS = ("int32", "int64")
_LENIENT = Leniency(spells=True)
"""Leniency for parameters: readers differ in the texts that they accept as a number or a date."""


class _Body(Value, frozen=True):
    """A media type of an operation's request body, with compiled schemas."""

    node: Document
    """Schema of the body without references."""
    settings: Document
    """The media type's `x-binder`."""
    whole: OracleSchema
    """Schema of the body; in a batch, without the constraints on its items."""
    item: OracleSchema | None
    """Schema of an item, None if the operation is no batch."""


class Oracle:
    """Source of the expected responses to calls of one API. Schemas are compiled on first use."""

    def __init__(self, api: ApiUnderTest) -> None:
        self._spec = api.spec
        self._profile = api.profile
        self._parameters: dict[str, tuple[_CompiledParameter, ...]] = {}
        self._bodies: dict[tuple[str, str], _Body] = {}

    def expected(self, request: Request, operation: str = "") -> ExpectedResponse:
        """Match and decode the request, and return the expected response.

        If no operation matches method and path, put the operation with the id `operation` into the response.
        """
        meant = self._spec.operations.get(operation)
        path = unquote(request.plain_path, errors="replace")
        try:
            match = find_operation(self._spec, request.method, self._spec.canonical_path(path))
        except NotFound:
            return ExpectedResponse(meant, "doubtful", "the spec has nothing at that path")
        except MethodNotAllowed:
            unknown: ExpectedVerdict = "doubtful" if request.method in _ANSWERED_FOR_ALL else "bad"
            return ExpectedResponse(meant, unknown, f"the path has no operation for {request.method}")
        called = match.operation
        if any(name in request.headers for name in _STEERING_HEADERS) or _asks_for_an_example(request):
            return ExpectedResponse(called, "doubtful", "a mock was asked for something")
        verdict, reason = self._of_parameters(called, request, match.values)
        of_body = self._of_body(called, request)
        if verdict == "bad" or (verdict == "doubtful" and of_body.envelope != "bad"):
            return replace(of_body, envelope=verdict, reason=reason)
        return of_body

    def _of_parameters(self, operation: Operation, request: Request, values: Mapping[str, str]) -> Judgement:
        query: dict[str, list[str]] = {}
        for name, text in parse_qsl(request.query, keep_blank_values=True, errors="replace"):
            query.setdefault(self._name(name), []).append(text)
        tolerances = self._forgiven(operation, request)
        found: list[Judgement] = []
        for known in self._compiled(operation):
            name, place = known.parameter.name, known.parameter.place
            if place == "path":
                texts = [values[name]] if name in values else []
            elif place == "header":
                texts = [request.headers[name.lower()]] if name.lower() in request.headers else []
            else:
                texts = query.pop(self._name(name), [])
            found.append(_GOOD if place == "cookie" else known.judged(texts, tolerances))
        found += [("doubtful", f"the query parameter {name} is not in the spec") for name in query]
        return next((one for verdict in ("bad", "doubtful") for one in found if one[0] == verdict), _GOOD)

    def _compiled(self, operation: Operation) -> tuple[_CompiledParameter, ...]:
        if operation.id not in self._parameters:
            self._parameters[operation.id] = tuple(
                _CompiledParameter(parameter, compile_schema(unfold(self._spec.document, parameter.schema)))
                for parameter in operation.parameters
            )
        return self._parameters[operation.id]

    def _name(self, name: str) -> str:
        return name.lower() if self._spec.any_case_query else name

    def _of_body(self, operation: Operation, request: Request) -> ExpectedResponse:
        if not operation.bodies or (not request.body and not operation.body_required):
            return ExpectedResponse(operation, "good")
        if not request.body:
            return ExpectedResponse(operation, "bad", "there is no body")
        body = self._body(operation, request)
        if body is None:
            message = f"the body is {request.media_type or 'of no media type'}, which the spec does not state"
            return ExpectedResponse(operation, self._of_media_type(operation, request), message)
        try:
            content_type = request.headers.get("content-type", "")
            decoded = decode(request.body, content_type, body.node, body.settings)
            if operation.batch and operation.batch.pairs:
                paired = paired_lines(decoded.document, operation.batch.action_at, operation.batch.actions)
                decoded = replace(paired, doubts=(*decoded.doubts, *paired.doubts))
        except UnreadableError as error:
            may_be_read = body.settings.get("lenient") and not error.for_all_readers
            verdict: ExpectedVerdict = "doubtful" if may_be_read else "bad"
            return ExpectedResponse(operation, verdict, f"the body cannot be read: {error}")
        lenient = leniency(
            body.settings,
            self._forgiven(operation, request),
            spells="xml" in request.media_type or "form" in request.media_type,
            ignores_unknown=_passes_over(operation, request),
        )
        return self._judged(operation, body, decoded, lenient)

    def _of_media_type(self, operation: Operation, request: Request) -> ExpectedVerdict:
        sent = request.media_type
        near = is_json(sent) and any(is_json(body.name) for body in operation.bodies)
        forgiven = any(one.keyword == "content-type" for one in self._forgiven(operation, request))
        return "doubtful" if not sent or near or forgiven else "bad"

    def _judged(
        self, operation: Operation, body: _Body, decoded: Decoded, lenient: Leniency
    ) -> ExpectedResponse:
        document, batch = decoded.document, operation.batch
        if batch and body.item and _is_bare(document, batch, body.item, any_case=lenient.any_case):
            document = {str(batch.items[0]): [document]}
        verdict, reason = weigh_problems(body.whole.broken(document), lenient, decoded)
        if not batch or not body.item:
            if verdict == "good" and lenient.is_renamed(document, body.node):
                return ExpectedResponse(operation, "doubtful", "a name is written otherwise")
            return ExpectedResponse(operation, verdict, reason)
        found = value_at(document, batch.items)
        if not isinstance(found, dict if batch.is_map else list):
            missing = f"there are no items at {pointer_of(batch.items) or 'the root'}"
            sure = verdict != "doubtful" and not (lenient.any_case and batch.items)
            return ExpectedResponse(operation, "bad" if sure else "doubtful", reason or missing)
        if verdict == "good" and not found:
            verdict, reason = "doubtful", "there are no items"
        items = tuple(self._items(found, batch, body.item, lenient, decoded))
        keys = [key for item in items for key in set(item.keys)]
        is_unclear = len(set(keys)) < len(keys) and any(
            tolerance.keyword == "uniqueItems" for tolerance in lenient.tolerances
        )
        is_named = len(set(keys)) == len(keys) and all(item.keys for item in items)
        # If an answer names items by key, the call may be refused for an item without a key of its own.
        if is_unclear or (batch.outcome.names_by_key and not is_named):
            items = tuple(replace(item, may_refuse_call=True) for item in items)
        return ExpectedResponse(operation, verdict, reason, items, not decoded.doubts)

    def _items(
        self, found: Json, batch: Batch, item: OracleSchema, lenient: Leniency, decoded: Decoded
    ) -> Iterator[ExpectedItem]:
        names = list(found) if batch.is_map else []
        if batch.is_map:  # each item has its name in the member of the key
            key = batch.key[0]
            found = [{**one, key: name} if isinstance(one, dict) else one for name, one in found.items()]
        for place, one in enumerate(found):
            keys = (names[place],) if names else keys_of(one, batch.key, any_case=lenient.any_case)
            sent = BatchItem(place, keys[0] if keys else None, one)
            if decoded.doubts:
                yield ExpectedItem(sent, "doubtful", decoded.doubts[0], keys=keys, may_refuse_call=True)
            else:
                yield expected_item(sent, keys, batch, item, lenient)

    def _body(self, operation: Operation, request: Request) -> _Body | None:
        sent, _ = media_type_of(request.headers.get("content-type", ""))
        stated = next((body for body in operation.bodies if fnmatchcase(sent, body.name)), None)
        if stated is None or not sent:
            return None
        key = (operation.id, stated.name)
        if key not in self._bodies:
            self._bodies[key] = self._made(operation, stated)
        return self._bodies[key]

    def _made(self, operation: Operation, stated: MediaType) -> _Body:
        node = unfold(self._spec.document, stated.coercion.get("schema", stated.schema))
        if operation.batch is None:
            return _Body(node, stated.coercion, compile_schema(node), None)
        pointer = operation.batch.items
        items = member_schema(node, pointer)
        whole = compile_schema(without_member(node, pointer))
        one = items.get("additionalProperties" if operation.batch.is_map else "items", EMPTY)
        if operation.batch.is_map:
            key = {name: {"type": "string"} for name in operation.batch.key}
            one = {**one, "properties": {**key, **one.get("properties", EMPTY)}}
        return _Body(node, stated.coercion, whole, compile_schema(one))

    def _forgiven(self, operation: Operation, request: Request) -> tuple[Tolerance, ...]:
        known = self._profile.tolerances
        of_it = (*known.get("", ()), *known.get(operation.id, ()))
        return tuple(one for one in of_it if fnmatchcase(request.media_type, one.media_type))


def _is_bare(document: Json, batch: Batch, item: OracleSchema, *, any_case: bool) -> bool:
    if not batch.bare_item or not isinstance(document, dict):
        return False
    sent, known, wrapper = set(document), set(properties_of(item.node)), str(batch.items[0])
    if any_case:
        sent, known = ({name.lower() for name in names} for names in (sent, known))
        wrapper = wrapper.lower()
    return wrapper not in sent and not known.isdisjoint(sent)


def _asks_for_an_example(request: Request) -> bool:
    prefer = request.headers.get("prefer", "")
    return "code=" in prefer or "example=" in prefer or b"sbx." in request.body


def _passes_over(operation: Operation, request: Request) -> bool:
    """Return whether a header with `ignore` among its values is sent with a value other than its default."""
    for parameter in operation.parameters:
        sent = request.headers.get(parameter.name.lower())
        if parameter.place == "header" and sent and "ignore" in parameter.schema.get("enum", ()):
            return bool(sent != parameter.schema.get("default"))
    return False


ExpectedVerdict: TypeAlias = Literal["good", "bad", "doubtful"]
"""good: the schema allows the value. bad: every server must refuse it. doubtful: a server may refuse it."""

Judgement: TypeAlias = tuple[ExpectedVerdict, str]
"""A verdict, and its reason in words; "" if the verdict is good."""

_GOOD: Judgement = ("good", "")


class ExpectedItem(Value, frozen=True):
    """Expectation of one item, derived from its schema without stored state."""

    item: BatchItem
    verdict: ExpectedVerdict
    reason: str = ""
    """Problem of the item in words, "" if there is none."""
    pointer: str = ""
    """Place of the problem, from the root of the item."""
    keys: tuple[str, ...] = ()
    """Texts by which a response may identify the item."""
    refuses_call: bool = False
    """Whether the server must refuse the whole call because of this item."""
    may_refuse_call: bool = False
    """Whether the server may refuse the whole call because of this item."""


class ExpectedResponse(Value, frozen=True):
    """Expectation of a response, derived from the bytes of the request."""

    operation: Operation | None
    envelope: ExpectedVerdict
    """Verdict on the request without its items."""
    reason: str = ""
    """Why the envelope is not good."""
    items: tuple[ExpectedItem, ...] = ()
    listed: bool = False
    """Whether the request has a list of items that all readers read alike."""

    @property
    def bad(self) -> tuple[ExpectedItem, ...]:
        """Items that every server must reject."""
        return tuple(item for item in self.items if item.verdict == "bad")

    @property
    def sent(self) -> tuple[BatchItem, ...]:
        return tuple(item.item for item in self.items)


def explain(broken: SchemaProblem) -> str:
    """Return the problem as a clause: `due_Date is "soon", which is not in the format date`."""
    name = str(broken.path[-1]) if broken.path else _ANONYMOUS
    if broken.path and isinstance(broken.path[-1], int):
        name = pointer_of(broken.path)
    template = _WHY.get(broken.keyword, "{name} is {found}, against {keyword} {wanted}")
    return template.format(
        name=name,
        found=show_value(broken.found),
        wanted=broken.expected if isinstance(broken.expected, _SCALAR) else "of its schema",
        keyword=broken.keyword,
        length=len(str(broken.found)),
        size=len(broken.found) if isinstance(broken.found, list) else 0,
    )


def show_value(value: Json) -> str:
    """Return a value as JSON, cut after 60 characters."""
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def count_noun(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def weigh_problems(broken: tuple[SchemaProblem, ...], lenient: Leniency, decoded: Decoded) -> Judgement:
    if decoded.doubts:
        return "doubtful", decoded.doubts[0]
    if sure := [one for one in broken if not lenient.may_pass(one)]:
        return "bad", explain(sure[0])
    return ("doubtful", explain(broken[0])) if broken else _GOOD


def expected_item(
    sent: BatchItem, keys: tuple[str, ...], batch: Batch, item: OracleSchema, lenient: Leniency
) -> ExpectedItem:
    """Return the expectation of the item `sent`, which has the schema `item` and may be named by `keys`."""
    if batch.work_of(sent.document) in ("update", "delete"):
        return ExpectedItem(sent, "doubtful", "its action does not make a whole record", keys=keys)
    broken = item.broken(sent.document)
    if any(one.keyword == "type" and one.path[:1] and one.path[0] in batch.key for one in broken):
        keys = ()  # an answer may have no room for a key of another type
    sure = [one for one in broken if not lenient.may_pass(one)]
    fatal = [one for one in broken if _is_fatal(one, batch, item.node)]
    unsure = partial(ExpectedItem, sent, "doubtful", keys=keys)
    if lenient.is_renamed(sent.document, item.node):
        return unsure("a name is written otherwise", may_refuse_call=True)
    if sure:
        first = next((one for one in sure if one in fatal), sure[0])
        refuses = any(
            one in fatal
            and not lenient.may_stay_alone(one)
            # A null item need not refuse the call (docs/catalogue.md#6-null-item).
            and not (one.keyword == "type" and not one.path and one.found is None)
            for one in sure
        )
        return ExpectedItem(sent, "bad", explain(first), pointer_of(first.path), keys, refuses, bool(fatal))
    if broken:
        return unsure(explain(broken[0]), pointer_of(broken[0].path), may_refuse_call=bool(fatal))
    if is_on_the_edge(sent.document, item.node):
        return unsure(
            "a moment is at the edge of the calendar, or a pattern cannot be judged", may_refuse_call=True
        )
    return ExpectedItem(sent, "good", keys=keys)


def _is_fatal(broken: SchemaProblem, batch: Batch, node: Document) -> bool:
    """Return whether the problem refuses the call. `x-fatal` of its schema decides, else `x-batch.fatal`."""
    for step in broken.path:
        node = properties_of(node).get(step, EMPTY) if isinstance(step, str) else node.get("items", EMPTY)
    if "x-fatal" in node:
        return bool(node["x-fatal"])
    names = {broken.keyword}
    if broken.keyword == "format":
        names |= {"minimum", "maximum"} if broken.expected in _WIDTHS else {f"format:{broken.expected}"}
    return not names.isdisjoint(batch.fatal)


def find_operation(spec: Spec, method: str, path: str) -> RouteMatch:
    """Return the operation at a decoded path, and its path parameters.

    Raises NotFound if no path matches, MethodNotAllowed if the closest path lacks the method. The closest
    path is the most literal of the matching paths.
    """
    match = spec.match(method, path)
    fitting = (len(pattern.groupindex) for pattern, _ in spec.routes if pattern.fullmatch(path))
    if len(match.values) > next(fitting):
        raise MethodNotAllowed(())
    return match


class _CompiledParameter(Value, frozen=True):
    parameter: Parameter
    schema: OracleSchema

    def judged(self, texts: Sequence[str], tolerances: Sequence[Tolerance]) -> Judgement:
        what = f"the {self.parameter.place} parameter {self.parameter.name}"
        of_this = {tolerance.keyword for tolerance in tolerances if tolerance.member == self.parameter.name}
        if not texts and self.parameter.required:
            return "doubtful" if "required" in of_this else "bad", f"{what} is missing"
        if not texts:
            return _GOOD
        value = self._value(texts)
        if broken := self.schema.broken(value):
            loose = not texts[-1].strip() or all(_LENIENT.may_pass(one) for one in broken)
            is_sure = not loose and broken[0].keyword not in of_this
            return "bad" if is_sure else "doubtful", f"{what} is {show_value(value)}"
        if len(texts) > 1 and self.schema.node.get("type") != "array":
            return "doubtful", f"{what} is there {len(texts)} times"
        return _GOOD

    def _value(self, texts: Sequence[str]) -> Json:
        node = self.schema.node
        if node.get("type") != "array":
            return typed(texts[-1], {**node, "nullable": False})
        joined = ",".join(filter(None, texts))
        parts = texts if self.parameter.explode else joined.split(",") if joined else []
        return [typed(part, node.get("items", EMPTY)) for part in parts]


def keys_of(document: Json, members: tuple[str, ...], *, any_case: bool = False) -> tuple[str, ...]:
    """Return the values of an item's key members as texts. If there are several, append their joined text.

    A member is a name, or a JSON Pointer to a member inside other members.

    The joined text has `/` between the values; `/` and `~` inside a value are escaped as in a JSON Pointer.
    An item that is no object has no keys.
    """
    values = (_key_value(document, member_path(name), any_case=any_case) for name in members)
    texts = [text for value in values if (text := text_of(value)) is not None]
    return tuple(filter(None, dict.fromkeys((*texts, join_key(texts)) if len(texts) > 1 else texts)))


def _key_value(held: Json, path: Path, *, any_case: bool) -> Json:
    for step in map(str, path):
        if not isinstance(held, dict):
            return None
        found = {name.lower(): value for name, value in held.items()} if any_case else held
        held = found.get(step.lower() if any_case else step)
    return held


def text_of(value: Json) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)
