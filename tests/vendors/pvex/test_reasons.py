from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.pvex.samples import BATCH

GOOD = "good-token will do (auth lenient)"
FORM = {"content-type": "application/x-www-form-urlencoded"}
TYPES = "application/json, text/json, application/xml, text/xml or application/x-www-form-urlencoded"
SINGLE = "/api/Invoice"
Ask = Callable[[Client], Response]


@pytest.mark.parametrize(
    ("status", "reason", "ask"),
    [
        (
            401,
            'no credentials; any "Authorization: Bearer ..." will do (auth lenient)',
            lambda pvex: pvex.without("authorization").get(SINGLE),
        ),
        (
            401,
            f"expired-token is expired; {GOOD}",
            lambda pvex: pvex.within(authorization="Bearer expired-token").get(SINGLE),
        ),
        (
            401,
            f"revoked-token is revoked; {GOOD}",
            lambda pvex: pvex.within(authorization="Bearer revoked-token").get(SINGLE),
        ),
        (
            401,
            f"read-only-token may only read; {GOOD}",
            lambda pvex: pvex.within(authorization="Bearer read-only-token").post(BATCH, json=[]),
        ),
        (404, "no such operation; nearest is GET /pvex/api/Invoice", lambda pvex: pvex.get("/api/Invoices")),
        (404, "no invoice has the Id NOPE; the fixtures have INV-1", lambda pvex: pvex.get(f"{SINGLE}/NOPE")),
        (405, "this path has no PUT; it has POST", lambda pvex: pvex.put(BATCH, json=[])),
        (400, "the body expected a list, found an object", lambda pvex: pvex.post(BATCH, json={"Id": "a"})),
        (
            400,
            "/Number is missing; /ClientId is missing; and 5 more",
            lambda pvex: pvex.post(SINGLE, json={"Id": 5}),
        ),
        (400, f"the body is empty; send {TYPES}", lambda pvex: pvex.post(BATCH)),
        (
            415,
            f"Content-Type: text/csv cannot be read; send {TYPES}",
            lambda pvex: pvex.post(BATCH, content=b"a", headers={"content-type": "text/csv"}),
        ),
        (
            400,
            "no user has this name and password; the fixtures have sync@cedarhollow.example",
            lambda pvex: pvex.post(
                "/token", content=b"grant_type=password&username=a&password=hunter22", headers=FORM
            ),
        ),
    ],
)
def test_a_refused_call_is_told_why(pvex: Client, status: int, reason: str, ask: Ask) -> None:
    answered = ask(pvex)

    assert (answered.status, answered.headers["mock-reason"]) == (status, reason)


def test_a_text_that_is_too_long_is_told_by_its_place(pvex: Client) -> None:
    invoice = pvex.get(f"{SINGLE}/INV-1").json

    answered = pvex.post(SINGLE, json={**invoice, "Id": "x" * 600}, headers={"accept": "application/json"})

    assert (answered.status, answered.headers["mock-reason"].partition(" ")[0]) == (400, "/Id")


@pytest.mark.parametrize(("value", "status"), [("415", 415), ("500", 500)])
def test_a_form_that_may_not_be_is_told_with_the_assumption(
    pvex: Client, assume: Callable[..., Any], value: str, status: int
) -> None:
    assume(form_body=value)

    answered = pvex.post(BATCH, content=b"a=b", headers=FORM)

    assert (answered.status, answered.headers["mock-reason"]) == (
        status,
        f"the body is a form, send JSON or XML (assumption pvex.form_body is {value})",
    )


def test_tokens_that_nobody_can_ask_for_are_told_with_the_assumption(
    pvex: Client, assume: Callable[..., Any]
) -> None:
    assume(token_endpoint="off")

    answered = pvex.post("/token", content=b"grant_type=password", headers=FORM)

    assert answered.headers["mock-reason"] == (
        "there are no tokens to ask for: assumption pvex.token_endpoint is off"
    )


def test_a_body_over_the_vendors_own_limit_is_told_with_its_size(
    pvex: Client, assume: Callable[..., Any]
) -> None:
    assume(body_too_large="404")

    answered = pvex.post(BATCH, content=b" " * 4_194_305, headers={"content-type": "application/json"})

    assert answered.headers["mock-reason"].startswith(
        "the body has 4,194,305 bytes, at most 4,194,304 are allowed"
    )
