"""The calls of one list, and what is found by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from mockserver.codec.paths import decoded_path
from mockserver.contract.config import RunConfig
from mockserver.contract.credentials import headers_for, with_query
from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.finding import Finding
from mockserver.contract.isolation import IsolationScope
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.lists.page_links import read_link
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.stateful.sequence import JudgeSequenceExchange
from mockserver.contract.target import Target
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.spec.openapi import Operation

_OK, _JUDGED = 200, 3
_SHOWN_CALLS = 12
"""Calls that a finding keeps: the last ones."""


@dataclass(slots=True)
class ListCalls:
    """Calls to one list in a scope of its own; `told` are the steps before in plain words.

    `path` is the list's, with what each call of the `tenant` needs in `query` and `headers`.
    """

    api: ApiUnderTest
    operation: Operation
    target: Target
    run_config: RunConfig
    ledger: FindingLedger
    judge: JudgeSequenceExchange
    scope: IsolationScope
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    is_led_away: bool = False
    told: list[str] = field(default_factory=list)
    stored: list[Exchange] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    judged: int = 0
    tenant: int = 0

    @property
    def name(self) -> str:
        """The list as a finding names it: "GET /orders"."""
        return f"GET {self.path}"

    def get(self, query: Mapping[str, str]) -> Exchange:
        """Return the answer to the list with this query besides what each call needs.

        Raises:
            TargetUnreachableError: none came.
        """
        text = urlencode({**self.query, **query}, quote_via=quote)
        return self.send(Request("GET", f"{self.path}?{text}" if text else self.path, self.headers))

    def follow(self, link: str) -> Exchange:
        """Return the answer to a link of an answer, asked for at the target whatever address it names.

        Raises:
            TargetUnreachableError: none came.
        """
        url = self.target.address.url
        found = read_link(link, url, self.path, lambda path: bool(self._operation(Request("GET", path))))
        if found.elsewhere and not self.is_led_away:
            self.is_led_away = True
            self.note(
                f"its links lead to {found.elsewhere}, which is not below the target; they were followed "
                "at the target (a proxy that rewrites no links leaves them so)"
            )
        return self.send(Request("GET", found.path, self.headers))

    def send(self, request: Request) -> Exchange:
        """Return the answer to a request, checked by itself.

        Raises:
            TargetUnreachableError: none came.
        """
        operation = self._operation(request)
        given = self.api.profile.credentials
        named = {
            **self.api.profile.headers(self.api.facts, self.tenant),
            **self.scope.headers,
        }
        lower = {name.lower(): text for name, text in named.items()}
        full = request.having({**headers_for(self.api, operation, given), **lower})
        full = with_query(self.api, operation, given, full)
        self.count("every-call-is-answered")
        exchange = replace(self.target.send(full), operation=operation)
        self.ledger.count_call(exchange)
        self._judge(exchange)
        return exchange

    def _judge(self, exchange: Exchange) -> None:
        """Check an answer by itself; pages show the same rows again, so the first few are enough."""
        is_page = exchange.operation == self.operation.id and exchange.response.status == _OK
        if is_page and self.judged >= _JUDGED:
            return
        self.judged += is_page
        found = self.judge(exchange, self.ledger)
        self.ledger.found(replace(one, told=tuple(self.told)) for one in found)

    def count(self, check: str, times: int = 1) -> None:
        """Count a check of the list."""
        if times and self.run_config.wants(check):
            self.ledger.count_check(self.operation.id, check, times)

    def finds(
        self,
        check: str,
        said: str,
        *exchanges: Exchange,
        expected: str = "",
        came: str = "",
        pointer: str = "",
    ) -> None:
        """Note that a check failed, until `tell_findings`."""
        if self.run_config.wants(check):
            shown = (*self.stored, *exchanges[-_SHOWN_CALLS:])
            told = tuple(self.told)
            one = Finding(check, self.operation.id, said, pointer, expected, came, shown, told)
            self.findings.append(one)

    def tell_findings(self) -> None:
        """Write what was found into the ledger."""
        self.ledger.found(self.findings)
        self.findings.clear()

    def note(self, text: str) -> None:
        """Say in the report what could not be checked."""
        self.ledger.notes.append(f"{self.name}: {text}")

    def _operation(self, request: Request) -> str:
        spec = self.api.spec
        path = spec.canonical_path(decoded_path(request.path.partition("?")[0]))
        try:
            return spec.match(request.method, path).operation.id
        except (NotFound, MethodNotAllowed):
            return ""
