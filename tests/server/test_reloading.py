from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import MockServerError
from mockserver.server.application import Options, create_app
from mockserver.server.serving import ReloadingApp
from tests.control.operators import SANDBOXES, create, order, orders
from tests.support import sample_vendor
from tests.support.client import Client

DEFAULT = f"{SANDBOXES}/default"


def scenario(code: str = "internal", name: str = "flaky", **members: Any) -> str:
    effect = {"fail": {"code": code}}
    rules = [{"id": "r1", "items": [{"select": {"key": "Z"}, "effect": effect}]}]
    return json.dumps({"version": 1, "name": name, "rules": rules, **members})


class Running:
    """A server with a spec, a scenario and fixtures in files."""

    def __init__(self, folder: Path) -> None:
        self.specs, self.scenario, self.fixtures = folder / "specs", folder / "a.yaml", folder / "dump.json"
        self.specs.mkdir()
        sample_vendor.write_spec(self.specs)
        self.scenario.write_text(scenario(), encoding="utf-8")
        self.fixtures.write_text('{"acme/": {"orders": {"F": {"id": "F", "amount": 1}}}}', encoding="utf-8")
        self.options = Options(
            specs=(self.specs,),
            vendors=("acme",),
            scenario_files=(self.scenario,),
            fixtures_file=self.fixtures,
        )
        self.errors: list[MockServerError] = []
        self.app = ReloadingApp(create_app(self.options), self.options, self.errors.append)

    @property
    def client(self) -> Client:
        return Client(self.app, {"host": "127.0.0.1", "authorization": "Bearer abc"})

    def change(self, file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8")
        self.app.reload([file])


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


def status_of(client: Client, key: str, sandbox: str = "default") -> Any:
    return order(client, key, sandbox=sandbox).json["results"][0]["status"]


def test_everything_that_it_is_built_from_is_watched(running: Running) -> None:
    assert running.options.start_files == (running.specs, running.scenario, running.fixtures)


def test_a_changed_scenario_replaces_the_old_one_in_every_sandbox(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    create(running.client)

    running.change(running.scenario, scenario().replace('"Z"', '"Y"'))

    for sandbox in ("default", "new", "newer"):
        assert [status_of(running.client, key, sandbox) for key in ("Y", "Z")] == [422, 201]
    assert capsys.readouterr().err == f"reloaded: {running.scenario}\n"


def test_state_and_journal_survive_the_reload_of_a_scenario(running: Running) -> None:
    order(running.client, "A", sandbox="default")

    running.change(running.scenario, scenario("not_found"))

    assert orders(running.client, "default") == ["A", "F"]
    assert running.client.get("/acme/orders").headers["mock-journal"] == "3"


def test_a_scenario_that_was_disarmed_stays_so(running: Running) -> None:
    running.client.put(f"{DEFAULT}/scenarios/flaky?armed=false", content=scenario().encode())

    running.change(running.scenario, scenario(description="changed"))

    [shown] = running.client.get(f"{DEFAULT}/scenarios").json
    assert (shown["armed"], shown["description"]) == (False, "changed")


def test_a_scenario_of_another_name_takes_the_place_of_the_old_one(running: Running) -> None:
    running.change(running.scenario, scenario(name="other"))

    assert [one["name"] for one in running.client.get(f"{DEFAULT}/scenarios").json] == ["other"]


def test_a_scenario_that_has_not_changed_keeps_its_counts(running: Running) -> None:
    status_of(running.client, "Z")

    running.change(running.fixtures, '{"acme/": {"orders": {}}}')

    assert running.client.get(f"{DEFAULT}/scenarios/flaky").json["hits"] == 1


def test_changed_fixtures_are_those_of_new_sandboxes_and_resets(running: Running) -> None:
    running.change(running.fixtures, '{"acme/": {"orders": {"G": {"id": "G", "amount": 1}}}}')

    assert (orders(running.client, "default"), orders(running.client, "new")) == (["F"], ["G"])
    running.client.post(f"{DEFAULT}/reset")
    assert orders(running.client, "default") == ["G"]


def test_a_changed_spec_is_served_on_the_state_that_was_there(running: Running) -> None:
    changed = sample_vendor.changed_document("/components/schemas/Order/properties/amount/minimum", 5)

    running.change(running.specs / "acme.yaml", json.dumps(changed))

    assert (orders(running.client, "default"), status_of(running.client, "A")) == (["F"], 422)


def test_the_uptime_goes_on(running: Running) -> None:
    started = running.app.current.lasting.started

    running.change(running.scenario, scenario("not_found"))

    assert running.app.current.lasting.started == started


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        (lambda running: running.scenario, "version: 9"),
        (lambda running: running.fixtures, '{"acme/": 5}'),
        (lambda running: running.specs / "acme.yaml", "openapi: 2"),
        (lambda running: running.specs / "acme.yaml", "openapi: ["),
    ],
)
def test_a_broken_file_is_reported_and_the_old_one_stays(
    running: Running, chosen: Callable[[Running], Path], text: str
) -> None:
    running.change(chosen(running), text)

    assert (len(running.errors), status_of(running.client, "Z")) == (1, 422)


def test_a_file_that_is_gone_is_reported_and_the_old_one_stays(running: Running) -> None:
    running.scenario.unlink()
    running.app.reload([running.scenario])

    assert "cannot read the file" in str(running.errors[0])
    assert status_of(running.client, "Z") == 422


def test_a_file_that_is_mended_is_used(running: Running) -> None:
    running.change(running.scenario, "version: 9")
    running.change(running.scenario, scenario().replace('"Z"', '"Y"'))

    assert [status_of(running.client, key) for key in ("Y", "Z")] == [422, 201]
