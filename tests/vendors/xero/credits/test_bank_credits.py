"""Bank transactions of some types bring an overpayment or a prepayment about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.sandbox.store import State
from mockserver.server.application import Application
from mockserver.vendors.xero.credits.bank_credits import CREDIT_OF_TRANSACTION, open_credit
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import RIDGEWAY, TENANT

KEY = "ba4c0000-0000-4000-8000-000000000001"


def transaction(kind: str) -> dict[str, Any]:
    return {
        "BankTransactionID": KEY,
        "Type": kind,
        "ContactID": RIDGEWAY,
        "Date": "2019-03-01",
        "LineAmountTypes": "NoTax",
        "LineItems": [],
        "SubTotal": Decimal(12),
        "TotalTax": Decimal(0),
        "Total": Decimal(12),
        "CurrencyCode": "NZD",
        "CurrencyRate": Decimal(1),
        "UpdatedDateUTC": "2026-01-05T09:00:00.000Z",
    }


@pytest.mark.parametrize("kind", sorted(CREDIT_OF_TRANSACTION))
def test_a_transaction_leaves_a_credit_of_its_id(
    app: Application, sandbox: str, read: Read, kind: str
) -> None:
    def work(state: State) -> None:
        open_credit(transaction(kind), state)

    app.sandboxes.transact(sandbox, f"xero/{TENANT}", work)

    shown = read(f"{CREDIT_OF_TRANSACTION[kind].plural}/{KEY}")[0]
    assert (shown["Type"], shown["Status"], shown["RemainingCredit"]) == (kind, "AUTHORISED", 12)
