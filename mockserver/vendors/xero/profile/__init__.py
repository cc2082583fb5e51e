"""Contract profile of Xero: facts, credentials, batch profiles, outcome readers, tolerances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mockserver.contract.profile import (
    BatchProfile,
    Facts,
    IdempotencyRule,
    LimitedCredentials,
    Profile,
    RefusalRule,
)
from mockserver.vendors.xero.profile import (
    bank_transactions,
    batch_payments,
    contacts,
    credit_notes,
    invoices,
    payments,
    reading,
)
from mockserver.vendors.xero.profile.facts import FACT_CHECKS
from mockserver.vendors.xero.profile.lists import LISTS
from mockserver.vendors.xero.profile.open_cases import NO_POSITIONS
from mockserver.vendors.xero.profile.pins import PINS, TOLERANCES
from mockserver.vendors.xero.profile.values import DOCUMENT_VALUES

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


_KEYS = IdempotencyRule("Idempotency-Key", again="same", conflict_status=400)
_READS_ONLY = LimitedCredentials(
    {"OAuth2": {"bearer": "read-only-token"}},
    ("createInvoices", "updateOrCreateInvoices", "createBatchPayment", "createPayments", "createContacts"),
)
_LACKS_SCOPE = RefusalRule(
    "no right", (401,), "a token without the scope is answered 401 with the detail AuthorizationUnsuccessful"
)


def _headers(facts: Facts, tenant: int) -> Mapping[str, str]:
    return {"xero-tenant-id": (facts["tenant"], facts["other_tenant"])[tenant]}


def _batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles; idempotency keys belong to caller and organisation."""
    return tuple(
        replace(
            subject,
            tenants=2 if facts["other_tenant"] else 1,
            key_header=_KEYS.name,
            again=_KEYS.again,
            conflict_status=_KEYS.conflict_status,
            values=DOCUMENT_VALUES,
        )
        for subject in (
            batch_payments.batch_payments_in_parts(facts),
            batch_payments.batch_payments_in_full(facts),
            invoices.updated_invoices(facts),
            invoices.new_invoices(facts),
            payments.single_payments(facts),
            payments.posted_payments(facts),
            contacts.updated_contacts(),
            bank_transactions.received_money(facts),
            credit_notes.credit_notes(facts),
        )
    )


PROFILE = Profile(
    facts=_FACTS,
    credentials={"OAuth2": {"bearer": "good-token"}},
    headers=_headers,
    batches=_batch_profiles,
    pins=PINS,
    fact_checks=FACT_CHECKS,
    no_positions=NO_POSITIONS,
    lists=LISTS,
    tolerances=TOLERANCES,
    idempotency=_KEYS,
    refusals=(_LACKS_SCOPE,),
    limited=(_READS_ONLY,),
    readers={
        "createBankTransactions": reading.NEW_BANK_TRANSACTIONS.read,
        "updateBankTransaction": reading.BANK_TRANSACTIONS.read,
        "updateOrCreateBankTransactions": reading.BANK_TRANSACTIONS.read,
        "createBatchPayment": reading.BATCH_PAYMENTS.read,
        "createBatchPaymentHistoryRecord": reading.NOTES.read,
        "createContacts": reading.NEW_CONTACTS.read,
        "createCreditNoteAllocation": reading.ALLOCATIONS.read,
        "createCreditNotes": reading.NEW_CREDIT_NOTES.read,
        "createInvoiceHistory": reading.NOTES.read,
        "createPaymentHistory": reading.NOTES.read,
        "createInvoices": reading.NEW_INVOICES.read,
        "createOverpaymentAllocations": reading.ALLOCATIONS.read,
        "createPayment": reading.POSTED_PAYMENTS.read,
        "createPayments": reading.PAYMENTS.read,
        "createPrepaymentAllocations": reading.ALLOCATIONS.read,
        "deleteBatchPayment": reading.DELETED_BATCH_PAYMENTS.read,
        "deleteBatchPaymentByUrlParam": reading.DELETED_BATCH_PAYMENTS.read,
        "deletePayment": reading.DELETED_PAYMENTS.read,
        "updateContact": reading.CONTACTS.read,
        "updateCreditNote": reading.CREDIT_NOTES.read,
        "updateInvoice": reading.INVOICES.read,
        "updateOrCreateContacts": reading.CONTACTS.read,
        "updateOrCreateCreditNotes": reading.CREDIT_NOTES.read,
        "updateOrCreateInvoices": reading.INVOICES.read,
    },
)
