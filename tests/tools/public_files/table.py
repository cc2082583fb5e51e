"""`make public-files FILES=folder`: serve each OpenAPI file of a folder, call it, and write what was found.

The table goes to report/public-files.md, every fault to report/public-files.json; RECORD=1 writes the table
to docs/public-files.md. Exit status 1: a goal is missed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from json import dumps
from pathlib import Path
from tempfile import TemporaryFile
from time import perf_counter
from traceback import format_exception_only

from mockserver.errors import MockServerError
from tests.tools.bench.servers import OURS, ROOT, serving
from tests.tools.public_files.api import PublicApi
from tests.tools.public_files.steps import Tally, Trial

GOALS = {"operations": 0.97, "wrong": 0.97, "records": 0.97, "lists": 0.95}
_REPORT = ROOT / "report"
_PAGE = ROOT / "docs" / "public-files.md"
_BEGIN = "<!-- measured -->"
_COLUMNS = (
    *("file", "version", "OpenAPI", "operations", "valid", "wrong bodies refused", "record steps", "lists"),
    *("start s", "MiB on top"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was found about one file."""

    name: str
    title: str
    version: str
    openapi: str
    refused: str = ""
    """Why the file was not served; "" if it was served."""
    start_s: float = 0
    start_mib: float = 0
    on_top_mib: float = 0
    operations: Tally = field(default_factory=Tally)
    wrong: Tally = field(default_factory=Tally)
    records: Tally = field(default_factory=Tally)
    lists: Tally = field(default_factory=Tally)
    errors: Sequence[str] = ()
    unsampled: Sequence[str] = ()
    took_s: float = 0


def measure(file: Path) -> Found:
    """Serve one file in a process of its own, and try it."""
    started = perf_counter()
    try:
        api = PublicApi(file)
    except MockServerError as error:
        return Found(file.stem, file.stem, "", "", refused=str(error)[:200])
    info, raw = api.raw.get("info", {}), api.raw
    known = (file.stem, str(info.get("title", "")).strip(), str(info.get("version", "")))
    command = (*OURS, str(file), "--vendor", api.vendor.name)
    with TemporaryFile() as log:
        begun = perf_counter()
        with serving(command, errors=log) as server:
            start_s, start_mib = perf_counter() - begun, server.resident_mib()
            trial = Trial(api, server.port)
            trial.run()
            on_top = server.resident_mib() - start_mib
        log.seek(0)
        errors = [*trial.errors, *(["a traceback"] * log.read().count(b"Traceback"))]
    return Found(
        *(*known, str(raw.get("openapi", raw.get("swagger")))),
        start_s=round(start_s, 1),
        start_mib=round(start_mib),
        on_top_mib=round(on_top),
        operations=trial.operations,
        wrong=trial.wrong,
        records=trial.records,
        lists=trial.lists,
        errors=errors,
        unsampled=trial.unsampled,
        took_s=round(perf_counter() - started, 1),
    )


def _measured(file: Path) -> Found:
    """Return what was found; an error of this script is told as an error of the file."""
    try:
        return measure(file)
    except Exception as error:  # noqa: BLE001 - the other files are measured all the same
        told = format_exception_only(error)[-1].strip()
        return Found(file.stem, file.stem, "", "", errors=[f"the script: {told}"])


def table(found: Sequence[Found]) -> Iterator[str]:
    """Yield the lines of the table, a row for each file, and one for all."""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|{'---|' * len(_COLUMNS)}"
    for one in found:
        known = f"| {one.title or one.name} | {one.version} | {one.openapi} "
        if one.refused:
            yield f"{known}| not served: {one.refused} | | | | | | |"
            continue
        told = (_told(tally) for tally in (one.operations, one.wrong, one.records, one.lists))
        yield f"{known}| {one.operations.total} | {' | '.join(told)} | {one.start_s} | {one.on_top_mib} |"
    sums = {name: total(found, name) for name in GOALS}
    told = (_told(tally) for tally in sums.values())
    most = max((one.on_top_mib for one in found), default=0)
    yield f"| **all {len(found)}** | | | {sums['operations'].total} | {' | '.join(told)} | | at most {most} |"


def total(found: Sequence[Found], name: str) -> Tally:
    tallies: list[Tally] = [getattr(one, name) for one in found]
    return Tally(sum(one.total for one in tallies), [fault for one in tallies for fault in one.faults])


def _told(tally: Tally) -> str:
    return f"{tally.good} of {tally.total}" if tally.total else "-"


def main(folder: str) -> int:
    files = sorted(one for one in Path(folder).iterdir() if one.suffix in (".json", ".yaml", ".yml"))
    with ProcessPoolExecutor(2, max_tasks_per_child=1) as pool:
        found = []
        for one in pool.map(_measured, files):
            found.append(one)
            tallies = (_told(getattr(one, name)) for name in GOALS)
            print(f"{one.name}: {', '.join(tallies)}; {one.on_top_mib} MiB, {one.took_s} s", file=sys.stderr)
    _REPORT.mkdir(exist_ok=True)
    lines = [*table(found)]
    (_REPORT / "public-files.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = dumps([asdict(one) for one in found], indent=1, default=str)
    (_REPORT / "public-files.json").write_text(told, encoding="utf-8")
    if os.environ.get("RECORD"):
        start = _PAGE.read_text(encoding="utf-8").partition(_BEGIN)[0]
        _PAGE.write_text(f"{start}{_BEGIN}\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    missed = [
        f"{name}: {_told(tally)}, the goal is {goal:.0%}"
        for name, goal in GOALS.items()
        if (tally := total(found, name)).good < goal * tally.total
    ]
    missed += [f"{one.name}: {fault}" for one in found for fault in one.errors]
    print("\n".join(missed), file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
