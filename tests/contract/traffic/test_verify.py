from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.server.application import create_app
from tests.any_files.support import write_files
from tests.contract.traffic.archives import archive, entry
from tests.support import sample_vendor
from tests.support.client import Client

HEADERS = {
    "host": "testserver",
    "user-agent": "tests",
    "authorization": "Bearer full-token-of-somebody",
    "xero-tenant-id": "00000000-0000-4000-8000-000000000001",
}
PAYMENTS = "/xero/api.xro/2.0/BatchPayments?summarizeErrors=false"


def pay(number: str, amount: float) -> dict[str, Any]:
    return {
        "Account": {"Code": "BANK1"},
        "Date": "2026-01-05",
        "Reference": number,
        "Payments": [{"Invoice": {"InvoiceNumber": number}, "Amount": amount}],
    }


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    """What our own server was asked, as its journal exports it: one payment good, one too large."""
    client = Client(create_app(), HEADERS)
    client.put(PAYMENTS, json={"BatchPayments": [pay("R1", 100), pay("R2", 500)]})
    client.get("/xero/api.xro/2.0/BatchPayments")
    file = tmp_path / "traffic.har"
    file.write_bytes(client.get("/_mock/sandboxes/default/journal/export?format=har").body)
    return file


def run(*words: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, words)])


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_traffic_of_our_own_has_not_drifted(traffic: Path) -> None:
    result = run(traffic, "--vendor", "xero")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 calls" in result.stdout
    assert "0 answers that the spec forbids, 0 outcomes that would be another here" in result.stdout


def test_traffic_of_our_own_brings_the_state_and_the_scenarios_that_it_met(tmp_path: Path) -> None:
    client = Client(create_app(), {**HEADERS, "mock-sandbox": "qa"})
    failing = {"select": {"key": "R2"}, "effect": {"fail": {"code": "locked"}}}
    scenario = {"version": 1, "name": "locked", "rules": [{"id": "r1", "items": [failing]}]}
    client.post("/_mock/sandboxes", json={"name": "qa", "scenarios": [scenario]})
    for _ in range(2):
        client.put(PAYMENTS, json={"BatchPayments": [pay("R1", 100), pay("R2", 50)]})
    file = tmp_path / "second.har"
    file.write_bytes(client.get("/_mock/sandboxes/qa/journal/2/export?format=har").body)

    result = run(file, "--vendor", "xero")

    assert (result.exit_code, result.stderr) == (0, "")
    change(file, '"reproducible":true,"sandbox"', '"reproducible":false,"left_out"')
    assert run(file, "--vendor", "xero").exit_code == 1


def test_an_outcome_that_would_be_another_here_is_told_and_ends_with_1(traffic: Path) -> None:
    change(traffic, r"\"Amount\": 500", r"\"Amount\": 50")

    result = run(traffic, "--vendor", "xero")

    assert result.exit_code == 1
    assert "OTHERWISE  item 1" in result.stdout
    assert "recorded rejected: Payment amount exceeds" in result.stdout


@pytest.fixture
def worded(traffic: Path) -> Path:
    """Traffic with one message that our server would word otherwise."""
    change(traffic, "Payment amount exceeds", "The amount is over")
    return traffic


def test_another_message_is_told_and_fails_only_if_asked(worded: Path) -> None:
    results = run(worded, "--vendor", "xero"), run(worded, "--vendor", "xero", "--messages")

    assert [one.exit_code for one in results] == [0, 1]
    *_, line, totals = results[0].stdout.splitlines()
    assert line.startswith("    WORDED     item 1 (R2): recorded rejected: The amount is over the amount")
    assert totals.endswith("0 outcomes that would be another here, 1 message that would be worded otherwise")
    assert results[1].stdout == results[0].stdout


def test_another_message_stands_in_the_reports_and_in_the_baseline(worded: Path) -> None:
    page, document, known = (worded.with_suffix(end) for end in (".html", ".json", ".known.json"))

    run(worded, "--vendor", "xero", "--json-to", document, "--html-to", page, "--write-baseline", known)

    told = json.loads(document.read_text(encoding="utf-8"))["drifted"][0]
    assert (told["otherwise"], [one["key"] for one in told["worded"]]) == ([], ["R2"])
    assert "Worded otherwise here" in page.read_text(encoding="utf-8")
    again = run(worded, "--vendor", "xero", "--messages", "--baseline", known)
    assert (again.exit_code, "1 known difference" in again.stdout) == (0, True)


def test_an_answer_that_the_spec_forbids_is_told(traffic: Path) -> None:
    change(traffic, r"RECBATCH", r"PRAWNBATCH")

    result = run(traffic, "--vendor", "xero")

    assert result.exit_code == 1
    assert "FORBIDDEN  answers-match-the-spec" in result.stdout


def test_the_report_is_written_as_json_and_as_a_page_that_asks_for_nothing(traffic: Path) -> None:
    change(traffic, r"RECBATCH", r"<script>")
    page, document = traffic.with_suffix(".html"), traffic.with_suffix(".json")

    run(traffic, "--vendor", "xero", "--json-to", document, "--html-to", page)

    told = json.loads(document.read_text(encoding="utf-8"))
    assert [one["number"] for one in told["drifted"]] == [1, 2]
    assert {found["check"] for found in told["drifted"][0]["forbidden"]} == {"answers-match-the-spec"}
    text = page.read_text(encoding="utf-8")
    assert "#1 PUT /api.xro/2.0/BatchPayments" in text
    assert "<script" not in text
    assert not re.search(r'src=|href="(?!#)|url\(', text)


def test_json_on_a_terminal_is_the_report(traffic: Path) -> None:
    told = json.loads(run(traffic, "--vendor", "xero", "--json").stdout)

    assert (told["vendor"], told["calls"], told["drifted"]) == ("xero", 2, [])


def test_credentials_are_cut_in_every_report(tmp_path: Path) -> None:
    file = tmp_path / "t.har"
    headers = {"Authorization": "Bearer s3cr3t-of-mine", "xero-tenant-id": HEADERS["xero-tenant-id"]}
    file.write_text(
        archive(
            entry(
                "GET", "https://api.xero.com/api.xro/2.0/Accounts?apikey=s3cr3t", status=418, headers=headers
            )
        )
    )

    result = run(file, "--vendor", "xero", "--json-to", tmp_path / "r.json", "--html-to", tmp_path / "r.html")

    assert result.exit_code == 1
    written = [result.stdout, *((tmp_path / name).read_text() for name in ("r.json", "r.html"))]
    assert not any("s3cr3t" in text for text in written)


@pytest.fixture
def drifted(traffic: Path) -> Path:
    """Traffic with one outcome that would be another here, whose message tells amount and invoice."""
    change(traffic, r"\"Amount\": 500", r"\"Amount\": 50")
    change(traffic, "Payment amount exceeds", "At R2 the 500.00 exceeds")
    return traffic


@pytest.fixture
def baseline(drifted: Path) -> Path:
    file = drifted.with_name("known.json")
    assert run(drifted, "--vendor", "xero", "--write-baseline", file).exit_code == 1
    return file


def test_known_differences_are_counted_and_end_with_0(drifted: Path, baseline: Path) -> None:
    result = run(drifted, "--vendor", "xero", "--baseline", baseline)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "0 outcomes that would be another here, 1 known difference" in result.stdout
    assert "OTHERWISE" not in result.stdout


@pytest.mark.parametrize(
    ("old", "new"), [("At R2 the 500.00", "At R17 the 71.25"), ("R2", "INV-7")], ids=["number", "key"]
)
def test_ids_and_numbers_make_no_difference_new(drifted: Path, baseline: Path, old: str, new: str) -> None:
    change(drifted, old, new)

    assert run(drifted, "--vendor", "xero", "--baseline", baseline).exit_code == 0


def test_a_difference_that_the_baseline_lacks_is_new(drifted: Path, baseline: Path) -> None:
    change(drifted, "RECBATCH", "PRAWNBATCH")

    result = run(drifted, "--vendor", "xero", "--baseline", baseline)

    assert result.exit_code == 1
    assert ("FORBIDDEN" in result.stdout, "OTHERWISE" in result.stdout) == (True, False)


def test_a_known_difference_that_is_gone_is_named(drifted: Path, baseline: Path) -> None:
    change(drifted, "exceeds", "is above")

    result = run(drifted, "--vendor", "xero", "--baseline", baseline)

    assert result.exit_code == 1
    assert "gone: outcomes-are-as-recorded at " in result.stdout


def test_a_baseline_keeps_reasons_and_what_the_traffic_cannot_tell(drifted: Path, baseline: Path) -> None:
    known = json.loads(baseline.read_text())
    known["known"][0]["reason"] = "they round"
    known["known"].append({"vendor": "xero", "operation": "getInvoices", "check": "answers-match-the-spec"})
    baseline.write_text(json.dumps(known))

    run(drifted, "--vendor", "xero", "--baseline", baseline, "--write-baseline", baseline)

    written = json.loads(baseline.read_text())["known"]
    assert [(one["operation"], one["reason"]) for one in written] == [
        (known["known"][0]["operation"], "they round"),
        ("getInvoices", ""),
    ]


def test_a_baseline_that_cannot_be_read_ends_with_2(traffic: Path) -> None:
    result = run(traffic, "--vendor", "xero", "--baseline", traffic)

    assert (result.exit_code, "/version: expected 1" in result.stderr) == (2, True)


def test_a_job_of_github_gets_the_result_in_its_summary(
    drifted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))

    result = run(drifted, "--vendor", "xero")

    assert (
        tmp_path / "summary.md"
    ).read_text() == f"### mockserver verify xero\n\n```text\n{result.stdout}```\n"


@pytest.mark.parametrize(
    ("text", "vendor", "says"),
    [
        ("{}", "xero", "no /log/entries"),
        (archive(), "xero", "has no call of xero"),
        (archive(entry("GET", "https://h/logo.png")), "xero", "(1 of others)"),
        (archive(), "nobody", "no vendor named nobody; there are guidewire"),
    ],
)
def test_what_cannot_be_used_is_told_in_three_parts_and_ends_with_2(
    tmp_path: Path, text: str, vendor: str, says: str
) -> None:
    file = tmp_path / "traffic.har"
    file.write_text(text)

    result = run(file, "--vendor", vendor)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert says in result.stderr
    assert "\n   at: " in result.stderr
    assert "\n  try: " in result.stderr


def test_an_unknown_assumption_ends_with_2(traffic: Path) -> None:
    result = run(traffic, "--vendor", "xero", "--assume", "xero.nothing=on")

    assert result.exit_code == 2
    assert "xero.nothing" in result.stderr


def test_traffic_is_compared_with_a_spec_of_a_users(tmp_path: Path) -> None:
    client = Client(sample_vendor.create_application(tmp_path), HEADERS)
    client.put("/acme/orders", json={"orders": [{"id": "A1", "amount": 1}]})
    client.get("/acme/orders")
    file = tmp_path / "orders.har"
    file.write_bytes(client.get("/_mock/sandboxes/default/journal/export?format=har").body)

    result = run(file, "--spec", tmp_path / "acme.yaml")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 calls" in result.stdout


def test_a_spec_and_a_vendor_exclude_each_other(tmp_path: Path, traffic: Path) -> None:
    spec = sample_vendor.write_spec(tmp_path)

    result = run(traffic, "--spec", spec, "--vendor", "xero")

    assert (result.exit_code, "--spec and --vendor exclude each other" in result.stderr) == (2, True)


def test_who_says_neither_a_spec_nor_a_vendor_is_told_what_to_write(traffic: Path) -> None:
    result = run(traffic)

    assert (result.exit_code, "try: --vendor VENDOR     or --spec FILE" in result.stderr) == (2, True)


def test_any_file_can_be_answered_for(tmp_path: Path, traffic: Path) -> None:
    result = run(traffic, "--spec", write_files("crud-3-1", tmp_path))

    assert "has no call of openapi" in result.stderr


def test_calls_without_an_operation_are_known_by_their_path(tmp_path: Path) -> None:
    file, known = tmp_path / "t.har", tmp_path / "known.yaml"
    words = (file, "--vendor", "xero", "--base", "https://h/v1")

    def unknown(path: str, *more: object) -> int:
        file.write_text(archive(entry("GET", f"https://h/v1{path}")))
        return run(*words, *more).exit_code

    assert unknown("/Nothing/17", "--write-baseline", known) == 1
    assert unknown("/Nothing/18", "--baseline", known) == 0
    assert unknown("/Nowhere/17", "--baseline", known) == 1
