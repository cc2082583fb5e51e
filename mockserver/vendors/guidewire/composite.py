"""The composite: several changes as one, each able to use what those before it made; then selections.

Source: Guidewire fact sheet §3.5; for a failure also the vendor's guide, "Administering composite requests"
(`requestFailed`, `responseIncluded`, `requestError`, `skipped`).
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from mockserver.errors import Invalid, Rejected
from mockserver.model import NOTHING, Call, Document, Json, Path, Problem, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.guidewire.assumed import OF_THE_COMPOSITE
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
from mockserver.vendors.guidewire.variables import Variables

_SKIPPED: Json = {"skipped": True}
_NOT_INCLUDED: Json = {"responseIncluded": False}


class _Run:
    """One composite while it runs; what was made is undone by whoever sees it answer with an error."""

    def __init__(self, request: Request, state: State) -> None:
        self._request, self._state = request, state
        self._call = without(request.call, OF_THE_COMPOSITE)
        self._variables = Variables()

    def change(self, sent: Document, place: Path) -> Json:
        """Run one subrequest; its entry, that of a failure has an error."""
        try:
            uri = self._variables.text(sent["uri"], place)
            body = self._variables.filled(sent.get("body"), place)
            answered = self._answered(Carried(sent["method"], uri, body=body))
            if answered["status"] < FIRST_REFUSAL:
                answered = self._narrowed(answered, sent.get("parameters", NOTHING))
            if answered["status"] < FIRST_REFUSAL:
                self._name(sent.get("vars", ()), answered.get("body"), place)
        except Rejected as rejected:
            return refused_entry(problem_error(rejected.problems, self._call), self._call)
        return answered

    def select(self, sent: Document, place: Path) -> Json:
        """Run one selection on what was made; a failure spoils nothing."""
        try:
            uri = self._variables.text(sent["uri"], place)
            parameters = self._variables.filled(sent.get("parameters", {}), place)
            return self._answered(Carried("get", uri, _query(parameters)))
        except Rejected as rejected:
            return refused_entry(problem_error(rejected.problems, self._call), self._call)

    def _answered(self, sent: Carried) -> Json:
        call = sent.under(self._call)
        if call.path in CARRIERS:
            return refused_entry(problem_error((Problem("nested-batch"),), call), call)
        if not call.path.startswith(f"{API}/"):
            return refused_entry(refusal_error("not-found", call.path), call)
        return entry(self._request.dispatch(call, self._state).reply)

    def _narrowed(self, answered: Json, parameters: Document) -> Json:
        """The answer with those attributes only that `fields` name; a write cannot be asked for less."""
        if "fields" not in parameters or "body" not in answered:
            return answered
        href = answered["body"]["data"]["links"]["self"]["href"]
        read = self._answered(Carried("get", href, _query({"fields": parameters["fields"]})))
        return {**read, "status": answered["status"]} if read["status"] < FIRST_REFUSAL else read

    def _name(self, variables: Iterable[Document], body: Json, place: Path) -> None:
        for number, sent in enumerate(variables):
            self._variables.keep(sent["name"], sent["path"], body, (*place, "vars", number))


def run(request: Request, state: State) -> Reply:
    """All requests or none, in order; selections only when all went well.

    Raises:
        Invalid: there are too many of them.
    """
    requests, selections = request.document.get("requests", ()), request.document.get("selections", ())
    _refuse_too_many(len(requests) + len(selections), request.call)
    running = _Run(request, state)
    responses: list[Json] = []
    for number, sent in enumerate(requests):
        answered = running.change(sent, ("requests", number))
        if answered["status"] >= FIRST_REFUSAL:
            left = len(requests) - number - 1
            failed = {"requestError": error_of(answered["body"])}
            return _failed([*responses, failed, *[_SKIPPED] * left], len(selections))
        responses.append(answered if sent.get("includeResponse", True) else _NOT_INCLUDED)
    selected = [running.select(sent, ("selections", number)) for number, sent in enumerate(selections)]
    return json_reply(200, {"responses": responses, "selections": selected})


def _failed(responses: Json, selections: int) -> Reply:
    """The answer of a composite that changed nothing."""
    skipped = {"selections": [_SKIPPED] * selections} if selections else {}
    return json_reply(400, {"requestFailed": True, "responses": responses, **skipped})


def _refuse_too_many(found: int, call: Call) -> None:
    limit = int(call.assumptions["composite_limit"])
    if found > limit:
        raise Invalid((Problem("too-many-calls", ("requests",), expected=limit, found=found),))


def _query(parameters: Document) -> str:
    """Parameters as a query: repeated filters, comma lists of the others."""
    pairs: list[tuple[str, str]] = []
    for name, value in parameters.items():
        if name == "filter":
            pairs += [(name, text) for text in (value if isinstance(value, list) else [value])]
        elif isinstance(value, list):
            pairs.append((name, ",".join(map(str, value))))
        else:
            pairs.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
    return urlencode(pairs)
