"""Gateway, databases and credentials: check a call, log a user in, issue and refresh tokens."""

from base64 import urlsafe_b64encode
from datetime import timedelta

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, parse_content_type
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.engine.auth import CREDENTIALS, SecurityScheme
from mockserver.errors import Forbidden, TooManyRequests, Unauthorized, UnsupportedMediaType
from mockserver.model import EMPTY, Call, Document, Json, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Enter, Request
from mockserver.vendors.vba import replies
from mockserver.vendors.vba.replies import success_reply

GATEWAY = "gateway"
DATABASE = "vbasoftware-database"
API_KEY_SCHEME = "apiKeyAuth"
_CHARSETS = frozenset({"utf-8", "utf-16", "utf-16le", "utf-16be"})
"""Charsets that the framework's JSON reader accepts. Assumed: it refuses every other charset."""

BASIC_SCHEME = "basicAuth"
_USER_HINT = "the fixtures have the user jdoe"
_REFRESH_HINT = "good-refresh-token works"
_BASIC_CREDENTIALS = SecurityScheme(BASIC_SCHEME, {"type": "http", "scheme": "basic"})
BEARER_SCHEME, REFRESH_SCHEME, ACCESS_SCHEME = "bearerAuth", "refreshToken", "accessToken"
ID_TOKEN_LIFETIME = 24 * 60 * 60
_REFRESH_LIFETIME_DAYS = 30
_NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - public: the one documented challenge
_INHERITED_RIGHTS = ("kind", "databases")
"""Members of a user's credential that the user's tokens have too."""


def check_database(call: Call, enter: Enter, state: State) -> str:
    """Check the gateway's rules, then whether the credential may use the database; return the database.

    Source: docs/vendors/vba.md#headers-and-login, #refusals, #cases. Raises Forbidden: User-Agent or API key
    is missing, the key is known to be bad, or the credential may not use the database; TooManyRequests:
    the assumption `throttle` is on, and calls are too fast; UnsupportedMediaType: unreadable charset.
    """
    _pass_gateway(call, state)
    operation = enter()
    if not operation.has_parameter(DATABASE):
        return ""
    database = call.headers.get(DATABASE, "")
    allowed = call.principal.facts.get("databases")
    if database and allowed is not None and database not in allowed:
        works = " or ".join(allowed) or "none"
        raise Forbidden("tenant", hint=f"{DATABASE}: {database} is not open to this credential; {works} is")
    media_type, charset = parse_content_type(call.headers)
    if database and call.body and charset not in _CHARSETS:
        hint = f"the body's charset is {charset}; send utf-8"
        raise UnsupportedMediaType(f"{media_type}; charset={charset}", (JSON_TYPE,), hint=hint)
    return database


def _pass_gateway(call: Call, state: State) -> None:
    """Raise the gateway's refusal if User-Agent or a good API key is missing, or if calls are too fast."""
    if not call.headers.get("user-agent") and call.assumptions["require_user_agent"] == "on":
        raise Forbidden(GATEWAY, hint="no User-Agent (VBA requires one)")
    key = call.headers.get("x-api-key", "")
    if not _is_usable_key(key, state):
        raise Forbidden(GATEWAY, hint=_key_hint(key))
    if call.assumptions["throttle"] == "on":
        spent = replies.count_call(key, state)
        if not spent.allowed:
            hint = f"25 calls a second in bursts of 50 are allowed ({call.assumed('throttle')})"
            raise TooManyRequests("throttle", spent.wait, hint=f"{hint}; wait {spent.wait} s")


def _key_hint(key: str) -> str:
    found = "the x-api-key is revoked, or the credential of another kind" if key else "no x-api-key header"
    return f"{found}; good-key works, and so does any key that the fixtures do not have"


def _is_usable_key(key: str, state: State) -> bool:
    known = state.collection(CREDENTIALS, "").get(key)
    return bool(key) and (known is None or (known["scheme"] == API_KEY_SCHEME and known["kind"] == "good"))


def log_in(request: Request, state: State) -> Reply:
    """Reply with tokens for the user, or with the challenge of a first-time user.

    Source: docs/vendors/vba.md#headers-and-login, #refusals. Raises Unauthorized.
    """
    facts = request.call.principal.facts
    user, _, password = (_BASIC_CREDENTIALS.credential(request.call) or "").partition(":")
    if not user or not password or (not facts and _is_known_user(user, state)):
        hint = "" if user and password else f"user or password is blank; {_USER_HINT}"
        raise Unauthorized("unknown", BASIC_SCHEME, hint=hint)
    user = facts.get("user", user)
    if facts.get("challenge"):
        return _login_reply(request, state, challengeName=_NEW_PASSWORD, session=new_opaque_token(state))
    return _login_reply(request, state, authenticationResult=issue_tokens(user, facts, state))


def refresh_tokens(request: Request, state: State) -> Reply:
    """Reply with new tokens for a refresh token; the idToken that is sent with it may be expired.

    If the API key is unknown, an unknown refresh token is accepted. Source:
    docs/vendors/vba.md#operations-and-paths, #headers-and-login. Raises Unauthorized: the refresh token is
    unknown (but the API key is known), expired or revoked; a token has another kind; tokens' users differ.
    """
    token = request.parameters["refresh-token"]
    held = _find_token(token, REFRESH_SCHEME, state)
    expired = _find_token(request.parameters["expired-id-token"], BEARER_SCHEME, state)
    if not held and request.call.principal.facts:
        raise Unauthorized("unknown", REFRESH_SCHEME, hint=f"the refresh-token is unknown; {_REFRESH_HINT}")
    user = held.get("user") or expired.get("user") or "sandbox"
    if expired.get("user", user) != user:
        hint = "refresh-token and expired-id-token are of two users"
        raise Unauthorized("unknown", REFRESH_SCHEME, hint=hint)
    _check_expiry(held, state)
    return _login_reply(
        request, state, authenticationResult=issue_tokens(user, held or expired, state, refresh=token)
    )


def _find_token(token: str, scheme: str, state: State) -> Document:
    known = state.collection(CREDENTIALS, "").get(token)
    if known is not None and known["scheme"] != scheme:
        hint = f"refresh-token or expired-id-token is a credential of another kind; {_REFRESH_HINT}"
        raise Unauthorized("unknown", REFRESH_SCHEME, hint=hint)
    return EMPTY if known is None else known


def _check_expiry(held: Document, state: State) -> None:
    kind = held.get("kind")
    if kind in ("expired", "revoked"):
        raise Unauthorized(kind, REFRESH_SCHEME, hint=f"the refresh-token is {kind}; {_REFRESH_HINT}")
    if "expires" in held and parse_instant(held["expires"]) <= state.now:
        hint = f"the refresh-token is expired by the sandbox clock; {_REFRESH_HINT}"
        raise Unauthorized("expired", REFRESH_SCHEME, hint=hint)


def _login_reply(request: Request, state: State, **told: Json) -> Reply:
    data = {"challengeName": None, "session": None, "authenticationResult": None, **told}
    return success_reply(200, data, request.call, state)


def _is_known_user(user: str, state: State) -> bool:
    found = state.collection(CREDENTIALS, "").find("user", user)
    return any(known["scheme"] == BASIC_SCHEME for known in found)


def issue_tokens(user: str, facts: Document, state: State, refresh: str = "") -> Document:
    """Store and return fresh tokens for `user`. If `refresh` is given, no new refresh token is issued.

    Only the idToken may be sent as bearer token; access and refresh tokens are stored under other schemes,
    so that a bearer check refuses them.
    Source: docs/vendors/vba.md#headers-and-login.
    """
    credentials = state.collection(CREDENTIALS, "")
    rights = {
        "user": user,
        "kind": "good",
        **{name: facts[name] for name in _INHERITED_RIGHTS if name in facts},
    }
    expires = print_instant(state.now + timedelta(seconds=ID_TOKEN_LIFETIME))
    identity, access = _new_jwt("id", user, state), _new_jwt("access", user, state)
    credentials[identity] = {**rights, "scheme": BEARER_SCHEME, "expires": expires}
    credentials[access] = {**rights, "scheme": ACCESS_SCHEME, "expires": expires}
    if not refresh:
        refresh = new_opaque_token(state)
        lasts = print_instant(state.now + timedelta(days=_REFRESH_LIFETIME_DAYS))
        credentials[refresh] = {**rights, "scheme": REFRESH_SCHEME, "expires": lasts}
    return {
        "accessToken": access,
        "idToken": identity,
        "refreshToken": refresh,
        "expiresIn": ID_TOKEN_LIFETIME,
    }


def new_opaque_token(state: State) -> str:
    return _base64(state.octets(48))


def _new_jwt(use: str, user: str, state: State) -> str:
    now = int(state.now.timestamp())
    claims = {
        "sub": state.uuid(),
        "cognito:username": user,
        "token_use": use,
        "auth_time": now,
        "iat": now,
        "exp": now + ID_TOKEN_LIFETIME,
    }
    parts = (json.encode({"alg": "RS256", "typ": "JWT"}), json.encode(claims), state.octets(32))
    return ".".join(_base64(part) for part in parts)


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
