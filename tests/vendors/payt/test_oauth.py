"""Codes, which a browser carries in the query of an address, and tokens that expired."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.client import Client, Response

CALLBACK = "https://client.example.com/callback"
LIST = "/v1/invoices?administration_id=81"
OURS, OTHERS = "sandbox-client:sandbox-secret", "another-client:another-secret"


def authorize(payt: Client, **changes: str) -> Response:
    asked = {
        "client_id": "sandbox-client",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": "xyz",
        **changes,
    }
    query = "&".join(f"{name}={text}" for name, text in asked.items() if text)
    return payt.without("authorization").get(f"/oauth/authorize?{query}")


def told(answer: Response) -> dict[str, str]:
    """What the browser carries back."""
    query = urlsplit(answer.headers["location"]).query
    return {name: texts[0] for name, texts in parse_qs(query).items()}


def ask_token(payt: Client, application: str = OURS, **grant: str) -> Response:
    basic = f"Basic {b64encode(application.encode()).decode()}"
    return payt.within(authorization=basic).post("/oauth/token", json=grant)


def exchange(payt: Client, code: str, application: str = OURS, uri: str = CALLBACK) -> Response:
    return ask_token(payt, application, grant_type="authorization_code", code=code, redirect_uri=uri)


@pytest.fixture
def code(payt: Client) -> str:
    """A code for reading invoices."""
    return told(authorize(payt, scope="invoices:read"))["code"]


def test_a_code_goes_back_with_the_state_to_the_address_and_its_query(payt: Client) -> None:
    answer = authorize(payt, redirect_uri=f"{CALLBACK}?a=b")

    assert answer.status == 302
    assert answer.headers["location"].startswith(f"{CALLBACK}?a=b&code=")
    assert told(answer)["state"] == "xyz"


def test_a_code_is_good_once_for_the_permissions_asked_for(payt: Client, code: str) -> None:
    token = exchange(payt, code).json
    reader = payt.within(authorization=f"Bearer {token['access_token']}")

    assert (token["scope"], token["expires_in"], token["token_type"]) == ("invoices:read", 7200, "Bearer")
    assert (reader.get(LIST).status, reader.get("/v1/debtors?administration_id=81").status) == (200, 403)
    assert exchange(payt, code).json["error"] == "invalid_grant"


def test_a_code_is_good_for_ten_minutes(payt: Client, code: str, set_clock: Callable[[str], None]) -> None:
    set_clock("2026-01-05T09:10:00Z")

    assert exchange(payt, code).json["error"] == "invalid_grant"


@pytest.mark.parametrize("other", [{"uri": "https://other.example.com/"}, {"application": OTHERS}], ids=str)
def test_a_code_is_good_for_its_address_and_application(payt: Client, code: str, other: Any) -> None:
    assert exchange(payt, code, **other).json["error"] == "invalid_grant"


def test_permissions_that_the_application_has_not_are_refused_at_its_address(payt: Client) -> None:
    answer = authorize(payt, client_id="another-client", scope="invoices:write")

    assert answer.status == 302
    assert told(answer) == {
        "error": "invalid_scope",
        "error_description": "The requested scope is invalid, unknown, or malformed.",
        "state": "xyz",
    }


@pytest.mark.parametrize("missing", ["client_id", "redirect_uri", "response_type", "state"])
def test_whatever_is_missing_is_told(payt: Client, missing: str) -> None:
    answer = authorize(payt, **{missing: ""})

    assert (answer.status, answer.json) == (
        400,
        {"error": "invalid_request", "error_description": f"Missing required parameter: {missing}."},
    )


@pytest.mark.parametrize(
    "uri",
    [
        "callback",
        "ftp://x",
        "http://x:y",
        "http://x:70000/",
        "http://[x",
        f"{CALLBACK}%23part",
        f"{CALLBACK}%0D%0Ax:y",
    ],
)
def test_an_address_is_one_of_the_web(payt: Client, uri: str) -> None:
    assert authorize(payt, redirect_uri=uri).json["error"] == "invalid_request"


def test_a_token_that_expired_is_told_with_how_long_ago(payt: Client, advance: Callable[[int], None]) -> None:
    granted = ask_token(payt, grant_type="refresh_token", refresh_token="sandbox-refresh-token")
    token = granted.json["access_token"]
    advance(7_200 + 7_300)

    reason = payt.within(authorization=f"Bearer {token}").get(LIST).headers["mock-reason"]

    assert reason == f"{token[:2]}... expired 2 h ago by the sandbox clock; full-token works (auth lenient)"
