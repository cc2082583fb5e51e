"""Send the calls that checks make by themselves, beside the generated ones."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.target import Target


@dataclass(frozen=True, slots=True)
class CountedCalls:
    """Calls to a target, each of them counted in the ledger."""

    target: Target
    ledger: FindingLedger

    def send(self, request: Request, operation: str = "") -> Exchange:
        """Return the exchange of a request; `operation` is the one that it calls, if any.

        Raises:
            TargetUnreachableError: there is no server.
            UnansweredCallError: there is no whole answer.
        """
        exchange = self.target.send(request, operation)
        self.ledger.count_call(exchange)
        return exchange
