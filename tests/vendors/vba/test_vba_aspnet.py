"""The framework's own 400 where nothing wraps it (VBA fact sheet §3.2, `bad_request_style` aspnet)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.vba.conftest import Assume, envelope

BATCH = "/claim-invoice-batch"
UNREADABLE = (
    "The JSON value could not be converted to System.Collections.Generic.List`1[VBAPI.Models.ClaimInvoice]."
)


@pytest.mark.parametrize(
    ("content", "errors"),
    [
        (
            b"[1,",
            {
                "$": [f"{UNREADABLE} Path: $ | LineNumber: 0 | BytePositionInLine: 3."],
            },
        ),
        (b"", {"": ["A non-empty request body is required."]}),
    ],
    ids=["cut", "empty"],
)
def test_a_body_that_cannot_be_read_may_be_aspnets_problem(
    vba: Client, assume: Assume, content: bytes, errors: Any
) -> None:
    assume(bad_request_style="aspnet")

    answer = vba.put(BATCH, content=content, headers={"content-type": "application/json"})

    assert (answer.status, answer.media_type) == (400, "application/problem+json")
    assert answer.json["errors"] == errors


def test_aspnet_tells_of_the_first_value_only_that_it_cannot_read(vba: Client, assume: Assume) -> None:
    assume(bad_request_style="aspnet")

    answer = vba.put(BATCH, json=[{"invoice_Key": None}, {"due_Date": "never", "invoice_Status": 5}])

    assert list(answer.json["errors"]) == ["$[0].invoice_Key"]


def test_what_the_database_refuses_is_not_aspnets(vba: Client, assume: Assume) -> None:
    assume(bad_request_style="aspnet")

    answer = vba.post("/claim-invoice", json={"invoice_Key": 1, "payee_ID": "NOPE"})

    assert envelope(answer)[0] == 400


def test_aspnet_does_not_say_what_the_database_would(vba: Client, assume: Assume) -> None:
    assume(bad_request_style="aspnet", missing_key="error")

    answer = vba.post("/claim-invoice", json={"invoice_Number": "x" * 33})

    assert answer.json["errors"] == {"Invoice_Key": ["The Invoice_Key field is required."]}


def test_a_trace_is_in_the_form_of_w3c(vba: Client, assume: Assume) -> None:
    assume(bad_request_style="aspnet")

    version, trace, span, flags = vba.put(BATCH, json={}).json["traceId"].split("-")

    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "00")
