"""Findings with an equal cause are one thing to mend, shown with an example in every report."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from click import unstyle
from msgspec.structs import replace

from mockserver.cli.drill_report.causes import find_causes
from mockserver.cli.drill_report.files import KINDS, write_reports
from mockserver.cli.drill_report.github import markdown_summary
from mockserver.cli.drill_report.results import DrillReport
from mockserver.cli.drill_report.terminal import cause_lines
from mockserver.testing.drill import Result
from tests.support.drill_results import HOSTILE, SECRET, call, finding, report, result, shown_call

UNREAD, EARLY = "an error inside a 201 was not read", "called again before Retry-After was over"


def unread(name: str, kind: str = "DROPPED", cause: str = UNREAD, **more: Any) -> Result:
    calls = (shown_call(1), call(2, "GET", 200))
    return result(name, finding(kind, "R-1", calls=(1,), cause=cause), calls=calls, **more)


def early(name: str, *, doubtful: bool = False) -> Result:
    return result(name, finding("RUDE", calls=(1,), cause=EARLY, doubtful=doubtful))


def titles(made: DrillReport) -> list[str]:
    return [cause.title for cause in find_causes(made)]


def files_of(folder: Path, made: DrillReport) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in write_reports(tuple(KINDS), folder, made)}


def test_equal_causes_of_a_kind_are_one() -> None:
    made = report(unread("a"), unread("b"), unread("c", "TWICE"))

    assert titles(made) == [f"2 cases: {UNREAD} (DROPPED)", f"1 case: {UNREAD} (TWICE)"]


def test_the_worst_kind_is_first_and_then_the_most_cases() -> None:
    made = report(early("a"), early("b"), unread("c", cause="x"), unread("d"), unread("e"))

    assert titles(made) == [f"2 cases: {UNREAD} (DROPPED)", "1 case: x (DROPPED)", f"2 cases: {EARLY} (RUDE)"]


def test_what_is_known_or_doubtful_stands_apart_after_what_is_sure() -> None:
    known = {("ledger", "old", "DROPPED", ""): ""}
    made = report(early("a", doubtful=True), unread("old"), early("b"), known=known)

    assert titles(made) == [
        f"1 case: {EARLY} (RUDE)",
        f"1 case: {EARLY} (RUDE, doubtful)",
        f"1 case: {UNREAD} (DROPPED, known)",
    ]


def test_two_findings_of_a_case_with_one_cause_are_one_case() -> None:
    both = (finding("DROPPED", "R-1", cause=UNREAD), finding("DROPPED", "R-2", cause=UNREAD))

    assert titles(report(result("a", *both))) == [f"1 case: {UNREAD} (DROPPED)"]


def test_the_fault_of_the_run_without_faults_is_a_cause_too() -> None:
    made = report(result("a"))
    plan = dataclasses.replace(made.plan, clean=unread("no-fault"))

    assert [cause.cases for cause in find_causes(replace(made, plan=plan))] == [["no-fault"]]


def test_an_unknown_kind_is_the_least() -> None:
    assert titles(report(unread("a", "ODD"), early("b")))[1] == f"1 case: {UNREAD} (ODD)"


def test_the_example_is_the_call_that_told() -> None:
    told = finding("DROPPED", "R-1", calls=(1, 2), cause=UNREAD)
    calls = (shown_call(1, told=""), shown_call(2))

    (cause,) = find_causes(report(result("a", told, calls=calls)))
    assert (cause.example["case"], cause.example["call"]) == ("a", 2)


def test_what_the_client_did_next_is_told_in_few_lines() -> None:
    calls = (shown_call(1), *(call(number, "GET", 200) for number in range(2, 20)))
    made = report(result("a", finding(calls=(1,)), calls=calls))

    assert find_causes(made)[0].example["followed"] == [
        *["GET /v1/invoices 200"] * 5,
        "… 13 more calls",
        "the client ended with 0 after 0.5 s",
    ]


def test_the_terminal_says_what_to_mend_first_and_shows_it() -> None:
    made = report(unread("a", ledger={"says": "sent 2 · stored 1"}), unread("b"), early("c"))

    assert [unstyle(line) for line in cause_lines(made)] == [
        f"mend this first: 2 cases: {UNREAD} (DROPPED)",
        "  a: item R-1 was DROPPED",
        "    ledger   sent 2 · stored 1",
        "    line     POST /v1/invoices 201",
        '    request  {"invoices": []}',
        '    answer   {"count": 2}',
        "    told     counts 2 of 3",
        "    schema   ledger.yaml:212",
        "    then     GET /v1/invoices 200; the client ended with 0 after 0.5 s",
        f"1 case: {EARLY} (RUDE)",
        "  c: item  was RUDE",
    ]


def test_a_finding_without_a_call_shows_how_the_client_ended() -> None:
    lines = list(cause_lines(report(result("a", finding("HANGS")))))

    assert lines[2:] == ["    then     the client ended with 0 after 0.5 s"]


def test_nothing_is_to_be_mended_if_nothing_is_sure() -> None:
    assert list(cause_lines(report(result("a"), early("b", doubtful=True)))) == [
        f"1 case: {EARLY} (RUDE, doubtful)",
        "  b: item  was RUDE",
    ]


def test_a_program_reads_causes_with_an_example_whole(tmp_path: Path) -> None:
    document = json.loads(files_of(tmp_path, report(unread("a"), unread("b")))["report.json"])

    assert document["causes"] == [
        {
            "kind": "DROPPED",
            "cause": UNREAD,
            "cases": ["a", "b"],
            "verdict": "silent",
            "doubtful": False,
            "example": {
                "case": "a",
                "message": "item R-1 was DROPPED",
                "ledger": "",
                "call": 1,
                "line": "POST /v1/invoices 201",
                "request": '{"invoices": []}',
                "answer": '{"count": 2}',
                "told": "counts 2 of 3",
                "schema": "ledger.yaml:212",
                "followed": ["GET /v1/invoices 200", "the client ended with 0 after 0.5 s"],
            },
        }
    ]


def test_the_page_has_each_cause_before_the_rows_with_links_to_its_cases(tmp_path: Path) -> None:
    page = files_of(tmp_path, report(unread("a"), unread("b")))["index.html"]

    causes = page.partition("<h2>Verdicts</h2>")[0]
    assert f"2 cases: {UNREAD} (DROPPED)" in causes
    assert "{&#34;count&#34;: 2}" in causes
    assert '<a href="#case-a">a</a>, <a href="#case-b">b</a>' in causes


def test_a_failed_test_has_its_cause(tmp_path: Path) -> None:
    suite = ET.fromstring(files_of(tmp_path, report(unread("a")))["junit.xml"])  # noqa: S314 - ours

    assert f"DROPPED: item R-1 was DROPPED\n  the cause: {UNREAD}\n" in str(suite.findtext(".//failure"))


def test_the_summary_of_a_job_begins_with_the_causes() -> None:
    text = markdown_summary(report(unread("a"), unread("b")))

    row = f"| DROPPED | 2 | {UNREAD} | a | {{&quot;count&quot;: 2}} |"
    assert text.index(row) < text.index("| DROPPED | a | item R-1 was DROPPED |")


def test_an_example_tells_no_secret_and_can_be_shown(tmp_path: Path) -> None:
    text = HOSTILE + SECRET
    odd = shown_call(1, request=text, answer=text, told=text, schema=text, line=text)
    one = finding(calls=(1,), cause=text)
    made = report(result("a", one, calls=(odd, call(2, line=text))))

    texts = {
        **files_of(tmp_path, made),
        "summary": markdown_summary(made),
        "lines": "".join(cause_lines(made)),
    }
    assert [name for name, shown in texts.items() if SECRET in shown or "\x00" in shown] == []
