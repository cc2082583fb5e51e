"""Instructions of the machine that a call takes in the server, whole and by layer, counted by valgrind.

The figures do not depend on how busy the machine is. The system's part of a call, such as its sockets, does
not count. `python -m tests.tools.bench.instructions` is the program that valgrind runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from mockserver.engine.admission import Admission
from mockserver.engine.batch import EnvelopeReader
from mockserver.engine.call import Pipeline
from mockserver.server.exchange import Recorder
from mockserver.server.process_memory import freeze_heap
from mockserver.server.routing import VendorApp
from tests.support.debian_packages import see_that_there_is
from tests.support.direct_calls import DirectCalls
from tests.tools.bench.batches import BAD_WORDS, LEDGER, ORDERS, VBA, Bad
from tests.tools.bench.goals import Goal
from tests.tools.bench.servers import ROOT

TOLERANCE = 1.05
_VERSION = (3, 11)
"""Version of Python whose figures are known."""

_SUBJECTS = {"ledger": LEDGER, "orders": ORDERS, "vba": VBA}
_ARRIVAL = "arrival"
_LAYERS: Mapping[str, Sequence[tuple[type, str]]] = {
    "route": ((VendorApp, "__call__"), (VendorApp, "_answer")),
    "admission": ((Admission, "admit"),),
    "envelope": ((EnvelopeReader, "open"),),
    "work": ((Pipeline, "handle"),),
    "journal": ((Recorder, "record"),),
    "answer": ((VendorApp, "_send"),),
}
"""Methods by layer. A layer's share is what its methods take without the methods of other layers."""

_WARM_UP, _COUNTED = 30, 10
_FIRST_KEY = 10_000
_TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)
_VALGRIND = ("valgrind", "--tool=callgrind", "--dump-before=getppid")

Case: TypeAlias = tuple[str, int, Bad]
"""Name of the batches, number of items, and which items are bad."""

Label: TypeAlias = tuple[str, int, Bad, str]
"""A case, and the layer, or "" for the whole call."""

KNOWN: Mapping[Case, tuple[int | None, int]] = {
    ("ledger", 1, "none"): (731_000, 687_000),
    ("ledger", 1, "tenth"): (None, 824_000),
    ("ledger", 100, "none"): (3_597_000, 3_345_000),
    ("ledger", 100, "tenth"): (5_230_000, 4_665_000),
    ("orders", 1, "none"): (740_000, 689_000),
    ("orders", 1, "tenth"): (None, 839_000),
    ("orders", 100, "none"): (3_100_000, 2_930_000),
    ("orders", 100, "tenth"): (4_910_000, 4_654_000),
    ("vba", 1, "none"): (882_000, 865_000),
    ("vba", 1, "tenth"): (1_081_000, 1_047_000),
    ("vba", 100, "none"): (5_178_000, 4_970_000),
    ("vba", 100, "tenth"): (6_910_000, 6_424_000),
}
"""Instructions on Python 3.11 by case: before the work of 2026-11-27 (None if not counted), and after."""

BUDGET: Mapping[str, int] = {
    _ARRIVAL: 195_000,
    "route": 65_000,
    "admission": 48_000,
    "envelope": 79_000,
    "work": 150_000,
    "journal": 100_000,
    "answer": 113_000,
}
"""Instructions that each layer may take of a call of one good item of `orders`, on Python 3.11."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """Instructions of one call by case and layer; empty if there is no valgrind."""

    counts: Mapping[Label, float]

    def figures(self) -> list[dict[str, object]]:
        return [
            {
                "batches": name,
                "items": items,
                "bad": bad,
                "whole": self.counts[name, items, bad, ""],
                "before": before,
                "layers": {layer: self.counts[name, items, bad, layer] for layer in (_ARRIVAL, *_LAYERS)},
            }
            for (name, items, bad), (before, _) in KNOWN.items()
            if self.counts
        ]

    def goals(self) -> Iterator[Goal]:
        if not self.counts or sys.version_info[:2] != _VERSION:
            return
        for (name, items, bad), (_, limit) in KNOWN.items():
            what = f"{name}: instructions of a call, {items} items, {BAD_WORDS[bad]}, against the record"
            yield Goal(what, self.counts[name, items, bad, ""] / limit, TOLERANCE)
        for layer, limit in BUDGET.items():
            what = f"orders: instructions of one item, layer {layer}, against the budget"
            yield Goal(what, self.counts["orders", 1, "none", layer] / limit, TOLERANCE)


def run() -> Instructions:
    """Count, in about two minutes. Without valgrind, say what to do, and count nothing."""
    if see_that_there_is("counter", "valgrind", ("valgrind",), "bench", lambda: shutil.which("valgrind")):
        return Instructions({})
    with TemporaryDirectory() as folder:
        program = (sys.executable, "-m", "tests.tools.bench.instructions")
        done = subprocess.run(  # noqa: S603 - our own words
            [*_VALGRIND, f"--callgrind-out-file={folder}/out", *program],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
        labels: list[Any] = json.loads(done.stdout.splitlines()[-1])
        counts = Counter[Label]()
        for number, label in enumerate(labels, 1):
            dump = Path(folder, f"out.{number}").read_text(encoding="utf-8")
            if label and (found := _TOTALS.search(dump)):
                name, items, bad, layer = label
                counts[name, items, bad, layer] += int(found[1])
    return Instructions({label: count / _COUNTED for label, count in counts.items()})


class _Marks:
    """The parts of the run: before each mark ends the part with its label; None for what does not count."""

    def __init__(self) -> None:
        self.labels: list[Label | None] = []
        self.case: Case | None = None
        self._inside = [_ARRIVAL]

    def mark(self, layer: str) -> None:
        self.labels.append(None if self.case is None else (*self.case, layer))
        os.getppid()  # valgrind writes what it counted since the last mark, and begins anew

    def enter(self, layer: str) -> None:
        self.mark(self._inside[-1])
        self._inside.append(layer)

    def leave(self) -> None:
        self.mark(self._inside.pop())


def _marked(marks: _Marks, layer: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        if marks.case is None:
            return method(*arguments, **named)
        marks.enter(layer)
        try:
            return method(*arguments, **named)
        finally:
            marks.leave()

    async def wait(*arguments: Any, **named: Any) -> Any:
        if marks.case is None:
            return await method(*arguments, **named)
        marks.enter(layer)
        try:
            return await method(*arguments, **named)
        finally:
            marks.leave()

    return wait if iscoroutinefunction(method) else call


async def _count(calls: DirectCalls, marks: _Marks, case: Case, last: str) -> None:
    name, items, bad = case
    call = _SUBJECTS[name].call(items, _FIRST_KEY, bad)
    for _ in range(_WARM_UP):
        await calls.answer(call)
    marks.mark("")
    marks.case = case
    for _ in range(_COUNTED):
        await calls.answer(call)
    marks.mark(last)
    marks.case = None


async def _count_all(calls: DirectCalls) -> None:
    freeze_heap()
    marks = _Marks()
    for case in KNOWN:
        await _count(calls, marks, case, "")
    for layer, methods in _LAYERS.items():
        for owner, name in methods:
            setattr(owner, name, _marked(marks, layer, getattr(owner, name)))
    for case in KNOWN:
        await _count(calls, marks, case, _ARRIVAL)
    print(json.dumps(marks.labels))


if __name__ == "__main__":
    DirectCalls().run(_count_all)
