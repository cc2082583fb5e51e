"""Answers by example: the file's own, else a value that is made for the schema of the answer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
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


@dataclass(frozen=True, slots=True)
class Answering:
    """The success that an operation declares: status, media type, schema."""

    status: int
    media_type: str
    schema: Document

    @property
    def is_json(self) -> bool:
        return _is_json(self.media_type)


def answering_of(contract: Spec, operation: Operation) -> Answering:
    """The first success that the operation declares, in JSON if it has that."""
    key = _success(operation)
    status = int(key) if key.isdecimal() else {"2": 200, "3": 302}.get(key[:1], 200)
    node = contract.document["paths"][operation.path][operation.method]
    contents = resolve(contract.document, node["responses"].get(key, EMPTY)).get("content", EMPTY)
    media_type = _media_type("", tuple(contents))
    schema = contents.get(media_type, EMPTY).get("schema", EMPTY)
    return Answering(status, JSON_TYPE if media_type.endswith("*") else media_type, schema)


def example_handler(contract: Spec, operation: Operation) -> Handler:
    """The handler that answers with the first success that the operation declares."""
    node = contract.document["paths"][operation.path][operation.method]
    filling = SchemaFilling(contract.document)

    def handle(request: Request, _state: State) -> Reply:
        if NOT_SERVED in node:
            raise ServerRefusal(501, "not-served", str(node[NOT_SERVED]))
        key = _success(operation)
        status = int(key) if key.isdecimal() else {"2": 200, "3": 302}.get(key[:1], 200)
        declared = resolve(contract.document, node["responses"].get(key, EMPTY))
        contents: Document = declared.get("content", EMPTY)
        headers = tuple(_headers(declared, filling))
        media_type = _media_type(request.call.headers.get("accept", ""), tuple(contents))
        if not media_type:
            return Reply(status, headers=headers)
        value = _example(filling, contents[media_type])
        is_text = isinstance(value, str) and not _is_json(media_type)
        body = value.encode() if is_text else json.encode(value)
        return Reply(
            status, body, JSON_TYPE if media_type in ("*/*", "application/*") else media_type, headers
        )

    return handle


def _success(operation: Operation) -> str:
    """The key of the success in `responses`: the first 2xx, else the first 3xx, else `default`."""
    for first in ("2", "3", "1"):
        if found := [key for key in operation.responses if key.startswith(first)]:
            return found[0]
    return "default"


def _media_type(accept: str, offered: tuple[str, ...]) -> str:
    """The offered media type that the call accepts, JSON first; "" where no body is declared."""
    ordered = tuple(sorted(offered, key=lambda name: not _is_json(name)))
    return (choose(accept, ordered) or ordered[0]) if ordered else ""


def _is_json(media_type: str) -> bool:
    return media_type.endswith(("json", "/*"))


def _example(filling: SchemaFilling, content: Document) -> Json:
    """A valid value for the answer. Raises ServerRefusal: 501, if none can be made."""
    schema = content.get("schema", EMPTY)
    named = [one.get("value") for one in content.get("examples", EMPTY).values() if "value" in one]
    written = [content["example"]] if "example" in content else []
    merged = filling.merged(schema)
    written += [merged["example"]] if "example" in merged else []
    try:
        accepts = compile_schema(filling.document, schema, COMMON_FORMATS).accepts
    except SpecError as error:
        raise ServerRefusal(501, "not-served", str(error)) from None
    for value in (*written, *named):
        if accepts(value):
            return value
    for number in range(_TRIES):
        with suppress(RecursionError, ValueError, ArithmeticError):  # of a choice without an end
            drawn = draw_value(filling, schema, number)
            if accepts(drawn):
                return drawn
    detail = "no valid answer can be made of the schema; add an example to it"
    raise ServerRefusal(501, "not-served", detail)


def _headers(declared: Document, filling: SchemaFilling) -> list[tuple[str, str]]:
    """The headers that the answer must have."""
    required = {name: one for name, one in declared.get("headers", EMPTY).items() if one.get("required")}
    message = Message(200, "", is_refusal=False)
    values = {
        name: filling.fill_member(name, one.get("schema", EMPTY), message) for name, one in required.items()
    }
    return [(name, str(value)) for name, value in values.items()]
