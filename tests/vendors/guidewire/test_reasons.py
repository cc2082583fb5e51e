from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client, Response

GOOD = "guidewire-good will do (auth lenient)"
INVOICES = "/claim/v1/bulk-invoices"
BATCH, COMPOSITE = "/claim/v1/batch", "/composite/v1/composite"
Ask = Callable[[Client], Response]


def as_caller(guidewire: Client, token: str) -> Client:
    return guidewire.within(authorization=f"Bearer {token}")


@pytest.mark.parametrize(
    ("status", "reason", "ask"),
    [
        (
            401,
            'no credentials; any "Authorization: Bearer ..." will do (auth lenient)',
            lambda guidewire: guidewire.without("authorization").get(INVOICES),
        ),
        (
            401,
            f"guidewire-expired is expired; {GOOD}",
            lambda guidewire: as_caller(guidewire, "guidewire-expired").get(INVOICES),
        ),
        (
            401,
            f"guidewire-revoked is revoked; {GOOD}",
            lambda guidewire: as_caller(guidewire, "guidewire-revoked").get(INVOICES),
        ),
        (
            403,
            f"guidewire-read-only may only read; {GOOD}",
            lambda guidewire: as_caller(guidewire, "guidewire-read-only").post(INVOICES, json={}),
        ),
        (
            404,
            "no such operation; nearest is GET /guidewire/claim/v1/bulk-invoices",
            lambda guidewire: guidewire.get("/claim/v1/bulk-invoice"),
        ),
        (
            404,
            "no record nope in bulk-invoices, which has xc:",
            lambda guidewire: guidewire.get(f"{INVOICES}/nope"),
        ),
        (
            405,
            "this path has no PUT; it has GET or POST",
            lambda guidewire: guidewire.put(INVOICES, json={}),
        ),
        (
            400,
            '/data/attributes/bulkInvoiceTotal expected an amount such as 10.50, found "x"; ',
            lambda guidewire: guidewire.post(
                INVOICES, json={"data": {"attributes": {"bulkInvoiceTotal": "x"}}}
            ),
        ),
        (400, "query parameter foo is not expected", lambda guidewire: guidewire.get(f"{INVOICES}?foo=1")),
        (
            400,
            '/requests expected a list, found "x"',
            lambda guidewire: guidewire.post(BATCH, json={"requests": "x"}),
        ),
        (
            400,
            "/requests/0 was refused with 404: ",
            lambda guidewire: guidewire.post(
                COMPOSITE,
                json={
                    "requests": [
                        {"method": "patch", "uri": f"{INVOICES}/nope", "body": {"data": {"attributes": {}}}},
                    ]
                },
            ),
        ),
    ],
)
def test_a_refused_call_is_told_why(guidewire: Client, status: int, reason: str, ask: Ask) -> None:
    answered = ask(guidewire)

    assert (answered.status, answered.headers["mock-reason"][: len(reason)]) == (status, reason)


def test_an_expiry_is_told_by_the_sandbox_clock(guidewire: Client, set_clock: Callable[[str], None]) -> None:
    set_clock("2026-01-05T14:10:00Z")

    answered = as_caller(guidewire, "guidewire-until-noon").get(INVOICES)

    assert answered.headers["mock-reason"] == (
        f"guidewire-until-noon expired 2 h ago by the sandbox clock; {GOOD}"
    )


def test_an_action_that_the_status_forbids_is_told_in_the_vendors_words(guidewire: Client) -> None:
    listed = guidewire.get(INVOICES).json["data"]
    draft = next(one for one in listed if one["attributes"]["status"]["code"] == "draft")

    answered = guidewire.post(f"{INVOICES}/{draft['attributes']['id']}/void")

    assert (answered.status, answered.headers["mock-reason"]) == (
        400,
        "The status of the bulk invoice is 'Draft'",
    )


def test_a_batch_with_a_refused_call_in_it_is_not_refused(guidewire: Client) -> None:
    calls = [{"method": "get", "path": "/nope"}, {"method": "get", "path": "/bulk-invoices"}]

    answered = guidewire.post(BATCH, json={"requests": calls})

    assert ([one["status"] for one in answered.json["responses"]], "mock-reason" in answered.headers) == (
        [404, 200],
        False,
    )


def test_too_many_calls_in_a_batch_are_told_with_the_assumption(
    guidewire: Client, assume: Callable[..., Any]
) -> None:
    assume(batch_limit="1")

    answered = guidewire.post(BATCH, json={"requests": [{"method": "get", "path": "/bulk-invoices"}] * 2})

    assert answered.headers["mock-reason"] == (
        "2 subrequests, at most 1 are allowed (assumption guidewire.batch_limit is 1)"
    )


def test_a_rule_that_fails_the_one_document_of_a_call_is_the_reason(
    guidewire: Client, client: Client, sandbox: str
) -> None:
    failing = {"select": {"all": True}, "effect": {"fail": {"code": "internal"}}}
    rule = {"id": "r1", "match": {"operation": "updateBulkInvoice"}, "items": [failing]}
    client.put(f"/_mock/sandboxes/{sandbox}/scenarios/qa", json={"version": 1, "name": "qa", "rules": [rule]})
    number = guidewire.get(INVOICES).json["data"][0]["attributes"]["id"]

    answered = guidewire.patch(f"{INVOICES}/{number}", json={"data": {"attributes": {}}})

    assert (answered.status, answered.headers["mock-reason"]) == (
        500,
        "scenario rule qa/r1 answers 500; delete the scenario to have the vendor's own answer",
    )
