"""All planted faults."""

from __future__ import annotations

from tests.contract.planted_faults.counts import COUNTS
from tests.contract.planted_faults.fault import Mutant
from tests.contract.planted_faults.isolation import ISOLATION
from tests.contract.planted_faults.items import ITEMS
from tests.contract.planted_faults.refusals import REFUSALS
from tests.contract.planted_faults.spelling import MANNERS
from tests.contract.planted_faults.state import STATE

MUTANTS: tuple[Mutant, ...] = (*ITEMS, *COUNTS, *STATE, *REFUSALS, *MANNERS, *ISOLATION)
