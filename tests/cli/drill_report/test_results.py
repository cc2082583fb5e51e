"""Rows, counts, commands and outputs of a drill."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from mockserver.cli.drill_report.results import LAST_LINES, count_words, ending_words
from mockserver.testing.drill import Ending
from tests.support.drill_results import HOSTILE, SECRET, finding, hopeless, report, result


def test_what_is_doubtful_or_not_met_does_not_fail() -> None:
    made = report(result("a", finding(doubtful=True)), result("b", verdict="unmet"))

    assert count_words(made) == "survived 0 · told 0 · silent 0 · doubtful 1 · unmet 1"
    assert made.counts["silent"] == 0


def test_a_client_that_cannot_be_drilled_has_failed() -> None:
    made = hopeless("the client made no call to this sandbox")

    assert (made.rows, made.counts["silent"]) == ([], 1)


def test_a_client_with_a_fault_even_without_faults_has_a_row_for_that() -> None:
    made = report(result("a"))
    plan = dataclasses.replace(made.plan, clean=result("no-fault", finding("RUDE")))

    assert [(row.id, row.word) for row in replace(made, plan=plan).rows] == [
        ("no-fault", "RUDE"),
        ("a", "survived"),
    ]


def test_the_command_of_a_repetition_can_be_pasted() -> None:
    made = report(result("half"), options=("ledger", "--seed", "7"))

    assert made.again(made.rows[0]) == (
        "mockserver drill ledger --seed 7 --case half -- python sync.py --token '{token}' 'in voices.csv'"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--password", "hunter22"), "hu…"),
        (("--api-key=hunter22",), "--api-key=hu…"),
        (("-H", "Authorization: Bearer hunter22"), "Authorization: Bearer hu…"),
        (("postgres://me:hunter22@db/x",), "postgres://me:hu…@db/x"),
        (("--level", SECRET), "{token}"),
    ],
)
def test_no_credential_of_the_command_is_shown(words: tuple[str, ...], said: str) -> None:
    line = report(command=("sync", *words)).command_line()

    assert said in line
    assert "hunter22" not in line
    assert SECRET not in line


def test_of_a_long_output_the_last_lines_are_shown() -> None:
    shown = report().output(result("a", output="\n".join(f"line {at}" for at in range(100_000))))

    assert shown[0] == f"… {100_000 - LAST_LINES:,} lines before these"
    assert (len(shown), shown[1], shown[-1]) == (LAST_LINES + 1, "line 99940", "line 99999")


def test_one_endless_line_is_cut() -> None:
    assert [len(line) for line in report().output(result("a", output="x" * 1_000_000))] == [1000]


def test_an_output_has_neither_colours_nor_secrets() -> None:
    output = f"\x1b[31mred\x1b[0m\nsent {SECRET}\nAuthorization: Bearer abc-123\n{HOSTILE}"
    shown = report().output(result("a", output=output))

    assert shown[:3] == ["red", "sent {token}", "Authorization: Bearer ab…"]
    assert "\x00" not in "".join(shown)


def test_the_end_of_a_client_is_told() -> None:
    twice = result("a", ending=Ending(1, "", 60, (1, 4)))
    endless = result("a", ending=Ending(None, "", 60, (1,)))

    assert ending_words(twice) == "ended with 1 after 0.5 s, started 2 times"
    assert ending_words(endless) == "did not end, and was stopped after 0.5 s"
