from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mockserver.assumption import Assumption
from mockserver.served import Served
from mockserver.switches import UnknownPosition, check_positions, listed, switches
from mockserver.vendor import Vendor
from tests.support.rooms import served

NAME = Assumption("name", "orders", ("items",), "What it is called.", "made up", pattern="[a-z]+")


@pytest.fixture
def acme(tmp_path: Path) -> Served:
    return dataclasses.replace(served(tmp_path), vendor=Vendor(assumptions=(NAME,)))


def test_a_vendors_own_switches_come_before_the_common_ones_and_those_of_keys(acme: Served) -> None:
    assert list(switches((acme,))) == [
        "acme.name",
        "acme.availability",
        "acme.duplicate_members",
        "acme.magic_tokens",
        "acme.idempotency_keys",
        "acme.idempotency_lifetime",
    ]


@pytest.mark.parametrize("position", ["orders", "items", "anything", None])
def test_every_text_of_its_pattern_is_a_position(acme: Served, position: str | None) -> None:
    check_positions((acme,), {"acme.name": position})


def test_what_its_pattern_does_not_match_is_none(acme: Served) -> None:
    with pytest.raises(UnknownPosition, match=r"acme\.name has no position A1; it has orders, items"):
        check_positions((acme,), {"acme.name": "A1"})


def test_a_switch_is_listed_as_it_is_turned(acme: Served) -> None:
    assert listed((acme,), {"acme.name": "wares"})[0] == {
        "id": "acme.name",
        "value": "wares",
        "default": "orders",
        "alternatives": ["items"],
        "pattern": "[a-z]+",
        "meaning": "What it is called.",
        "source": "made up",
    }
