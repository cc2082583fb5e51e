"""Refuse calls in the form that a spec declares, for a vendor without a package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import field
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import (
    PROBLEM_TYPE,
    REFUSAL_STATUSES,
    is_json_type,
    problem_reply,
    sent_type,
    status_title,
)
from mockserver.codec.instants import print_instant
from mockserver.engine.declared_values import ERRORS, STATUSES, Message, SchemaFilling, placed_detail
from mockserver.errors import (
    InvalidCall,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Rejected,
    SpecError,
    UnsupportedMediaType,
)
from mockserver.model import EMPTY, Call, Document, Json, Reply, Value
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation, Spec, plain, resolve
from mockserver.spec.schema import COMMON_FORMATS, Schema, compile_schema, shared
from mockserver.vendor import RefusedCall

TEXT_TYPE = "text/plain"
_OTHER_STATUSES: Mapping[str, tuple[int, ...]] = {
    "invalid": (422,),
    "malformed": (422,),
    "rejected": (422, 400),
    "too-many-items": (400, 422),
}
"""By code of a refusal, the statuses to try, in order, if the usual status is not declared."""


class _Form(Value, frozen=True):
    """The declared form of a refusal, in JSON or as a plain text."""

    media_type: str
    schema: Document
    compiled: Schema
    examples: tuple[Json, ...]
    filling: SchemaFilling
    is_success: bool
    """Whether the form is that of a success, so that it has no member for a refusal."""


class DeclaredRefusals(Value, frozen=True):
    spec: Spec
    _forms: dict[tuple[str, str], _Form | None] = field(default_factory=dict)

    def __call__(self, refused: RefusedCall, state: State) -> Reply:
        """Refuse in the form declared for the status, or for `default`; else as problem details."""
        refusal, call = refused.refusal, refused.call
        operation = refused.operation or self.spec.find_operation(call.path.replace("\n", " "), call.method)
        reply = refuse_with_problem_details(refusal, call, operation, state)
        form = None if operation is None else self._form(operation, reply.status)
        if operation and operation.batch and reply.status in operation.batch.outcome.statuses.values():
            form = None  # the declared form tells outcomes, and a refused call has none
        if form is not None and form.media_type == TEXT_TYPE:
            sentence = _sentence(refusal) or status_title(reply.status)
            return Reply(reply.status, sentence.encode(), TEXT_TYPE, refused.headers)
        if form is not None:
            message, details = _message(refusal, reply.status, call, state), json.decode(reply.body)
            bodies = iter(()) if form.is_success else self._bodies(form, message, details)
            body = next(filter(form.compiled.accepts, bodies), details)
            reply = Reply(reply.status, json.encode(body), form.media_type)
        return replace(reply, headers=refused.headers)

    def _bodies(self, form: _Form, message: Message, details: Document) -> Iterator[Json]:
        members = form.filling.merged(form.schema).get("properties", EMPTY)
        whole = {"detail": message.sentence, **details} if "detail" in members else details
        of_problem = {name: value for name, value in whole.items() if not members or name in members}
        schema = resolve(self.spec.document, form.schema)
        choices = [*schema.get("oneOf", ()), *schema.get("anyOf", ())] or [schema]
        filled = [form.filling.fill(one, message) for one in choices if one] or [*form.examples, details]
        filled.sort(key=lambda body: _has_other_status(body, message.status))
        yield from (of_problem, *filled) if form.media_type == PROBLEM_TYPE or not filled[0] else filled
        yield from map(_without_others, filled)
        yield from form.examples
        yield details

    def _form(self, operation: Operation, status: int) -> _Form | None:
        key = operation.declared_key(status)
        if (operation.id, key) not in self._forms:
            self._forms[operation.id, key] = self._read_form(operation, key) if key else None
        return self._forms[operation.id, key]

    def _read_form(self, operation: Operation, key: str) -> _Form | None:
        document = self.spec.document
        is_success = self.spec.is_own and key == "default" and not operation.has_success
        for declared, content in operation.contents(key).items():
            media_type = sent_type(declared)
            schema = content.get("schema", EMPTY)
            if media_type == TEXT_TYPE or is_json_type(media_type):
                try:
                    compiled = compile_schema(document, schema, COMMON_FORMATS)
                except (SpecError, ValueError):
                    return None
                examples = tuple(_examples(document, content))
                filling = shared(document, SchemaFilling)
                return _Form(media_type, schema, compiled, examples, filling, is_success)
        return None


def _without_others(body: Json) -> Json:
    """Return a body without the objects in it that are no errors, such as the payment that failed."""
    if not isinstance(body, dict):
        return body
    kept = {name: one for name, one in body.items() if not isinstance(one, dict) or plain(name) in ERRORS}
    return {name: _without_others(one) for name, one in kept.items()}


def _has_other_status(body: Json, status: int) -> bool:
    """Return whether a member of a body, or of an object in it, is a number for another status."""
    members = body.items() if isinstance(body, dict) else ()
    return any(
        _has_other_status(value, status)
        or (plain(name) in STATUSES and value.__class__ is int and value != status)
        for name, value in members
    )


def declared_status(refusal: Refusal, operation: Operation | None) -> int:
    """Return the usual status of the refusal, or a similar status if only that is declared."""
    status = REFUSAL_STATUSES.get(refusal.code, 400)
    if operation is None or str(status) in operation.responses:
        return status
    others = (one for one in _OTHER_STATUSES.get(refusal.code, ()) if str(one) in operation.responses)
    return next(others, status)


def _message(refusal: Refusal, status: int, call: Call, state: State) -> Message:
    problems = refusal.problems if isinstance(refusal, (InvalidCall, Rejected)) else ()
    title = status_title(status)
    now = print_instant(call.now if call.now is not None else state.now)
    return Message(status, _sentence(refusal) or title, title, refusal.code, tuple(problems), now, call.path)


def _sentence(refusal: Refusal) -> str:
    if isinstance(refusal, InvalidCall):
        return "; ".join(map(placed_detail, refusal.problems))
    if isinstance(refusal, NotFound):
        return f"{refusal.detail} was not found"
    if isinstance(refusal, UnsupportedMediaType):
        known = f"; send {' or '.join(refusal.supported)}" if refusal.supported else ""
        return f"{refusal.media_type or 'no media type'} is not supported{known}"
    if isinstance(refusal, MethodNotAllowed):
        return f"this path has only {refusal.detail}"
    return refusal.detail


def refuse_with_problem_details(
    refusal: Refusal, call: Call, operation: Operation | None, _state: State
) -> Reply:
    """Refuse with problem details (RFC 9457), with the status of `declared_status`."""
    status = declared_status(refusal, operation)
    members: dict[str, Any] = {"instance": call.path}
    if isinstance(refusal, (InvalidCall, Rejected)):
        members["errors"] = [
            {"pointer": problem.pointer, "code": problem.code, "detail": problem.detail}
            for problem in refusal.problems
        ]
    detail = _sentence(refusal) if refusal.code != "invalid" else ""
    return problem_reply(status, detail, **members)


def _examples(document: Document, content: Document) -> list[Json]:
    examples = [content["example"]] if "example" in content else []
    named = (resolve(document, example) for example in content.get("examples", EMPTY).values())
    return [*examples, *(one["value"] for one in named if "value" in one)]
