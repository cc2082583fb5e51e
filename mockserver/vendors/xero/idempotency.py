"""Idempotency keys: for six minutes the same request is answered as before, another one is refused.

A record lives in the tenant's collection `idempotency`, under the caller's name and the key.
Source: Xero fact sheet §3.6.
"""

from datetime import timedelta

from mockserver.clock import parse_instant, print_instant
from mockserver.errors import Rejected
from mockserver.model import Call, Document, Reply
from mockserver.spec import Operation
from mockserver.store import Collection, State
from mockserver.vendors.xero.replies import headers
from mockserver.vendors.xero.words import say

COLLECTION = "idempotency"
HEADER = "Idempotency-Key"
MAX_LENGTH = 128
LIFETIME = timedelta(minutes=6)
IN_FLIGHT, MISSING = "key-in-flight", "key-missing"

_NAME = HEADER.lower()


def replay(call: Call, operation: Operation, state: State) -> Reply | None:
    """The answer that the key was given before, whatever it was.

    Raises:
        Rejected: the key was used with another request, or its first call is not over (assumed); or there
            is none though the switch `require_key` asks for one.
    """
    if call.assumptions["require_key"] == "on" and _takes_one(operation) and not call.headers.get(_NAME):
        raise Rejected(say(MISSING, ("header", HEADER)))
    record = _live(call, operation, state)
    if record is not None and record["fingerprint"] != call.fingerprint:
        raise Rejected(say("key-reused", ("header", HEADER), key=_key(call, operation)))
    if call.twins and _key(call, operation):
        raise Rejected(say(IN_FLIGHT, ("header", HEADER), key=_key(call, operation)))
    if record is None:
        return None
    return Reply(record["status"], record["body"].encode(), record["media_type"], headers(call, state))


def remember(call: Call, operation: Operation, reply: Reply, state: State) -> None:
    """Keep the first answer that the key is given, an error like any other."""
    if not _key(call, operation):
        return
    _records(call, state)[_name(call, operation)] = {
        "fingerprint": call.fingerprint,
        "until": print_instant(state.now + LIFETIME),
        "status": reply.status,
        "media_type": reply.media_type,
        "body": reply.body.decode(),
    }


def _live(call: Call, operation: Operation, state: State) -> Document | None:
    record = _records(call, state).get(_name(call, operation)) if _key(call, operation) else None
    return record if record is not None and parse_instant(record["until"]) > state.now else None


def _records(call: Call, state: State) -> Collection:
    return state.collection(COLLECTION, "" if call.assumptions["key_scope"] == "app" else None)


def _key(call: Call, operation: Operation) -> str:
    """The call's key, "" for none; reading takes no notice of one, and one that is too long is refused."""
    key = call.headers.get(_NAME, "")
    return key if _takes_one(operation) and len(key) <= MAX_LENGTH else ""


def _takes_one(operation: Operation) -> bool:
    return operation.has_parameter(HEADER)


def _name(call: Call, operation: Operation) -> str:
    return f"{call.principal.name}/{_key(call, operation)}"
