"""Generated cases sent to the target, and the checks of their exchanges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from zlib import crc32

from mockserver.contract.credentials import lacks_credentials
from mockserver.contract.exchange import (
    ANSWERS_CAN_BE_READ,
    EVERY_CALL_IS_ANSWERED,
    Exchange,
    Finding,
    Request,
    TargetUnreachableError,
    UnansweredCallError,
)
from mockserver.contract.fuzzing import generated_requests, refusals
from mockserver.contract.fuzzing.follow_ups import KeyedReplays, LocationChecks
from mockserver.contract.fuzzing.generated_requests import (
    PinnedCase,
    RequestWriter,
    UnsendableCaseError,
    operation_id,
    pin_case,
)
from mockserver.contract.fuzzing.refusals import (
    STATUS_CHECK,
    AuthChecks,
    MalformedBodyChecks,
    RefusalStatusChecks,
)
from mockserver.contract.fuzzing.schemathesis_parts import (
    NOT_SET,
    REGISTERED,
    BaseSchema,
    CheckFunction,
    CheckResult,
    Failure,
    FailureGroup,
    ParameterLocation,
    Response,
    ScenarioRecorder,
    UnsupportedMethodResponse,
    load_all_checks,
)
from mockserver.contract.oracle.checks import NO_SERVER_ERROR, unanswered, unread
from mockserver.contract.oracle.item_checks import DENIED, NOT_IMPLEMENTED, is_stated
from mockserver.contract.profile import FixturePins
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.trial import Trial
from mockserver.spec.openapi import resolve
from mockserver.spec.xml import XML_MEDIA_TYPES

_EVERY_NTH = 4
"""Of so many calls without a body, one asks for XML."""

_ACCEPTED = {"application/x-www-form-urlencoded": "text/xml", **{name: name for name in XML_MEDIA_TYPES}}
"""The `Accept` of a case by the media type of its body."""

_UNREADABLE = (UnicodeError, RecursionError)
"""Errors of a body that is no text, or is nested too deep."""

_INVALID_IS_REFUSED = "negative-data-rejection"
_VALID_IS_ACCEPTED = frozenset({"positive-data-acceptance"})
_HEADER_CHECKS = frozenset({"missing-required-header", _INVALID_IS_REFUSED})
_CHECKS_OF_THE_SPEC = frozenset(
    {
        "status-code-conformance",
        "content-type-conformance",
        "response-headers-conformance",
        "response-schema-conformance",
    }
)
ONCE = frozenset({refusals.AUTH_CHECK, STATUS_CHECK})
"""Checks that are made once for an operation, after its first good answer."""

_SLOW = 3
"""Calls of an operation that took too long, after which the rest of them is left out."""

_NOT_MADE = frozenset(
    {
        "ignored_auth",  # made by `refusal_checks`
        "object_level_authorization",  # needs several users of a tenant
        "ensure_resource_availability",  # silent wherever an operation has a header; `link_walks` is not
        "allow_header_conformance",  # asks for methods that are not built too; made by `refusals`
        "use_after_free",  # silent for the same reason; `check_steps` uses what it deleted
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


class TargetLostError(Exception):
    """The target does not answer any more; nothing is sent after that."""


class UnansweredCaseError(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(slots=True)
class FuzzingContext(Trial):
    replays: KeyedReplays | None = None
    statuses: RefusalStatusChecks | None = None
    locations: LocationChecks | None = None


class CaseCaller:
    """Sends the cases of one schema to one target.

    `lost` is the error with which the target stopped responding, `slow` the number of slow calls by
    operation. `accept` is sent with every call unless "". `left_out` names the checks of Schemathesis to
    skip.
    """

    def __init__(self, schema: BaseSchema, context: FuzzingContext) -> None:
        self.lost: TargetUnreachableError | None = None
        self.slow: Counter[str] = Counter()
        self.accept = ""
        self.left_out: frozenset[str] = frozenset()
        self.ledger = context.ledger
        self.wire = RequestWriter(context.target, context.ledger, context.api.spec)
        self._context = context
        self._session = self.wire.session()
        self._pins = context.api.pins
        self._built_in = SchemathesisChecks(schema, self._pins, context.run_config)
        self._auth_checks = AuthChecks(schema.raw_schema, context, context.statuses)
        self._malformed_body_checks = MalformedBodyChecks(context, context.statuses)

    def call(
        self, case: PinnedCase, recorder: ScenarioRecorder | None = None, *, walking: bool = False
    ) -> CheckedResponse:
        """Send a case and return the checked response.

        Raises UnsendableCaseError: no HTTP request can carry it, or a mockserver would obey it;
        TargetLostError; UnansweredCaseError.
        """
        if self.lost:
            raise TargetLostError
        pin_case(case, self._pins, walking=walking)
        if asked := generated_requests.own_part(case, self._context.target.address.url):
            raise UnsendableCaseError(f"{asked} means something to a mockserver only")
        arguments: dict[str, Any] = {"session": self._session, "allow_redirects": False}
        accept = self.accept or ("" if walking else self._other_form(case))
        if accept:
            arguments["headers"] = {"Accept": accept}
        if case.body is not NOT_SET and (schema := _xml_schema(case)) is not None:
            document = case.operation.schema.raw_schema
            arguments["data"] = generated_requests.write_xml(case.body, schema, document)
        try:
            with self.wire.altering(None if walking else self._key_writer(case)):
                response = case.call(**arguments)
        except UnansweredCallError as error:
            self._count(case, EVERY_CALL_IS_ANSWERED)
            raise UnansweredCaseError(self._unanswered(case, error)) from error
        except TargetUnreachableError as error:
            self.lost = error
            raise TargetLostError from error
        self._count(case, EVERY_CALL_IS_ANSWERED)
        return CheckedResponse(case, response, self.wire.last(), arguments, recorder)

    def _key_writer(self, case: PinnedCase) -> Callable[[Request], Request] | None:
        replays, meta = self._context.replays, case.meta
        is_of_key = meta is not None and meta.is_negative_at(ParameterLocation.HEADER)
        return None if replays is None or is_of_key else replays.key_writer(operation_id(case))

    def wants(self, check: str) -> bool:
        """Return whether a finding is reported; two checks of the answer always are made."""
        return check not in (EVERY_CALL_IS_ANSWERED, ANSWERS_CAN_BE_READ) or self._context.run_config.wants(
            check
        )

    def leaves_out(self, operation: str) -> bool:
        """Return whether an operation is called no more: it is too slow, or all was checked once."""
        only = self._context.run_config.only
        is_done = bool(only) and only <= ONCE and all(self.ledger.made[operation, one] for one in only)
        return is_done or self.slow[operation] >= _SLOW

    def _unanswered(self, case: PinnedCase, error: UnansweredCallError) -> Finding:
        operation = operation_id(case)
        self.slow[operation] += error.is_slow
        if error.is_slow and self.slow[operation] == _SLOW:
            message = f"{operation} was not called any more after {_SLOW} calls without an answer in time"
            self.ledger.notes.append(message)
        return unanswered(error, replace(self.wire.last(), operation=operation))

    def _count(self, case: PinnedCase, check: str) -> None:
        if self._context.run_config.wants(check):
            self.ledger.count_check(operation_id(case), check)

    def _other_form(self, case: PinnedCase) -> str:
        """Return the XML media type that some cases ask for, where a spec negotiates."""
        if "x-negotiation" not in self._context.api.spec.document:
            return ""
        if case.body is not NOT_SET:
            return _ACCEPTED.get(case.media_type or "", "")
        asked = repr((case.path_parameters, case.query)).encode()
        return "" if crc32(asked) % _EVERY_NTH else XML_MEDIA_TYPES[0]

    def check(self, answered: CheckedResponse) -> tuple[Finding, ...]:
        context, exchange, case = self._context, answered.exchange, answered.case
        found: tuple[Finding, ...] = ()
        self._count(case, ANSWERS_CAN_BE_READ)
        try:
            found = context.judge_exchange(exchange, context.ledger)
            found += self._built_in.check(
                answered,
                context.ledger,
                self.left_out
                | (frozenset({NO_SERVER_ERROR}) if exchange.operation else frozenset())
                | self._checks_without_meaning(case)
                | self._provoked(case, exchange),
            )
            if exchange.request.method == case.operation.method.upper():
                found += self._check_once(case, exchange)
        except UnansweredCallError as error:
            found += (self._unanswered(case, error),)
        except TargetUnreachableError as error:
            self.lost = error
            raise TargetLostError from error
        except _UNREADABLE as error:
            found += (unread(error, replace(exchange, operation=operation_id(case))),)
        return found

    def _provoked(self, case: PinnedCase, exchange: Exchange) -> frozenset[str]:
        """Checks that do not apply to a 304, or to an undeclared refusal of a call without credentials."""
        status = exchange.response.status
        if is_stated(status, case.operation.definition.raw.get("responses", {})):
            return _VALID_IS_ACCEPTED if status == HTTPStatus.NOT_MODIFIED else frozenset()
        if exchange.is_unmodified:
            return _CHECKS_OF_THE_SPEC | _VALID_IS_ACCEPTED
        is_provoked = status in DENIED and lacks_credentials(
            self._context.api, operation_id(case), exchange.request
        )
        return _CHECKS_OF_THE_SPEC if is_provoked else frozenset()

    def _checks_without_meaning(self, case: PinnedCase) -> frozenset[str]:
        """Checks that do not apply to a case with a bad header, which Schemathesis may call valid otherwise.

        A header of the user's replaces the bad one. An empty header is present: a schema cannot require text
        of it.
        """
        if case.meta is None or not case.meta.is_negative_at(ParameterLocation.HEADER):
            return frozenset()
        stated = {parameter.name.lower() for parameter in case.operation.headers}
        if not stated.isdisjoint(self._context.target.address.given):
            return _HEADER_CHECKS | _VALID_IS_ACCEPTED
        empty = {name.lower() for name, text in (case.headers or {}).items() if not str(text).strip()}
        is_empty = not stated.isdisjoint(empty)
        return _VALID_IS_ACCEPTED | {_INVALID_IS_REFUSED} if is_empty else _VALID_IS_ACCEPTED

    def _check_once(self, case: PinnedCase, exchange: Exchange) -> tuple[Finding, ...]:
        found: tuple[Finding, ...] = ()
        if self._context.locations:
            found += self._context.locations.check(operation_id(case), exchange)
        if self._context.replays:
            found += self._context.replays.check(operation_id(case), exchange)
            exchange = self._context.replays.without_key(exchange)
        if self._context.statuses:
            found += self._context.statuses.check(operation_id(case), exchange)
        if self._context.run_config.wants(refusals.AUTH_CHECK):
            raw: Mapping[str, Any] = case.operation.definition.raw
            found += self._auth_checks.check(operation_id(case), raw, exchange)
        return found + self._malformed_body_checks.check(operation_id(case), exchange)


def _xml_schema(case: PinnedCase) -> dict[str, Any] | None:
    """Return the schema of an XML body; None where the spec states a range of media types, or none."""
    if not generated_requests.can_write_xml(case.media_type):
        return None
    body = resolve(case.operation.schema.raw_schema, case.operation.definition.raw["requestBody"])
    stated = body["content"].get(case.media_type)
    schema: dict[str, Any] | None = None if stated is None else stated["schema"]
    return schema


def _check_id(name: str) -> str:
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
        """Return the findings of an answer, without the checks in `left_out`."""
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
    """Checks that ignore 501, where the spec declares it and the method is another."""
    operation = answered.case.operation
    is_declared = str(NOT_IMPLEMENTED) in operation.responses.status_codes
    declared = answered.exchange.response.status == NOT_IMPLEMENTED and is_declared
    other = answered.exchange.request.method.lower() != operation.method.lower()
    return frozenset({NO_SERVER_ERROR, "unsupported-method"}) if declared and other else frozenset()


def _of_file(answered: CheckedResponse) -> frozenset[str]:
    """Return the check that decodes a body, where the spec declares a file.

    A file holds any bytes, and its media type is whatever its sender named.
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
        sentence = (
            f"{where} is answered {status} without an Allow header that lists the methods that are there"
        )
        return Finding(
            check, operation, sentence, expected="Allow", received="no Allow", exchanges=(exchange,)
        )
    message = _SAID.get(check) or f"{failure.title[:1].lower()}{failure.title[1:]}"
    sentence = f"{where} is answered {status}, {message}" + (f" ({reason})" if reason else "")
    return Finding(check, operation, sentence, received=str(status), exchanges=(exchange,))
