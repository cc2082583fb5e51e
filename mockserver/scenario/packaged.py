"""Load the scenarios that ship with the server and with each vendor."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

_CORE_FOLDER = Path(__file__).parent / "packaged_scenarios"
_VENDORS_FOLDER = Path(__file__).parent.parent / "vendors"


def load_packaged(vendors: Collection[str] | None = None) -> Mapping[str, str]:
    """Return every scenario that ships, as the text of its file, by name in alphabetical order.

    Of the vendors' own only those of `vendors`; None takes all.
    """
    files = sorted(_scenario_files(vendors), key=lambda file: file.stem)
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def _scenario_files(vendors: Collection[str] | None) -> Iterator[Path]:
    yield from _CORE_FOLDER.glob("*.yaml")
    for file in _VENDORS_FOLDER.glob("*/scenarios/*.yaml"):
        if vendors is None or file.parent.parent.name in vendors:
            yield file
