"""Names that users type, found without loading a vendor: quick enough for TAB and help."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from mockserver.spec.folder import spec_files_in, specs_folder

_OPERATION = re.compile(r"^\s+operationId:\s*[\"']?([\w.-]+)", re.MULTILINE)
_KEY = re.compile(r"^([A-Za-z_]\w*):", re.MULTILINE)
_CASE_ROW = re.compile(r"^- row: (\d+)\n  name: ([\w-]+)$", re.MULTILINE)
_CASE_SECTION = re.compile(r"^  section: ([\w-]+)$", re.MULTILINE)
_CATALOGUE = Path(__file__).parents[2] / "control" / "cases" / "catalogue.yaml"
_VENDORS_FOLDER = Path(__file__).parents[2] / "vendors"
_SCENARIOS_FOLDER = Path(__file__).parents[2] / "scenario" / "packaged_scenarios"


def spec_files(folders: Iterable[Path] = ()) -> dict[str, Path]:
    """Return the spec of every vendor, by name: ours, and those of `folders`."""
    found = {file.stem: file for folder in (specs_folder(), *folders) for file in spec_files_in(folder)}
    return dict(sorted(found.items()))


def vendor_names(folders: Iterable[Path] = ()) -> list[str]:
    """Return the names of the vendors."""
    return list(spec_files(folders))


def operation_ids(vendors: Iterable[str] = ()) -> list[str]:
    """Return the operations of these vendors, of all if there are none."""
    files, wanted = spec_files(), list(vendors)
    texts = (file.read_text(encoding="utf-8") for name, file in files.items() if not wanted or name in wanted)
    return sorted({name for text in texts for name in _OPERATION.findall(text)})


def assumption_ids(vendors: Iterable[str] = ()) -> list[str]:
    """Return the ids of these vendors' assumptions, of all if there are none.

    Those of an extension, which not every vendor has, need the vendors loaded and are not among them.
    """
    from mockserver.sandbox.assumptions import COMMON_ASSUMPTIONS  # noqa: PLC0415 - slow for TAB elsewhere

    wanted = list(vendors) or vendor_names()
    common = [one.name for one in COMMON_ASSUMPTIONS]
    return [f"{vendor}.{name}" for vendor in wanted for name in (*_own_assumptions(vendor), *common)]


def _own_assumptions(vendor: str) -> list[str]:
    file = _VENDORS_FOLDER / vendor / "assumptions.yaml"
    return _KEY.findall(file.read_text(encoding="utf-8")) if file.is_file() else []


def assumption_values_of(name: str) -> list[str]:
    """Return the default and the listed alternatives of an assumption, [] if there is none of that name."""
    from mockserver.codec import yaml  # noqa: PLC0415 - slow for TAB elsewhere
    from mockserver.sandbox.assumptions import COMMON_ASSUMPTIONS, read_assumptions  # noqa: PLC0415

    vendor, _, own_name = name.partition(".")
    file = _VENDORS_FOLDER / vendor / "assumptions.yaml"
    own = read_assumptions(yaml.load(file.read_text(encoding="utf-8"))) if file.is_file() else ()
    found = next((one for one in (*own, *COMMON_ASSUMPTIONS) if one.name == own_name), None)
    return [found.default, *found.alternatives] if found else []


def packaged_scenarios() -> list[str]:
    """Return the names of the scenarios that ship."""
    files = [*_SCENARIOS_FOLDER.glob("*.yaml"), *_VENDORS_FOLDER.glob("*/scenarios/*.yaml")]
    return sorted(file.stem for file in files)


def case_ids() -> list[str]:
    """Return the rows of the catalogue of cases, number and name each."""
    return [f"{row}-{name}" for row, name in _CASE_ROW.findall(_catalogue())]


def case_sections() -> list[str]:
    """Return the sections of the catalogue of cases."""
    return list(dict.fromkeys(_CASE_SECTION.findall(_catalogue())))


def _catalogue() -> str:
    return _CATALOGUE.read_text(encoding="utf-8")
