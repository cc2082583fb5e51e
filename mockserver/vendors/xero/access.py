"""Tokens, tenants, idempotency keys and lock dates.

Clients read `exp` and `scope` from an access token; the server only looks the token up among the credentials.
The use of a refresh token returns a new refresh token. The answer to a call with an idempotency
key is stored in the collection `idempotency`, under the caller's name and the key.
Source: docs/vendors/xero.md#refusals, #headers-and-parameters, #small-objects, #state, #idempotency-keys;
RFC 6749.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from mockserver.codec import json
from mockserver.codec.http import json_reply, parse_content_type
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.engine.auth import CREDENTIALS, SecurityScheme, issue_credential
from mockserver.errors import Forbidden, InvalidCall, NotFound, Refusal, Rejected, UnsupportedMediaType
from mockserver.model import Call, Document, Json, Path, Problem, Reply
from mockserver.sandbox.store import Collection, State
from mockserver.spec.openapi import Operation
from mockserver.vendor import Enter, Handler, Request
from mockserver.vendors.xero.answers import (
    TENANT_HEADER,
    common_headers,
    correlation_header,
    count_call,
    id_parameter,
    pick_members,
)
from mockserver.vendors.xero.messages import make_problem

LIFETIME_S = 1800
_ISSUER = "https://identity.xero.com"
_SIGNATURE_PARTS = 4
_PART_BYTES = 64

CONNECTIONS = "connections"
ORGANISATIONS = "organisations"
_CONNECTION_MEMBERS = "id tenantId authEventId tenantType tenantName createdDateUtc updatedDateUtc"
_CHARSETS = ("utf-8", "utf8", "us-ascii")

TOKEN_OPERATIONS = ("requestToken", "revokeToken")
REFRESH_TOKENS = "refresh-tokens"
REFRESH_LIFETIME = timedelta(days=60)
REPEAT_LIFETIME = timedelta(minutes=30)
"""How long a refresh token may be used again after its first use. Source: docs/vendors/xero.md#refusals."""


_OAUTH_HINTS = {
    "invalid_client": "send client_id and client_secret in the form, or as Authorization: Basic; any will do",
    "invalid_grant": "the code or refresh_token is missing, unknown, used or expired, or of another client",
    "invalid_request": "the form has no token",
    "invalid_scope": "the refresh_token was granted for fewer scopes",
}
_USED_CODES = "used-codes"
_SCHEME = "OAuth2"
_BASIC = SecurityScheme("basic", {"type": "http", "scheme": "basic"})
_ALL_SCOPES = (
    "openid profile email offline_access accounting.transactions accounting.invoices accounting.payments "
    "accounting.settings accounting.contacts accounting.attachments"
)

RECORDS = "idempotency"
KEY_HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 128
KEY_LIFETIME = timedelta(minutes=6)
KEY_IN_FLIGHT = "key-in-flight"
KEY_MISSING = "key-missing"
_HEADER_NAME = KEY_HEADER.lower()


def make_access_token(client: str, scopes: Sequence[str], state: State) -> str:
    now = int(state.now.timestamp())
    header = {"alg": "RS256", "kid": state.octets(20).hex().upper(), "typ": "JWT"}
    claims = {
        "nbf": now,
        "exp": now + LIFETIME_S,
        "iss": _ISSUER,
        "aud": f"{_ISSUER}/resources",
        "client_id": client,
        "sub": state.octets(16).hex(),
        "auth_time": now,
        "xero_userid": state.uuid(),
        "global_session_id": state.octets(16).hex(),
        "jti": state.octets(16).hex().upper(),
        "authentication_event_id": state.uuid(),
        "scope": list(scopes),
    }
    signature = b"".join(state.octets(_PART_BYTES) for _ in range(_SIGNATURE_PARTS))
    return ".".join((_encode(header), _encode(claims), _base64(signature)))


def _encode(part: Json) -> str:
    return _base64(json.encode(part))


def _base64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def admit(call: Call, enter: Enter, state: State) -> str:
    """Check that the token reaches the tenant, count the call, check its charset; return the tenant."""
    operation = enter()
    if not operation.has_parameter(TENANT_HEADER):
        return ""
    reached = [str(connection["tenantId"]) for connection in reachable_connections(call, state)]
    # A custom connection has one tenant. Source: docs/vendors/xero.md#headers-and-parameters.
    unnamed = "" if call.assumptions["tenant_header"] == "required" else next(iter(reached), "")
    tenant = call.headers.get(TENANT_HEADER) or unnamed
    if tenant not in reached:
        raise Forbidden("tenant", tenant, hint=_tenant_hint(tenant, reached))
    with state.item():  # a refused call is not counted
        count_call(call, state)
        media_type, charset = parse_content_type(call.headers)
        takes_any_bytes = any(body.name == "*/*" for body in operation.bodies)
        if call.body and charset not in _CHARSETS and not takes_any_bytes:
            hint = f"the body's charset is {charset}; send utf-8"
            names = [body.name for body in operation.bodies]
            wanted = [f"{media_type}; charset=utf-8"] if media_type in names else names
            raise UnsupportedMediaType(f"{media_type}; charset={charset}", wanted, hint=hint)
    return tenant


def _tenant_hint(tenant: str, reached: Sequence[str]) -> str:
    fault = f"{TENANT_HEADER}: {tenant} is not open to this token" if tenant else f"no {TENANT_HEADER} header"
    return f"{fault}; {f'{reached[0]} works' if reached else 'none is, see GET /connections'}"


def reachable_connections(call: Call, state: State) -> list[Document]:
    """Return the connections that the call's token reaches, and whose tenant has an organisation.

    A token that lists no tenants reaches every connection that is not `private`.
    """
    tenants = call.principal.facts.get("tenants")
    return [
        one
        for one in state.collection(CONNECTIONS, "").values()
        if (not one.get("private") if tenants is None else one["tenantId"] in tenants)
        and len(state.collection(ORGANISATIONS, one["tenantId"])) > 0
    ]


def list_connections(request: Request, state: State) -> Reply:
    event = request.parameters.get("authEventId")
    shown = [
        pick_members(connection, *_CONNECTION_MEMBERS.split())
        for connection in reachable_connections(request.call, state)
        if event in (None, connection["authEventId"])
    ]
    return json_reply(200, shown, headers=correlation_header(state))


def delete_connection(request: Request, state: State) -> Reply:
    key = id_parameter(request, "id")
    matches = [
        connection for connection in reachable_connections(request.call, state) if connection["id"] == key
    ]
    if not matches:
        raise NotFound(CONNECTIONS, key, hint=f"no connection has the id {key}; GET /connections lists them")
    del state.collection(CONNECTIONS, "")[matches[0]["tenantId"]]
    return Reply(204, headers=correlation_header(state))


def current_organisation(state: State) -> Document:
    return next(state.collection(ORGANISATIONS).values())


def base_currency(state: State) -> str:
    return str(current_organisation(state)["BaseCurrency"])


def request_token(request: Request, state: State) -> Reply:
    form: Document = request.document
    client = _identify_client(form, request.call)
    if form["grant_type"] == "client_credentials":
        return _token_reply(client, _requested_scopes(form) or _ALL_SCOPES.split(), state, renewable=False)
    by_code = form["grant_type"] == "authorization_code"
    granted = _redeem_code(form, state) if by_code else _redeem_refresh_token(form, client, state)
    return _token_reply(client, granted, state, renewable=True)


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


def token_error_reply(refusal: Refusal, state: State) -> Reply:
    """Reply 400 with an error code of OAuth: `invalid_request` if the form cannot be read."""
    problem = refusal.problems[0] if isinstance(refusal, (InvalidCall, Rejected)) else None
    if problem is not None and isinstance(refusal, Rejected):
        code = problem.code
    elif problem is not None and (problem.path, problem.rule) == (("grant_type",), "enum"):
        code = "unsupported_grant_type"
    else:
        code = "invalid_request"
    return json_reply(400, {"error": code}, headers=correlation_header(state))


def _identify_client(form: Document, call: Call) -> str:
    """Return the client id: from Basic credentials if they are sent, else from the form. Raises Rejected."""
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    if call.headers.get("authorization", "")[:6].lower() == "basic ":
        client, _, secret = (_BASIC.credential(call) or "").partition(":")
    if not client or not (secret or form.get("code_verifier") or form.get("grant_type") == "refresh_token"):
        raise _oauth_rejection("invalid_client")
    return str(client)


def _redeem_code(form: Document, state: State) -> Sequence[str]:
    """Return the scopes that a code grants; every code is accepted once. Raises Rejected."""
    code, used = form.get("code", ""), state.collection(_USED_CODES, "")
    if not code or code in used:
        raise _oauth_rejection("invalid_grant")
    used[code] = {"at": print_instant(state.now)}
    return _requested_scopes(form) or _ALL_SCOPES.split()


def _redeem_refresh_token(form: Document, client: str, state: State) -> Sequence[str]:
    """Use up a refresh token; return the granted scopes. Older access tokens stay valid. Raises Rejected."""
    token = form.get("refresh_token", "")
    known = state.collection(REFRESH_TOKENS, "").get(token)
    if known is None or known.get("client", client) != client or _is_expired(known, state):
        raise _oauth_rejection("invalid_grant")
    held, asked = tuple(known.get("scopes", ())), _requested_scopes(form)
    if held and not set(asked) <= set(held):
        raise _oauth_rejection("invalid_scope")
    # The first use starts the time in which the token may be used again.
    until = state.now + REPEAT_LIFETIME
    if "expires" in known:
        until = min(until, parse_instant(known["expires"]))
    state.collection(REFRESH_TOKENS, "")[token] = {**known, "expires": print_instant(until)}
    return asked or held or _ALL_SCOPES.split()


def _is_expired(known: Document, state: State) -> bool:
    return "expires" in known and parse_instant(known["expires"]) <= state.now


def _token_reply(client: str, scopes: Sequence[str], state: State, *, renewable: bool) -> Reply:
    access = make_access_token(client, scopes, state)
    issue_credential(access, _SCHEME, client, state, seconds=LIFETIME_S, scopes=list(scopes))
    document = {
        "access_token": access,
        "expires_in": LIFETIME_S,
        "token_type": "Bearer",
        **({"refresh_token": _issue_refresh_token(client, access, scopes, state)} if renewable else {}),
        "scope": " ".join(scopes),
    }
    return json_reply(200, document, headers=correlation_header(state))


def _issue_refresh_token(client: str, access: str, scopes: Sequence[str], state: State) -> str:
    token = state.octets(32).hex()
    state.collection(REFRESH_TOKENS, "")[token] = {
        "client": client,
        "access": access,
        "scopes": list(scopes),
        "expires": print_instant(state.now + REFRESH_LIFETIME),
    }
    return token


def _revoke_access(known: Document, state: State) -> None:
    credentials = state.collection(CREDENTIALS, "")
    access = credentials.get(known.get("access", ""))
    if access is not None:
        credentials[known["access"]] = {**access, "kind": "revoked"}


def _requested_scopes(form: Document) -> tuple[str, ...]:
    return tuple(str(form.get("scope", "")).split())


def _oauth_rejection(code: str) -> Rejected:
    return Rejected(Problem(code, detail=code), hint=f"{code}: {_OAUTH_HINTS[code]}")


def lock_date_problems(day: str | None, path: Path, call: Call, state: State) -> Iterator[Problem]:
    """Yield a problem for each lock, of the period and of the year, that covers `day`."""
    books = current_organisation(state)
    if day is None:
        return
    for name, rule in (("PeriodLockDate", "period-locked"), ("EndOfYearLockDate", "year-locked")):
        end = books.get(name, "")
        if day < end or (day == end and call.assumptions["lock_date"] == "inclusive"):
            lock = date.fromisoformat(end)
            yield make_problem(rule, path, date=f"{lock.day} {lock:%B %Y}")


def replay(call: Call, operation: Operation, state: State) -> Reply | None:
    """Return the stored answer to the first call with the idempotency key, or None.

    Raises Rejected: the key is missing though the assumption `require_key` is on, was used with another
    request, or was sent by a call that is still running (assumed).
    """
    path, key = ("header", KEY_HEADER), _key(call, operation)
    is_required = call.assumptions["require_key"] == "on" and operation.has_parameter(KEY_HEADER)
    if is_required and not call.headers.get(_HEADER_NAME):
        raise Rejected(make_problem(KEY_MISSING, path))
    record = _find_record(key, call, state) if key else None
    if record is not None and record["fingerprint"] != call.fingerprint:
        raise Rejected(make_problem("key-reused", path, key=key))
    if call.same_key_in_flight and key:
        raise Rejected(make_problem(KEY_IN_FLIGHT, path, key=key))
    if record is None:
        return None
    return Reply(record["status"], record["body"].encode(), record["media_type"], common_headers(call, state))


def remember(call: Call, operation: Operation, reply: Reply, state: State) -> None:
    key = _key(call, operation)
    if not key:
        return
    _records(call, state)[f"{call.principal.name}/{key}"] = {
        "fingerprint": call.fingerprint,
        "until": print_instant(state.now + KEY_LIFETIME),
        "status": reply.status,
        "media_type": reply.media_type,
        "body": reply.body.decode(),
    }


def _find_record(key: str, call: Call, state: State) -> Document | None:
    records = _records(call, state)
    record = records.get(f"{call.principal.name}/{key}")
    if record is None and "name" in call.principal.facts:
        # Keys of a fixture token are stored under the scheme: a client that logs in finds them (assumed).
        record = records.get(f"{_SCHEME}/{key}")
    return record if record is not None and parse_instant(record["until"]) > state.now else None


def _records(call: Call, state: State) -> Collection:
    return state.collection(RECORDS, "" if call.assumptions["key_scope"] == "app" else None)


def _key(call: Call, operation: Operation) -> str:
    """Return the idempotency key; "" if it is missing or too long, or the operation accepts no key."""
    key = call.headers.get(_HEADER_NAME, "")
    return key if operation.has_parameter(KEY_HEADER) and len(key) <= MAX_KEY_LENGTH else ""


OPERATIONS: Mapping[str, Handler] = {
    "getConnections": list_connections,
    "deleteConnection": delete_connection,
    "requestToken": request_token,
    "revokeToken": revoke_token,
}
