from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.spec_documents import SEEDS, content, operation, spec
from tests.vendors.payt.samples import invoice
from tests.vendors.pvex.samples import visit

A = "xc:SdLxd3WOhsS0mT2Vi1XEu"
B = "xc:SF3EIyYvshoSm2pwaUnT_"
OVER = 10 * 1024 * 1024 + 1
JSON = {"content-type": "application/json"}
VBA = {"x-api-key": "good-key", "vbasoftware-database": "sandbox", "authorization": "Bearer good-token"}
TOKENS = {"guidewire": "guidewire-good", "payt": "full-token", "pvex": "good-token"}

Open = Callable[[str], httpx.Client]


@pytest.fixture
def opened(base: str) -> Iterator[Open]:
    """Clients of a fresh sandbox, by vendor."""
    made: list[httpx.Client] = []

    def opened(vendor: str) -> httpx.Client:
        headers = VBA if vendor == "vba" else {"authorization": f"Bearer {TOKENS[vendor]}"}
        made.append(httpx.Client(base_url=f"{base}/{vendor}", headers=headers))
        return made[-1]

    yield opened
    for client in made:
        client.close()


@pytest.fixture
def vba(opened: Open) -> httpx.Client:
    return opened("vba")


@pytest.fixture
def guidewire(opened: Open) -> httpx.Client:
    return opened("guidewire")


@pytest.fixture
def pvex(opened: Open) -> httpx.Client:
    return opened("pvex")


@pytest.fixture
def payt(opened: Open) -> httpx.Client:
    return opened("payt")


def sample(vendor: str, name: str) -> bytes:
    """A sample body of the seed, byte for byte."""
    return (SEEDS / vendor / "samples" / name).read_bytes()


def example(name: str) -> Any:
    """An example of VBA's batch; its seed has no sample body."""
    node = operation(spec("vba"), "putClaimInvoiceBatch")[2]
    return content(spec("vba"), node, "request")["application/json"]["examples"][name]["value"]


def mail_to(text: str) -> dict[str, Any]:
    return {"data": {"attributes": {"mailTo": text}}}


# VBA


def test_vba_takes_its_example(vba: httpx.Client) -> None:
    answer = vba.put("/claim-invoice-batch", json=example("every-member"))

    assert [row["status"] for row in answer.json()["data"]] == [201]
    assert vba.get("/claim-invoice/1").json()["data"]["invoice_Number"] == "INV-1"


def test_vba_tells_of_three_rows_that_the_second_is_bad(vba: httpx.Client) -> None:
    answer = vba.put("/claim-invoice-batch", json=example("partial"))

    assert (answer.status_code, [row["status"] for row in answer.json()["data"]]) == (207, [201, 500, 201])


def test_vba_stores_the_two_good_rows_of_three(vba: httpx.Client) -> None:
    vba.put("/claim-invoice-batch", json=example("partial"))

    assert [vba.get(f"/claim-invoice/{key}").status_code for key in (2, 3, 4)] == [200, 404, 200]


# Guidewire


def test_guidewire_takes_the_total_of_its_seed(guidewire: httpx.Client) -> None:
    body = sample("guidewire", "request-bulk-invoice-total.json")

    answer = guidewire.patch(f"/claim/v1/bulk-invoices/{A}", content=body, headers=JSON)

    read = guidewire.get(f"/claim/v1/bulk-invoices/{A}").json()["data"]["attributes"]
    assert (answer.status_code, read["bulkInvoiceTotal"]) == (200, "3000.00")


def test_guidewire_takes_the_payment_method_of_its_seed(guidewire: httpx.Client) -> None:
    body = sample("guidewire", "request-payment-method.json")

    answer = guidewire.patch(f"/claim/v1/bulk-invoices/{A}", content=body, headers=JSON)

    read = guidewire.get(f"/claim/v1/bulk-invoices/{A}").json()["data"]["attributes"]
    assert (answer.status_code, read["paymentMethod"]["code"]) == (200, "check")


def test_guidewire_tells_of_three_calls_that_the_second_is_bad(guidewire: httpx.Client) -> None:
    paths = [f"/bulk-invoices/{name}" for name in (A, "xc:nope", B)]
    calls = [{"method": "patch", "path": path, "body": mail_to("Claims desk")} for path in paths]

    answer = guidewire.post("/claim/v1/batch", json={"requests": calls})

    read = [guidewire.get(f"/claim/v1{path}").status_code for path in paths]
    assert [one["status"] for one in answer.json()["responses"]] == [200, 404, 200]
    assert read == [200, 404, 200]


# PVEx


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_pvex_takes_the_sample_of_its_seed(pvex: httpx.Client, kind: str) -> None:
    body = sample("pvex", f"request.{kind}")

    answer = pvex.post("/api/InvoiceBatch", content=body, headers={"content-type": f"application/{kind}"})

    read = pvex.get("/api/Invoice/sample string 12", headers={"accept": "application/json"}).json()
    assert (answer.status_code, answer.content, read["RowKey"]) == (200, b"", 11)


def test_pvex_refuses_three_invoices_of_which_the_second_is_bad(pvex: httpx.Client) -> None:
    answer = pvex.post("/api/InvoiceBatch", json=[visit(1), visit(2, Number=""), visit(3)])

    assert (answer.status_code, list(answer.json()["ModelState"])) == (400, ["invoices[1].Number"])


def test_pvex_stores_none_of_three_invoices_of_which_the_second_is_bad(pvex: httpx.Client) -> None:
    pvex.post("/api/InvoiceBatch", json=[visit(1), visit(2, Number=""), visit(3)])

    assert pvex.get("/api/Invoice?subscriberId=SUB-1").json() == []


# Payt


def test_payt_has_no_administration_of_the_name_that_its_seed_gives(payt: httpx.Client) -> None:
    answer = payt.post("/v1/invoices", content=sample("payt", "request.json"), headers=JSON)

    assert (answer.status_code, answer.json()["message"]) == (403, "No access to administration <string>")


def test_payt_tells_of_three_invoices_that_the_second_is_bad(payt: httpx.Client) -> None:
    invoices = [invoice("N-1"), invoice("N-2", debtor_number="D-404"), invoice("N-3")]

    answer = payt.post("/v1/invoices", json={"administration_id": "81", "invoices": invoices}).json()

    assert (answer["count"], list(answer["errors"])) == (2, ["N-2"])


def test_payt_stores_the_two_good_invoices_of_three(payt: httpx.Client) -> None:
    invoices = [invoice("N-1"), invoice("N-2", debtor_number="D-404"), invoice("N-3")]
    payt.post("/v1/invoices", json={"administration_id": "81", "invoices": invoices})

    query = "administration_id=81&identifier_type=invoice_number"
    read = [payt.get(f"/v1/invoices/{name}?{query}").status_code for name in ("N-1", "N-2", "N-3")]

    assert read == [200, 404, 200]


# The wire


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
