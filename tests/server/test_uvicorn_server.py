from __future__ import annotations

import signal
import socket
import subprocess
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.cli.main import main
from tests.support.server_process import COMMAND, STOP_S, serve_process

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
