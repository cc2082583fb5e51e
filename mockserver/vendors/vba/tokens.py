"""The tokens of a log in, in the shape of AWS Cognito's (assumed): two JWTs and an opaque one."""

from base64 import urlsafe_b64encode
from datetime import timedelta

from mockserver.auth import CREDENTIALS
from mockserver.clock import print_instant
from mockserver.codec import json
from mockserver.model import Document
from mockserver.store import State

BEARER, REFRESH, ACCESS = "bearerAuth", "refreshToken", "accessToken"
ID_TOKEN_SECONDS = 24 * 60 * 60
_REFRESH_DAYS = 30
_KEPT = ("kind", "databases")
"""What a user may and may not do goes with the tokens."""


def issue(user: str, facts: Document, state: State, refresh: str = "") -> Document:
    """Fresh tokens for `user`; a refresh token that is given stays good as it is.

    Only the idToken is a bearer: the others are known by other schemes, and refused as one.
    Source: VBA fact sheet §1.2, §1.4.
    """
    credentials = state.collection(CREDENTIALS, "")
    rights = {"user": user, "kind": "good", **{name: facts[name] for name in _KEPT if name in facts}}
    expires = print_instant(state.now + timedelta(seconds=ID_TOKEN_SECONDS))
    identity, access = _jwt("id", user, state), _jwt("access", user, state)
    credentials[identity] = {**rights, "scheme": BEARER, "expires": expires}
    credentials[access] = {**rights, "scheme": ACCESS, "expires": expires}
    if not refresh:
        refresh = opaque(state)
        lasts = print_instant(state.now + timedelta(days=_REFRESH_DAYS))
        credentials[refresh] = {**rights, "scheme": REFRESH, "expires": lasts}
    return {
        "accessToken": access,
        "idToken": identity,
        "refreshToken": refresh,
        "expiresIn": ID_TOKEN_SECONDS,
    }


def opaque(state: State) -> str:
    """A token that tells nothing."""
    return _base64(state.octets(48))


def _jwt(use: str, user: str, state: State) -> str:
    """Claims that a client may read; the signature is none."""
    now = int(state.now.timestamp())
    claims = {
        "sub": state.uuid(),
        "cognito:username": user,
        "token_use": use,
        "auth_time": now,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
    }
    parts = (json.encode({"alg": "RS256", "typ": "JWT"}), json.encode(claims), state.octets(32))
    return ".".join(_base64(part) for part in parts)


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
