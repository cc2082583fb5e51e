"""Cases of the fact sheets, a file a subject; of programs in the field; and the values of assumptions.

They are in `tests/vendors/<vendor>/cases/` and `…/assumptions/`, in the language of the case runner.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mockserver.codec import yaml
from mockserver.control.cases.catalogue import load_defaults
from mockserver.control.cases.language import (
    BadCaseError,
    Case,
    CaseDefaults,
    Node,
    check_members,
    nested_steps,
    read_case,
)
from mockserver.model import SAFE_METHODS

SHEET_SOURCES = ("seed", "public", "assumed")
FIELD_SOURCES = ("field", "public")
_STATE_STEPS = ("dump", "unchanged", "walk")
MEMBERS = frozenset({"assumption", "freeze", "assumptions", "given", "values"})


@dataclass(frozen=True, slots=True)
class SheetCase:
    """One row of a fact sheet."""

    file: Path
    row: int
    sheet: str
    case: Case


@dataclass(frozen=True, slots=True)
class ValueCase:
    """One value of an assumption and the case that shows it."""

    assumption: str
    value: str
    case: Case


def cases(folder: Path) -> list[SheetCase]:
    """The cases of the vendor whose tests are in `folder`, by row."""
    common = _common(folder)
    found = [_case(folder.name, file, common) for file in sorted((folder / "cases").glob("[0-9]*.yaml"))]
    return sorted(found, key=lambda case: case.row)


def field_cases(folder: Path) -> list[SheetCase]:
    """The vendor's cases of what programs in the field do; `row` is the number of the fact."""
    common = _common(folder)
    files = sorted((folder / "cases").glob("field-*.yaml"))
    return [_case(folder.name, file, common, FIELD_SOURCES) for file in files]


def value_cases(folder: Path) -> list[ValueCase]:
    """Every value of every assumption that the vendor's tests in `folder` drive."""
    common = _common(folder)
    return [
        one
        for file in sorted((folder / "assumptions").glob("*.yaml"))
        for one in _value_cases(folder.name, file, common)
    ]


def _common(folder: Path) -> CaseDefaults:
    return load_defaults(folder / "cases" / "_defaults.yaml")


def _case(
    vendor: str, file: Path, common: CaseDefaults, sources: tuple[str, ...] = SHEET_SOURCES
) -> SheetCase:
    node = dict(_load(file))
    for name in ("row", "says", "source", "sheet"):
        if not node.get(name):
            raise BadCaseError(f"{file.name}: {name} is missing")
    if node["source"] not in sources:
        raise BadCaseError(f"{file.name}: source is one of {', '.join(sources)}")
    row, sheet = node.pop("row"), node.pop("sheet")
    return SheetCase(file, row, sheet, read_case(node, file.name, vendor, common))


def _value_cases(vendor: str, file: Path, common: CaseDefaults) -> list[ValueCase]:
    node = dict(_load(file))
    check_members(file.name, "assumption", node, MEMBERS)
    found = []
    assumption, steps_of = node.pop("assumption"), node.pop("values")
    others = node.pop("assumptions", {})
    for value, steps in steps_of.items():
        document = {**node, "assumptions": {**others, assumption: value}, "when": steps}
        case = read_case(document, f"{file.name}, {value}", vendor, common)
        if not any("answer" in step or "dump" in step for step in case.steps):
            raise BadCaseError(f"{file.name}: {value} expects nothing")
        found.append(ValueCase(assumption, value, case))
    return found


def _load(file: Path) -> Node:
    node: Node = yaml.load(file.read_text(encoding="utf-8"))
    return node


def writes(case: Case) -> bool:
    return any(
        "call" in step and step["call"].split()[0] not in SAFE_METHODS for step in nested_steps(case.when)
    )


def expects_state(case: Case) -> bool:
    return any(
        any(name in step for name in _STATE_STEPS) or step.get("call", "").split()[:1] == ["GET"]
        for step in nested_steps((*case.when, *case.then))
    )
