from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.documents import API, BATCHES, INVOICES, TENANT

FORM = {"content-type": "application/x-www-form-urlencoded"}
GOOD = "good-token will do (auth lenient)"
Ask = Callable[[Client], Response]


@pytest.mark.parametrize(
    ("status", "reason", "ask"),
    [
        (
            401,
            'no credentials; any "Authorization: Bearer ..." will do (auth lenient)',
            lambda xero: xero.without("authorization").get(INVOICES),
        ),
        (
            401,
            f"expired-token is expired; {GOOD}",
            lambda xero: xero.within(authorization="Bearer expired-token").get(INVOICES),
        ),
        (
            401,
            f"revoked-token is revoked; {GOOD}",
            lambda xero: xero.within(authorization="Bearer revoked-token").get(INVOICES),
        ),
        (
            401,
            f"read-only-token may only read; {GOOD}",
            lambda xero: xero.within(authorization="Bearer read-only-token").put(INVOICES, json={}),
        ),
        (
            403,
            f"no xero-tenant-id header; {TENANT} works",
            lambda xero: xero.without("xero-tenant-id").get(INVOICES),
        ),
        (
            403,
            f"xero-tenant-id: nope is not open to this token; {TENANT} works",
            lambda xero: xero.within(xero_tenant_id="nope").get(INVOICES),
        ),
        (
            404,
            "no such operation; nearest is PUT /xero/api.xro/2.0/BatchPayments",
            lambda xero: xero.put("/BatchPayments", json={}),
        ),
        (404, "no connection has the id", lambda xero: xero.delete(f"/connections/{TENANT[:-1]}9")),
        (
            501,
            (
                "this path has no PUT; it has GET. An overpayment is made by PUT /BankTransactions, its Type "
                "RECEIVE-OVERPAYMENT or SPEND-OVERPAYMENT."
            ),
            lambda xero: xero.put(f"{API}/Overpayments", json={"Overpayments": [{}]}),
        ),
        (501, "this path has no PATCH; it has GET, PUT or POST", lambda xero: xero.patch(INVOICES, json={})),
        (
            400,
            '/BatchPayments/0/Date expected a date such as 2026-01-31, found "x"',
            lambda xero: xero.put(BATCHES, json={"BatchPayments": [{"Date": "x"}]}),
        ),
        (400, "the body is empty; send application/json", lambda xero: xero.put(BATCHES)),
        (
            400,
            "the body cannot be read as application/json: the JSON cannot be read beyond byte 1",
            lambda xero: xero.put(BATCHES, content=b"{", headers={"content-type": "application/json"}),
        ),
        (
            413,
            "10,001 items, at most 10,000 are allowed; send fewer, or raise --max-items",
            lambda xero: xero.put(INVOICES, json={"Invoices": [{}] * 10_001}),
        ),
        (
            415,
            "Content-Type: text/csv cannot be read; send application/json",
            lambda xero: xero.put(BATCHES, content=b"a", headers={"content-type": "text/csv"}),
        ),
        (
            415,
            "the body's charset is latin-1; send utf-8",
            lambda xero: xero.put(
                BATCHES, content=b"{}", headers={"content-type": "application/json; charset=latin-1"}
            ),
        ),
        (
            400,
            "invalid_grant: the code or refresh_token is missing, unknown, used or expired",
            lambda xero: xero.post(
                "/connect/token",
                content=b"grant_type=refresh_token&refresh_token=hunter22&client_id=a&client_secret=hunter23",
                headers=FORM,
            ),
        ),
    ],
)
def test_a_refused_call_is_told_why(xero: Client, status: int, reason: str, ask: Ask) -> None:
    answered = ask(xero)

    assert (answered.status, answered.headers["mock-reason"][: len(reason)]) == (status, reason)


def test_a_record_that_is_not_there_is_told_with_some_that_are(xero: Client) -> None:
    answered = xero.get(f"{API}/Contacts/00000000-0000-4000-8000-00000000dead")

    assert answered.headers["mock-reason"].startswith(
        "no record 00000000-0000-4000-8000-00000000dead in contacts, which has c0ffee00-"
    )


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ("0/5/5000", "the quota minute is used up; wait "),
        ("60/5/0", "the quota day is used up; wait "),
        ("60/0/5000", "1 calls of the tenant at once, at most 0 are allowed (assumption xero.quotas is on)"),
    ],
)
def test_a_quota_that_is_used_up_is_named(
    xero: Client, assume: Callable[..., Any], limits: str, reason: str
) -> None:
    assume(quotas="on", call_limits=limits)

    answered = xero.get(INVOICES)

    assert (answered.status, answered.headers["mock-reason"][: len(reason)]) == (429, reason)


def test_a_key_that_was_used_with_another_body_is_told(xero: Client) -> None:
    for number in ("A", "B"):
        answered = xero.put(
            INVOICES, json={"Invoices": [{"InvoiceNumber": number}]}, headers={"idempotency-key": "K-1"}
        )

    assert answered.status == 400
    assert answered.headers["mock-reason"].startswith("header Idempotency-Key is refused: ")
