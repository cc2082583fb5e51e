"""Whole calls refused, in the envelope or as ASP.NET's problem document.

Source: docs/vendors/vba.md#refusals, #bodies-that-cannot-be-read, #single-records.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.vba.conftest import Assume, Rows, envelope

BATCH = "/claim-invoice-batch"


@pytest.mark.parametrize(
    ("row", "kind", "member"),
    [
        ({"invoice_Key": None}, "System.Int32", "invoice_Key"),
        ({"invoice_Key": "abc"}, "System.Int32", "invoice_Key"),
        ({"invoice_Key": 5.5}, "System.Int32", "invoice_Key"),
        ({"invoice_Key": True}, "System.Int32", "invoice_Key"),
        ({"invoice_Key": 2**31}, "System.Int32", "invoice_Key"),
        ({"invoice_Number": 12345}, "System.String", "invoice_Number"),
        ({"due_Date": ""}, "System.Nullable`1[System.DateTime]", "due_Date"),
        ({"due_Date": "03/01/2025"}, "System.Nullable`1[System.DateTime]", "due_Date"),
        ({"due_Date": "2025-02-30"}, "System.Nullable`1[System.DateTime]", "due_Date"),
        ({"entry_Date": None}, "System.DateTime", "entry_Date"),
        ({"update_Date": None}, "System.DateTime", "update_Date"),
    ],
)
def test_a_value_that_cannot_be_read_refuses_the_call(vba: Client, row: Any, kind: str, member: str) -> None:
    answer = vba.put(BATCH, json=[{"invoice_Key": 5}, {"invoice_Key": 6, **row}])

    status, detail = envelope(answer)
    assert status == 400
    said = f"The JSON value could not be converted to {kind}. Path: $[1].{member} | LineNumber: 0 | "
    assert detail is not None
    assert detail.startswith(said)


def test_a_refused_call_stores_nothing(vba: Client, rows: Rows) -> None:
    vba.put(BATCH, json=[{"invoice_Key": 5}, {"invoice_Key": None}])

    assert rows.keys() == [1001, 1002]


@pytest.mark.parametrize("body", [{}, 0, "x", True])
def test_a_body_that_is_no_list_is_refused_at_its_root(vba: Client, body: Any) -> None:
    status, detail = envelope(vba.put(BATCH, json=body))

    assert status == 400
    assert detail is not None
    assert " Path: $ | LineNumber: 0 | " in detail


def test_a_null_row_is_refused(vba: Client) -> None:
    answer = vba.put(BATCH, content=b'[{"invoice_Key":1},null]', headers={"content-type": "application/json"})

    detail = (
        "The JSON value could not be converted to VBAPI.Models.ClaimInvoice. "
        "Path: $[1] | LineNumber: 0 | BytePositionInLine: 23."
    )
    assert envelope(answer) == (400, detail)


@pytest.mark.parametrize("content", [b"{", b"[1,]", b"[{'invoice_Key':1}]", b"[] // no", b""])
def test_what_is_no_json_is_refused(vba: Client, content: bytes) -> None:
    answer = vba.put(BATCH, content=content, headers={"content-type": "application/json"})

    assert envelope(answer)[0] == 400


def test_no_body_is_told_from_a_bad_one(vba: Client) -> None:
    answer = vba.put(BATCH, headers={"content-type": "application/json"})

    assert envelope(answer) == (400, "A non-empty request body is required.")


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_media_type_is_415(vba: Client, media_type: str) -> None:
    answer = vba.put(BATCH, content=b"[]", headers={"content-type": media_type})

    assert envelope(answer) == (415, None)


def test_a_media_type_is_looked_at_before_the_body_that_is_not_there(vba: Client) -> None:
    answer = vba.put(BATCH, headers={"content-type": "text/plain"})

    assert envelope(answer) == (415, None)


@pytest.mark.parametrize("media_type", ["text/json", "application/vnd.x+json; charset=utf-8"])
def test_no_body_of_a_media_type_that_is_read_is_400(vba: Client, media_type: str) -> None:
    answer = vba.put(BATCH, headers={"content-type": media_type})

    assert envelope(answer) == (400, "A non-empty request body is required.")


def test_neither_body_nor_media_type_is_400(vba: Client) -> None:
    assert envelope(vba.put(BATCH)) == (400, "A non-empty request body is required.")


def test_no_user_agent_is_refused_by_the_gateway_first(vba: Client) -> None:
    answer = vba.without("user-agent", "authorization").put(BATCH, json=[])

    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})


def test_no_api_key_is_refused_by_the_gateway(vba: Client) -> None:
    answer = vba.without("x-api-key").put(BATCH, json=[])

    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})
    assert answer.headers["x-amzn-errortype"] == "ForbiddenException"


def test_a_revoked_api_key_is_refused_by_the_gateway(vba: Client) -> None:
    answer = vba.within(x_api_key="revoked-key").put(BATCH, json=[])

    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})


def test_no_bearer_is_401_in_the_envelope(vba: Client) -> None:
    answer = vba.without("authorization").put(BATCH, json=[])

    assert envelope(answer) == (401, None)
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["expired-token", "revoked-token"])
def test_a_token_that_is_no_longer_good_is_401(vba: Client, token: str) -> None:
    answer = vba.within(authorization=f"Bearer {token}").put(BATCH, json=[])

    assert envelope(answer) == (401, None)


def test_a_read_only_token_may_read(vba: Client) -> None:
    answer = vba.within(authorization="Bearer read-only-token").get("/payees")

    assert answer.status == 200


def test_a_read_only_token_may_not_write(vba: Client) -> None:
    answer = vba.within(authorization="Bearer read-only-token").put(BATCH, json=[])

    assert envelope(answer) == (403, None)


def test_a_user_without_right_to_the_database_is_403(vba: Client) -> None:
    answer = vba.within(authorization="Bearer other-database-token").put(BATCH, json=[])

    assert envelope(answer) == (403, None)


def test_credentials_are_asked_before_the_body_is_read(vba: Client) -> None:
    answer = vba.without("authorization").put(BATCH, content=b"{")

    assert answer.status == 401


def test_no_database_is_400(vba: Client) -> None:
    answer = vba.without("vbasoftware-database").put(BATCH, json=[])

    assert envelope(answer) == (400, "The vbasoftware-database field is required.")


def test_the_plural_does_not_exist(vba: Client) -> None:
    assert envelope(vba.get("/claim-invoices")) == (404, None)


def test_another_method_is_405_and_says_which_are_allowed(vba: Client) -> None:
    answer = vba.patch(BATCH)

    assert envelope(answer) == (405, None)
    assert answer.headers["allow"] == "PUT"


@pytest.mark.parametrize("path", ["/claim-invoices", "/claim-invoice-batch"])
def test_the_gateway_asks_for_the_key_before_a_path_is_looked_for(vba: Client, path: str) -> None:
    answer = vba.without("x-api-key").patch(path)

    assert (answer.status, answer.json) == (403, {"message": "Forbidden"})


def test_a_bearer_token_is_no_api_key(vba: Client) -> None:
    assert vba.within(x_api_key="good-token").get("/payees").status == 403


def test_a_service_that_fails_is_500_in_the_envelope(vba: Client, assume: Assume) -> None:
    assume(availability="failing")

    answer = vba.put(BATCH, json=[{"invoice_Key": 1}])

    assert envelope(answer) == (500, None)
    assert answer.json["error"]["title"] == "Internal Server Error"


def test_a_service_that_fails_at_the_end_has_done_its_work(vba: Client, rows: Rows, assume: Assume) -> None:
    assume(availability="failing_after_commit")

    answer = vba.put(BATCH, json=[{"invoice_Key": 1}])

    assume(availability="up")
    assert envelope(answer) == (500, None)
    assert rows.keys() == [1, 1001, 1002]


def test_a_service_that_is_offline_is_503_by_the_gateway(vba: Client, assume: Assume) -> None:
    assume(availability="offline")

    answer = vba.put(BATCH, json=[{"invoice_Key": 1}])

    assert (answer.status, answer.json) == (503, {"message": "Service Unavailable"})


def test_headers_over_the_limit_are_431_in_the_envelope(vba: Client) -> None:
    answer = vba.within(x_filler="x" * 20_000).get("/payees")

    assert envelope(answer) == (431, None)


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
