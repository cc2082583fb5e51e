"""Magic tokens: words in a field of the data that bend what becomes of it, without a control plane.

A token is a whole word of the text, at most 32 characters long, in lower case. What looks like one and is
none does nothing. Source: edge-cases §2 "Three switches".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mockserver.model import Fault
from mockserver.scenario.model import Commit, Delay, Dribble, Effect, ResponseEffect
from mockserver.scenario.timing import LONGEST_MS

Response: TypeAlias = tuple[ResponseEffect, Commit]

MARK = b"sbx."
"""How every token begins; a body without it has none."""

CODES = (
    "missing-required",
    "too-long",
    "duplicate-key",
    "unknown-reference",
    "locked",
    "conflict",
    "throttled",
    "internal",
    "timeout",
)
"""The neutral codes of what may go wrong with an item (edge-cases §2)."""

HANG_MS = 30_000
SLOW_MS = 3_000
RETRY_SECONDS = 7
MAX_TOKEN = 32

_WORD = re.compile(r"(?<![\w.-])sbx(?:\.[a-z0-9-]+)+(?![\w.-])")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_STATUS = re.compile(r"[45][0-9]{2}")
_THROTTLED = "429"
_NOTHING_DONE = Commit(first=0)
_ALL_DONE = Commit()

_FAULTS: Mapping[str, ResponseEffect] = {
    "reset": ResponseEffect(fault="CONNECTION_RESET_BY_PEER"),
    "garbage": ResponseEffect(fault="RANDOM_DATA_THEN_CLOSE"),
    "empty": ResponseEffect(fault="EMPTY_RESPONSE"),
    "chunk": ResponseEffect(fault="MALFORMED_RESPONSE_CHUNK"),
    "truncated": ResponseEffect(fault="TRUNCATED_BODY"),
    "length": ResponseEffect(fault="WRONG_LENGTH"),
    "short": ResponseEffect(fault="LENGTH_TOO_SMALL"),
    "silent": ResponseEffect(fault="NO_RESPONSE"),
    "idle": ResponseEffect(fault="CLOSE_IDLE"),
    "drip": ResponseEffect(dribble=Dribble(10, SLOW_MS)),
}


def effect_of(text: str) -> Effect | None:
    """What the first token for an item in `text` does to it; None where there is none."""
    return next((effect for word in words(text) if (effect := _effect(word)) is not None), None)


def response_of(text: str) -> Response | None:
    """What the first token for a whole call in `text` answers, and what takes effect all the same.

    Of an error nothing does; a fault of the transport loses the answer to work that was done.
    """
    return next((response for word in words(text) if (response := _response(word)) is not None), None)


def words(text: str) -> Iterator[str]:
    """The words of `text` that look like tokens; what one does, the two functions above say of it alone."""
    return (found[0] for found in _WORD.finditer(text) if len(found[0]) <= MAX_TOKEN)


def _effect(word: str) -> Effect | None:
    _, name, *rest = word.split(".")
    said = rest[0] if rest else ""
    if name not in _EFFECTS or len(rest) > 1:
        return None
    return _EFFECTS[name](said)


def _fail(code: str) -> Effect | None:
    return Effect(fail=Fault(code)) if code in CODES else None


def _flaky(times: str) -> Effect | None:
    return Effect(fail=Fault("internal"), fail_times=int(times)) if _NUMBER.fullmatch(times) else None


def _warn(code: str) -> Effect | None:
    code = code or "too-long"
    return Effect(warn=Fault(code)) if code in CODES else None


def _hang(ms: str) -> Effect | None:
    wait = _milliseconds(ms, HANG_MS)
    return None if wait is None else Effect(hang_ms=wait)


_EFFECTS: Mapping[str, Callable[[str], Effect | None]] = {
    "fail": _fail,
    "flaky": _flaky,
    "warn": _warn,
    "hang": _hang,
    "omit": lambda said: None if said else Effect(omit=True),
    "dup": lambda said: None if said else Effect(duplicate=1),
}


def _response(word: str) -> Response | None:
    _, name, *rest = word.split(".")
    if name == "slow" and len(rest) <= 1:
        wait = _milliseconds(rest[0] if rest else "", SLOW_MS)
        return None if wait is None else (ResponseEffect(delay=Delay("fixed", value=wait)), _ALL_DONE)
    if rest:
        return None
    if _STATUS.fullmatch(name):
        wait = RETRY_SECONDS if name == _THROTTLED else None
        return ResponseEffect(status=int(name), retry_after=wait), _NOTHING_DONE
    return (_FAULTS[name], _ALL_DONE) if name in _FAULTS else None


def _milliseconds(text: str, usual: int) -> int | None:
    if not text:
        return usual
    return int(text) if _NUMBER.fullmatch(text) and int(text) <= LONGEST_MS else None
