"""Read, check and change scenario files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mockserver.cli.output import shorten
from mockserver.model import Document
from mockserver.scenario.parser import InvalidScenarioError, LocatedProblem, load_packaged, parse_text

STDIN = "-"
_TEMPLATE = """\
version: 1
name: {name}
description: The item whose key is 3 fails twice and works at the third attempt.
rules:
  - id: r1{match}
    items:
      - select: {{key: "3"}} # or {{index: 2}}, {{all: true}}, {{where: {{path: $.amount, gt: 100}}}}
        effect: {{fail: {{code: internal}}, failTimes: 2}}
"""


class UnreadableFileError(Exception):
    """A file cannot be read; the text says why."""


def packaged_names() -> list[str]:
    """Return the names of the scenarios that ship."""
    return list(load_packaged())


def read_scenario(source: str) -> tuple[str, str]:
    """Return the text of a file, of standard input (`-`) or of a packaged scenario, and what to call it.

    Raises:
        UnreadableFileError: there is none, or it is not text.
    """
    file = Path(source)
    packaged = load_packaged()
    if source in packaged and not file.exists():
        return packaged[source], source
    try:
        content = sys.stdin.buffer.read() if source == STDIN else file.read_bytes()
        return content.decode("utf-8-sig"), "standard input" if source == STDIN else source
    except UnicodeDecodeError:
        raise UnreadableFileError(f"{shorten(source)} is not UTF-8") from None
    except OSError as error:
        raise UnreadableFileError(f"{shorten(source)}: {error.strerror or error}") from None


def new_scenario(name: str, vendor: str, source: str) -> str:
    """Return the text of a scenario to edit: a template, or the packaged one `source` under that name."""
    if source:
        lines = load_packaged()[source].splitlines()
        return "".join(f"name: {name}\n" if line.startswith("name:") else f"{line}\n" for line in lines)
    return _TEMPLATE.format(name=name, match=f"\n    match: {{vendor: {vendor}}}" if vendor else "")


def find_problems(
    text: str, source: str, vendors: Mapping[str, frozenset[str]]
) -> tuple[InvalidScenarioError | None, Sequence[LocatedProblem]]:
    """Return all problems of a scenario, and the error that has them; None if there are none."""
    try:
        parse_text(text, vendors, source=source)
    except InvalidScenarioError as error:
        return error, error.problems
    return None, ()


def problem_lines(error: InvalidScenarioError) -> Iterator[str]:
    """Yield a line for each problem: file, line, column, pointer, what is wrong, what to do."""
    yield from str(error).splitlines()


def github_lines(source: str, problems: Sequence[LocatedProblem]) -> Iterator[str]:
    """Yield a workflow command of GitHub for each problem."""
    for one in problems:
        place = f"file={_escaped_property(source)},line={one.line or 1},col={one.column or 1}"
        message = f"{one.pointer or '/'}: {one.detail}; {one.hint}"
        yield f"::error {place}::{_escaped(message)}"


def problem_document(source: str, problems: Sequence[LocatedProblem]) -> Document:
    """Return a file's problems with the keys of the control API."""
    return {
        "file": source,
        "errors": [
            {
                "pointer": one.pointer,
                "code": one.code,
                "detail": one.detail,
                "try": one.hint,
                "line": one.line,
                "column": one.column,
            }
            for one in problems
        ],
    }


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
