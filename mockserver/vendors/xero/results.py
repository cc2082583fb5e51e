"""The answer to a batch: every element with its outcome, or only those that failed.

Either way what was good is saved. Source: Xero fact sheet §3.1, §3.2.
"""

from collections.abc import Callable
from typing import TypeAlias

from mockserver.model import Json, Outcome, Reply
from mockserver.spec import Batch
from mockserver.store import State
from mockserver.vendor import BatchResult, Render, Request
from mockserver.vendors.xero.echo import messages
from mockserver.vendors.xero.replies import enveloped, validation_failure

SUMMARIZE_BY_DEFAULT = True
"""What a call without `summarizeErrors` gets. Source: Xero fact sheet §3.1, against the vendor's document."""

Stored: TypeAlias = Callable[[Outcome, Request, State], Json]
Echo: TypeAlias = Callable[[Outcome, Batch], dict[str, Json]]


def results(plural: str, stored: Stored, echo: Echo) -> Render:
    """The render of a batch of `plural`: `stored` shows the good elements, `echo` the failed ones."""

    def failed(outcome: Outcome, request: Request) -> dict[str, Json]:
        batch = request.operation.batch
        return echo(outcome, batch) if batch else {}

    def render(result: BatchResult, state: State) -> Reply:
        request = result.request
        refused = [outcome for outcome in result.outcomes if not outcome.accepted]
        if refused and _summarizes(request):
            elements = [
                {**failed(outcome, request), "ValidationErrors": messages(outcome.problems)}
                for outcome in refused
            ]
            return validation_failure(elements, state)
        return enveloped({plural: [entry(outcome, request, state) for outcome in result.outcomes]}, state)

    def entry(outcome: Outcome, request: Request, state: State) -> Json:
        if outcome.accepted:
            return stored(outcome, request, state)
        return {
            **failed(outcome, request),
            "StatusAttributeString": "ERROR",
            "ValidationErrors": messages(outcome.problems),
        }

    return render


def _summarizes(request: Request) -> bool:
    """Anything but a plain false is true. Source: Xero fact sheet §7.34."""
    return request.parameters.get("summarizeErrors", SUMMARIZE_BY_DEFAULT) is not False
