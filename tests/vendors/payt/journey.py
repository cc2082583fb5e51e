"""Three items, the second bad, then the repair of what failed."""

from __future__ import annotations

from tests.journeys.journey import Journey


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


_PAYT_ONE = "?administration_id=81&identifier_type=invoice_number"

JOURNEY = Journey(
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
)
