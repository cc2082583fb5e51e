"""The batch: each call in it goes the same road as it would alone, one after the other.

Source: Guidewire fact sheet §3.4.
"""

from __future__ import annotations

from urllib.parse import unquote

from mockserver.codec import json
from mockserver.errors import Rejected
from mockserver.model import Action, Call, Document, Item, Json, Outcome, Problem, Reply
from mockserver.reply import JSON, json_reply
from mockserver.store import State
from mockserver.vendor import BatchResult, Request
from mockserver.vendors.guidewire.assumed import NOT_INHERITED
from mockserver.vendors.guidewire.refusals import problem_document, refusal_document
from mockserver.vendors.guidewire.render import API, CORRELATION, correlated

_ACTIONS = {"get": Action.UNCHANGED, "post": Action.CREATED, "patch": Action.UPDATED}
_FIRST_REFUSAL = 400


def run(item: Item, request: Request, state: State) -> Outcome:
    """Run one call; what it did is kept whatever becomes of the others.

    Raises:
        Rejected: the call was refused.
    """
    sent = item.document
    entry = _answered(sent, request, state)
    if entry["status"] >= _FIRST_REFUSAL:
        problem = Problem("refused", ("requests", item.index), entry["body"]["userMessage"])
        raise Rejected(problem, document=entry)
    return Outcome(item, _ACTIONS[sent["method"]], entry)


def aborts(item: Item) -> bool:
    """Whether the batch ends with this call if it fails."""
    return isinstance(item.document, dict) and item.document.get("onFail") == "abort"


def answer(result: BatchResult, state: State) -> Reply:
    """The answers in the order of the calls; what was skipped has none."""
    entries = [_outcome(outcome) for outcome in result.outcomes if outcome.action is not Action.SKIPPED]
    return correlated(json_reply(200, {"responses": entries}), result.request.call, state)


def _answered(sent: Document, request: Request, state: State) -> Json:
    call = _call(sent, request.call)
    if (call.method, call.path) == (request.call.method, request.call.path):
        return _refused(problem_document((Problem("nested-batch"),)))
    answered = request.dispatch(call, state)
    if answered.refusal == "not-found":
        return _refused(refusal_document("not-found", sent["path"]))
    return _entry(answered.reply)


def _call(sent: Document, batch: Call) -> Call:
    """The call that a subrequest stands for; its own headers come before those of the batch."""
    inherited = {name: text for name, text in batch.headers.items() if name not in NOT_INHERITED}
    own = {header["name"].lower(): header["value"] for header in sent.get("headers", ())}
    return Call(
        vendor=batch.vendor,
        sandbox=batch.sandbox,
        method=sent["method"].upper(),
        path=API + unquote(sent["path"]),
        query=sent.get("query", ""),
        headers={**inherited, "content-type": JSON, **own},
        body=json.encode(sent["body"]) if "body" in sent else b"",
        mount=batch.mount,
        origin=batch.origin,
        principal=batch.principal,
    )


def _outcome(outcome: Outcome) -> Json:
    """The entry that the call left, or, when its frame was bad and it never ran, the error for that."""
    return outcome.document or _refused(problem_document(outcome.problems))


def _entry(reply: Reply) -> Json:
    headers = [{"name": name, "value": text} for name, text in reply.headers if name != CORRELATION]
    body = {"body": json.decode(reply.body)} if reply.body else {}
    return {"status": reply.status, **body, "headers": headers}


def _refused(document: Json) -> Json:
    return {"status": document["status"], "body": document, "headers": []}
