"""How much the drill sees: clients that are right, and clients with one planted fault each.

`make power-drill` runs all of it. A planted fault is caught when a finding names it: by the cases, and by
exploring alone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mockserver.cli.drill_explore import Explorer
from mockserver.codec import yaml
from mockserver.testing.client_process import ClientCommand, ProcessGroups
from mockserver.testing.control_client import ControlClient
from mockserver.testing.drill import DOUBTFUL, SILENT, SURVIVED, TOLD, UNMET, Case, Drill, Plan, Result
from mockserver.testing.server import MockServer

HERE = Path(__file__).parents[1] / "drill" / "clients"
BATCHES = Path(__file__).parents[2] / "examples" / "batches"
COMMANDS = {
    "python": (sys.executable, "-S", str(HERE / "python_client.py")),
    "node": ("node", str(HERE / "node_client.mjs")),
    "shell": ("bash", str(HERE / "shell_client.sh")),
}
STYLES = ("rows-200-or-207", "two-lists", "maps-of-problems")
"""Examples of batches that the Python client speaks too."""

RIGHT = {
    "python": ("vba", "guidewire", "pvex", "payt", "xero", *STYLES),
    "node": ("vba", "payt", "xero"),
    "shell": ("payt",),
}
SEEDS = (1, 2, 3)
RIGHT_SCHEDULES = 100
"""For each vendor and seed: 500 a seed."""

PLANTED_SCHEDULES, ROUNDS = 200, 4
"""Exploring ends with the round that finds the fault."""

MOST_FAULTS = 3
TIMEOUT_S = 30
SLOW = ("internal-error", "item-t", "always", "no-response", "two-a", "slow", "long", "all-refused")
"""Beginnings of cases in which a client waits; they come last."""

JOBS = 4


@dataclass(frozen=True, slots=True)
class Planted:
    """A client with one fault; `kinds` are findings that name it, `shows` the cases tried first."""

    fault: str
    language: str
    vendor: str
    kinds: frozenset[str]
    shows: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.fault} ({self.language}, {self.vendor})"


def planted_clients() -> Iterator[Planted]:
    """Every planted fault in every client that can have it."""
    for node in yaml.load((HERE / "faults.yaml").read_text(encoding="utf-8")):
        kinds = node["kind"] if isinstance(node["kind"], list) else [node["kind"]]
        for language, vendors in node["clients"].items():
            for vendor in vendors:
                yield Planted(node["fault"], language, vendor, frozenset(kinds), tuple(node["shows"]))


def drill_of(
    control: ControlClient, groups: ProcessGroups, language: str, vendor: str, fault: str = ""
) -> Drill:
    """The drill of one client, with a fault or without."""
    switch = ("--fault", fault) if fault else ()
    words = (*COMMANDS[language], vendor, "--url", "{url}", "--token", "{token}", *switch)
    return Drill(control, vendor, ClientCommand(words, {}, groups, TIMEOUT_S).run)


def run_cases(drill: Drill, plan: Plan, cases: Iterable[Case]) -> Iterator[Result]:
    def run(case: Case) -> Result:
        result = drill.run(case, plan.clean)
        drill.drop(result)
        return result

    with ThreadPoolExecutor(JOBS) as pool:
        yield from pool.map(run, cases)


def has_kind(result: Result, kinds: frozenset[str]) -> bool:
    """Whether a finding that is not doubtful names the fault."""
    return any(one.kind in kinds and not one.doubtful for one in result.findings)


def find_by_cases(drill: Drill, planted: Planted) -> tuple[str, int]:
    """The sentence of the first case that catches the fault, "" if none does, and how many were run."""
    plan = drill.learn()
    if has_kind(plan.clean, planted.kinds):
        return plan.clean.message, 0
    number = 0
    cases = sorted(plan.cases, key=lambda case: (case.id not in planted.shows, case.id.startswith(SLOW)))
    for first in (0, *range(len(planted.shows), len(cases), JOBS)):
        for result in run_cases(drill, plan, cases[first : first + JOBS if first else len(planted.shows)]):
            number += 1
            if has_kind(result, planted.kinds):
                message = next(one.message for one in result.findings if one.kind in planted.kinds)
                return f"{result.case.id}: {message}", number
    return "", number


def find_by_exploring(drill: Drill, planted: Planted) -> tuple[str, int]:
    """The sentence of the smallest schedule that catches the fault, and its number of faults."""
    plan = drill.learn()
    if has_kind(plan.clean, planted.kinds):
        return plan.clean.message, 0
    with ThreadPoolExecutor(JOBS) as pool:
        for number in range(ROUNDS):
            exploration = Explorer(drill, plan, pool).explore(PLANTED_SCHEDULES // ROUNDS, SEEDS[0] + number)
            for find in exploration.finds:
                if has_kind(find.result, planted.kinds):
                    return find.sentence, len(find.schedule)
    return "", 0


def false_alarms(drill: Drill, name: str) -> Iterator[str]:
    """What the cases find in a right client."""
    plan = drill.learn()
    results = [plan.clean, *run_cases(drill, plan, plan.cases)]
    words = (SURVIVED, TOLD, DOUBTFUL, UNMET, SILENT)
    counts = {word: sum(one.verdict == word for one in results) for word in words}
    print(f"right  {name:<18} {', '.join(f'{count} {word}' for word, count in counts.items())}", flush=True)
    yield from (f"{name} {one.case.id}: {one.message}" for one in results if one.verdict == SILENT)


def explored_alarms(drill: Drill, name: str, seed: int, number: int) -> Iterator[str]:
    """What exploring finds in a right client."""
    with ThreadPoolExecutor(JOBS) as pool:
        exploration = Explorer(drill, drill.learn(), pool).explore(number, seed)
    print(
        f"right  {name:<18} seed {seed}: {exploration.schedules} schedules, {exploration.failed} failed",
        flush=True,
    )
    yield from (f"{name} seed {seed}: {find.sentence}" for find in exploration.finds)


def measure(control: ControlClient, groups: ProcessGroups, options: argparse.Namespace) -> list[str]:
    """Print what is caught, and return what is not as it should be."""
    faults: list[str] = []
    languages = [name for name in COMMANDS if shutil.which(COMMANDS[name][0])]
    for language in languages:
        for vendor in RIGHT[language]:
            name = f"{language} {vendor}"
            drill = drill_of(control, groups, language, vendor)
            if "right" in options.parts:
                faults += false_alarms(drill, name)
            if "explored" in options.parts and language == languages[0] and vendor not in STYLES:
                for seed in SEEDS:
                    faults += explored_alarms(drill, name, seed, options.schedules)
    planted = [
        one
        for one in planted_clients()
        if one.language in languages and (not options.only or one.fault in options.only)
    ]
    if "cases" in options.parts:
        faults += measure_cases(control, groups, planted)
    if "exploring" in options.parts:
        faults += measure_exploring(control, groups, planted)
    return faults


def measure_cases(control: ControlClient, groups: ProcessGroups, planted: Sequence[Planted]) -> Iterator[str]:
    for one in planted:
        began = time.perf_counter()
        sentence, number = find_by_cases(drill_of(control, groups, one.language, one.vendor, one.fault), one)
        took_s = time.perf_counter() - began
        print(
            f"{'caught' if sentence else 'MISSED'} {one.name:<52} {number:>3} {took_s:5.1f} s  {sentence}",
            flush=True,
        )
        if not sentence:
            yield f"{one.name}: no case catches it"


def measure_exploring(
    control: ControlClient, groups: ProcessGroups, planted: Sequence[Planted]
) -> Iterator[str]:
    """Each fault in one client: the last vendor that can have it, which is the one with the most rules."""
    by_fault = {one.fault: one for one in planted if one.language == "python"}
    found = 0
    for one in by_fault.values():
        drill = drill_of(control, groups, one.language, one.vendor, one.fault)
        sentence, size = find_by_exploring(drill, one)
        print(f"{'found ' if sentence else 'not   '} {one.name:<52} {size} faults  {sentence}", flush=True)
        found += bool(sentence)
        if size > MOST_FAULTS:
            yield f"{one.name}: shrunk to {size} faults only"
    print(f"exploring alone finds {found} of {len(by_fault)}")


PARTS = ("right", "explored", "cases", "exploring")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=PARTS, metavar=" ".join(PARTS))
    parser.add_argument("--only", default=[], type=lambda text: text.split(","), help="these planted faults")
    parser.add_argument("--schedules", type=int, default=RIGHT_SCHEDULES)
    options = parser.parse_args()
    os.environ.pop("MOCKSERVER_URL", None)
    with MockServer(specs=[BATCHES]) as server, ProcessGroups() as groups:
        faults = measure(server.control, groups, options)
    for fault in faults:
        print("WRONG ", fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
