from __future__ import annotations

import json
from typing import NoReturn

import pytest

from mockserver import __version__
from mockserver.cli.server import ControlPlane, RefusedError
from tests.support.commands import UNUSED_URL, Commands


def test_a_server_that_answers_is_ok(commands: Commands) -> None:
    result = commands.run("health")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"ok {__version__} ")
    assert result.stdout.endswith((" vendor\n", " vendors\n"))


def test_the_address_may_be_the_argument(commands: Commands) -> None:
    assert commands.run_bare("health", f"{commands.url}/").exit_code == 0


def test_the_health_is_printed_as_the_control_plane_has_it(commands: Commands) -> None:
    assert commands.document("health")["status"] == "ok"


def test_without_a_server_the_exit_is_3_with_the_line_that_starts_one(commands: Commands) -> None:
    result = commands.run_bare("health", UNUSED_URL)

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        f"error: no mockserver answers at {UNUSED_URL}: Connection refused",
        f"   at: mockserver health {UNUSED_URL}",
        "  try: mockserver run --port 9",
    ]


def test_a_server_that_does_not_come_is_waited_for_and_missed(commands: Commands) -> None:
    assert commands.run_bare("health", UNUSED_URL, "--wait", "0.1").exit_code == 3


def test_a_failure_is_problem_details_with_json(commands: Commands) -> None:
    result = commands.run_bare("health", UNUSED_URL, "--json")

    assert (result.stdout, json.loads(result.stderr)["code"]) == ("", "no-server")


def test_an_address_that_is_none_is_wrong_usage(commands: Commands) -> None:
    result = commands.run_bare("health", "localhost:8080")

    assert (result.exit_code, "error: localhost:8080 is not an http address" in result.stderr) == (
        2,
        True,
    )


def test_a_store_that_is_gone_has_a_cure(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        problem = {"code": "store-unavailable", "detail": "the store does not answer"}
        raise RefusedError("GET /_mock/health", 503, problem)

    monkeypatch.setattr(ControlPlane, "fetch", refuse)

    result = commands.run("health")

    assert result.exit_code == 4
    assert "try: see that Redis or Valkey runs (redis-cli ping)" in result.stderr
