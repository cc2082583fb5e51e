"""Check access, issue tokens, render refusals of whole calls, make problems of scenario faults.

Source: docs/vendors/pvex.md#credentials, #refusals, #modelstate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import json_reply, parse_content_type
from mockserver.engine.auth import issue_credential
from mockserver.errors import (
    InvalidCall,
    MalformedBody,
    NotAcceptable,
    NotFound,
    Refusal,
    Rejected,
    TooLarge,
    TooManyItems,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    VendorFailure,
)
from mockserver.model import (
    ANONYMOUS,
    EMPTY,
    Call,
    Document,
    Fault,
    Item,
    Json,
    Outcome,
    Path,
    Problem,
    Reply,
)
from mockserver.sandbox.store import State
from mockserver.vendor import FAULT_RULE, Enter, RefusedCall, Request
from mockserver.vendors.pvex.media_types import BodyReader
from mockserver.vendors.pvex.messages import EXCEPTIONS, FAULTS, GENERAL_ERROR, INVALID_REQUEST, message
from mockserver.vendors.pvex.model_state import (
    ErrorContext,
    RejectedInvoice,
    broken_json_message,
    broken_xml_message,
    is_blank,
    model_state,
    not_a_list_message,
    parameter_model_state,
    path_at,
    wrong_shape_message,
)
from mockserver.vendors.pvex.replies import (
    ErrorContent,
    error_reply,
    exception_reply,
    page_reply,
    storage_failure_reply,
)
from mockserver.vendors.pvex.rules import invoice_problems

LOGIN_OPERATION = "issueToken"
USERS = "users"
MAX_BODY_BYTES = 4 * 1024 * 1024
_SCHEME = "bearerAuth"
_FIXTURE_USER = "sync@cedarhollow.example"
_GRANT_TYPE, _PASSWORD = "grant_type", "password"
_JSON = "application/json;charset=UTF-8"
_FORM = "application/x-www-form-urlencoded"
_OTHER_MEDIA_TYPES = ("application/json", "text/json", "application/xml", "text/xml")

_SINGLE_OPERATION = "postInvoice"
_CONTROLLERS = ("invoice", "invoicebatch")
_LOGIN_REFUSALS = ("malformed", "invalid", "unsupported-media-type")
_INTERNAL = "internal"
_TOKEN_LIFETIME_S = 1209599  # assumed
_NO_FORMATTER_EXCEPTION = "System.Net.Http.UnsupportedMediaTypeException"


def admit(call: Call, enter: Enter, state: State) -> str:
    """Check and count a call before its envelope is read.

    If an assumption requires a token (the spec does not), refuse calls without a token.
    """
    operation = enter()
    assumptions = call.assumptions
    if len(call.body) > MAX_BODY_BYTES and assumptions["body_too_large"] != "413":
        hint = f"the body has {len(call.body):,} bytes, at most {MAX_BODY_BYTES:,} are allowed"
        raise TooLarge(MAX_BODY_BYTES, hint=f"{hint} ({call.assumed('body_too_large')})")
    if operation.id == LOGIN_OPERATION and assumptions["token_endpoint"] == "off":  # noqa: S105 - an assumption
        raise NotFound(
            "path", call.path, hint=f"there are no tokens to ask for: {call.assumed('token_endpoint')}"
        )
    if operation.security and call.principal == ANONYMOUS and assumptions["auth"] == "bearer":
        raise Unauthorized("missing", _SCHEME)
    with state.item():  # a refused call is not counted
        enter.count()
        if operation.id != LOGIN_OPERATION and parse_content_type(call.headers)[0] == _FORM:
            _check_form(assumptions["form_body"], call.assumed("form_body"))
    return ""


def _check_form(value: str, assumed: str) -> None:
    hint = f"the body is a form, send JSON or XML ({assumed})"
    if value == "415":
        raise UnsupportedMediaType(_FORM, _OTHER_MEDIA_TYPES, hint=hint)
    if value == "500":
        raise VendorFailure(hint=hint)


def issue_token(request: Request, state: State) -> Reply:
    """Return a token, valid for two weeks less a second, for a user's name and password.

    Source: docs/vendors/pvex.md#credentials.
    """
    form = request.document
    user = state.collection(USERS).get(form["username"].lower())
    if user is None or user["Password"] != form["password"]:
        return _wrong_password_reply()
    token = state.octets(32).hex()
    issue_credential(token, _SCHEME, user["UserName"], state, seconds=_TOKEN_LIFETIME_S)
    issued = {"access_token": token, "token_type": "bearer", "expires_in": _TOKEN_LIFETIME_S}
    return json_reply(200, issued, _JSON)


def login_refusal_reply(refusal: Refusal) -> Reply:
    form = refusal.document if isinstance(refusal, InvalidCall) else None
    if isinstance(form, dict) and form.get(_GRANT_TYPE) == _PASSWORD:
        return _wrong_password_reply()
    return json_reply(400, {"error": "unsupported_grant_type"}, _JSON)


def _wrong_password_reply() -> Reply:
    refused = {"error": "invalid_grant", "error_description": message("bad-password")}
    reply = json_reply(400, refused, _JSON)
    return replace(reply, reason=f"no user has this name and password; the fixtures have {_FIXTURE_USER}")


def refuse(refused: RefusedCall, _state: State) -> Reply:
    """Return the response to a refused call, without body if the caller accepts no known media type."""
    refusal, call, operation, row = refused.refusal, refused.call, refused.operation, refused.row
    if operation is not None and operation.id == LOGIN_OPERATION and refusal.code in _LOGIN_REFUSALS:
        return login_refusal_reply(refusal)
    is_single = operation is not None and operation.id == _SINGLE_OPERATION
    content = ErrorContent(row.status, row.message, headers=refused.headers)
    context = ErrorContext(call, is_batch=not is_single)
    match refusal:
        case NotFound():
            reply = _not_found_reply(call)
        case MalformedBody():
            reply = malformed_reply(refusal, context)
        case InvalidCall() | Rejected():
            reply = invalid_reply(refusal, context)
        case UnsupportedMediaType():
            reply = error_reply(call, _unsupported_media_type(refusal, content, is_single=is_single))
        case TooLarge() | TooManyItems() if call.assumptions["body_too_large"] != "413":
            reply = page_reply(f"too-large-{call.assumptions['body_too_large']}")
        case VendorFailure():
            reply = exception_reply(call, _INTERNAL, refusal.detail)
        case Unavailable():
            reply = page_reply("offline", refusal.detail)
        case NotAcceptable():
            reply = Reply(row.status)
        case _:
            reply = error_reply(call, content)
    return reply


def _rejected_reply(refusal: Rejected, context: ErrorContext) -> Reply:
    """Return the response to a call refused because of the stored state, an assumption or a scenario."""
    first = refusal.problems[0]
    if first.code in EXCEPTIONS:
        return storage_failure_reply(context.call, first)
    if first.path:
        return invalid_invoice_reply(refusal, context)
    state = {} if first.rule == FAULT_RULE else {context.name: [first.detail]}
    return error_reply(context.call, ErrorContent(400, INVALID_REQUEST, state))


def _not_found_reply(call: Call) -> Reply:
    """Return the response for an unknown path or invoice: an error below `/api`, elsewhere a page."""
    _, *segments = call.path.split("/")
    if not segments or segments[0].lower() != "api":
        return page_reply("outside-api")
    found = {}
    if not 2 <= len(segments) <= 3 or not segments[1]:  # noqa: PLR2004 - api/{controller}/{id}
        found = {"MessageDetail": message("no-route")}
    elif segments[1].lower() not in _CONTROLLERS:
        found = {"MessageDetail": message("no-controller", name=segments[1])}
    return error_reply(call, ErrorContent(404, message("not-found", uri=_request_uri(call)), details=found))


def _unsupported_media_type(
    refusal: UnsupportedMediaType, content: ErrorContent, *, is_single: bool
) -> ErrorContent:
    if "/" not in refusal.media_type:
        return replace(content, message=message("no-media-type"))
    kind = "Invoice" if is_single else "List`1"
    text = message("no-formatter", type=kind, media_type=refusal.media_type)
    details = {"ExceptionMessage": text, "ExceptionType": _NO_FORMATTER_EXCEPTION}
    return replace(content, details=details)


def _request_uri(call: Call) -> str:
    path = quote(call.path, safe="/:@!$&'()*+,;=~", errors="surrogateescape")
    return f"{call.origin}{call.mount}{path}" + (f"?{call.query}" if call.query else "")


def malformed_reply(refusal: MalformedBody, context: ErrorContext) -> Reply:
    as_json = context.reader is BodyReader.JSON
    if not context.call.body or (as_json and is_blank(context.text)):
        return _null_body_reply(context)
    if not as_json or refusal.position is None:
        text = broken_xml_message(refusal.detail) if context.reader is BodyReader.XML else refusal.detail
        return _unreadable_reply(context, (), lambda: text)
    offset = len(context.text.encode()[: refusal.position].decode(errors="replace"))
    path = path_at(context.text, offset)
    return _unreadable_reply(context, path, lambda: broken_json_message(context.positions, path, offset))


def invalid_reply(refusal: InvalidCall | Rejected, context: ErrorContext) -> Reply:
    """Return the response to a call with invalid body or parameters, or with rejected data."""
    if isinstance(refusal, Rejected):
        return _rejected_reply(refusal, context)
    document = refusal.document
    if refusal.problems and refusal.problems[0].path[:1] in (("query",), ("path",)):
        state = parameter_model_state(refusal.problems)
        return error_reply(context.call, ErrorContent(400, INVALID_REQUEST, state))
    if document is None:
        return _null_body_reply(context)
    if isinstance(document, dict) and not context.is_batch:
        return invalid_invoice_reply(refusal, context)
    if isinstance(document, dict):
        path = next(((name,) for name in document), ())
        return _unreadable_reply(context, path, lambda: not_a_list_message(context.positions, path))
    return _unreadable_reply(
        context,
        (),
        lambda: wrong_shape_message(document, context.positions, is_batch=context.is_batch),
    )


def invalid_invoice_reply(refusal: InvalidCall | Rejected, context: ErrorContext) -> Reply:
    problems = refusal.problems
    if isinstance(refusal, InvalidCall):
        moved = [replace(problem, path=(0, *problem.path)) for problem in problems]
        problems = (*moved, *invoice_problems(0, refusal.document, context.reader, context.call.assumptions))
    subject = RejectedInvoice(0, _sent_document(context), refusal.document, problems)
    return error_reply(context.call, ErrorContent(400, INVALID_REQUEST, model_state(context, [subject])))


def _sent_document(context: ErrorContext) -> Json:
    """Return the single invoice with names as sent, or {} if it is not JSON (names matter only in JSON)."""
    if context.reader is not BodyReader.JSON:
        return {}
    return json.decode_lenient(context.call.body, parse_content_type(context.call.headers)[1])


def _null_body_reply(context: ErrorContext) -> Reply:
    value = context.call.assumptions["null_body"]
    if value == "500":
        return exception_reply(context.call, "null-item")
    return Reply(200) if value == "200" else error_reply(context.call, ErrorContent(400, GENERAL_ERROR))


def _unreadable_reply(context: ErrorContext, path: Path, find_message: Callable[[], str]) -> Reply:
    """Return the response to a broken body; `find_message` is called only if details are shown."""
    text = find_message() if context.is_detailed else GENERAL_ERROR
    return error_reply(context.call, ErrorContent(400, INVALID_REQUEST, {context.body_key(path): [text]}))


def fault_problem(what: Fault, item: Item, _request: Request) -> Problem:
    """Return the fault as a problem of a member or, for exceptions and unknown codes, of storage.

    A storage problem without a message gets the general message that remote callers see.
    """
    if what.code not in FAULTS:
        code = what.code if what.code in EXCEPTIONS else _INTERNAL
        return Problem(code, (item.index,), what.message or GENERAL_ERROR, FAULT_RULE, what.status)
    name, rule = FAULTS[what.code]
    found = _as_object(item.document).get(name)
    text = what.message or message(rule, name=name, found=found)
    return Problem(what.code, (item.index, name), text, FAULT_RULE, what.status, found)


def extra_outcome(outcome: Outcome, number: int) -> Outcome:
    named = {"Number": f"phantom-{number}", "Id": f"phantom-{number}"}
    subscriber = _as_object(outcome.item.document).get("SubscriberId", "")
    item = Item(
        outcome.item.index, f"{subscriber}/{named['Id']}", {**_as_object(outcome.item.document), **named}
    )
    if not isinstance(outcome.document, Mapping):
        return replace(outcome, item=item)
    return replace(outcome, item=item, document={**outcome.document, **named})


def _as_object(value: Json) -> Document:
    return value if isinstance(value, Mapping) else EMPTY
