"""An exchange as the checks see it: what was expected, and what the answer says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from mockserver.contract.exchange import Exchange
from mockserver.contract.oracle.expected import ExpectedItem, ExpectedResponse
from mockserver.contract.profile import ReportedOutcome, ReportedOutcomes
from mockserver.contract.responses.conformance import ConformanceProblem

REFUSED = 400
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class CheckCase:
    """An exchange of a known operation.

    `telling` is what the answer says of the items, None where it says nothing; `unread` why it cannot be
    read. `answered` is the answer beside the spec. `forgiving`: by the vendor's profile a good call may be
    refused with that status, or a bad one be taken. `credentialed`: it carries the very credentials that the
    run was given.
    """

    exchange: Exchange
    expected: ExpectedResponse
    telling: ReportedOutcomes | None = None
    unread: str = ""
    answered: ConformanceProblem = field(default_factory=ConformanceProblem)
    forgiving: bool = False
    credentialed: bool = False

    @property
    def status(self) -> int:
        """Status of the response."""
        return self.exchange.response.status

    @property
    def atomic(self) -> bool:
        """Whether the batch is all or nothing."""
        operation = self.expected.operation
        return bool(operation and operation.batch and operation.batch.atomic)

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
        return self.status >= REFUSED and (self.telling is None or self.atomic)

    @property
    def told(self) -> tuple[ReportedOutcome, ...]:
        """Reported outcomes, unless the call was refused as a whole."""
        return () if self.telling is None or self.refused else self.telling.outcomes

    def done(self, awaited: ExpectedItem) -> bool:
        """Return whether the answer says that the item was done."""
        if self.telling is None or self.refused:
            return False
        of_it = [one for one in self.telling.outcomes if one.place == awaited.item.place]
        if of_it:
            return all(one.accepted for one in of_it)
        return not self.telling.complete


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """A failed check, as a `Finding` reports it."""

    said: str
    pointer: str = ""
    expected: str = ""
    came: str = ""


CheckResult: TypeAlias = tuple[int, CheckFailure | None]
"""Returns how often a check was made on a case, 0 for nothing to judge, and its failures."""

NOTHING_TO_JUDGE: CheckResult = (0, None)

Checker: TypeAlias = Callable[[CheckCase], CheckResult]
