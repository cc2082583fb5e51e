"""What in an answer tells of items, and where the spec declares the answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.drill.conftest import Bench, Sender

ROWS = {"901": "10.00", "2026/001": "20.00"}


def evidence(bench: Bench, vendor: str, *rules: Mapping[str, Any], rows: Mapping[str, str] = ROWS) -> Any:
    """The first call of a client that ignores the answer, as the verdict shows the call."""

    def once(sender: Sender) -> None:
        sender.send(rows)

    clean = bench.run(vendor, once)
    found = bench.judge(vendor, bench.run(vendor, once, *rules), clean)
    return found["calls"][0]


def item(index: int, **effect: Any) -> Mapping[str, Any]:
    return {"items": [{"select": {"index": index}, "effect": effect}]}


@pytest.mark.parametrize(
    ("vendor", "rule", "told"),
    [
        ("payt", item(0, omit=True, commit=False), "counts 1 of 2"),
        ("payt", item(1, fail={"code": "locked"}), "counts 1 of 2, 2026/001: errors"),
        ("vba", item(0, fail={"code": "locked"}), "901: 500"),
        ("payt", {"commit": "none", "response": {"fault": "EMPTY_RESPONSE"}}, "no answer"),
    ],
)
def test_what_an_answer_tells_of_items_is_said(
    bench: Bench, vendor: str, rule: Mapping[str, Any], told: str
) -> None:
    rows = ROWS if vendor == "payt" else {"901": "10.00", "902": "20.00"}

    assert evidence(bench, vendor, rule, rows=rows)["told"] == told


def test_a_row_of_an_item_that_nobody_sent_is_said(bench: Bench) -> None:
    rule = {**item(0, omit=True, commit=False), "envelope": {"phantom": 1}}

    told = evidence(bench, "xero", rule, rows={"901": "10.00", "902": "20.00"})["told"]

    assert told.startswith("tells of ")
    assert told.endswith("has no row for 901")


def test_request_answer_and_line_of_the_spec_are_shown(bench: Bench) -> None:
    call = evidence(bench, "payt", item(0, fail={"code": "locked"}))

    assert '"invoice_number"' in call["request"]
    assert '"errors"' in call["answer"]
    line = int(call["schema"].split()[1])
    served = next(one for one in bench.app.served if one.name == "payt")
    assert "x-batch" in served.spec.text.splitlines()[line - 1]
