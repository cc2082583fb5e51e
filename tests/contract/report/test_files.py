"""What every form of a report has in common: it can be read, hides what is secret, survives any text."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from mockserver.cli.contract import REPORTS
from mockserver.contract.baseline import KnownFindings
from mockserver.contract.exchange import Finding
from mockserver.contract.report.files import KINDS, write_reports
from mockserver.contract.report.github import LONGEST_BYTES, markdown_summary
from mockserver.contract.report.results import run_outcome
from tests.support.contract_sessions import BEGAN, HOSTILE, OPERATION, SECRET, exchange, finding, seen, visit

KNOWN = KnownFindings("payt", OPERATION, "count-is-processed", reason="they know")
FILES = ["junit.xml", "index.html", "failures.har", "test_contract_payt.py", "report.json"]


def hostile() -> Finding:
    sent, received = HOSTILE.encode(errors="replace"), b"\x00\xff" + SECRET.encode()
    one = finding(
        "x-check", exchange(599, received, sent), exchange(599, sent, received), message=HOSTILE + SECRET
    )
    return dataclasses.replace(
        one, pointer=HOSTILE, expected=HOSTILE, received=SECRET + HOSTILE, steps=(HOSTILE, SECRET)
    )


def written(folder: Path, *findings: Finding, **made: int) -> dict[str, bytes]:
    write_reports(REPORTS, folder, [seen(*findings, **made)], BEGAN)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_every_report_that_can_be_asked_for_can_be_written() -> None:
    assert tuple(KINDS) == REPORTS


def test_the_files_have_their_names(tmp_path: Path) -> None:
    files, _ = write_reports(REPORTS, tmp_path / "deep", [seen(finding())], BEGAN)

    assert [file.name for file in files] == FILES
    assert (tmp_path / "deep" / "count-is-processed-1.sh").stat().st_mode & 0o111


def test_scripts_of_an_earlier_run_go(tmp_path: Path) -> None:
    written(tmp_path, finding())

    assert "count-is-processed-1.sh" not in written(tmp_path, one_outcome_per_item=3)


@pytest.mark.parametrize("name", ["count-is-processed-1.sh", "count-is-processed.sh", "deploy-1.sh"])
def test_a_script_of_somebody_else_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("#!/usr/bin/env bash\nrm -rf build\n")

    assert name in written(tmp_path, one_outcome_per_item=3)


def test_nothing_that_is_secret_is_written(tmp_path: Path) -> None:
    files = written(tmp_path, hostile())

    assert [name for name, text in files.items() if SECRET.encode() in text] == []


def test_whatever_came_every_file_can_be_read(tmp_path: Path) -> None:
    files = written(tmp_path, hostile())

    ET.fromstring(files["junit.xml"])  # noqa: S314 - ours
    json.loads(files["report.json"])
    json.loads(files["failures.har"])
    compile(files["test_contract_payt.py"], "test_contract_payt.py", "exec")
    assert {b"<script", b"\x1b", b"\x00"}.isdisjoint({files["index.html"]})
    assert b"<script" not in files["index.html"]


def test_junit_has_suite_class_and_name(tmp_path: Path) -> None:
    root = ET.fromstring(written(tmp_path, finding(), one_outcome_per_item=3)["junit.xml"])  # noqa: S314 - ours

    suite = root[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("payt", "2", "1")
    assert [(case.get("classname"), case.get("name")) for case in suite] == [
        ("POST /v1/invoices", "one-outcome-per-item"),
        ("POST /v1/invoices", "count-is-processed"),
    ]
    out = str(suite[1].findtext("system-out"))
    assert out.startswith("seed 7\nagain: mockserver contract payt ")
    assert '\nMOCKSERVER_TARGET="${MOCKSERVER_TARGET:-' in out
    assert "\ncurl -sS " in out


def test_junit_names_are_unique_and_the_same_in_every_run(tmp_path: Path) -> None:
    other = dataclasses.replace(finding(), operation="getV1Invoices")

    def names(*findings: Finding) -> list[tuple[str | None, str | None]]:
        suite = ET.fromstring(written(tmp_path, *findings, one_outcome_per_item=3)["junit.xml"])[0]  # noqa: S314 - ours
        return [(case.get("classname"), case.get("name")) for case in suite]

    assert names(finding(), other) == names(other, finding())
    assert len(set(names(finding(), other))) == 3


def test_what_is_known_is_a_skipped_case(tmp_path: Path) -> None:
    write_reports(["junit"], tmp_path, [run_outcome(visit(finding()), [KNOWN])], BEGAN)

    case = ET.parse(tmp_path / "junit.xml").getroot()[0][0]  # noqa: S314 - ours
    skipped = case.find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "known: they know: count is 3, expected 2"


def test_a_run_that_ended_early_is_an_error(tmp_path: Path) -> None:
    write_reports(["junit"], tmp_path, [run_outcome(visit(stopped="gone"), ())], BEGAN)

    assert ET.parse(tmp_path / "junit.xml").getroot()[0].get("errors") == "1"  # noqa: S314 - ours


def test_the_archive_holds_the_calls_of_the_failures(tmp_path: Path) -> None:
    log = json.loads(written(tmp_path, finding(), one_outcome_per_item=3)["failures.har"])["log"]

    entry = log["entries"][0]
    assert (log["version"], len(log["entries"]), entry["startedDateTime"]) == ("1.2", 1, BEGAN)
    assert entry["request"]["url"] == "http://127.0.0.1:9/payt/v1/invoices"
    assert json.loads(entry["request"]["postData"]["text"]) == {"invoices": [{"invoice_number": "A'1"}]}
    assert (entry["response"]["status"], entry["comment"]) == (201, "payt count-is-processed-1")


def test_the_document_tells_everything(tmp_path: Path) -> None:
    document: dict[str, Any] = json.loads(written(tmp_path, finding())["report.json"])

    check = document["vendors"][0]["operations"][0]["checks"][0]
    assert (document["failed"], document["passed"], document["known"]) == (1, 0, 0)
    assert (check["check"], check["verdict"], check["made"]) == ("count-is-processed", "FAIL", 3)
    assert check["finding"]["said"] == "count is 3, expected 2"
    assert check["finding"]["exchanges"][0]["response"] == {
        "status": 201,
        "headers": {"content-type": "application/json"},
        "body": '{"count": 3}',
    }


def test_the_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    page = written(tmp_path, finding())["index.html"].decode()

    assert "default-src 'none'" in page
    assert not any(word in page for word in ("src=", "url(", "@import", "<script"))
    assert re.findall(r'href="(?!#)', page) == []


def test_a_failed_check_in_the_matrix_leads_to_its_failure(tmp_path: Path) -> None:
    page = written(tmp_path, finding(), one_outcome_per_item=3)["index.html"].decode()

    (anchor,) = re.findall(r'href="#([^"]+)" aria-label="failed: count = processed, POST /v1/invoices"', page)
    assert page.count(f'id="{anchor}"') == 1


def test_every_place_of_the_page_has_a_name_of_its_own(tmp_path: Path) -> None:
    first = seen(finding(), finding("order-is-kept"))
    write_reports(["html"], tmp_path, [first, run_outcome(visit(finding()), (), [first])], BEGAN)

    names = re.findall(r'id="(payt-[^"]+|matrix[^"]*)"', (tmp_path / "index.html").read_text())
    headings = [name for name in names if name.endswith("-matrix")]
    failures = [name for name in names if not name.endswith("-matrix")]
    assert (len(headings), len(failures)) == (2, 3)
    assert len(failures) == len(set(failures))


def test_the_matrix_has_a_row_for_each_operation_and_a_column_for_each_check(tmp_path: Path) -> None:
    other = dataclasses.replace(finding("order-is-kept"), operation="getV1Invoices")

    page = written(tmp_path, finding(), other)["index.html"].decode()

    matrix = page.partition('<table class="matrix">')[2].partition("</table>")[0]
    assert re.findall(r"<span>([^<]+)</span>", matrix) == [
        "outcomes are in the order of the items",
        "count = processed",
    ]
    assert re.findall(r'<th scope="row" class="wide">([^<]+)</th>', matrix) == [
        "GET /v1/invoices",
        "POST /v1/invoices",
    ]
    assert re.findall("[✓✕\N{EN DASH}!](?=<)", matrix) == ["✕", "\N{EN DASH}", "\N{EN DASH}", "✕"]


def test_a_failing_batch_has_a_strip_of_its_items(tmp_path: Path) -> None:
    page = written(tmp_path, finding())["index.html"].decode()

    assert 'title="item 0 A&#39;1: skipped">\N{EN DASH}</b>' in page
    assert "1 item: 1 skipped</p>" in page


def test_a_failing_call_without_items_has_no_strip(tmp_path: Path) -> None:
    page = written(tmp_path, finding("x", replace(exchange(), operation="getV1Invoices")))["index.html"]

    assert b'class="squares"' not in page


def test_failures_of_stored_items_come_before_answers_and_methods(tmp_path: Path) -> None:
    checks = ("answers-match-the-spec", "unsupported-method", "accepted-are-there")

    page = written(tmp_path, *map(finding, checks))["index.html"].decode()

    assert re.findall(r'<article [^>]* id="payt-([a-z-]+)-1"', page) == [
        "accepted-are-there",
        "answers-match-the-spec",
        "unsupported-method",
    ]


def test_one_method_that_is_refused_everywhere_is_one_failure_of_the_page(tmp_path: Path) -> None:
    operations = ("postV1Invoices", "patchV1Invoices", "postV1Debtors")
    refused = (
        dataclasses.replace(finding("unsupported-method", exchange(501)), operation=one) for one in operations
    )

    page = written(tmp_path, *refused)["index.html"].decode()

    assert len(re.findall("<summary>also at: [^,]+, [^,]+</summary>", page)) == 1


def test_the_open_call_is_the_batch_and_not_the_read_after_it(tmp_path: Path) -> None:
    read = replace(exchange(200), operation="getV1Invoices")

    page = written(tmp_path, finding("accepted-are-there", exchange(), read, read))["index.html"].decode()

    assert re.findall(r"<details open>\n<summary>(call \d of \d)", page) == ["call 1 of 3"]


def test_a_run_in_this_process_has_no_address(tmp_path: Path) -> None:
    write_reports(
        ["html", "json", "har"],
        tmp_path,
        [run_outcome(dataclasses.replace(visit(finding()), url=""), ())],
        BEGAN,
    )

    document = json.loads((tmp_path / "report.json").read_text())
    archive = json.loads((tmp_path / "failures.har").read_text())
    assert document["vendors"][0]["target"] is None
    assert "in this process · seed 7" in (tmp_path / "index.html").read_text()
    assert archive["log"]["entries"][0]["request"]["url"] == "http://in-process.invalid/v1/invoices"


def test_what_the_run_could_not_do_is_in_the_page_and_the_document(tmp_path: Path) -> None:
    session = visit(finding())
    session.ledger.notes.append(f"GET /odd was not called: {SECRET}")
    write_reports(["html", "json"], tmp_path, [run_outcome(session, ())], BEGAN)

    assert "Note: GET /odd was not called: $" in (tmp_path / "index.html").read_text()
    assert "was not called: $" in json.loads((tmp_path / "report.json").read_text())["vendors"][0]["notes"][0]


def test_a_page_without_a_failure_can_be_written(tmp_path: Path) -> None:
    page = written(tmp_path, one_outcome_per_item=1204)["index.html"].decode()

    assert "1 passed" in page
    assert "1,204 items" in page


def test_a_test_module_is_written_for_failures_alone(tmp_path: Path) -> None:
    assert "test_contract_payt.py" not in written(tmp_path, one_outcome_per_item=3)


def test_a_summary_is_a_table_with_failures_folded() -> None:
    text = markdown_summary([seen(finding(), one_outcome_per_item=3)])

    assert (
        "| check | payt |\n|---|:-:|\n| one outcome per item | ✓ 1 |\n| count = processed | ✕ 1 |\n" in text
    )
    assert "| payt | POST /v1/invoices | 1 | 0 | 1 | 1 |" in text
    assert "\nseed: 7\nagain: mockserver contract payt " in text
    assert (
        "<details><summary>payt postV1Invoices count-is-processed: count is 3, expected 2</summary>" in text
    )


def test_a_summary_has_a_column_for_each_vendor() -> None:
    known = run_outcome(visit(finding()), [KNOWN])

    text = markdown_summary([seen(one_outcome_per_item=3), known])

    assert "| check | payt | payt |\n|---|:-:|:-:|\n" in text
    assert "| one outcome per item | ✓ 1 | · |\n| count = processed | · | ! 1 |\n" in text


def test_a_summary_says_that_a_run_ended_early() -> None:
    assert "\n- payt: stopped early, interrupted\n" in markdown_summary(
        [run_outcome(visit(stopped="interrupted"), ())]
    )


def test_a_summary_shows_no_text_of_others_as_markup() -> None:
    assert "<script" not in markdown_summary([seen(hostile())])


@pytest.mark.parametrize("times", [400])
def test_a_summary_fits_in_its_place(times: int) -> None:
    long = [
        dataclasses.replace(finding(f"check-{number}", exchange(sent=b"x" * 60_000)), message="y" * 900)
        for number in range(times)
    ]

    text = markdown_summary([seen(*long)])

    assert len(text.encode()) < LONGEST_BYTES + 200
    assert "more parts do not fit here; the report has them." in text
