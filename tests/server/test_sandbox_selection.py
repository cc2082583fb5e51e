from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mockserver.journal.entry import Entry
from mockserver.server.application import Application, Options, create_app
from tests.support import sample_vendor
from tests.support.client import Client, Response

PROBLEM = "application/problem+json"
BATCH = {"orders": [{"id": "A", "amount": 1}]}
SANDBOXES = "/_mock/sandboxes"


class World:
    """A server of the sample vendor with a clock set by the test."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.now = datetime(2026, 1, 5, 9, tzinfo=UTC)
        self.told: list[Entry] = []
        sample_vendor.write_spec(folder)
        chosen = Options(specs=(folder,), vendors=(sample_vendor.NAME,), **options)
        self.app: Application = create_app(chosen, listeners=(self.told.append,), clock=lambda: self.now)
        self.client = Client(self.app, {"host": "testserver", "authorization": "Bearer abc"})

    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    def names(self) -> list[str]:
        return self.app.sandboxes.store.names()

    def order(self, sandbox: str) -> Response:
        return self.client.put("/acme/orders", json=BATCH, headers={"mock-sandbox": sandbox})

    def orders(self, sandbox: str) -> Any:
        return self.client.get("/acme/orders", headers={"mock-sandbox": sandbox}).json

    def create(self, name: str) -> Response:
        return self.client.post(SANDBOXES, json={"name": name})


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, max_sandboxes=3, sandbox_idle=60)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/acme/nope", 404),
        ("DELETE", "/acme/orders", 405),
        ("GET", "/acme", 404),
        ("PUT", "/nope", 404),
    ],
)
def test_a_call_that_goes_nowhere_makes_its_sandbox(
    world: World, method: str, path: str, status: int
) -> None:
    response = world.client.request(method, path, headers={"mock-sandbox": "new"})

    assert (response.status, world.names()) == (status, ["default", "new"])
    assert response.headers["mock-journal"] == "1"


@pytest.mark.parametrize("path", ["/acme/nope", "/nope"])
def test_a_call_that_goes_nowhere_is_told_but_not_kept_if_its_sandbox_is_one_too_many(
    world: World, path: str
) -> None:
    world.order("one")
    world.order("two")
    world.told.clear()

    response = world.client.get(path, headers={"mock-sandbox": "new"})

    assert (response.status, [entry.number for entry in world.told], world.names()) == (
        404,
        [0],
        ["default", "one", "two"],
    )
    assert (world.app.journal.kept.entries("new"), "mock-journal" in response.headers) == ([], False)


def test_a_call_without_a_credential_makes_the_sandbox_that_it_names(world: World) -> None:
    response = world.client.without("authorization").get("/acme/orders", headers={"mock-sandbox": "new"})

    assert (response.status, world.names()) == (401, ["default", "new"])


def test_a_call_to_one_sandbox_too_many_is_refused_by_us(world: World) -> None:
    world.order("one")
    world.order("two")

    response = world.order("three")

    assert (response.status, response.media_type) == (503, PROBLEM)
    assert response.json["detail"] == "there are 3 sandboxes, and no more may be; delete some"
    assert world.names() == ["default", "one", "two"]


def test_calls_to_sandboxes_that_are_there_go_on_when_no_more_may_be(world: World) -> None:
    world.order("one")
    world.order("two")

    assert world.order("one").status == 207


def test_names_that_nobody_may_make_leave_nothing_behind(world: World) -> None:
    world.order("one")
    world.order("two")

    for number in range(50):
        world.order(f"x{number}")
        world.client.get("/acme/nope", headers={"mock-sandbox": f"y{number}"})

    kept = [
        name for name in map("{}{}".format, "xy" * 50, range(100)) if world.app.journal.kept.entries(name)
    ]
    assert (kept, world.names()) == ([], ["default", "one", "two"])


def test_to_make_one_sandbox_too_many_is_refused(world: World) -> None:
    world.create("one")
    world.create("two")

    response = world.create("three")

    assert (response.status, response.json["code"]) == (503, "too-many-sandboxes")


def test_one_that_is_deleted_makes_room(world: World) -> None:
    world.create("one")
    world.create("two")

    world.client.delete(f"{SANDBOXES}/one")

    assert world.create("three").status == 201


def test_one_that_nobody_used_makes_room(world: World) -> None:
    world.create("one")
    world.wait(30)
    world.create("two")
    world.wait(30)

    assert (world.create("three").status, world.names()) == (201, ["default", "three", "two"])


def test_one_that_nobody_used_for_long_enough_begins_anew_with_its_journal(world: World) -> None:
    world.order("one")
    world.wait(60)

    assert (world.orders("one"), world.order("one").headers["mock-journal"]) == ([], "2")


def test_a_call_keeps_its_sandbox(world: World) -> None:
    world.order("one")
    world.wait(59)
    world.orders("one")
    world.wait(59)

    assert [one["id"] for one in world.orders("one")] == ["A"]


def test_a_control_call_keeps_its_sandbox(world: World) -> None:
    world.order("one")
    world.wait(59)
    world.client.get(f"{SANDBOXES}/one/dump")
    world.wait(59)

    assert [one["id"] for one in world.orders("one")] == ["A"]


@pytest.mark.parametrize(
    "path", ["", "/dump", "/clock", "/assumptions", "/scenarios", "/snapshots", "/diff", "/journal"]
)
def test_a_sandbox_that_is_over_is_not_found(world: World, path: str) -> None:
    world.order("one")
    world.wait(60)

    response = world.client.get(f"{SANDBOXES}/one{path}")

    assert (response.status, response.json["code"]) == (404, "unknown-sandbox")


def test_sandboxes_are_listed_with_the_time_that_nobody_used_them(world: World) -> None:
    world.order("one")
    world.wait(59)

    listed = world.client.get(SANDBOXES).json

    assert [(one["name"], one["idleSeconds"]) for one in listed] == [("default", 59), ("one", 59)]


def test_a_sandbox_that_is_over_is_not_listed(world: World) -> None:
    world.order("one")
    world.wait(60)

    assert [one["name"] for one in world.client.get(SANDBOXES).json] == ["default"]


def test_the_default_sandbox_lasts(world: World) -> None:
    world.order("default")
    world.wait(1_000_000)

    assert [one["id"] for one in world.orders("default")] == ["A"]


def test_a_frozen_sandbox_ends_by_the_machines_time(world: World) -> None:
    world.client.post(SANDBOXES, json={"name": "one", "freeze": "2020-02-29T12:00:00Z"})
    world.wait(60)

    assert world.client.get(f"{SANDBOXES}/one").status == 404
