"""All planted faults. A new file of this folder is found by itself; nothing here names it.

A module of faults has a tuple of `PlantedFault` under a public name in capitals: `items.py` has `ITEMS`,
which it reads from the table `items.yaml`. Other vendors than the first five have theirs in
`tests/vendors/<vendor>/planted_faults.py`, as `FAULTS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tests.contract.planted_faults.fault import PlantedFault

_HERE = Path(__file__).parent
# These read the catalogue themselves.
_WITHOUT_FAULTS = frozenset(
    {"__init__", "catalogue", "measurement", "power", "power_report", "power_results"}
)


def _modules() -> Iterator[ModuleType]:
    """Every module that can have faults, in the order of the names."""
    for file in sorted(_HERE.glob("*.py")):
        if file.stem not in _WITHOUT_FAULTS:
            yield import_module(f"{__package__}.{file.stem}")
    for file in sorted(_HERE.parents[1].glob("vendors/*/planted_faults.py")):
        yield import_module(f"tests.vendors.{file.parent.name}.planted_faults")


def faults_of(modules: Iterable[ModuleType]) -> tuple[PlantedFault, ...]:
    """Return the faults of the modules' public tuples, each once: one module may import another's."""
    listed = {
        id(fault): fault
        for module in modules
        for name, value in vars(module).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, tuple)
        for fault in value
        if isinstance(fault, PlantedFault)
    }
    return tuple(listed.values())


FAULTS: tuple[PlantedFault, ...] = faults_of(_modules())
