"""No credential of any vendor's login stands whole in what the journal shows or hands on."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.support.client import Client

FORM = {"content-type": "application/x-www-form-urlencoded"}
BASIC = "Basic " + b64encode(b"sandbox-client:sandbox-secret").decode()
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

    shown = [
        client.get(entry).text,
        *(exported(client, entry, form) for form in ("har", "curl", "pytest", "case")),
    ]

    tokens = [secret, headers.get("authorization", "").partition(" ")[2], *found(answered.json)]
    secrets = [token for token in tokens if token]
    assert len(secrets) > 1
    assert [token for token in secrets for text in shown if token in text] == []
    assert secret in client.get(f"{entry}/export?format=har&secrets=shown").text or vendor == "vba"


def exported(client: Client, entry: str, form: str) -> str:
    return client.get(f"{entry}/export?format={form}").text


def found(document: Any) -> list[str]:
    """The tokens that the answer gives."""
    if isinstance(document, dict):
        given = [value for name, value in document.items() if name.lower().endswith("token") and value]
        return given + [token for child in document.values() for token in found(child)]
    return []
