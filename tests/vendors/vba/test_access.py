"""Log in and refresh (docs/vendors/vba.md#headers-and-login, #refusals)."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.server.application import Options, create_app
from tests.support.client import Client
from tests.vendors.vba.conftest import Assume, Rows, basic, envelope

LOG_IN, REFRESH = "/user-authentication", "/user-refresh-tokens"
DAY = 24 * 60 * 60


@pytest.fixture
def door(vba: Client) -> Client:
    """A caller with all that a log in asks for but user and password."""
    return vba.without("authorization").within(vbasoftware_client_id="100", vbasoftware_client_code="ACME")


def tokens(client: Client, user_and_password: tuple[str, str] = ("jdoe", "harbor-42")) -> Any:
    answer = client.within(authorization=basic(*user_and_password)).post(LOG_IN)
    return answer.json["data"]["authenticationResult"]


def claims(token: str) -> Any:
    payload = token.split(".")[1]
    return json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_the_id_token_is_the_bearer(door: Client) -> None:
    issued = tokens(door)

    answer = door.within(authorization=f"Bearer {issued['idToken']}").get("/payees")

    assert answer.status == 200


def test_the_token_carries_its_user_into_what_is_written(vba: Client, door: Client) -> None:
    issued = tokens(door)
    rows = Rows(vba.within(authorization=f"Bearer {issued['idToken']}"))

    rows.put({"invoice_Key": 1})

    assert (rows.one(1)["entry_User"], rows.one(1)["update_User"]) == ("jdoe", "jdoe")


@pytest.mark.parametrize("kind", ["accessToken", "refreshToken"])
def test_no_other_token_is_a_bearer(door: Client, kind: str) -> None:
    issued = tokens(door)

    answer = door.within(authorization=f"Bearer {issued[kind]}").get("/payees")

    assert envelope(answer) == (401, None)


def test_the_id_token_tells_its_user_and_its_end(door: Client) -> None:
    told = claims(tokens(door)["idToken"])

    assert (told["cognito:username"], told["token_use"]) == ("jdoe", "id")
    assert told["exp"] - told["iat"] == DAY


def test_a_user_that_nobody_knows_logs_in_by_any_password(vba: Client, door: Client) -> None:
    issued = tokens(door, ("alice", "anything"))
    rows = Rows(vba.within(authorization=f"Bearer {issued['idToken']}"))

    rows.put({"invoice_Key": 1})

    assert rows.one(1)["entry_User"] == "alice"


def test_a_long_user_is_stamped_as_far_as_the_column_goes(vba: Client, door: Client) -> None:
    issued = tokens(door, ("u" * 21, "anything"))
    rows = Rows(vba.within(authorization=f"Bearer {issued['idToken']}"))

    rows.put({"invoice_Key": 1})

    assert (rows.one(1)["entry_User"], rows.one(1)["update_User"]) == ("u" * 20, "u" * 20)


@pytest.mark.parametrize(("user", "password"), [("", ""), ("", "anything"), ("alice", "")])
def test_a_log_in_that_leaves_user_or_password_blank_is_401(door: Client, user: str, password: str) -> None:
    answer = door.within(authorization=basic(user, password)).post(LOG_IN)

    assert envelope(answer) == (401, "Incorrect username or password.")


def test_a_user_who_may_only_read_logs_in_and_stays_so(vba: Client, door: Client) -> None:
    issued = tokens(door, ("auditor", "ledger-7"))
    reader = vba.within(authorization=f"Bearer {issued['idToken']}")

    assert reader.get("/payees").status == 200
    assert reader.put("/claim-invoice-batch", json=[]).status == 403


def test_a_user_without_right_to_the_database_is_403(door: Client) -> None:
    answer = door.within(authorization=basic("msmith", "prairie-9")).post(LOG_IN)

    assert envelope(answer) == (403, None)


def test_a_users_databases_go_with_the_tokens(vba: Client, door: Client) -> None:
    issued = tokens(door.within(vbasoftware_database="elsewhere"), ("msmith", "prairie-9"))
    holder = vba.within(authorization=f"Bearer {issued['idToken']}")

    assert holder.get("/payees").status == 403
    assert holder.within(vbasoftware_database="elsewhere").get("/payees").status == 200


def test_a_log_in_without_password_is_401_and_asks_for_it(door: Client) -> None:
    answer = door.post(LOG_IN)

    assert envelope(answer) == (401, None)
    assert answer.headers["www-authenticate"] == "Basic"


@pytest.mark.parametrize("name", ["vbasoftware-client-id", "vbasoftware-client-code", "vbasoftware-database"])
@pytest.mark.parametrize("path", [LOG_IN, REFRESH])
def test_a_header_that_is_missing_is_named(door: Client, name: str, path: str) -> None:
    caller = door.within(
        authorization=basic("jdoe", "harbor-42"), expired_id_token="old", refresh_token="some"
    )

    answer = caller.without(name).post(path)

    assert envelope(answer) == (400, f"The {name} field is required.")


def test_a_challenge_is_met_by_no_token(door: Client, client: Client, sandbox: str) -> None:
    before = client.get(f"/_mock/sandboxes/{sandbox}/dump").json["vba/"]["credentials"]

    door.within(authorization=basic("newcomer", "first-day")).post(LOG_IN)

    assert client.get(f"/_mock/sandboxes/{sandbox}/dump").json["vba/"]["credentials"] == before


def test_an_expired_id_token_is_renewed(door: Client, advance: Callable[[int], None]) -> None:
    issued = tokens(door)
    advance(DAY)

    answer = door.within(expired_id_token=issued["idToken"], refresh_token=issued["refreshToken"]).post(
        REFRESH
    )

    renewed = answer.json["data"]["authenticationResult"]
    assert renewed["refreshToken"] == issued["refreshToken"]
    assert door.within(authorization=f"Bearer {issued['idToken']}").get("/payees").status == 401
    assert door.within(authorization=f"Bearer {renewed['idToken']}").get("/payees").status == 200


def test_a_refresh_needs_no_bearer_but_the_api_key(door: Client) -> None:
    caller = door.within(expired_id_token="expired-token", refresh_token="good-refresh-token")

    assert caller.post(REFRESH).status == 200
    assert caller.without("x-api-key").post(REFRESH).status == 403


@pytest.mark.parametrize(
    ("refresh", "detail"),
    [
        ("expired-refresh-token", "Refresh Token has expired"),
        ("revoked-refresh-token", "Refresh Token has been revoked"),
        ("good-access-token", "Invalid Refresh Token"),
        ("good-token", "Invalid Refresh Token"),
    ],
)
def test_a_refresh_token_that_is_not_good_is_refused(door: Client, refresh: str, detail: str) -> None:
    answer = door.within(expired_id_token="expired-token", refresh_token=refresh).post(REFRESH)

    assert envelope(answer) == (401, detail)


def test_a_refresh_token_ends_after_thirty_days(door: Client, advance: Callable[[int], None]) -> None:
    issued = tokens(door)
    advance(30 * DAY)

    answer = door.within(expired_id_token=issued["idToken"], refresh_token=issued["refreshToken"]).post(
        REFRESH
    )

    assert envelope(answer) == (401, "Refresh Token has expired")


def test_a_refresh_token_is_its_users_own(door: Client) -> None:
    answer = door.within(expired_id_token="read-only-token", refresh_token="good-refresh-token").post(REFRESH)

    assert envelope(answer) == (401, "Invalid Refresh Token")


def test_a_refresh_token_that_nobody_knows_is_taken_of_an_unknown_caller_only(door: Client) -> None:
    caller = door.within(expired_id_token="kept", refresh_token="from elsewhere")

    assert caller.post(REFRESH).status == 200
    assert envelope(caller.within(x_api_key="good-key").post(REFRESH)) == (401, "Invalid Refresh Token")


def test_a_log_in_is_throttled_like_any_call(door: Client, assume: Assume) -> None:
    assume(throttle="on")
    caller = door.within(authorization=basic("jdoe", "harbor-42"))

    statuses = [caller.post(LOG_IN).status for _ in range(51)]

    assert statuses == [200] * 50 + [429]


def test_an_unknown_key_is_refused_before_a_missing_token() -> None:
    strict = Client(create_app(Options(vendors=("vba",), strict_auth=True)), {"host": "testserver"})
    head = {"user-agent": "tests", "x-api-key": "nobody's", "vbasoftware-database": "sandbox"}
    refused = strict.get("/vba/claim-invoice", headers=head)

    assert (refused.status, refused.json) == (403, {"message": "Forbidden"})
