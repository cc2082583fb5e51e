"""One story a vendor: three items, the second bad, then the repair of what failed; all told by literals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.client import Client, Response
from tests.vendors.pvex.samples import visit

Seen = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What is sent, where its effect is read (path and JSON Pointer), and what is seen there when."""

    vendor: str
    headers: Mapping[str, str]
    method: str
    path: str
    batch: Any
    repair: Any
    reads: tuple[tuple[str, str], ...]
    before: Seen
    after_batch: Seen
    after_repair: Seen

    def client(self, client: Client) -> Client:
        """`client` at the vendor, with its credentials."""
        return client.within(f"/{self.vendor}", **self.headers)

    def send_batch(self, client: Client) -> Response:
        """The three items."""
        return self.client(client).request(self.method, self.path, json=self.batch)

    def send_repair(self, client: Client) -> Response:
        """What failed, mended."""
        return self.client(client).request(self.method, self.path, json=self.repair)

    def see(self, client: Client) -> Seen:
        """What is there now; None for what is not."""
        return tuple(_member(self.client(client).get(path), pointer) for path, pointer in self.reads)

    def tell(self, client: Client) -> list[bytes]:
        """Everything that is answered from beginning to end, byte for byte."""
        vendor = self.client(client)
        answers = [self.send_batch(client), self.send_repair(client)]
        return [one.body for one in (*answers, *(vendor.get(path) for path, _ in self.reads))]


def _member(answered: Response, pointer: str) -> Any:
    found = answered.json if answered.status == 200 else {}
    for step in pointer.split("/")[1:]:
        found = found[int(step)] if isinstance(found, list) else found.get(step, {})
    return found or None


def _patch(name: str, **members: Any) -> dict[str, Any]:
    return {"method": "patch", "path": f"/bulk-invoices/{name}", "body": {"data": members}}


def _mail(text: str) -> dict[str, str]:
    return {"mailTo": text}


def _bill(number: str, debtor: str) -> dict[str, str]:
    amounts = ("book_amount_total", "book_amount_open", "amount_open", "amount_total")
    return {
        "currency_code": "EUR",
        "invoice_number": number,
        "invoice_date": "2026-06-01",
        "due_date": "2026-07-01",
        "debtor_number": debtor,
        **dict.fromkeys(amounts, "100.00"),
    }


def _pay(invoice: str, amount: int) -> dict[str, Any]:
    return {
        "Account": {"AccountID": "5ec2f302-cd60-4f8b-a915-9229dd45e6fa"},
        "Date": "2019-02-22",
        "Payments": [{"Invoice": {"InvoiceID": invoice}, "Amount": amount}],
    }


_A, _B, _D = "xc:SdLxd3WOhsS0mT2Vi1XEu", "xc:SF3EIyYvshoSm2pwaUnT_", "xc:SbT4mZk1J7oUf-n8RqVsA"
_R1, _R2, _R3 = (
    "3323652c-155e-433b-8a73-4dde7cfbf410",
    "e4abafb4-1f5b-4d9f-80b3-9a7b815bc302",
    "e6039672-b161-40cd-b07b-a0178e7186ad",
)
_PAYT_ONE = "?administration_id=81&identifier_type=invoice_number"

STORIES = (
    Story(
        vendor="guidewire",
        headers={"authorization": "Bearer guidewire-good"},
        method="POST",
        path="/claim/v1/batch",
        batch={
            "requests": [
                _patch(_A, attributes=_mail("Desk A")),
                _patch(_B, attributes=_mail("Desk B"), checksum="stale"),
                _patch(_D, attributes=_mail("Desk D")),
            ]
        },
        repair={"requests": [_patch(_B, attributes=_mail("Desk B"))]},
        reads=tuple((f"/claim/v1/bulk-invoices/{name}", "/data/attributes/mailTo") for name in (_A, _B, _D)),
        before=("Nora Whitlock", "Nora Whitlock", "Tomas Ferreira"),
        after_batch=("Desk A", "Nora Whitlock", "Desk D"),
        after_repair=("Desk A", "Desk B", "Desk D"),
    ),
    Story(
        vendor="payt",
        headers={"authorization": "Bearer full-token"},
        method="POST",
        path="/v1/invoices",
        batch={
            "administration_id": "81",
            "invoices": [_bill("N-1", "D-1"), _bill("N-2", "D-404"), _bill("N-3", "D-1")],
        },
        repair={"administration_id": "81", "invoices": [_bill("N-2", "D-1")]},
        reads=tuple((f"/v1/invoices/N-{number}{_PAYT_ONE}", "/invoice_number") for number in (1, 2, 3)),
        before=(None, None, None),
        after_batch=("N-1", None, "N-3"),
        after_repair=("N-1", "N-2", "N-3"),
    ),
    Story(
        # All or nothing: the repair is the whole batch.
        vendor="pvex",
        headers={"authorization": "Bearer good-token"},
        method="POST",
        path="/api/InvoiceBatch",
        batch=[visit(1, ClientId="C-1"), visit(2, ClientId=""), visit(3, ClientId="C-1")],
        repair=[visit(1, ClientId="C-1"), visit(2, ClientId="C-1"), visit(3, ClientId="C-1")],
        reads=tuple((f"/api/Invoice/I-{number}?subscriberId=SUB-1", "/Number") for number in (1, 2, 3)),
        before=(None, None, None),
        after_batch=(None, None, None),
        after_repair=("N-1", "N-2", "N-3"),
    ),
    Story(
        vendor="vba",
        headers={
            "x_api_key": "good-key",
            "authorization": "Bearer good-token",
            "vbasoftware_database": "sandbox",
        },
        method="PUT",
        path="/claim-invoice-batch",
        batch=[
            {"invoice_Key": 2, "invoice_Number": "INV-2", "payee_ID": "P100"},
            {"invoice_Key": 3, "invoice_Number": "INV-3", "payee_ID": "NOPE"},
            {"invoice_Key": 4, "invoice_Number": "INV-4"},
        ],
        repair=[{"invoice_Key": 3, "invoice_Number": "INV-3", "payee_ID": "P200"}],
        reads=tuple((f"/claim-invoice/{key}", "/data/invoice_Number") for key in (2, 3, 4)),
        before=(None, None, None),
        after_batch=("INV-2", None, "INV-4"),
        after_repair=("INV-2", "INV-3", "INV-4"),
    ),
    Story(
        vendor="xero",
        headers={
            "authorization": "Bearer good-token",
            "xero_tenant_id": "00000000-0000-4000-8000-000000000001",
        },
        method="PUT",
        path="/api.xro/2.0/BatchPayments?summarizeErrors=false",
        batch={"BatchPayments": [_pay(_R1, 10), _pay(_R2, 500), _pay(_R3, 20)]},
        repair={"BatchPayments": [_pay(_R2, 50)]},
        reads=tuple((f"/api.xro/2.0/Invoices/{name}", "/Invoices/0/AmountDue") for name in (_R1, _R2, _R3)),
        before=(100, 100, 100),
        after_batch=(90, 100, 80),
        after_repair=(90, 50, 80),
    ),
)
