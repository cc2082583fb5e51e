"""Parts of Xero's contract profile that `profile.yaml` cannot state: batches and readers of outcomes."""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from mockserver.contract.profile import BatchProfile, Facts, Profile
from mockserver.vendors.xero.profile import calls, documents, payments


def _batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles. An idempotency key is valid for one caller and one organisation.

    Two elements of a batch with the same reference, number or name are both processed (assumed:
    docs/vendors/xero.md#summarizeerrors). A batch that pays invoices in full never repeats a reference.
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
            reader=calls.READERS[subject.operation].read,
            corruptions=subject.corruptions or calls.TABLES.corruptions(subject.operation, facts),
        )
        for subject in (
            twice(payments.batch_payments_in_parts(facts)),
            payments.batch_payments_in_full(facts),
            twice(documents.updated_invoices(facts)),
            twice(documents.new_invoices(facts)),
            twice(payments.single_payments(facts)),
            twice(payments.posted_payments(facts)),
            twice(payments.updated_contacts()),
            twice(documents.received_money(facts)),
            twice(documents.credit_notes(facts)),
        )
    )


def complete(profile: Profile) -> Profile:
    """Return the profile with its batches and readers."""
    readers = {operation: reader.read for operation, reader in calls.READERS.items()}
    return replace(profile, batches=_batch_profiles, readers=readers)
