"""Cases as YAML: what is given, the calls, what they answer, what is there afterwards.

A case stands in `tests/vendors/<vendor>/cases/`, one file a row of the vendor's fact sheet; the positions
of a switch in `tests/vendors/<vendor>/switches/`. Expected answers and states are written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.auth import READING
from mockserver.codec import yaml

SOURCES = ("seed", "public", "assumed")

CASE = frozenset({"row", "says", "source", "sheet", "assumptions", "freeze", "given", "when", "then"})
SWITCH = frozenset({"switch", "freeze", "assumptions", "given", "positions"})
CALL = frozenset({"call", "headers", "json", "text", "form", "encoding", "answer", "keep", "times"})
ANSWER = frozenset({"status", "type", "headers", "json", "includes", "text", "contains", "lacks"})
STEPS = (
    CALL,
    frozenset({"advance"}),
    frozenset({"assume"}),
    frozenset({"dump", "scope"}),
    frozenset({"unchanged"}),
)

Node = Mapping[str, Any]


class BadCaseError(Exception):
    """A file does not keep the language; the message names the file and the place."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row: its number, a sentence, the label of what it rests on, and the steps: before, it, after."""

    vendor: str
    file: Path
    row: int
    says: str
    source: str
    sheet: str
    assumptions: Mapping[str, str]
    freeze: str | None
    given: Sequence[Node]
    when: Sequence[Node]
    then: Sequence[Node]

    @property
    def writes(self) -> bool:
        """Whether it makes calls that may change something."""
        return any("call" in step and step["call"].split()[0] not in READING for step in self.when)

    @property
    def expects_state(self) -> bool:
        """Whether it says what is there afterwards."""
        return any(
            "dump" in step or "unchanged" in step or step.get("call", "").split()[:1] == ["GET"]
            for step in (*self.when, *self.then)
        )


@dataclass(frozen=True, slots=True)
class Position:
    """One position of a switch and the steps that show it; `given` come before."""

    vendor: str
    switch: str
    value: str
    assumptions: Mapping[str, str]
    freeze: str | None
    given: Sequence[Node]
    steps: Sequence[Node]


def cases(folder: Path) -> list[Case]:
    """The cases of the vendor whose tests are in `folder`, by row."""
    found = [_case(folder.name, file) for file in sorted((folder / "cases").glob("[0-9]*.yaml"))]
    return sorted(found, key=lambda case: case.row)


def positions(folder: Path) -> list[Position]:
    """Every position of every switch that the vendor's tests in `folder` drive."""
    return [
        position
        for file in sorted((folder / "switches").glob("*.yaml"))
        for position in _positions(folder.name, file)
    ]


def default_headers(folder: Path) -> Mapping[str, str]:
    """The headers that go with every call of the vendor's cases."""
    file = folder / "cases" / "_defaults.yaml"
    headers: Mapping[str, str] = _load(file)["headers"] if file.is_file() else {}
    return headers


def _case(vendor: str, file: Path) -> Case:
    node = _load(file)
    _known(file, "case", node, CASE)
    for name in ("row", "says", "source", "sheet", "when"):
        if not node.get(name):
            raise BadCaseError(f"{file.name}: {name} is missing")
    if node["source"] not in SOURCES:
        raise BadCaseError(f"{file.name}: source is one of {', '.join(SOURCES)}")
    parts = [node.get(part, []) for part in ("given", "when", "then")]
    for steps in parts:
        _check_steps(file, steps)
    return Case(
        vendor,
        file,
        node["row"],
        node["says"],
        node["source"],
        node["sheet"],
        node.get("assumptions", {}),
        node.get("freeze"),
        *parts,
    )


def _positions(vendor: str, file: Path) -> list[Position]:
    node = _load(file)
    _known(file, "switch", node, SWITCH)
    given = node.get("given", [])
    _check_steps(file, given)
    found = []
    for value, steps in node["positions"].items():
        if not isinstance(value, str):
            raise BadCaseError(f"{file.name}: quote the position {value}")
        _check_steps(file, steps)
        if not any("answer" in step or "dump" in step for step in steps):
            raise BadCaseError(f"{file.name}: {value} expects nothing")
        found.append(
            Position(
                vendor, node["switch"], value, node.get("assumptions", {}), node.get("freeze"), given, steps
            )
        )
    return found


def _check_steps(file: Path, steps: Sequence[Node]) -> None:
    for number, step in enumerate(steps, 1):
        where = f"step {number}"
        if not any(step.keys() <= known and known & step.keys() for known in STEPS):
            raise BadCaseError(f"{file.name}: {where}: unknown or mixed members {sorted(step)}")
        if "call" in step:
            _known(file, where, step.get("answer", {}), ANSWER)
            if "status" not in step.get("answer", {}):
                raise BadCaseError(f"{file.name}: {where}: answer.status is missing")


def _known(file: Path, where: str, node: Node, names: frozenset[str]) -> None:
    if unknown := sorted(node.keys() - names):
        raise BadCaseError(f"{file.name}: {where}: unknown {', '.join(unknown)}")


def _load(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"))
