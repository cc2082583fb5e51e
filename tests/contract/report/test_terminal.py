from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from mockserver.contract.baseline import KnownFindings
from mockserver.contract.report.results import RunOutcome, run_outcome
from mockserver.contract.report.terminal import closing_lines, failure_lines, result_line, vendor_lines
from tests.support.contract_sessions import HOSTILE, OPERATION, SECRET, exchange, finding, seen, visit


def told(received: RunOutcome, folder: Path | None = None, *, verbose: bool = False) -> str:
    lines = [
        *vendor_lines(received, verbose=verbose),
        *failure_lines([received], folder),
        *closing_lines([received], []),
    ]
    return click.unstyle("\n".join(lines))


def test_only_failures_are_shown_whole() -> None:
    received = seen(finding(), answers_match_the_spec=400, one_outcome_per_item=1204)

    assert told(received, Path("report")).splitlines() == [
        "payt  http://127.0.0.1:9/payt     seed 7 · 1 call · 6.1 s",
        "FAILED  payt POST /v1/invoices  count = processed",
        "        count is 3, expected 2      /count",
        "        1. POST /v1/invoices with 3 items → 201",
        """        sent      POST /v1/invoices  {"invoices": [{"invoice_number": "A'1"}]}""",
        "        expected  2",
        "        came      3",
        f"        again:    {received.rows[-1].again}",
        "        curl:     report/count-is-processed-1.sh",
        "1 failed, 2 passed: payt count-is-processed",
    ]


def test_every_check_is_listed_where_that_is_asked_for() -> None:
    received = seen(finding(), answers_match_the_spec=400, one_outcome_per_item=1204)

    assert told(received, verbose=True).splitlines()[1:5] == [
        "payt  POST /v1/invoices     1 call",
        "  ok    answers match the spec          400 calls",
        "  ok    one outcome per item            1,204 items",
        "  FAIL  count = processed               1 case",
    ]


def test_a_run_in_this_process_names_no_address() -> None:
    received = run_outcome(replace(visit(), url=""), ())

    assert told(received).splitlines()[0] == "payt  in this process     seed 7 · 0 calls · 6.1 s"


def test_without_reports_there_is_no_file_to_name() -> None:
    assert "curl:" not in told(seen(finding()))


def test_where_nothing_is_said_to_have_come_the_answer_is_shown() -> None:
    assert '        came      201  {"count": 3}\n' in told(seen(replace(finding(), received="")))


def test_what_is_known_is_shown_with_its_reason() -> None:
    received = run_outcome(
        visit(finding()), [KnownFindings("payt", OPERATION, "count-is-processed", reason="they know")]
    )

    assert "  known count = processed               3 calls   they know" in told(received)


def test_what_is_gone_is_told() -> None:
    received = run_outcome(
        visit(made={"count-is-processed": 3}), [KnownFindings("payt", OPERATION, "count-is-processed")]
    )

    assert "is in the baseline and passes now: take it out\n" in told(received)


def test_a_run_that_ended_early_says_so_in_its_note_and_in_the_last_line() -> None:
    received = run_outcome(visit(finding(), stopped="interrupted"), ())

    assert told(received).splitlines()[-2:] == [
        "note: payt: stopped early, interrupted",
        "1 failed, 0 passed, stopped early: payt count-is-processed",
    ]


def test_a_lost_server_is_a_note_of_the_run() -> None:
    received = run_outcome(visit(stopped=f"POST /x: reset {SECRET}"), ())

    assert "note: payt: stopped early, no answer: POST /x: reset $" in told(received)


def test_what_the_run_could_not_do_is_told_before_the_result() -> None:
    session = visit()
    session.ledger.notes.append("GET /odd was not called")

    assert told(run_outcome(session, ())).splitlines()[-2:] == [
        "note: payt: GET /odd was not called",
        "0 failed, 0 passed",
    ]


def test_texts_of_others_do_nothing_to_the_terminal() -> None:
    hostile = finding("x", exchange(body=HOSTILE.encode(errors="replace")), message=HOSTILE)
    shown = told(seen(replace(hostile, received="", pointer=HOSTILE, steps=(HOSTILE,) * 50)))

    assert not {"\x1b", "\u202e", "\x00", "\ud800"} & set(shown)
    assert "… 10 more steps in the report" in shown


def test_a_secret_is_not_shown() -> None:
    assert SECRET not in told(seen(finding(message=SECRET)))


def test_the_reports_are_named_before_the_result() -> None:
    lines = list(closing_lines([seen(one_outcome_per_item=3)], [Path("a/junit.xml"), Path("a/index.html")]))

    assert lines == ["reports: a/junit.xml  a/index.html", "0 failed, 1 passed"]


def test_the_last_line_names_each_failed_check_once() -> None:
    other = replace(finding(), operation="getV1Invoices")

    assert result_line([seen(finding(), other, finding("order-is-kept"))]) == (
        "3 failed, 0 passed: payt count-is-processed, payt order-is-kept"
    )


def test_a_long_list_of_failed_checks_is_counted() -> None:
    many = [finding(f"check-{number:02}") for number in range(12)]

    assert result_line([seen(*many)]).endswith("payt check-07, and 4 more")


def test_one_media_type_that_is_refused_everywhere_is_one_finding() -> None:
    refused = exchange(415, b"{}")
    operations = ("postV1Invoices", "patchV1Invoices", "postV1Debtors")
    findings = [replace(finding("positive-data-acceptance", refused), operation=name) for name in operations]
    other = replace(finding("positive-data-acceptance", exchange(409)), operation="postV1Contacts")

    shown = told(seen(*findings, other)).splitlines()

    assert [line for line in shown if line.startswith("FAILED")] == [
        "FAILED  payt POST /v1/invoices  valid requests are accepted",
        "FAILED  payt POST /v1/contacts  valid requests are accepted",
    ]
    assert "        also at:  PATCH /v1/invoices, POST /v1/debtors" in shown
    assert shown[-1] == "4 failed (2 causes), 0 passed: payt positive-data-acceptance"


def test_one_undocumented_media_type_of_all_answers_is_one_finding() -> None:
    said = {
        "answers-match-the-spec": "as application/json; the spec",
        "comes-as-asked-for": "application/json came",
    }
    rows = [
        replace(finding(check, message=message), operation=name)
        for check, message in said.items()
        for name in ("postV1Invoices", "patchV1Invoices")
    ]
    other = replace(finding("answers-match-the-spec"), operation="getV1Debtors")

    assert "5 failed (2 causes)" in result_line([seen(*rows, other)])
