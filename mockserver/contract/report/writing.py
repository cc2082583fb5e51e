"""Reports as files: which there are, and where they are put."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from mockserver.contract.report.document import document
from mockserver.contract.report.har import archive
from mockserver.contract.report.junit import junit
from mockserver.contract.report.page import page
from mockserver.contract.report.pytest_file import module
from mockserver.contract.report.rows import Outcome
from mockserver.contract.report.shell import script

Written = Callable[[Sequence[Outcome], str], Iterator[tuple[str, bytes]]]
"""Files by name, of outcomes and the instant at which the run began."""

_EXECUTABLE = 0o755


def write(kinds: Sequence[str], folder: Path, outcomes: Sequence[Outcome], began: str) -> list[Path]:
    """Write the reports of those kinds, and a script of calls for each failure; returns those to be read.

    Raises:
        OSError: they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in kinds:
        for name, content in KINDS[kind](outcomes, began):
            (folder / name).write_bytes(content)
            written.append(folder / name)
    for outcome in outcomes:
        for row in outcome.rows:
            if row.finding and row.finding.exchanges:
                file = folder / f"{row.name}.sh"
                file.write_text(script(outcome.visit, row, row.finding), "utf-8", "backslashreplace")
                file.chmod(_EXECUTABLE)
    return written


def _junit(outcomes: Sequence[Outcome], _began: str) -> Iterator[tuple[str, bytes]]:
    yield "junit.xml", junit(outcomes)


def _html(outcomes: Sequence[Outcome], began: str) -> Iterator[tuple[str, bytes]]:
    yield "index.html", page(document(outcomes, began)).encode(errors="backslashreplace")


def _har(outcomes: Sequence[Outcome], began: str) -> Iterator[tuple[str, bytes]]:
    yield "failures.har", _json(archive(outcomes, began))


def _pytest(outcomes: Sequence[Outcome], _began: str) -> Iterator[tuple[str, bytes]]:
    for outcome in outcomes:
        if outcome.having("FAIL"):
            yield (
                f"test_contract_{outcome.visit.contracted.name.replace('-', '_')}.py",
                module(outcome).encode(errors="backslashreplace"),
            )


def _document(outcomes: Sequence[Outcome], began: str) -> Iterator[tuple[str, bytes]]:
    yield "report.json", _json(document(outcomes, began))


def _json(content: object) -> bytes:
    # A lone surrogate is written as JSON escapes it.
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


KINDS: Mapping[str, Written] = {
    "junit": _junit,
    "html": _html,
    "har": _har,
    "pytest": _pytest,
    "json": _document,
}
"""What `--report` takes."""
