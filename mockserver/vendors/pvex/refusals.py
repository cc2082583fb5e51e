"""Refusals of whole calls: access, routes, media types, and bodies that are empty, unreadable or invalid.

Source: docs/vendors/pvex.md#credentials, #refusals, #modelstate.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.errors import (
    InvalidCall,
    MalformedBody,
    MethodNotAllowed,
    NotFound,
    Refusal,
    Rejected,
    TooManyRequests,
    UnsupportedMediaType,
)
from mockserver.model import Call, Json, Path, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import FAULT_RULE
from mockserver.vendors.pvex import reader_messages
from mockserver.vendors.pvex.access import LOGIN_OPERATION, login_refusal_reply
from mockserver.vendors.pvex.json_positions import is_blank, path_at
from mockserver.vendors.pvex.media_types import BodyReader
from mockserver.vendors.pvex.messages import (
    ASSUMED,
    DENIED,
    GENERAL_ERROR,
    INVALID_REQUEST,
    NO_CONTROLLER,
    NO_MEDIA_TYPE,
    NO_METHOD,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
)
from mockserver.vendors.pvex.model_state import (
    ErrorContext,
    RejectedInvoice,
    model_state,
    parameter_model_state,
)
from mockserver.vendors.pvex.replies import (
    EXCEPTIONS,
    ErrorContent,
    error_reply,
    exception_reply,
    offline_reply,
    page_reply,
    storage_failure_reply,
)
from mockserver.vendors.pvex.rules import invoice_problems

_SINGLE_OPERATION = "postInvoice"
_CONTROLLERS = ("invoice", "invoicebatch")
_TOO_LARGE_PAGES = {"404": ASSUMED.too_large_404, "500": ASSUMED.too_large_500}
_LOGIN_REFUSALS = ("malformed", "invalid", "unsupported-media-type")


def refuse(refusal: Refusal, call: Call, operation: Operation | None, _state: State) -> Reply:
    """Return the whole call is refused."""
    if operation is not None and operation.id == LOGIN_OPERATION and refusal.code in _LOGIN_REFUSALS:
        return login_refusal_reply(refusal)
    if isinstance(refusal, NotFound):
        return _not_found_reply(call)
    if isinstance(refusal, (MalformedBody, InvalidCall, Rejected)):
        return _invalid_body_reply(
            refusal, call, ErrorContext(call, is_batch=operation is None or operation.id != _SINGLE_OPERATION)
        )
    if isinstance(refusal, MethodNotAllowed):
        allowed = (("Allow", ", ".join(refusal.allowed)),)
        return error_reply(call, ErrorContent(405, NO_METHOD.format(method=call.method), headers=allowed))
    if isinstance(refusal, UnsupportedMediaType):
        return _unsupported_media_type_reply(
            refusal, call, single=operation is not None and operation.id == _SINGLE_OPERATION
        )
    return _assumed_reply(refusal, call)


def _assumed_reply(refusal: Refusal, call: Call) -> Reply:
    """Return what no page and no source says: credentials, limits, and a vendor out of order."""
    if refusal.code in ("too-large", "too-many-items"):
        page = _TOO_LARGE_PAGES.get(call.assumptions["body_too_large"])
        return page_reply(page) if page else error_reply(call, ErrorContent(413, ASSUMED.too_large))
    if refusal.code == "headers-too-large":
        return error_reply(call, ErrorContent(431, ASSUMED.headers_too_large))
    if isinstance(refusal, TooManyRequests):
        wait = () if refusal.wait is None else (("Retry-After", str(refusal.wait)),)
        return error_reply(call, ErrorContent(429, refusal.detail or ASSUMED.too_many, headers=wait))
    if refusal.code == "failed":
        return exception_reply(call, ASSUMED.internal, refusal.detail)
    if refusal.code == "unavailable":
        return offline_reply(refusal.detail)
    return _denied_reply(refusal, call)


def _denied_reply(refusal: Refusal, call: Call) -> Reply:
    """Return the 401 for a missing or insufficient credential: the framework's filter knows no 403.

    That an `Accept` cannot be met it never says of itself, and then it has no body.
    """
    if refusal.code == "not-acceptable":
        return Reply(406)
    return error_reply(call, ErrorContent(401, DENIED, headers=(("WWW-Authenticate", "Bearer"),)))


def _invalid_body_reply(
    refusal: MalformedBody | InvalidCall | Rejected, call: Call, context: ErrorContext
) -> Reply:
    """Return the body cannot be read, or what it says is wrong."""
    if isinstance(refusal, MalformedBody):
        return malformed_reply(refusal, context)
    if isinstance(refusal, Rejected):
        return _rejected_reply(refusal, call, context)
    if refusal.problems and refusal.problems[0].path[:1] in (("query",), ("path",)):
        return error_reply(call, ErrorContent(400, INVALID_REQUEST, parameter_model_state(refusal.problems)))
    return invalid_reply(refusal, context)


def _rejected_reply(refusal: Rejected, call: Call, context: ErrorContext) -> Reply:
    """Return what is stored, or a scenario, has something against the call or its one invoice."""
    first = refusal.problems[0]
    if first.code in EXCEPTIONS:
        return storage_failure_reply(call, first)
    if first.path:
        return invalid_invoice_reply(refusal, context)
    state = {} if first.rule == FAULT_RULE else {context.name: [first.detail]}
    return error_reply(call, ErrorContent(400, INVALID_REQUEST, state))


def _not_found_reply(call: Call) -> Reply:
    """Return the 404 of a path or an invoice; outside of the API the web server answers."""
    _, *segments = call.path.split("/")
    if not segments or segments[0].lower() != "api":
        return page_reply(ASSUMED.outside_api)
    found = {}
    if not 2 <= len(segments) <= 3 or not segments[1]:  # noqa: PLR2004 - api/{controller}/{id}
        found = {"MessageDetail": ASSUMED.no_route}
    elif segments[1].lower() not in _CONTROLLERS:
        found = {"MessageDetail": NO_CONTROLLER.format(name=segments[1])}
    return error_reply(call, ErrorContent(404, NOT_FOUND.format(uri=_request_uri(call)), details=found))


def _unsupported_media_type_reply(refusal: UnsupportedMediaType, call: Call, *, single: bool) -> Reply:
    if "/" not in refusal.media_type:
        return error_reply(call, ErrorContent(415, NO_MEDIA_TYPE))
    kind = "Invoice" if single else "List`1"
    said = reader_messages.NO_FORMATTER.format(type=kind, media_type=refusal.media_type)
    thrown = {"ExceptionMessage": said, "ExceptionType": reader_messages.NO_FORMATTER_EXCEPTION}
    message = UNSUPPORTED_MEDIA_TYPE.format(media_type=refusal.media_type)
    return error_reply(call, ErrorContent(415, message, details=thrown))


def _request_uri(call: Call) -> str:
    path = quote(call.path, safe="/:@!$&'()*+,;=~", errors="surrogateescape")
    return f"{call.origin}{call.mount}{path}" + (f"?{call.query}" if call.query else "")


def malformed_reply(refusal: MalformedBody, context: ErrorContext) -> Reply:
    """Return the error of a malformed body; for JSON with the place where reading stopped."""
    as_json = context.reader is BodyReader.JSON
    if not context.call.body or (as_json and is_blank(context.text)):
        return _null_body_reply(context)
    if not as_json or refusal.position is None:
        said = (
            reader_messages.broken_xml_message(refusal.detail)
            if context.reader is BodyReader.XML
            else refusal.detail
        )
        return _unreadable_reply(context, (), lambda: said)
    offset = len(context.text.encode()[: refusal.position].decode(errors="replace"))
    path = path_at(context.text, offset)
    return _unreadable_reply(
        context, path, lambda: reader_messages.broken_json_message(context.positions, path, offset)
    )


def invalid_reply(refusal: InvalidCall, context: ErrorContext) -> Reply:
    """Return a body of another shape, or a single invoice with faults."""
    document = refusal.document
    if document is None:
        return _null_body_reply(context)
    if isinstance(document, dict) and not context.is_batch:
        return invalid_invoice_reply(refusal, context)
    if isinstance(document, dict):
        path = next(((name,) for name in document), ())
        return _unreadable_reply(
            context, path, lambda: reader_messages.not_a_list_message(context.positions, path)
        )
    return _unreadable_reply(
        context,
        (),
        lambda: reader_messages.wrong_shape_message(document, context.positions, is_batch=context.is_batch),
    )


def invalid_invoice_reply(refusal: InvalidCall | Rejected, context: ErrorContext) -> Reply:
    """Return a single invoice that its schema, its rules, or what is stored already has something against."""
    problems = refusal.problems
    if isinstance(refusal, InvalidCall):
        moved = [replace(problem, path=(0, *problem.path)) for problem in problems]
        problems = (*moved, *invoice_problems(0, refusal.document, context.reader, context.call.assumptions))
    subject = RejectedInvoice(0, _sent_document(context), refusal.document, problems)
    return error_reply(context.call, ErrorContent(400, INVALID_REQUEST, model_state(context, [subject])))


def _sent_document(context: ErrorContext) -> Json:
    """Return the names of a single invoice as they were sent; only JSON's matter."""
    if context.reader is not BodyReader.JSON:
        return {}
    return json.decode_lenient(context.call.body, parse_content_type(context.call.headers)[1])


def _null_body_reply(context: ErrorContext) -> Reply:
    """Return the reply to a null body (assumption `null_body`)."""
    value = context.call.assumptions["null_body"]
    if value == "500":
        return exception_reply(context.call, ASSUMED.null_reference)
    return Reply(200) if value == "200" else error_reply(context.call, ErrorContent(400, GENERAL_ERROR))


def _unreadable_reply(context: ErrorContext, path: Path, find_message: Callable[[], str]) -> Reply:
    """Return the model state of a broken body: one key, and a message that is computed only if shown."""
    text = find_message() if context.is_detailed else GENERAL_ERROR
    return error_reply(context.call, ErrorContent(400, INVALID_REQUEST, {context.body_key(path): [text]}))
