from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.pvex.samples import BATCH, invoice

Assume = Callable[..., None]
Stored = Callable[[], list[dict[str, Any]]]
DENIED = "Authorization has been denied for this request."


def test_no_token_is_denied(pvex: Client, stored: Stored) -> None:
    answer = pvex.without("authorization").post(BATCH, json=[invoice()])

    assert (answer.status, answer.json) == (401, {"Message": DENIED})
    assert answer.headers["www-authenticate"] == "Bearer"
    assert stored() == []


def test_a_denial_can_be_xml(pvex: Client) -> None:
    answer = pvex.without("authorization").post(BATCH, json=[], headers={"accept": "application/xml"})

    assert answer.text == f"<Error><Message>{DENIED}</Message></Error>"


@pytest.mark.parametrize("token", ["expired-token", "revoked-token"])
def test_a_token_that_is_no_longer_good_is_denied(pvex: Client, stored: Stored, token: str) -> None:
    answer = pvex.within(authorization=f"Bearer {token}").post(BATCH, json=[invoice()])

    assert (answer.status, answer.json) == (401, {"Message": DENIED})
    assert stored() == []


@pytest.mark.parametrize("credential", ["", "Bearer", "Bearer ", "Basic Zm9vOmJhcg==", "good-token"])
def test_what_is_no_bearer_token_is_denied(pvex: Client, credential: str) -> None:
    assert pvex.within(authorization=credential).get("/api/Invoice").status == 401


def test_a_read_only_token_reads_and_is_denied_to_write(pvex: Client, stored: Stored) -> None:
    reader = pvex.within(authorization="Bearer read-only-token")

    assert reader.get("/api/Invoice").status == 200
    assert reader.post(BATCH, json=[invoice()]).json == {"Message": DENIED}
    assert stored() == []


@pytest.mark.parametrize(
    ("method", "path", "media_type", "status"),
    [
        ("POST", BATCH, "text/plain", 401),
        ("POST", BATCH, "application/json", 401),
        ("POST", "/api/Nope", "application/json", 404),
        ("PUT", BATCH, "application/json", 405),
    ],
)
def test_a_token_is_asked_for_behind_the_route_and_before_the_body(
    pvex: Client, method: str, path: str, media_type: str, status: int
) -> None:
    visitor = pvex.without("authorization")

    answer = visitor.request(method, path, content=b"{", headers={"content-type": media_type})

    assert answer.status == status


def test_where_no_token_is_asked_for_a_bad_one_does_no_harm(pvex: Client, assume: Assume) -> None:
    assume(auth="none")

    assert pvex.within(authorization="Bearer expired-token").get("/api/Invoice").status == 200


def test_offline_the_web_server_answers_with_a_page(pvex: Client, assume: Assume) -> None:
    assume(availability="offline")

    answer = pvex.post(BATCH, json=[invoice()])

    assert (answer.status, answer.media_type) == (503, "text/html")


def test_a_failure_is_an_error_in_the_media_type_that_is_asked_for(pvex: Client, assume: Assume) -> None:
    assume(availability="failing")

    answer = pvex.get("/api/Invoice", headers={"accept": "text/xml"})

    assert (answer.status, answer.text) == (
        500,
        "<Error><Message>An error has occurred.</Message></Error>",
    )


def test_any_other_token_will_do(pvex: Client) -> None:
    assert pvex.within(authorization="bearer whatever").post(BATCH, json=[]).status == 200


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/vnd.api+json", "application/json-patch+json"]
)
def test_a_media_type_that_is_not_listed_is_named(pvex: Client, stored: Stored, media_type: str) -> None:
    answer = pvex.post(BATCH, json=[invoice()], headers={"content-type": media_type})

    message = f"The request entity's media type '{media_type}' is not supported for this resource."
    assert (answer.status, answer.json) == (415, {"Message": message})
    assert stored() == []


def test_a_body_without_a_media_type_is_named(pvex: Client) -> None:
    answer = pvex.post(BATCH, content=b"[]")

    assert answer.status == 415
    assert answer.json["Message"] == (
        "The request contains an entity body but no Content-Type header. "
        "The inferred media type 'application/octet-stream' is not supported for this resource."
    )


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_named(pvex: Client, method: str) -> None:
    answer = pvex.request(method, BATCH)

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.json == {"Message": f"The requested resource does not support http method '{method}'."}


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("/api/Nope", "/api/Nope"),
        ("/api/InvoiceBatch/", "/api/InvoiceBatch/"),
        ("/api/Nope?a=%3Cb%3E", "/api/Nope?a=%3Cb%3E"),
        ("/api/%22%0A%F0%9F%90%B6", "/api/%22%0A%F0%9F%90%B6"),
    ],
)
def test_an_unknown_path_is_named(pvex: Client, path: str, printed: str) -> None:
    answer = pvex.post(path, json=[])

    uri = f"http://testserver/pvex{printed}"
    assert answer.status == 404
    assert answer.json == {"Message": f"No HTTP resource was found that matches the request URI '{uri}'."}


def test_the_sandbox_prefix_is_part_of_the_uri(pvex: Client, sandbox: str) -> None:
    prefixed = pvex.within(f"/sandboxes/{sandbox}/pvex")

    assert f"'http://testserver/sandboxes/{sandbox}/pvex/api/Nope'" in prefixed.get("/api/Nope").text


@pytest.mark.parametrize("path", ["/Nope", "/", "", "?id=1"])
def test_outside_the_api_it_is_the_web_server_that_answers(pvex: Client, path: str) -> None:
    answer = pvex.get(path)

    assert (answer.status, answer.media_type) == (404, "text/html")


def test_a_path_may_come_in_any_case(pvex: Client) -> None:
    assert pvex.post("/API/invoicebatch", json=[]).status == 200


def test_a_body_over_the_limit_is_refused(pvex: Client, stored: Stored) -> None:
    answer = pvex.post(BATCH, content=b" " * (10 * 1024 * 1024 + 1), headers={"content-type": "text/json"})

    assert (answer.status, answer.json) == (413, {"Message": "Maximum request length exceeded."})
    assert stored() == []


def test_ten_thousand_items_are_the_limit(pvex: Client) -> None:
    assert pvex.post(BATCH, json=[None] * 10_000).status == 200
    assert pvex.post(BATCH, json=[None] * 10_001).status == 413


def test_a_flood_of_headers_is_refused(pvex: Client) -> None:
    answer = pvex.get("/api/Invoice", headers={"x-flood": "x" * 17_000})

    assert (answer.status, answer.json) == (431, {"Message": "Request header fields too large."})
