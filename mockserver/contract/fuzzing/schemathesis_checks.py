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
from schemathesis.openapi.checks import UnsupportedMethodResponse
from schemathesis.schemas import BaseSchema

from mockserver.contract.call_profile import FixturePins
from mockserver.contract.checks import NO_SERVER_ERROR
from mockserver.contract.checks.check_case import NOT_IMPLEMENTED
from mockserver.contract.config import RunConfig
from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Check, Finding
from mockserver.contract.fuzzing.pins import PinnedCase, operation_id
from mockserver.contract.ledger import FindingLedger

SCHEMATHESIS_CHECKS = tuple(
    Check(name, says, "calls", reason)
    for name, says, reason in (
        (
            "status-code-conformance",
            "statuses are documented",
            "clients handle the statuses that the spec lists",
        ),
        (
            "content-type-conformance",
            "media types are documented",
            "clients read the media types that the spec lists",
        ),
        ("response-headers-conformance", "headers match the spec", "clients rely on documented headers"),
        ("response-schema-conformance", "bodies match the schema", "clients are generated from the schema"),
        (
            "negative-data-rejection",
            "invalid requests are rejected",
            "an invalid request that is accepted hides a mistake of the caller",
        ),
        ("positive-data-acceptance", "valid requests are accepted", "clients send what the spec allows"),
        (
            "missing-required-header",
            "requests without a required header are rejected",
            "the spec says that the header is required",
        ),
        ("unsupported-method", "undocumented methods are rejected", "the spec says which methods exist"),
    )
)

_NOT_MADE = frozenset(
    {
        "ignored_auth",  # made by `refusal_checks`
        "object_level_authorization",  # needs several users of a tenant
        "ensure_resource_availability",  # silent wherever an operation has a header; `link_walks` is not
        "allow_header_conformance",  # speaks of answers to OPTIONS alone
        "use_after_free",  # silent for the same reason; sequences read what they delete
    }
)

_SAME_CHECKS = {"not_a_server_error": NO_SERVER_ERROR}
"""Checks of Schemathesis that are reported as a check of ours, as both are about the same rule."""

_SAID = {
    NO_SERVER_ERROR: "a server error",
    "positive-data-acceptance": "although the spec allows the call",
    "negative-data-rejection": "although the spec does not allow the call",
    "missing-required-header": "although a required header is missing",
    "unsupported-method": "although the spec has no such method there",
}


def _check_id(name: str) -> str:
    """Return the id under which a check of Schemathesis is reported."""
    return _SAME_CHECKS.get(name, name.replace("_", "-"))


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
        self._run_config = run_config
        self._results: list[CheckResult] = []

        def validated(context: Any, case: Any, response: Any, results: list[CheckResult]) -> None:
            del context, case, response
            self._results = results

        schema.hook("after_validate")(validated)

    def check(
        self, answered: CheckedResponse, ledger: FindingLedger, left_out: frozenset[str] = frozenset()
    ) -> tuple[Finding, ...]:
        """Return the findings of the checks that an answer fails; those of `left_out` are not made.

        Raises:
            TargetUnreachableError: nobody answers a check that calls again.
        """
        self._results = []
        # The hook gets more than the error says: all checks by name, also those that passed.
        with suppress(FailureGroup):
            answered.case.validate_response(
                answered.response,
                excluded_checks=list(self._excluded(answered, left_out)),
                transport_kwargs=dict(answered.arguments),
                recorder=answered.recorder,
            )
        operation = operation_id(answered.case)
        found = []
        for result in self._results:
            check = _check_id(result.name)
            ledger.count_check(operation, check)
            if result.failure is not None:
                found.append(_finding(check, operation, answered.exchange, result.failure))
        return tuple(found)

    def _excluded(self, answered: CheckedResponse, left_out: frozenset[str]) -> Iterator[CheckFunction]:
        left_out |= _of_method(answered) | _of_file(answered)
        sent = answered.exchange.request.headers
        pinned = {
            one.check for one in self._pins.skipped_checks if one.header and one.header.lower() not in sent
        }
        for name in REGISTERED.get_all_names():
            check, check_id = REGISTERED.get_one(name), _check_id(name)
            is_left_out = (
                name in pinned
                or name in _NOT_MADE
                or check_id in left_out
                or not self._run_config.wants(check_id)
            )
            if is_left_out and not isinstance(check, type):
                yield check


def _of_method(answered: CheckedResponse) -> frozenset[str]:
    """Return the checks that know no 501, where the spec declares it and the method is another."""
    operation = answered.case.operation
    is_declared = str(NOT_IMPLEMENTED) in operation.responses.status_codes
    declared = answered.exchange.response.status == NOT_IMPLEMENTED and is_declared
    other = answered.exchange.request.method.lower() != operation.method.lower()
    return frozenset({NO_SERVER_ERROR, "unsupported-method"}) if declared and other else frozenset()


def _of_file(answered: CheckedResponse) -> frozenset[str]:
    """Return the check that reads a body by its media type, where the spec says that the body is a file.

    A file holds any bytes, and its media type is what its sender called it.
    """
    response = answered.exchange.response
    declared: Any = answered.case.operation.responses.find_by_status_code(response.status)
    schema = declared.get_schema(response.media_type).schema if declared else None
    is_file = isinstance(schema, Mapping) and schema.get("format") == "binary"
    return frozenset({"response-schema-conformance"}) if is_file else frozenset()


def _finding(check: str, operation: str, exchange: Exchange, failure: Failure) -> Finding:
    status = exchange.response.status
    reason = "; ".join(line.strip(" -`") for line in failure.message.splitlines() if line.strip())
    where = f"{exchange.request.method} {exchange.request.path.partition('?')[0]}"
    if isinstance(failure, UnsupportedMethodResponse) and failure.failure_reason == "missing_allow_header":
        told = f"{where} is answered {status} without an Allow header that lists the methods that are there"
        return Finding(check, operation, told, expected="Allow", came="no Allow", exchanges=(exchange,))
    said = _SAID.get(check) or f"{failure.title[:1].lower()}{failure.title[1:]}"
    told = f"{where} is answered {status}, {said}" + (f" ({reason})" if reason else "")
    return Finding(check, operation, told, came=str(status), exchanges=(exchange,))
