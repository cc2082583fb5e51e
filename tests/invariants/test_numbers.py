"""Every invariant of edge-cases §3 has a test that says its number."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

NUMBERS = set(range(1, 36)) - {34}
"""`tests/contract/lists` tests 34, the pages of lists."""
MODULES = [file.stem for file in sorted(Path(__file__).parent.glob("test_*.py"))]


def numbered(module: str) -> dict[str, tuple[int, ...]]:
    """The tests of a module and what they say that they are about."""
    found = vars(import_module(f"tests.invariants.{module}"))
    return {name: getattr(one, "invariants", ()) for name, one in found.items() if name.startswith("test_")}


def test_all_are_covered() -> None:
    covered = {number for module in MODULES for numbers in numbered(module).values() for number in numbers}

    assert covered == NUMBERS


def test_every_test_says_what_it_is_about() -> None:
    others = [module for module in MODULES if module != Path(__file__).stem]

    assert [name for module in others for name, numbers in numbered(module).items() if not numbers] == []
