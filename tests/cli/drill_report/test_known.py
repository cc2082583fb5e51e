"""Faults of a client that are known do not fail a drill, and those that are gone are told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace

from mockserver.cli.drill_report.results import DrillReport, KnownFault, Place
from mockserver.contract.baseline import UnreadableBaselineError, read_baseline, write_baseline
from mockserver.testing.drill import DrillFinding
from tests.support.drill_results import attempt, finding, item, report, result

DROPPED = ("ledger", "half", "DROPPED", "R-1")
KNOWN = {DROPPED: "ticket 17"}


def test_a_case_whose_faults_are_all_known_does_not_fail() -> None:
    made = report(result("half", finding("DROPPED", "R-1")), known=KNOWN)

    (row,) = made.rows
    assert (row.verdict, row.word, *row.reasons.values()) == ("known", "known", "ticket 17")
    assert made.counts["silent"] == 0


def test_another_fault_in_a_known_case_fails_and_is_the_one_that_is_told() -> None:
    made = report(result("half", finding("DROPPED", "R-1"), finding("TWICE", "R-2")), known=KNOWN)

    (row,) = made.rows
    assert (row.verdict, row.word, row.message) == ("silent", "TWICE", "item R-2 was TWICE")


@pytest.mark.parametrize("other", [("other", "half", "DROPPED", ""), ("ledger", "whole", "DROPPED", "")])
def test_what_is_known_of_another_vendor_or_case_does_not_count(other: Place) -> None:
    assert report(result("half", finding()), known={other: ""}).counts["silent"] == 1


def test_what_is_no_longer_found_is_gone() -> None:
    assert report(result("half"), known=KNOWN).gone == [DROPPED]


def test_what_could_not_be_tried_is_not_gone() -> None:
    made = report(
        result("half", verdict="unmet"), known={**KNOWN, ("ledger", "never-run", "DROPPED", ""): ""}
    )

    assert made.gone == []


def test_what_became_doubtful_is_not_gone() -> None:
    made = report(result("half", finding("DROPPED", "R-1", doubtful=True)), known=KNOWN)

    assert (made.gone, made.rows[0].verdict) == ([], "doubtful")


def test_a_new_baseline_has_all_faults_keeps_reasons_and_what_was_not_run() -> None:
    elsewhere, gone = ("other", "half", "DROPPED", ""), ("ledger", "whole", "RUDE", "")
    results = (
        result("half", finding("DROPPED", "R-1"), finding("TWICE", "R-2")),
        result("whole"),
        result("odd", finding("DROPPED", doubtful=True)),
    )

    assert report(*results, known={**KNOWN, elsewhere: "theirs", gone: ""}).to_be_known == {
        **KNOWN,
        ("ledger", "half", "TWICE", "R-2"): "",
        elsewhere: "theirs",
    }


def test_a_new_item_in_a_known_case_fails() -> None:
    made = report(result("half", finding("DROPPED", "R-1", "R-2")), known=KNOWN)

    assert made.counts["silent"] == 1


def test_a_new_item_in_a_finding_of_its_own_fails_too() -> None:
    made = report(result("half", finding("DROPPED", "R-1"), finding("DROPPED", "R-2")), known=KNOWN)

    assert (made.rows[0].verdict, made.rows[0].message) == ("silent", "item R-2 was DROPPED")


def test_an_entry_without_an_item_stands_for_all_of_them() -> None:
    every = ("ledger", "half", "DROPPED", "")
    made = report(result("half", finding("DROPPED", "R-1", "R-2")), known={every: "old"})

    assert (made.rows[0].verdict, made.gone, made.to_be_known) == ("known", [], {every: "old"})


def test_a_known_item_that_is_no_longer_found_is_gone() -> None:
    made = report(result("half", finding("DROPPED", "R-2")), known=KNOWN)

    assert made.gone == [DROPPED]


def renewing(*findings: DrillFinding) -> DrillReport:
    """A drill of a client that makes new keys: the case's items share none with the run without faults."""
    return report(result("half", *findings, items=(item("N-8", attempt(1)), item("N-9", attempt(1)))))


def test_an_item_of_a_client_that_makes_new_keys_is_known_by_its_position() -> None:
    (place,) = renewing(finding("DROPPED", "R-2")).to_be_known
    next_drill = replace(renewing(finding("DROPPED", "X-2")), known={place: ""})
    plan = dataclasses.replace(next_drill.plan, keys=("X-1", "X-2"))

    assert place == ("ledger", "half", "DROPPED", "#2")
    assert replace(next_drill, plan=plan).counts["silent"] == 0


def test_a_key_that_the_run_without_faults_lacks_is_not_written() -> None:
    assert list(renewing(finding("TWICE", "N-8")).to_be_known) == [("ledger", "half", "TWICE", "")]


@pytest.mark.parametrize("name", ["known.json", "known.yaml"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / "deep" / name
    rude, lost = KnownFault("ledger", "whole", "RUDE"), KnownFault(*DROPPED, KNOWN[DROPPED])

    write_baseline(file, [rude, lost])

    assert read_baseline(file, KnownFault) == [lost, rude]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "/version: expected 1"),
        ('{"version": 1, "known": [{"vendor": "ledger", "case": "half"}]}', "/known/0/kind: expected a text"),
        ('{"version": 1, "known": [{"check": "x"}]}', "keys allowed here: case, item, kind, reason, vendor"),
        ("{", "known.json"),
    ],
)
def test_an_unreadable_baseline_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "known.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UnreadableBaselineError, match=said):
        read_baseline(file, KnownFault)
