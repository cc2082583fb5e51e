"""Ids and names of the checks."""

from __future__ import annotations

from collections import Counter

import pytest

from mockserver.contract import exchange
from mockserver.contract.fuzzing.run import FUZZING_CHECKS
from mockserver.contract.oracle.checks import CHECKS

SIZE_CHECKS = exchange.checks_of("sizes")
PARTS = (
    CHECKS,
    exchange.checks_of("sequences", "values"),
    exchange.checks_of("lists"),
    SIZE_CHECKS,
    FUZZING_CHECKS,
)


def repeated(names: list[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def test_no_two_checks_have_the_same_id() -> None:
    assert repeated([name for part in PARTS for name in part]) == []


def test_no_two_checks_have_the_same_name() -> None:
    assert repeated([check.says.lower() for part in PARTS for check in part.values()]) == []


def test_every_check_is_in_the_catalogue_under_its_own_id() -> None:
    assert {name: check.id for name, check in exchange.all_checks().items()} == {
        name: name for part in PARTS for name in part
    }


@pytest.mark.parametrize("old", exchange.RENAMED_CHECKS)
def test_an_id_of_an_earlier_version_leads_to_a_check_of_today(old: str) -> None:
    assert old not in exchange.all_checks()
    assert exchange.current_id(old) in exchange.all_checks()


def test_an_id_of_today_stays() -> None:
    assert exchange.current_id("order-is-kept") == "order-is-kept"


def test_an_unknown_check_is_named_after_its_id() -> None:
    assert exchange.check_named("my-own-check").says == "my own check"
