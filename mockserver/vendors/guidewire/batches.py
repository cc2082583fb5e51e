"""Batches and composites: run the subrequests that a call contains, and collect their replies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlencode

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, json_reply
from mockserver.errors import InvalidCall, Rejected
from mockserver.model import EMPTY, Action, Call, Document, Item, Json, Outcome, Path, Problem, Reply, Value
from mockserver.sandbox.store import State
from mockserver.vendor import FAULT_RULE, BatchResult, Request, StoreItem
from mockserver.vendors.guidewire.refusals import problem_error, refusal_error, wrap_error
from mockserver.vendors.guidewire.representation import API, CORRELATION
from mockserver.vendors.guidewire.request_headers import finish_reply, record_failed_id

BATCH_ONLY_HEADERS = frozenset({"gw-checksum", "prefer", "content-length"})
"""Headers of a batch that its subrequests do not inherit; only `GW-Checksum` is documented.

Source: docs/vendors/guidewire.md#batches.
"""

COMPOSITE_ONLY_HEADERS = BATCH_ONLY_HEADERS | {"gw-dbtransaction-id", "gw-donotcommit"}
"""Headers of a composite that its subrequests do not inherit, as the composite is one transaction.

Source: docs/vendors/guidewire.md#composites.
"""

FIRST_REFUSAL = 400
CONTAINER_PATHS = frozenset({f"{API}/batch", "/composite/v1/composite"})
"""Paths of batches and composites, which no subrequest may call."""

_ACTIONS_BY_METHOD = {
    "get": Action.UNCHANGED,
    "post": Action.CREATED,
    "patch": Action.UPDATED,
    "delete": Action.UPDATED,
}
_REFERENCE = re.compile(r"\$\{([^{}]+)\}")
_PATH_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[([0-9]{1,6})\]|\['([^']+)'\]")
_MAX_SUBSTITUTED = 1024 * 1024
_SKIPPED: Json = {"skipped": True}
_NOT_INCLUDED: Json = {"responseIncluded": False}


class Subrequest(Value, frozen=True):
    method: str
    path: str
    query: str = ""
    body: Json = None
    headers: Mapping[str, str] = EMPTY

    def as_call(self, carrier: Call) -> Call:
        """Return the subrequest as a call that inherits missing headers (not Content-Type) from `carrier`."""
        # No entry shows its correlation id, so none is drawn: a failed call would change all later draws.
        shown_once = {CORRELATION.lower(): "carried"}
        return replace(
            carrier,
            method=self.method.upper(),
            path=unquote(self.path),
            query=self.query,
            headers={**shown_once, **carrier.headers, "content-type": JSON_TYPE, **self.headers},
            body=b"" if self.body is None else json.encode(self.body),
        )


def without_headers(call: Call, names: frozenset[str]) -> Call:
    return replace(call, headers={name: text for name, text in call.headers.items() if name not in names})


def reply_entry(reply: Reply) -> Json:
    """Return the reply as an entry of a batch: status, body if any, all headers except the correlation id."""
    headers = [{"name": name, "value": text} for name, text in reply.headers if name != CORRELATION]
    body = {"body": json.decode(reply.body)} if reply.body else {}
    return {"status": reply.status, **body, "headers": headers}


def error_entry(error: Json, call: Call) -> Json:
    return {"status": error["status"], "body": wrap_error(error, call), "headers": []}


def problem_entry(problems: Iterable[Problem], call: Call) -> Json:
    return error_entry(problem_error(problems, call), call)


def error_in(body: Json) -> Json:
    return body.get("error", body)


def run_batch(request: Request, state: State) -> StoreItem:
    """Return a function that runs one subrequest. A failed subrequest does not undo the others.

    Raises InvalidCall if there are too many subrequests.
    """
    too_many = Problem("too-many", ("requests",), rule="maxItems")
    _refuse_too_many(len(request.items), "batch_limit", too_many, request.call)
    batch = without_headers(request.call, BATCH_ONLY_HEADERS)
    takes_data = request.call.assumptions["batch_data_alias"] == "accepted"

    def keep(item: Item) -> Outcome:
        sent = item.document
        body = sent.get("body")
        if body is None and takes_data and "data" in sent:
            body = {"data": sent["data"]}
        answered = _run_call(sent, _call_of(sent, body, batch), request, state)
        if answered["status"] >= FIRST_REFUSAL:
            # Not raised: the subrequest has undone itself, but its transaction id may have to stay stored.
            return Outcome(item, Action.REJECTED, answered, _problems(error_in(answered["body"]), item))
        return Outcome(item, _ACTIONS_BY_METHOD[sent["method"]], answered)

    return keep


def aborts_batch(item: Item) -> bool:
    return isinstance(item.document, dict) and item.document.get("onFail") == "abort"


def render_batch(result: BatchResult, state: State) -> Reply:
    call = result.request.call
    marked = call.assumptions["skipped_calls"] == "marked"
    entries = [
        _outcome_entry(outcome, call)
        for outcome in result.outcomes
        if marked or outcome.action is not Action.SKIPPED
    ]
    return finish_reply(json_reply(200, {"responses": entries}), result.request, state)


def _run_call(sent: Document, call: Call, request: Request, state: State) -> Json:
    if call.path in CONTAINER_PATHS:
        return problem_entry((Problem("nested-batch"),), call)
    answered = request.dispatch(call, state)
    if answered.reply.status >= FIRST_REFUSAL and call.method != "GET":
        record_failed_id(call, answered.reply.status, state)
    if answered.refusal == "not-found":
        return error_entry(refusal_error("not-found", sent["path"]), call)
    return reply_entry(answered.reply)


def _problems(error: Document, item: Item) -> tuple[Problem, ...]:
    """Return each detail of a subrequest's error as a problem, whose path starts at the root of the batch."""
    return tuple(Problem("refused", _place_of(one, item), one["message"]) for one in _details(error))


def _details(error: Document) -> list[Document]:
    return error.get("details") or [{"message": error.get("userMessage", "")}]


def _place_of(detail: Document, item: Item) -> Path:
    path = f".{detail.get('properties', EMPTY).get('path', '')}"
    if path == "." or _PATH_STEP.sub("", path):
        return ("requests", item.index)
    steps = [name or quoted or int(index) for name, index, quoted in _PATH_STEP.findall(path)]
    return ("requests", item.index, *(["body"] if "body" in item.document else []), *steps)


def _call_of(sent: Document, body: Json, batch: Call) -> Call:
    own = {header["name"].lower(): header["value"] for header in sent.get("headers", ())}
    return Subrequest(sent["method"], API + sent["path"], sent.get("query", ""), body, own).as_call(batch)


def _outcome_entry(outcome: Outcome, call: Call) -> Json:
    """Return a subrequest's response, or an error if the call was skipped or a scenario made it fail."""
    if outcome.action is Action.SKIPPED:
        return error_entry(refusal_error("aborted", ""), call)
    is_faulty = any(problem.rule == FAULT_RULE for problem in outcome.problems)
    return problem_entry(outcome.problems, call) if is_faulty or not outcome.document else outcome.document


class Variables:
    """Variables that a composite's subrequests define. The total length of all substitutions is limited."""

    def __init__(self) -> None:
        self._known: dict[str, Json] = {}
        self._left = _MAX_SUBSTITUTED

    def keep(self, name: str, path: str, answer: Json, place: Path) -> None:
        """Store the scalar at `path` of `answer` (`$.data[0].id`) as `name`. Raises Rejected: no scalar."""
        value = answer
        rest = path.removeprefix("$")
        steps = _PATH_STEP.findall(rest) if rest != path and not _PATH_STEP.sub("", rest) else [("", "", "")]
        for member, index, quoted in steps:
            value = _value_at(value, member or quoted, index)
        if value is None or isinstance(value, (dict, list)):
            raise Rejected(Problem("nothing-at-path", (*place, "path"), found=path))
        self._known[name] = value

    def filled(self, value: Json, place: Path) -> Json:
        """Replace `${name}` in texts of `value`; a text that is only `${name}` becomes the variable's value.

        Raises Rejected if a name is unknown, or the substituted values are too long in total.
        """
        if isinstance(value, dict):
            return {name: self.filled(child, place) for name, child in value.items()}
        if isinstance(value, list):
            return [self.filled(child, place) for child in value]
        if not isinstance(value, str) or "${" not in value:
            return value
        alone = _REFERENCE.fullmatch(value)
        return self._value(alone[1], place) if alone else self.text(value, place)

    def text(self, value: str, place: Path) -> str:
        return _REFERENCE.sub(lambda use: _as_text(self._value(use[1], place)), value)

    def _value(self, name: str, place: Path) -> Json:
        if name not in self._known:
            raise Rejected(Problem("no-variable", place, found=name))
        value = self._known[name]
        self._left -= len(_as_text(value))
        if self._left < 0:
            raise Rejected(Problem("too-long", (*place, "body"), expected=_MAX_SUBSTITUTED))
        return value


def _value_at(value: Json, name: str, index: str) -> Json:
    if name and isinstance(value, dict):
        return value.get(name)
    if index and isinstance(value, list) and int(index) < len(value):
        return value[int(index)]
    return None


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json.encode(value).decode()


class _CompositeRun:
    def __init__(self, request: Request, state: State) -> None:
        self._request, self._state = request, state
        self._call = without_headers(request.call, COMPOSITE_ONLY_HEADERS)
        self._variables = Variables()

    def change(self, sent: Document, place: Path) -> Json:
        try:
            uri = self._variables.text(sent["uri"], place)
            body = self._variables.filled(sent.get("body"), place)
            answered = self._answered(Subrequest(sent["method"], uri, body=body))
            if answered["status"] < FIRST_REFUSAL:
                answered = self._narrowed(answered, sent.get("parameters", EMPTY))
            if answered["status"] < FIRST_REFUSAL:
                self._name(sent.get("vars", ()), answered.get("body"), place)
        except Rejected as rejected:
            return problem_entry(rejected.problems, self._call)
        return answered

    def select(self, sent: Document, place: Path) -> Json:
        """Run one selection, after all requests have succeeded; return its response or an error."""
        try:
            uri = self._variables.text(sent["uri"], place)
            parameters = self._variables.filled(sent.get("parameters", {}), place)
            return self._answered(Subrequest("get", uri, _query_string(parameters)))
        except Rejected as rejected:
            return problem_entry(rejected.problems, self._call)

    def _answered(self, sent: Subrequest) -> Json:
        call = sent.as_call(self._call)
        if call.path in CONTAINER_PATHS:
            return problem_entry((Problem("nested-batch"),), call)
        if not call.path.startswith(f"{API}/"):
            return error_entry(refusal_error("not-found", call.path), call)
        return reply_entry(self._request.dispatch(call, self._state).reply)

    def _narrowed(self, answered: Json, parameters: Document) -> Json:
        """If `fields` is sent, read the record again with these attributes: writes return all attributes."""
        if "fields" not in parameters or "body" not in answered:
            return answered
        href = answered["body"]["data"]["links"]["self"]["href"]
        read = self._answered(Subrequest("get", href, _query_string({"fields": parameters["fields"]})))
        return {**read, "status": answered["status"]} if read["status"] < FIRST_REFUSAL else read

    def _name(self, variables: Iterable[Document], body: Json, place: Path) -> None:
        for number, sent in enumerate(variables):
            self._variables.keep(sent["name"], sent["path"], body, (*place, "vars", number))


def run_composite(request: Request, state: State) -> Reply:
    """Run the requests in order until one fails; if none fails, run the selections.

    Raises InvalidCall: there are too many requests and selections together.
    """
    requests, selections = request.document.get("requests", ()), request.document.get("selections", ())
    found = len(requests) + len(selections)
    too_many = Problem("too-many-calls", ("requests",), found=found)
    _refuse_too_many(found, "composite_limit", too_many, request.call)
    running = _CompositeRun(request, state)
    responses: list[Json] = []
    for number, sent in enumerate(requests):
        answered = running.change(sent, ("requests", number))
        if answered["status"] >= FIRST_REFUSAL:
            left = len(requests) - number - 1
            failed = {"requestError": error_in(answered["body"])}
            reply = _failure_reply([*responses, failed, *[_SKIPPED] * left], len(selections))
            message = "; ".join(one["message"] for one in _details(failed["requestError"]))
            return replace(
                reply, reason=f"/requests/{number} was refused with {answered['status']}: {message}"
            )
        responses.append(answered if sent.get("includeResponse", True) else _NOT_INCLUDED)
    selected = [running.select(sent, ("selections", number)) for number, sent in enumerate(selections)]
    return json_reply(200, {"responses": responses, "selections": selected})


def _failure_reply(responses: Json, selections: int) -> Reply:
    skipped = {"selections": [_SKIPPED] * selections} if selections else {}
    return json_reply(400, {"requestFailed": True, "responses": responses, **skipped})


def _refuse_too_many(found: int, assumption: str, problem: Problem, call: Call) -> None:
    """Raise InvalidCall with the problem if there are more subrequests than the assumption allows."""
    limit = int(call.assumptions[assumption])
    if found > limit:
        hint = f"{found:,} subrequests, at most {limit:,} are allowed ({call.assumed(assumption)})"
        raise InvalidCall((replace(problem, expected=limit),), hint=hint)


def _query_string(parameters: Document) -> str:
    pairs: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if name == "filter":
            pairs += [(name, text) for text in (value if isinstance(value, list) else [value])]
        elif isinstance(value, list):
            pairs.append((name, ",".join(map(str, value))))
        else:
            pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return urlencode(pairs)
