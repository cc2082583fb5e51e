from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from tests.support.client import Client, Response
from tests.vendors.pvex.samples import BATCH, FORM, JSON, invoice

PRACTICE = {"grant_type": "password", "username": "sync@cedarhollow.example", "password": "cedar-hollow-9"}
TWO_WEEKS_S = 14 * 24 * 3600


@pytest.fixture
def visitor(pvex: Client) -> Client:
    """A client without a token."""
    return pvex.without("authorization")


def login(visitor: Client, **changed: str) -> Response:
    return visitor.post("/token", content=urlencode({**PRACTICE, **changed}).encode(), headers=FORM)


def test_a_login_gives_a_bearer_token(visitor: Client) -> None:
    answer = login(visitor)

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("bearer", 1209599)


def test_the_token_lets_in(visitor: Client) -> None:
    token = login(visitor).json["access_token"]

    answer = visitor.within(authorization=f"Bearer {token}").post(BATCH, json=[invoice()])

    assert answer.status == 200


def test_two_logins_give_two_tokens(visitor: Client) -> None:
    assert login(visitor).json["access_token"] != login(visitor).json["access_token"]


@pytest.mark.parametrize(("seconds", "status"), [(TWO_WEEKS_S - 2, 200), (TWO_WEEKS_S - 1, 401)])
def test_the_token_ends_after_two_weeks_less_a_second(
    visitor: Client, advance: Callable[[int], None], seconds: int, status: int
) -> None:
    token = login(visitor).json["access_token"]

    advance(seconds)

    assert visitor.within(authorization=f"Bearer {token}").get("/api/Invoice").status == status


def test_the_name_may_come_in_any_case(visitor: Client) -> None:
    assert login(visitor, username="Sync@CedarHollow.example").status == 200


@pytest.mark.parametrize(
    "wrong", [{"password": "nope"}, {"password": ""}, {"username": "nobody"}, {"username": ""}]
)
def test_a_wrong_name_or_password_is_refused(visitor: Client, wrong: dict[str, str]) -> None:
    answer = login(visitor, **wrong)

    assert answer.status == 400
    assert answer.json == {
        "error": "invalid_grant",
        "error_description": "The user name or password is incorrect.",
    }


@pytest.mark.parametrize("grant", ["", "refresh_token", "client_credentials"])
def test_another_grant_is_not_supported(visitor: Client, grant: str) -> None:
    answer = login(visitor, grant_type=grant)

    assert (answer.status, answer.json) == (400, {"error": "unsupported_grant_type"})


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"", FORM),
        (b"username=a", FORM),
        (b"grant_type=%ff", FORM),
        (b'{"grant_type": "password"}', JSON),
        (b"grant_type=password", {}),
    ],
    ids=["nothing", "no-grant", "bad-utf-8", "json", "untyped"],
)
def test_what_is_no_login_is_another_grant(visitor: Client, content: bytes, headers: dict[str, str]) -> None:
    answer = visitor.post("/token", content=content, headers=headers)

    assert (answer.status, answer.json) == (400, {"error": "unsupported_grant_type"})


def test_a_login_without_a_password_is_refused(visitor: Client) -> None:
    answer = visitor.post("/token", content=b"grant_type=password&username=a", headers=FORM)

    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


def test_a_login_is_posted(visitor: Client) -> None:
    answer = visitor.get("/token")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_an_empty_sandbox_has_its_user_too(client: Client) -> None:
    client.post("/_mock/sandboxes", json={"name": "bare", "empty": True})

    answer = login(client.within("/pvex", mock_sandbox="bare"))

    client.delete("/_mock/sandboxes/bare")
    assert answer.status == 200
