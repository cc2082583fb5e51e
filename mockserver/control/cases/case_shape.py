"""Check the shape of a case from a file: kinds and limits of its members, before anything is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from mockserver.control.cases.language import HEAD, SOURCES, STEPS
from mockserver.model import Json, Path

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


@dataclass(frozen=True, slots=True)
class ShapeProblem:
    """A member that is not as it has to be: where, what is wrong, what to do."""

    path: Path
    detail: str
    cure: str
    is_key: bool = False


_Check = Callable[[Json], str]
"""Returns what was expected, "" if the value is fine."""


def find_shape_problems(document: Json) -> Iterator[ShapeProblem]:
    """Yield what is wrong with the shape of a case."""
    if not isinstance(document, dict):
        yield ShapeProblem((), "a case is a mapping", "begin with vendor: NAME")
        return
    yield from _member_problems(document, _HEAD_CHECKS, frozenset(HEAD), ())
    for name in ("vendor", "when"):
        if name not in document:
            yield ShapeProblem((), f"{name} is missing", f"add {name}:")
    for part in ("given", "when", "then"):
        yield from _steps_problems(document.get(part, []), (part,))


def _steps_problems(steps: Json, path: Path) -> Iterator[ShapeProblem]:
    if not isinstance(steps, list):
        return  # reported with the member
    for at, step in enumerate(steps):
        inside = (*path, at)
        if not isinstance(step, dict):
            yield ShapeProblem(inside, "a step is a mapping", "write one such as {call: GET /path}")
            continue
        yield from _member_problems(step, _STEP_CHECKS, _STEP_MEMBERS, inside)
        for name in ("together", "between"):
            yield from _steps_problems(step.get(name, []), (*inside, name))


def _member_problems(
    node: Mapping[str, Json], checks: Mapping[str, _Check], members: frozenset[str], path: Path
) -> Iterator[ShapeProblem]:
    for name, value in node.items():
        place = (*path, name)
        if name not in members:
            near = get_close_matches(name, sorted(members), 1)
            cure = f"did you mean {near[0]}?" if near else f"use {', '.join(sorted(members)[:12])} …"
            yield ShapeProblem(place, f"unknown member {name[:_SHOWN]}", cure, is_key=True)
        elif name == "headers":
            yield from _header_problems(value, place)
        elif name in checks and (expected := checks[name](value)):
            yield ShapeProblem(place, f"expected {expected}, found {_shown(value)}", f"write {expected}")


def _header_problems(headers: Json, path: Path) -> Iterator[ShapeProblem]:
    if not isinstance(headers, dict):
        yield ShapeProblem(
            path, f"expected a mapping of headers, found {_shown(headers)}", "write {Name: text}"
        )
        return
    for name, value in headers.items():
        place = (*path, name)
        texts = value if isinstance(value, list) else [value]
        if not _HEADER.fullmatch(name):
            yield ShapeProblem(place, f"{name[:_SHOWN]!r} is not a header name", "use letters, digits and -")
        elif name.lower() in _OWN_HEADERS:
            yield ShapeProblem(place, f"{name} is set by the runner", "leave it out")
        elif any(isinstance(text, dict | list) for text in texts):
            yield ShapeProblem(place, "a header is a text, null, or a list of texts", "write a text")
        elif any(has_line_break(str(text)) for text in texts):
            yield ShapeProblem(place, "a header is one line", "leave out line breaks and control characters")


def has_line_break(text: str) -> bool:
    """Return whether the text has a character that would end a line of HTTP, or garble it."""
    return any(sign < " " and sign != "\t" for sign in text) or "\x7f" in text


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _is_placeholder(value: Json) -> bool:
    return isinstance(value, str) and value.startswith("${")


def _kind(expected: str, *kinds: type) -> _Check:
    def check(value: Json) -> str:
        is_fine = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        return "" if is_fine or _is_placeholder(value) else expected

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


def _chunked(value: Json) -> str:
    return "" if isinstance(value, bool) else _number(1, MAX_CHUNKS)(value)


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
        "chunked": _chunked,
        "times": _number(1, MAX_TIMES),
        **dict.fromkeys(("after", "takes"), _WAIT),
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
_STEP_MEMBERS = frozenset().union(*STEPS.values())
