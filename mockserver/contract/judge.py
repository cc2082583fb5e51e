"""Run every check over an exchange and collect the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockserver.contract.checks import APPLICABLE_CHECKS
from mockserver.contract.checks.check_case import FIRST_REFUSAL, CheckCase
from mockserver.contract.config import RunConfig
from mockserver.contract.credentials import headers_for, lacks_credentials
from mockserver.contract.exchange import Exchange, to_json_bytes
from mockserver.contract.finding import Finding
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.oracle import Oracle
from mockserver.contract.oracle.expectations import ExpectedResponse
from mockserver.contract.profile import UNREADABLE, OutcomeReader, ReportedOutcomes
from mockserver.contract.responses.outcomes import reader_for
from mockserver.contract.responses.response_conformance import ResponseConformance
from mockserver.model import Json
from mockserver.spec.openapi import Operation
from mockserver.spec.xml_places import XML_MEDIA_TYPES

_LEAD = "gives no per-item outcome"


class ExchangeJudge:
    """Judges the exchanges of one API; what it needs of the spec is made once.

    `is_recorded`: others made the calls, with credentials that nobody knows here.
    """

    def __init__(self, api: ApiUnderTest, run_config: RunConfig, *, is_recorded: bool = False) -> None:
        self._is_recorded = is_recorded
        self.oracle = Oracle(api)
        self._contracted = api
        self._effort = run_config
        self._answers = ResponseConformance(api.spec)
        operations = api.spec.operations.values()
        self._readers: Mapping[str, OutcomeReader | None] = {
            one.id: reader_for(api, one) for one in operations
        }

    def __call__(self, exchange: Exchange, ledger: FindingLedger) -> tuple[Finding, ...]:
        """Return all that does not hold of an exchange.

        The ledger counts what was judged; that the call was made, and what was found, is for the caller to
        write there.
        """
        case = self.case(exchange)
        operation = case.expected.operation
        if operation is None:
            return ()
        found = []
        for check, checker in APPLICABLE_CHECKS:
            if not self._effort.wants(check.id):
                continue
            times, fault = checker(case)
            if times:
                ledger.count_check(operation.id, check.id, times)
            if fault is not None:
                found.append(
                    Finding(
                        check.id,
                        operation.id,
                        fault.said,
                        fault.pointer,
                        fault.expected,
                        fault.came,
                        (exchange,),
                    )
                )
        return tuple(found)

    def case(self, exchange: Exchange) -> CheckCase:
        """Return the exchange with its expectations and reported outcomes."""
        expected = self.oracle.expected(exchange.request, exchange.operation)
        operation = expected.operation
        if operation is None:
            return CheckCase(exchange, expected)
        conformance = self._answers.conformance(operation, exchange)
        telling, unread = self._told(self._in_json(exchange, conformance.body), expected, operation)
        return CheckCase(
            exchange,
            expected,
            telling,
            unread,
            conformance,
            is_tolerated=self._forgives(operation, exchange.response.status),
            has_credentials=self._is_credentialed(operation, exchange),
            lacks_credentials=not self._is_recorded
            and lacks_credentials(self._contracted, operation.id, exchange.request),
            answer_types=self._contracted.profile.pins.answer_types,
            message_exceptions=self._contracted.profile.message_exceptions,
        )

    def _in_json(self, exchange: Exchange, document: Json) -> Exchange:
        """Return the exchange with its answer in JSON, where the spec has one schema for that and for XML."""
        came = exchange.response
        if "x-negotiation" not in self._contracted.spec.document or came.media_type not in XML_MEDIA_TYPES:
            return exchange
        headers = {**came.headers, "content-type": "application/json"}
        shown = replace(came, headers=headers, body=to_json_bytes(document).encode())
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
            said = str(error) or type(error).__name__
            return None, said if said.startswith(_LEAD) else f"{_LEAD} that can be read: {said}"

    def _forgives(self, operation: Operation, status: int) -> bool:
        """Return whether the profile tolerates this status for a good call, or for a bad one.

        Of a batch it says the latter for the sake of its items, which are judged apart here.
        """
        judged = self._contracted.profile.pins.expected_statuses.get(operation.id)
        if judged is None:
            return False
        of_bad = () if operation.batch else judged.invalid
        return not {str(status), f"{status // 100}xx"}.isdisjoint(
            judged.valid if status >= FIRST_REFUSAL else of_bad
        )

    def _is_credentialed(self, operation: Operation, exchange: Exchange) -> bool:
        given = headers_for(self._contracted, operation.id, self._contracted.profile.credentials)
        sent = exchange.request.headers
        return bool(given) and all(sent.get(name) == text for name, text in given.items())
