"""What the files and GitHub are told of a drill: it can be read, hides what is secret, survives any text."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from mockserver.cli.drill_report.files import KINDS, write_reports
from mockserver.cli.drill_report.github import MOST_ROWS, annotation_lines, markdown_summary
from mockserver.cli.drill_report.results import DrillReport
from mockserver.contract.report.text import MOST_ANNOTATIONS
from mockserver.control.reports import read_result
from mockserver.testing.drill import DrillFinding, Ending
from tests.support.drill_results import (
    HOSTILE,
    SECRET,
    attempt,
    call,
    finding,
    hopeless,
    item,
    report,
    result,
)


def files_of(folder: Path, made: DrillReport) -> dict[str, str]:
    return {file.name: file.read_text(encoding="utf-8") for file in write_reports(tuple(KINDS), folder, made)}


def suite_of(folder: Path, made: DrillReport) -> ET.Element:
    return ET.fromstring(files_of(folder, made)["junit.xml"])[0]  # noqa: S314 - ours


def document_of(folder: Path, made: DrillReport) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files_of(folder, made)["report.json"])
    return document


READ = {"html": "page", "json": "summary", "junit": "junit"}


def test_list_page_document_and_junit_tell_one_verdict(tmp_path: Path) -> None:
    files_of(
        tmp_path,
        report(result("a", finding()), result("b"), dataclasses.replace(result("c"), verdict="unmet")),
    )

    told = [read_result(tmp_path / KINDS[kind][0], name) for kind, name in READ.items()]

    assert [(one["verdict"]["failed"], one["verdict"]["passed"]) for one in told] == [(1, 1)] * 3
    assert [one["run"] and one["run"]["result"] for one in told] == [
        *["1 failed, 1 passed, 1 unmet"] * 2,
        None,
    ]


def verdicts_of(page: str) -> str:
    return page.partition("<h2>Verdicts</h2>")[2]


def hostile() -> DrillReport:
    text = HOSTILE + SECRET
    odd = DrillFinding("DROPPED", text, (HOSTILE,), (1,), doubtful=False)
    run = result(
        "half",
        odd,
        message=text,
        ending=Ending(1, text, 60, (1,)),
        items=(item(HOSTILE, attempt(1, code=HOSTILE)),),
        calls=(call(1, path=HOSTILE, reason=HOSTILE, offContract=HOSTILE),),
    )
    return report(run, command=("sync", text))


def mixed() -> DrillReport:
    return report(
        result("fine"),
        result("half", finding("DROPPED", "R-1"), output="I am done"),
        result("odd", finding("TWICE", "R-2", doubtful=True)),
        result("old", finding("RUDE")),
        result("never", verdict="unmet", message="no such call"),
        known={("ledger", "old", "RUDE", ""): "ticket 17"},
    )


def test_nothing_that_is_secret_is_written(tmp_path: Path) -> None:
    made = hostile()
    texts = {
        **files_of(tmp_path, made),
        "summary": markdown_summary(made),
        "lines": "\n".join(annotation_lines(made)),
    }

    assert [name for name, text in texts.items() if SECRET in text] == []


def test_whatever_came_every_file_can_be_read(tmp_path: Path) -> None:
    files = files_of(tmp_path, hostile())

    ET.fromstring(files["junit.xml"])  # noqa: S314 - ours
    json.loads(files["report.json"])
    assert "<script" not in files["index.html"]
    assert {"\x1b", "\x00"}.isdisjoint(files["index.html"])


def test_a_test_report_has_a_case_for_each_case(tmp_path: Path) -> None:
    suite = suite_of(tmp_path, mixed())

    names = ("name", "tests", "failures", "skipped", "errors")
    assert [suite.get(name) for name in names] == ["drill ledger", "5", "1", "2", "0"]
    assert {one.get("name"): [child.tag for child in one] for one in suite.iter("testcase")} == {
        "fine": [],
        "half": ["failure"],
        "odd": ["system-out"],
        "old": ["skipped", "system-out"],
        "never": ["skipped"],
    }
    assert suite.find(".//failure").attrib == {"message": "item R-1 was DROPPED", "type": "DROPPED"}  # type: ignore[union-attr]
    assert str(suite.findtext(".//failure")).endswith("\nI am done")
    assert str(suite.findtext(".//system-out")).startswith("TWICE, doubtful: item R-2 was TWICE\n")
    assert [one.get("message") for one in suite.iter("skipped")] == [
        "known: ticket 17: item  was RUDE",
        "no such call",
    ]


def test_a_test_report_has_the_counts(tmp_path: Path) -> None:
    counts = {one.get("name"): one.get("value") for one in suite_of(tmp_path, mixed()).iter("property")}

    assert counts == {
        "survived": "1",
        "told": "0",
        "silent": "1",
        "doubtful": "1",
        "known": "1",
        "unmet": "1",
    }


def test_a_client_that_cannot_be_drilled_is_an_error(tmp_path: Path) -> None:
    made = hopeless("the client made no call")

    suite = suite_of(tmp_path, made)
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
    assert "The client cannot be drilled: the client made no call" in files_of(tmp_path, made)["index.html"]
    assert annotation_lines(made) == ["::error title=the client cannot be drilled::the client made no call"]
    assert "The client cannot be drilled: the client made no call" in markdown_summary(made)


def test_the_document_tells_everything(tmp_path: Path) -> None:
    document = document_of(tmp_path, mixed())

    assert (document["passed"], document["failed"], document["known"]) == (2, 1, 1)
    assert document["counts"] == {
        "survived": 1,
        "told": 0,
        "silent": 1,
        "doubtful": 1,
        "known": 1,
        "unmet": 1,
    }
    half = document["cases"][1]
    assert (half["case"], half["verdict"], half["word"], half["output"]) == (
        "half",
        "silent",
        "DROPPED",
        ["I am done"],
    )
    assert half["findings"][0]["items"] == ["R-1"]
    assert [one["number"] for one in half["calls"]] == [1]
    assert document["cases"][3]["findings"][0]["reason"] == "ticket 17"
    assert "calls" not in document["cases"][0]
    assert "calls" in document["clean"]


def test_the_console_knows_how_a_drill_went(tmp_path: Path) -> None:
    files = write_reports(("html", "junit", "json"), tmp_path, mixed())

    assert [
        read_result(file, kind)["verdict"]
        for file, kind in zip(files, ("page", "junit", "summary"), strict=True)
    ] == [
        {"passed": 2, "failed": 1, "known": 0},
        {"passed": 2, "failed": 1, "known": 2},
        {"passed": 2, "failed": 1, "known": 1},
    ]


def test_the_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    page = files_of(tmp_path, mixed())["index.html"]

    assert "default-src 'none'" in page
    assert not any(word in page for word in ("src=", "url(", "@import", "<script"))
    assert re.findall(r'href="(?!#)', page) == []


def test_every_verdict_leads_to_its_case(tmp_path: Path) -> None:
    made = mixed()
    plan = dataclasses.replace(made.plan, clean=dataclasses.replace(result("no-fault", finding("RUDE"))))
    page = files_of(tmp_path, replace(made, plan=plan))["index.html"]

    links = re.findall(r'href="#([^"]+)"', verdicts_of(page))
    assert links[0] == "case-no-fault"
    assert len(links) == 6
    assert sorted(links) == sorted(re.findall(r' id="(case-[^"]+)"', page))


def test_failures_stand_first_on_the_page_and_open(tmp_path: Path) -> None:
    page = files_of(tmp_path, mixed())["index.html"]

    assert re.findall(r'href="#case-([^"]+)"', verdicts_of(page)) == ["half", "odd", "old", "never", "fine"]
    cases = page.split("<h2>The cases</h2>")[1]
    assert "I am done" in cases
    assert re.findall(r"<details( open)?><summary><h3>", cases) == [" open"] * 3 + [""] * 2


def test_a_page_of_a_large_drill_stays_small(tmp_path: Path) -> None:
    items = tuple(
        item(f"R-{at}", *(attempt(number, "nothing", stored=False) for number in range(1, 201)))
        for at in range(1000)
    )
    calls = tuple(call(number) for number in range(1, 201))
    made = report(result("a", finding("DROPPED", "R-1"), items=items, calls=calls), result("b"))

    page = files_of(tmp_path, made)["index.html"]
    assert "… #41 to #180 are not shown here" in page
    assert "976 more items are not shown here" in page
    assert len(page) < 1_000_000


def test_each_start_of_the_client_is_told(tmp_path: Path) -> None:
    run = result("a", calls=tuple(map(call, range(1, 7))), ending=Ending(1, "", 60, (1, 3, 5)), items=())

    page = files_of(tmp_path, report(run))["index.html"]
    assert re.findall(r"start \d of the client|#\d(?=<)", page.split("<h2>The cases</h2>")[1]) == [
        *("#1", "#2", "start 2 of the client", "#3", "#4", "start 3 of the client", "#5", "#6")
    ]


def test_a_failure_is_an_annotation_that_no_text_can_leave() -> None:
    (line,) = annotation_lines(hostile())

    assert line.startswith("::error title=ledger 1 case%3A ")
    assert "\n" not in line


def test_cases_with_one_cause_are_one_annotation() -> None:
    (line,) = annotation_lines(report(*(result(name, finding("DROPPED", "R-1", cause="x")) for name in "ab")))

    again = "mockserver drill ledger --case a -- "
    assert line.startswith(
        f"::error title=ledger 2 cases%3A x (DROPPED)::a: item R-1 was DROPPED%0Aagain: {again}"
    )


def test_more_failures_than_github_shows_are_counted() -> None:
    causes = (finding(cause=f"cause {at}") for at in range(15))
    lines = annotation_lines(report(*(result(f"case-{at}", one) for at, one in enumerate(causes))))

    assert len(lines) == MOST_ANNOTATIONS
    assert lines[-1] == "::error title=mockserver drill::6 more in the summary"


def test_the_summary_has_a_table_of_what_was_found() -> None:
    text = markdown_summary(mixed())

    assert text.startswith(
        "### mockserver drill ledger: survived 1 · told 0 · silent 1 · doubtful 1 · known 1 · unmet 1\n"
    )
    folded = text.partition("<details><summary>3 cases with findings</summary>\n\n")[2]
    assert "| DROPPED | half | item R-1 was DROPPED | mockserver drill ledger --case half" in folded


def test_a_summary_is_cut_to_what_github_takes() -> None:
    text = markdown_summary(report(*(result(f"case-{at}", finding()) for at in range(MOST_ROWS + 40))))

    assert text.count("| DROPPED | case-") == MOST_ROWS
    assert text.endswith("\n40 more are in the report.\n")


def test_the_ledger_of_a_case_is_on_the_page_with_its_money(tmp_path: Path) -> None:
    figure = {"items": 1, "sums": [{"currency": "EUR", "amount": "50.00"}]}
    none: dict[str, Any] = {"items": 0, "sums": []}
    ledger = {"says": "", "sent": figure, "lost": figure, "notTried": none, "doubled": none}

    page = files_of(tmp_path, report(result("a", ledger=ledger)))["index.html"]

    figures = page.partition('aria-label="How the items of a ended">')[2].partition("</ul>")[0]
    assert re.findall(r"<li(.*?)>(.*?)</li>", figures) == [
        ("", "sent <strong>1</strong> <small>EUR 50.00</small>"),
        (' class="error"', "lost <strong>1</strong> <small>EUR 50.00</small>"),
        ("", "doubled <strong>0</strong>"),
    ]
