"""The table of a power run, as Markdown and as JSON: misses at the top."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.contract.exchange import all_checks
from tests.contract.planted_faults.fault import FAMILIES, PlantedFault
from tests.contract.planted_faults.measurement import Measurement


@dataclass(frozen=True, slots=True)
class PowerRow:
    """A fault and what became of it, one measurement for each seed."""

    fault: PlantedFault
    measured: tuple[Measurement, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds at which our suite found it."""
        return tuple(one.seed for one in self.measured if one.ours)

    @property
    def plain_seeds(self) -> tuple[int, ...]:
        """Seeds at which Schemathesis found it."""
        return tuple(one.seed for one in self.measured if one.plain)

    @property
    def is_caught(self) -> bool:
        """Whether our suite found it at every seed, and did not break at it."""
        return len(self.seeds) == len(self.measured) and not any(one.crashed for one in self.measured)

    @property
    def checks(self) -> frozenset[str]:
        """Ours that found it at some seed."""
        return frozenset[str]().union(*(one.ours for one in self.measured))

    @property
    def plain(self) -> frozenset[str]:
        """Those of Schemathesis that found it at some seed."""
        return frozenset[str]().union(*(one.plain for one in self.measured))


@dataclass(frozen=True, slots=True)
class PowerRun:
    """The rows of a run, and how it was made; `plain_seeds` are those at which Schemathesis was measured."""

    rows: Sequence[PowerRow]
    seeds: Sequence[int]
    max_examples: int
    plain_seeds: Sequence[int]

    @property
    def seconds(self) -> float:
        """Seconds of a processor that all of it took."""
        return sum(one.seconds for row in self.rows for one in row.measured)

    @property
    def false_alarms(self) -> frozenset[str]:
        """What is found at a right server."""
        return frozenset(
            f"{check} (vendor {row.fault.vendor}, operations of {row.fault.id}, seed {one.seed})"
            for row in self.rows
            for one in row.measured
            for check in one.false
        )

    @property
    def crashes(self) -> tuple[str, ...]:
        """Where the suite broke."""
        return tuple(
            f"{row.fault.id} at seed {one.seed}: {one.crashed}"
            for row in self.rows
            for one in row.measured
            if one.crashed
        )

    @property
    def is_good(self) -> bool:
        """Whether every fault was found at every seed, and no right server was blamed."""
        return all(row.is_caught for row in self.rows) and not self.false_alarms


def as_markdown(run: PowerRun) -> Iterator[str]:
    """Yield the lines of the table and of what it comes to."""
    seeds = ", ".join(map(str, run.seeds))
    caught = sum(row.is_caught for row in run.rows)
    yield f"# Planted faults: {caught} of {len(run.rows)} found at each of the seeds {seeds}"
    yield ""
    plain = f"Schemathesis, seed {_some(run.plain_seeds)}"
    yield (
        f"{run.max_examples} examples, {run.seconds:.0f} s of one core. Every fault gets the whole run of "
        "generated calls up to what Schemathesis finds first, at the seeds at which it is measured, and all "
        "other phases up to what they find first."
    )
    yield ""
    yield f"| vendor | fault | family | a server that | found at | by | {plain} |"
    yield "|---|---|---|---|---|---|---|"
    for row in sorted(run.rows, key=lambda one: (one.is_caught, one.fault.vendor)):
        yield _line(row)
    yield ""
    yield from _families(run.rows, plain)
    yield ""
    yield from _vendors(run.rows)
    yield ""
    yield from _checks(run.rows)
    for one in sorted(run.false_alarms):
        yield f"\nFalse alarm: {one}"
    for one in run.crashes:
        yield f"\nThe suite broke: {one}"


def as_document(run: PowerRun) -> Mapping[str, Any]:
    """Return the same as plain values."""
    return {
        "seeds": list(run.seeds),
        "plain_seeds": list(run.plain_seeds),
        "max_examples": run.max_examples,
        "processor_seconds": round(run.seconds),
        "false_alarms": sorted(run.false_alarms),
        "crashes": list(run.crashes),
        "faults": [
            {
                "fault": row.fault.id,
                "vendor": row.fault.vendor,
                "family": row.fault.family,
                "says": row.fault.says,
                "found_at": list(row.seeds),
                "found_by": {str(one.seed): sorted(one.ours) for one in row.measured},
                "schemathesis": {
                    str(one.seed): sorted(one.plain) for one in row.measured if one.seed in run.plain_seeds
                },
            }
            for row in run.rows
        ],
    }


def _line(row: PowerRow) -> str:
    fault = row.fault
    at = ", ".join(str(one.seed) if one.ours else f"**not {one.seed}**" for one in row.measured)
    by = ", ".join(sorted(row.checks)) or "**nothing**"
    plain = ", ".join(sorted(row.plain)) or "-"
    return f"| {fault.vendor} | {fault.id} | {fault.family} | {fault.says} | {at} | {by} | {plain} |"


def _some(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds))


def _families(rows: Sequence[PowerRow], plain: str) -> Iterator[str]:
    yield f"| family | faults | {plain} | ours, at every seed | at some seed |"
    yield "|---|---|---|---|---|"
    for family, says in FAMILIES.items():
        yield _total(f"{family}: {says}", [row for row in rows if row.fault.family == family])
    yield _total("all", rows)


def _total(says: str, rows: Collection[PowerRow]) -> str:
    plain, ever = (sum(bool(seeds) for seeds in which) for which in _seeds_of(rows))
    return f"| {says} | {len(rows)} | {plain} | {sum(row.is_caught for row in rows)} | {ever} |"


def _seeds_of(rows: Collection[PowerRow]) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    return [row.plain_seeds for row in rows], [row.seeds for row in rows]


def _vendors(rows: Sequence[PowerRow]) -> Iterator[str]:
    faults = Counter((row.fault.vendor, row.fault.family) for row in rows)
    yield f"| faults of | {' | '.join(FAMILIES)} |"
    yield f"|---|{'---|' * len(FAMILIES)}"
    for vendor in sorted({row.fault.vendor for row in rows}):
        yield f"| {vendor} | {' | '.join(str(faults[vendor, family]) for family in FAMILIES)} |"


def _checks(rows: Sequence[PowerRow]) -> Iterator[str]:
    finds = Counter(check for row in rows for check in row.checks)
    alone = Counter(check for row in rows if len(row.checks) == 1 for check in row.checks)
    yield "| check | faults that it finds | that nothing else finds |"
    yield "|---|---|---|"
    for name in sorted(finds, key=lambda check: (-finds[check], check)):
        yield f"| {name} | {finds[name]} | {alone[name]} |"
    idle = sorted(set(all_checks()) - set(finds))
    yield ""
    yield f"Finds nothing first: {', '.join(idle) or 'none'}"
