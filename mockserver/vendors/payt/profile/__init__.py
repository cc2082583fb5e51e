"""Contract profile of Payt."""

from __future__ import annotations

from mockserver.contract.profile import LimitedCredentials, Profile, RefusalRule
from mockserver.vendors.payt.profile.facts import FACT_CHECKS
from mockserver.vendors.payt.profile.invoices import INVOICE_READER, batch_profiles
from mockserver.vendors.payt.profile.lists import LISTS
from mockserver.vendors.payt.profile.open_cases import OPEN_CASES
from mockserver.vendors.payt.profile.pins import PINS
from mockserver.vendors.payt.profile.reference_data import READERS

_FACTS = {
    "administration": "81",
    "other_administration": "82",
    "debtor": "D-1",
    "prefix": "MS-",
}
"""`debtor` is in both administrations; an empty `other_administration` says that there is only one.

What is made has a number or a code that begins with `prefix`.
"""
_CREDENTIALS = {
    "bearerAuth": {"bearer": "full-token"},
    "basicAuth": {"username": "sandbox-client", "password": "sandbox-secret"},
}

_UNKNOWN_ADMINISTRATION = RefusalRule(
    "unknown record",
    (403,),
    "an administration that is not there is answered as one that was not granted",
    ("getV1AdministrationsAdministrationId",),
)
_READS_ONLY = LimitedCredentials(
    {"bearerAuth": {"bearer": "read-token"}},
    ("postV1Invoices", "patchV1Invoices", "postV1Debtors", "getV1Debtors", "getV1Payments"),
)

PROFILE = Profile(
    facts=_FACTS,
    credentials=_CREDENTIALS,
    batches=batch_profiles,
    pins=PINS,
    open_cases=OPEN_CASES,
    refusals=(_UNKNOWN_ADMINISTRATION,),
    limited=(_READS_ONLY,),
    fact_checks=FACT_CHECKS,
    lists=LISTS,
    readers={"postV1Invoices": INVOICE_READER, "patchV1Invoices": INVOICE_READER, **READERS},
)
