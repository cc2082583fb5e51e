"""Select the rules that may apply to a call, in order: header, magic tokens, armed scenarios."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import TypeAlias, TypeVar
from urllib.parse import parse_qsl

from mockserver.codec import json
from mockserver.errors import InvalidHeaderError
from mockserver.model import EMPTY, Call, Document, Fault, Item, Json, Path, members_of
from mockserver.sandbox.assumptions import MAGIC_TOKENS, ON
from mockserver.sandbox.store import State
from mockserver.scenario import parser
from mockserver.scenario.evaluation import MAX_DELAY_MS, evaluate
from mockserver.scenario.model import (
    COMMIT_ALL,
    NO_EFFECTS,
    CallContext,
    Candidate,
    Commit,
    Decision,
    Delay,
    Dribble,
    Effect,
    ItemEffect,
    ItemSelector,
    ResponseEffect,
    Rule,
    RuleMatch,
    Scenario,
)
from mockserver.spec.openapi import Operation
from mockserver.vendor import Request

SCENARIO_HEADER = "mock-scenario"
MAGIC_SCENARIO = "sbx"
"""Scenario name in the journal for effects of magic tokens."""

_MAX_STEPS = 1_000_000
_STEPS_A_SCENARIO = 10_000
_HEADER_ELEMENT = re.compile(r"([a-z0-9][a-z0-9-]{0,63})\s*(?:;\s*seed=(-?[0-9]{1,18}))?")
_CACHE_SIZE = 512
_MOST_KNOWN_RULES = 1_000
"""Maximum number of parsed rules in memory; they take about 2 MiB."""

T = TypeVar("T")
SeedsByScenario = Mapping[str, int | None]

FIRST_WORD = "sbx"
"""The first word of every magic token."""

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
"""Codes of the faults of an item, which every vendor puts in its own words (docs/scenarios.md)."""

DEFAULT_HANG_MS = 30_000
DEFAULT_SLOW_MS = 3_000
RETRY_SECONDS = 7
MAX_TOKEN_LENGTH = 32
_PREFIX = f"{FIRST_WORD}."
_TOKEN = re.compile(rf"(?<![\w.-]){FIRST_WORD}(?:\.[a-z0-9-]+)+(?![\w.-])")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_STATUS = re.compile(r"[45][0-9]{2}")
_TOO_MANY_REQUESTS = "429"
_COMMIT_NOTHING = Commit(first=0)
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


class ScenarioSelector:
    def __init__(
        self,
        operations: Mapping[str, frozenset[str]],
        packaged: Mapping[str, str] = EMPTY,
    ) -> None:
        self._operations, self._packaged = operations, packaged
        self._of_text = lru_cache(_CACHE_SIZE)(lambda text: parser.parse_text(text, operations))
        self._known: dict[int, tuple[Document, Scenario]] = {}

    def check(self, call: Call) -> None:
        """Check the header that names scenarios, if the call has one. Raises InvalidHeaderError."""
        if SCENARIO_HEADER not in call.headers:
            return
        known = sorted({*_stored_by_name(call), *self._packaged})
        for name in parse_scenario_header(call.headers[SCENARIO_HEADER]):
            if name not in known:
                near = get_close_matches(name, known, 3) or known
                raise InvalidHeaderError(
                    f"Mock-Scenario: there is no scenario {name}; there are {', '.join(near)}"
                )

    def takes_long(self, call: Call) -> bool:
        """Return whether the tests of the scenarios may take over a twentieth of a second."""
        if not call.scenarios:
            return False
        stored, header = _stored_by_name(call), call.headers.get(SCENARIO_HEADER, "")
        used = [name for name, one in stored.items() if one["armed"] or name in header]
        tests = [self._scenario(name, stored).tests for name in used]
        return len(call.body) * sum(tests) + len(tests) * _STEPS_A_SCENARIO > _MAX_STEPS

    def decide(self, call: Call, operation: Operation, request: Request | None, state: State) -> Decision:
        """Return the decision on the call. If `request` is None, rules that need the body do not apply."""
        magical = _may_have_token(call, operation, request)
        if not call.scenarios and not magical and SCENARIO_HEADER not in call.headers:
            return NO_EFFECTS
        by_header, armed = self._candidates(call, operation)
        if not by_header and not armed and not magical:
            return NO_EFFECTS
        scene = _call_context(call, operation, request)
        tokens = tuple(_token_candidates(scene.items, operation.magic)) if magical else ()
        cues = (*by_header, *tokens, *armed)
        return evaluate(scene, cues, state)

    def _candidates(
        self, call: Call, operation: Operation
    ) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
        stored = _stored_by_name(call)
        chosen = (
            parse_scenario_header(call.headers[SCENARIO_HEADER]) if SCENARIO_HEADER in call.headers else {}
        )
        by_header = [(self._scenario(name, stored), seed) for name, seed in chosen.items()]
        others = [one for one in stored.values() if one["armed"] and one["name"] not in chosen]
        newest_first = sorted(others, key=lambda one: -one["order"])
        armed = [(self._scenario(one["name"], stored), None) for one in newest_first]
        return _candidates_of(by_header, call, operation), _candidates_of(armed, call, operation)

    def _scenario(self, name: str, stored: Mapping[str, Document]) -> Scenario:
        if name not in stored:
            return self._of_text(self._packaged[name])
        document = stored[name]["document"]
        known = self._known.get(id(document))
        return known[1] if known is not None and known[0] is document else self._read(document)

    def _read(self, document: Document) -> Scenario:
        scenario = parser.parse_document(json.decode(json.encode(document)), self._operations)
        if sum(len(known.rules) for _, known in list(self._known.values())) > _MOST_KNOWN_RULES:
            self._known.clear()
        self._known[id(document)] = (document, scenario)
        return scenario


def _stored_by_name(call: Call) -> Mapping[str, Document]:
    return {scenario["name"]: scenario for scenario in call.scenarios}


def parse_scenario_header(header: str) -> SeedsByScenario:
    """Return the scenarios in the header, in order, each with a seed or None. Raises InvalidHeaderError."""
    found: dict[str, int | None] = {}
    for part in header.split(","):
        match = _HEADER_ELEMENT.fullmatch(part.strip())
        if match is None:
            raise InvalidHeaderError(
                "Mock-Scenario: expected <name> or <name>;seed=<number>, several with commas"
            )
        if match[1] in found:
            raise InvalidHeaderError(f"Mock-Scenario: {match[1]} is named twice")
        found[match[1]] = int(match[2]) if match[2] else None
    return found


def _candidates_of(
    scenarios: Sequence[tuple[Scenario, int | None]], call: Call, operation: Operation
) -> tuple[Candidate, ...]:
    """Return the rules that match the call's head, by priority, then in the order of the scenarios."""
    found = [
        Candidate(scenario.name, rule, scenario.seed if seed is None else seed)
        for scenario, seed in scenarios
        for rule in scenario.rules
        if _matches_head(rule.match, call, operation)
    ]
    return tuple(sorted(found, key=lambda cue: cue.rule.priority))


def _matches_head(match: RuleMatch, call: Call, operation: Operation) -> bool:
    if match.vendor not in ("", call.vendor) or match.operation not in ("", operation.id):
        return False
    if match.writes not in (None, operation.writes):
        return False
    if any(call.headers.get(name) != text for name, text in match.headers.items()):
        return False
    sent = parse_qsl(call.query, keep_blank_values=True) if match.query else ()
    return all(pair in sent for pair in match.query.items())


def _call_context(call: Call, operation: Operation, request: Request | None) -> CallContext:
    if request is None:
        return CallContext(call, is_unreadable=True)
    return CallContext(call, request.document, _items(call, operation, request), request.tenant)


def _items(call: Call, operation: Operation, request: Request) -> tuple[Item, ...]:
    """Return the items that rules see: the items of a batch; the body of a single write; none for a read.

    The key of a single write is its last path parameter.
    """
    if operation.batch is not None:
        return request.items
    if not operation.writes:
        return ()
    named_by_path = [parameter.name for parameter in operation.parameters if parameter.place == "path"]
    key = str(request.parameters[named_by_path[-1]]) if named_by_path else ""
    adds = call.method == "POST" and not operation.path.endswith("}")
    return (Item(0, key, request.document, json.digest(request.document) if adds or not key else ""),)


def _token_candidates(items: tuple[Item, ...], place: Path) -> Iterator[Candidate]:
    """Yield a rule for the first item token of each item, and for the first whole-call token of item 0."""
    for item in items:
        text = _text_at(item.document, place)
        if bent := first_token(text, parse_effect):
            effect = ItemEffect(ItemSelector(index=item.index), bent[1])
            yield Candidate(MAGIC_SCENARIO, Rule(id=bent[0], items=(effect,)))
        if item.index == 0 and (answered := first_token(text, parse_response)):
            word, (response, commit) = answered
            yield Candidate(MAGIC_SCENARIO, Rule(id=word, response=response, commit=commit))


def _text_at(document: Json, place: Path) -> str:
    for step in place:
        document = document.get(step) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""


TokenResponse: TypeAlias = tuple[ResponseEffect, Commit]


def _may_have_token(call: Call, operation: Operation, request: Request | None) -> bool:
    """Return whether the prefix of tokens occurs in the member for tokens of an item, or of the document."""
    if request is None or not operation.magic or call.assumptions[MAGIC_TOKENS] != ON:
        return False
    texts = [item.document for item in request.items] if operation.batch else [request.document]
    for step in operation.magic:
        texts = members_of(texts, str(step))
    return _PREFIX in "\n".join([text for text in texts if isinstance(text, str)])


def first_token(text: str, parse: Callable[[str], T | None]) -> tuple[str, T] | None:
    """Return the first token that `parse` knows, and what the token asks for."""
    found = ((word, parse(word)) for word in find_tokens(text))
    return next(((word, asked) for word, asked in found if asked is not None), None)


def find_tokens(text: str) -> Iterator[str]:
    return (found[0] for found in _TOKEN.finditer(text) if len(found[0]) <= MAX_TOKEN_LENGTH)


def parse_effect(word: str) -> Effect | None:
    _, name, *rest = word.split(".")
    argument = rest[0] if rest else ""
    if name not in _EFFECT_PARSERS or len(rest) > 1:
        return None
    return _EFFECT_PARSERS[name](argument)


def _warn(code: str) -> Effect | None:
    code = code or "too-long"
    return Effect(warn=Fault(code)) if code in ITEM_FAULT_CODES else None


def _hang(ms: str) -> Effect | None:
    wait = _parse_milliseconds(ms, DEFAULT_HANG_MS)
    return None if wait is None else Effect(hang_ms=wait)


_EFFECT_PARSERS: Mapping[str, Callable[[str], Effect | None]] = {
    "fail": lambda code: Effect(fail=Fault(code)) if code in ITEM_FAULT_CODES else None,
    "flaky": lambda times: (
        Effect(fail=Fault("internal"), fail_times=int(times)) if _NUMBER.fullmatch(times) else None
    ),
    "warn": _warn,
    "hang": _hang,
    "omit": lambda argument: None if argument else Effect(omit=True),
    "dup": lambda argument: None if argument else Effect(duplicate=1),
}


def parse_response(word: str) -> TokenResponse | None:
    """Return the answer that a token for a whole call asks for, and which items are stored.

    If the token asks for an error status, nothing is stored; otherwise everything is stored.
    """
    _, name, *rest = word.split(".")
    if name == "slow" and len(rest) <= 1:
        wait = _parse_milliseconds(rest[0] if rest else "", DEFAULT_SLOW_MS)
        return None if wait is None else (ResponseEffect(delay=Delay("fixed", value=wait)), COMMIT_ALL)
    if rest:
        return None
    if _STATUS.fullmatch(name):
        wait = RETRY_SECONDS if name == _TOO_MANY_REQUESTS else None
        return ResponseEffect(status=int(name), retry_after=wait), _COMMIT_NOTHING
    return (_TRANSPORT_EFFECTS[name], COMMIT_ALL) if name in _TRANSPORT_EFFECTS else None


def _parse_milliseconds(text: str, usual: int) -> int | None:
    if not text:
        return usual
    return int(text) if _NUMBER.fullmatch(text) and int(text) <= MAX_DELAY_MS else None
