"""Access to administrations, content negotiation, and OAuth: codes, tokens, scopes."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import urlencode

from msgspec.structs import replace

from mockserver.codec.http import check_json_in_utf_8, json_reply
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.engine.auth import CREDENTIALS, SecurityScheme, issue_credential
from mockserver.errors import Forbidden, NotFound, Refusal, Unauthorized
from mockserver.model import Call, Document, Json, Principal, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Enter, Request
from mockserver.vendors.payt.files import STORAGE
from mockserver.vendors.payt.messages import OAUTH_MESSAGES, missing_parameter

ADMINISTRATIONS = "administrations"
"""Vendor-wide collection of administrations. If `connected` is false, no caller may enter."""

_UNGUARDED_PATHS = ("/v1/administrations", "/oauth/", STORAGE)
"""Path prefixes of calls that name no administration, or whose handler checks the administration itself."""

_SHOWN_AFTER_DELETION = timedelta(days=30)

APPLICATIONS = "applications"
"""Vendor-wide collection of applications, by client id: `{id, secret, scopes, administrations}`."""

_BASIC = SecurityScheme("basicAuth", {"type": "http", "scheme": "basic"})
AUTHORIZATION_CODES = "codes"
"""Vendor-wide collection of authorization codes that are not used yet."""

_CODE_LIFETIME = timedelta(minutes=10)
REFRESH_TOKENS = "refresh_tokens"
"""Vendor-wide collection of refresh tokens that are neither used nor revoked; each grant has at most one."""

_CODE_HINT = "the code is unknown, used or expired, or of another client or redirect_uri; authorize gives one"
_REFRESH_HINT = (
    "the refresh_token is unknown, used or expired, or of another client; "
    "sandbox-refresh-token of client sandbox-client works once"
)
_ACCESS_SECONDS = 7200
_REFRESH_LIFETIME = timedelta(days=90)
_TOKEN_OCTETS = 32


def enter_tenant(call: Call, tenant: str, state: State) -> None:
    """Raise Forbidden or NotFound if the administration is unknown, inactive or not granted to the caller."""
    if call.path.startswith(_UNGUARDED_PATHS):
        return
    administration = state.collection(ADMINISTRATIONS, "").get(tenant)
    if (
        administration is None
        or administration["status"] != "active"
        or not _is_granted(administration, call.principal)
    ):
        raise access_refusal(tenant, call)


def is_visible(administration: Document, principal: Principal, state: State) -> bool:
    """Return whether the administration is granted to the caller and was not deleted over 30 days ago."""
    if not _is_granted(administration, principal):
        return False
    deleted_at = administration.get("deleted_at")
    return deleted_at is None or state.now - parse_instant(deleted_at) <= _SHOWN_AFTER_DELETION


def access_refusal(administration_id: str, call: Call) -> Refusal:
    granted = call.principal.facts.get("administrations")
    works = "81 works" if granted is None else f"it may enter {', '.join(granted) or 'none'}"
    hint = f"administration_id {administration_id} is unknown, or closed to this token; {works}"
    if call.assumptions["closed_administration"] == "404":
        return NotFound(ADMINISTRATIONS, administration_id, hint=hint)
    return Forbidden("administration", f"No access to administration {administration_id}", hint=hint)


def _is_granted(administration: Document, principal: Principal) -> bool:
    administrations = principal.facts.get("administrations")
    return administration.get("connected", True) and (
        administrations is None or administration["id"] in administrations
    )


def admit(call: Call, enter: Enter, _state: State) -> str:
    """Count the call for the rate limit, enter its operation, then check `Accept` and charset.

    Assumptions decide which values pass. Uploads and OAuth calls are not checked.
    """
    enter.count()
    operation = enter()
    if operation.path.startswith("/v1/"):
        check_json_in_utf_8(call)
    return ""


def find_application(client_id: str, request: Request, state: State) -> Document:
    """Return the application with the id, or an application with all permissions if the id is unknown."""
    known = state.collection(APPLICATIONS, "").get(client_id)
    return known or {"id": client_id, "scopes": _all_scopes(request.contract), "administrations": None}


def _all_scopes(contract: Document) -> list[str]:
    """Return the permissions that operations require. Only three of these names are documented."""
    operations = [node for item in contract["paths"].values() for node in item.values()]
    return sorted({scope for node in operations if "x-scopes" in node for scope in node["x-scopes"]})


def authenticate_client(request: Request, state: State) -> Document:
    """Return the calling application. Raises Unauthorized if a known application sends a wrong secret."""
    client_id, _, secret = (_BASIC.credential(request.call) or "").partition(":")
    found = find_application(client_id, request, state)
    if found.get("secret", secret) != secret:
        raise Unauthorized("unknown", _BASIC.name, hint=f"this is not the secret of client {found['id']}")
    return found


def select_scopes(wanted: str | None, allowed: Sequence[str]) -> list[str] | None:
    """Return the permissions in `wanted`, by default all of `allowed`; None if `wanted` exceeds `allowed`."""
    names = (wanted or "").split()
    if not names:
        return list(allowed)
    return list(dict.fromkeys(names)) if set(names) <= set(allowed) else None


def authorize(request: Request, state: State) -> Reply:
    """Redirect the browser with a code or an error. Source: docs/vendors/payt.md#tokens."""
    asked = request.parameters
    client = find_application(asked["client_id"], request, state)
    scopes = select_scopes(asked.get("scope"), client["scopes"])
    if scopes is None:
        return _redirect(request, error="invalid_scope", error_description=OAUTH_MESSAGES["invalid_scope"])
    code = _new_token(state)
    state.collection(AUTHORIZATION_CODES, "")[code] = {
        "client": client["id"],
        "redirect_uri": asked["redirect_uri"],
        "scopes": scopes,
        "administrations": client["administrations"],
        "expires": print_instant(state.now + _CODE_LIFETIME),
    }
    return _redirect(request, code=code)


def _redirect(request: Request, **told: str) -> Reply:
    uri = request.parameters["redirect_uri"]
    query = urlencode({**told, "state": request.parameters["state"]})
    return Reply(302, headers=(("Location", f"{uri}{'&' if '?' in uri else '?'}{query}"),))


def grant_token(request: Request, state: State) -> Reply:
    """Return an access token or an OAuth error. Source: docs/vendors/payt.md#tokens. Raises Unauthorized."""
    client = authenticate_client(request, state)
    if request.document["grant_type"] not in _GRANT_TYPES:
        return oauth_error("unsupported_grant_type")
    grant, required = _GRANT_TYPES[request.document["grant_type"]]
    for name in required:
        if not request.document.get(name):
            return oauth_error("invalid_request", missing_parameter(name))
    return grant(request, client, state)


def revoke_token(request: Request, state: State) -> Reply:
    """Revoke a token and its counterpart (access, refresh); skip unknown tokens (assumed, as Doorkeeper)."""
    client = authenticate_client(request, state)
    refresh_tokens, text = state.collection(REFRESH_TOKENS, ""), request.document["token"]
    refresh = refresh_tokens.get(text)
    access_token = refresh["access_token"] if refresh else text
    access = _issued_token(access_token, state)
    owner = (refresh or access or {"client": client["id"]})["client"]
    if owner != client["id"]:
        return oauth_error("unauthorized_client", status=403)
    revoked = [text] if refresh else []
    if access is not None:
        _set_kind(access_token, "revoked", state)
        others = (key for key in refresh_tokens if refresh_tokens[key]["access_token"] == access_token)
        revoked = revoked or list(others)
    for key in revoked:
        del refresh_tokens[key]
    return json_reply(200, {})


def introspect_token(request: Request, state: State) -> Reply:
    """Describe a token. Source: docs/vendors/payt.md#operations-and-paths."""
    authenticate_client(request, state)
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


def oauth_error(error: str, description: str = "", status: int = 400, reason: str = "") -> Reply:
    """Return an OAuth error in the vendor's words; `reason`, by default the message, is for `Mock-Reason`."""
    message = description or OAUTH_MESSAGES[error]
    reply = json_reply(status, {"error": error, "error_description": message})
    return replace(reply, reason=f"{error}: {reason or message}")


def _grant_by_code(request: Request, client: Document, state: State) -> Reply:
    document = request.document
    codes = state.collection(AUTHORIZATION_CODES, "")
    code = codes.get(document["code"])
    if code is None or not _is_valid(code, client, state) or code["redirect_uri"] != document["redirect_uri"]:
        return oauth_error("invalid_grant", reason=_CODE_HINT)
    del codes[document["code"]]
    return _token_pair_reply(client, code["scopes"], code["administrations"], state)


def _grant_by_refresh_token(request: Request, client: Document, state: State) -> Reply:
    """Grant the next pair of tokens. A refresh token works once."""
    document = request.document
    refresh_tokens = state.collection(REFRESH_TOKENS, "")
    last = refresh_tokens.get(document["refresh_token"])
    if last is None or not _is_valid(last, client, state):
        return oauth_error("invalid_grant", reason=_REFRESH_HINT)
    scopes = select_scopes(document.get("scope"), last["scopes"])
    if scopes is None:
        return oauth_error("invalid_scope")
    del refresh_tokens[document["refresh_token"]]
    fate = request.call.assumptions["rotated_access"]
    if fate != "kept" and _issued_token(last["access_token"], state) is not None:
        _set_kind(last["access_token"], fate, state)
    return _token_pair_reply(client, scopes, last["administrations"], state)


def _grant_to_client(request: Request, client: Document, state: State) -> Reply:
    """Grant an access token without expiry and without refresh token; do not check the caller's address."""
    scopes = select_scopes(request.document.get("scope"), client["scopes"])
    if scopes is None:
        return oauth_error("invalid_scope")
    return json_reply(200, _issue_access_token(client, scopes, client["administrations"], state))


def _token_pair_reply(client: Document, scopes: list[str], administrations: Json, state: State) -> Reply:
    issued = _issue_access_token(client, scopes, administrations, state, _ACCESS_SECONDS)
    refresh_token = _new_token(state)
    state.collection(REFRESH_TOKENS, "")[refresh_token] = {
        "client": client["id"],
        "access_token": issued["access_token"],
        "scopes": scopes,
        "administrations": administrations,
        "expires": print_instant(state.now + _REFRESH_LIFETIME),
    }
    told = {"expires_in": _ACCESS_SECONDS, "refresh_token": refresh_token}
    return json_reply(200, {**issued, **told})


def _issue_access_token(
    client: Document, scopes: list[str], administrations: Json, state: State, seconds: int | None = None
) -> dict[str, Json]:
    """Store a new access token; return its members for the response."""
    access_token, now = _new_token(state), int(state.now.timestamp())
    issue_credential(
        access_token,
        "bearerAuth",
        client["id"],
        state,
        seconds=seconds,
        client=client["id"],
        scopes=scopes,
        administrations=administrations,
        created_at=now,
    )
    shown = {"access_token": access_token, "token_type": "Bearer", "scope": " ".join(scopes)}
    return {**shown, "created_at": now}


def _new_token(state: State) -> str:
    return urlsafe_b64encode(state.octets(_TOKEN_OCTETS)).decode().rstrip("=")


def _is_valid(grant: Document, client: Document, state: State) -> bool:
    expires = grant.get("expires")
    return grant["client"] == client["id"] and (expires is None or parse_instant(expires) > state.now)


def _issued_token(access_token: str, state: State) -> Document | None:
    """Return the stored access token, or None if this server has not issued it to an application."""
    known = state.collection(CREDENTIALS, "").get(access_token)
    return known if known is not None and "client" in known else None


def _set_kind(access_token: str, kind: str, state: State) -> None:
    credentials = state.collection(CREDENTIALS, "")
    credentials[access_token] = {**credentials[access_token], "kind": kind}


GrantToken: TypeAlias = Callable[[Request, Document, State], Reply]
_GRANT_TYPES: Mapping[str, tuple[GrantToken, tuple[str, ...]]] = {
    "authorization_code": (_grant_by_code, ("code", "redirect_uri")),
    "refresh_token": (_grant_by_refresh_token, ("refresh_token",)),
    "client_credentials": (_grant_to_client, ()),
}
"""For each grant type, its function and its required parameters."""
