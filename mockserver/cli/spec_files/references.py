"""Report the references of a spec that lead to nothing, and keep them from hiding other problems."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from mockserver.cli.spec_files.openapi_rules import Path_
from mockserver.spec.references import BrokenReference

_OPERATION_STEPS = 3


def reference_problems(broken: Sequence[BrokenReference]) -> Iterator[tuple[Path_, str, str]]:
    """Yield path, problem and cure of each broken reference."""
    for one in broken:
        yield (*one.path, "$ref"), one.problem, _cure(one)


def _cure(broken: BrokenReference) -> str:
    if broken.nearest:
        return f'$ref: "{broken.nearest}"'
    if not broken.problem.endswith("points at nothing"):
        return 'write what it stands for, or $ref: "#/components/schemas/NAME"'
    reference = broken.problem.split(" ", 2)[1]
    *parents, name = reference.removeprefix("#/").split("/")
    return f"add {name} to {'.'.join(parents) or 'the document'}"


def without_references(document: dict[str, Any], broken: Sequence[BrokenReference]) -> dict[str, Any]:
    """Return a copy of the document in which each broken reference is an empty object."""
    made = deepcopy(document)
    for one in broken:
        node: Any = made
        for step in one.path:
            node = node[step]
        node.clear()
    return made


def is_own_fault(path: Path_, what: str, broken: Sequence[BrokenReference]) -> bool:
    """Return whether a problem is one of its own, and does not come of a reference that was taken out."""
    if not broken:
        return True
    if "x-batch.items" in what:
        return False
    operation = path[:_OPERATION_STEPS]
    return not any(
        path[: len(one.path)] == one.path
        or (operation[:1] == ("paths",) and one.path[:_OPERATION_STEPS] == operation)
        for one in broken
    )
