"""Shadow: each call that is passed on is given to the mock too, and both answers are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus

from msgspec.structs import replace as replaced

from mockserver.engine.admission import Arrival
from mockserver.engine.call import Pipeline
from mockserver.engine.passage import Departure, decoded
from mockserver.journal.answer_differences import DECIDING, Answers
from mockserver.model import Answer, Difference, Reply, parse_pointer, value_at
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import SETTINGS, IdleTracker
from mockserver.sandbox.snapshots import diff_values, dump_tables
from mockserver.sandbox.store import SANDBOX_SCOPE, CallState, State, Tables
from mockserver.spec.openapi import RouteMatch

RULE = "a rule that the mock does not know"
"""Cure of a difference that no assumption and no record settles."""

_UNSAID = frozenset({401, 403, 429, 502, 503, 504})
"""Statuses of a real server that tell nothing of the vendor's rules; the mock does not get these calls."""

_ID, _LONG_ID = re.compile(r"[\w-]+"), re.compile(rb"[\w-]{8,}")
"""A text that may be an id, in a path; in a body, where a short text is more often something else."""

_MISSING = re.compile("unknown|missing|not-found")
"""What the codes of problems have if a record is missing to which an item refers."""

_LATER_S = 90_061
_FURTHER = 5_000
_MAX_TRIED = 200
"""Maximum number of items of a call with which other values of assumptions are tried."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
SEQUENCES = "sequences"
SHADOW = "shadow"
"""Collection with the mark that a sandbox has a shadow."""


@dataclass(slots=True)
class _Pair:
    """Mock and twin of one sandbox, which get the same calls as the real server."""

    pipelines: tuple[Pipeline, ...]
    assumptions: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[dict[str, str], ...] = field(default_factory=lambda: ({}, {}))
    """Ids of mock and twin, by the ids of the real server."""
    real_ids: tuple[dict[str, str], ...] = field(default_factory=lambda: ({}, {}))
    """Ids of the real server, by the ids of mock and twin."""
    made: set[tuple[str, str]] = field(default_factory=set)
    cures: dict[Difference, str] = field(default_factory=dict)
    """Known cures, by the difference without its item."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """Mocks beside the real server of one vendor. They have stores of their own, which no client can name."""

    pipeline: Pipeline
    clock: Clock
    max_body_bytes: int
    pairs: dict[str, _Pair] = field(default_factory=dict)
    """By name of the sandbox whose calls are passed on. Only a call that has its lock uses a pair."""

    def compare(self, arrival: Arrival, departure: Departure, reply: Reply) -> tuple[Difference, ...]:
        """Give the call, without held items, to the mock; return how its answer differs from `reply`."""
        if reply.status in _UNSAID or departure.route is None:
            return ()
        body = arrival.call.body if departure.body is None else departure.body
        sent = replaced(arrival, call=replaced(arrival.call, body=body), may_take_long=True)
        try:
            return tuple(self._compared(sent, departure, decoded(reply, self.max_body_bytes)))
        except Exception as error:  # noqa: BLE001 - the client gets the real answer, whatever the mock does
            return (Difference("failure", str(reply.status), repr(error), cure=RULE),)

    def _compared(self, arrival: Arrival, departure: Departure, reply: Reply) -> list[Difference]:
        name, request = departure.call.sandbox, departure.opened.request
        vendor, sandboxes = self.pipeline.served.name, self.pipeline.admission.sandboxes
        if sandboxes.store.transact(name, f"{vendor}/", _is_new) or name not in self.pairs:
            for gone in self.pairs.keys() - {*sandboxes.store.names()}:
                del self.pairs[gone]
            tables = sandboxes.dump(name)
            self.pairs[name] = _Pair(tuple([self._mock(name, tables, later) for later in (0, _LATER_S)]))
        pair = self.pairs[name]
        if pair.assumptions != departure.call.assumptions:
            pair.assumptions = departure.call.assumptions
            for one in pair.pipelines:
                self._assume(one, name, pair.assumptions)
        store = pair.pipelines[0].admission.sandboxes.store
        store.forget_calls(name)
        mock = self._ask(pair, 0, arrival)
        store.end_call(name, 1)
        numbers = store.transact(name, f"{vendor}/", _numbers)
        pair.pipelines[1].admission.sandboxes.store.transact(
            name, f"{vendor}/", partial(_part_sequences, numbers)
        )
        twin = self._ask(pair, 1, arrival)
        if request is None:
            is_same = mock.reply.status == reply.status
            return (
                []
                if is_same
                else [Difference("status", str(reply.status), str(mock.reply.status), cure=RULE)]
            )
        sent = tuple([item for item in request.items if item.index not in departure.held])
        has_prose = bool(self.pipeline.served.vendor.batches or self.pipeline.served.vendor.operations)
        answers = Answers(request, sent, (reply, mock.reply, twin.reply), pair.made, has_prose)
        _learn(pair, answers)
        found = list(answers.differences())
        return self._with_cures(pair, found, answers, arrival, mock) if found else []

    def _mock(self, name: str, tables: Tables, later_s: int) -> Pipeline:
        """Return a mock with the records `tables`, whose clock, and seed, are `later_s` ahead."""
        store, admission = MemoryStore(self.clock), self.pipeline.admission
        sandboxes = replace(admission.sandboxes, store=store, idle_tracker=IdleTracker())
        sandboxes.idle_tracker.add(name)
        store.create(name, lambda whole: whole.load(tables))
        if later_s:
            sandboxes.set_clock(name, lambda now, clock: clock.advanced(later_s, now))
            store.transact(name, SANDBOX_SCOPE, partial(_set_seed, later_s))
        admission = replace(admission, sandboxes=sandboxes, scenario_selector=None, strict=False)
        return replace(self.pipeline, admission=admission)

    def _assume(self, mock: Pipeline, name: str, values: Mapping[str, str]) -> None:
        vendor = self.pipeline.served.name
        mock.admission.sandboxes.assume(name, {f"{vendor}.{one}": value for one, value in values.items()})

    def _ask(self, pair: _Pair, at: int, arrival: Arrival) -> Answer:
        """Return the answer of mock or twin, with the ids of the real server where they are known."""
        answer = pair.pipelines[at].handle(_with_ids(arrival, pair.ids[at]))[1]
        body = _renamed(answer.reply.body, pair.real_ids[at])
        return replaced(answer, reply=replaced(answer.reply, body=body))

    def _with_cures(
        self, pair: _Pair, found: list[Difference], answers: Answers, arrival: Arrival, mock: Answer
    ) -> list[Difference]:
        """Return the differences with what would settle each."""
        name = arrival.call.sandbox
        signs = [replaced(one, index=None, key="") for one in found]
        if any(sign not in pair.cures for sign in signs):
            store = pair.pipelines[0].admission.sandboxes.store
            states = store.call_states(name, {1})
            before = states[1].before if 1 in states else store.control(name, dump_tables)
            trials = (
                [*self._trials(pair, before, answers, arrival)] if len(answers.sent) <= _MAX_TRIED else []
            )
            for one, sign in zip(found, signs, strict=True):
                left = [(len(others), cure) for cure, others in trials if not _is_among(one, others)]
                pair.cures[sign] = _fixture(one, answers, mock, before) or min(left, default=(0, RULE))[1]
        return [replaced(one, cure=pair.cures[sign]) for one, sign in zip(found, signs, strict=True)]

    def _trials(
        self, pair: _Pair, before: Tables, answers: Answers, arrival: Arrival
    ) -> Iterator[tuple[str, list[Difference]]]:
        """Yield for each other value of an assumption what would differ, as a copy of the mock answers."""
        served, real = self.pipeline.served, answers.replies[0]
        for one in served.vendor.assumptions:
            for value in {one.default: None, **dict.fromkeys(one.alternatives)}:
                if value != pair.assumptions[one.name]:
                    mock = self._mock(arrival.call.sandbox, before, 0)
                    self._assume(mock, arrival.call.sandbox, {one.name: value})
                    reply = self._ask(replace(pair, pipelines=(mock,)), 0, arrival).reply
                    if reply.media_type == answers.replies[1].media_type:
                        others = replace(answers, replies=(real, reply, reply)).differences()
                        yield f"assumption {served.name}.{one.name}={value}", [*others]


def _is_new(state: CallState) -> bool:
    """Return whether the sandbox has no shadow yet: it is new, was reset, or got a whole state."""
    begun = state.collection(SHADOW, "")
    if is_new := "begun" not in begun:
        begun["begun"] = {}
    return is_new


def _set_seed(seed: int, state: State) -> None:
    state.sandbox_collection(SETTINGS)["seed"] = {"value": seed}


def _part_sequences(numbers: Mapping[str, int], state: CallState) -> None:
    """Let the twin count from other numbers than the mock."""
    counted = state.collection(SEQUENCES, "")
    for name, last in numbers.items():
        if name not in counted:
            counted[name] = {"last": last + _FURTHER}


def _with_ids(arrival: Arrival, ids: Mapping[str, str]) -> Arrival:
    """Return the call with the ids of a mock in place of the ids of the real server."""
    call, route = arrival.call, arrival.route
    if not (ids and isinstance(route, RouteMatch)):
        return arrival
    path, query = [_ID.sub(lambda found: ids.get(found[0], found[0]), one) for one in (call.path, call.query)]
    call = replaced(call, path=path, query=query, body=_renamed(call.body, ids))
    values = {name: ids.get(value, value) for name, value in route.values.items()}
    return replaced(arrival, call=call, route=replace(route, values=values))


def _renamed(body: bytes, ids: Mapping[str, str]) -> bytes:
    return (
        _LONG_ID.sub(lambda found: ids.get(found[0].decode(), "").encode() or found[0], body) if ids else body
    )


def _learn(pair: _Pair, answers: Answers) -> None:
    """Note keys and ids of the records that the client made; an id is a value that the mocks draw."""
    operation = answers.request.operation
    paths = operation.batch.key_paths if operation.batch and operation.writes else ()
    for item in answers.sent:
        pair.made.update((str(path[-1]).lower(), str(value_at(item.document, path))) for path in paths)
    for _, _, (real, *mocks) in answers.records():
        for change in diff_values(*mocks):
            path = parse_pointer(change.pointer)
            text = str(value_at(real, path))
            if _ID.fullmatch(text) and not _DATE.match(text):
                pair.made.add((str(path[-1]).lower(), text))
                for at, name in enumerate(("old", "new")):
                    drawn = str(change.values.get(name))
                    pair.ids[at][text], pair.real_ids[at][drawn] = drawn, text


def _is_among(one: Difference, others: Iterable[Difference]) -> bool:
    """Return whether a difference is still there, or is hidden by one that decides more."""
    return any(
        other.index in (one.index, None)
        and ((other.kind, other.place, other.key) == (one.kind, one.place, one.key) or other.kind in DECIDING)
        for other in others
    )


def _fixture(one: Difference, answers: Answers, mock: Answer, tables: Tables) -> str:
    """Return the cure "fixture COLLECTION KEY" if the mock misses a record; else ""."""
    operation, at = answers.request.operation, [item.index for item in answers.sent]
    if one.kind == "status" and mock.reply.status == HTTPStatus.NOT_FOUND:
        return f"fixture {operation.collection} {answers.request.call.path.rpartition('/')[2]}"
    if one.kind != "outcome" or one.index not in at or not mock.outcomes:
        return ""
    for problem in mock.outcomes[at.index(one.index)].problems:
        if _MISSING.search(problem.code) and problem.path:
            name = str(problem.path[-1])
            value = value_at(answers.sent[at.index(one.index)].document, (name,))
            for collections in tables.values():
                for collection, documents in collections.items():
                    known = {str(one[name]).strip().casefold() for one in documents.values() if name in one}
                    if known and collection != operation.collection:
                        is_known = str(value).strip().casefold() in known
                        return "" if is_known else f"fixture {collection} {value}"
    return ""


def _numbers(state: CallState) -> dict[str, int]:
    """Return the last numbers of the vendor's sequences."""
    counted = state.collection(SEQUENCES, "")
    return {name: counted[name]["last"] for name in counted}
