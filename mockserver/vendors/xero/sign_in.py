"""Sign-in by OAuth 2 and OpenID Connect: discovery, consent, codes, tokens, and what a login connects.

The server looks an access token up among the credentials; it never reads the token. Consent is given at once.
Source: docs/vendors/xero.md#sign-in, #small-objects; RFC 6749, RFC 7636 (challenges of codes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode

from mockserver.codec.http import json_reply
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.engine.auth import CREDENTIALS, SecurityScheme, issue_credential
from mockserver.errors import InvalidCall, Refusal, Rejected
from mockserver.model import EMPTY, Call, Document, Json, Path, Problem, Reply, Value
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request, address_of, read_tables
from mockserver.vendors.xero.access import CONNECTIONS, SCHEME, reachable_connections
from mockserver.vendors.xero.answers import correlation_header, pick_members
from mockserver.vendors.xero.json_web_tokens import encode_base64url, key_set, sign_token
from mockserver.vendors.xero.resources import USER

LIFETIME_S = 1800
_ID_LIFETIME_S = 300
_CODE_LIFETIME = timedelta(minutes=5)
SIGN_IN_OPERATIONS = ("authorize", "requestToken", "revokeToken")
_CODES = "codes"
"""Vendor-wide collection of codes: those of the consent page, and all that were used."""

REFRESH_TOKENS = "refresh-tokens"
REFRESH_LIFETIME = timedelta(days=60)
REPEAT_LIFETIME = timedelta(minutes=30)
"""How long a refresh token may be used again after its first use. Source: docs/vendors/xero.md#sign-in."""

_TABLES = read_tables(__file__)
_UNSUPPORTED: Mapping[Path, str] = {
    ("grant_type",): "unsupported_grant_type",
    ("query", "response_type"): "unsupported_response_type",
}
_BASIC = SecurityScheme("basic", {"type": "http", "scheme": "basic"})
_CONSENT = ("client_id", "redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method")
"""Parameters of the consent page that are stored with the code."""


class Grant(Value, frozen=True):
    """What a token is issued for."""

    client: str
    scopes: Sequence[str]
    login: Document = EMPTY
    """The members `event` and `nonce` of the login; empty if nobody signed in."""


def show_configuration(request: Request, state: State) -> Reply:
    """Reply with the document of discovery. Source: OpenID Connect Discovery 1.0, section 3."""
    issuer = address_of(request.call)
    told: Json = {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/openid-configuration/jwks",
        "authorization_endpoint": f"{issuer}/identity/connect/authorize",
        "token_endpoint": f"{issuer}/connect/token",
        "revocation_endpoint": f"{issuer}/connect/revocation",
        **_TABLES["discovery"],
    }
    return json_reply(200, told, headers=correlation_header(state))


def show_keys(_request: Request, state: State) -> Reply:
    return json_reply(200, key_set(), headers=correlation_header(state))


def authorize(request: Request, state: State) -> Reply:
    """Redirect the browser to the program with a code. Source: docs/vendors/xero.md#sign-in."""
    asked = request.parameters
    code = state.octets(32).hex()
    state.collection(_CODES, "")[code] = {
        **pick_members(asked, *_CONSENT),
        "expires": print_instant(state.now + _CODE_LIFETIME),
    }
    uri, told = asked["redirect_uri"], urlencode({"code": code, **pick_members(asked, "scope", "state")})
    return Reply(302, headers=(("Location", f"{uri}{'&' if '?' in uri else '?'}{told}"),))


def request_token(request: Request, state: State) -> Reply:
    form: Document = request.document
    client = _identify_client(form, request.call)
    if form["grant_type"] == "client_credentials":
        granted, renewable = Grant(client, _requested_scopes(form)), False
    elif form["grant_type"] == "authorization_code":
        granted = _redeem_code(form, client, state)
        renewable = "offline_access" in granted.scopes
    else:
        granted, renewable = _redeem_refresh_token(form, client, state), True
    return _token_reply(granted, request.call, state, renewable=renewable)


def revoke_token(request: Request, state: State) -> Reply:
    """Revoke a refresh token and its access token. Ignore a token that is unknown or of another client."""
    form: Document = request.document
    client = _identify_client(form, request.call)
    if not form.get("token"):
        raise _oauth_rejection("invalid_request")
    known = state.collection(REFRESH_TOKENS, "").get(form["token"])
    if known is not None and known.get("client", client) == client:
        del state.collection(REFRESH_TOKENS, "")[form["token"]]
        _revoke_access(known, state)
    return Reply(200, headers=correlation_header(state))


def sign_in_error_reply(refusal: Refusal, state: State) -> Reply:
    """Reply 400 with an error code of OAuth: `invalid_request` if the form or the query cannot be read."""
    problem = refusal.problems[0] if isinstance(refusal, (InvalidCall, Rejected)) else None
    code = "invalid_request"
    if problem is not None and isinstance(refusal, Rejected):
        code = problem.code
    elif problem is not None and problem.rule == "enum":
        code = _UNSUPPORTED.get(problem.path, code)
    return json_reply(400, {"error": code}, headers=correlation_header(state))


def _identify_client(form: Document, call: Call) -> str:
    """Return the client id: from Basic credentials if they are sent, else from the form. Raises Rejected."""
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    if call.headers.get("authorization", "")[:6].lower() == "basic ":
        client, _, secret = (_BASIC.credential(call) or "").partition(":")
    if not client or not (secret or form.get("code_verifier") or form.get("grant_type") == "refresh_token"):
        raise _oauth_rejection("invalid_client")
    return str(client)


def _redeem_code(form: Document, client: str, state: State) -> Grant:
    """Return what a code grants, and connect the organisations. Raises Rejected.

    Every code is accepted once, also a code that is not from the consent page.
    """
    code, codes = form.get("code", ""), state.collection(_CODES, "")
    known = codes.get(code) or EMPTY
    if not code or "used" in known or (known and not _fits_code(form, client, known, state)):
        raise _oauth_rejection("invalid_grant")
    codes[code] = {**known, "used": print_instant(state.now)}
    login = {"event": _connect_organisations(state), **pick_members(known, "nonce")}
    return Grant(client, _requested_scopes(known or form), login)


def _fits_code(form: Document, client: str, known: Document, state: State) -> bool:
    """Return whether a form may redeem a code of the consent page: its client, address and challenge fit."""
    verifier = form.get("code_verifier", "")
    if known.get("code_challenge_method") == "S256":
        verifier = encode_base64url(sha256(verifier.encode()).digest())
    wanted = (client, form.get("redirect_uri"), known.get("code_challenge", verifier))
    return wanted == (known["client_id"], known["redirect_uri"], verifier) and not _is_expired(known, state)


def _connect_organisations(state: State) -> str:
    """Give a new event to each connection that a login reaches; return the event.

    A deleted connection is made anew. The first connection is the connection that was updated last.
    """
    event, connections = state.uuid(), state.collection(CONNECTIONS, "")
    for place, one in enumerate(list(connections.values())):
        if one.get("private"):
            continue
        now = f"{state.now:%Y-%m-%dT%H:%M:%S.%f}{max(0, 9 - place)}"
        made = {"deleted": False, "id": state.uuid(), "createdDateUtc": now} if one.get("deleted") else {}
        connections[one["tenantId"]] = {**one, **made, "authEventId": event, "updatedDateUtc": now}
    return event


def _redeem_refresh_token(form: Document, client: str, state: State) -> Grant:
    """Return what a refresh token grants; its first use limits its life. Raises Rejected.

    Older access tokens stay valid.
    """
    token = form.get("refresh_token", "")
    known = state.collection(REFRESH_TOKENS, "").get(token)
    if known is None or known.get("client", client) != client or _is_expired(known, state):
        raise _oauth_rejection("invalid_grant")
    held, asked = tuple(known.get("scopes", ())), tuple(form.get("scope", "").split())
    if held and not set(asked) <= set(held):
        raise _oauth_rejection("invalid_scope")
    until = print_instant(state.now + REPEAT_LIFETIME)
    earlier = min(until, known.get("expires", until), key=parse_instant)
    state.collection(REFRESH_TOKENS, "")[token] = {**known, "expires": earlier}
    return Grant(client, asked or held or _requested_scopes(EMPTY), pick_members(known, "event"))


def _is_expired(known: Document, state: State) -> bool:
    return "expires" in known and parse_instant(known["expires"]) <= state.now


def _token_reply(granted: Grant, call: Call, state: State, *, renewable: bool) -> Reply:
    access = _make_access_token(granted, call, state)
    told = {"access_token": access, "expires_in": LIFETIME_S, "token_type": "Bearer"}
    issue_credential(access, SCHEME, granted.client, state, seconds=LIFETIME_S, scopes=list(granted.scopes))
    if "openid" in granted.scopes and granted.login:
        told["id_token"] = _make_id_token(granted, access, call, state)
    if renewable:
        told["refresh_token"] = _issue_refresh_token(granted, access, state)
    return json_reply(200, {**told, "scope": " ".join(granted.scopes)}, headers=correlation_header(state))


def _make_access_token(granted: Grant, call: Call, state: State) -> str:
    """Return a new access token. Clients read `exp`, `scope` and the event of the login from the token."""
    last = next((str(one["authEventId"]) for one in reachable_connections(call, state)), state.uuid())
    claims = {
        **_common_claims(call, state, LIFETIME_S),
        "aud": f"{address_of(call)}/resources",
        "client_id": granted.client,
        "jti": state.octets(16).hex().upper(),
        "authentication_event_id": granted.login.get("event", last),
        "scope": list(granted.scopes),
    }
    return sign_token(claims)


def _make_id_token(granted: Grant, access: str, call: Call, state: State) -> str:
    user = _user_of(call, state)
    names = {"email": "EmailAddress", "given_name": "FirstName", "family_name": "LastName"}
    claims = {
        **_common_claims(call, state, _ID_LIFETIME_S),
        "aud": granted.client,
        "iat": int(state.now.timestamp()),
        "at_hash": encode_base64url(sha256(access.encode()).digest()[:16]),
        **pick_members(granted.login, "nonce"),
        **{claim: user[name] for claim, name in names.items() if name in user},
    }
    return sign_token(claims)


def _common_claims(call: Call, state: State, seconds: int) -> dict[str, Json]:
    now, user = int(state.now.timestamp()), str(_user_of(call, state).get(USER.id, ""))
    return {
        "nbf": now,
        "exp": now + seconds,
        "iss": address_of(call),
        "sub": user.replace("-", ""),
        "auth_time": now,
        "xero_userid": user,
        "global_session_id": state.octets(16).hex(),
    }


def _user_of(call: Call, state: State) -> Document:
    """Return the user who signs in: the first user of the first organisation that is connected."""
    tenants = (one["tenantId"] for one in reachable_connections(call, state))
    users = (user for tenant in tenants for user in state.collection(USER.collection, tenant).values())
    return next(users, EMPTY)


def _issue_refresh_token(granted: Grant, access: str, state: State) -> str:
    token = state.octets(32).hex()
    state.collection(REFRESH_TOKENS, "")[token] = {
        "client": granted.client,
        "access": access,
        "scopes": list(granted.scopes),
        **pick_members(granted.login, "event"),
        "expires": print_instant(state.now + REFRESH_LIFETIME),
    }
    return token


def _revoke_access(known: Document, state: State) -> None:
    credentials = state.collection(CREDENTIALS, "")
    access = credentials.get(known.get("access", ""))
    if access is not None:
        credentials[known["access"]] = {**access, "kind": "revoked"}


def _requested_scopes(asked: Document) -> Sequence[str]:
    return str(asked.get("scope", "")).split() or _TABLES["discovery"]["scopes_supported"]


def _oauth_rejection(code: str) -> Rejected:
    return Rejected(Problem(code, detail=code), hint=f"{code}: {_TABLES['hints'][code]}")


OPERATIONS: Mapping[str, Handler] = {
    "getOpenIDConfiguration": show_configuration,
    "getKeySet": show_keys,
    "authorize": authorize,
    "requestToken": request_token,
    "revokeToken": revoke_token,
}
