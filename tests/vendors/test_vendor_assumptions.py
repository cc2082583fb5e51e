"""Every value of every assumption, each with the calls that show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.sandbox.assumptions import COMMON_ASSUMPTIONS
from mockserver.server.application import Application
from tests.support.case_runs import run_case
from tests.support.fact_sheets import ValueCase, value_cases

HERE = Path(__file__).parent
VALUES = [one for vendor in vendor_packages() for one in value_cases(HERE / vendor)]


@pytest.mark.parametrize(
    "case",
    VALUES,
    ids=lambda one: f"{one.case.vendor}-{one.assumption}-{one.value}",
)
def test_an_assumption_does_what_its_value_says(case: ValueCase, app: Application, sandbox: str) -> None:
    assert run_case(case.case, app, sandbox).differences == ()


def test_every_value_of_every_assumption_is_driven(app: Application) -> None:
    driven = {(one.case.vendor, one.assumption, one.value) for one in VALUES}
    there = {
        (vendor.name, assumption.name, value)
        for vendor in app.served
        for assumption in vendor.vendor.assumptions
        for value in (assumption.default, *assumption.alternatives)
    }

    assert sorted(there - driven) == []


def test_what_is_driven_is_a_value(app: Application) -> None:
    assumptions = {(vendor.name, one.name): one for vendor in app.served for one in vendor.vendor.assumptions}
    names = {vendor.name for vendor in app.served}

    assert [
        (one.case.vendor, one.assumption, one.value)
        for one in VALUES
        if one.case.vendor in names
        and not (
            (assumption := assumptions.get((one.case.vendor, one.assumption)))
            and assumption.accepts(one.value)
        )
    ] == []


def test_no_two_values_of_an_assumption_expect_the_same() -> None:
    alike = [
        (one.case.vendor, one.assumption, one.value, other.value)
        for one in VALUES
        for other in VALUES
        if (one.case.vendor, one.assumption) == (other.case.vendor, other.assumption)
        and one.value < other.value
        and one.case.when == other.case.when
    ]

    assert alike == []


@pytest.mark.parametrize("name", [one.name for one in COMMON_ASSUMPTIONS])
def test_no_vendor_has_an_assumption_by_the_name_of_a_common_one(app: Application, name: str) -> None:
    assert [
        vendor.name for vendor in app.served if name in [one.name for one in vendor.vendor.assumptions]
    ] == []


def test_an_assumption_says_what_it_decides_and_where_its_gap_is(app: Application) -> None:
    assumptions = [one for vendor in app.served for one in vendor.all_assumptions]

    assert [
        one.name for one in assumptions if not (one.meaning.endswith(".") and one.source and one.alternatives)
    ] == []
