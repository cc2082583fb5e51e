"""Schemathesis' own checks, run one by one and reported as ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from schemathesis.checks import CHECKS as REGISTERED
from schemathesis.checks import CheckFunction, CheckResult, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

from mockserver.contract.config import RunConfig
from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Check, Finding
from mockserver.contract.fuzzing.pins import PinnedCase, operation_id
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.profile import FixturePins

SCHEMATHESIS_CHECKS = tuple(
    Check(name, says, "calls", reason)
    for name, says, reason in (
        ("not-a-server-error", "no server error", "whatever is sent, a server has an answer to it"),
        ("status-code-conformance", "statuses are in the spec", "a client handles what the spec lists"),
        ("content-type-conformance", "media types are in the spec", "a client reads what the spec lists"),
        ("response-headers-conformance", "headers are as the spec says", "a client relies on them"),
        ("response-schema-conformance", "bodies are as the spec says", "a client is made from the schema"),
        ("negative-data-rejection", "what the spec forbids is refused", "what is taken has a meaning"),
        ("positive-data-acceptance", "what the spec takes is taken", "a client sends what the spec takes"),
        ("missing-required-header", "a required header is required", "the spec says so"),
        ("unsupported-method", "methods that the spec has not are refused", "there is nothing to them"),
    )
)

_NOT_MADE = frozenset(
    {
        "ignored_auth",  # made by `uninvited`
        "object_level_authorization",  # needs several users of a tenant
        "ensure_resource_availability",  # silent wherever an operation has a header; `walks` is not
        "allow_header_conformance",  # speaks of answers to OPTIONS alone
        "use_after_free",  # silent for the same reason; sequences read what they delete
    }
)

_SAID = {
    "not-a-server-error": "a server error",
    "positive-data-acceptance": "though the call is as the spec wants it",
    "negative-data-rejection": "though the call is not as the spec wants it",
    "missing-required-header": "though a header is missing that the spec requires",
    "unsupported-method": "though the spec has no such method there",
}


@dataclass(frozen=True, slots=True)
class CheckedResponse:
    """A generated case with its response, in Schemathesis' form and as bytes.

    `arguments` are those of the call, for checks that call again.
    """

    case: PinnedCase
    response: Response
    exchange: Exchange
    arguments: Mapping[str, Any]
    recorder: ScenarioRecorder | None = None


class SchemathesisChecks:
    """Makes the checks that are switched on for a schema, and that are wanted."""

    def __init__(self, schema: BaseSchema, pins: FixturePins, run_config: RunConfig) -> None:
        load_all_checks()
        self._pins = pins
        self._effort = run_config
        self._results: list[CheckResult] = []

        def validated(context: Any, case: Any, response: Any, results: list[CheckResult]) -> None:
            del context, case, response
            self._results = results

        schema.hook("after_validate")(validated)

    def judge(
        self, answered: CheckedResponse, ledger: FindingLedger, left_out: frozenset[str] = frozenset()
    ) -> tuple[Finding, ...]:
        """Return what does not hold of an answer; the checks of `left_out` are not made.

        Raises:
            TargetUnreachableError: nobody answers a check that calls again.
        """
        self._results = []
        # The hook is told more: which checks held, and by name which did not.
        with suppress(FailureGroup):
            answered.case.validate_response(
                answered.response,
                excluded_checks=list(self._excluded(answered.exchange, left_out)),
                transport_kwargs=dict(answered.arguments),
                recorder=answered.recorder,
            )
        operation = operation_id(answered.case)
        found = []
        for result in self._results:
            check = result.name.replace("_", "-")
            ledger.count_check(operation, check)
            if result.failure is not None:
                found.append(_finding(check, operation, answered.exchange, result.failure))
        return tuple(found)

    def _excluded(self, exchange: Exchange, left_out: frozenset[str]) -> Iterator[CheckFunction]:
        sent = exchange.request.headers
        pinned = {
            one.check for one in self._pins.skipped_checks if one.header and one.header.lower() not in sent
        }
        for name in REGISTERED.get_all_names():
            check, told = REGISTERED.get_one(name), name.replace("_", "-")
            unwanted = name in pinned or name in _NOT_MADE or told in left_out or not self._effort.wants(told)
            if unwanted and not isinstance(check, type):
                yield check


def _finding(check: str, operation: str, exchange: Exchange, failure: Failure) -> Finding:
    status = exchange.response.status
    reason = "; ".join(line.strip(" -`") for line in failure.message.splitlines() if line.strip())
    where = f"{exchange.request.method} {exchange.request.path.partition('?')[0]}"
    said = _SAID.get(check) or f"{failure.title[:1].lower()}{failure.title[1:]}"
    told = f"{where} is answered {status}, {said}" + (f" ({reason})" if reason else "")
    return Finding(check, operation, told, came=str(status), exchanges=(exchange,))
