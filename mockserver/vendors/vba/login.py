"""Log in and refresh: where tokens come from."""

from mockserver.auth import CREDENTIALS, Scheme
from mockserver.clock import parse_instant
from mockserver.errors import Unauthorized
from mockserver.model import NOTHING, Call, Document, Json, Reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.vba import words
from mockserver.vendors.vba.envelope import enveloped
from mockserver.vendors.vba.tokens import BEARER, REFRESH, issue, opaque

BASIC = "basicAuth"
_BASIC = Scheme(BASIC, {"type": "http", "scheme": "basic"})


def log_in(request: Request, state: State) -> Reply:
    """Tokens for the user, or the challenge that a first-time user has to meet.

    Source: VBA fact sheet §1.4, §3.2.

    Raises:
        Unauthorized: user or password is blank, or the user is known by another password.
    """
    facts = request.call.principal.facts
    user, password = _user_and_password(request.call)
    if not user or not password or (not facts and _is_known(user, state)):
        raise Unauthorized("unknown", BASIC)
    user = facts.get("user", user)
    if facts.get("challenge"):
        return _answer(request, state, challenge=words.NEW_PASSWORD, session=opaque(state))
    return _answer(request, state, tokens=issue(user, facts, state))


def refresh(request: Request, state: State) -> Reply:
    """New tokens for a refresh token; the idToken that goes with it may be expired or not.

    A token that nobody knows is taken only of a caller whose API key is not a named one either.
    Source: VBA fact sheet §1.1, §1.2.

    Raises:
        Unauthorized: the refresh token is unknown, expired, revoked, or another user's.
    """
    token = request.parameters["refresh-token"]
    held = _held(token, REFRESH, state)
    expired = _held(request.parameters["expired-id-token"], BEARER, state)
    if not held and request.call.principal.facts:
        raise Unauthorized("unknown", REFRESH)
    user = held.get("user") or expired.get("user") or "sandbox"
    if expired.get("user", user) != user:
        raise Unauthorized("unknown", REFRESH)
    _check_age(held, state)
    return _answer(request, state, tokens=issue(user, held or expired, state, refresh=token))


def _held(token: str, scheme: str, state: State) -> Document:
    """What is known of a token; one of another kind is refused."""
    known = state.collection(CREDENTIALS, "").get(token)
    if known is not None and known["scheme"] != scheme:
        raise Unauthorized("unknown", REFRESH)
    return NOTHING if known is None else known


def _check_age(held: Document, state: State) -> None:
    kind = held.get("kind")
    if kind in ("expired", "revoked"):
        raise Unauthorized(kind, REFRESH)
    if "expires" in held and parse_instant(held["expires"]) <= state.now:
        raise Unauthorized("expired", REFRESH)


def _answer(
    request: Request,
    state: State,
    challenge: str | None = None,
    session: str | None = None,
    tokens: Json = None,
) -> Reply:
    data = {"challengeName": challenge, "session": session, "authenticationResult": tokens}
    return enveloped(200, data, request.call, state)


def _user_and_password(call: Call) -> tuple[str, str]:
    user, _, password = (_BASIC.credential(call) or "").partition(":")
    return user, password


def _is_known(user: str, state: State) -> bool:
    found = state.collection(CREDENTIALS, "").find("user", user)
    return any(known["scheme"] == BASIC for known in found)
