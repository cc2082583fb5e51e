"""A drill on the terminal: a line a case, the counts, and what to run again."""

from __future__ import annotations

from pathlib import Path

from click import unstyle

from mockserver.cli.drill_report.results import DrillReport
from mockserver.cli.drill_report.terminal import closing_lines, row_line
from tests.support.drill_results import HOSTILE, SECRET, finding, report, result


def lines_of(made: DrillReport) -> list[str]:
    return [unstyle(row_line(made, row)) for row in made.rows]


def test_the_columns_stand_below_each_other() -> None:
    made = report(result("transient-item"), result("half", finding("DROPPED", "R-17")))

    assert lines_of(made) == [
        "  survived transient-item  2 of 2 stored",
        "  DROPPED  half            item R-17 was DROPPED",
    ]


def test_further_faults_are_counted() -> None:
    made = report(result("a", finding("DROPPED", "R-1"), finding("TWICE", "R-2"), finding("RUDE")))

    assert lines_of(made)[0].endswith("item R-1 was DROPPED (and 2 more)")


def test_a_message_stays_in_its_line_and_tells_no_secret() -> None:
    (line,) = lines_of(report(result("a", message=HOSTILE + SECRET)))

    assert {"\x1b", "\x00", "\n", SECRET}.isdisjoint(line)
    assert SECRET not in line


def test_the_last_lines_have_counts_reports_and_the_way_to_repeat_the_first_failure() -> None:
    made = report(result("a"), result("b", finding("DROPPED")), result("c", finding("HANGS")))
    again = "again: mockserver drill ledger --case b -- python sync.py --token '{token}' 'in voices.csv'"

    lines = list(closing_lines(made, [Path("report/index.html")]))
    assert lines == ["survived 1 · told 0 · silent 2 · 52 s", "report/index.html", again]


def test_known_faults_that_are_gone_are_told() -> None:
    made = report(result("a"), known={("ledger", "a", "DROPPED", "R-1"): ""})

    assert list(closing_lines(made, [])) == [
        "gone: DROPPED of R-1 in a is in the baseline and was not found: take it out",
        "survived 1 · told 0 · silent 0 · 52 s",
    ]
