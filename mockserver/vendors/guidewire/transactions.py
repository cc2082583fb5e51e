"""Round every operation: once only under one id, without a trace when only tried, later when asked for that.

Source: Guidewire fact sheet §1.5.
"""

from __future__ import annotations

from contextlib import suppress

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.errors import Rejected
from mockserver.model import Call, Problem, Reply
from mockserver.reply import json_reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendor import Handler, Request, record
from mockserver.vendors.guidewire.assumptions import ON
from mockserver.vendors.guidewire.instants import printed
from mockserver.vendors.guidewire.records import new_id
from mockserver.vendors.guidewire.render import correlated
from mockserver.vendors.guidewire.words import ANSWERS

TRANSACTIONS = "transactions"
ASYNC_REQUESTS = "async-requests"

_TRANSACTION = "GW-DBTransaction-ID"
_MAX_TRANSACTION = 128
_OF_ACTIONS = "BulkInvoiceDetailResponse"
_FIRST_REFUSAL = 400


class _TakeBackError(Exception):
    """Leaves the savepoint of a call that is only tried, or that failed, so that it undoes itself."""


def reading(handler: Handler) -> Handler:
    """The handler, its replies with what headers ask for."""

    def handle(request: Request, state: State) -> Reply:
        return delivered(handler(request, state), request, state)

    return handle


def writing(handler: Handler) -> Handler:
    """The handler as one transaction."""

    def handle(request: Request, state: State) -> Reply:
        tried = request.parameters.get("GW-DoNotCommit") is True
        with suppress(_TakeBackError), state.item():
            if not tried:
                _claim(request, state)
            reply = handler(request, state)
            if tried or reply.status >= _FIRST_REFUSAL:
                raise _TakeBackError
        return delivered(reply, request, state)

    return handle


def remember(call: Call, operation: Operation, reply: Reply, state: State) -> None:
    """Note the id of a call that was refused, if the switch says that it is used up (assumed)."""
    if operation.method != "get" and not operation.batch:
        note_failure(call, reply.status, state)


def note_failure(call: Call, status: int, state: State) -> None:
    """As `remember`, for a call that another one carries."""
    name = call.headers.get(_TRANSACTION.lower(), "")
    if status < _FIRST_REFUSAL or call.assumptions["failed_call_uses_id"] != ON:
        return
    commits = call.headers.get("gw-donotcommit", "").lower() != "true"
    if commits and 0 < len(name) <= _MAX_TRANSACTION:
        state.collection(TRANSACTIONS)[name] = {"at": printed(state.now)}


def delivered(reply: Reply, request: Request, state: State) -> Reply:
    """The reply with what headers ask for: a schema's name, an answer later, a correlation id."""
    if reply.body and request.parameters.get("GW-IncludeSchemaProperty") is True:
        document = {"$GW-Schema": ANSWERS.get(request.operation.id, _OF_ACTIONS), **json.decode(reply.body)}
        reply = replace(reply, body=json.encode(document))
    return correlated(_deferred(reply, request, state), request.call, state)


def _claim(request: Request, state: State) -> None:
    """Note the transaction's id; a refused call leaves no note, as it leaves nothing.

    Raises:
        Rejected: the id was used, or a call that uses it is not over (assumed).
    """
    name = request.parameters.get(_TRANSACTION)
    if not name:
        return
    known = state.collection(TRANSACTIONS)
    if name in known or request.call.twins:
        raise Rejected(Problem("already-executed", ("header", _TRANSACTION), found=name))
    known[name] = {"at": printed(state.now)}


def _deferred(reply: Reply, request: Request, state: State) -> Reply:
    """The reply, or where it can be read, if the caller would rather not wait for it and the switch allows.

    Source: the vendor's guide, "Sending a request asynchronously" (the 202, its empty body and its header);
    that the work is done at once is ours.
    """
    call = request.call
    prefers = call.method != "GET" and "respond-async" in call.headers.get("prefer", "").lower()
    if not prefers or call.assumptions["respond_async"] != "accepted":
        return reply
    name = new_id(call.assumptions["id_prefix"], state)
    body = {"body": json.decode(reply.body)} if reply.body else {}
    state.collection(ASYNC_REQUESTS)[name] = {"id": name, "status": reply.status, **body}
    return Reply(202, headers=(("GW-Async-Location", f"/async/v1/requests/{name}"),))


def show_async_request(request: Request, state: State) -> Reply:
    """The answer to a call that did not wait for it. Assumed: the form of this."""
    kept = record(ASYNC_REQUESTS, request.parameters["asyncRequestId"], state)
    return json_reply(200, kept)
