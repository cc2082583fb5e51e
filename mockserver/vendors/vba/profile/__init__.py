"""Contract profile of VBA."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract.profile import Facts, LimitedCredentials, Profile, RefusalRule, Tolerance
from mockserver.vendors.vba.profile.batches import batch_profiles, read_outcomes
from mockserver.vendors.vba.profile.facts import FACT_CHECKS
from mockserver.vendors.vba.profile.lists import LISTS
from mockserver.vendors.vba.profile.open_cases import OPEN_CASES
from mockserver.vendors.vba.profile.pins import PINS

_CREDENTIALS = {
    "apiKeyAuth": {"api_key": "good-key"},
    "bearerAuth": {"bearer": "good-token"},
    "basicAuth": {"username": "jdoe", "password": "harbor-42"},
}
_FACTS = {
    "database": "sandbox",
    "other_database": "VBADEMO",
    "payee": "P100",
    "first_invoice": "7000000",
    "payee_prefix": "MS-",
}
"""`payee` is in both databases; an empty `other_database` says that there is only one."""


_TOLERANCES = (
    Tolerance("required", "a missing key is read as 0, which asks for the next free one", "invoice_Key"),
    Tolerance("maxLength", "the database fails a text that is too long with its row alone", passes=False),
)


_GATEWAY = "a gateway asks for the key before anything else, and answers 403"
_REFUSALS = (
    RefusalRule("no credentials", (403,), _GATEWAY),
    RefusalRule("unknown credentials", (403,), _GATEWAY, header="x-api-key"),
)
_READS_ONLY = LimitedCredentials(
    {"bearerAuth": {"bearer": "read-only-token"}},
    ("putClaimInvoiceBatch", "createClaimInvoice", "updateClaimInvoice", "putPayeesBatch", "createPayee"),
)


def _tenant_headers(facts: Facts, tenant: int) -> Mapping[str, str]:
    return {"vbasoftware-database": (facts["database"], facts["other_database"])[tenant]}


PROFILE = Profile(
    facts=_FACTS,
    credentials=_CREDENTIALS,
    headers=_tenant_headers,
    batches=batch_profiles,
    pins=PINS,
    open_cases=OPEN_CASES,
    refusals=_REFUSALS,
    limited=(_READS_ONLY,),
    fact_checks=FACT_CHECKS,
    lists=LISTS,
    tolerances={"": _TOLERANCES},
    readers={"putClaimInvoiceBatch": read_outcomes, "putPayeesBatch": read_outcomes},
)
