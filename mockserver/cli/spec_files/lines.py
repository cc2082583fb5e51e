"""Problems and differences of specs as lines for people, for GitHub, or as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockserver.cli.settings import shown_path
from mockserver.cli.spec_check import SpecProblem
from mockserver.cli.spec_files.diff import SpecChange
from mockserver.codec import json

FORMATS = ("text", "github", "json")


def problem_lines(problems: Sequence[SpecProblem], style: str) -> Iterator[str]:
    """Yield the problems in the style `text`, `github` or `json`."""
    if style == "json":
        yield json.encode([_problem_document(one) for one in problems]).decode()
        return
    for one in problems:
        name = shown_path(one.file)
        if style == "github":
            where = f"file={name},line={one.place.line},col={one.place.column}"
            yield f"::{_severity(one)} {where}::{_escaped(f'{one.what}; try: {one.cure}')}"
        else:
            mark = "warning: " if one.is_warning else ""
            yield f"{name}:{one.place.line}:{one.place.column}: {mark}{one.what}"
            yield f"    try: {one.cure}"


def change_lines(changes: Sequence[SpecChange], style: str) -> Iterator[str]:
    """Yield the changes in the style `text`, `github` or `json`."""
    if style == "json":
        yield json.encode([_change_document(one) for one in changes]).decode()
        return
    for one in changes:
        text = f"{one.operation}  {one.what}"
        if style == "github":
            yield f"::{'error' if one.breaking else 'notice'}::{_escaped(text)}"
        else:
            yield f"{'BREAKING' if one.breaking else 'ok      '}  {text}"


def _problem_document(one: SpecProblem) -> dict[str, str | int]:
    return {
        "file": shown_path(one.file),
        "line": one.place.line,
        "column": one.place.column,
        "pointer": one.pointer,
        "detail": one.what,
        "try": one.cure,
        "severity": _severity(one),
    }


def _severity(one: SpecProblem) -> str:
    return "warning" if one.is_warning else "error"


def _change_document(one: SpecChange) -> dict[str, str | bool]:
    return {"operation": one.operation, "change": one.what, "breaking": one.breaking}


def _escaped(text: str) -> str:
    """Escape text of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
