"""Tokens: got, renewed, spent, given up; and connections parted."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64decode
from collections.abc import Callable, Mapping
from json import loads
from typing import Any, TypeAlias
from urllib.parse import urlencode

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.documents import API, BATCHES, HARBOUR, R1, TENANT, batch, pay

Post: TypeAlias = Callable[..., Response]

TOKEN = "/connect/token"
REVOCATION = "/connect/revocation"
APP = {"client_id": "my-app", "client_secret": "secret"}
CODE = {"grant_type": "authorization_code", "code": "abc", "redirect_uri": "https://app.example/back"}
HARBOUR_CONNECTION = "2f0a3ff5-6b6c-4d2c-8f3a-1d6e7a5b9c02"


@pytest.fixture
def post(xero: Client) -> Post:
    """Post a form without a token."""

    def post(path: str, form: Mapping[str, str], **headers: str) -> Response:
        named = {"content-type": "application/x-www-form-urlencoded", **headers}
        return xero.without("authorization").post(path, content=urlencode(form).encode(), headers=named)

    return post


def refused(answer: Response) -> tuple[int, Any]:
    return answer.status, answer.json


def renewal(token: str, **members: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token, **APP, **members}


def test_a_code_brings_two_tokens(post: Post) -> None:
    answer = post(TOKEN, {**CODE, **APP})

    document = answer.json
    assert answer.status == 200
    assert set(document) == {"access_token", "expires_in", "token_type", "refresh_token", "scope"}
    assert (document["expires_in"], document["token_type"]) == (1800, "Bearer")


def test_an_access_token_says_when_it_expires_and_what_it_may_do(post: Post) -> None:
    form = {"grant_type": "client_credentials", "scope": "accounting.settings", **APP}

    header, claims, signature = post(TOKEN, form).json["access_token"].split(".")

    told = loads(urlsafe_b64decode(f"{claims}=="))
    assert loads(urlsafe_b64decode(f"{header}=="))["typ"] == "JWT"
    assert (told["client_id"], told["scope"]) == ("my-app", ["accounting.settings"])
    assert told["exp"] - told["nbf"] == 1800
    assert len(urlsafe_b64decode(f"{signature}==")) == 256


def test_a_code_is_good_once(post: Post) -> None:
    post(TOKEN, {**CODE, **APP})

    assert refused(post(TOKEN, {**CODE, **APP})) == (400, {"error": "invalid_grant"})


def test_a_token_enters(post: Post, xero: Client) -> None:
    token = post(TOKEN, {**CODE, **APP}).json["access_token"]

    assert xero.get(BATCHES, headers={"authorization": f"Bearer {token}"}).status == 200


def test_a_token_may_do_what_it_was_asked_for(post: Post, xero: Client) -> None:
    scope = "openid accounting.transactions.read"
    token = post(TOKEN, {"grant_type": "client_credentials", **APP, "scope": scope}).json
    bearer = {"authorization": f"Bearer {token['access_token']}"}

    assert (token["scope"], "refresh_token" in token) == (scope, False)
    assert xero.get(BATCHES, headers=bearer).status == 200
    assert xero.put(BATCHES, json=batch(pay(R1)), headers=bearer).status == 401
    assert xero.get(f"{API}/Accounts", headers=bearer).status == 401


def test_a_token_lasts_half_an_hour(post: Post, xero: Client, set_clock: Callable[[str], None]) -> None:
    token = post(TOKEN, {**CODE, **APP}).json["access_token"]
    bearer = {"authorization": f"Bearer {token}"}

    set_clock("2026-01-05T09:29:59Z")
    before = xero.get(BATCHES, headers=bearer)
    set_clock("2026-01-05T09:30:00Z")
    after = xero.get(BATCHES, headers=bearer)

    assert (before.status, after.status) == (200, 401)
    assert after.json["Detail"] == "TokenExpired: token expired at 01/05/2026 09:30:00"


def test_a_refresh_token_is_spent_by_its_use(post: Post) -> None:
    first = post(TOKEN, renewal("good-refresh-token"))

    assert (first.status, first.json["refresh_token"] != "good-refresh-token") == (200, True)
    assert refused(post(TOKEN, renewal("good-refresh-token"))) == (400, {"error": "invalid_grant"})
    assert post(TOKEN, renewal(first.json["refresh_token"])).status == 200


def test_a_refresh_token_keeps_its_scopes(post: Post) -> None:
    first = post(TOKEN, {**CODE, **APP, "scope": "accounting.contacts offline_access"}).json

    wider = post(TOKEN, renewal(first["refresh_token"], scope="accounting.settings"))
    same = post(TOKEN, renewal(first["refresh_token"]))

    assert refused(wider) == (400, {"error": "invalid_scope"})
    assert same.json["scope"] == "accounting.contacts offline_access"


def test_a_refresh_token_ends_after_sixty_days(post: Post, set_clock: Callable[[str], None]) -> None:
    token = post(TOKEN, {**CODE, **APP}).json["refresh_token"]

    set_clock("2026-03-06T09:00:00Z")

    assert refused(post(TOKEN, renewal(token))) == (400, {"error": "invalid_grant"})


def test_the_client_may_name_itself_by_basic_credentials(post: Post) -> None:
    named = "Basic " + b64encode(b"my-app:secret").decode()
    form = {"grant_type": "refresh_token", "refresh_token": "good-refresh-token"}

    assert post(TOKEN, form, authorization=named).status == 200


def test_a_client_with_a_verifier_needs_no_secret(post: Post) -> None:
    assert post(TOKEN, {**CODE, "client_id": "my-app", "code_verifier": "v"}).status == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (CODE, "invalid_client"),
        ({**CODE, "client_id": "my-app"}, "invalid_client"),
        ({**APP, "grant_type": "authorization_code"}, "invalid_grant"),
        (renewal("nobody's"), "invalid_grant"),
        (renewal("expired-refresh-token"), "invalid_grant"),
        ({**APP, "grant_type": "refresh_token"}, "invalid_grant"),
        (APP, "invalid_request"),
        ({**APP, "grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_what_is_not_granted(post: Post, form: Mapping[str, str], error: str) -> None:
    assert refused(post(TOKEN, form)) == (400, {"error": error})


def test_broken_basic_credentials_name_nobody(post: Post) -> None:
    assert refused(post(TOKEN, CODE, authorization="Basic ???")) == (400, {"error": "invalid_client"})


def test_only_forms_are_read(xero: Client) -> None:
    answer = xero.post(TOKEN, json={**CODE, **APP})

    said = "The media type 'application/json' is not supported; send application/x-www-form-urlencoded"
    assert (answer.status, answer.json["Message"]) == (415, said)


def test_another_clients_refresh_token_is_not_good(post: Post) -> None:
    token = post(TOKEN, {**CODE, **APP}).json["refresh_token"]

    answer = post(TOKEN, {**renewal(token), "client_id": "another"})

    assert refused(answer) == (400, {"error": "invalid_grant"})


def test_giving_up_ends_both_tokens(post: Post, xero: Client) -> None:
    tokens = post(TOKEN, {**CODE, **APP}).json

    answer = post(REVOCATION, {"token": tokens["refresh_token"], **APP})

    assert (answer.status, answer.body) == (200, b"")
    assert refused(post(TOKEN, renewal(tokens["refresh_token"]))) == (400, {"error": "invalid_grant"})
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert xero.get(BATCHES, headers=bearer).status == 401


@pytest.mark.parametrize("token", ["nobody's", "good-refresh-token"])
def test_giving_up_is_never_an_error(post: Post, token: str) -> None:
    assert [post(REVOCATION, {"token": token, **APP}).status for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("form", "error"),
    [({"token": "x"}, "invalid_client"), (APP, "invalid_request"), ({"token": "", **APP}, "invalid_request")],
)
def test_what_cannot_be_given_up(post: Post, form: Mapping[str, str], error: str) -> None:
    assert refused(post(REVOCATION, form)) == (400, {"error": error})


class TestParted:
    """DELETE /connections/{id}."""

    @pytest.mark.parametrize("name", ["connections", "Connections"])
    def test_the_tenant_is_out_of_reach(self, xero: Client, name: str) -> None:
        answer = xero.delete(f"/{name}/{HARBOUR_CONNECTION}")

        assert (answer.status, answer.body) == (204, b"")
        assert [one["tenantId"] for one in xero.get("/connections").json] == [TENANT]
        assert xero.get(BATCHES, headers={"xero-tenant-id": HARBOUR}).status == 403

    @pytest.mark.parametrize(
        "key", ["2f0a3ff5-6b6c-4d2c-8f3a-1d6e7a5b9c03", "99999999-9999-4999-8999-999999999999", "nonsense"]
    )
    def test_a_connection_that_is_not_the_tokens_is_a_404(self, xero: Client, key: str) -> None:
        answer = xero.delete(f"/connections/{key}")

        assert (answer.status, answer.media_type) == (404, "text/html")

    def test_nobody_parts_without_a_token(self, xero: Client) -> None:
        assert xero.without("authorization").delete(f"/connections/{HARBOUR_CONNECTION}").status == 401


def test_connections_of_one_sign_in(xero: Client) -> None:
    answer = xero.get("/connections?authEventId=6c1b0e5e-2f6d-4b0a-9b57-7d6f0d9c1a02")

    assert [one["tenantId"] for one in answer.json] == [HARBOUR]
