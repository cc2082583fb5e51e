"""A sequence has a world of its own: a sandbox, or keys that nobody else has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.contract.exchange import Request, TargetUnreachableError
from mockserver.contract.isolation import Isolation
from mockserver.contract.target import Address, Target
from mockserver.server.application import Application
from tests.contract.stateful.shop import Shop
from tests.support import sample_vendor


@pytest.fixture
def application(tmp_path: Path) -> Application:
    return sample_vendor.create_application(tmp_path)


@pytest.fixture
def ours(application: Application) -> Iterator[Target]:
    with Target(Address("http://testserver/acme", application, {"authorization": "Bearer any"})) as target:
        yield target


@pytest.fixture
def stranger() -> Iterator[Target]:
    with Target(Address("http://testserver/shop", Shop(is_ours=False), {"x-tenant": "0"})) as target:
        yield target


def test_a_server_of_ours_has_a_sandbox_for_each(ours: Target, application: Application) -> None:
    worlds = Isolation(ours, 7, "acme putOrders")
    one, other = worlds.new_scope(4), worlds.new_scope(4)

    ours.send(Request("GET", "/orders", one.headers))

    assert one.name != other.name
    assert one.first == other.first
    assert one.name in application.sandboxes.names()


def test_a_sandbox_is_dropped(ours: Target, application: Application) -> None:
    worlds = Isolation(ours, 7)
    world = worlds.new_scope(4)
    ours.send(Request("GET", "/orders", world.headers))

    worlds.drop(world)

    assert world.name not in application.sandboxes.names()


def test_a_stranger_has_no_sandboxes(stranger: Target) -> None:
    worlds = Isolation(stranger, 7)

    assert not worlds.are_apart
    assert worlds.new_scope(4).headers == {}


def test_a_stranger_never_meets_a_key_twice(stranger: Target) -> None:
    worlds = Isolation(stranger, 7)

    firsts = [worlds.new_scope(4).first for _ in range(3)]

    assert firsts == [firsts[0], firsts[0] + 4, firsts[0] + 8]


def test_another_seed_has_other_keys(stranger: Target) -> None:
    firsts = {Isolation(stranger, seed).new_scope(4).first for seed in range(50)}

    assert len(firsts) == 50


def test_keys_are_numbers_of_32_bits(stranger: Target) -> None:
    assert all(
        0 <= Isolation(stranger, seed).new_scope(4).first < 2**31 - 10_000 for seed in (0, 1, 2**31, 10**12)
    )


def test_who_cannot_drop_sandboxes_makes_no_more(tmp_path: Path) -> None:
    guarded = sample_vendor.create_application(tmp_path, control_token="secret")
    with Target(Address("http://testserver/acme", guarded, {"authorization": "Bearer any"})) as target:
        worlds = Isolation(target, 7)
        worlds.drop(worlds.new_scope(4))

        assert not worlds.are_apart


def test_nobody_there_is_told_at_once() -> None:
    with Target(Address("http://127.0.0.1:9/acme")) as target, pytest.raises(TargetUnreachableError):
        Isolation(target, 7)
