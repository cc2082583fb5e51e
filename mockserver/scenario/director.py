"""The director: which rules may hit a call, and in which order (edge-cases §2).

First what the header `Mock-Scenario` names, then magic tokens, then armed scenarios by priority, newest
first. `casting` counts and draws; the pipeline obeys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from urllib.parse import parse_qsl

from mockserver.assumption import MAGIC_TOKENS, ON
from mockserver.auth import READING
from mockserver.codec import json
from mockserver.errors import BadHeader
from mockserver.model import NOTHING, Call, Document, Item, Json, Path
from mockserver.scenario import magic, reading
from mockserver.scenario.casting import cast
from mockserver.scenario.decision import UNBENT, Decision
from mockserver.scenario.model import ItemEffect, Match, Rule, Scenario, Select
from mockserver.scenario.scene import Cue, Scene
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendor import Request

HEADER = "mock-scenario"
MAGIC = "sbx"
"""The scenario that magic tokens are said to stand in."""

_NAMED = re.compile(r"([a-z0-9][a-z0-9-]{0,63})\s*(?:;\s*seed=(-?[0-9]{1,18}))?")
_KEPT = 512

Named = Mapping[str, int | None]


class Director:
    """Decides for every call of every vendor.

    `operations` are the vendors' by name, `packaged` the scenarios that ship, by name, as texts.
    """

    def __init__(
        self,
        operations: Mapping[str, frozenset[str]],
        packaged: Mapping[str, str] = NOTHING,
    ) -> None:
        self._operations, self._packaged = operations, packaged
        self._of_text = lru_cache(_KEPT)(lambda text: reading.read(text, operations))
        self._known: dict[int, tuple[Document, Scenario]] = {}

    def check(self, call: Call) -> None:
        """Look at the header that names scenarios, if the call has one.

        Raises:
            BadHeader: it is malformed or names nothing.
        """
        if HEADER not in call.headers:
            return
        known = sorted({*_stored(call), *self._packaged})
        for name in named(call.headers[HEADER]):
            if name not in known:
                near = get_close_matches(name, known, 3) or known
                raise BadHeader(f"Mock-Scenario: there is no scenario {name}; there are {', '.join(near)}")

    def decide(self, call: Call, operation: Operation, request: Request | None, state: State) -> Decision:
        """What becomes of the call; one without a `request` cannot be read.

        It meets only rules that do not look inside.
        """
        magical = magic.MARK in call.body and bool(operation.magic) and call.assumptions[MAGIC_TOKENS] == ON
        if not call.scenarios and not magical and HEADER not in call.headers:
            return UNBENT
        by_header, armed = self._cues(call, operation)
        if not by_header and not armed and not magical:
            return UNBENT
        scene = _scene(call, operation, request)
        tokens = tuple(_tokens(scene.items, operation.magic)) if magical else ()
        cues = (*by_header, *tokens, *armed)
        return cast(scene, cues, state)

    def _cues(self, call: Call, operation: Operation) -> tuple[tuple[Cue, ...], tuple[Cue, ...]]:
        stored = _stored(call)
        chosen = named(call.headers[HEADER]) if HEADER in call.headers else {}
        by_header = [(self._scenario(name, stored), seed) for name, seed in chosen.items()]
        others = [one for one in stored.values() if one["armed"] and one["name"] not in chosen]
        newest_first = sorted(others, key=lambda one: -one["order"])
        armed = [(self._scenario(one["name"], stored), None) for one in newest_first]
        return _cast_list(by_header, call, operation), _cast_list(armed, call, operation)

    def _scenario(self, name: str, stored: Mapping[str, Document]) -> Scenario:
        if name not in stored:
            return self._of_text(self._packaged[name])
        document = stored[name]["document"]
        known = self._known.get(id(document))
        return known[1] if known is not None and known[0] is document else self._read(document)

    def _read(self, document: Document) -> Scenario:
        """The scenario that the document is, kept for as long as the store hands out that very document."""
        scenario = reading.of(json.decode(json.encode(document)), self._operations)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[id(document)] = (document, scenario)
        return scenario


def _stored(call: Call) -> Mapping[str, Document]:
    return {one["name"]: one for one in call.scenarios}


def named(header: str) -> Named:
    """The scenarios that the header names, in its order, each with a seed or None.

    Raises:
        BadHeader: it is malformed, or names one twice.
    """
    found: dict[str, int | None] = {}
    for part in header.split(","):
        match = _NAMED.fullmatch(part.strip())
        if match is None:
            raise BadHeader("Mock-Scenario: expected <name> or <name>;seed=<number>, several with commas")
        if match[1] in found:
            raise BadHeader(f"Mock-Scenario: {match[1]} is named twice")
        found[match[1]] = int(match[2]) if match[2] else None
    return found


def _cast_list(
    scenarios: Sequence[tuple[Scenario, int | None]], call: Call, operation: Operation
) -> tuple[Cue, ...]:
    """The rules that the call's head matches: by priority, then in the order of the scenarios."""
    found = [
        Cue(scenario.name, rule, scenario.seed if seed is None else seed)
        for scenario, seed in scenarios
        for rule in scenario.rules
        if _is_for_head(rule.match, call, operation)
    ]
    return tuple(sorted(found, key=lambda cue: cue.rule.priority))


def _is_for_head(match: Match, call: Call, operation: Operation) -> bool:
    if match.vendor not in ("", call.vendor) or match.operation not in ("", operation.id):
        return False
    if any(call.headers.get(name) != text for name, text in match.headers.items()):
        return False
    sent = parse_qsl(call.query, keep_blank_values=True) if match.query else ()
    return all(pair in sent for pair in match.query.items())


def _scene(call: Call, operation: Operation, request: Request | None) -> Scene:
    if request is None:
        return Scene(call, is_unread=True)
    return Scene(call, request.document, _items(call, operation, request), request.tenant)


def _items(call: Call, operation: Operation, request: Request) -> tuple[Item, ...]:
    """The batch's, or the one document of a call that writes, by the last key that its path names."""
    if operation.batch is not None:
        return request.items
    if not operation.magic and (operation.safe or call.method in READING):
        return ()
    named_by_path = [one.name for one in operation.parameters if one.place == "path"]
    key = str(request.parameters[named_by_path[-1]]) if named_by_path else ""
    return (Item(0, key, request.document),)


def _tokens(items: tuple[Item, ...], place: Path) -> Iterator[Cue]:
    """A rule for each item that holds a magic token; of those for the whole call the first item's counts."""
    for item in items:
        words = tuple(magic.words(_text_at(item.document, place)))
        yield from islice(_for_item(words, item), 1)
        if item.index == 0:
            yield from islice(_for_call(words), 1)


def _for_item(words: Sequence[str], item: Item) -> Iterator[Cue]:
    for word in words:
        effect = magic.effect_of(word)
        if effect is not None:
            yield Cue(MAGIC, Rule(id=word, items=(ItemEffect(Select(index=item.index), effect),)))


def _for_call(words: Sequence[str]) -> Iterator[Cue]:
    for word in words:
        response = magic.response_of(word)
        if response is not None:
            yield Cue(MAGIC, Rule(id=word, response=response[0], commit=response[1]))


def _text_at(document: Json, place: Path) -> str:
    for step in place:
        document = document.get(step) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""
