"""How much the suite finds: every planted fault by plain Schemathesis and by our suite, at three seeds.

    python -m tests.contract.planted_faults.power --jobs 2

Our suite ends at what finds a fault first, at every seed. One more run at the first seed, of fewer examples,
goes on to its end: it says which other checks find the fault, and which of Schemathesis' own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import click

from mockserver.contract.catalogue import all_checks
from tests.contract.planted_faults.catalogue import MUTANTS
from tests.contract.planted_faults.fault import FAMILIES, PlantedFault
from tests.contract.planted_faults.measurement import Measurement, MeasuringRun, measure

SEEDS = (7, 8, 9)
EXAMPLES, WHOLE = 24, 12


@dataclass(frozen=True, slots=True)
class PowerRow:
    """A mutant and what became of it, one measurement for each seed."""

    mutant: PlantedFault
    measured: tuple[Measurement, ...]

    @property
    def plain(self) -> int:
        """Runs in which Schemathesis found it."""
        return sum(1 for one in self.measured if one.plain)

    @property
    def tried(self) -> int:
        """Runs in which Schemathesis was asked."""
        return sum(1 for one in self.measured if one.plain is not None)

    @property
    def ours(self) -> int:
        """Seeds at which our suite found it."""
        return sum(1 for one in self.measured if one.ours and one.run.stops_at_first)

    @property
    def checks(self) -> frozenset[str]:
        """Those of ours that found it at some seed."""
        return frozenset().union(*(one.ours for one in self.measured))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write `report/power.md`; 1 where a fault was not found or a right server blamed."""
    asked = _parse_arguments(arguments)
    chosen = [
        one
        for one in MUTANTS
        if (not asked.mutant or one.id in asked.mutant)
        and (not asked.family or one.family in asked.family)
        and (not asked.vendor or one.vendor in asked.vendor)
    ]
    if not chosen:
        click.echo("no such mutant", err=True)
        return 2
    seeds = asked.seed or SEEDS
    runs = [MeasuringRun(seed, asked.max_examples, stops_at_first=True, plain=False) for seed in seeds]
    if asked.whole:
        runs.append(MeasuringRun(seeds[0], asked.whole))
    began = perf_counter()
    results = list(_all(chosen, runs, asked.jobs))
    rows = [PowerRow(one, tuple(result for result in results if result.mutant == one.id)) for one in chosen]
    text = "\n".join(_report(rows, runs, perf_counter() - began))
    click.echo(text)
    asked.report.parent.mkdir(parents=True, exist_ok=True)
    asked.report.write_text(text + "\n", encoding="utf-8")
    return 0 if all(row.ours == len(seeds) for row in rows) and not _false(results) else 1


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="power", description="Which planted faults are found, and by what.")
    parser.add_argument("--mutant", action="append", default=[])
    parser.add_argument("--family", action="append", default=[], choices=list(FAMILIES))
    parser.add_argument("--vendor", action="append", default=[])
    parser.add_argument("--seed", action="append", type=int, default=[])
    parser.add_argument("--max-examples", type=int, default=EXAMPLES)
    parser.add_argument("--whole", type=int, default=WHOLE, help="examples of the run that goes on; 0: none")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--report", type=Path, default=Path("report/power.md"))
    return parser.parse_args(arguments)


def _all(chosen: Sequence[PlantedFault], runs: Sequence[MeasuringRun], jobs: int) -> Iterator[Measurement]:
    """Every mutant at every seed; those with the same operations go to one process."""
    groups: dict[tuple[str, tuple[str, ...], MeasuringRun], list[str]] = {}
    for run in runs:
        for one in chosen:
            groups.setdefault((one.vendor, one.operations, run), []).append(one.id)
    # Connexion and Schemathesis hold threads: a process that is not forked has none of them.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        largest_first = sorted(groups.items(), key=lambda group: -len(group[1]))
        work = [pool.submit(_group, ids, run) for (_, _, run), ids in largest_first]
        for done in as_completed(work):
            for result in done.result():
                click.echo(_line(result), err=True)
                yield result


def _group(ids: Sequence[str], run: MeasuringRun) -> list[Measurement]:
    known = {one.id: one for one in MUTANTS}
    return [measure(known[name], run) for name in ids]


def _line(one: Measurement) -> str:
    found = one.crashed or ", ".join(sorted(one.ours)) or "NOT FOUND"
    plain = "not asked" if one.plain is None else ", ".join(sorted(one.plain)) or "-"
    return f"{one.mutant}  seed {one.run.seed}  plain: {plain}  ours: {found}"


def _report(rows: Sequence[PowerRow], runs: Sequence[MeasuringRun], seconds: float) -> Iterator[str]:
    hasty = [run for run in runs if run.stops_at_first]
    seeds, listed = len(hasty), ", ".join(str(run.seed) for run in hasty)
    yield f"# Planted faults: {len(rows)} at seeds {listed}, {runs[0].max_examples} examples, {seconds:.0f} s"
    yield ""
    yield "| fault | a server that | Schemathesis | ours | found by |"
    yield "|---|---|---|---|---|"
    for row in rows:
        found = ", ".join(sorted(row.checks)) or "**nothing**"
        plain = f"{row.plain}/{row.tried}"
        yield f"| {row.mutant.id} | {row.mutant.says} | {plain} | {row.ours}/{seeds} | {found} |"
    yield ""
    yield from _families(rows, seeds)
    yield ""
    yield from _checks(rows)
    for one in sorted(_false(result for row in rows for result in row.measured)):
        yield f"\nFalse alarm: {one}"
    for row in rows:
        for result in row.measured:
            if result.crashed:
                yield f"\nThe suite broke: {result.mutant} at seed {result.run.seed}: {result.crashed}"


def _families(rows: Sequence[PowerRow], seeds: int) -> Iterator[str]:
    yield "| family | faults | Schemathesis | ours, at every seed | at some seed |"
    yield "|---|---|---|---|---|"
    for family, says in FAMILIES.items():
        yield _total(says, [row for row in rows if row.mutant.family == family], seeds)
    yield _total("all", rows, seeds)


def _total(says: str, rows: Sequence[PowerRow], seeds: int) -> str:
    plain = sum(1 for row in rows if row.plain)
    always, ever = (sum(1 for row in rows if row.ours >= least) for least in (seeds, 1))
    return f"| {says} | {len(rows)} | {plain} | {always} | {ever} |"


def _checks(rows: Sequence[PowerRow]) -> Iterator[str]:
    finds = Counter(check for row in rows for check in row.checks)
    alone = Counter(check for row in rows if len(row.checks) == 1 for check in row.checks)
    yield "| check | faults that it finds | that nothing else finds |"
    yield "|---|---|---|"
    for name in sorted(finds, key=lambda check: (-finds[check], check)):
        yield f"| {name} | {finds[name]} | {alone[name]} |"
    idle = sorted(set(all_checks()) - set(finds))
    yield ""
    yield f"Finds nothing: {', '.join(idle) or 'none'}"


def _false(results: Iterable[Measurement]) -> set[str]:
    return {
        f"{check} (operations of {one.mutant}, seed {one.run.seed})" for one in results for check in one.false
    }


if __name__ == "__main__":
    sys.exit(main())
