"""A listener whose calls all go to one sandbox."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
import pytest

from mockserver.outgoing import HostNotAllowedError
from mockserver.server.application import Application
from mockserver.server.listening import Certificate, make_certificate
from mockserver.testing.server import MockServer
from mockserver.testing.threaded_server import run_in_thread

LOGIN = {"authorization": "Bearer any"}
INVOICES = "/payt/v1/invoices?administration_id=81"


def look(url: str) -> int:
    """Look at payt's invoices below a root."""
    return httpx.get(url + INVOICES, headers=LOGIN).status_code


def count_calls(server: MockServer, sandbox: str) -> int:
    return int(server.control.request("GET", f"/sandboxes/{sandbox}")["calls"])


def test_all_calls_to_a_root_of_a_sandbox_go_there(
    app: Application, sandbox: str, server: MockServer
) -> None:
    with run_in_thread(app, sandbox) as url:
        answered = look(url)

    assert url.startswith("http://127.0.0.1:")
    assert (answered, count_calls(server, sandbox)) == (200, 1)


def test_roots_of_two_sandboxes_are_apart(app: Application, sandbox: str, server: MockServer) -> None:
    other = f"{sandbox}-other"
    server.control.request("POST", "/sandboxes", {"name": other})

    with run_in_thread(app, sandbox) as first, run_in_thread(app, other) as second:
        for url in (first, first, second):
            look(url)

    counted = [count_calls(server, name) for name in (sandbox, other)]
    server.control.request("DELETE", f"/sandboxes/{other}")
    assert counted == [2, 1]


def test_a_root_is_no_place_to_call_until_it_ends(app: Application, sandbox: str) -> None:
    door = app.lasting.sender.door

    refused = pytest.raises(HostNotAllowedError, match="localhost is this server itself")
    with run_in_thread(app, sandbox) as url, refused:
        door.check_other(url.replace("127.0.0.1", "localhost"))

    door.check_other(url)


def test_the_server_beside_a_root_lives_on_when_that_ends(
    app: Application, sandbox: str, server: MockServer
) -> None:
    with run_in_thread(app, sandbox) as url:
        look(url)

    assert server.health()["status"] == "ok"
    with pytest.raises(httpx.ConnectError):
        look(url)


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    pytest.importorskip("trustme", reason="a certificate is made by trustme")
    return make_certificate(tmp_path, ())


def test_a_root_of_a_sandbox_speaks_tls(
    app: Application, sandbox: str, server: MockServer, certificate: Certificate
) -> None:
    trusted = ssl.create_default_context(cafile=certificate.ca_file)

    with run_in_thread(app, sandbox, lambda _config, _default: certificate.context) as url:
        answered = httpx.get(url + INVOICES, headers=LOGIN, verify=trusted)

    assert url.startswith("https://127.0.0.1:")
    assert answered.status_code == 200
    assert count_calls(server, sandbox) == 1


def test_a_client_that_does_not_trust_the_authority_makes_no_call(
    app: Application, sandbox: str, server: MockServer, certificate: Certificate
) -> None:
    with (
        run_in_thread(app, sandbox, lambda _config, _default: certificate.context) as url,
        pytest.raises(httpx.ConnectError, match="certificate"),
    ):
        look(url)

    assert count_calls(server, sandbox) == 0
