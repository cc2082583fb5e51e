"""Exchanges with the made-up vendor and with real ones, written down as they go over the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Finding, Request, Response
from mockserver.contract.loading import load_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import FindingLedger, RunConfig
from tests.support import sample_vendor

JSON = {"content-type": "application/json"}
GOOD = {"id": "A-1", "amount": 12}
OTHER = {"id": "A-2", "amount": 3}
BAD = {"id": "A-9", "amount": -1}


def acme(folder: Path, made: Mapping[str, Any] | None = None) -> ApiUnderTest:
    """The made-up vendor, or a changed one, under contract."""
    return load_api(sample_vendor.write_spec(folder, made))


def with_outcome(outcome: Mapping[str, Any], **batch: Any) -> dict[str, Any]:
    """The made-up spec whose batch tells its outcomes otherwise."""
    made = sample_vendor.document()
    found = made["paths"]["/orders"]["put"]["x-batch"]
    found["outcome"] = dict(outcome)
    found.update(batch)
    return made


def put(*items: Any) -> Request:
    """A batch of orders."""
    return Request("PUT", "/orders", JSON, json.dumps({"orders": items}).encode())


def answered(request: Request, status: int, document: Any, media_type: str = "application/json") -> Exchange:
    """The request with a JSON answer; None is no body."""
    body = b"" if document is None else json.dumps(document).encode()
    return Exchange(request, Response(status, {"content-type": media_type} if body else {}, body))


def row(key: str, status: int = 201, text: str = "Created") -> dict[str, Any]:
    """An outcome of the made-up vendor."""
    return {"status": status, "text": text, "order": {"id": key}}


def results(*rows: Any) -> dict[str, Any]:
    """The made-up vendor's answer."""
    return {"results": list(rows)}


def judged(
    api: ApiUnderTest, exchange: Exchange, only: str = ""
) -> tuple[tuple[Finding, ...], FindingLedger]:
    """What does not hold of the exchange, and what was counted."""
    ledger = FindingLedger()
    effort = RunConfig(only=frozenset({only} if only else ()))
    return ExchangeJudge(api, effort)(exchange, ledger), ledger


def message(api: ApiUnderTest, exchange: Exchange, check: str) -> list[str]:
    """The sentences of one check's findings."""
    found, _ = judged(api, exchange)
    return [one.message for one in found if one.check == check]
