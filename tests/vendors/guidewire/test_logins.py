"""Basic logins beside bearer tokens."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Application, Options, create_app
from tests.support.client import Client, Response

INVOICES = "/guidewire/claim/v1/bulk-invoices"


def basic(login: str) -> str:
    return f"Basic {b64encode(login.encode()).decode()}"


@pytest.fixture(scope="module")
def strict() -> Application:
    """A server that takes known credentials only."""
    return create_app(Options(vendors=("guidewire",), strict_auth=True, examples=ProfileExamples))


def read(app: Application, login: str) -> Response:
    return Client(app, {"host": "testserver", "authorization": basic(login)}).get(INVOICES)


def test_strict_auth_takes_the_login_that_the_sandbox_knows(strict: Application) -> None:
    assert read(strict, "su:gw").status == 200


@pytest.mark.parametrize("login", ["su:other", "somebody:gw", "su:", ":gw"])
def test_strict_auth_refuses_other_logins(strict: Application, login: str) -> None:
    answered = read(strict, login)

    assert (answered.status, answered.json["errorCode"]) == (
        401,
        "gw.api.rest.exceptions.RestAuthenticationException",
    )


def test_why_a_login_is_refused_does_not_show_its_password(strict: Application) -> None:
    reason = read(strict, "su:hunter2").headers["mock-reason"]

    assert reason.startswith("this is not the password of su; su with its password works")
    assert "hunter2" not in reason


@pytest.mark.parametrize("kind", [{"scheme": "basicAuth", "kind": "revoked"}, {"scheme": "bearerAuth"}])
def test_a_login_that_may_not_enter_is_refused_by_lenient_auth(
    client: Client, sandbox: str, kind: dict[str, Any]
) -> None:
    change = {"guidewire/": {"credentials": {"her:own": kind}}}
    stored = client.patch(f"/_mock/sandboxes/{sandbox}/state", json=change)
    assert stored.status == 200, stored.text

    assert client.get(INVOICES, headers={"authorization": basic("her:own")}).status == 401


def test_the_journal_shows_no_login_whole(client: Client, sandbox: str) -> None:
    client.get(INVOICES, headers={"authorization": basic("someone:swordfish")})

    listed = client.get(f"/_mock/sandboxes/{sandbox}/journal").text
    whole = client.get(f"/_mock/sandboxes/{sandbox}/journal/1").text

    for text in (listed, whole):
        assert "swordfish" not in text
        assert basic("someone:swordfish") not in text
    assert basic("someone:swordfish")[:8] in whole
