from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.guidewire.samples import BATCH, INVOICES, A, sent

REST = "gw.api.rest.exceptions."
JSON = {"content-type": "application/json"}
WRITES = [("PATCH", A), ("POST", INVOICES), ("POST", f"{A}/bulk-invoice-items"), ("POST", BATCH)]


def refused(answered: Response, status: int, name: str) -> bool:
    """Whether the answer is the vendor's error of that status and class."""
    found = answered.json
    return (
        answered.status == found["status"] == status
        and answered.media_type == "application/json"
        and found["errorCode"] == REST + name
        and set(found) <= {"status", "errorCode", "userMessage", "details"}
        and "x-correlation-id" in answered.headers
    )


class TestBodies:
    """A body that cannot be read changes nothing."""

    @pytest.mark.parametrize(("method", "path"), WRITES)
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b'{"data":{}} x',
            b"[" * 100_000,
            b'{"data":' * 70 + b"1" + b"}" * 70,
            b'{"data":{"attributes":{"bulkInvoiceTotal":' + b"1" * 5000 + b"}}}",
            b'{"data":{"attributes":{"bulkInvoiceTotal":NaN}}}',
            b'{"data":{"attributes":{"bulkInvoiceTotal":1e999999999}}}',
            b'{"data":{"attributes":{"mailTo":"\xff"}}}',
            b'{"data":{"attributes":{"mailTo":"\\ud800"}}}',
            b"null",
            b"0",
            b'"x"',
            b"[]",
            b"true",
        ],
        ids=[
            "nothing",
            "unfinished",
            "more-behind",
            "brackets",
            "deep",
            "5000-digits",
            "nan",
            "exponent",
            "bad-utf-8",
            "surrogate",
            "null",
            "number",
            "text",
            "list",
            "boolean",
        ],
    )
    def test_it_is_bad_input(self, guidewire: Client, method: str, path: str, content: bytes) -> None:
        before = guidewire.get(A).body, guidewire.get(INVOICES).body

        answered = guidewire.request(method, path, content=content, headers=JSON)

        assert refused(answered, 400, "BadInputException")
        assert (guidewire.get(A).body, guidewire.get(INVOICES).body) == before

    @pytest.mark.parametrize(("method", "path"), WRITES)
    @pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/json5", ""])
    def test_it_must_be_json(self, guidewire: Client, method: str, path: str, media_type: str) -> None:
        answered = guidewire.request(method, path, content=b"{}", headers={"content-type": media_type})

        assert refused(answered, 415, "UnsupportedMediaTypeException")

    @pytest.mark.parametrize(
        "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"]
    )
    def test_json_may_be_called_so_in_several_ways(self, guidewire: Client, media_type: str) -> None:
        content = b'{"data":{"attributes":{"mailTo":"x"}}}'

        answered = guidewire.patch(A, content=content, headers={"content-type": media_type})

        assert answered.status == 200

    def test_a_byte_order_mark_does_no_harm(self, guidewire: Client) -> None:
        content = b'\xef\xbb\xbf{"data":{"attributes":{"mailTo":"x"}}}'

        answered = guidewire.patch(A, content=content, headers=JSON)

        assert answered.status == 200

    @pytest.mark.parametrize("chunks", [1, 5])
    def test_one_over_the_limit_is_too_large(self, guidewire: Client, chunks: int) -> None:
        content = b" " * (10 * 1024 * 1024 + 1)

        answered = guidewire.patch(A, content=content, headers=JSON, chunks=chunks)

        assert refused(answered, 413, "RequestTooLargeException")

    def test_headers_can_be_too_large_as_well(self, guidewire: Client) -> None:
        answered = guidewire.get(A, headers={"x-long": "x" * 17_000})

        assert refused(answered, 431, "RequestTooLargeException")


class TestCallers:
    @pytest.mark.parametrize(("method", "path"), [*WRITES, ("GET", A), ("GET", INVOICES)])
    def test_without_a_token_none_is_let_in(self, stranger: Client, method: str, path: str) -> None:
        answered = stranger.request(method, path, content=b"{", headers=JSON)

        assert refused(answered, 401, "RestAuthenticationException")
        assert answered.headers["www-authenticate"] == "Bearer, Basic"

    @pytest.mark.parametrize(
        "authorization",
        ["Bearer guidewire-expired", "Bearer guidewire-revoked", "Basic nonsense", "Bearer", "x"],
    )
    def test_nor_with_a_bad_one(self, stranger: Client, authorization: str) -> None:
        answered = stranger.get(A, headers={"authorization": authorization})

        assert refused(answered, 401, "RestAuthenticationException")

    def test_any_other_token_is_good(self, stranger: Client) -> None:
        answered = stranger.get(A, headers={"authorization": "Bearer whatever"})

        assert answered.status == 200

    def test_who_may_only_read_reads(self, stranger: Client) -> None:
        answered = stranger.get(A, headers={"authorization": "Bearer guidewire-read-only"})

        assert answered.status == 200

    @pytest.mark.parametrize(("method", "path"), WRITES[:-1])
    def test_but_does_not_write(self, stranger: Client, guidewire: Client, method: str, path: str) -> None:
        before = guidewire.get(A).body

        answered = stranger.request(
            method,
            path,
            json=sent(mailTo="x"),
            headers={"authorization": "Bearer guidewire-read-only"},
        )

        assert refused(answered, 403, "NotAuthorizedException")
        assert guidewire.get(A).body == before


class TestRoutes:
    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", A, "GET, PATCH, DELETE"),
            ("DELETE", INVOICES, "GET, POST"),
            ("GET", BATCH, "POST"),
            ("OPTIONS", A, "GET, PATCH, DELETE"),
        ],
    )
    def test_a_method_may_not_be_served(
        self, guidewire: Client, method: str, path: str, allowed: str
    ) -> None:
        answered = guidewire.request(method, path)

        assert refused(answered, 405, "MethodNotAllowedException")
        assert answered.headers["allow"] == allowed

    @pytest.mark.parametrize(
        "path", ["/", "/claim/v1", "/claim/v1/policies", "/nothing/%FF", f"{A}/", f"{INVOICES}//", f"{A}%0A"]
    )
    def test_a_path_may_not_be_either(self, guidewire: Client, path: str) -> None:
        answered = guidewire.get(path)

        assert refused(answered, 404, "NotFoundException")

    def test_the_products_own_prefix_is_served_too(self, guidewire: Client) -> None:
        assert guidewire.get(f"/cc/rest{A}").json == guidewire.get(A).json

    def test_links_do_not_change_with_the_sandbox(self, guidewire: Client, sandbox: str) -> None:
        by_path = guidewire.without("mock-sandbox").within(f"/sandboxes/{sandbox}/guidewire")

        assert by_path.get(A).json == guidewire.get(A).json


@pytest.mark.parametrize(
    "attributes",
    [
        {"currency": []},
        {"currency": {"code": []}},
        {"currency": {"code": {"code": "usd"}}},
        {"payeeAddressBookUID": {}, "bulkInvoiceTotal": [], "splitEqually": "x"},
        {"claim": [], "amount": {"amount": [], "currency": {}}, "exposure": {"id": 1}},
        {"claim": {"id": []}, "paymentType": "final", "nonEroding": 1},
    ],
)
@pytest.mark.parametrize(("method", "path"), WRITES[:3])
def test_values_of_any_type_are_only_refused(
    guidewire: Client, method: str, path: str, attributes: Any
) -> None:
    answered = guidewire.request(method, path, json=sent(**attributes))

    assert refused(answered, 400, "BadInputException")
