"""The answer to a batch: every element with its outcome, or only those that failed.

Either way what was good is saved. Source: Xero fact sheet §3.1, §3.2.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from mockserver.model import Json, Outcome, Path, Reply
from mockserver.store import State
from mockserver.vendor import BatchResult, Render, Request
from mockserver.vendors.xero.depending import explained
from mockserver.vendors.xero.echo import broken, messages
from mockserver.vendors.xero.replies import enveloped, validation_failure
from mockserver.vendors.xero.words import say

Stored: TypeAlias = Callable[[Outcome, Request, State], Json]
Echo: TypeAlias = Callable[[Outcome, Request, frozenset[Path]], dict[str, Json]]

_FLAG = "summarizeErrors"
_AS_SAVED = {"HasErrors": False, "HasValidationErrors": False}


def results(plural: str, stored: Stored, echo: Echo) -> Render:
    """The render of a batch of `plural`: `stored` shows the good elements, `echo` the failed ones."""

    def failed(outcome: Outcome, request: Request) -> dict[str, Json]:
        return echo(outcome, request, broken(outcome, request))

    def hidden(outcome: Outcome, request: Request) -> dict[str, Json]:
        return {name: _AS_SAVED.get(name, value) for name, value in failed(outcome, request).items()}

    def told(outcome: Outcome, request: Request) -> dict[str, Json]:
        return {
            **failed(outcome, request),
            "StatusAttributeString": "ERROR",
            "ValidationErrors": _reasons(outcome),
        }

    def render(result: BatchResult, state: State) -> Reply:
        request, outcomes = result.request, explained(result.outcomes, plural)
        refused = [outcome for outcome in outcomes if not outcome.accepted]
        if refused and _summarizes(request):
            elements = [
                {**failed(outcome, request), "ValidationErrors": _reasons(outcome)} for outcome in refused
            ]
            return validation_failure(elements, request.call, state)
        refuse = hidden if request.call.assumptions["silent_failure"] == "on" else told
        shown = [
            _warned(stored(outcome, request, state), outcome)
            if outcome.accepted
            else refuse(outcome, request)
            for outcome in outcomes
        ]
        return enveloped({plural: shown}, request.call, state)

    return render


def _reasons(outcome: Outcome) -> list[Json]:
    return messages(outcome.problems or (say("not-processed"),))


def _warned(shown: Mapping[str, Json], outcome: Outcome) -> Mapping[str, Json]:
    """A saved element with what it was warned of; one without a warning as it is.

    That a batch payment shows warnings as other elements do is assumed. Source: Xero fact sheet §3.2.
    """
    if not outcome.warnings:
        return shown
    return {**shown, "StatusAttributeString": "WARNING", "Warnings": messages(outcome.warnings)}


def _summarizes(request: Request) -> bool:
    """Anything but a plain false is true; operations without the flag always summarise.

    Source: Xero fact sheet §7.34.
    """
    if _FLAG in request.parameters:
        return request.parameters[_FLAG] is not False
    takes_flag = any(parameter.name == _FLAG for parameter in request.operation.parameters)
    return not takes_flag or request.call.assumptions["summarize_default"] == "true"
