"""Baselines of a drill: faults of a client that are known and do not fail it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from mockserver.contract.baseline import read_entries, write_entries


@dataclass(frozen=True, slots=True)
class KnownFault:
    """All findings of a kind in a case are known."""

    vendor: str
    case: str
    kind: str
    reason: str = ""


def read_known(file: Path) -> tuple[KnownFault, ...]:
    """Return the known faults of a JSON or YAML file. Raises UnreadableBaselineError."""
    return tuple(KnownFault(**one) for one in read_entries(file, ("vendor", "case", "kind"), ("reason",)))


def write_known(file: Path, known: Iterable[KnownFault]) -> None:
    """Write them as YAML where the file name says so, else as JSON; equal faults give equal bytes."""
    write_entries(file, [asdict(one) for one in sorted(set(known), key=astuple)])
