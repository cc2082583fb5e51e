from __future__ import annotations

import os
import shlex
import stat
import sys
from pathlib import Path

import httpx
import pytest

from mockserver.testing import server, server_command
from mockserver.testing.server import MockServer
from mockserver.testing.server_command import ServerNotStartedError
from tests.any_files.support import write_files

COMMAND = f"{shlex.quote(sys.executable)} -m mockserver"


def test_a_server_of_another_environment_ends_with_its_context() -> None:
    with MockServer(command=COMMAND) as started:
        assert started.health()["status"] == "ok"
        assert started.is_own

    with pytest.raises(httpx.ConnectError):
        httpx.get(started.url)


def test_it_gets_auth_and_specs(tmp_path: Path) -> None:
    folder, file = tmp_path / "more", write_files("bulk-207", tmp_path)
    folder.mkdir()

    with MockServer(command=COMMAND, strict=True, specs=[folder, file]) as started:
        assert started.health()["auth"] == "strict"
        assert "shop" in started.vendors


def test_settings_of_another_server_in_the_environment_are_not_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOCKSERVER_VENDOR", "vba")
    monkeypatch.setenv("MOCKSERVER_PORT", "1")

    with MockServer(command=COMMAND) as started:
        assert len(started.vendors) > 1


def test_a_command_that_ends_early_is_told_with_its_words() -> None:
    with pytest.raises(ServerNotStartedError) as told, MockServer(command=f"{COMMAND} --nonsense"):
        pass

    assert "ended with status 2" in str(told.value)
    assert "--nonsense" in str(told.value)


def test_a_command_that_prints_something_else_is_told() -> None:
    program = "import threading; print(1, flush=True); threading.Event().wait()"
    command = f"{shlex.quote(sys.executable)} -c '{program}'"

    with (
        pytest.raises(ServerNotStartedError, match="printed '1' and no address"),
        MockServer(command=command),
    ):
        pass


def test_the_words_of_a_command_may_have_spaces(tmp_path: Path) -> None:
    program = tmp_path / "a folder" / "mock"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {COMMAND} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IEXEC)

    with MockServer(command=shlex.quote(str(program))) as started:
        assert started.vendors


def test_without_server_and_command_the_lines_to_type_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(server, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("MOCKSERVER_COMMAND", raising=False)

    with pytest.raises(ServerNotStartedError) as told, MockServer():
        pass

    for line in ("pytest --mockserver-command=", "pytest --mockserver-url="):
        assert line in str(told.value)


def test_without_a_server_the_command_on_the_path_starts_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / server_command.DEFAULT_COMMAND
    program.write_text(f'#!/bin/sh\nexec {COMMAND} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setattr(server, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    with MockServer() as started:
        assert started.vendors
