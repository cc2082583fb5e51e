from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver import __version__
from mockserver.cli.main import main
from mockserver.server.serving import stop_signals
from tests.support.server_process import COMMAND, STOP_S, serve_process

PATIENCE_S = 60
HANGING = (
    b"GET /xero/connections HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer any\r\n"
    b"Mock-Scenario: no-response\r\n\r\n"
)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_without_a_word(sign: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command line
        assert process.stdout is not None
        httpx.get(f"{process.stdout.readline().strip()}_mock/health").raise_for_status()

        process.send_signal(sign)
        _, result = process.communicate(timeout=STOP_S)

    assert (process.returncode, result) == (0, "")


def test_a_signal_stops_the_server_whatever_hangs() -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command line
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().strip())
        with socket.create_connection((url.hostname, url.port), STOP_S) as wire:
            wire.sendall(HANGING)
            while not httpx.get(f"{url.geturl()}_mock/sandboxes/default/journal").json():
                pass

            process.terminate()
            _, result = process.communicate(timeout=STOP_S)

            assert (process.returncode, result, wire.recv(1)) == (0, "", b"")


def test_a_uvicorn_that_is_built_otherwise_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(HttpToolsProtocol, "_start_asgi_task")

    result = CliRunner().invoke(main, ["run", "--port", "0"])

    assert result.exit_code == 2
    assert "this uvicorn has no _start_asgi_task" in result.stderr


def test_an_address_that_is_not_ours_is_said_to_be_none() -> None:
    result = CliRunner().invoke(main, ["run", "--host", "192.0.2.1", "--port", "0"])

    assert result.exit_code == 2
    assert "cannot listen on 192.0.2.1: not an address of this machine" in result.stderr


def test_a_server_that_listens_refuses_a_foreign_host_and_answers_to_one_that_is_let_in() -> None:
    with serve_process("--vendor", "vba", "--allow-host", "mock.test") as url:
        statuses = [
            httpx.get(f"{url}/_mock/vendors", headers={"host": host}).status_code
            for host in ("evil.example", "mock.test:8080")
        ]

    assert statuses == [403, 200]


@pytest.mark.parametrize(
    ("host", "token", "made"),
    [("0.0.0.0", "", True), ("0.0.0.0", "sesame", False), ("127.0.0.1", "", False)],  # noqa: S104
)
def test_a_server_that_others_can_reach_makes_a_token_unless_one_is_set(
    host: str, token: str, *, made: bool
) -> None:
    with started("--host", host, "--vendor", "xero", MOCKSERVER_CONTROL_TOKEN=token) as (process, url):
        status = httpx.get(f"{url}_mock/sandboxes").status_code
        _, errors = stop(process)

    assert ("control token for other machines: " in errors, status) == (made, 401 if token else 200)


@contextmanager
def started(*options: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and the first line that it printed."""
    with subprocess.Popen(  # noqa: S603 - our own command line
        [*COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    ) as process:
        assert process.stdout is not None
        patience = Timer(PATIENCE_S, process.kill)  # whoever reads from it then reads the end
        patience.start()
        try:
            yield process, process.stdout.readline().strip()
        finally:
            patience.cancel()
            process.kill()


def stop(process: subprocess.Popen[str], sign: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    """Send a signal; return the exit status and what was printed to stderr."""
    process.send_signal(sign)
    _, errors = process.communicate(timeout=STOP_S)
    return process.returncode, errors


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_state_is_saved_at_the_end_and_loaded_at_the_next_start(
    tmp_path: Path, sign: signal.Signals
) -> None:
    file = tmp_path / "state.json"
    options = ("--vendor", "xero", "--state", str(file))
    with started(*options) as (process, url):
        made = httpx.post(f"{url}_mock/sandboxes", json={"name": "qa", "freeze": "2026-01-05T09:00:00Z"})
        assert (made.status_code, file.exists()) == (201, False)
        assert stop(process, sign) == (0, "")

    with started(*options) as (process, url):
        clock = httpx.get(f"{url}_mock/sandboxes/qa/clock").json()
        assert stop(process) == (0, "")

    assert clock["at"] == "2026-01-05T09:00:00Z"


def test_a_state_file_that_cannot_be_read_is_exit_2_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text("{", encoding="utf-8")

    result = CliRunner().invoke(main, ["run", "--port", "0", "--vendor", "xero", "--state", str(file)])

    assert (result.exit_code, file.read_text(encoding="utf-8")) == (2, "{")
    assert (
        f"error: the file is not JSON: the JSON cannot be read beyond byte 1\n   at: {file}:1:2\n"
        in result.stderr
    )


def test_https_is_served_with_the_authority_in_the_folder(tmp_path: Path) -> None:
    options = ("--vendor", "xero", "--tls", "--tls-dir", str(tmp_path), "--allow-host", "mock.test")
    with started(*options) as (process, url):
        trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        with httpx.Client(verify=trust) as client:
            health = client.get(f"{url}_mock/health")
            case = client.post(f"{url}_mock/sandboxes/default/cases/148-reset/run", json={"vendor": "xero"})
            lost = {"authorization": "Bearer any", "mock-scenario": "reset"}
            with pytest.raises(httpx.TransportError):
                client.get(f"{url}xero/connections", headers=lost)
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{url}_mock/health")
        assert (url.startswith("https://127.0.0.1:"), health.status_code) == (True, 200)
        assert case.json()["passed"], case.text
        assert stop(process) == (0, "")


def test_a_port_that_another_server_has_is_exit_5_and_names_it() -> None:
    with started("--vendor", "xero") as (process, url):
        # The first answer takes longest, and whoever asks for a name waits for a second only.
        httpx.get(f"{url}_mock/health")
        port = url.rstrip("/").rpartition(":")[2]
        result = CliRunner().invoke(main, ["run", "--vendor", "xero", "--port", port])
        assert stop(process) == (0, "")

    assert (result.exit_code, result.stdout) == (5, "")
    assert f"error: port {port} is taken by another mockserver ({__version__}, up " in result.stderr
    assert f"   or: mockserver health {url.rstrip('/')}\n" in result.stderr


def test_the_ready_file_is_there_while_the_server_listens(tmp_path: Path) -> None:
    file = tmp_path / "ready"
    with started("--vendor", "xero", "--ready-file", str(file)) as (process, url):
        httpx.get(f"{url}_mock/health").raise_for_status()
        content = file.read_text(encoding="utf-8")
        assert stop(process) == (0, "")

    assert (content, file.exists()) == (f"{url}\n", False)


def scenario(name: str) -> str:
    return f"""\
version: 1
name: {name}
rules: [{{id: r, items: [{{select: {{key: Z}}, effect: {{fail: {{code: internal}}}}}}]}}]
"""


def test_a_scenario_that_changes_is_loaded_again(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(scenario("a"), encoding="utf-8")
    with started("--vendor", "xero", "--scenario", str(file), "--watch") as (process, url):
        assert process.stderr is not None
        file.write_text(scenario("a").replace("version: 1", "version: 2"), encoding="utf-8")
        broken = [process.stderr.readline() for _ in range(3)]
        file.write_text(scenario("b"), encoding="utf-8")
        reloaded = process.stderr.readline()
        names = [one["name"] for one in httpx.get(f"{url}_mock/sandboxes/default/scenarios").json()]
        assert stop(process) == (0, "")

    assert [broken[1], reloaded, names] == [
        f"   at: {file}:1:10: /version\n",
        f"reloaded: {file}\n",
        ["b"],
    ], broken


@pytest.mark.parametrize(
    ("options", "name", "page"), [((), "console: ", "/_console/"), (("--no-console",), "docs: ", "/xero/ui/")]
)
def test_the_banner_shows_the_address_of_a_page_that_is_there(
    options: tuple[str, ...], name: str, page: str
) -> None:
    command = [*(word for word in COMMAND if word != "--print-url"), "--vendor", "xero", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            assert process.stdout is not None
            process.stdout.readline()
            address = process.stdout.readline().rpartition(name)[2].strip()
            status = httpx.get(address).status_code
        finally:
            process.terminate()

    assert (address.endswith(page), status) == (True, 200)


def test_signals_that_a_platform_lacks_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "SIGTERM")
    monkeypatch.setattr(signal, "SIGBREAK", 21, raising=False)

    assert stop_signals() == [21]
