"""Contract profile of Xero beside `profile.yaml`: batches, and the readers of outcomes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from mockserver.contract.profile import BatchProfile, Facts, Profile
from mockserver.vendors.xero.profile import calls, documents, payments


def _batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles; idempotency keys belong to caller and organisation.

    Elements of one key are each done (assumed: docs/vendors/xero.md#state); payments in full repeat no key.
    """
    values = calls.TABLES.values("values")
    twice = partial(replace, twice="each", twice_positions=("first", "none", "call"))
    return tuple(
        replace(
            subject,
            tenants=2 if facts["other_tenant"] else 1,
            key_header="Idempotency-Key",
            again="same",
            conflict_status=400,
            values=values,
        )
        for subject in (
            twice(payments.batch_payments_in_parts(facts)),
            payments.batch_payments_in_full(facts),
            twice(documents.updated_invoices(facts)),
            twice(documents.new_invoices(facts)),
            twice(payments.single_payments(facts)),
            twice(payments.posted_payments(facts)),
            twice(payments.updated_contacts(facts)),
            twice(documents.received_money(facts)),
            twice(documents.credit_notes(facts)),
        )
    )


def complete(profile: Profile) -> Profile:
    """Add batches and readers."""
    readers = {operation: reader.read for operation, reader in calls.READERS.items()}
    return replace(profile, batches=_batch_profiles, readers=readers)
