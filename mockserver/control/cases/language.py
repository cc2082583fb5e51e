"""The case language: a parser of cases, and a reader of case files from untrusted sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from types import MappingProxyType
from typing import Any

from msgspec import field

from mockserver.codec import json
from mockserver.control.http_client import LOSS_KINDS
from mockserver.errors import MalformedBody, MockServerError
from mockserver.journal.export.case_file import MAX_CASE_BYTES
from mockserver.model import Json, Path, Value
from mockserver.scenario.yaml_positions import UNKNOWN_KEY, DocumentProblem, PositionedDocument, parse_yaml

SOURCES = ("seed", "field", "public", "rfc", "report", "assumed")
"""Kinds of evidence for an answer.

In this order: the vendor's document of the batch operation, a recording or a program in use, another public
document, a standard, a user's report, no evidence.
"""

HEAD = frozenset(
    {"vendor", "says", "source", "seed", "empty", "assumptions", "freeze", "headers", "names"}
    | {"scenario", "scenarios"}
    | {"given", "when", "then"}
)
BODIES = frozenset({"json", "text", "form", "hex", "base64"})
CALL = (
    BODIES
    | {
        "call",
        "vendor",
        "headers",
        "encoding",
        "gzip",
        "chunked",
        "times",
        "after",
        "within",
        "takes",
        "keep_alive",
    }
    | {"answer", "fails", "keep", "remember"}
)
CONTROL = frozenset({"control", "headers", "json", "text", "base64", "repeat_for", "answer", "keep"})
WALK = frozenset({"walk", "headers", "items", "key", "next", "between", "finds", "covers", "keep"})
ANSWER = frozenset(
    {"status", "type", "headers", "json", "includes", "text", "contains", "lacks", "unreadable"}
    | {"same_as", "apart_from"}
)
STEPS: Mapping[str, frozenset[str]] = {
    "call": CALL,
    "control": CONTROL,
    "together": frozenset({"together", "answers"}),
    "walk": WALK,
    "advance": frozenset({"advance"}),
    "freeze": frozenset({"freeze"}),
    "assume": frozenset({"assume"}),
    "scenario": frozenset({"scenario"}),
    "disarm": frozenset({"disarm"}),
    "snapshot": frozenset({"snapshot"}),
    "restore": frozenset({"restore"}),
    "reset": frozenset({"reset"}),
    "journal": frozenset({"journal"}),
    "calls": frozenset({"calls"}),
    "dump": frozenset({"dump", "scope"}),
    "unchanged": frozenset({"unchanged", "except"}),
}
"""Permitted members of a step, by the member that tells the step's kind."""

Node = Mapping[str, Any]

MAX_TIMES = 1000
MAX_WAIT_MS = 120_000
MAX_CHUNKS = 1000
_VENDOR = re.compile("[a-z][a-z0-9_-]{0,63}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_CALL = re.compile(r"(?:[A-Z]{1,20}|\$\{\w+\}) /[^\s\x00-\x20\x7f]*|\$\{\w+\}")
_CONTROL_CALL = re.compile(r"[A-Z]{1,20} /(?!.*\.\.)[^\s\x00-\x20\x7f]*")
_REPLAY = re.compile(r".*/replay\b")
_OWN_HEADERS = ("mock-sandbox", "host")
_ENCODINGS = (
    "utf-8",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "latin-1",
    "ascii",
    "cp1252",
    "utf-8-sig",
)
_SHOWN = 40
_STEP_MEMBERS = frozenset().union(*STEPS.values())
MAX_CALLS = 10_000
MAX_PROBLEMS = 10


class BadCaseError(MockServerError):
    """Error of an invalid case; the message names file and place."""


class Case(Value, frozen=True):
    """Preconditions, actions and expectations at one vendor."""

    vendor: str
    place: str
    """File and row, for messages."""
    says: str = ""
    source: str = "assumed"
    seed: int | None = None
    """Seed of the sandbox; None means the default seed."""
    empty: bool = False
    """Whether the sandbox begins without records."""
    assumptions: Mapping[str, str] = field(default_factory=dict)
    freeze: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of every call."""
    names: Mapping[str, Any] = field(default_factory=dict)
    """Initial placeholders."""
    scenarios: Sequence[str | Node] = ()
    """Names of packaged scenarios, or scenario documents, which are armed between `given` and `when`."""
    given: Sequence[Node] = ()
    when: Sequence[Node] = ()
    then: Sequence[Node] = ()

    @property
    def steps(self) -> Iterator[Node]:
        return nested_steps((*self.given, *self.when, *self.then))

    @property
    def needs_socket(self) -> bool:
        """Whether the case expects a lost response, which only a real connection can show."""
        return any("fails" in step for step in self.steps)


class CaseDefaults(Value, frozen=True):
    """Defaults of a vendor's cases: headers of every call, and placeholders."""

    headers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)


def read_case(node: Node, place: str, vendor: str, common: CaseDefaults) -> Case:
    """Parse `node` as a case for `vendor`. Raises BadCaseError."""
    check_members(place, "case", node, HEAD)
    if node.get("vendor", vendor) != vendor:
        raise BadCaseError(f"{place}: the case is for {node['vendor']}")
    if not node.get("when"):
        raise BadCaseError(f"{place}: when is missing")
    if node.get("source", "assumed") not in SOURCES:
        raise BadCaseError(f"{place}: source is one of {', '.join(SOURCES)}")
    if "scenario" in node and "scenarios" in node:
        raise BadCaseError(f"{place}: scenario or scenarios, not both")
    for part in ("given", "when", "then"):
        check_steps(place, node.get(part, ()))
    own = {name: value for name, value in node.items() if name not in ("vendor", "scenario")}
    if "scenario" in node:
        own["scenarios"] = [node["scenario"]]
    own["headers"] = {**common.headers, **node.get("headers", {})}
    own["names"] = {"vendor": vendor, **common.names, **node.get("names", {})}
    return Case(vendor, place, **own)


def check_steps(place: str, steps: Sequence[Node], within: str = "step") -> None:
    for number, step in enumerate(steps, 1):
        _check_step(place, f"{within} {number}", step)


def check_members(place: str, what: str, node: Node, names: frozenset[str]) -> None:
    if unknown := sorted(node.keys() - names):
        raise BadCaseError(f"{place}: {what}: unknown {', '.join(unknown)}")


def _check_step(place: str, where: str, step: Node) -> None:
    kinds = [kind for kind in STEPS if kind in step and step.keys() <= STEPS[kind]]
    if len(kinds) != 1:
        raise BadCaseError(f"{place}: {where}: unknown or mixed members {sorted(step)}")
    if kinds[0] in ("call", "control"):
        _check_call(place, where, step)
    elif kinds[0] == "walk":
        check_steps(place, step.get("between", ()), f"{where}, step")
    elif kinds[0] == "together":
        _check_together(place, where, step)


def _check_call(place: str, where: str, step: Node) -> None:
    if len(BODIES & step.keys()) > 1:
        raise BadCaseError(f"{place}: {where}: one of {', '.join(sorted(BODIES & step.keys()))}, not more")
    if "fails" in step:
        loss = step["fails"] if isinstance(step["fails"], Mapping) else {"kind": step["fails"]}
        check_members(place, where, loss, frozenset({"kind", "status"}))
        if "answer" in step or loss.get("kind") not in LOSS_KINDS:
            raise BadCaseError(
                f"{place}: {where}: fails is one of {', '.join(LOSS_KINDS)}, and has no answer"
            )
    else:
        _check_answer(place, where, step.get("answer", {}))


def _check_answer(place: str, where: str, answer: Node | str) -> None:
    if isinstance(answer, str):
        return  # a placeholder
    check_members(place, where, answer, ANSWER)
    if "status" not in answer and "same_as" not in answer:
        raise BadCaseError(f"{place}: {where}: answer.status is missing")


def _check_together(place: str, where: str, step: Node) -> None:
    for number, call in enumerate(step["together"], 1):
        inside = f"{where}, call {number}"
        if "call" not in call or not call.keys() <= CALL:
            raise BadCaseError(f"{place}: {inside}: unknown or mixed members {sorted(call)}")
        if "answers" not in step:
            _check_call(place, inside, call)
        elif {"answer", "fails"} & call.keys():
            raise BadCaseError(f"{place}: {inside}: its answer belongs in answers")
    for answer in step.get("answers", ()):
        _check_answer(place, where, {name: node for name, node in answer.items() if name != "times"})


def nested_steps(steps: Sequence[Node]) -> Iterator[Node]:
    for step in steps:
        yield step
        yield from nested_steps((*step.get("together", ()), *step.get("between", ())))


_Check = Callable[[Json], str]
"""Function that returns a description of the expected value, or "" if the value is valid."""


def find_shape_problems(document: Json) -> Iterator[DocumentProblem]:
    if not isinstance(document, dict):
        yield DocumentProblem((), "wrong-type", "a case is a mapping", "begin with vendor: NAME")
        return
    yield from _member_problems(document, _HEAD_CHECKS, frozenset(HEAD), ())
    for name in ("vendor", "when"):
        if name not in document:
            yield DocumentProblem((), "missing-key", f"{name} is missing", f"add {name}:")
    for part in ("given", "when", "then"):
        yield from _steps_problems(document.get(part, []), (part,))


def _steps_problems(steps: Json, path: Path) -> Iterator[DocumentProblem]:
    if not isinstance(steps, list):
        return  # reported with the member
    for at, step in enumerate(steps):
        inside = (*path, at)
        if not isinstance(step, dict):
            cure = "write one such as {call: GET /path}"
            yield DocumentProblem(inside, "wrong-type", "a step is a mapping", cure)
            continue
        yield from _member_problems(step, _STEP_CHECKS, _STEP_MEMBERS, inside)
        for name in ("together", "between"):
            yield from _steps_problems(step.get(name, []), (*inside, name))


def _member_problems(
    node: Mapping[str, Json], checks: Mapping[str, _Check], members: frozenset[str], path: Path
) -> Iterator[DocumentProblem]:
    for name, value in node.items():
        place = (*path, name)
        if name not in members:
            near = get_close_matches(name, sorted(members), 1)
            cure = f"did you mean {near[0]}?" if near else f"use {', '.join(sorted(members)[:12])} …"
            yield DocumentProblem(place, UNKNOWN_KEY, f"unknown member {name[:_SHOWN]}", cure)
        elif name == "headers":
            yield from _header_problems(value, place)
        elif name in checks and (expected := checks[name](value)):
            detail = f"expected {expected}, found {_shown(value)}"
            yield DocumentProblem(place, "wrong-type", detail, f"write {expected}")


def _header_problems(headers: Json, path: Path) -> Iterator[DocumentProblem]:
    if not isinstance(headers, dict):
        detail = f"expected a mapping of headers, found {_shown(headers)}"
        yield DocumentProblem(path, "wrong-type", detail, "write {Name: text}")
        return
    for name, value in headers.items():
        texts = value if isinstance(value, list) else [value]
        if not _HEADER.fullmatch(name):
            detail, cure = f"{name[:_SHOWN]!r} is not a header name", "use letters, digits and -"
        elif name.lower() in _OWN_HEADERS:
            detail, cure = f"{name} is set by the runner", "leave it out"
        elif any(isinstance(text, dict | list) for text in texts):
            detail, cure = "a header is a text, null, or a list of texts", "write a text"
        elif any(has_line_break(str(text)) for text in texts):
            detail, cure = "a header is one line", "leave out line breaks and control characters"
        else:
            continue
        yield DocumentProblem((*path, name), "bad-header", detail, cure)


def has_line_break(text: str) -> bool:
    """Return whether the text has a character that would end or garble a header line of HTTP."""
    return any(sign < " " and sign != "\t" for sign in text) or "\x7f" in text


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _kind(expected: str, *kinds: type) -> _Check:
    def check(value: Json) -> str:
        is_fine = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        is_placeholder = isinstance(value, str) and value.startswith("${")
        return "" if is_fine or is_placeholder else expected

    return check


def _number(lowest: int, highest: int) -> _Check:
    def check(value: Json) -> str:
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_number and lowest <= value <= highest else f"a number from {lowest} to {highest}"

    return check


def _one_of(*words: str) -> _Check:
    return lambda value: "" if value in words else f"one of {', '.join(words)}"


def _matching(pattern: re.Pattern[str], expected: str) -> _Check:
    return lambda value: "" if isinstance(value, str) and pattern.fullmatch(value) else expected


def _answers(value: Json) -> str:
    is_fine = isinstance(value, list) and all(
        isinstance(one, dict) and not _number(1, MAX_TIMES)(one.get("times", 1)) for one in value
    )
    return "" if is_fine else f"a list of answers, times at most {MAX_TIMES}"


def _control(value: Json) -> str:
    expected = "METHOD /path below the sandbox"
    if isinstance(value, str) and _REPLAY.fullmatch(value):
        return f"{expected}, and no replay"
    return _matching(_CONTROL_CALL, expected)(value)


_TEXT = _kind("a text", str)
_MAP = _kind("a mapping", dict)
_LIST = _kind("a list", list)
_STEPS = _kind("a list of steps", list)
_SCENARIO = _kind("a scenario or its name", str, dict)
_IS = _kind("true or false", bool)
_WAIT = _number(0, MAX_WAIT_MS)

_HEAD_CHECKS: Mapping[str, _Check] = MappingProxyType(
    {
        "vendor": _matching(_VENDOR, "the name of a vendor"),
        "says": _TEXT,
        "source": _one_of(*SOURCES),
        "seed": _number(-(2**31), 2**31 - 1),
        "empty": _IS,
        "assumptions": _MAP,
        "freeze": _TEXT,
        "names": _MAP,
        "scenario": _SCENARIO,
        "scenarios": _LIST,
        **dict.fromkeys(("given", "when", "then"), _STEPS),
    }
)
_STEP_CHECKS: Mapping[str, _Check] = MappingProxyType(
    {
        "call": _matching(_CALL, "METHOD /path"),
        "walk": _matching(_CALL, "METHOD /path"),
        "control": _control,
        "vendor": lambda value: "" if value == "" else _HEAD_CHECKS["vendor"](value),
        "encoding": _one_of(*_ENCODINGS),
        "chunked": lambda value: "" if isinstance(value, bool) else _number(1, MAX_CHUNKS)(value),
        "times": _number(1, MAX_TIMES),
        **dict.fromkeys(("after", "takes", "repeat_for"), _WAIT),
        "within": _number(1, MAX_WAIT_MS),
        **dict.fromkeys(("gzip", "keep_alive", "reset", "unchanged"), _IS),
        **dict.fromkeys(
            ("freeze", "snapshot", "restore", "remember", "hex", "base64", "items", "key"), _TEXT
        ),
        **dict.fromkeys(("answer", "fails"), _kind("a mapping", dict, str)),
        **dict.fromkeys(("assume", "dump", "next"), _MAP),
        "keep": _kind("a mapping or a name", dict, str),
        "scenario": _SCENARIO,
        "disarm": _kind("true, or the name of a scenario", str, bool),
        "advance": _kind("a number of seconds", int),
        "calls": _number(0, 1_000_000),
        **dict.fromkeys(("together", "between"), _STEPS),
        **dict.fromkeys(("covers", "except"), _LIST),
        "answers": _answers,
    }
)


class BadCaseFileError(BadCaseError):
    """Error of an invalid case file `name`; `problems` has the first `MAX_PROBLEMS` problems."""

    def __init__(self, name: str, problems: Iterable[DocumentProblem]) -> None:
        self.name, self.problems = name, list(islice(problems, MAX_PROBLEMS))
        super().__init__("\n".join(f"{self.where(one)}: {one.detail}; {one.hint}" for one in self.problems))

    def where(self, problem: DocumentProblem) -> str:
        """Return `file:line:column`, or `file` if the position is unknown."""
        return f"{self.name}:{problem.line}:{problem.column}" if problem.line else self.name


def read_case_file(content: bytes, name: str) -> Case:
    """Parse a case file; `name` is the file's name in messages. Raises BadCaseFileError."""
    found = _parse(content)
    if found.syntax_problems:
        raise BadCaseFileError(name, found.syntax_problems)
    problems = list(islice(find_shape_problems(found.document), MAX_PROBLEMS))
    problems = problems or list(islice(_semantic_problems(found.document, name), 1))
    if problems:
        raise BadCaseFileError(name, map(found.locate, problems))
    return _read(found.document, name)


def _parse(content: bytes) -> PositionedDocument:
    if len(content) > MAX_CASE_BYTES:
        detail = f"{len(content):,} bytes, at most {MAX_CASE_BYTES:,} are read"
        return PositionedDocument.refused("too-large", detail, "export fewer calls")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        detail, cure = "a byte that is not UTF-8", "save the file as UTF-8"
        return PositionedDocument.refused("unreadable", detail, cure, line, 1)
    document = _json_document(text)
    return parse_yaml(text, MAX_CASE_BYTES) if document is None else PositionedDocument(document)


def _json_document(text: str) -> Json:
    """Return the document if the text, without comment lines, is a JSON object; otherwise None."""
    below = "\n".join(line for line in text.split("\n") if not line.startswith("#")).strip()
    if not below.startswith("{"):
        return None
    try:
        document = json.decode(below.encode())
        json.check_depth(document)
    except (MalformedBody, UnicodeError):
        return None
    return document


def _semantic_problems(document: Node, name: str) -> Iterator[DocumentProblem]:
    for part in ("given", "when", "then"):
        for at, step in enumerate(document.get(part, ())):
            try:
                check_steps(name, [step])
            except BadCaseError as error:
                detail = str(error).removeprefix(f"{name}: step 1").lstrip(":, ")
                yield DocumentProblem((part, at), "contradiction", detail, "see docs/cases.md")
    try:
        case = _read(document, name)
    except BadCaseError as error:
        yield DocumentProblem((), "contradiction", str(error).removeprefix(f"{name}: "), "see docs/cases.md")
        return
    calls = sum(int(step.get("times", 1)) for step in case.steps)
    if calls > MAX_CALLS:
        cure = f"write smaller times, at most {MAX_TIMES} each"
        yield DocumentProblem((), "too-many", f"{calls:,} calls, at most {MAX_CALLS:,} are made", cure)


def _read(document: Node, name: str) -> Case:
    return read_case(document, name, document["vendor"], CaseDefaults())
