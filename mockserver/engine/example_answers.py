"""Answers by example: the file's own, else a value that is made for the schema of the answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.engine.declared_members import DeclaredMembers
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.engine.drawn_values import draw_value
from mockserver.engine.negotiation import choose
from mockserver.errors import ServerRefusal, SpecError
from mockserver.model import EMPTY, Document, Json, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation, Spec, resolve
from mockserver.spec.schema import COMMON_FORMATS, compile_schema
from mockserver.spec.served_form import NOT_SERVED
from mockserver.vendor import Handler, Request

_TRIES = 24
"""Draws of a value, each with other choices, before it is said that none is found."""


@dataclass(frozen=True)
class Answering:
    """The success that an operation declares, in one media type; "" for one without a body."""

    status: int
    media_type: str
    declared: Document
    document: Document

    @property
    def content(self) -> Document:
        found: Document = self.declared.get("content", EMPTY).get(self.media_type, EMPTY)
        return found

    @property
    def is_json(self) -> bool:
        return _is_json(self.media_type)

    @property
    def sent_type(self) -> str:
        """The media type that is sent: JSON for a range."""
        return JSON_TYPE if self.media_type in ("*/*", "application/*") else self.media_type

    @property
    def schema(self) -> Document:
        found: Document = self.content.get("schema", EMPTY)
        return found

    @cached_property
    def accepts(self) -> Callable[[Json], bool]:
        """A check of answers. Raises ServerRefusal: 501, if the schema cannot be compiled."""
        try:
            return compile_schema(self.document, self.schema, COMMON_FORMATS, optional="writeOnly").accepts
        except SpecError as error:
            raise ServerRefusal(501, "not-served", str(error)) from None

    @cached_property
    def members(self) -> DeclaredMembers:
        return DeclaredMembers(self.document, self.schema)

    @cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that the answer must have."""
        filling, message = SchemaFilling(self.document), Message(200, "", is_refusal=False)
        return tuple(
            (name, str(filling.fill_member(name, one.get("schema", EMPTY), message)))
            for name, one in self.declared.get("headers", EMPTY).items()
            if one.get("required")
        )


def answers_of(contract: Spec, operation: Operation) -> tuple[Answering, ...]:
    """The first success that the operation declares, in each of its media types, JSON first."""
    key = _success(operation)
    status = int(key) if key.isdecimal() else {"2": 200, "3": 302}.get(key[:1], 200)
    responses = contract.document["paths"][operation.path][operation.method]["responses"]
    declared = resolve(contract.document, responses.get(key, EMPTY))
    ordered = sorted(declared.get("content", EMPTY), key=lambda name: not _is_json(name)) or [""]
    return tuple(Answering(status, name, declared, contract.document) for name in ordered)


def example_handler(contract: Spec, operation: Operation) -> Handler:
    """The handler that answers with an example of the first success that the operation declares."""
    filling, answers = SchemaFilling(contract.document), answers_of(contract, operation)
    node = contract.document["paths"][operation.path][operation.method]

    def handle(request: Request, _state: State) -> Reply:
        if NOT_SERVED in node:
            raise ServerRefusal(501, "not-served", str(node[NOT_SERVED]))
        accepted = choose(request.call.headers.get("accept", ""), tuple(one.media_type for one in answers))
        answer = next((one for one in answers if one.media_type == accepted), answers[0])
        if not answer.media_type:
            return Reply(answer.status, headers=answer.headers)
        value = _example(filling, answer)
        is_text = isinstance(value, str) and not answer.is_json
        body = value.encode() if is_text else json.encode(value)
        return Reply(answer.status, body, answer.sent_type, answer.headers)

    return handle


def _success(operation: Operation) -> str:
    """The key of the success in `responses`: the first 2xx, else the first 3xx, else `default`."""
    for first in ("2", "3", "1"):
        if found := [key for key in operation.responses if key.startswith(first)]:
            return found[0]
    return "default"


def _is_json(media_type: str) -> bool:
    return media_type.endswith(("json", "/*"))


def _example(filling: SchemaFilling, answer: Answering) -> Json:
    """A valid value for the answer. Raises ServerRefusal: 501, if none can be made."""
    content = answer.content
    named = [one["value"] for one in content.get("examples", EMPTY).values() if "value" in one]
    merged = filling.merged(answer.schema)
    written = [node["example"] for node in (content, merged) if "example" in node]
    for value in (*written, *named):
        if answer.accepts(value):
            return value
    for number in range(_TRIES):
        with suppress(RecursionError, ValueError, ArithmeticError):  # of a choice without an end
            drawn = answer.members.answered(draw_value(filling, answer.schema, number))
            if answer.accepts(drawn):
                return drawn
    detail = "no valid answer can be made of the schema; add an example to it"
    raise ServerRefusal(501, "not-served", detail)
