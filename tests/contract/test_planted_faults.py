"""The planted faults bite, and the suite finds one of each family; `make power` measures them all."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping
from inspect import isfunction
from pathlib import Path
from types import ModuleType

import pytest

from mockserver.server.application import Application, Options, create_app
from tests.contract.planted_faults import catalogue
from tests.contract.planted_faults.catalogue import FAULTS, faults_of
from tests.contract.planted_faults.fault import FAMILIES, PlantedFault, observe
from tests.contract.planted_faults.measurement import MeasuringRun, found
from tests.contract.planted_faults.vendors import VENDORS
from tests.contract.planted_faults.wrappers import with_fault

KNOWN = {one.id: one for one in FAULTS}
_FOR_EVERY_VENDOR = ("items", "counts", "state", "refusals", "isolation")
# VBA's records hold no amounts and its answers no counts.
_WITHOUT_THE_FEATURE = {("vba", "counts")}
HASTY = MeasuringRun(seed=7, max_examples=8, stops_at_first=True)


@pytest.fixture(scope="module")
def servers() -> Mapping[str, Application]:
    """The right server of every vendor."""
    return {vendor: create_app(Options(vendors=(vendor,), strict_auth=True)) for vendor in VENDORS}


@pytest.mark.few(100)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one.id)
def test_a_planted_fault_is_seen_and_nothing_else_is(
    fault: PlantedFault, servers: Mapping[str, Application]
) -> None:
    server = servers[fault.vendor]

    assert fault.right != fault.wrong
    assert observe(fault, server) == fault.right
    assert observe(fault, with_fault(server, fault.planted)) == fault.wrong


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len(KNOWN) == len(FAULTS)


def test_there_are_sixty_faults_and_more() -> None:
    assert len(FAULTS) >= 60
    assert {one.family for one in FAULTS} <= set(FAMILIES)


def test_a_tuple_of_faults_under_a_public_name_is_found_whatever_the_file_is_called() -> None:
    listed = ModuleType("a new file")
    listed.__dict__.update({"NEW": FAULTS[:3], "AGAIN": FAULTS[1:2], "_OF_ONE": FAULTS[5:6]})

    assert faults_of([listed]) == FAULTS[:3]


def test_no_fault_is_left_out_because_its_tuple_has_a_private_name() -> None:
    files = [name for name in sys.modules if name.startswith("tests.contract.planted_faults.")]
    made = {
        fault.id
        for name in files
        for value in vars(sys.modules[name]).values()
        if isinstance(value, (tuple, list))
        for fault in value
        if isinstance(fault, PlantedFault)
    }

    assert made == set(KNOWN)


def test_every_change_and_observer_has_a_use() -> None:
    tables = sorted(Path(catalogue.__file__).parent.glob("*.yaml"))
    files = [file for table in tables for file in (table, table.with_suffix(".py"))]
    words = Counter(re.findall(r"\w+", "\n".join(file.read_text(encoding="utf-8") for file in files)))
    names = {
        name
        for table in tables
        for name, value in vars(sys.modules[f"{catalogue.__package__}.{table.stem}"]).items()
        if isfunction(value)
    }

    assert {name for name in names if words[name] < 2} == set()


def test_every_vendor_has_faults_of_every_family_that_it_can_have() -> None:
    planted = {(one.vendor, one.family) for one in FAULTS}

    assert {
        (vendor, family) for vendor in VENDORS for family in _FOR_EVERY_VENDOR
    } - planted == _WITHOUT_THE_FEATURE


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "name",
    [
        "pvex-cuts-cents",
        "vba-keeps-a-refused-row",
        "payt-spells-numbers",
        "pvex-worlds-are-one",
        "guidewire-reverses",
        "vba-shifts-dates",
    ],
)
def test_the_suite_finds_a_fault_of_each_family(name: str) -> None:
    assert any(found(KNOWN[name], HASTY).values())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vba-is-blind", ("sent", "item")),
        ("vba-drops-the-last", ("sent", "item")),
        ("vba-lets-nobody-in", ("401",)),
    ],
)
def test_a_stranger_understands_what_is_said_of_it(name: str, words: tuple[str, ...]) -> None:
    message = " ".join(one.message for listed in found(KNOWN[name], HASTY).values() for one in listed)

    assert all(word in message for word in words), message
