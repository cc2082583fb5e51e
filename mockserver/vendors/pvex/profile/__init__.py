"""Contract profile of PVEx.

Reading stored invoices is an extension of this mock: the vendor only accepts them
(docs/vendors/pvex.md#operations-and-paths), so
against the real one a stateful test ends with the first read.
"""

from __future__ import annotations

from mockserver.contract.profile import Profile
from mockserver.vendors.pvex.profile.batches import batch_profiles
from mockserver.vendors.pvex.profile.facts import FACT_CHECKS
from mockserver.vendors.pvex.profile.lists import LISTS
from mockserver.vendors.pvex.profile.open_cases import OPEN_CASES
from mockserver.vendors.pvex.profile.pins import PINS, TOLERANCES
from mockserver.vendors.pvex.profile.reading import read_outcomes

PROFILE = Profile(
    facts={"subscriber": "SUB-100", "client": "C-1", "client_pms": "5001"},
    credentials={"bearerAuth": {"bearer": "good-token"}},
    batches=batch_profiles,
    pins=PINS,
    fact_checks=FACT_CHECKS,
    open_cases=OPEN_CASES,
    lists=LISTS,
    tolerances=TOLERANCES,
    readers={"postInvoiceBatch": read_outcomes},
)
