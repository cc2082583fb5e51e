from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response

GOOD = "good-token will do (auth lenient)"
KEY = "good-key will do, and so will any that the fixtures do not have"
BATCH = "/claim-invoice-batch"
Ask = Callable[[Client], Response]


def log_in(vba: Client, text: str) -> Response:
    basic = f"Basic {b64encode(text.encode()).decode()}"
    caller = vba.within(authorization=basic, vbasoftware_client_id="100", vbasoftware_client_code="ACME")
    return caller.post("/user-authentication")


def refresh(vba: Client, token: str) -> Response:
    caller = vba.within(vbasoftware_client_id="100", vbasoftware_client_code="ACME", refresh_token=token)
    return caller.within(expired_id_token="expired-token").post("/user-refresh-tokens")


@pytest.mark.parametrize(
    ("status", "reason", "ask"),
    [
        (403, "no User-Agent (VBA requires one)", lambda vba: vba.without("user-agent").get("/payees")),
        (403, f"no x-api-key header; {KEY}", lambda vba: vba.without("x-api-key").get("/payees")),
        (
            403,
            f"the x-api-key is revoked, or the credential of another kind; {KEY}",
            lambda vba: vba.within(x_api_key="revoked-key").get("/payees"),
        ),
        (
            401,
            'no credentials; any "Authorization: Bearer ..." will do (auth lenient)',
            lambda vba: vba.without("authorization").get("/payees"),
        ),
        (
            401,
            f"expired-token is expired; {GOOD}",
            lambda vba: vba.within(authorization="Bearer expired-token").get("/payees"),
        ),
        (
            401,
            f"revoked-token is revoked; {GOOD}",
            lambda vba: vba.within(authorization="Bearer revoked-token").get("/payees"),
        ),
        (
            401,
            f"good-access-token is a credential for accessToken, not for bearerAuth; {GOOD}",
            lambda vba: vba.within(authorization="Bearer good-access-token").get("/payees"),
        ),
        (
            400,
            'header vbasoftware-database is missing; "vbasoftware-database: sandbox" works',
            lambda vba: vba.without("vbasoftware-database").get("/payees"),
        ),
        (
            403,
            "vbasoftware-database: sandbox is not open to this credential; elsewhere is",
            lambda vba: vba.within(authorization="Bearer other-database-token").get("/payees"),
        ),
        (
            403,
            f"read-only-token may only read; {GOOD}",
            lambda vba: vba.within(authorization="Bearer read-only-token").put(BATCH, json=[]),
        ),
        (
            404,
            "no such operation; nearest is PUT /vba/payees-batch",
            lambda vba: vba.put("/payee-batch", json=[]),
        ),
        (404, "no record P9 in payees, which has P100, P200, P300", lambda vba: vba.get("/payees/P9")),
        (405, "this path has no PATCH; it has GET or POST", lambda vba: vba.patch("/payees", json={})),
        (
            400,
            '/0/invoice_Key expected an integer, found "x"',
            lambda vba: vba.put(BATCH, json=[{"invoice_Key": "x"}]),
        ),
        (
            415,
            "Content-Type: text/csv cannot be read; send application/json, text/json or application/*+json",
            lambda vba: vba.put(BATCH, content=b"a", headers={"content-type": "text/csv"}),
        ),
        (
            401,
            "this is not the password of jdoe; jdoe with its password will do (auth lenient)",
            lambda vba: log_in(vba, "jdoe:hunter22"),
        ),
        (401, "user or password is blank; the fixtures have the user jdoe", lambda vba: log_in(vba, "jdoe:")),
        (
            401,
            "the refresh-token is expired; good-refresh-token will do",
            lambda vba: refresh(vba, "expired-refresh-token"),
        ),
        (
            401,
            "refresh-token or expired-id-token is a credential of another kind; good-refresh-token will do",
            lambda vba: refresh(vba, "good-token"),
        ),
    ],
)
def test_a_refused_call_is_told_why(vba: Client, status: int, reason: str, ask: Ask) -> None:
    answered = ask(vba)

    assert (answered.status, answered.headers["mock-reason"]) == (status, reason)


def test_a_throttled_key_is_told_how_long(vba: Client, assume: Callable[..., Any], set_clock: Any) -> None:
    assume(throttle="on")
    set_clock("2026-01-05T09:00:00Z")

    answers = [vba.get("/payees") for _ in range(51)]

    assert answers[-1].headers["mock-reason"] == (
        "25 calls a second in bursts of 50 are allowed (assumption vba.throttle is on); wait 1 s"
    )
