"""What a new sandbox needs so that recorded calls meet the state that they met."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from mockserver.codec.instants import print_instant
from mockserver.engine.auth import CREDENTIALS
from mockserver.journal.entry import Entry
from mockserver.model import EMPTY, Document, Json
from mockserver.sandbox import assumptions as sandbox_assumptions
from mockserver.sandbox.scenarios import SCENARIOS
from mockserver.sandbox.settings import SETTINGS, Settings
from mockserver.sandbox.snapshots import SNAPSHOT_COLLECTIONS
from mockserver.sandbox.store import SANDBOX_SCOPE, CallStates, Tables

_SEQUENCES = "sequences"
_SKIPPED = frozenset(
    {
        (SANDBOX_SCOPE, SETTINGS, "beginning"),  # what a reset restores
        (SANDBOX_SCOPE, SETTINGS, "clock"),  # set by itself
        (SANDBOX_SCOPE, SETTINGS, "seed"),  # a member of the sandbox
        (SANDBOX_SCOPE, _SEQUENCES, SCENARIOS),  # only the order of scenarios matters
    }
)
_Place = tuple[str, str, str]


def story_settings(first: Entry, before: Tables, vendors: Collection[str]) -> Settings:
    """Return the settings of a sandbox that is as near as settings can make it to the state `before`."""
    own = before[SANDBOX_SCOPE]
    stored = sorted(own.get(SCENARIOS, EMPTY).values(), key=lambda record: record["order"])
    values = sandbox_assumptions.overridden_values(before)
    return Settings(
        first.call.sandbox,
        own[SETTINGS]["seed"]["value"],
        clock_of(first) or own[SETTINGS]["clock"]["frozen"],
        own[SETTINGS]["beginning"].get("empty", False),
        {name: value for name, value in values.items() if name.partition(".")[0] in vendors},
        tuple(record["document"] for record in stored if record["armed"]),
    )


def clock_of(entry: Entry) -> str:
    """Return the time of the sandbox's clock at a call, "" if the call never met it."""
    return print_instant(entry.call.now) if entry.call.now else ""


def state_patches(
    initial: Tables, entries: Sequence[Entry], states: Mapping[int, CallStates], vendors: Collection[str]
) -> Iterator[Document]:
    """Yield for each call the documents to merge before it: those that differ from what is there by then."""
    scopes = (SANDBOX_SCOPE, *(f"{vendor}/" for vendor in vendors))

    def is_relevant(scope: str) -> bool:
        return scope.startswith(scopes)

    numbers = [entry.number for entry in entries]
    yield _patch(initial, states[numbers[0]].before, is_relevant)
    for previous, number in pairwise(numbers):
        yield _patch(states[previous].after, states[number].before, is_relevant)


def _patch(before: Tables, after: Tables, is_relevant: Callable[[str], bool]) -> Document:
    patch: dict[str, dict[str, dict[str, Json]]] = {}
    for (scope, name, key), document in _changes(before, after):
        if is_relevant(scope) and (scope, name, key) not in _SKIPPED:
            patch.setdefault(scope, {}).setdefault(name, {})[key] = document
    return patch


def _changes(before: Tables, after: Tables) -> Iterator[tuple[_Place, Document | None]]:
    for scope in sorted(before.keys() | after.keys()):
        was, now = before.get(scope, EMPTY), after.get(scope, EMPTY)
        for name in sorted(was.keys() | now.keys()):
            old, new = was.get(name, EMPTY), now.get(name, EMPTY)
            if old is new or name in SNAPSHOT_COLLECTIONS:
                continue
            for key in sorted(old.keys() | new.keys()):
                one, other = old.get(key), new.get(key)
                if one is not other and not _is_same(name, one, other):
                    yield (scope, name, key), other


def _is_same(collection: str, old: Document | None, new: Document | None) -> bool:
    """Return whether nothing differs; scenarios are the same if only their order numbers differ."""
    if collection == SCENARIOS and old is not None and new is not None:
        return {**old, "order": 0} == {**new, "order": 0}
    return old == new


def known_credentials(fixtures: Tables, states: Mapping[int, CallStates]) -> frozenset[str]:
    """Return the credentials of the fixtures and those that the sandbox knows, and all texts of fixtures."""
    held = [tables for state in states.values() for tables in (state.before, state.after)]
    issued = {
        key
        for tables in held
        for scope, collections in tables.items()
        if scope != SANDBOX_SCOPE
        for key in collections.get(CREDENTIALS, EMPTY)
    }
    return frozenset(issued).union(_texts(fixtures))


def _texts(node: Json) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for key, child in node.items():
            yield key
            yield from _texts(child)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from _texts(child)
