"""An exchange with its expectations and its reported outcomes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypeAlias

from mockserver.contract.exchange import Exchange
from mockserver.contract.oracle.expectations import ExpectedItem, ExpectedResponse
from mockserver.contract.profile import ReportedOutcome, ReportedOutcomes
from mockserver.contract.responses.response_conformance import ConformanceResult

FIRST_REFUSAL = 400
SERVER_ERROR = 500
NOT_IMPLEMENTED = 501
DENIED = (401, 403)
"""Refusals of a caller."""


def is_stated(status: int, responses: Collection[str | int]) -> bool:
    """Return whether an operation states the status, or its class; `default` states none."""
    return not {str(status), f"{status // 100}XX"}.isdisjoint(str(one).upper() for one in responses)


@dataclass(frozen=True, slots=True)
class CheckCase:
    """An exchange of a known operation.

    `reported` are the outcomes that the response reports, None if it reports none; `unreadable` says why
    they cannot be read. `conformance` compares the response with the spec. `is_tolerated`: the vendor's
    profile allows this status although the expectation is another. `has_credentials`: the request carries
    the credentials of the run; `lacks_credentials`: it should, and they or its tenant are others or missing.
    """

    exchange: Exchange
    expected: ExpectedResponse
    reported: ReportedOutcomes | None = None
    unreadable: str = ""
    conformance: ConformanceResult = field(default_factory=ConformanceResult)
    is_tolerated: bool = False
    has_credentials: bool = False
    lacks_credentials: bool = False
    answer_types: tuple[str, ...] = ()
    """Media types that the answer may have whatever was asked for."""
    message_exceptions: tuple[str, ...] = ()
    """Patterns of the messages that the profile exempts from the checks of their words."""

    @property
    def status(self) -> int:
        """Status of the response."""
        return self.exchange.response.status

    @property
    def is_provoked(self) -> bool:
        """Whether a call without the credentials of the run is refused, as no spec has to state."""
        operation = self.expected.operation
        is_unstated = operation is not None and not is_stated(self.status, operation.responses)
        return self.status in DENIED and self.lacks_credentials and is_unstated

    @property
    def atomic(self) -> bool:
        """Whether the batch is all or nothing."""
        operation = self.expected.operation
        return bool(operation and operation.batch and operation.batch.atomic)

    @property
    def refuses_method(self) -> bool:
        """Whether a method that the path does not have is answered 501, as its operations declare."""
        operation = self.expected.operation
        return (
            self.status == NOT_IMPLEMENTED
            and operation is not None
            and str(NOT_IMPLEMENTED) in operation.responses
            and operation.method != self.exchange.request.method.lower()
        )

    @property
    def named_by_path(self) -> bool:
        """Whether the path names the record, whatever keys the items have."""
        operation = self.expected.operation
        if operation is None or operation.batch is None:
            return False
        return any(one.place == "path" and one.name in operation.batch.key for one in operation.parameters)

    @property
    def refused(self) -> bool:
        """Whether the call was refused as a whole."""
        return self.status >= FIRST_REFUSAL and (self.reported is None or self.atomic)

    @property
    def told(self) -> tuple[ReportedOutcome, ...]:
        """Reported outcomes, unless the call was refused as a whole."""
        return () if self.reported is None or self.refused else self.reported.outcomes

    def done(self, expected_item: ExpectedItem) -> bool:
        """Return whether the answer says that the item was done."""
        if self.reported is None or self.refused:
            return False
        of_it = [one for one in self.reported.outcomes if one.place == expected_item.item.place]
        if of_it:
            return all(one.accepted for one in of_it)
        return not self.reported.is_complete


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A failed check, as a `Finding` reports it."""

    said: str
    pointer: str = ""
    expected: str = ""
    came: str = ""


CheckResult: TypeAlias = tuple[int, CheckFailure | None]
"""How often a check was made on a case, 0 if there was nothing to check, and its failure."""

NOTHING_TO_JUDGE: CheckResult = (0, None)

Checker: TypeAlias = Callable[[CheckCase], CheckResult]
