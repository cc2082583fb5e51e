"""Results of a drill as the control plane gives them, without a server."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from mockserver.cli.drill_report.results import DrillReport, Place
from mockserver.testing.drill import CLEAN, Case, DrillFinding, Ending, Plan, Result

HOSTILE = "<script>alert(1)</script>\"'&]]>\x1b[31m\x00|`%0A::error::\n"
SECRET = "s3cr3t-0f-th3-v3nd0r"


def call(number: int, method: str = "POST", status: int | None = 201, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "method": method,
        "path": "/v1/invoices",
        "operation": "postInvoices",
        "status": status,
        "refusal": None,
        "reason": None,
        "applied": [],
        "fault": None,
        "offContract": None,
        "durationMillis": 1,
        "delayMillis": 0,
        "sinceFirstMillis": (number - 1) * 100,
        "retryAfter": None,
        "line": f"{method} /v1/invoices {status or '---'}",
        **more,
    }


def attempt(number: int, told: str = "stored", *, stored: bool = True, **more: Any) -> dict[str, Any]:
    action = "created" if stored else "rejected"
    return {
        "call": number,
        "action": action,
        "stored": stored,
        "told": told,
        "code": None,
        "warning": None,
        **more,
    }


def shown_call(number: int, **more: Any) -> dict[str, Any]:
    """A call that a finding names: with its texts, what told of the finding, and the schema's line."""
    texts = {"request": '{"invoices": []}', "answer": '{"count": 2}', "told": "counts 2 of 3"}
    return call(number, **{**texts, "schema": "ledger.yaml:212", **more})


def item(key: str, *attempts: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "stored": True, "attempts": list(attempts)}


def finding(
    kind: str = "DROPPED", *items: str, calls: tuple[int, ...] = (), doubtful: bool = False, cause: str = ""
) -> DrillFinding:
    return DrillFinding(kind, f"item {' '.join(items)} was {kind}", items, calls, doubtful, cause)


def result(name: str, *findings: DrillFinding, output: str = "", **more: Any) -> Result:
    verdict = "survived"
    if findings:
        verdict = "doubtful" if all(one.doubtful for one in findings) else "silent"
    made = Result(
        case=Case(name, f"What {name} is.", {"version": 1, "name": "drill", "rules": []}, ("retry",), (94,)),
        verdict=verdict,
        message=findings[0].message if findings else "2 of 2 stored",
        findings=findings,
        ending=Ending(0, output, 60, (1,)),
        duration_s=0.5,
        sandbox="t-drill",
        items=(item("R-1", attempt(1)), item("R-2", attempt(1))),
        calls=(call(1),),
    )
    return dataclasses.replace(made, **more)


def report(*results: Result, known: Mapping[Place, str] | None = None, **more: Any) -> DrillReport:
    clean = dataclasses.replace(result(CLEAN), case=Case(CLEAN))
    plan = Plan(
        says="2 items by postInvoices in 1 call, 30.00 in all",
        obstacle="",
        clean=clean,
        cases=tuple(one.case for one in results),
        operation="postInvoices",
        keys=("R-1", "R-2"),
        calls=1,
        largest=2,
    )
    made = DrillReport(
        vendor="ledger",
        command=("python", "sync.py", "--token", "{token}", "in voices.csv"),
        plan=plan,
        results=results,
        began="2026-11-23T16:34:26Z",
        seconds=52.4,
        options=("ledger",),
        known=known or {},
        secrets={SECRET: "{token}"},
    )
    return replace(made, **more)


def hopeless(obstacle: str) -> DrillReport:
    """A drill that could not begin."""
    made = report()
    return replace(made, plan=dataclasses.replace(made.plan, obstacle=obstacle))
