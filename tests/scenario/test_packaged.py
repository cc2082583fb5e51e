from __future__ import annotations

import re
from pathlib import Path

import pytest

import mockserver
from mockserver.engine.registry import vendor_packages
from mockserver.scenario.parser import load_packaged, parse_text
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder

VENDORS = Path(mockserver.__file__).parent / "vendors"
ALL = load_packaged()
CORE = load_packaged(())

ROWS_OF_SCENARIOS = (
    *(31, 46, 47, 48, 49, 51, 55, 59, 60, 62, 63, 94, 96, 97, 98, 99, 100, 101, 102, 103, 105, 106),
    *range(144, 158),
)
"""The rows of the catalogue whose behaviour is a scenario."""


@pytest.fixture(scope="module")
def served() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(loading.load_spec(specs_folder() / f"{name}.yaml").operations)
        for name in vendor_packages()
    }


@pytest.mark.parametrize("name", ALL)
def test_a_scenario_that_ships_is_read_and_named_like_its_file(
    name: str, served: dict[str, frozenset[str]]
) -> None:
    scenario = parse_text(ALL[name], served, source=f"{name}.yaml")

    assert scenario.name == name
    assert re.match(r"Rows? [0-9]", scenario.description)


@pytest.mark.parametrize("name", CORE)
def test_a_scenario_of_the_core_is_for_any_vendor(name: str) -> None:
    assert all(
        not rule.match.vendor and not rule.match.operation for rule in parse_text(CORE[name], {}).rules
    )


def test_every_row_of_the_catalogue_that_is_a_scenario_has_one(served: dict[str, frozenset[str]]) -> None:
    rows: set[int] = set()
    for text in ALL.values():
        said = parse_text(text, served).description.split(". ")[0]
        spans = re.findall(r"([0-9]+)(?: to ([0-9]+))?", said)
        rows.update(row for first, last in spans for row in range(int(first), int(last or first) + 1))

    assert sorted(set(ROWS_OF_SCENARIOS) - rows) == []


def test_no_two_files_have_one_name() -> None:
    ours = [file.stem for file in (VENDORS.parent / "scenario" / "packaged_scenarios").glob("*.yaml")]
    theirs = [file.stem for file in VENDORS.glob("*/scenarios/*.yaml")]

    assert sorted([*ours, *theirs]) == sorted(ALL)


def test_a_vendor_brings_its_own_scenarios_named_after_it(served: dict[str, frozenset[str]]) -> None:
    for vendor in vendor_packages():
        own = [name for name in load_packaged((vendor,)) if name not in CORE]
        matched = {rule.match.vendor for name in own for rule in parse_text(ALL[name], served).rules}

        assert bool(own) == (VENDORS / vendor / "scenarios").is_dir()
        assert all(name.startswith(f"{vendor}-") for name in own)
        assert matched <= {vendor}


def test_scenarios_come_in_the_order_of_their_names() -> None:
    assert list(ALL) == sorted(ALL)


def test_of_vendors_that_are_not_served_no_scenario_is_given() -> None:
    assert set(load_packaged(())) < set(load_packaged(vendor_packages())) == set(ALL)
