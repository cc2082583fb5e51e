"""Answers by example: an example in the spec, else a value that is made for the answer's schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from http.client import responses
from itertools import product

from msgspec import field

from mockserver.codec import json
from mockserver.codec.http import BODILESS_STATUSES, sent_type
from mockserver.codec.lines import write_lines
from mockserver.engine import negotiation
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.engine.drawn_values import Chance, chance_of, draw_value
from mockserver.engine.negotiation import APPLIED_HEADER, Preference, choose, prefers_new_value
from mockserver.errors import ServerRefusal, SpecError
from mockserver.model import EMPTY, Call, Document, Json, Reply, Value
from mockserver.sandbox.store import State
from mockserver.spec.marks import is_record_path, key_member
from mockserver.spec.openapi import (
    Operation,
    Spec,
    has_lines,
    is_json_content,
    merged,
    parameter_names,
    resolve,
)
from mockserver.spec.schema import COMMON_FORMATS, compile_answer, shared
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.served_form import NOT_SERVED
from mockserver.spec.xml import XmlWriter
from mockserver.vendor import Request

_TRIES = 24
"""Maximum number of values that are made for a schema until one of them is valid."""

_CODE = re.compile("[2-5][0-9]{2}")
_FIRST_REFUSAL = 400
_NO_PREFERENCE = Preference()


class Answering(Value, frozen=True, dict=True, weakref=True):
    """An answer that an operation declares, in one media type ("" without a body)."""

    status: int
    media_type: str
    content: Document
    """What is declared for the media type: schema and examples."""
    declared: Document
    """What is declared for the status."""
    document: Document

    @property
    def is_json(self) -> bool:
        return is_json_content(self.document, self.sent_type, self.content)

    @property
    def sent_type(self) -> str:
        """The media type that is sent; JSON if the spec declares a range."""
        return sent_type(self.media_type)

    @property
    def schema(self) -> Document:
        found: Document = self.content.get("schema", EMPTY)
        return found

    @cached_property
    def named(self) -> Mapping[str, Json]:
        """The named examples."""
        nodes = self.content.get("examples", EMPTY)
        ones = {name: resolve(self.document, nodes[name]) for name in nodes}
        return {name: one["value"] for name, one in ones.items() if "value" in one}

    @cached_property
    def envelope(self) -> Document:
        """Members of the first example, except lists: what stands around a list of records."""
        example = self.content.get("example", next(iter(self.named.values()), None))
        members = example.items() if isinstance(example, dict) else ()
        return {name: one for name, one in members if not isinstance(one, list)}

    @cached_property
    def accepts(self) -> Callable[[Json], bool]:
        """Function that tells whether an answer is valid. Raises ServerRefusal: 501, the schema is broken."""
        try:
            return compile_answer(self.document, self.content, COMMON_FORMATS).accepts
        except SpecError as error:
            raise ServerRefusal(501, "not-served", str(error)) from None

    @property
    def location(self) -> str:
        """The declared header with the address of a new record; "" if none is declared."""
        return next((one for one in self.declared.get("headers", EMPTY) if one.lower() == "location"), "")

    def encode(self, value: Json) -> bytes:
        """Return the value as a body: XML or JSON, or a text without quotes if the media type is not JSON."""
        if isinstance(value, str) and not self.is_json:
            return value.encode()
        if self.media_type.endswith("xml"):
            return XmlWriter(self.tree).write(value, self.schema)
        is_lines = isinstance(value, list) and has_lines(self.content)
        return write_lines(value) if is_lines else json.encode(value)

    @cached_property
    def tree(self) -> SchemaTree:
        return shared(self.document, SchemaTree)

    @cached_property
    def filling(self) -> SchemaFilling:
        return shared(self.document, SchemaFilling)


def answers_of(contract: Spec, operation: Operation, key: str = "") -> tuple[Answering, ...]:
    """Return the answer at `key` of `responses` ("": the first success) in each media type, JSON first."""
    key = key or _success(operation)
    status = int(key) if key.isdecimal() else {"2": 200, "3": 302}.get(key[:1], 200)
    declared = operation.responses.get(key, EMPTY)
    contents = EMPTY if status in BODILESS_STATUSES else operation.contents(key)
    answers = (
        Answering(status, name, contents.get(name, EMPTY), declared, contract.document)
        for name in contents or ("",)
    )
    return tuple(sorted(answers, key=lambda one: not one.is_json))


class Examples(Value, frozen=True):
    """Answers of an operation by example. As a handler, it answers with the example that the call matches."""

    contract: Spec
    operation: Operation
    _answers: dict[str, tuple[Answering, ...]] = field(default_factory=dict)

    def __call__(self, request: Request, state: State) -> Reply:
        preference = _NO_PREFERENCE if prefers_new_value(request.call.headers) else self._matched(request)
        return self.preferred(preference, request.call, state)

    def _matched(self, request: Request) -> Preference:
        """Return the first valid example whose name the parameters' examples have for the sent values."""
        fits: dict[str, bool] = {}
        for parameter in self.operation.node.get("parameters", ()):
            sent = str(request.parameters.get(parameter["name"]))
            for name, one in parameter.get("examples", EMPTY).items():
                fits[name] = fits.get(name, True) and str(one.get("value")) == sent
        names, success = [name for name, is_fit in fits.items() if is_fit], _success(self.operation)
        for key in (success, *filter(_CODE.fullmatch, self.operation.responses)) if names else ():
            for name, answer in product(names, self._of(key)):
                if name in answer.named and answer.accepts(answer.named[name]):
                    return Preference("" if key == success else key, name)
        return _NO_PREFERENCE

    def preferred(self, preference: Preference, call: Call, state: State) -> Reply:
        """Return the preferred answer. Raises ServerRefusal: 400 if it is unknown, with the known answers."""
        code, name = preference.code, preference.example
        key = _success(self.operation)
        if code:
            key = self.operation.declared_key(int(code)) if _CODE.fullmatch(code) else ""
        if not key:
            raise negotiation.unknown_preference("code", code, list(self.operation.responses))
        answers = self._of(key)
        fitting = [one for one in answers if not name or name in one.named]
        if not fitting:
            known = sorted({known for one in answers for known in one.named})
            raise negotiation.unknown_preference("example", name, known)
        accepted = choose(call.headers.get("accept", ""), tuple(one.media_type for one in fitting))
        answer = next((one for one in fitting if one.media_type == accepted), fitting[0])
        status, is_new = int(code or answer.status), prefers_new_value(call.headers)
        headers: list[tuple[str, str]] = []
        asked = negotiation.parse_preference(call.headers) or _NO_PREFERENCE
        if applied := ", ".join(filter(None, (asked.applied, "dynamic=true" if is_new else ""))):
            headers.append((APPLIED_HEADER, applied))
        if not answer.media_type or status in BODILESS_STATUSES:
            return Reply(status, headers=tuple(headers))
        chance = chance_of(state, self.operation.id, is_new=is_new)
        value = answer.named[name] if name else _value(answer, status, chance)
        if not (name or code) and is_record_path(self.operation.path):
            value = _with_key(
                answer, value, self.operation, self.contract.match(call.method, call.path).values
            )
        return Reply(status, answer.encode(value), answer.sent_type, tuple(headers))

    def _of(self, key: str) -> tuple[Answering, ...]:
        """Return the answers at `key`. Raises ServerRefusal: 501 if the operation is not served."""
        if reason := self.operation.node.get(NOT_SERVED):
            raise ServerRefusal(501, "not-served", str(reason))
        if key not in self._answers:
            self._answers[key] = answers_of(self.contract, self.operation, key)
        return self._answers[key]


def _value(answer: Answering, status: int, chance: Chance) -> Json:
    """Return a valid value for the answer. Raises ServerRefusal: 501 if no value can be made."""
    written: list[Json] = []
    if not (chance.is_new and answer.schema):
        nodes = (answer.content, merged(answer.document, answer.schema))
        written = [node["example"] for node in nodes if "example" in node]
        written += answer.named.values()
        if status >= _FIRST_REFUSAL:
            title = responses.get(status, "Error")
            message = Message(status, title, title, title.lower().replace(" ", "-"))
            written += [title, answer.filling.fill(answer.schema, message)]
    for value in written:
        if answer.accepts(value):
            return value
    for number in range(int(chance.is_new), _TRIES):
        with suppress(RecursionError, ValueError, ArithmeticError):  # the schema contains itself without end
            drawn = draw_value(answer.document, answer.schema, number, chance)
            drawn = answer.tree.answered(drawn, answer.schema)
            if answer.accepts(drawn):
                return drawn
    detail = "no valid answer can be made of the schema; add an example to it"
    raise ServerRefusal(501, "not-served", detail)


def _with_key(answer: Answering, value: Json, operation: Operation, values: Mapping[str, str]) -> Json:
    """Return an answer about the record that the path names, with the record's key if the schema takes it."""
    named = parameter_names(operation.path)[-1]
    members = value if isinstance(value, dict) else EMPTY
    inner = next((name for name, one in members.items() if isinstance(one, dict) and len(members) == 1), "")
    record = members[inner] if inner else members
    if not (key := key_member({"properties": record}, named)):
        return value
    text = values.get(named, "")
    made = {**record, key: int(text) if type(record[key]) is int and text.isdecimal() else text}
    whole = {inner: made} if inner else made
    return whole if type(made[key]) is type(record[key]) and answer.accepts(whole) else value


def _success(operation: Operation) -> str:
    """Return the key of the success in `responses`: the first 2xx, else 3xx, else `default`."""
    for first in ("2", "3"):
        if found := [key for key in operation.responses if key.startswith(first)]:
            return found[0]
    return "default"
