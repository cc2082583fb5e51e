from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver import __version__
from mockserver.cli.main import main
from tests.support.commands import UNUSED_URL

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
CLEAN: dict[str, str | None] = dict.fromkeys((*PROXIES, "NO_PROXY", "no_proxy", "MOCKSERVER_URL"))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def taken() -> Iterator[str]:
    """A port of the loopback interface that somebody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield str(listening.getsockname()[1])


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner(env={**CLEAN, "MOCKSERVER_PORT": "0"}).invoke(
        main, ["doctor", *arguments], env=environment
    )


def found(subject: str, **environment: str) -> tuple[str, str]:
    """Return the state of the subject and what to do."""
    listed = json.loads(run("--json", **environment).output)
    first = next(one for one in listed if one["subject"] == subject)
    return first["state"], first["cure"]


def test_a_good_machine_is_exit_0() -> None:
    result = run()

    assert (result.exit_code, "fail" in result.output) == (0, False)


@pytest.mark.parametrize("subject", ["Python", "settings file", "environment", "proxies", "port 0", "specs"])
def test_each_subject_is_ok_on_a_good_machine(subject: str) -> None:
    assert found(subject) == ("ok", "")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_that_would_get_loopback_calls_is_warned_of(name: str) -> None:
    assert found("proxies", **{name: "http://proxy:3128"}) == (
        "warn",
        "export NO_PROXY=127.0.0.1,localhost,::1",
    )


def test_a_proxy_that_spares_loopback_is_fine() -> None:
    assert found("proxies", HTTP_PROXY="http://proxy:3128", NO_PROXY="a, 127.0.0.1") == ("ok", "")


def test_an_unknown_variable_is_warned_of_once() -> None:
    result = run(MOCKSERVER_PROT="1")

    assert found("environment", MOCKSERVER_PROT="1") == ("warn", "MOCKSERVER_PORT instead of MOCKSERVER_PROT")
    assert (result.stderr, result.output.count("MOCKSERVER_PROT")) == ("", 2)


def test_a_wrong_settings_file_fails_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "mockserver.toml").write_text("[run]\nprot = 1\n", encoding="utf-8")

    result = run()

    assert (result.exit_code, found("settings file")) == (1, ("fail", "port instead of prot"))
    assert "unknown key prot in [run] (mockserver.toml:2)" in result.output


def test_a_port_that_is_taken_is_warned_of(taken: str) -> None:
    assert found(f"port {taken}", MOCKSERVER_PORT=taken) == ("warn", "mockserver run --port 0")


def test_a_port_of_a_mockserver_is_told(server_url: str) -> None:
    port = server_url.rpartition(":")[2]

    result = run(MOCKSERVER_PORT=port)

    assert f"ok    port {port}: a mockserver {__version__} is running there\n" in result.output


def test_a_port_that_is_none_fails() -> None:
    assert found("port abc", MOCKSERVER_PORT="abc")[0] == "fail"


def test_the_named_server_is_asked(server_url: str) -> None:
    assert found("MOCKSERVER_URL", MOCKSERVER_URL=server_url) == ("ok", "")


def test_a_named_server_that_is_not_there_fails() -> None:
    result = run(MOCKSERVER_URL=UNUSED_URL)

    assert (result.exit_code, "fail  MOCKSERVER_URL: no mockserver answers at" in result.output) == (1, True)


def test_a_password_in_the_address_is_not_shown() -> None:
    assert "sesame" not in run(MOCKSERVER_URL="http://me:sesame@127.0.0.1:9").output


def test_markdown_is_a_table() -> None:
    lines = run("--markdown").output.splitlines()

    assert lines[0].startswith(f"mockserver {__version__}, Python 3.")
    assert lines[2:4] == ["| | check | found | try |", "|---|---|---|---|"]
