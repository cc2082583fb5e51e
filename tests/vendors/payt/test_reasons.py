from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response

GOOD = "full-token will do (auth lenient)"
INVOICES = "/v1/invoices"
OURS = f"{INVOICES}?administration_id=81"
SECRET = "sandbox-secret"
FORM = {"content-type": "application/x-www-form-urlencoded"}
Ask = Callable[[Client], Response]


def ask_token(payt: Client, form: bytes, password: str = "") -> Response:
    basic = f"Basic {b64encode(f'sandbox-client:{password or SECRET}'.encode()).decode()}"
    return payt.within(authorization=basic).post("/oauth/token", content=form, headers=FORM)


@pytest.mark.parametrize(
    ("status", "reason", "ask"),
    [
        (
            401,
            'no credentials; any "Authorization: Bearer ..." will do (auth lenient)',
            lambda payt: payt.without("authorization").get(OURS),
        ),
        (
            401,
            f"expired-token is expired; {GOOD}",
            lambda payt: payt.within(authorization="Bearer expired-token").get(OURS),
        ),
        (
            401,
            f"revoked-token is revoked; {GOOD}",
            lambda payt: payt.within(authorization="Bearer revoked-token").get(OURS),
        ),
        (
            403,
            f"read-token lacks the scope debtors:read (it has invoices:read); {GOOD}",
            lambda payt: payt.within(authorization="Bearer read-token").get(
                "/v1/debtors?administration_id=81"
            ),
        ),
        (422, "query parameter administration_id is missing", lambda payt: payt.get(INVOICES)),
        (
            403,
            "administration_id 7 is unknown, or closed to this token; it may enter 81, 82, 90, 91",
            lambda payt: payt.get(f"{INVOICES}?administration_id=7"),
        ),
        (
            403,
            "administration_id 81 is unknown, or closed to this token; it may enter none",
            lambda payt: payt.within(authorization="Bearer foreign-token").get(OURS),
        ),
        (404, "no such operation; nearest is GET /payt/v1/invoices", lambda payt: payt.get("/v1/invoice")),
        (
            404,
            "no record 1 in invoices, which has 2603744, 2603745",
            lambda payt: payt.get(f"{INVOICES}/1?administration_id=81"),
        ),
        (405, "this path has no PUT; it has GET, POST or PATCH", lambda payt: payt.put(INVOICES, json={})),
        (
            422,
            "/administration_id is missing; /invoices is missing",
            lambda payt: payt.post(INVOICES, json={}),
        ),
        (
            415,
            "Content-Type: text/csv cannot be read; send application/json",
            lambda payt: payt.post(INVOICES, content=b"a", headers={"content-type": "text/csv"}),
        ),
        (
            401,
            "this is not the secret of client sandbox-client",
            lambda payt: ask_token(payt, b"grant_type=client_credentials", "hunter22"),
        ),
        (
            400,
            (
                "invalid_grant: the refresh_token is unknown, used or expired, or of another client; "
                "sandbox-refresh-token of client sandbox-client will do, once"
            ),
            lambda payt: ask_token(payt, b"grant_type=refresh_token&refresh_token=hunter22"),
        ),
        (
            404,
            "no file is announced for this URL, or no longer; POST /v1/files gives one",
            lambda payt: payt.put("/storage/uploads/hunter22", content=b"a"),
        ),
    ],
)
def test_a_refused_call_is_told_why(payt: Client, status: int, reason: str, ask: Ask) -> None:
    answered = ask(payt)

    assert (answered.status, answered.headers["mock-reason"]) == (status, reason)


@pytest.mark.parametrize(
    ("assumption", "headers", "reason"),
    [
        (
            {"unacceptable": "406"},
            {"accept": "text/csv"},
            "Accept: text/csv has no room for application/json (assumption payt.unacceptable is 406)",
        ),
        (
            {"other_charset": "415"},
            {"content-type": "application/json; charset=latin-1"},
            "the body's charset is latin-1, send utf-8 (assumption payt.other_charset is 415)",
        ),
    ],
)
def test_what_an_assumption_refuses_is_told_with_it(
    payt: Client, assume: Callable[..., Any], assumption: dict[str, str], headers: dict[str, str], reason: str
) -> None:
    assume(**assumption)

    answered = payt.post(INVOICES, content=b"{}", headers={"content-type": "application/json", **headers})

    assert answered.headers["mock-reason"] == reason


def test_a_token_that_expired_is_told_with_how_long_ago(payt: Client, advance: Callable[[int], None]) -> None:
    token = ask_token(payt, b"grant_type=refresh_token&refresh_token=sandbox-refresh-token").json[
        "access_token"
    ]
    advance(7_200 + 7_300)

    answered = payt.within(authorization=f"Bearer {token}").get(OURS)

    assert answered.headers["mock-reason"] == f"{token[:2]}... expired 2 h ago by the sandbox clock; {GOOD}"
