"""All planted faults: those of the five vendors, and of others `FAULTS` in their `planted_faults.py`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.contract.planted_faults.counts import COUNTS
from tests.contract.planted_faults.fault import PlantedFault
from tests.contract.planted_faults.isolation import ISOLATION
from tests.contract.planted_faults.items import ITEMS
from tests.contract.planted_faults.refusals import REFUSALS
from tests.contract.planted_faults.replays import REPLAYS
from tests.contract.planted_faults.spelling import MANNERS
from tests.contract.planted_faults.state import STATE
from tests.contract.planted_faults.words import WORDS

_FILES = sorted((Path(__file__).parents[2] / "vendors").glob("*/planted_faults.py"))
_OF_OTHERS = [
    fault
    for file in _FILES
    for fault in import_module(f"tests.vendors.{file.parent.name}.planted_faults").FAULTS
]

MUTANTS: tuple[PlantedFault, ...] = (
    *ITEMS,
    *COUNTS,
    *STATE,
    *REFUSALS,
    *MANNERS,
    *ISOLATION,
    *REPLAYS,
    *WORDS,
    *_OF_OTHERS,
)
