"""Magic tokens: words in a text of an item that trigger an effect without the control plane."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from mockserver.model import Fault
from mockserver.scenario.chance import MAX_DELAY_MS
from mockserver.scenario.model import Commit, Delay, Dribble, Effect, ResponseEffect

TokenResponse: TypeAlias = tuple[ResponseEffect, Commit]

FIRST_WORD = "sbx"
"""The first word of every token."""

ITEM_FAULT_CODES = (
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
"""The neutral codes of what may go wrong with an item (docs/scenarios.md)."""

DEFAULT_HANG_MS = 30_000
DEFAULT_SLOW_MS = 3_000
RETRY_SECONDS = 7
MAX_TOKEN_LENGTH = 32

_PREFIX = re.compile(re.escape(f"{FIRST_WORD}.").encode())
_TOKEN = re.compile(rf"(?<![\w.-]){FIRST_WORD}(?:\.[a-z0-9-]+)+(?![\w.-])")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_STATUS = re.compile(r"[45][0-9]{2}")
_TOO_MANY_REQUESTS = "429"
_COMMIT_NOTHING = Commit(first=0)
_COMMIT_ALL = Commit()

_TRANSPORT_EFFECTS: Mapping[str, ResponseEffect] = {
    "reset": ResponseEffect(fault="CONNECTION_RESET_BY_PEER"),
    "garbage": ResponseEffect(fault="RANDOM_DATA_THEN_CLOSE"),
    "empty": ResponseEffect(fault="EMPTY_RESPONSE"),
    "chunk": ResponseEffect(fault="MALFORMED_RESPONSE_CHUNK"),
    "truncated": ResponseEffect(fault="TRUNCATED_BODY"),
    "length": ResponseEffect(fault="WRONG_LENGTH"),
    "short": ResponseEffect(fault="LENGTH_TOO_SMALL"),
    "silent": ResponseEffect(fault="NO_RESPONSE"),
    "idle": ResponseEffect(fault="CLOSE_IDLE"),
    "drip": ResponseEffect(dribble=Dribble(10, DEFAULT_SLOW_MS)),
}


def may_have_token(body: bytes) -> bool:
    """Return whether a body has the prefix; an expression finds it five times sooner than `in`."""
    return _PREFIX.search(body) is not None


def effect_of(text: str) -> Effect | None:
    """Return the effect of the first item token in `text`, None if there is none."""
    return next((effect for word in find_tokens(text) if (effect := _parse_effect(word)) is not None), None)


def response_of(text: str) -> TokenResponse | None:
    """Return what the first token for a whole call in `text` answers, and what takes effect all the same.

    Of an error nothing does; a fault of the transport loses the answer to work that was done.
    """
    return next(
        (response for word in find_tokens(text) if (response := _parse_response(word)) is not None), None
    )


def find_tokens(text: str) -> Iterator[str]:
    """Return the words of `text` that look like magic tokens."""
    return (found[0] for found in _TOKEN.finditer(text) if len(found[0]) <= MAX_TOKEN_LENGTH)


def _parse_effect(word: str) -> Effect | None:
    _, name, *rest = word.split(".")
    said = rest[0] if rest else ""
    if name not in _EFFECT_PARSERS or len(rest) > 1:
        return None
    return _EFFECT_PARSERS[name](said)


def _fail(code: str) -> Effect | None:
    return Effect(fail=Fault(code)) if code in ITEM_FAULT_CODES else None


def _flaky(times: str) -> Effect | None:
    return Effect(fail=Fault("internal"), fail_times=int(times)) if _NUMBER.fullmatch(times) else None


def _warn(code: str) -> Effect | None:
    code = code or "too-long"
    return Effect(warn=Fault(code)) if code in ITEM_FAULT_CODES else None


def _hang(ms: str) -> Effect | None:
    wait = _parse_milliseconds(ms, DEFAULT_HANG_MS)
    return None if wait is None else Effect(hang_ms=wait)


_EFFECT_PARSERS: Mapping[str, Callable[[str], Effect | None]] = {
    "fail": _fail,
    "flaky": _flaky,
    "warn": _warn,
    "hang": _hang,
    "omit": lambda said: None if said else Effect(omit=True),
    "dup": lambda said: None if said else Effect(duplicate=1),
}


def _parse_response(word: str) -> TokenResponse | None:
    _, name, *rest = word.split(".")
    if name == "slow" and len(rest) <= 1:
        wait = _parse_milliseconds(rest[0] if rest else "", DEFAULT_SLOW_MS)
        return None if wait is None else (ResponseEffect(delay=Delay("fixed", value=wait)), _COMMIT_ALL)
    if rest:
        return None
    if _STATUS.fullmatch(name):
        wait = RETRY_SECONDS if name == _TOO_MANY_REQUESTS else None
        return ResponseEffect(status=int(name), retry_after=wait), _COMMIT_NOTHING
    return (_TRANSPORT_EFFECTS[name], _COMMIT_ALL) if name in _TRANSPORT_EFFECTS else None


def _parse_milliseconds(text: str, usual: int) -> int | None:
    if not text:
        return usual
    return int(text) if _NUMBER.fullmatch(text) and int(text) <= MAX_DELAY_MS else None
