"""Read a case from a file that may come from anyone: plain data, limits, problems with line and column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from mockserver.codec import json
from mockserver.control.cases.case_shape import MAX_TIMES, ShapeProblem, find_shape_problems
from mockserver.control.cases.language import BadCaseError, Case, CaseDefaults, Node, check_steps, read_case
from mockserver.errors import MalformedBody
from mockserver.journal.export.case_file import MAX_CASE_BYTES
from mockserver.model import Json, Path
from mockserver.scenario.yaml_positions import PositionedDocument, TextPosition, parse_yaml

MAX_CALLS = 10_000
MAX_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class CaseFileProblem:
    """What is wrong in a file, where (`file:line:column`, as far as it is known), and what to do."""

    place: str
    detail: str
    cure: str


class BadCaseFileError(BadCaseError):
    """The file holds no case; `problems` are the first ones."""

    def __init__(self, problems: tuple[CaseFileProblem, ...]) -> None:
        super().__init__("\n".join(f"{one.place}: {one.detail}; {one.cure}" for one in problems))
        self.problems = problems


def read_case_file(content: bytes, name: str) -> Case:
    """Return the case in the content of a file; `name` is the file's, for messages.

    Raises:
        BadCaseFileError: it holds none, or more than is read.
    """
    found = _parse(content, name)
    if found.syntax_problems:
        slips = found.syntax_problems[:MAX_PROBLEMS]
        raise BadCaseFileError(
            tuple(CaseFileProblem(_place(name, one.position), one.detail, one.hint) for one in slips)
        )
    problems = list(islice(find_shape_problems(found.document), MAX_PROBLEMS))
    problems = problems or list(islice(_semantic_problems(found.document, name), 1))
    if problems:
        raise BadCaseFileError(tuple(_located(one, found, name) for one in problems))
    return _read(found.document, name)


def _parse(content: bytes, name: str) -> PositionedDocument:
    if len(content) > MAX_CASE_BYTES:
        detail = f"{len(content):,} bytes, at most {MAX_CASE_BYTES:,} are read"
        raise BadCaseFileError((CaseFileProblem(name, detail, "export fewer calls"),))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = TextPosition(content.count(b"\n", 0, error.start) + 1, 1)
        raise BadCaseFileError(
            (CaseFileProblem(_place(name, where), "a byte that is not UTF-8", "save the file as UTF-8"),)
        ) from None
    document = _json_document(text)
    return parse_yaml(text, MAX_CASE_BYTES) if document is None else PositionedDocument(document)


def _json_document(text: str) -> Json:
    """Return the document of a file that is JSON below comment lines; None if it is not."""
    below = "\n".join(line for line in text.split("\n") if not line.startswith("#")).strip()
    if not below.startswith("{"):
        return None
    try:
        document = json.decode(below.encode())
        json.check_depth(document)
    except (MalformedBody, UnicodeError):
        return None
    return document


def _semantic_problems(document: Node, name: str) -> Iterator[ShapeProblem]:
    for part in ("given", "when", "then"):
        for at, step in enumerate(document.get(part, ())):
            try:
                check_steps(name, [step])
            except BadCaseError as error:
                detail = str(error).removeprefix(f"{name}: step 1").lstrip(":, ")
                yield ShapeProblem((part, at), detail, "see docs/cases.md")
    try:
        case = _read(document, name)
    except BadCaseError as error:
        yield ShapeProblem((), str(error).removeprefix(f"{name}: "), "see docs/cases.md")
        return
    calls = sum(int(step.get("times", 1)) for step in case.steps)
    if calls > MAX_CALLS:
        cure = f"write smaller times, at most {MAX_TIMES} each"
        yield ShapeProblem((), f"{calls:,} calls, at most {MAX_CALLS:,} are made", cure)


def _read(document: Node, name: str) -> Case:
    return read_case(document, name, document["vendor"], CaseDefaults())


def _located(problem: ShapeProblem, found: PositionedDocument, name: str) -> CaseFileProblem:
    places = found.keys if problem.is_key else found.values
    path: Path = problem.path
    while path and path not in places:
        path = path[:-1]
    return CaseFileProblem(_place(name, places.get(path)), problem.detail, problem.cure)


def _place(name: str, position: TextPosition | None) -> str:
    return f"{name}:{position.line}:{position.column}" if position else name
