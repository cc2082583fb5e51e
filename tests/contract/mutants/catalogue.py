"""All planted faults."""

from __future__ import annotations

from tests.contract.mutants.counts import COUNTS
from tests.contract.mutants.isolation import ISOLATION
from tests.contract.mutants.items import ITEMS
from tests.contract.mutants.manners import MANNERS
from tests.contract.mutants.mutant import Mutant
from tests.contract.mutants.refusals import REFUSALS
from tests.contract.mutants.state import STATE

MUTANTS: tuple[Mutant, ...] = (*ITEMS, *COUNTS, *STATE, *REFUSALS, *MANNERS, *ISOLATION)
