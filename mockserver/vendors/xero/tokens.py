"""Tokens: how an app gets one, renews it, and gives it up.

An access token that was issued is a credential like those of the fixtures, with scopes and an end; a refresh
token is used once and brings the next one. Source: Xero fact sheet §2.7; RFC 6749.
"""

from collections.abc import Sequence
from datetime import timedelta

from mockserver.auth import CREDENTIALS, Scheme, issue
from mockserver.clock import parse_instant, print_instant
from mockserver.errors import Invalid, Refusal, Rejected
from mockserver.model import Call, Document, Problem, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.replies import correlation

GRANTING = ("requestToken", "revokeToken")
REFRESH_TOKENS = "refresh-tokens"
LIFETIME_S = 1800
REFRESH_LIFETIME = timedelta(days=60)

_CODES = "used-codes"
_SCHEME = "OAuth2"
_BASIC = Scheme("basic", {"type": "http", "scheme": "basic"})
_ALL_SCOPES = (
    "openid",
    "profile",
    "email",
    "offline_access",
    "accounting.transactions",
    "accounting.settings",
    "accounting.contacts",
)


def request_token(request: Request, state: State) -> Reply:
    """A token for a code, for a refresh token, or for the app itself.

    Raises:
        Rejected: the client or what it brings is not good.
    """
    form: Document = request.document
    client = _client(form, request.call)
    if form["grant_type"] == "client_credentials":
        return _issued(client, _asked(form) or _ALL_SCOPES, state, renewable=False)
    by_code = form["grant_type"] == "authorization_code"
    granted = _redeemed(form, state) if by_code else _renewed(form, client, state)
    return _issued(client, granted, state, renewable=True)


def revoke_token(request: Request, state: State) -> Reply:
    """Give up a refresh token and the access token that came with it; one that is unknown is no error.

    Raises:
        Rejected: the client is not named, or no token is.
    """
    form: Document = request.document
    client = _client(form, request.call)
    if not form.get("token"):
        raise _refusal("invalid_request")
    known = state.collection(REFRESH_TOKENS, "").get(form["token"])
    if known is not None and known.get("client", client) == client:
        _spend(form["token"], known, state)
        _revoke_access(known, state)
    return Reply(200, headers=correlation(state))


def ungranted(refusal: Refusal, state: State) -> Reply:
    """400 with a code of OAuth's; a form that cannot be read is an invalid request."""
    problem = refusal.problems[0] if isinstance(refusal, (Invalid, Rejected)) else None
    if problem is not None and isinstance(refusal, Rejected):
        code = problem.code
    elif problem is not None and (problem.path, problem.rule) == (("grant_type",), "enum"):
        code = "unsupported_grant_type"
    else:
        code = "invalid_request"
    return json_reply(400, {"error": code}, headers=correlation(state))


def _client(form: Document, call: Call) -> str:
    """Who asks: named by the form, or by Basic credentials as some clients do."""
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    if call.headers.get("authorization", "")[:6].lower() == "basic ":
        client, _, secret = (_BASIC.credential(call) or "").partition(":")
    if not client or not (secret or form.get("code_verifier") or form.get("grant_type") == "refresh_token"):
        raise _refusal("invalid_client")
    return str(client)


def _redeemed(form: Document, state: State) -> Sequence[str]:
    """What a code grants; any will do, once."""
    code, used = form.get("code", ""), state.collection(_CODES, "")
    if not code or code in used:
        raise _refusal("invalid_grant")
    used[code] = {"at": print_instant(state.now)}
    return _asked(form) or _ALL_SCOPES


def _renewed(form: Document, client: str, state: State) -> Sequence[str]:
    """What a refresh token grants; it is spent by that, and its access token lives on."""
    token = form.get("refresh_token", "")
    known = state.collection(REFRESH_TOKENS, "").get(token)
    if known is None or known.get("client", client) != client or _has_ended(known, state):
        raise _refusal("invalid_grant")
    held, asked = tuple(known.get("scopes", ())), _asked(form)
    if held and not set(asked) <= set(held):
        raise _refusal("invalid_scope")
    _spend(token, known, state)
    return asked or held or _ALL_SCOPES


def _has_ended(known: Document, state: State) -> bool:
    return bool(known.get("spent")) or ("expires" in known and parse_instant(known["expires"]) <= state.now)


def _issued(client: str, scopes: Sequence[str], state: State, *, renewable: bool) -> Reply:
    access = state.octets(32).hex()
    issue(access, _SCHEME, client, state, seconds=LIFETIME_S, scopes=list(scopes))
    document = {
        "access_token": access,
        "expires_in": LIFETIME_S,
        "token_type": "Bearer",
        **({"refresh_token": _refresh_token(client, access, scopes, state)} if renewable else {}),
        "scope": " ".join(scopes),
    }
    return json_reply(200, document, headers=correlation(state))


def _refresh_token(client: str, access: str, scopes: Sequence[str], state: State) -> str:
    token = state.octets(32).hex()
    state.collection(REFRESH_TOKENS, "")[token] = {
        "client": client,
        "access": access,
        "scopes": list(scopes),
        "expires": print_instant(state.now + REFRESH_LIFETIME),
    }
    return token


def _spend(token: str, known: Document, state: State) -> None:
    state.collection(REFRESH_TOKENS, "")[token] = {**known, "spent": True}


def _revoke_access(known: Document, state: State) -> None:
    credentials = state.collection(CREDENTIALS, "")
    access = credentials.get(known.get("access", ""))
    if access is not None:
        credentials[known["access"]] = {**access, "kind": "revoked"}


def _asked(form: Document) -> tuple[str, ...]:
    return tuple(str(form.get("scope", "")).split())


def _refusal(code: str) -> Rejected:
    return Rejected(Problem(code, detail=code))
