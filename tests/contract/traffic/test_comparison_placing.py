from __future__ import annotations

import pytest

from mockserver.contract.exchange import Exchange
from mockserver.contract.traffic import place_request, read_har
from mockserver.spec import loading
from tests.contract.traffic.archives import archive, entry
from tests.support.spec_documents import SPECS


def place(vendor: str, method: str, url: str, base: str = "") -> Exchange | None:
    [one] = read_har(archive(entry(method, url)))
    return place_request(one, loading.load_spec(SPECS[vendor]), base)


@pytest.mark.parametrize(
    ("vendor", "method", "url", "path", "operation"),
    [
        (
            "vba",
            "PUT",
            "https://api.example/claim-invoice-batch",
            "/claim-invoice-batch",
            "putClaimInvoiceBatch",
        ),
        (
            "vba",
            "PUT",
            "http://h/vba/claim-invoice-batch?a=1",
            "/claim-invoice-batch?a=1",
            "putClaimInvoiceBatch",
        ),
        ("payt", "POST", "https://api.example/api/v1/invoices", "/api/v1/invoices", "postV1Invoices"),
        (
            "xero",
            "PUT",
            "http://h/xero/api.xro/2.0/BatchPayments",
            "/api.xro/2.0/BatchPayments",
            "createBatchPayment",
        ),
        ("pvex", "POST", "https://h/some/proxy/API/invoicebatch", "/API/invoicebatch", "postInvoiceBatch"),
    ],
)
def test_the_longest_end_that_the_spec_serves_is_the_vendors_own_path(
    vendor: str, method: str, url: str, path: str, operation: str
) -> None:
    found = place(vendor, method, url)

    assert found is not None
    assert (found.request.path, found.operation) == (path, operation)


@pytest.mark.parametrize("url", ["https://h/", "https://h/logo.png", "https://h/vba/nothing"])
def test_what_nothing_of_the_spec_serves_is_none_of_the_vendors(url: str) -> None:
    assert place("vba", "GET", url) is None


def test_below_a_named_base_everything_is_the_vendors() -> None:
    found = place("vba", "GET", "https://h/api/nothing?x=1", base="https://h/api/")

    assert found is not None
    assert (found.request.path, found.operation) == ("/nothing?x=1", "")


@pytest.mark.parametrize("url", ["https://h/apiary/payees", "https://other/api/payees"])
def test_beside_a_named_base_nothing_is(url: str) -> None:
    assert place("vba", "GET", url, base="https://h/api") is None


def test_a_sandbox_in_the_path_becomes_the_header_that_says_the_same() -> None:
    found = place("vba", "GET", "http://h/sandboxes/acme/vba/payees")

    assert found is not None
    assert (found.request.path, found.request.headers["mock-sandbox"]) == ("/payees", "acme")
