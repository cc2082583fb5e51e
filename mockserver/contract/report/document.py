"""A run as one document: `--json`, `report.json`, and what the page shows."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping

from mockserver import __version__
from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Finding
from mockserver.contract.report.item_outcomes import ItemOutcomes
from mockserver.contract.report.rows import ReportRow, RowGroup, RunOutcome
from mockserver.contract.report.text import HiddenSecrets, number_lines
from mockserver.contract.size_times import SizeTimes
from mockserver.model import Json

VERSION = 1


def report_document(outcomes: Iterable[RunOutcome], began: str) -> Json:
    """Return the whole report; `began` is an ISO instant. Bodies that are no UTF-8 are under `base64`.

    `target` is null for a run in this process.
    """
    told = list(outcomes)
    return {
        "version": VERSION,
        "mockserver": __version__,
        "began": began,
        **tally_findings(told),
        "vendors": [_vendor(one) for one in told],
    }


def tally_findings(outcomes: Iterable[RunOutcome]) -> Mapping[str, int]:
    """Return the number of checks by result, each counted once per operation."""
    rows = [row for one in outcomes for row in one.rows]
    words = {"failed": "FAIL", "passed": "ok", "known": "known"}
    return {word: sum(row.verdict == verdict for row in rows) for word, verdict in words.items()}


def _vendor(outcome: RunOutcome) -> Json:
    visit = outcome.session
    items = ItemOutcomes(visit.api)
    return {
        "name": visit.api.name,
        "target": visit.url or None,
        "in_process": visit.plan.target is None,
        "seed": visit.plan.run_config.seed,
        "max_examples": visit.plan.run_config.max_examples,
        "calls": visit.ledger.calls.total(),
        "seconds": round(visit.seconds, 3),
        "stopped": visit.stopped,
        "notes": [HiddenSecrets(visit.secrets).text(one) for one in visit.ledger.notes],
        "sizes": [_sizes(one) for one in visit.ledger.sizes],
        "operations": [_operation(outcome, group, items) for group in outcome.groups],
        "gone": [
            {"operation": one.operation, "check": one.check, "reason": one.reason} for one in outcome.resolved
        ],
    }


def _sizes(sizes: SizeTimes) -> Json:
    return {
        "operation": sizes.operation,
        "limit": sizes.limit,
        "limit_by": sizes.limit_source,
        "budget": {
            "calls": sizes.most_calls,
            "items": sizes.most_items,
            "seconds": sizes.most_seconds,
        },
        "batches": [
            {
                "items": one.size,
                "bad": one.bad,
                "status": one.status,
                "seconds": round(one.seconds, 3),
                "late_after": round(one.due, 3),
                "read_back": one.compared,
            }
            for one in sizes.times
        ],
        "left_out": [{"items": size, "reason": reason} for size, reason in sizes.left_out.items()],
    }


def _operation(outcome: RunOutcome, group: RowGroup, items: ItemOutcomes) -> Json:
    return {
        "operation": group.operation,
        "label": group.label,
        "calls": group.calls,
        "checks": [_row(outcome, row, items) for row in group.rows],
    }


def _row(outcome: RunOutcome, row: ReportRow, items: ItemOutcomes) -> Json:
    told: dict[str, Json] = {
        "check": row.check.id,
        "says": row.check.says,
        "counts": row.check.counts,
        "made": row.made,
        "verdict": row.verdict,
    }
    if row.finding:
        hidden = HiddenSecrets(outcome.session.secrets)
        told["finding"] = {
            "name": row.name,
            "fingerprint": row.fingerprint,
            "reason": row.reason,
            "why": row.check.reason,
            **_finding(row.finding, hidden, items),
            "again": hidden.text(row.again),
        }
    return told


def _finding(finding: Finding, hidden: HiddenSecrets, items: ItemOutcomes) -> Mapping[str, Json]:
    return {
        "said": hidden.text(finding.said),
        "pointer": hidden.text(finding.pointer),
        "expected": hidden.text(finding.expected),
        "came": hidden.text(finding.came),
        "told": [hidden.text(one) for one in number_lines(finding.told)],
        "exchanges": [_exchange(one, hidden, items) for one in finding.exchanges],
    }


def _exchange(exchange: Exchange, hidden: HiddenSecrets, items: ItemOutcomes) -> Json:
    sent, came = exchange.request, exchange.response
    return {
        "operation": exchange.operation,
        "items": [{"key": hidden.text(one.key), "outcome": one.outcome} for one in items.of(exchange)],
        "request": {
            "method": sent.method,
            "path": hidden.path(sent.path),
            "headers": hidden.headers(sent.headers),
            **_body(sent.body, hidden),
        },
        "response": {
            "status": came.status,
            "headers": hidden.headers(came.headers),
            **_body(came.body, hidden),
        },
    }


def _body(body: bytes, hidden: HiddenSecrets) -> Mapping[str, str]:
    try:
        body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(hidden.octets(body)).decode()}
    return {"body": hidden.body(body)}
