"""How much the suite finds: every planted fault by our suite at three seeds, by plain Schemathesis at one.

    python -m tests.contract.planted_faults.power --jobs 2

A part is the faults of one vendor with the same operations at one seed: they share the right server's run and
the generated cases. What was measured is kept in `report/power-parts.jsonl`. A run that was ended goes on
there, unless code, specs or faults have changed.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from time import perf_counter

import click

from tests.contract.planted_faults.catalogue import FAULTS
from tests.contract.planted_faults.fault import FAMILIES, PlantedFault
from tests.contract.planted_faults.measurement import Measurement, MeasuringRun, measure
from tests.contract.planted_faults.power_report import PowerRow, PowerRun, as_document, as_markdown
from tests.contract.planted_faults.power_results import ResultsFile, fingerprint

SEEDS = (7, 8, 9)
EXAMPLES = 24
_LARGEST = 12
"""Faults of a part: one that is too large keeps a process busy when the other has nothing left to do."""

Part = tuple[MeasuringRun, tuple[str, ...]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the reports; 1 where a fault was missed at a seed or a right server blamed."""
    asked = _parse_arguments(arguments)
    chosen = _chosen(asked)
    if not chosen:
        click.echo("error: no such fault\n  try: python -m tests.contract.planted_faults.power", err=True)
        return 2
    began = perf_counter()
    seeds = asked.seed or SEEDS
    plain = seeds if asked.plain == "each" else seeds[:1]
    kept = asked.report.with_name(f"{asked.report.stem}-parts.jsonl")
    results = ResultsFile(kept, fingerprint(asked.max_examples, plain), anew=asked.anew)
    done = {(one.fault, one.seed): one for one in results.measured()}
    parts = list(
        parts_of(
            chosen,
            [
                MeasuringRun(seed, asked.max_examples, stops_at_first=True, has_plain=seed in plain)
                for seed in seeds
            ],
            done,
        )
    )
    for number, measured in enumerate(_measured(parts, asked.jobs), 1):
        results.add(measured)
        done |= {(one.fault, one.seed): one for one in measured}
        click.echo(f"part {number} of {len(parts)}, {perf_counter() - began:.0f} s", err=True)
        for one in measured:
            click.echo(f"  {_line(one)}", err=True)
    rows = [PowerRow(one, tuple(done[one.id, seed] for seed in seeds)) for one in chosen]
    run = PowerRun(rows, seeds, asked.max_examples, plain)
    text = "\n".join(as_markdown(run))
    click.echo(text)
    asked.report.write_text(f"{text}\n", encoding="utf-8")
    asked.report.with_suffix(".json").write_text(
        f"{json.dumps(as_document(run), indent=1)}\n", encoding="utf-8"
    )
    return 0 if run.is_good else 1


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="power", description="Which planted faults are found, and by what.")
    parser.add_argument("--fault", action="append", default=[], help="its id; may be given several times")
    parser.add_argument("--family", action="append", default=[], choices=list(FAMILIES))
    parser.add_argument("--vendor", action="append", default=[])
    parser.add_argument("--every", type=int, default=1, help="a sample: every so many faults")
    parser.add_argument("--seed", action="append", type=int, default=[])
    parser.add_argument(
        "--plain",
        choices=("first", "each"),
        default="first",
        help="the seeds at which Schemathesis is measured",
    )
    parser.add_argument("--max-examples", type=int, default=EXAMPLES)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--anew", action="store_true", help="leave out what an earlier run measured")
    parser.add_argument("--report", type=Path, default=Path("report/power.md"))
    return parser.parse_args(arguments)


def _chosen(asked: argparse.Namespace) -> list[PlantedFault]:
    return [
        one
        for one in FAULTS
        if (not asked.fault or one.id in asked.fault)
        and (not asked.family or one.family in asked.family)
        and (not asked.vendor or one.vendor in asked.vendor)
    ][:: asked.every]


def parts_of(
    chosen: Iterable[PlantedFault], runs: Iterable[MeasuringRun], done: Iterable[tuple[str, int]]
) -> Iterator[Part]:
    """Yield what is to be done, the largest parts first."""
    known = frozenset(done)
    groups: dict[tuple[MeasuringRun, str, tuple[str, ...]], list[str]] = {}
    for run in runs:
        for one in chosen:
            if (one.id, run.seed) not in known:
                groups.setdefault((run, one.vendor, one.operations), []).append(one.id)
    cut = [
        (run, tuple(ids[at : at + _LARGEST]))
        for (run, _, _), ids in groups.items()
        for at in range(0, len(ids), _LARGEST)
    ]
    yield from sorted(cut, key=lambda part: -len(part[1]))


def _measured(parts: Sequence[Part], jobs: int) -> Iterator[list[Measurement]]:
    # Connexion and Schemathesis hold threads: a process that is not forked has none of them.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_measure_part, part) for part in parts]):
            yield done.result()


def _measure_part(part: Part) -> list[Measurement]:
    run, ids = part
    try:
        return measure([one for one in FAULTS if one.id in ids], run)
    finally:
        # Servers that are done refer to each other: without this a process grows to gigabytes.
        gc.collect()


def _line(one: Measurement) -> str:
    found = one.crashed or ", ".join(sorted(one.ours)) or "NOT FOUND"
    return f"{one.fault}  seed {one.seed}  {found}  Schemathesis: {', '.join(sorted(one.plain)) or '-'}"


if __name__ == "__main__":
    sys.exit(main())
