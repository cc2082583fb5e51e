from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import NoReturn

import pytest

from mockserver.cli import server
from mockserver.cli.server import DEFAULT_URL
from mockserver.server.listening import make_certificate
from mockserver.testing.http_call import NoResponseError
from tests.support.commands import Commands


def cure_of(stderr: str) -> str:
    return stderr.splitlines()[-1].removeprefix("  try: ")


@pytest.fixture
def untrusted_url(tmp_path: Path) -> Iterator[str]:
    """A server whose certificate no client trusts."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        context = make_certificate(tmp_path / "tls", ()).context
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_without_a_server_at_the_default_address_another_port_is_named_as_well(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_arguments: object) -> NoReturn:
        raise NoResponseError(DEFAULT_URL, "Connection refused")

    monkeypatch.setattr(server, "send_request", refused)

    result = commands.run_bare("sandbox", "list")

    assert result.exit_code == 3
    assert cure_of(result.stderr) == (
        "mockserver run, or MOCKSERVER_URL=http://127.0.0.1:PORT mockserver sandbox list … "
        "for a server at another port"
    )


def test_a_certificate_that_is_not_trusted_says_how_to_trust_it(
    commands: Commands, untrusted_url: str
) -> None:
    result = commands.run_bare("sandbox", "list", "--url", untrusted_url)

    assert (result.exit_code, "CERTIFICATE_VERIFY_FAILED" in result.stderr) == (3, True)
    assert cure_of(result.stderr) == (
        "SSL_CERT_FILE=PATH mockserver sandbox list …, with the CA file that mockserver run --tls printed"
    )


def test_an_unknown_sandbox_can_be_created(commands: Commands) -> None:
    result = commands.run_bare("clock", "show", "--url", commands.url, "-s", "zz9")

    assert (result.exit_code, cure_of(result.stderr)) == (4, "mockserver sandbox create zz9")


def test_a_misspelt_sandbox_has_the_nearest_first(commands: Commands) -> None:
    name = f"{commands.sandbox}x"

    result = commands.run_bare("clock", "show", "--url", commands.url, "-s", name)

    assert (result.exit_code, cure_of(result.stderr)) == (
        4,
        f"mockserver clock show --sandbox {commands.sandbox}, or mockserver sandbox create {name}",
    )


def test_an_unknown_sandbox_that_was_to_be_deleted_is_not_to_be_created(commands: Commands) -> None:
    result = commands.run_bare("sandbox", "delete", "zz9", "--yes", "--url", commands.url)

    assert (result.exit_code, cure_of(result.stderr)) == (4, "mockserver sandbox list")


def test_a_name_that_no_sandbox_can_have_is_not_to_be_created(commands: Commands) -> None:
    result = commands.run_bare("clock", "show", "--url", commands.url, "-s", "ZZ 9")

    assert "sandbox create" not in result.stderr
