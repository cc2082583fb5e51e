"""The scenarios that ship: one file each, in this package for every vendor, in a vendor's for its own.

A file is named like the scenario in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

_CORE = Path(__file__).parent / "ready"
_VENDORS = Path(__file__).parent.parent / "vendors"


def packaged(vendors: Collection[str] | None = None) -> Mapping[str, str]:
    """Every scenario that ships, as the text of its file, by name in alphabetical order.

    Of the vendors' own only those of `vendors`; None takes all.
    """
    files = sorted(_files(vendors), key=lambda file: file.stem)
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def _files(vendors: Collection[str] | None) -> Iterator[Path]:
    yield from _CORE.glob("*.yaml")
    for file in _VENDORS.glob("*/scenarios/*.yaml"):
        if vendors is None or file.parent.parent.name in vendors:
            yield file
