"""The director: which rules may hit a call, and in which order (edge-cases §2).

First what the header `Mock-Scenario` names, then magic tokens, then armed scenarios by priority, newest
first. `casting` counts and draws; the pipeline obeys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from urllib.parse import parse_qsl

from mockserver.assumption import MAGIC_TOKENS, ON
from mockserver.auth import READING
from mockserver.codec import json
from mockserver.errors import BadHeader, Refusal
from mockserver.model import NOTHING, Call, Document, Item, Json, Path
from mockserver.sandbox import Sandboxes
from mockserver.scenario import magic, reading
from mockserver.scenario.casting import Cue, Scene, cast
from mockserver.scenario.decision import UNBENT, Decision
from mockserver.scenario.model import ItemEffect, Match, Rule, Scenario, Select
from mockserver.spec import Operation
from mockserver.store import OWN
from mockserver.vendor import Request

HEADER = "mock-scenario"
MAGIC = "sbx"
"""The scenario that magic tokens are said to stand in."""

_NAMED = re.compile(r"([a-z0-9][a-z0-9-]{0,63})\s*(?:;\s*seed=(-?[0-9]{1,18}))?")
_KEPT = 512

Read = Callable[[], Request]
Named = tuple[tuple[str, int | None], ...]


class Director:
    """Decides for every call of every vendor.

    `operations` are the vendors' by name, `packaged` the scenarios that ship, by name, as texts.
    """

    def __init__(
        self,
        sandboxes: Sandboxes,
        operations: Mapping[str, frozenset[str]],
        packaged: Mapping[str, str] = NOTHING,
    ) -> None:
        self._sandboxes, self._packaged = sandboxes, packaged
        self._of_text = lru_cache(_KEPT)(lambda text: reading.read(text, operations))
        self._of_octets = lru_cache(_KEPT)(lambda octets: reading.of(json.decode(octets), operations))

    def check(self, call: Call) -> None:
        """Look at the header that names scenarios, if the call has one.

        Raises:
            BadHeader: it is malformed or names nothing.
        """
        if HEADER not in call.headers:
            return
        known = sorted({*_stored(call), *self._packaged})
        for name, _seed in named(call.headers[HEADER]):
            if name not in known:
                near = get_close_matches(name, known, 3) or known
                raise BadHeader(f"Mock-Scenario: there is no scenario {name}; there are {', '.join(near)}")

    def decide(self, call: Call, operation: Operation, read: Read) -> Decision:
        """What becomes of the call; `read` opens its envelope for rules that look inside.

        A call that cannot be read meets only rules that do not look inside.
        """
        magical = magic.MARK in call.body and bool(operation.magic) and call.assumptions[MAGIC_TOKENS] == ON
        if not call.scenarios and not magical and HEADER not in call.headers:
            return UNBENT
        by_header, armed = self._cues(call, operation)
        if not by_header and not armed and not magical:
            return UNBENT
        scene = _scene(call, operation, read)
        tokens = tuple(_tokens(scene.items, operation.magic)) if magical else ()
        cues = (*by_header, *tokens, *armed)
        return self._sandboxes.transact(call.sandbox, OWN, lambda state: cast(scene, cues, state))

    def _cues(self, call: Call, operation: Operation) -> tuple[tuple[Cue, ...], tuple[Cue, ...]]:
        stored = _stored(call)
        chosen = named(call.headers[HEADER]) if HEADER in call.headers else ()
        by_header = [(self._scenario(name, stored), seed) for name, seed in chosen]
        others = [one for one in stored.values() if one["armed"] and one["name"] not in dict(chosen)]
        newest_first = sorted(others, key=lambda one: -one["order"])
        armed = [(self._scenario(one["name"], stored), None) for one in newest_first]
        ranked = sorted(_cast_list(armed, call, operation), key=lambda cue: cue.rule.priority)
        return tuple(_cast_list(by_header, call, operation)), tuple(ranked)

    def _scenario(self, name: str, stored: Mapping[str, Document]) -> Scenario:
        if name in stored:
            return self._of_octets(json.encode(stored[name]["document"]))
        return self._of_text(self._packaged[name])


def _stored(call: Call) -> Mapping[str, Document]:
    return {one["name"]: one for one in call.scenarios}


def named(header: str) -> Named:
    """The scenarios that the header names, each with a seed or None.

    Raises:
        BadHeader: it is malformed.
    """
    found: list[tuple[str, int | None]] = []
    for part in header.split(","):
        match = _NAMED.fullmatch(part.strip())
        if match is None:
            raise BadHeader("Mock-Scenario: expected <name> or <name>;seed=<number>, several with commas")
        found.append((match[1], int(match[2]) if match[2] else None))
    return tuple(found)


def _cast_list(
    scenarios: Sequence[tuple[Scenario, int | None]], call: Call, operation: Operation
) -> Iterator[Cue]:
    """The rules of the scenarios, in their order, that the call's head matches."""
    for scenario, seed in scenarios:
        for rule in scenario.rules:
            if _is_for_head(rule.match, call, operation):
                yield Cue(scenario.name, rule, scenario.seed if seed is None else seed)


def _is_for_head(match: Match, call: Call, operation: Operation) -> bool:
    if match.vendor not in ("", call.vendor) or match.operation not in ("", operation.id):
        return False
    if any(call.headers.get(name) != text for name, text in match.headers.items()):
        return False
    sent = parse_qsl(call.query, keep_blank_values=True) if match.query else ()
    return all(pair in sent for pair in match.query.items())


def _scene(call: Call, operation: Operation, read: Read) -> Scene:
    try:
        request = read()
    except Refusal:
        return Scene(call)
    if operation.batch is not None:
        return Scene(call, request.document, request.items)
    if not operation.magic and (operation.safe or call.method in READING):
        return Scene(call, request.document)
    named_by_path = [one.name for one in operation.parameters if one.place == "path"]
    key = str(request.parameters[named_by_path[-1]]) if named_by_path else ""
    return Scene(call, request.document, (Item(0, key, request.document),))


def _tokens(items: tuple[Item, ...], place: Path) -> Iterator[Cue]:
    """A rule for each item that holds a magic token; of those for the whole call the first item's counts."""
    for item in items:
        text = _text_at(item.document, place)
        effect = magic.effect_of(text)
        if effect is not None:
            one = ItemEffect(Select(index=item.index), effect)
            yield Cue(MAGIC, Rule(id=magic.token_of(text), items=(one,)))
        response = magic.response_of(text) if item.index == 0 else None
        if response is not None:
            yield Cue(MAGIC, Rule(id=magic.token_of(text), response=response[0], commit=response[1]))


def _text_at(document: Json, place: Path) -> str:
    for step in place:
        document = document.get(step) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""
