"""Sending of generated cases to the target, and the checks of their exchanges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from zlib import crc32

from msgspec.structs import replace

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
from mockserver.contract.oracle.item_checks import NOT_IMPLEMENTED
from mockserver.contract.profile import FixturePins
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.trial import Trial
from mockserver.model import Value
from mockserver.spec.openapi import resolve
from mockserver.spec.xml import XML_MEDIA_TYPES

_EVERY_NTH = 4
"""Of so many calls without a body, one asks for XML."""

_FORM = "application/x-www-form-urlencoded"
_ACCEPTED = {_FORM: "text/xml", **{name: name for name in XML_MEDIA_TYPES}}
"""The `Accept` of a case by the media type of its body."""

_UNREADABLE = (UnicodeError, RecursionError)
"""Errors that a body raises if it is not text or is nested too deep."""

_INVALID_IS_REFUSED = "negative-data-rejection"
_VALID_IS_ACCEPTED = "positive-data-acceptance"
_HEADER_IS_REQUIRED = "missing-required-header"
_METHOD_IS_REFUSED = "unsupported-method"
ONCE = frozenset({refusals.AUTH_CHECK, STATUS_CHECK})
"""Checks that are made once for each operation, after its first successful response."""

_SLOW = 3
"""Number of calls above the limit of time or length after which an operation is not called again."""

_MADE: Mapping[str, str] = {
    "not_a_server_error": NO_SERVER_ERROR,
    "negative_data_rejection": _INVALID_IS_REFUSED,
    "positive_data_acceptance": _VALID_IS_ACCEPTED,
    "missing_required_header": _HEADER_IS_REQUIRED,
    "unsupported_method": _METHOD_IS_REFUSED,
}
"""The checks of Schemathesis that are made, and their ids in this suite.

Every further check of Schemathesis is replaced: the oracle judges status, media type, headers and body of
every response; `refusals` judges credentials and the header `Allow`; `links` and `sequences` judge whether a
created record exists and a deleted record does not.
"""

_SAID = {
    NO_SERVER_ERROR: "a server error",
    _VALID_IS_ACCEPTED: "although the spec allows the call",
    _INVALID_IS_REFUSED: "although the spec does not allow the call",
    _HEADER_IS_REQUIRED: "although a required header is missing",
    _METHOD_IS_REFUSED: "although the spec has no such method there",
}


class TargetLostError(Exception):
    """The target no longer responds, so nothing more is sent."""


class UnansweredCaseError(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class FuzzingContext(Trial):
    replays: KeyedReplays | None = None
    statuses: RefusalStatusChecks | None = None
    locations: LocationChecks | None = None


class CaseCaller:
    """Sender of the cases of one schema to one target."""

    def __init__(self, schema: BaseSchema, context: FuzzingContext) -> None:
        self.lost: TargetUnreachableError | None = None
        """The error with which the target stopped responding, or None while the target responds."""
        self.slow: Counter[str] = Counter()
        """Number of slow calls by operation."""
        self.accept = ""
        """`Accept` of every call, or "" to let the case choose."""
        self.left_out: frozenset[str] = frozenset()
        """Checks of Schemathesis to skip, by their ids in this suite."""
        self.ledger = context.ledger
        self.wire = RequestWriter(context.target, context.ledger, context.api.spec)
        self._context = context
        self._unjudged = generated_requests.slow_operations(context.api)
        self._pins = context.api.pins
        self._built_in = SchemathesisChecks(schema, self._pins, context.run_config)
        self._auth_checks = AuthChecks(context, context.statuses)
        self._malformed_body_checks = MalformedBodyChecks(context, context.statuses)

    def call(
        self, case: PinnedCase, recorder: ScenarioRecorder | None = None, *, walking: bool = False
    ) -> CheckedResponse:
        """Send a case and return the checked response.

        Raises UnsendableCaseError: no HTTP request can carry the case, or a mockserver would take it for a
        command; TargetLostError; UnansweredCaseError.
        """
        if self.lost:
            raise TargetLostError
        pin_case(case, self._pins, walking=walking)
        if asked := generated_requests.own_part(case, self._context.target.address.url):
            raise UnsendableCaseError(f"{asked} means something to a mockserver only")
        arguments: dict[str, Any] = {"session": self.wire, "allow_redirects": False}
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
            self._context.count_check(operation_id(case), EVERY_CALL_IS_ANSWERED)
            raise UnansweredCaseError(self._unanswered(case, error)) from error
        except TargetUnreachableError as error:
            self.lost = error
            raise TargetLostError from error
        self._context.count_check(operation_id(case), EVERY_CALL_IS_ANSWERED)
        return CheckedResponse(case, response, self.wire.last(), arguments, recorder)

    def _key_writer(self, case: PinnedCase) -> Callable[[Request], Request] | None:
        replays, meta = self._context.replays, case.meta
        is_of_key = meta is not None and meta.is_negative_at(ParameterLocation.HEADER)
        return None if replays is None or is_of_key else replays.key_writer(operation_id(case))

    def wants(self, check: str) -> bool:
        """Return whether findings of a check are reported."""
        return check not in (EVERY_CALL_IS_ANSWERED, ANSWERS_CAN_BE_READ) or self._context.run_config.wants(
            check
        )

    def leaves_out(self, operation: str) -> bool:
        """Return whether an operation is no longer called: it is too slow, or all wanted checks were made."""
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

    def _other_form(self, case: PinnedCase) -> str:
        """Return the XML media type that a case asks for, or "" if the case does not ask for XML."""
        if "x-negotiation" not in self._context.api.spec.document:
            return ""
        if case.body is not NOT_SET:
            return _ACCEPTED.get(case.media_type or "", "")
        asked = repr((case.path_parameters, case.query)).encode()
        return "" if crc32(asked) % _EVERY_NTH else XML_MEDIA_TYPES[0]

    def check(self, answered: CheckedResponse) -> tuple[Finding, ...]:
        context, exchange, case = self._context, answered.exchange, answered.case
        found: tuple[Finding, ...] = ()
        context.count_check(operation_id(case), ANSWERS_CAN_BE_READ)
        try:
            found = context.judge_exchange(exchange, context.ledger)
            left_out = self.left_out | self._unfit_checks(answered)
            found += self._built_in.check(answered, context.ledger, left_out)
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

    def _unfit_checks(self, answered: CheckedResponse) -> frozenset[str]:
        """Return the checks of Schemathesis that do not fit the response.

        The oracle judges server errors of known operations. A 304 does not refuse a valid call, and a
        declared 501 to another method is no failure. A case with a bad header may be valid: a header of the
        user may replace the bad header, and an empty header counts as present. Schemathesis does not know the
        patterns that are slow. How a form writes objects within lists, OpenAPI does not say.
        """
        case, exchange = answered.case, answered.exchange
        status, operation = exchange.response.status, case.operation
        is_other_method = exchange.request.method.lower() != operation.method.lower()
        is_declared = str(NOT_IMPLEMENTED) in operation.responses.status_codes
        is_of_method = status == NOT_IMPLEMENTED and is_declared and is_other_method
        unfit = {NO_SERVER_ERROR} if exchange.operation or is_of_method else set()
        unfit |= {_METHOD_IS_REFUSED} if is_of_method else set()
        is_bad_header = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
        is_unclear = case.media_type == _FORM and _has_objects(case.body)
        if is_bad_header or is_unclear or status == HTTPStatus.NOT_MODIFIED:
            unfit.add(_VALID_IS_ACCEPTED)
        if operation_id(case) in self._unjudged:
            unfit |= {_VALID_IS_ACCEPTED, _INVALID_IS_REFUSED}
        if is_bad_header:
            stated = {parameter.name.lower() for parameter in operation.headers}
            empty = {name.lower() for name, text in (case.headers or {}).items() if not str(text).strip()}
            if not stated.isdisjoint(self._context.target.address.given):
                unfit |= {_INVALID_IS_REFUSED, _HEADER_IS_REQUIRED}
            elif not stated.isdisjoint(empty):
                unfit.add(_INVALID_IS_REFUSED)
        return frozenset(unfit)

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
            found += self._auth_checks.check(operation_id(case), exchange)
        return found + self._malformed_body_checks.check(operation_id(case), exchange)


def _has_objects(body: Any) -> bool:
    """Return whether an object has a list with objects or lists."""
    lists = (one for one in body.values() if isinstance(one, list)) if isinstance(body, dict) else ()
    return any(isinstance(one, dict | list) for found in lists for one in found)


def _xml_schema(case: PinnedCase) -> dict[str, Any] | None:
    """Return the schema of an XML body; None if it is not XML, or the spec has only a media type range."""
    if not generated_requests.can_write_xml(case.media_type):
        return None
    body = resolve(case.operation.schema.raw_schema, case.operation.definition.raw["requestBody"])
    stated = body["content"].get(case.media_type)
    schema: dict[str, Any] | None = None if stated is None else stated["schema"]
    return schema


class CheckedResponse(Value, frozen=True):
    """A generated case and its response."""

    case: PinnedCase
    response: Response
    exchange: Exchange
    """Request and response as bytes."""
    arguments: Mapping[str, Any]
    """The arguments of `case.call`, for checks that call again."""
    recorder: ScenarioRecorder | None = None


class SchemathesisChecks:
    """The checks of Schemathesis that the run wants."""

    def __init__(self, schema: BaseSchema, pins: FixturePins, run_config: RunConfig) -> None:
        load_all_checks()
        self._pins = pins
        self._wanted = {
            name: REGISTERED.get_one(name) for name, check in _MADE.items() if run_config.wants(check)
        }
        self._results: list[CheckResult] = []

        def validated(context: Any, case: Any, response: Any, results: list[CheckResult]) -> None:
            del context, case, response
            self._results = results

        schema.hook("after_validate")(validated)

    def check(
        self, answered: CheckedResponse, ledger: FindingLedger, left_out: frozenset[str] = frozenset()
    ) -> tuple[Finding, ...]:
        """Make the wanted checks, except those in `left_out`, and return their findings."""
        sent = answered.exchange.request.headers
        left_out |= {
            _MADE.get(one.check, "")
            for one in self._pins.skipped_checks
            if not one.header or one.header.lower() not in sent
        }
        checks: list[Any] = [one for name, one in self._wanted.items() if _MADE[name] not in left_out]
        self._results = []
        # The hook receives every check by name, even if it passed; the error names only failed checks.
        with suppress(FailureGroup):
            if checks:  # given no checks, Schemathesis would make all of its own
                answered.case.validate_response(
                    answered.response,
                    checks=checks,
                    transport_kwargs=dict(answered.arguments),
                    recorder=answered.recorder,
                )
        operation = operation_id(answered.case)
        found = []
        for result in self._results:
            check = _MADE[result.name]
            ledger.count_check(operation, check)
            if result.failure is not None:
                found.append(_finding(check, operation, answered.exchange, result.failure))
        return tuple(found)


def _finding(check: str, operation: str, exchange: Exchange, failure: Failure) -> Finding:
    status = exchange.response.status
    reason = "; ".join(line.strip(" -`") for line in failure.message.splitlines() if line.strip())
    where = exchange.request.name
    if isinstance(failure, UnsupportedMethodResponse) and failure.failure_reason == "missing_allow_header":
        sentence = (
            f"{where} is answered {status} without an Allow header that lists the methods that are there"
        )
        return Finding(check, operation, sentence, "", "Allow", "no Allow", (exchange,))
    message = _SAID.get(check) or f"{failure.title[:1].lower()}{failure.title[1:]}"
    sentence = f"{where} is answered {status}, {message}" + (f" ({reason})" if reason else "")
    return Finding(check, operation, sentence, received=str(status), exchanges=(exchange,))
