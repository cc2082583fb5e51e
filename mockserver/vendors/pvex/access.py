"""Access before the body is read, and the login that issues tokens.

Source: docs/vendors/pvex.md#credentials, #refusals.
"""

from __future__ import annotations

from msgspec.structs import replace

from mockserver.codec.http import json_reply, parse_content_type
from mockserver.engine.auth import issue_credential
from mockserver.errors import (
    InvalidCall,
    NotFound,
    Refusal,
    TooLarge,
    Unauthorized,
    UnsupportedMediaType,
    VendorFailure,
)
from mockserver.model import ANONYMOUS, Call, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Enter, Request
from mockserver.vendors.pvex.messages import ASSUMED

LOGIN_OPERATION = "issueToken"
USERS = "users"
MAX_BODY_BYTES = 4 * 1024 * 1024
_SCHEME = "bearerAuth"
_FIXTURE_USER = "sync@cedarhollow.example"
_GRANT_TYPE, _PASSWORD = "grant_type", "password"
_JSON = "application/json;charset=UTF-8"
_FORM = "application/x-www-form-urlencoded"
_OTHER_MEDIA_TYPES = ("application/json", "text/json", "application/xml", "text/xml")


def admit(call: Call, enter: Enter, state: State) -> str:
    """Check a call before its envelope is opened, and count it.

    The spec takes calls without a token as well, because an assumption may; it is here that they are denied.

    Raises:
        TooLarge, NotFound, Unauthorized, TooManyRequests: the call is not let through.
        UnsupportedMediaType, VendorFailure: it brings a form, and an assumption says that it may not.
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
    """Return a token for a user's name and password, good for two weeks less a second.

    Source: docs/vendors/pvex.md#credentials.
    """
    form = request.document
    user = state.collection(USERS).get(form["username"].lower())
    if user is None or user["Password"] != form["password"]:
        return _wrong_password_reply()
    token = state.octets(32).hex()
    lifetime_s = ASSUMED.token_lifetime_s
    issue_credential(token, _SCHEME, user["UserName"], state, seconds=lifetime_s)
    issued = {"access_token": token, "token_type": "bearer", "expires_in": lifetime_s}
    return json_reply(200, issued, _JSON)


def login_refusal_reply(refusal: Refusal) -> Reply:
    """Return what the login answers to a form that it cannot use."""
    form = refusal.document if isinstance(refusal, InvalidCall) else None
    return (
        _wrong_password_reply()
        if isinstance(form, dict) and form.get(_GRANT_TYPE) == _PASSWORD
        else _unsupported_grant_reply()
    )


def _wrong_password_reply() -> Reply:
    refused = {"error": "invalid_grant", "error_description": ASSUMED.bad_password}
    reply = json_reply(400, refused, _JSON)
    return replace(reply, reason=f"no user has this name and password; the fixtures have {_FIXTURE_USER}")


def _unsupported_grant_reply() -> Reply:
    return json_reply(400, {"error": "unsupported_grant_type"}, _JSON)
