"""`make retries`: drill the clients of examples/drill/retries, and compare the counts with docs/retries.md.

RECORD=1 writes the measured part of docs/retries.md. A client whose runtime or packages cannot be had is left
out, with the reason. Exit status 1: a count differs from the page by more than `TOLERANCE`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "drill" / "retries"
PAGE = ROOT / "docs" / "retries.md"
BEGIN = "<!-- measured by `make retries RECORD=1` -->"
CALLS = {
    "xero": ("PUT", "{url}/api.xro/2.0/Invoices?summarizeErrors=false", "bills-1.json", "bills-2.json"),
    "payt": ("POST", "{url}/v1/invoices", "invoices-1.json", "invoices-2.json"),
}
"""For each vendor: the words that follow those of a client."""

COLUMNS = ("library", "vendor", "key", "survived", "told", "silent", "paid twice", "lost", "no end")
Row = Sequence[str]
"""Texts of `COLUMNS`; the last one names the cases in which the client does not end."""

TOLERANCE = 2
"""Maximum difference of a count between two runs; some cases depend on the speed of the machine."""

_FOLDER = ROOT / ".retries"
_PYTHON = str(_FOLDER / "venv" / "bin" / "python")
_OPTIONS = "--env TOKEN={token} --env TENANT={tenant} --jobs 4 --timeout 12 --json --report-dir report"


class Trial(NamedTuple):
    library: str
    words: Sequence[str]
    vendor: str
    key: str
    """"yes" if the client sends idempotency keys, otherwise "no"."""


def prepared_trials() -> Iterator[Trial]:
    """Copy the examples, install each client, and yield its trials; print which clients are left out."""
    shutil.copytree(EXAMPLES, _FOLDER, dirs_exist_ok=True)
    if not Path(_PYTHON).exists():
        venv.create(_FOLDER / "venv", with_pip=True)
    for client in yaml.safe_load((EXAMPLES / "clients.yaml").read_text(encoding="utf-8")):
        try:
            version = re.search(r"\d[\d.]*", _output(client.get("version", "echo 0")))
            _output(client.get("install", "echo"))
        except (OSError, subprocess.SubprocessError) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1]
            print(f"left out: {client['run']}: {said}", flush=True)
            continue
        library, words = client["library"].format(version and version[0]), _words(client["run"])
        for trial in client.get("trials", ["xero no", "xero yes"]):
            yield Trial(library, words, *trial.split())


def _words(command: str) -> list[str]:
    """Return the words of a command, with the Python of `_FOLDER`."""
    program, *words = command.split()
    return [*{"python": [_PYTHON], "pip": [_PYTHON, "-m", "pip"]}.get(program, [program]), *words]


def _output(command: str) -> str:
    """Run a command and return its output. Raises OSError, SubprocessError: it is missing or fails."""
    return subprocess.run(  # noqa: S603 - commands of clients.yaml
        _words(command), cwd=_FOLDER, capture_output=True, text=True, check=True
    ).stdout


def run_drill(trial: Trial) -> Row:
    """Drill a client. Raises JSONDecodeError: the drill did not print a document."""
    options = f"{_OPTIONS} --env KEYS=on" if trial.key == "yes" else _OPTIONS
    command = [sys.executable, "-m", "mockserver", "drill", trial.vendor, *options.split(), "--"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *trial.words, *CALLS[trial.vendor]],
        cwd=_FOLDER,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=False,
    )
    found = json.loads(done.stdout)
    cases = {case["case"]: {one["kind"] for one in case["findings"]} for case in found["cases"]}
    counts = [found["counts"][verdict] for verdict in COLUMNS[3:6]]
    counts += [sum(kind in kinds for kinds in cases.values()) for kind in ("TWICE", "DROPPED")]
    hanging = ", ".join(case for case, kinds in cases.items() if "HANGS" in kinds)
    row = (trial.library, trial.vendor, trial.key, *map(str, counts), hanging or "-")
    print(_line(row), flush=True)
    return row


def _line(row: Row) -> str:
    return f"| {' | '.join(row)} |"


def page_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the measured part: a few sentences, then the table."""
    bare, keyed = ([row for row in rows if row[1:3] == ("xero", key)] for key in ("no", "yes"))
    twice, lost = ([int(row[COLUMNS.index(column)]) for row in bare] for column in ("paid twice", "lost"))
    most = max(int(row[COLUMNS.index("paid twice")]) for row in keyed)
    yield (
        f"Without a key, {sum(map(bool, twice))} of {len(bare)} clients enter a bill twice, in up to "
        f"{max(twice)} cases; with a key, the maximum is {most}. "
        f"Each of the {len(bare)} clients loses a bill and does not report it, in {min(lost)} to "
        f"{max(lost)} cases."
    )
    yield from ("", _line(COLUMNS), "|---" * len(COLUMNS) + "|", *map(_line, rows))


def differences(page: str, rows: Sequence[Row]) -> Iterator[str]:
    """Yield what differs by more than `TOLERANCE` between the rows and the table of the page."""
    known = {_client(row): row for row in (line[2:-2].split(" | ") for line in page.splitlines())}
    for row in rows:
        name, before = ", ".join(row[:3]), known.get(_client(row))
        if before is None:
            yield f"{name}: it is not on the page"
        for column, old, new in zip(COLUMNS[3:-1], (before or ())[3:-1], row[3:-1], strict=False):
            if abs(int(old) - int(new)) > TOLERANCE:
                yield f"{name}: {column} {new}, on the page {old}"


def _client(row: Row) -> tuple[str, ...]:
    """Return what names a row: library without its version, vendor, key."""
    return re.sub(r" [\d.]+$", "", row[0]), *row[1:3]


def main() -> None:
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(run_drill, prepared_trials()))
    before, _, after = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    if os.environ.get("RECORD"):
        PAGE.write_text("\n".join([before + BEGIN, "", *page_lines(rows), ""]), encoding="utf-8")
    else:
        sys.exit("\n".join(differences(after, rows)) or 0)


if __name__ == "__main__":
    main()
