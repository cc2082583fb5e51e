"""What Xero says of itself to the contract suite: batch payments, payments, invoices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockserver.contract.subject import Facts, Profile, Subject
from mockserver.vendors.xero import (
    contract_batches,
    contract_invoices,
    contract_payments,
    contract_reading,
)
from mockserver.vendors.xero.forgiven import FORGIVEN
from mockserver.vendors.xero.pins import PINS

_FACTS = {
    "tenant": "00000000-0000-4000-8000-000000000001",
    "other_tenant": "00000000-0000-4000-8000-000000000002",
    "bank": "BANK1",
    "account": "SALES",
    "contact": "Ridgeway University",
    "date": "2026-01-05",
    "due_date": "2026-02-05",
}
"""In both organisations: a bank account and one for sales by their codes, and days that are not locked.

An empty `other_tenant` says that there is only one.
"""


def _headers(facts: Facts, tenant: int) -> Mapping[str, str]:
    return {"xero-tenant-id": (facts["tenant"], facts["other_tenant"])[tenant]}


def _subjects(facts: Facts) -> tuple[Subject, ...]:
    """All of them know the header for idempotency keys, which are the caller's own in each organisation."""
    return tuple(
        replace(
            subject,
            tenants=2 if facts["other_tenant"] else 1,
            key_header="Idempotency-Key",
            again="same",
            conflict_status=400,
        )
        for subject in (
            contract_batches.in_parts(facts),
            contract_batches.in_whole(facts),
            contract_invoices.changing(facts),
            contract_invoices.creating(facts),
            contract_payments.payments(facts),
        )
    )


CONTRACT = Profile(
    facts=_FACTS,
    credentials={"OAuth2": {"bearer": "good-token"}},
    headers=_headers,
    subjects=_subjects,
    pins=PINS,
    forgiven=FORGIVEN,
    readers={
        "createBatchPayment": contract_reading.BATCH_PAYMENTS.told,
        "createBatchPaymentHistoryRecord": contract_reading.NOTES.told,
        "createInvoices": contract_reading.NEW_INVOICES.told,
        "createPayments": contract_reading.PAYMENTS.told,
        "updateInvoice": contract_reading.INVOICES.told,
        "updateOrCreateInvoices": contract_reading.INVOICES.told,
    },
)
