"""Faults of a client that are known do not fail a drill, and those that are gone are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.cli.drill_report.results import KnownFault, Place
from mockserver.contract.baseline import UnreadableBaselineError, read_baseline, write_baseline
from tests.support.drill_results import finding, report, result

LOST = ("ledger", "half", "LOST")
KNOWN = {LOST: "ticket 17"}


def test_a_case_whose_faults_are_all_known_does_not_fail() -> None:
    made = report(result("half", finding("LOST", "R-1")), known=KNOWN)

    (row,) = made.rows
    assert (row.verdict, row.word, row.reasons) == ("known", "known", {"LOST": "ticket 17"})
    assert made.counts["silent"] == 0


def test_another_fault_in_a_known_case_fails_and_is_the_one_that_is_told() -> None:
    made = report(result("half", finding("LOST", "R-1"), finding("TWICE", "R-2")), known=KNOWN)

    (row,) = made.rows
    assert (row.verdict, row.word, row.message) == ("silent", "TWICE", "item R-2 was TWICE")


@pytest.mark.parametrize("other", [("other", "half", "LOST"), ("ledger", "whole", "LOST")])
def test_what_is_known_of_another_vendor_or_case_does_not_count(other: Place) -> None:
    assert report(result("half", finding()), known={other: ""}).counts["silent"] == 1


def test_what_is_no_longer_found_is_gone() -> None:
    assert report(result("half"), known=KNOWN).gone == [LOST]


def test_what_could_not_be_tried_is_not_gone() -> None:
    made = report(result("half", verdict="unmet"), known={**KNOWN, ("ledger", "never-run", "LOST"): ""})

    assert made.gone == []


def test_what_became_doubtful_is_not_gone() -> None:
    made = report(result("half", finding("LOST", doubtful=True)), known=KNOWN)

    assert (made.gone, made.rows[0].verdict) == ([], "doubtful")


def test_a_new_baseline_has_all_faults_keeps_reasons_and_what_was_not_run() -> None:
    elsewhere, gone = ("other", "half", "LOST"), ("ledger", "whole", "RUDE")
    results = (
        result("half", finding("LOST", "R-1"), finding("TWICE", "R-2")),
        result("whole"),
        result("odd", finding("LOST", doubtful=True)),
    )

    assert report(*results, known={**KNOWN, elsewhere: "theirs", gone: ""}).to_be_known == {
        **KNOWN,
        ("ledger", "half", "TWICE"): "",
        elsewhere: "theirs",
    }


@pytest.mark.parametrize("name", ["known.json", "known.yaml"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / "deep" / name
    rude, lost = KnownFault("ledger", "whole", "RUDE"), KnownFault(*LOST, KNOWN[LOST])

    write_baseline(file, [rude, lost])

    assert read_baseline(file, KnownFault) == [lost, rude]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "/version: expected 1"),
        ('{"version": 1, "known": [{"vendor": "ledger", "case": "half"}]}', "/known/0/kind: expected a text"),
        ('{"version": 1, "known": [{"check": "x"}]}', "keys allowed here: case, kind, reason, vendor"),
        ("{", "known.json"),
    ],
)
def test_an_unreadable_baseline_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UnreadableBaselineError, match=said):
        read_baseline(file, KnownFault)
