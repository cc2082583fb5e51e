"""Contract profile of Guidewire."""

from __future__ import annotations

from mockserver.contract.profile import IdempotencyRule, LimitedCredentials, Profile
from mockserver.vendors.guidewire.profile.batches import batch_profiles
from mockserver.vendors.guidewire.profile.facts import FACT_CHECKS
from mockserver.vendors.guidewire.profile.lists import LISTS
from mockserver.vendors.guidewire.profile.open_cases import OPEN_CASES
from mockserver.vendors.guidewire.profile.outcomes import read_outcomes
from mockserver.vendors.guidewire.profile.pins import PINS, A, B, C

_FACTS = {"payee": "ab:1", "claim": "demo_sample:30005", "bulk_invoices": f"{A},{B},{C}", "prefix": "MS-"}
"""`bulk_invoices` are there, may be changed, and are given up: a sequence may delete them.

What is made has an invoice number that begins with `prefix`.
"""

_KEYS = IdempotencyRule(
    "GW-DBTransaction-ID",
    again="refused",
    replay_status=400,
    conflict_status=400,
    exempt={
        "runBatch": "its calls inherit the id: the first is done, the others are refused, each by itself"
    },
    no_key_with=("GW-DoNotCommit",),
)
_READS_ONLY = LimitedCredentials(
    {"bearerAuth": {"bearer": "guidewire-read-only"}},
    ("createBulkInvoice", "updateBulkInvoice", "deleteBulkInvoice", "createBulkInvoiceItem"),
)

PROFILE = Profile(
    facts=_FACTS,
    credentials={"bearerAuth": {"bearer": "guidewire-good"}},
    batches=batch_profiles,
    pins=PINS,
    idempotency=_KEYS,
    open_cases=OPEN_CASES,
    limited=(_READS_ONLY,),
    fact_checks=FACT_CHECKS,
    lists=LISTS,
    readers={"runBatch": read_outcomes},
)
