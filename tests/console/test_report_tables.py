from __future__ import annotations

from typing import Any

import pytest

from mockserver.console.reports_screen import MAX_CHECKS, MAX_OPERATIONS, read_tables

FINDING = {"name": "f1", "said": "item 2 is gone", "expected": "created", "exchanges": [{"operation": "x"}]}


def summary(*operations: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "vendors": [{"name": "acme", "seed": 7, "calls": 12, "operations": list(operations)}],
    }


def operation(name: str, **verdicts: str) -> dict[str, Any]:
    checks = [{"check": check, "verdict": verdict} for check, verdict in verdicts.items()]
    return {"operation": name, "label": name.upper(), "checks": checks}


def test_a_check_has_a_verdict_for_each_operation() -> None:
    (table,) = read_tables(summary(operation("put", a="ok", b="FAIL"), operation("get", b="known", c="ok")))

    assert table["operations"] == ["PUT", "GET"]
    assert table["checks"] == [
        {"check": "a", "verdicts": ["passed", None]},
        {"check": "b", "verdicts": ["failed", "known"]},
        {"check": "c", "verdicts": [None, "passed"]},
    ]
    assert (table["name"], table["seed"], table["calls"]) == ("acme", "7", "12")


def test_a_finding_says_where_it_was() -> None:
    checks = [{"check": "a", "verdict": "FAIL", "finding": FINDING}]

    ((finding,),) = (one["findings"] for one in read_tables(summary({"operation": "put", "checks": checks})))

    assert (finding["operation"], finding["check"], finding["verdict"]) == ("put", "a", "failed")
    assert (finding["said"], finding["expected"], finding["came"]) == ("item 2 is gone", "created", "")


@pytest.mark.parametrize(
    "found", [None, [], "x", {}, {"vendors": 3}, {"vendors": [1, None]}, {"vendors": {"name": "x"}}]
)
def test_what_is_no_summary_has_no_tables(found: Any) -> None:
    assert read_tables(found) == []


@pytest.mark.parametrize(
    "vendor",
    [
        {},
        {"operations": None},
        {"operations": [{"checks": "no"}]},
        {"name": {"x": 1}, "operations": [{"checks": [5]}]},
    ],
)
def test_members_of_another_kind_are_left_out(vendor: Any) -> None:
    (table,) = read_tables({"vendors": [vendor]})

    assert (table["name"], table["checks"], table["findings"]) == ("", [], [])


def test_a_table_has_an_end() -> None:
    verdicts = {f"c{number}": "ok" for number in range(MAX_CHECKS + 1)}

    (table,) = read_tables(summary(*[operation("put", **verdicts)] * (MAX_OPERATIONS + 1)))

    assert (len(table["operations"]), len(table["checks"])) == (MAX_OPERATIONS, MAX_CHECKS)


def test_a_text_has_an_end() -> None:
    (table,) = read_tables({"vendors": [{"name": "x" * 10_000}]})

    assert len(table["name"]) == 2000
