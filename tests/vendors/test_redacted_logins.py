"""No credential stands whole in what the journal shows, or one of the user's own in what it exports."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

import pytest

from tests.support.client import Client

FORM = {"content-type": "application/x-www-form-urlencoded"}
BASIC = "Basic " + b64encode(b"sandbox-client:sandbox-secret").decode()
OWN_SECRET = "swordfish-of-mine"
INNER = b"""{"requests": [{"method": "get", "path": "/bulk-invoices",
 "headers": [{"name": "Authorization", "value": "Bearer inner-token"}]}]}"""
LOGINS: dict[str, tuple[str, dict[str, str], bytes, str]] = {
    "vba": (
        "/vba/user-authentication",
        {
            "x-api-key": "key-of-mine",
            "vbasoftware-database": "sandbox",
            "vbasoftware-client-id": "100",
            "vbasoftware-client-code": "ACME",
            "authorization": "Basic " + b64encode(b"jdoe:harbor-42").decode(),
        },
        b"",
        "harbor-42",
    ),
    "pvex": (
        "/pvex/token",
        FORM,
        b"grant_type=password&username=sync@cedarhollow.example&password=cedar-hollow-9",
        "cedar-hollow-9",
    ),
    "payt": (
        "/payt/oauth/token",
        {**FORM, "authorization": BASIC},
        b"grant_type=refresh_token&refresh_token=sandbox-refresh-token",
        "sandbox-refresh-token",
    ),
    "xero": (
        "/xero/connect/token",
        FORM,
        b"grant_type=refresh_token&refresh_token=good-refresh-token&client_id=demo-app&client_secret=demo-secret",
        "demo-secret",
    ),
    "guidewire": (
        "/guidewire/claim/v1/batch",
        {"authorization": "Bearer outer-token", "content-type": "application/json"},
        INNER,
        "inner-token",
    ),
}


@pytest.mark.parametrize("vendor", LOGINS)
def test_no_credential_of_a_login_is_shown_whole(client: Client, sandbox: str, vendor: str) -> None:
    path, headers, content, secret = LOGINS[vendor]
    answered = client.post(path, headers=headers, content=content)
    assert answered.status == 200, answered.text
    entry = f"/_mock/sandboxes/{sandbox}/journal/{answered.headers['mock-journal']}"

    shown = [client.get(entry).text, client.get(f"/_console/x/1?sandbox={sandbox}").text]

    tokens = [secret, headers.get("authorization", "").partition(" ")[2], *found(answered.json)]
    secrets = [token for token in tokens if token]
    assert len(secrets) > 1
    assert [token for token in secrets for text in shown if token in text] == []
    assert secret in client.get(f"{entry}/export?format=har&secrets=shown").text or vendor == "vba"


@pytest.mark.parametrize("form", ["case", "command", "curl", "har", "postman", "pytest"])
@pytest.mark.parametrize("vendor", LOGINS)
def test_an_export_shows_no_credential_that_no_fixture_has(
    client: Client, sandbox: str, vendor: str, form: str
) -> None:
    path, headers, content, secret = LOGINS[vendor]
    own = {name: with_own_secret(text, secret) for name, text in headers.items()}
    body = content.replace(secret.encode(), OWN_SECRET.encode())
    number = client.post(path, headers=own, content=body).headers["mock-journal"]

    shown = client.get(f"/_mock/sandboxes/{sandbox}/journal/{number}/export?format={form}").text

    secrets = [OWN_SECRET, own.get("authorization", "none Basic").removeprefix("Basic ")]
    assert [one for one in secrets if one in shown] == []


def with_own_secret(text: str, secret: str) -> str:
    """Return a header with a secret of the caller's in place of the fixtures' one."""
    if not text.startswith("Basic "):
        return text.replace(secret, OWN_SECRET)
    user = b64decode(text[6:]).decode().partition(":")[0]
    return "Basic " + b64encode(f"{user}:{OWN_SECRET}".encode()).decode()


def found(document: Any) -> list[str]:
    """The tokens that the answer gives."""
    if isinstance(document, dict):
        given = [value for name, value in document.items() if name.lower().endswith("token") and value]
        return given + [token for child in document.values() for token in found(child)]
    return []
