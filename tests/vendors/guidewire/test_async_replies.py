"""Calls that do not wait for their answer, answers that name their schema, and errors of the server."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.errors import NotAcceptable, Refusal, TooManyRequests
from mockserver.vendors.guidewire.refusals import refusal_error
from tests.support.client import Client
from tests.vendors.guidewire.samples import (
    A_ID,
    B_ITEM,
    B_ITEMS,
    BATCH,
    COMPOSITE,
    GOOD,
    INVOICES,
    A,
    B,
    sent,
    shown,
)
from tests.vendors.guidewire.statuses import Assume

LATER = {"Prefer": "respond-async"}


class TestAsynchronousCalls:
    @pytest.mark.parametrize(
        ("call", "body", "status"),
        [
            (("POST", INVOICES), sent(payeeAddressBookUID="ab:1"), 201),
            (("PATCH", A), sent(mailTo="Desk"), 200),
            (("DELETE", A), None, 204),
            (("POST", f"{B}/validate"), None, 200),
            (("POST", BATCH), {"requests": [GOOD]}, 200),
            (("POST", COMPOSITE), {"requests": []}, 200),
        ],
    )
    def test_the_answer_is_where_the_header_says(
        self, guidewire: Client, assume: Assume, call: tuple[str, str], body: Any, status: int
    ) -> None:
        assume(respond_async="accepted")

        answered = guidewire.request(*call, json=body, headers=LATER)

        kept = guidewire.get(answered.headers["gw-async-location"]).json
        assert (answered.status, answered.body) == (202, b"")
        assert (kept["status"], "body" in kept) == (status, status != 204)

    def test_the_answer_is_the_one_of_the_call(self, guidewire: Client, assume: Assume) -> None:
        assume(respond_async="accepted")

        answered = guidewire.patch(A, json=sent(mailTo="Desk"), headers=LATER)

        kept = guidewire.get(answered.headers["gw-async-location"]).json
        assert kept["body"] == guidewire.get(A).json

    def test_a_refusal_does_not_wait(self, guidewire: Client, assume: Assume) -> None:
        assume(respond_async="accepted")

        assert guidewire.patch(A, json=sent(foo=1), headers=LATER).status == 400

    def test_nor_does_reading(self, guidewire: Client, assume: Assume) -> None:
        assume(respond_async="accepted")

        assert guidewire.get(A, headers=LATER).status == 200

    def test_the_calls_of_a_batch_do_not_inherit_it(self, guidewire: Client, assume: Assume) -> None:
        assume(respond_async="accepted")

        answered = guidewire.post(BATCH, json={"requests": [GOOD]}, headers=LATER)

        kept = guidewire.get(answered.headers["gw-async-location"]).json
        assert [entry["status"] for entry in kept["body"]["responses"]] == [200]


class TestNamedSchemas:
    @pytest.mark.parametrize(
        ("call", "body", "name"),
        [
            (("GET", INVOICES), None, "BulkInvoiceCollection"),
            (("GET", A), None, "BulkInvoiceResponse"),
            (("GET", B_ITEMS), None, "BulkInvoiceItemCollection"),
            (("GET", B_ITEM), None, "BulkInvoiceItemResponse"),
            (("PATCH", A), sent(), "BulkInvoiceDetailResponse"),
            (("PATCH", B_ITEM), sent(), "BulkInvoiceItemDetailResponse"),
            (("POST", f"{B}/validate"), None, "BulkInvoiceDetailResponse"),
        ],
    )
    def test_an_answer_names_its_schema_when_asked(
        self, guidewire: Client, call: tuple[str, str], body: Any, name: str
    ) -> None:
        answered = guidewire.request(*call, json=body, headers={"GW-IncludeSchemaProperty": "true"})

        assert next(iter(answered.json.items())) == ("$GW-Schema", name)

    @pytest.mark.parametrize("headers", [{}, {"GW-IncludeSchemaProperty": "false"}])
    def test_but_not_when_nobody_asks(self, guidewire: Client, headers: dict[str, str]) -> None:
        assert "$GW-Schema" not in guidewire.get(A, headers=headers).json


class TestErrorsOfTheServer:
    @pytest.mark.parametrize(
        ("value", "error"),
        [
            (
                "failing",
                {
                    "status": 500,
                    "errorCode": "java.lang.RuntimeException",
                    "userMessage": "An unexpected error occurred",
                },
            ),
            (
                "offline",
                {
                    "status": 503,
                    "errorCode": "gw.api.rest.exceptions.ServiceUnavailableException",
                    "userMessage": "The server is not available",
                },
            ),
        ],
    )
    def test_one_is_said_in_the_vendors_shape(
        self, guidewire: Client, assume: Assume, value: str, error: Any
    ) -> None:
        assume(availability=value)

        answered = guidewire.patch(A, json=sent(mailTo="x"))

        assert (answered.status, answered.json) == (error["status"], error)
        assume(availability="up")
        assert shown(guidewire, A)["mailTo"] == "Nora Whitlock"

    def test_work_can_be_done_and_the_answer_fail(self, guidewire: Client, assume: Assume) -> None:
        assume(availability="failing_after_commit")

        assert guidewire.patch(A, json=sent(mailTo="Desk")).status == 500

        assume(availability="up")
        assert shown(guidewire, A)["mailTo"] == "Desk"

    def test_a_stranger_learns_nothing_of_it(self, stranger: Client, assume: Assume) -> None:
        assume(availability="offline")

        assert stranger.get(A).status == 401

    @pytest.mark.parametrize(
        ("refusal", "status"), [(NotAcceptable("text/csv"), 406), (TooManyRequests("minute", 5), 429)]
    )
    def test_the_ones_that_nothing_leads_to_yet_have_a_shape_too(self, refusal: Refusal, status: int) -> None:
        found = refusal_error(refusal.code, A_ID)

        assert (found["status"], found["errorCode"].startswith("gw.api.rest.exceptions.")) == (status, True)
