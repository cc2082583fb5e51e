"""Apply request headers of all operations: Accept, charset, transaction ids, dry runs, async replies."""

from __future__ import annotations

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, check_json_in_utf_8, json_reply
from mockserver.model import Call, Problem, Reply
from mockserver.sandbox.assumptions import ON
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import Enter, Handler, Request, find_record
from mockserver.vendors.guidewire.attributes import print_instant
from mockserver.vendors.guidewire.errors import rejection
from mockserver.vendors.guidewire.lifecycle import new_id
from mockserver.vendors.guidewire.representation import with_correlation_id

TRANSACTIONS = "transactions"
ASYNC_REQUESTS = "async-requests"
_TRANSACTION_HEADER = "GW-DBTransaction-ID"
_MAX_TRANSACTION = 128
_FIRST_REFUSAL = 400


def admit(call: Call, enter: Enter, state: State) -> str:
    """Enter the operation and count the call. Assumptions may require calls to accept JSON and send UTF-8."""
    enter()
    with state.item():  # a refused call is not counted
        enter.count()
        check_json_in_utf_8(call)
    return ""


def read_handler(handler: Handler) -> Handler:
    def handle(request: Request, state: State) -> Reply:
        return finish_reply(handler(request, state), request, state)

    return handle


def write_handler(handler: Handler) -> Handler:
    def handle(request: Request, state: State) -> Reply:
        tried = request.parameters.get("GW-DoNotCommit") is True
        mark = state.mark()
        if not tried:
            _claim_transaction_id(request, state)
        reply = handler(request, state)
        if tried or reply.status >= _FIRST_REFUSAL:
            state.undo_to(mark)
        return finish_reply(reply, request, state)

    return handle


def remember_failure(call: Call, operation: Operation, reply: Reply, state: State) -> None:
    """Store the transaction id of a refused call, if an assumption says that refused calls use up ids."""
    if operation.method != "get" and not operation.batch:
        record_failed_id(call, reply.status, state)


def record_failed_id(call: Call, status: int, state: State) -> None:
    name = call.headers.get(_TRANSACTION_HEADER.lower(), "")
    if status < _FIRST_REFUSAL or call.assumptions["failed_call_uses_id"] != ON:
        return
    commits = call.headers.get("gw-donotcommit", "").lower() != "true"
    if commits and 0 < len(name) <= _MAX_TRANSACTION:
        state.collection(TRANSACTIONS)[name] = {"at": print_instant(state.now)}


def finish_reply(reply: Reply, request: Request, state: State) -> Reply:
    """Add a correlation id. Request headers may ask for the schema's name, and for an asynchronous reply."""
    if reply.body and request.parameters.get("GW-IncludeSchemaProperty") is True:
        document = {"$GW-Schema": _reply_schema(request, reply.status), **json.decode(reply.body)}
        reply = replace(reply, body=json.encode(document))
    return with_correlation_id(_respond_async(reply, request, state), request.call, state)


def _reply_schema(request: Request, status: int) -> str:
    """Return the name of the response's schema in the spec, assumed to be the vendor's name of the schema."""
    schema: str = request.operation.contents(str(status))[JSON_TYPE]["schema"]["$ref"]
    return schema.rpartition("/")[2]


def _claim_transaction_id(request: Request, state: State) -> None:
    """Store the call's transaction id, if any.

    Raises Rejected if the id was used, or if a call with this id is still running (assumed).
    """
    name = request.parameters.get(_TRANSACTION_HEADER)
    if not name:
        return
    known = state.collection(TRANSACTIONS)
    if name in known or request.call.same_key_in_flight:
        raise rejection(Problem("already-executed", ("header", _TRANSACTION_HEADER), found=name))
    known[name] = {"at": print_instant(state.now)}


def _respond_async(reply: Reply, request: Request, state: State) -> Reply:
    """Reply asynchronously if the header `Prefer` requests it and the assumption `respond_async` allows it.

    Source: the vendor's guide, "Sending a request asynchronously" (the 202, its empty body and its header);
    this server does the work before it replies.
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
    """Return the stored response to an asynchronous call (its form is assumed)."""
    kept = find_record(ASYNC_REQUESTS, request.parameters["asyncRequestId"], state)
    return json_reply(200, kept)
