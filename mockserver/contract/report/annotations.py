"""Failures as annotations of a GitHub job, which shows them beside the code and on the page of the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mockserver.contract.report.rows import ReportRow, RunOutcome
from mockserver.contract.report.running import operation_label
from mockserver.contract.report.text import HiddenSecrets, one_line

MOST = 10
"""GitHub shows ten annotations of a step and drops the rest without a word."""

_LONGEST = 1000


def annotation_lines(outcomes: Iterable[RunOutcome]) -> list[str]:
    """Return at most ten workflow commands; the last one says how many failures it stands for."""
    lines = [_annotation(one, row) for one in outcomes for row in one.having("FAIL")]
    if len(lines) <= MOST:
        return lines
    more = len(lines) - MOST + 1
    return [*lines[: MOST - 1], f"::error title=mockserver contract::{more} more in the summary"]


def _annotation(outcome: RunOutcome, row: ReportRow) -> str:
    session, hidden = outcome.session, HiddenSecrets(outcome.session.secrets)
    label = operation_label(session.api, row.operation)
    title = _property(one_line(f"{session.api.name} {label}: {row.check.says}"))
    place = "".join(f"{name}={_property(text)}," for name, text in _place(outcome, row))
    said = row.finding.said if row.finding else row.check.says
    told = "\n".join(
        [one_line(hidden.text(said), _LONGEST), f"again: {one_line(hidden.text(row.again), _LONGEST)}"]
    )
    return f"::error {place}title={title}::{_data(told)}"


def _place(outcome: RunOutcome, row: ReportRow) -> Iterator[tuple[str, str]]:
    """Yield file and line of the operation in a user's own spec; ours is not in their repository."""
    spec = outcome.session.plan.spec
    if spec is None:
        return
    yield "file", spec.as_posix()
    line = _line_of(spec, row.operation)
    if line:
        yield "line", str(line)


def _line_of(spec: Path, operation: str) -> int:
    """Return the number of the line that names the operation, 0 if there is none."""
    try:
        lines = spec.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return 0
    named = (number for number, line in enumerate(lines, 1) if _names(line, operation))
    return next(named, 0)


def _names(line: str, operation: str) -> bool:
    name, colon, value = line.partition(":")
    return bool(colon) and name.strip(" -\"'") == "operationId" and value.strip(" ,\"'") == operation


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
