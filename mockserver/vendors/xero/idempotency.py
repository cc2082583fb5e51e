"""Idempotency keys: repeat the first reply for six minutes, refuse another request with the same key.

A record lives in the tenant's collection `idempotency`, under the caller's name and the key.
Source: docs/vendors/xero.md#idempotency-keys.
"""

from datetime import timedelta

from mockserver.codec.instants import parse_instant, print_instant
from mockserver.errors import Rejected
from mockserver.model import Call, Document, Reply
from mockserver.sandbox.store import Collection, State
from mockserver.spec.openapi import Operation
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.replies.envelope import common_headers

RECORDS = "idempotency"
KEY_HEADER = "Idempotency-Key"
MAX_KEY_LENGTH = 128
KEY_LIFETIME = timedelta(minutes=6)
KEY_IN_FLIGHT, KEY_MISSING = "key-in-flight", "key-missing"

_HEADER_NAME = KEY_HEADER.lower()


def replay(call: Call, operation: Operation, state: State) -> Reply | None:
    """Return the answer that the key was given before, whatever it was.

    Raises:
        Rejected: the key was used with another request, or its first call is not over (assumed); or there
            is none though the assumption `require_key` asks for one.
    """
    if (
        call.assumptions["require_key"] == "on"
        and _accepts_key(operation)
        and not call.headers.get(_HEADER_NAME)
    ):
        raise Rejected(make_problem(KEY_MISSING, ("header", KEY_HEADER)))
    record = _find_record(call, operation, state)
    if record is not None and record["fingerprint"] != call.fingerprint:
        raise Rejected(make_problem("key-reused", ("header", KEY_HEADER), key=_key(call, operation)))
    if call.same_key_in_flight and _key(call, operation):
        raise Rejected(make_problem(KEY_IN_FLIGHT, ("header", KEY_HEADER), key=_key(call, operation)))
    if record is None:
        return None
    return Reply(record["status"], record["body"].encode(), record["media_type"], common_headers(call, state))


def remember(call: Call, operation: Operation, reply: Reply, state: State) -> None:
    """Keep the first answer that the key is given, an error like any other."""
    if not _key(call, operation):
        return
    _records(call, state)[_record_name(call, operation)] = {
        "fingerprint": call.fingerprint,
        "until": print_instant(state.now + KEY_LIFETIME),
        "status": reply.status,
        "media_type": reply.media_type,
        "body": reply.body.decode(),
    }


def _find_record(call: Call, operation: Operation, state: State) -> Document | None:
    record = _records(call, state).get(_record_name(call, operation)) if _key(call, operation) else None
    return record if record is not None and parse_instant(record["until"]) > state.now else None


def _records(call: Call, state: State) -> Collection:
    return state.collection(RECORDS, "" if call.assumptions["key_scope"] == "app" else None)


def _key(call: Call, operation: Operation) -> str:
    """Return the idempotency key, "" for none; reads ignore it, and too long a key is refused."""
    key = call.headers.get(_HEADER_NAME, "")
    return key if _accepts_key(operation) and len(key) <= MAX_KEY_LENGTH else ""


def _accepts_key(operation: Operation) -> bool:
    return operation.has_parameter(KEY_HEADER)


def _record_name(call: Call, operation: Operation) -> str:
    return f"{call.principal.name}/{_key(call, operation)}"
