"""Idempotency keys: for six minutes the same request is answered as before, another one is refused.

A record lives in the tenant's collection `idempotency`, under the caller's name and the key.
Source: Xero fact sheet §3.6.
"""

from datetime import timedelta
from hashlib import sha256

from mockserver.clock import parse_instant, print_instant
from mockserver.errors import Rejected
from mockserver.model import Call, Reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.replies import headers
from mockserver.vendors.xero.words import say

COLLECTION = "idempotency"
HEADER = "Idempotency-Key"
LIFETIME = timedelta(minutes=6)


def replay(request: Request, state: State) -> Reply | None:
    """The answer that the key was given before, refused elements too; a body that could not be read has none.

    Raises:
        Rejected: the key was used with another request.
    """
    record = state.collection(COLLECTION).get(_name(request)) if HEADER in request.parameters else None
    if record is None or parse_instant(record["until"]) <= state.now:
        return None
    if record["fingerprint"] != _fingerprint(request.call):
        raise Rejected(say("key-reused", ("header", HEADER), key=request.parameters[HEADER]))
    return Reply(record["status"], record["body"].encode(), record["media_type"], headers(state))


def remember(request: Request, reply: Reply, state: State) -> None:
    """Keep the first answer that the key is given."""
    if not request.parameters.get(HEADER):
        return
    state.collection(COLLECTION)[_name(request)] = {
        "fingerprint": _fingerprint(request.call),
        "until": print_instant(state.now + LIFETIME),
        "status": reply.status,
        "media_type": reply.media_type,
        "body": reply.body.decode(),
    }


def _name(request: Request) -> str:
    return f"{request.call.principal.name}/{request.parameters[HEADER]}"


def _fingerprint(call: Call) -> str:
    head = f"{call.method} {call.path}?{call.query}\n"
    return sha256(head.encode("utf-8", "surrogateescape") + call.body).hexdigest()
