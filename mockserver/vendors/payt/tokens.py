"""Tokens: given for a code, a refresh token or an application's own name, given back, and looked at.

Source: Payt fact sheet §1.4; errors as the Ruby library Doorkeeper has them (assumed).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeAlias

from mockserver.auth import CREDENTIALS, issue
from mockserver.clock import parse_instant, print_instant
from mockserver.model import Document, Json, Reply
from mockserver.reply import json_reply
from mockserver.store import Collection, State
from mockserver.vendor import Request
from mockserver.vendors.payt.applications import calling, chosen
from mockserver.vendors.payt.authorization import CODES
from mockserver.vendors.payt.texts import GRANTS, missing_parameter

REFRESH_TOKENS = "refresh_tokens"
"""The vendor-wide collection of refresh tokens that are good still: the last one of each grant."""

_ACCESS_SECONDS = 7200
_REFRESH_GOOD_FOR = timedelta(days=90)
_TOKEN_OCTETS = 32

Grant: TypeAlias = Callable[[Document, Document, Request, State], Reply]


def token(request: Request, state: State) -> Reply:
    """An access token for what the call brings.

    Source: Payt fact sheet §1.4.

    Raises:
        Unauthorized: the application is not who it says.
    """
    client = calling(request.call, state)
    grant = _GRANTS.get(request.document["grant_type"])
    if grant is None:
        return refused("unsupported_grant_type")
    for name in _NEEDED[request.document["grant_type"]]:
        if not request.document.get(name):
            return refused("invalid_request", missing_parameter(name))
    return grant(request.document, client, request, state)


def revoke(request: Request, state: State) -> Reply:
    """Take a token out of use, with the one that belongs to it; one that is not known was never good.

    Source: assumed, as Doorkeeper does.
    """
    client = calling(request.call, state)
    refresh_tokens, text = state.collection(REFRESH_TOKENS, ""), request.document["token"]
    refresh = refresh_tokens.get(text)
    access_token = refresh["access_token"] if refresh else text
    access = _issued(access_token, state)
    owner = (refresh or access or {"client": client["id"]})["client"]
    if owner != client["id"]:
        return refused("unauthorized_client", status=403)
    if access is not None:
        _turn(access_token, "revoked", state)
    for key in [text] if refresh else _refreshing(access_token, refresh_tokens) if access else ():
        del refresh_tokens[key]
    return json_reply(200, {})


def introspect(request: Request, state: State) -> Reply:
    """What a token is good for.

    Source: Payt fact sheet §1.2.
    """
    calling(request.call, state)
    known = state.collection(CREDENTIALS, "").get(request.document["token"])
    if known is None or known["scheme"] != "bearerAuth" or known["kind"] in ("expired", "revoked"):
        return json_reply(200, {"active": False})
    if "expires" in known and parse_instant(known["expires"]) <= state.now:
        return json_reply(200, {"active": False})
    told: dict[str, Json] = {"active": True, "token_type": "Bearer"}
    if "scopes" in known:
        told["scope"] = " ".join(known["scopes"])
    if "client" in known:
        told |= {"client_id": known["client"], "iat": known["created_at"]}
    if "expires" in known:
        told["exp"] = int(parse_instant(known["expires"]).timestamp())
    return json_reply(200, told)


def refused(error: str, description: str = "", status: int = 400) -> Reply:
    """An error in the words of OAuth."""
    return json_reply(status, {"error": error, "error_description": description or GRANTS[error]})


def _by_code(document: Document, client: Document, _request: Request, state: State) -> Reply:
    codes = state.collection(CODES, "")
    code = codes.get(document["code"])
    if code is None or not _is_good(code, client, state) or code["redirect_uri"] != document["redirect_uri"]:
        return refused("invalid_grant")
    del codes[document["code"]]
    return _given(client, code["scopes"], code["administrations"], state)


def _by_refresh_token(document: Document, client: Document, request: Request, state: State) -> Reply:
    """The next pair; a refresh token is good once, the access token beside it goes as the switch says."""
    refresh_tokens = state.collection(REFRESH_TOKENS, "")
    last = refresh_tokens.get(document["refresh_token"])
    if last is None or not _is_good(last, client, state):
        return refused("invalid_grant")
    scopes = chosen(document.get("scope"), last["scopes"])
    if scopes is None:
        return refused("invalid_scope")
    del refresh_tokens[document["refresh_token"]]
    fate = request.call.assumptions["rotated_access"]
    if fate != "kept" and _issued(last["access_token"], state) is not None:
        _turn(last["access_token"], fate, state)
    return _given(client, scopes, last["administrations"], state)


def _by_own_name(document: Document, client: Document, _request: Request, state: State) -> Reply:
    """A token that never expires and cannot be refreshed; where calls come from is not looked at."""
    scopes = chosen(document.get("scope"), client["scopes"])
    if scopes is None:
        return refused("invalid_scope")
    access_token = _stored(client, scopes, client["administrations"], state)
    return json_reply(200, _told(access_token, scopes, state))


def _given(client: Document, scopes: list[str], administrations: Json, state: State) -> Reply:
    access_token = _stored(client, scopes, administrations, state, _ACCESS_SECONDS)
    refresh_token = _new_text(state)
    state.collection(REFRESH_TOKENS, "")[refresh_token] = {
        "client": client["id"],
        "access_token": access_token,
        "scopes": scopes,
        "administrations": administrations,
        "expires": print_instant(state.now + _REFRESH_GOOD_FOR),
    }
    told = {"expires_in": _ACCESS_SECONDS, "refresh_token": refresh_token}
    return json_reply(200, {**_told(access_token, scopes, state), **told})


def _stored(
    client: Document, scopes: list[str], administrations: Json, state: State, seconds: int | None = None
) -> str:
    access_token = _new_text(state)
    issue(
        access_token,
        "bearerAuth",
        client["id"],
        state,
        seconds=seconds,
        client=client["id"],
        scopes=scopes,
        administrations=administrations,
        created_at=int(state.now.timestamp()),
    )
    return access_token


def _told(access_token: str, scopes: list[str], state: State) -> dict[str, Json]:
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "scope": " ".join(scopes),
        "created_at": int(state.now.timestamp()),
    }


def _new_text(state: State) -> str:
    return urlsafe_b64encode(state.octets(_TOKEN_OCTETS)).decode().rstrip("=")


def _is_good(grant: Document, client: Document, state: State) -> bool:
    expires = grant.get("expires")
    return grant["client"] == client["id"] and (expires is None or parse_instant(expires) > state.now)


def _issued(access_token: str, state: State) -> Document | None:
    """The access token, if an application got it from here."""
    known = state.collection(CREDENTIALS, "").get(access_token)
    return known if known is not None and "client" in known else None


def _turn(access_token: str, kind: str, state: State) -> None:
    credentials = state.collection(CREDENTIALS, "")
    credentials[access_token] = {**credentials[access_token], "kind": kind}


def _refreshing(access_token: str, refresh_tokens: Collection) -> list[str]:
    return [key for key in refresh_tokens if refresh_tokens[key]["access_token"] == access_token]


_GRANTS: Mapping[str, Grant] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh_token,
    "client_credentials": _by_own_name,
}
_NEEDED: Mapping[str, tuple[str, ...]] = {
    "authorization_code": ("code", "redirect_uri"),
    "refresh_token": ("refresh_token",),
    "client_credentials": (),
}
