"""Tenants, connections, idempotency keys and lock dates.

The answer to a call with an idempotency key is stored in the collection `idempotency`, under the caller's
name and the key.
Source: docs/vendors/xero.md#headers-and-parameters, #small-objects, #state, #idempotency-keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from mockserver.codec.http import json_reply, parse_content_type
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.errors import Forbidden, NotFound, Rejected, UnsupportedMediaType
from mockserver.model import Call, Document, Path, Problem, Reply
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

CONNECTIONS = "connections"
ORGANISATIONS = "organisations"
_CONNECTION_MEMBERS = "id tenantId authEventId tenantType tenantName createdDateUtc updatedDateUtc"
_CHARSETS = ("utf-8", "utf8", "us-ascii")

SCHEME = "OAuth2"
RECORDS = "idempotency"
KEY_HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 128
KEY_LIFETIME = timedelta(minutes=6)
KEY_IN_FLIGHT = "key-in-flight"
KEY_MISSING = "key-missing"
_HEADER_NAME = KEY_HEADER.lower()


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

    A token that lists no tenants reaches every connection that is neither `private` nor deleted.
    """
    tenants = call.principal.facts.get("tenants")
    return [
        one
        for one in state.collection(CONNECTIONS, "").values()
        if (not one.get("private") if tenants is None else one["tenantId"] in tenants)
        and not one.get("deleted")
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
    # The next login makes the connection anew.
    state.collection(CONNECTIONS, "")[matches[0]["tenantId"]] = {**matches[0], "deleted": True}
    return Reply(204, headers=correlation_header(state))


def current_organisation(state: State) -> Document:
    return next(state.collection(ORGANISATIONS).values())


def base_currency(state: State) -> str:
    return str(current_organisation(state)["BaseCurrency"])


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
        record = records.get(f"{SCHEME}/{key}")
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
}
