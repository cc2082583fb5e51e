"""Checks of a single exchange, and the judge that runs them all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import headers_for, lacks_credentials
from mockserver.contract.exchange import (
    ANSWERS_CAN_BE_READ,
    EVERY_CALL_IS_ANSWERED,
    Exchange,
    Finding,
    Request,
    Response,
    UnansweredCallError,
    checks_of,
    to_json_text,
)
from mockserver.contract.oracle import item_checks
from mockserver.contract.oracle.expectations import ExpectedResponse, Oracle, count_noun
from mockserver.contract.oracle.item_checks import (
    NOT_IMPLEMENTED,
    NOTHING_TO_JUDGE,
    SERVER_ERROR,
    CheckCase,
    Checker,
    CheckResult,
    ItemOutcome,
)
from mockserver.contract.oracle.responses import CheckFailure, ResponseConformance, reader_for
from mockserver.contract.oracle.whole_requests import inner_exchanges
from mockserver.contract.profile import UNREADABLE, OutcomeReader, ReportedOutcomes
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.model import Json, pointer_of, value_at, values_in
from mockserver.spec.openapi import Operation, resolve
from mockserver.spec.xml import XML_MEDIA_TYPES

_LEAD = "gives no per-item outcome"

_UNAUTHORIZED = 401
_FOR_THE_BODY = frozenset({400, 413, 415, 422})
"""Statuses that refuse the content of a call. Every other 4xx may be due to stored state, caller or time."""

NO_SERVER_ERROR = "no-server-error"
CHECKS = checks_of("answers")
OF_BATCHES = frozenset(
    {
        "one-outcome-per-item",
        "outcome-fits-the-item",
        "order-is-kept",
        "keys-are-the-items",
        "count-is-processed",
        "message-names-its-item",
    }
)
"""Checks of items. They do not apply to operations without a batch."""

_NO_STATUS, _USED_KEY = 0, 422


class ExchangeJudge:
    """Judge of the exchanges of one API. It makes each schema and each reader only once.

    If `is_recorded`, the exchanges come from recorded traffic, so valid credentials are unknown.
    """

    def __init__(self, api: ApiUnderTest, run_config: RunConfig, *, is_recorded: bool = False) -> None:
        self._is_recorded = is_recorded
        self.oracle = Oracle(api)
        self._contracted = api
        self._effort = run_config
        self._answers = ResponseConformance(api.spec, api.profile.pins.empty_responses)
        operations = api.spec.operations.values()
        self._readers: Mapping[str, OutcomeReader | None] = {
            operation.id: reader_for(api, operation) for operation in operations
        }

    def __call__(self, exchange: Exchange, ledger: FindingLedger) -> tuple[Finding, ...]:
        """Return the findings of an exchange, and count its checks in the ledger.

        The caller records the call and the findings.
        """
        found = [finding for one in exchange.followed for finding in self(one, ledger)]
        case = self._case(exchange)
        if case is None:
            return tuple(found)
        operation = case.operation
        for check, checker in CHECKERS.items():
            if not self._effort.wants(check):
                continue
            times, fault = checker(case)
            if times:
                ledger.count_check(operation.id, check, times)
            if fault is not None:
                told = (fault.message, fault.pointer, fault.expected, fault.received)
                found.append(Finding(check, operation.id, *told, (exchange,)))
        return (*found, *self._of_requests(case, ledger, {one.check for one in found}))

    def _of_requests(
        self, case: CheckCase, ledger: FindingLedger, known: Collection[str]
    ) -> Iterator[Finding]:
        """Yield the findings in the requests of a batch of requests; skip checks in `known`."""
        batch, name = case.operation.batch, case.operation.id
        if batch is None or batch.requests is None or case.reported is None:
            return
        unfit = set() if "headers" in batch.requests.told else {"headers-match-the-spec"}
        calls = inner_exchanges(self._contracted, batch, case.exchange, case.expected.sent, case.reported)
        for outcome, exchange in calls:
            own = self._case(exchange)
            for check in (one for one in CHECKERS if self._effort.wants(one) and one not in unfit):
                times, fault = CHECKERS[check](own) if own else NOTHING_TO_JUDGE
                ledger.count_check(name, check, times)
                if fault is not None and check not in known:
                    message = f"request {outcome.place}, {exchange.request.name}, {fault.message}"
                    told = (message, outcome.at, fault.expected, fault.received)
                    yield Finding(check, name, *told, (case.exchange,))

    def item_outcomes(self, exchange: Exchange) -> list[tuple[str, ItemOutcome]]:
        """Return key and outcome of each item of a batch, in item order; [] for every other call."""
        called = self._contracted.spec.operations.get(exchange.operation)
        case = self._case(exchange) if called and called.batch else None
        if case is None:
            return []
        return [(one.item.key or "", case.outcome_of(one)) for one in case.expected.items]

    def _case(self, exchange: Exchange) -> CheckCase | None:
        """Return the case of an exchange, or None if the exchange belongs to no operation."""
        expected = self.oracle.expected(exchange.request, exchange.operation)
        operation = expected.operation
        if operation is None:
            return None
        conformance = self._answers.conformance(operation, exchange)
        telling, unread = self._told(self._in_json(exchange, conformance.body), expected, operation)
        return CheckCase(
            self._contracted,
            exchange,
            operation,
            expected,
            telling,
            unread,
            conformance,
            is_tolerated=self._forgives(operation, exchange.response),
            has_credentials=self._is_credentialed(operation, exchange),
            lacks_credentials=not self._is_recorded
            and lacks_credentials(self._contracted, operation.id, exchange.request),
        )

    def _in_json(self, exchange: Exchange, document: Json) -> Exchange:
        """Return the exchange. If the spec has one schema for JSON and XML, translate XML answers to JSON."""
        received = exchange.response
        if (
            "x-negotiation" not in self._contracted.spec.document
            or received.media_type not in XML_MEDIA_TYPES
        ):
            return exchange
        headers = {**received.headers, "content-type": "application/json"}
        shown = replace(received, headers=headers, body=to_json_text(document).encode())
        return replace(exchange, response=shown)

    def _told(
        self, exchange: Exchange, expected: ExpectedResponse, operation: Operation
    ) -> tuple[ReportedOutcomes | None, str]:
        reader = self._readers[operation.id]
        if reader is None or not expected.listed:
            return None, ""
        try:
            return reader(exchange, expected.sent), ""
        except UNREADABLE as error:
            message = str(error) or type(error).__name__
            return None, message if message.startswith(_LEAD) else f"{_LEAD} that can be read: {message}"

    def _forgives(self, operation: Operation, response: Response) -> bool:
        """Return whether the profile allows this refusal of a good call, or this acceptance of a bad call.

        For a batch, return False for every acceptance: a batch's statuses for bad calls are about bad items.
        """
        judged = self._contracted.profile.pins.expected_statuses.get(operation.id)
        if judged is None:
            return False
        of_bad = () if operation.batch else judged.invalid
        allowed = judged.valid if response.is_refused else of_bad
        return not {str(response.status), f"{response.status // 100}xx"}.isdisjoint(allowed)

    def _is_credentialed(self, operation: Operation, exchange: Exchange) -> bool:
        given = headers_for(self._contracted, operation.id, self._contracted.profile.credentials)
        sent = exchange.request.headers
        return bool(given) and all(sent.get(name) == text for name, text in given.items())


def answers_match_the_spec(case: CheckCase) -> CheckResult:
    if case.is_provoked:
        return NOTHING_TO_JUDGE
    found = case.conformance.undeclared
    return 1, None if found and found.of_body and case.is_refusal else found


def members_are_stated(case: CheckCase) -> CheckResult:
    is_read = case.exchange.response.body and not case.is_provoked
    if case.conformance.undeclared is not None or not is_read:
        return NOTHING_TO_JUDGE
    if case.conformance.undeclared_member is None:
        return 1, None
    name = str(case.conformance.undeclared_member[-1])
    if case.api.spec.is_own and name in _names_in_examples(case):
        return 1, None
    message = f"answers {case.status} with a member that the spec does not name: {name}"
    at = pointer_of(case.conformance.undeclared_member)
    return 1, CheckFailure(message, at, "members of the schema", name)


def _names_in_examples(case: CheckCase) -> set[str]:
    """Return the names of members, at any depth, in the examples of the answer."""
    contents = case.operation.contents(case.operation.declared_key(case.status)).values()
    examples = [one.get("example") for one in contents]
    examples += [resolve(case.api.spec.document, one.get("schema", {})).get("example") for one in contents]
    examples += [shown.get("value") for one in contents for shown in one.get("examples", {}).values()]
    return {name for _, one in values_in(examples) if isinstance(one, dict) for name in one}


def comes_as_asked_for(case: CheckCase) -> CheckResult:
    """If the call accepts a declared media type, check that the call also accepts the answer's media type.

    Skip the statuses 401, 403, 406 and 415. Allow the media types that the profile allows for every answer.
    """
    refused = case.status in (401, 403, 406, 415)
    if refused or "accept" not in case.exchange.request.headers or not case.exchange.response.body:
        return NOTHING_TO_JUDGE
    is_right = case.exchange.response.media_type in case.api.profile.pins.answer_types
    return 1, None if is_right else case.conformance.unacceptable


def headers_match_the_spec(case: CheckCase) -> CheckResult:
    if case.is_provoked or not case.conformance.has_headers:
        return NOTHING_TO_JUDGE
    return 1, case.conformance.bad_header


def no_server_error(case: CheckCase) -> CheckResult:
    """Check that the status is below 500.

    Allow a declared 501 if the methods of request and operation differ, or if the spec is a user's own file.
    """
    is_declared = case.status == NOT_IMPLEMENTED and str(NOT_IMPLEMENTED) in case.operation.responses
    is_other_method = case.operation.method != case.exchange.request.method.lower()
    if case.status < SERVER_ERROR or (is_declared and (case.api.spec.is_own or is_other_method)):
        return 1, None
    message = f"answers {case.status}: a server must have an answer to every request"
    return 1, CheckFailure(message, expected="a status below 500", received=str(case.status))


def refusals_have_the_shape(case: CheckCase) -> CheckResult:
    if not case.is_refusal or case.is_provoked:
        return NOTHING_TO_JUDGE
    found = case.conformance.undeclared
    return 1, found if found is not None and found.of_body else None


def envelope_is_judged(case: CheckCase) -> CheckResult:
    """Check that bad envelopes and fatal items refuse a call, but other items and good credentials do not."""
    expected = case.expected
    if expected.envelope == "bad":
        if case.is_refusal or case.is_tolerated:
            return 1, None
        message = f"answers {case.status} to a call that must be refused: {expected.reason}"
        return 1, CheckFailure(message, expected="a 4xx", received=str(case.status))
    if case.status == _UNAUTHORIZED and case.has_credentials and not case.is_tolerated:
        message = "answers 401 to the credentials of this run"
        return 1, CheckFailure(message, expected="credentials accepted", received="401")
    if expected.envelope == "doubtful" or not expected.listed or case.lacks_credentials:
        return NOTHING_TO_JUDGE
    return 1, _refused_too_little(case) or _refused_too_much(case)


def _refused_too_little(case: CheckCase) -> CheckFailure | None:
    """Return the failure if a call was accepted although an item must cause the refusal of the whole call."""
    culprit = next((item for item in case.expected.items if item.refuses_call), None)
    if culprit is None or case.is_refusal:
        return None
    message = (
        f"sent {count_noun(len(case.expected.items), 'item')}; item {culprit.item.place} cannot be read "
        f"({culprit.reason}), so the call must be refused as a whole; {case.status} came"
    )
    return CheckFailure(message, expected="a 4xx", received=str(case.status))


def _refused_too_much(case: CheckCase) -> CheckFailure | None:
    batch, items = case.operation.batch, case.expected.items
    if batch is None or case.atomic or not case.refused:
        return None
    if (
        not batch.outcome.rows
        or case.status not in _FOR_THE_BODY
        or any(item.may_refuse_call for item in items)
    ):
        return None
    member = case.api.spec.idempotency_member
    if member and case.status == _USED_KEY and value_at(case.exchange.request.document(), (member,)):
        return None  # the key may have come with another request
    bad = case.expected.bad
    what = (
        f"item {bad[0].item.place} alone is bad: {bad[0].reason}" if bad else "the spec allows each of them"
    )
    if len(bad) > 1:
        what = f"{len(bad)} of them are bad, each by itself (item {bad[0].item.place}: {bad[0].reason})"
    message = f"sent {count_noun(len(items), 'item')}; {what}; but {case.status} rejects all of them"
    return CheckFailure(message, expected="an outcome for each item", received=str(case.status))


CHECKERS: Mapping[str, Checker] = {
    "answers-match-the-spec": answers_match_the_spec,
    "members-are-stated": members_are_stated,
    "comes-as-asked-for": comes_as_asked_for,
    "headers-match-the-spec": headers_match_the_spec,
    "no-server-error": no_server_error,
    "refusals-have-the-shape": refusals_have_the_shape,
    "envelope-is-judged": envelope_is_judged,
    "one-outcome-per-item": item_checks.one_outcome_per_item,
    "outcome-fits-the-item": item_checks.outcome_fits_the_item,
    "order-is-kept": item_checks.order_is_kept,
    "keys-are-the-items": item_checks.keys_are_the_items,
    "count-is-processed": item_checks.count_is_processed,
    "refusals-say-why": item_checks.refusals_say_why,
    "message-fits-the-outcome": item_checks.message_fits_the_outcome,
    "message-names-its-item": item_checks.message_names_its_item,
}
"""The function of each check, in the order of reports."""


def unanswered_exchange(request: Request, operation: str) -> Exchange:
    """Return the exchange of a request without an answer; its status is 0."""
    return Exchange(request, Response(_NO_STATUS, {}, b""), operation)


def unanswered(error: UnansweredCallError, exchange: Exchange) -> Finding:
    expected = "an answer" if error.check == EVERY_CALL_IS_ANSWERED else "an answer that can be read"
    message = f"the call has no whole answer: {error}"
    received = "no whole answer"
    return Finding(error.check, exchange.operation, message, "", expected, received, exchanges=(exchange,))


def unread(error: Exception, exchange: Exchange) -> Finding:
    request, status = exchange.request, exchange.response.status
    reason = f"{type(error).__name__}: {error}"
    message = f"{request.name} is answered {status}, and that cannot be read ({reason})"
    return Finding(ANSWERS_CAN_BE_READ, exchange.operation, message, expected="UTF-8", exchanges=(exchange,))
