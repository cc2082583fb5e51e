"""A run of a client: what it looked at, what it knew when, and what the vendor offers."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.drill.run import VendorAbilities, read_abilities
from mockserver.server.application import Application
from tests.drill.runs import call, look, run_of


@pytest.mark.parametrize(
    ("between", "is_found"),
    [
        (look(2), True),
        (call(2, method="GET", reply_status=404), False),
        (call(2, method="POST"), False),
        (look(5), False),
    ],
)
def test_a_client_has_looked_if_a_read_between_two_calls_was_answered(
    between: Any, *, is_found: bool
) -> None:
    assert run_of({}, calls=[call(1), between, call(3)]).has_looked(1, 3) is is_found


@pytest.mark.parametrize(
    ("vendor", "operation", "assumptions", "expected"),
    [
        ("vba", "putClaimInvoiceBatch", {}, VendorAbilities("", is_readable=True)),
        (
            "payt",
            "postV1Invoices",
            {"idempotency_keys": "on"},
            VendorAbilities("idempotency-key", is_readable=True),
        ),
        ("payt", "postV1Invoices", {"idempotency_keys": "off"}, VendorAbilities("", is_readable=True)),
        ("xero", "createBatchPayment", {}, VendorAbilities("idempotency-key", is_readable=True)),
        ("guidewire", "runBatch", {}, VendorAbilities("gw-dbtransaction-id", is_readable=True)),
        ("vba", "none", {}, VendorAbilities("", is_readable=False)),
    ],
)
def test_a_vendor_offers(
    app: Application, vendor: str, operation: str, assumptions: dict[str, str], expected: VendorAbilities
) -> None:
    served = next(one for one in app.served if one.name == vendor)

    found = read_abilities(served, assumptions, [operation])
    assert (found.key_header, found.is_readable) == (expected.key_header, expected.is_readable)


def test_a_vendor_without_keys_and_reads_leaves_a_lost_answer_open() -> None:
    assert VendorAbilities("", is_readable=False).is_unanswerable
    assert not VendorAbilities("key", is_readable=False).is_unanswerable
