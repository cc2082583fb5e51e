"""Trial of one API at one target: how all phases complete, send and count requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import headers_for, with_query
from mockserver.contract.exchange import Exchange, Finding, Request
from mockserver.contract.isolation import IsolationScope
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Target

JudgeExchange: TypeAlias = Callable[[Exchange, FindingLedger], tuple[Finding, ...]]
"""Returns what is wrong with one exchange, regardless of other exchanges."""


class Trial(Struct):
    """State shared by all parts of a run."""

    api: ApiUnderTest
    target: Target
    run_config: RunConfig
    ledger: FindingLedger
    judge_exchange: JudgeExchange

    @property
    def parts(self) -> tuple[ApiUnderTest, Target, RunConfig, FindingLedger, JudgeExchange]:
        """The members in order, for the constructor of a subclass."""
        return self.api, self.target, self.run_config, self.ledger, self.judge_exchange

    def dressed(self, request: Request, tenant: int, scope: IsolationScope) -> Request:
        """Return the request plus those credentials and headers of tenant and scope that it lacks."""
        api, operation = self.api, self.api.operation_of(request)
        given = api.profile.credentials
        headers = {**api.profile.headers(api.facts, tenant), **scope.headers}
        lower = {name.lower(): text for name, text in headers.items()}
        full = request.having({**headers_for(api, operation, given), **lower})
        return with_query(api, operation, given, full)

    def send_as(self, request: Request, operation: str = "") -> Exchange:
        """Send a request unchanged, and count it as a call of the operation, or of no operation if ""."""
        return self.ledger.count_call(self.target.send(request, operation))

    def count_check(self, operation: str, check: str, times: int = 1) -> None:
        if times and self.run_config.wants(check):
            self.ledger.count_check(operation, check, times)
