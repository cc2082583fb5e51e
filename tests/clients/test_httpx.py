"""httpx at a real server: a batch of each vendor, the samples of the seeds, and the wire itself."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.client import Response
from tests.support.profiled_vendor import ItemSpec, upserted
from tests.support.sixth_vendor import api_of
from tests.support.spec_documents import SEEDS, VENDORS

OVER = 10 * 1024 * 1024 + 1
JSON = {"content-type": "application/json"}
A = "/claim/v1/bulk-invoices/xc:SdLxd3WOhsS0mT2Vi1XEu"


def opened(base: str, vendor: str) -> httpx.Client:
    """Return a client with the credentials of the vendor's profile."""
    return httpx.Client(base_url=f"{base}/{vendor}", headers=upserted(api_of(vendor)).headers(), timeout=60)


@pytest.mark.parametrize("vendor", VENDORS)
def test_of_three_items_the_second_is_rejected(base: str, vendor: str) -> None:
    profiled = upserted(api_of(vendor))
    items = [ItemSpec(key, number, good=number != 2) for number, key in enumerate(profiled.keys[:3], 1)]
    request = profiled.batch(items)

    with opened(base, vendor) as client:
        answer = client.request(
            request.method, request.path, headers=dict(request.headers), content=request.body
        )

    told = profiled.outcomes(request, Response(answer.status_code, answer.headers, answer.content), items)
    assert answer.status_code == 400 if profiled.marks.atomic else told == [True, False, True]


@pytest.mark.parametrize(
    ("vendor", "method", "path", "file", "status"),
    [
        ("guidewire", "PATCH", A, "request-bulk-invoice-total.json", 200),
        ("guidewire", "PATCH", A, "request-payment-method.json", 200),
        ("pvex", "POST", "/api/InvoiceBatch", "request.json", 200),
        ("pvex", "POST", "/api/InvoiceBatch", "request.xml", 200),
        # There is no administration of the name that the sample gives.
        ("payt", "POST", "/v1/invoices", "request.json", 403),
    ],
)
def test_a_sample_of_a_seed_is_read(  # noqa: PLR0913, PLR0917 - a row of the table
    base: str, vendor: str, method: str, path: str, file: str, status: int
) -> None:
    body = (SEEDS / vendor / "samples" / file).read_bytes()

    with opened(base, vendor) as client:
        headers = {"content-type": f"application/{file.rpartition('.')[2]}"}
        assert client.request(method, path, content=body, headers=headers).status_code == status


@pytest.fixture
def vba(base: str) -> Iterator[httpx.Client]:
    with opened(base, "vba") as client:
        yield client


def test_a_body_in_chunks_is_taken(vba: httpx.Client) -> None:
    pieces = iter([b'[{"invoice_Key": 7, "invoice', b'_Number": "INV', b'-7"}]'])

    answer = vba.put("/claim-invoice-batch", content=pieces, headers=JSON)

    assert answer.request.headers["transfer-encoding"] == "chunked"
    assert vba.get("/claim-invoice/7").json()["data"]["invoice_Number"] == "INV-7"


def test_a_body_over_the_limit_is_413_in_the_words_of_the_vendor(vba: httpx.Client) -> None:
    answer = vba.put("/claim-invoice-batch", content=b" " * OVER, headers=JSON)

    assert (answer.status_code, answer.json()["error"]["status"]) == (413, 413)


def test_the_connection_lives_on_after_a_413(vba: httpx.Client) -> None:
    refused = vba.put("/claim-invoice-batch", content=b" " * OVER, headers=JSON)

    answer = vba.get("/claim-invoice")

    ports = {one.extensions["network_stream"].get_extra_info("client_addr")[1] for one in (refused, answer)}
    assert (answer.status_code, len(ports)) == (200, 1)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /vba/payees HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /vba/pay\x00ees HTTP/1.1\r\nHost: h\r\n\r\n",
        b"NONSENSE\r\n\r\n",
    ],
    ids=["two lengths", "NUL", "no request"],
)
def test_what_is_no_http_is_a_plain_400(url: str, head: bytes) -> None:
    place = urlsplit(url)

    with socket.create_connection((place.hostname, place.port), timeout=5) as wire:
        wire.sendall(head)
        answer = wire.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nContent-Type: text/plain; charset=utf-8\r\n" in answer
