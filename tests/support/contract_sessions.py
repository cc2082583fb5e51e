"""Visits that were never made: what a run found, as reports get it."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract.exchange import Exchange, Finding, Request, Response, json_request
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.report.results import RunOutcome, run_outcome
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.session import Session, SessionPlan

SECRET = "sesame-open-1"
VARIABLE = "$MOCKSERVER_CREDENTIAL_BEARERAUTH"
OPERATION = "postV1Invoices"
TARGET = "http://127.0.0.1:9/payt"
HOSTILE = "\x1b[31m<script>alert('x')</script>\u202e\x00\ud800]]>&"
BEGAN = "2026-11-20T16:00:00Z"


def exchange(status: int = 201, body: bytes = b'{"count": 3}', sent: bytes | None = None) -> Exchange:
    """A batch of one, with a secret in its header, and its answer."""
    headers = {"authorization": f"Bearer {SECRET}", "content-type": "application/json"}
    request = json_request("POST", "/v1/invoices", {"invoices": [{"invoice_number": "A'1"}]}, headers)
    if sent is not None:
        request = Request("POST", "/v1/invoices", headers, sent)
    return Exchange(request, Response(status, {"content-type": "application/json"}, body), OPERATION)


def finding(
    check: str = "count-is-processed", *exchanges: Exchange, message: str = "count is 3, expected 2"
) -> Finding:
    """Something that did not hold."""
    told = ("1. POST /v1/invoices with 3 items → 201",)
    return Finding(check, OPERATION, message, "/count", "2", "3", exchanges or (exchange(),), told)


def visit(*findings: Finding, made: Mapping[str, int] | None = None, stopped: str = "") -> Session:
    """A visit to Payt that found that; `made` counts other checks."""
    ledger = FindingLedger()
    for one in findings:
        ledger.count_check(one.operation, one.check, 3)
        for call in one.exchanges:
            ledger.count_call(call)
    for name, times in (made or {}).items():
        ledger.count_check(OPERATION, name, times)
    ledger.record(findings)
    hidden: Mapping[str, str] = {SECRET: VARIABLE}
    return Session(
        SessionPlan("payt", target=TARGET, run_config=RunConfig(7, 50)),
        load_vendor_api("payt"),
        ledger,
        TARGET,
        6.1,
        stopped,
        secrets=hidden,
        in_shell={f"Bearer {SECRET}": f"Bearer {VARIABLE}"},
    )


def seen(*findings: Finding, **made: int) -> RunOutcome:
    """What a visit that found that came to, with nothing known; in `made` a dash is written `_`."""
    return run_outcome(
        visit(*findings, made={name.replace("_", "-"): times for name, times in made.items()}), ()
    )
