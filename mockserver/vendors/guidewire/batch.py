"""The batch: each call in it goes the same road as it would alone, one after the other.

Source: Guidewire fact sheet §3.4.
"""

from __future__ import annotations

from mockserver.errors import Invalid
from mockserver.model import Action, Call, Document, Item, Json, Outcome, Problem, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import FAULT, BatchResult, Keep, Request
from mockserver.vendors.guidewire.assumed import NOT_INHERITED
from mockserver.vendors.guidewire.calls import (
    CARRIERS,
    FIRST_REFUSAL,
    Carried,
    entry,
    error_of,
    refused_entry,
    without,
)
from mockserver.vendors.guidewire.refusals import problem_error, refusal_error
from mockserver.vendors.guidewire.render import API
from mockserver.vendors.guidewire.transactions import delivered, note_failure

_ACTIONS = {
    "get": Action.UNCHANGED,
    "post": Action.CREATED,
    "patch": Action.UPDATED,
    "delete": Action.UPDATED,
}


def run(request: Request, state: State) -> Keep:
    """Open the batch: what runs one call; what that did is kept whatever becomes of the others.

    Raises:
        Invalid: it holds too many calls.
    """
    limit = int(request.call.assumptions["batch_limit"])
    if len(request.items) > limit:
        raise Invalid((Problem("too-many", ("requests",), rule="maxItems", expected=limit),))
    batch = without(request.call, NOT_INHERITED)
    takes_data = request.call.assumptions["batch_data_alias"] == "accepted"

    def keep(item: Item) -> Outcome:
        sent = item.document
        body = sent.get("body")
        if body is None and takes_data and "data" in sent:
            body = {"data": sent["data"]}
        answered = _answered(sent, _call(sent, body, batch), request, state)
        if answered["status"] >= FIRST_REFUSAL:
            # Not raised: the call has undone itself, and its transaction id may have to stay noted.
            message = error_of(answered["body"])["userMessage"]
            refused = Problem("refused", ("requests", item.index), message)
            return Outcome(item, Action.REJECTED, answered, (refused,))
        return Outcome(item, _ACTIONS[sent["method"]], answered)

    return keep


def aborts(item: Item) -> bool:
    """Whether the batch ends with this call if it fails."""
    return isinstance(item.document, dict) and item.document.get("onFail") == "abort"


def answer(result: BatchResult, state: State) -> Reply:
    """The answers in the order of the calls; what was skipped has none, unless a switch says so (assumed)."""
    call = result.request.call
    marked = call.assumptions["skipped_calls"] == "marked"
    entries = [
        _outcome(outcome, call)
        for outcome in result.outcomes
        if marked or outcome.action is not Action.SKIPPED
    ]
    return delivered(json_reply(200, {"responses": entries}), result.request, state)


def _answered(sent: Document, call: Call, request: Request, state: State) -> Json:
    if call.path in CARRIERS:
        return refused_entry(problem_error((Problem("nested-batch"),), call), call)
    answered = request.dispatch(call, state)
    if answered.reply.status >= FIRST_REFUSAL and call.method != "GET":
        note_failure(call, answered.reply.status, state)
    if answered.refusal == "not-found":
        return refused_entry(refusal_error("not-found", sent["path"]), call)
    return entry(answered.reply)


def _call(sent: Document, body: Json, batch: Call) -> Call:
    own = {header["name"].lower(): header["value"] for header in sent.get("headers", ())}
    return Carried(sent["method"], API + sent["path"], sent.get("query", ""), body, own).under(batch)


def _outcome(outcome: Outcome, call: Call) -> Json:
    """The entry that the call left; when it never ran, or a scenario failed it, the error for that."""
    if outcome.action is Action.SKIPPED:
        return refused_entry(refusal_error("aborted", ""), call)
    if any(problem.rule == FAULT for problem in outcome.problems):
        return refused_entry(problem_error(outcome.problems, call), call)
    return outcome.document or refused_entry(problem_error(outcome.problems, call), call)
