from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.cli import options
from mockserver.contract.exchange import all_checks
from mockserver.engine.idempotency import IDEMPOTENCY_ASSUMPTIONS
from mockserver.engine.registry import assumptions_by_name, discover_vendors
from mockserver.scenario.parser import load_packaged

VENDORS = {vendor.name: vendor for vendor in discover_vendors()}


def test_vendors_are_those_that_are_served() -> None:
    assert options.vendor_names() == list(VENDORS)


def test_specs_of_other_folders_are_vendors(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").touch()

    assert "acme" in options.vendor_names([tmp_path])


@pytest.mark.parametrize("vendor", VENDORS)
def test_operations_are_those_of_the_spec(vendor: str) -> None:
    assert options.operation_ids([vendor]) == sorted(VENDORS[vendor].spec.operations)


def test_without_a_vendor_operations_are_those_of_all() -> None:
    every = {name for vendor in VENDORS.values() for name in vendor.spec.operations}

    assert options.operation_ids() == sorted(every)


def test_assumptions_are_those_that_can_be_set_but_for_the_extension() -> None:
    extension = {one.name for one in IDEMPOTENCY_ASSUMPTIONS}
    settable = assumptions_by_name(VENDORS.values())

    assert sorted(options.assumption_ids()) == sorted(
        name for name in settable if name.partition(".")[2] not in extension
    )


@pytest.mark.parametrize("name", options.assumption_ids())
def test_values_of_an_assumption_are_its_default_and_alternatives(name: str) -> None:
    one = assumptions_by_name(VENDORS.values())[name]

    assert options.assumption_values_of(name) == [one.default, *one.alternatives]


def test_an_unknown_assumption_has_no_values() -> None:
    assert options.assumption_values_of("nobody.nothing") == []


def test_packaged_scenarios_are_those_that_ship() -> None:
    assert options.packaged_scenarios() == sorted(load_packaged())


def test_the_table_of_checks_is_the_suites() -> None:
    assert options.check_names() == sorted(all_checks())
