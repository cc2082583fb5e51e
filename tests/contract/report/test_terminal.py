from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from mockserver.contract.report.rows import RunOutcome, run_outcome
from mockserver.contract.report.terminal import summary_line, table_lines
from mockserver.contract.session.baseline import KnownFindings
from tests.support.contract_sessions import HOSTILE, OPERATION, SECRET, exchange, finding, seen, visit


def told(came: RunOutcome, folder: Path | None = None, *, quiet: bool = False) -> str:
    return click.unstyle("\n".join(table_lines(came, folder, quiet=quiet)))


def test_a_table_is_as_it_is_drawn() -> None:
    came = seen(finding(), answers_match_the_spec=400, one_outcome_per_item=1204)

    assert told(came, Path("report")).splitlines() == [
        "payt  http://127.0.0.1:9/payt     seed 7 · 1 call · 6.1 s",
        "payt  POST /v1/invoices     1 call",
        "  ok    answers match the spec          400 calls",
        "  ok    one outcome per item            1,204 items",
        "  FAIL  count = processed               1 case",
        "        count is 3, expected 2      /count",
        "        1. POST /v1/invoices with 3 items → 201",
        """        sent      POST /v1/invoices  {"invoices": [{"invoice_number": "A'1"}]}""",
        "        expected  2",
        "        came      3",
        f"        again:    {came.rows[-1].again}",
        "        curl:     report/count-is-processed-1.sh",
    ]


def test_without_reports_there_is_no_file_to_name() -> None:
    assert "curl:" not in told(seen(finding()))


def test_quiet_tells_failures_alone() -> None:
    assert "  ok " not in told(seen(finding(), one_outcome_per_item=3), quiet=True)


def test_where_nothing_is_said_to_have_come_the_answer_is_shown() -> None:
    assert '        came      201  {"count": 3}\n' in told(seen(replace(finding(), came="")))


def test_what_is_known_is_shown_with_its_reason() -> None:
    came = run_outcome(
        visit(finding()), [KnownFindings("payt", OPERATION, "count-is-processed", "they know")]
    )

    assert "  known count = processed               3 calls   they know" in told(came)


def test_what_is_gone_is_told() -> None:
    came = run_outcome(
        visit(made={"count-is-processed": 3}), [KnownFindings("payt", OPERATION, "count-is-processed")]
    )

    assert told(came).endswith("was known and holds now: take it out of the baseline")


def test_a_run_that_ended_early_says_so() -> None:
    assert told(run_outcome(visit(stopped="interrupted"), ())).endswith("stopped early: interrupted")


def test_texts_of_others_do_nothing_to_the_terminal() -> None:
    hostile = finding("x", exchange(body=HOSTILE.encode(errors="replace")), said=HOSTILE)
    shown = told(seen(replace(hostile, came="", pointer=HOSTILE, told=(HOSTILE,) * 50)))

    assert not {"\x1b", "\u202e", "\x00", "\ud800"} & set(shown)
    assert "… 10 more steps in the report" in shown


def test_a_secret_is_not_shown() -> None:
    assert SECRET not in told(seen(finding(said=SECRET)))


def test_the_last_line_counts_and_names_the_files() -> None:
    came = seen(finding(), one_outcome_per_item=3)

    assert summary_line([came], [Path("report/junit.xml")]) == "1 failed, 1 passed      report/junit.xml"
