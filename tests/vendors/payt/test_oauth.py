from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.client import Client, Response

CALLBACK = "https://client.example.com/callback"
LIST = "/v1/invoices?administration_id=81"
SECRET = "sandbox-secret"
INVALID_GRANT = (
    "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI "
    "used in the authorization request, or was issued to another client."
)


def basic(client_id: str = "sandbox-client", secret: str = SECRET) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


def ask(payt: Client, what: str = "token", authorization: str | None = None, **document: Any) -> Response:
    headers = {"authorization": authorization or basic()}
    return payt.post(f"/oauth/{what}", json=document, headers=headers)


def authorize(payt: Client, **changes: str) -> Response:
    asked = {
        "client_id": "sandbox-client",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": "xyz",
        **changes,
    }
    return payt.without("authorization").get(
        "/oauth/authorize?" + "&".join(f"{name}={text}" for name, text in asked.items() if text)
    )


def told(answer: Response) -> dict[str, str]:
    """What the browser carries back."""
    query = urlsplit(answer.headers["location"]).query
    return {name: texts[0] for name, texts in parse_qs(query).items()}


@pytest.fixture
def code(payt: Client) -> str:
    """A code for reading invoices."""
    return told(authorize(payt, scope="invoices:read"))["code"]


def exchange(payt: Client, code: str, authorization: str | None = None, **changes: str) -> Response:
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **changes}
    return ask(payt, authorization=authorization, **grant)


def status(payt: Client, token: str, path: str = LIST) -> int:
    return payt.within(authorization=f"Bearer {token}").get(path).status


class TestCodes:
    def test_a_code_goes_back_with_the_state(self, payt: Client) -> None:
        answer = authorize(payt)

        assert answer.status == 302
        assert answer.headers["location"].startswith(f"{CALLBACK}?code=")
        assert told(answer)["state"] == "xyz"

    def test_an_address_with_a_query_keeps_it(self, payt: Client) -> None:
        answer = authorize(payt, redirect_uri=f"{CALLBACK}?a=b")

        assert answer.headers["location"].startswith(f"{CALLBACK}?a=b&code=")

    def test_a_code_is_good_for_the_permissions_asked_for(self, payt: Client, code: str) -> None:
        token = exchange(payt, code).json

        assert (token["scope"], token["expires_in"], token["token_type"]) == ("invoices:read", 7200, "Bearer")
        assert status(payt, token["access_token"]) == 200
        assert status(payt, token["access_token"], "/v1/debtors?administration_id=81") == 403

    def test_a_code_is_good_once(self, payt: Client, code: str) -> None:
        assert exchange(payt, code).status == 200

        answer = exchange(payt, code)

        assert (answer.status, answer.json) == (
            400,
            {"error": "invalid_grant", "error_description": INVALID_GRANT},
        )

    def test_a_code_is_good_for_ten_minutes(self, payt: Client, code: str, set_clock: Any) -> None:
        set_clock("2026-01-05T09:10:00Z")

        assert exchange(payt, code).json["error"] == "invalid_grant"

    def test_a_code_is_good_for_its_address_alone(self, payt: Client, code: str) -> None:
        assert (
            exchange(payt, code, redirect_uri="https://other.example.com/").json["error"] == "invalid_grant"
        )

    def test_a_code_is_good_for_its_application_alone(self, payt: Client, code: str) -> None:
        other = basic("another-client", "another-secret")

        assert exchange(payt, code, authorization=other).json["error"] == "invalid_grant"

    def test_permissions_that_the_application_has_not_are_refused_at_its_address(self, payt: Client) -> None:
        answer = authorize(payt, client_id="another-client", scope="invoices:write")

        assert answer.status == 302
        assert told(answer) == {
            "error": "invalid_scope",
            "error_description": "The requested scope is invalid, unknown, or malformed.",
            "state": "xyz",
        }

    @pytest.mark.parametrize("missing", ["client_id", "redirect_uri", "response_type", "state"])
    def test_whatever_is_missing_is_told(self, payt: Client, missing: str) -> None:
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
    def test_an_address_is_one_of_the_web(self, payt: Client, uri: str) -> None:
        assert authorize(payt, redirect_uri=uri).json["error"] == "invalid_request"


class TestRefreshing:
    def test_the_next_pair_is_as_good_as_the_first(self, payt: Client, code: str) -> None:
        first = exchange(payt, code).json

        second = ask(payt, grant_type="refresh_token", refresh_token=first["refresh_token"]).json

        assert second["scope"] == first["scope"]
        assert second["refresh_token"] != first["refresh_token"]
        assert status(payt, second["access_token"]) == 200
        assert status(payt, first["access_token"]) == 401

    def test_a_refresh_token_is_good_for_ninety_days(self, payt: Client, code: str, set_clock: Any) -> None:
        token = exchange(payt, code).json["refresh_token"]
        set_clock("2026-04-05T09:00:00Z")

        assert ask(payt, grant_type="refresh_token", refresh_token=token).json["error"] == "invalid_grant"

    def test_permissions_can_become_fewer_but_not_more(self, payt: Client) -> None:
        more = ask(
            payt,
            grant_type="refresh_token",
            refresh_token="sandbox-refresh-token",
            scope="payments:read",
        )
        fewer = ask(
            payt,
            grant_type="refresh_token",
            refresh_token="sandbox-refresh-token",
            scope="debtors:read",
        )

        assert (more.status, more.json["error"]) == (400, "invalid_scope")
        assert fewer.json["scope"] == "debtors:read"

    def test_a_form_is_read_as_well(self, payt: Client) -> None:
        answer = payt.post(
            "/oauth/token",
            content=b"grant_type=refresh_token&refresh_token=sandbox-refresh-token",
            headers={"authorization": basic(), "content-type": "application/x-www-form-urlencoded"},
        )

        assert answer.status == 200

    def test_an_access_token_is_good_for_two_hours(self, payt: Client, code: str, set_clock: Any) -> None:
        token = exchange(payt, code).json["access_token"]
        set_clock("2026-01-05T10:59:59Z")
        assert status(payt, token) == 200

        set_clock("2026-01-05T11:00:00Z")

        answer = payt.within(authorization=f"Bearer {token}").get(LIST)
        assert (answer.status, answer.json["message"]) == (401, "The access token expired")


class TestApplications:
    def test_an_application_s_own_token_never_expires(self, payt: Client, set_clock: Any) -> None:
        token = ask(payt, grant_type="client_credentials", scope="invoices:read").json
        set_clock("2036-01-05T09:00:00Z")

        assert set(token) == {"access_token", "token_type", "scope", "created_at"}
        assert status(payt, token["access_token"]) == 200

    def test_an_application_has_its_own_permissions(self, payt: Client) -> None:
        other = basic("another-client", "another-secret")

        assert ask(payt, authorization=other, grant_type="client_credentials").json["scope"] == (
            "invoices:read debtors:read"
        )
        assert (
            ask(payt, authorization=other, grant_type="client_credentials", scope="files:write").json["error"]
            == "invalid_scope"
        )

    def test_any_other_application_may_have_everything(self, payt: Client) -> None:
        token = ask(payt, authorization=basic("mine", "x"), grant_type="client_credentials").json

        assert "invoices:write" in token["scope"].split()
        assert status(payt, token["access_token"]) == 200

    @pytest.mark.parametrize("authorization", [basic(secret="wrong"), "Bearer full-token", "Basic ??"])
    @pytest.mark.parametrize("what", ["token", "revoke", "introspect"])
    def test_who_it_is_has_to_be_said(self, payt: Client, what: str, authorization: str) -> None:
        answer = ask(payt, what, authorization, grant_type="client_credentials", token="x")

        assert (answer.status, answer.json["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"] == "Basic"

    def test_another_kind_of_grant_is_not_supported(self, payt: Client) -> None:
        answer = ask(payt, grant_type="password")

        assert (answer.status, answer.json["error"]) == (400, "unsupported_grant_type")

    @pytest.mark.parametrize(
        ("document", "name"),
        [
            ({}, "grant_type"),
            ({"grant_type": "refresh_token"}, "refresh_token"),
            ({"grant_type": "authorization_code"}, "code"),
            ({"grant_type": "authorization_code", "code": "x"}, "redirect_uri"),
        ],
    )
    def test_a_missing_parameter_is_named(self, payt: Client, document: Any, name: str) -> None:
        answer = ask(payt, **document)

        assert (answer.status, answer.json) == (
            400,
            {"error": "invalid_request", "error_description": f"Missing required parameter: {name}."},
        )

    @pytest.mark.parametrize("content", [b"{", b"", b"[]", b'{"grant_type": 1}'])
    def test_what_cannot_be_read_is_an_invalid_request(self, payt: Client, content: bytes) -> None:
        headers = {"authorization": basic(), "content-type": "application/json"}

        answer = payt.post("/oauth/token", content=content, headers=headers)

        assert (answer.status, answer.json["error"]) == (400, "invalid_request")


class TestRevoking:
    @pytest.mark.parametrize("which", ["access_token", "refresh_token"])
    def test_both_tokens_go_together(self, payt: Client, code: str, which: str) -> None:
        token = exchange(payt, code).json

        answer = ask(payt, "revoke", token=token[which])

        assert (answer.status, answer.json) == (200, {})
        refreshed = ask(payt, grant_type="refresh_token", refresh_token=token["refresh_token"])
        assert refreshed.json["error"] == "invalid_grant"
        refused = payt.within(authorization=f"Bearer {token['access_token']}").get(LIST)
        assert (refused.status, refused.json["message"]) == (401, "The access token was revoked")

    def test_an_unknown_token_was_never_good(self, payt: Client) -> None:
        assert ask(payt, "revoke", token="nothing").json == {}

    def test_a_static_token_is_not_revoked_so(self, payt: Client) -> None:
        ask(payt, "revoke", token="full-token")

        assert payt.get(LIST).status == 200

    def test_another_application_s_token_stays(self, payt: Client, code: str) -> None:
        token = exchange(payt, code).json["access_token"]

        answer = ask(payt, "revoke", basic("another-client", "another-secret"), token=token)

        assert (answer.status, answer.json["error"]) == (403, "unauthorized_client")
        assert status(payt, token) == 200


class TestIntrospection:
    def test_an_issued_token_tells_what_it_is_good_for(self, payt: Client, code: str) -> None:
        token = exchange(payt, code).json["access_token"]

        assert ask(payt, "introspect", token=token).json == {
            "active": True,
            "token_type": "Bearer",
            "scope": "invoices:read",
            "client_id": "sandbox-client",
            "iat": 1767603600,
            "exp": 1767610800,
        }

    def test_a_static_token_is_active(self, payt: Client) -> None:
        assert ask(payt, "introspect", token="read-token").json == {
            "active": True,
            "token_type": "Bearer",
            "scope": "invoices:read",
        }

    @pytest.mark.parametrize(
        "token", ["expired-token", "revoked-token", "nothing", "sandbox-client:sandbox-secret"]
    )
    def test_what_is_no_good_token_is_not_active(self, payt: Client, token: str) -> None:
        assert ask(payt, "introspect", token=token).json == {"active": False}

    def test_a_token_is_active_until_it_expires(self, payt: Client, code: str, set_clock: Any) -> None:
        token = exchange(payt, code).json["access_token"]
        set_clock("2026-01-05T11:00:00Z")

        assert ask(payt, "introspect", token=token).json == {"active": False}
