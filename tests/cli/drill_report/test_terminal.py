"""A drill on the terminal: a line a case, the counts, and what to run again."""

from __future__ import annotations

from pathlib import Path

from click import unstyle

from mockserver.cli.drill_report.results import DrillReport
from mockserver.cli.drill_report.terminal import closing_lines, row_lines
from tests.support.drill_results import HOSTILE, SECRET, finding, report, result

LONG = "a rather long sentence " * 10


def lines_of(made: DrillReport, width: int | None = None) -> list[str]:
    return [unstyle(line) for row in made.rows for line in row_lines(made, row, width)]


def test_the_columns_stand_below_each_other() -> None:
    made = report(result("transient-item"), result("half", finding("LOST", "R-17")))

    assert lines_of(made) == [
        "  ok       transient-item  2 of 2 stored",
        "  LOST     half            item R-17 was LOST",
    ]


def test_a_long_message_is_wrapped() -> None:
    lines = lines_of(report(result("b", finding("LOST"), message=LONG)), 80)

    assert len(lines) > 2
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith(" " * 14) for line in lines[1:])


def test_without_a_terminal_nothing_is_wrapped() -> None:
    made = report(result("a", message=LONG), result("b", finding("LOST"), message=LONG))

    assert len(lines_of(made)) == 2
    assert all(LONG.strip() in line for line in lines_of(made))


def test_further_faults_are_counted() -> None:
    made = report(result("a", finding("LOST", "R-1"), finding("TWICE", "R-2"), finding("RUDE")))

    assert lines_of(made)[0].endswith("item R-1 was LOST (and 2 more)")


def test_a_message_stays_in_its_line_and_tells_no_secret() -> None:
    (line,) = lines_of(report(result("a", message=HOSTILE + SECRET)))

    assert {"\x1b", "\x00", "\n", SECRET}.isdisjoint(line)
    assert SECRET not in line


def test_the_last_lines_have_counts_reports_and_the_way_to_repeat_the_first_failure() -> None:
    made = report(result("a"), result("b", finding("LOST")), result("c", finding("HANGS")))
    again = "again: mockserver drill ledger --case b -- python sync.py --token '{token}' 'in voices.csv'"

    lines = list(closing_lines(made, [Path("report/index.html")]))
    assert lines == ["1 ok, 2 fail · 52 s", "report/index.html", again]


def test_known_faults_that_are_gone_are_told() -> None:
    made = report(result("a"), known={("ledger", "a", "LOST"): ""})

    assert list(closing_lines(made, [])) == [
        "gone: LOST in a is in the baseline and was not found: take it out",
        "1 ok, 0 fail · 52 s",
    ]
