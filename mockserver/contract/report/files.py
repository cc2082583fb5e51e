"""Write the reports that were asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from mockserver.contract.report.document import report_document
from mockserver.contract.report.har import har_archive
from mockserver.contract.report.junit import junit_xml
from mockserver.contract.report.page import html_page
from mockserver.contract.report.pytest_file import pytest_module
from mockserver.contract.report.rows import RunOutcome
from mockserver.contract.report.shell import shell_script
from mockserver.errors import BrokenRunError

WrittenReport = Callable[[Sequence[RunOutcome], str], Iterator[tuple[str, bytes]]]
"""Files by name, of outcomes and the instant at which the run began."""

_EXECUTABLE = 0o755


def write_reports(
    kinds: Sequence[str], folder: Path, outcomes: Sequence[RunOutcome], began: str
) -> tuple[list[Path], BrokenRunError | None]:
    """Write the reports of those kinds, and a script of calls for each failure; returns those to be read.

    A fault of ours leaves one report out, and is returned.

    Raises:
        OSError: they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    broken = None
    for kind, make in {**{kind: KINDS[kind] for kind in kinds}, "of scripts": _scripts}.items():
        try:
            for name, content in make(outcomes, began):
                (folder / name).write_bytes(content)
                written.append(folder / name)
        except OSError:
            raise
        except Exception as fault:  # noqa: BLE001 - ours, and no reason to lose the others
            broken = BrokenRunError.of(fault, f"the report {kind}")
    scripts = [one for one in written if one.suffix == ".sh"]
    for one in scripts:
        one.chmod(_EXECUTABLE)
    return [one for one in written if one not in scripts], broken


def _scripts(outcomes: Sequence[RunOutcome], _began: str) -> Iterator[tuple[str, bytes]]:
    for outcome in outcomes:
        for row in outcome.rows:
            if row.finding and row.finding.exchanges:
                script = shell_script(outcome.session, row, row.finding)
                yield f"{row.name}.sh", script.encode(errors="backslashreplace")


def _junit(outcomes: Sequence[RunOutcome], _began: str) -> Iterator[tuple[str, bytes]]:
    yield "junit.xml", junit_xml(outcomes)


def _html(outcomes: Sequence[RunOutcome], began: str) -> Iterator[tuple[str, bytes]]:
    yield "index.html", html_page(report_document(outcomes, began)).encode(errors="backslashreplace")


def _har(outcomes: Sequence[RunOutcome], began: str) -> Iterator[tuple[str, bytes]]:
    yield "failures.har", _json(har_archive(outcomes, began))


def _pytest(outcomes: Sequence[RunOutcome], _began: str) -> Iterator[tuple[str, bytes]]:
    for outcome in outcomes:
        if outcome.having("FAIL"):
            yield (
                f"test_contract_{outcome.session.api.name.replace('-', '_')}.py",
                pytest_module(outcome).encode(errors="backslashreplace"),
            )


def _document(outcomes: Sequence[RunOutcome], began: str) -> Iterator[tuple[str, bytes]]:
    yield "report.json", _json(report_document(outcomes, began))


def _json(content: object) -> bytes:
    # A lone surrogate is written as JSON escapes it.
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode(errors="backslashreplace")


KINDS: Mapping[str, WrittenReport] = {
    "junit": _junit,
    "html": _html,
    "har": _har,
    "pytest": _pytest,
    "json": _document,
}
"""Values of `--report`."""
