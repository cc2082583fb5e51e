"""Shadow: each call that is passed on is given to the mock too, and both answers are compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from msgspec.structs import replace as replaced

from mockserver.engine.admission import Arrival
from mockserver.engine.call import Pipeline
from mockserver.engine.passage import Departure, decoded
from mockserver.journal.answer_differences import EXPLAINING, Answers, Told
from mockserver.model import Answer, Call, Difference, Item, Problem, Reply, value_at
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import SETTINGS, IdleTracker, Sandboxes
from mockserver.sandbox.snapshots import dump_tables
from mockserver.sandbox.store import CallState, State, Tables
from mockserver.spec.openapi import RouteMatch
from mockserver.vendor import Request

RULE = "a rule that the mock does not know"
"""Cure of a difference that no assumption and no record settles."""

_UNSAID = frozenset({304, 401, 403, 429, 502, 503, 504})
"""Statuses of a real server that tell nothing of the vendor's rules; the mock does not get these calls."""

_ID, _QUERY_ID = re.compile(r"[\w:.-]+"), re.compile(r"[\w:.-]{3,}")
_BODY_ID = re.compile(rb"\w[\w:.-]{7,}")
"""Text that may be an id. A short text in a query or a body is more often something else."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MISSING = re.compile("unknown|missing|not-found")
"""What the codes of problems have if a record is missing to which an item refers."""

_SEQUENCES, _SHADOW = "sequences", "mock-shadow"
_LATER_S, _FURTHER = 90_061, 5_000
"""By how much the twin's clock and numbers are ahead of those of the mock."""

_MAX_TRIED = 200
"""Maximum number of items of a call with which other values of assumptions are tried."""


@dataclass(slots=True)
class _Pair:
    """Mock and twin of one sandbox, which get the same calls as the real server."""

    mocks: tuple[Sandboxes, ...]
    assumptions: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[dict[str, str], ...] = field(default_factory=lambda: ({}, {}))
    """Ids of mock and twin, by the ids of the real server."""
    real_ids: tuple[dict[str, str], ...] = field(default_factory=lambda: ({}, {}))
    """Ids of the real server, by the ids of mock and twin."""
    made: set[tuple[str, str]] = field(default_factory=set)
    cures: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Found cures, by operation, kind and place of a difference, and the codes of the mock's problems."""


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
        request = departure.opened.request
        if reply.status in _UNSAID or request is None:
            return ()
        body = arrival.call.body if departure.body is None else departure.body
        arrival = replaced(arrival, call=replaced(departure.call, body=body), may_take_long=True)
        try:
            pair = self._pair(arrival.call)
            mock, twin = self._answers(pair, arrival)
            sent = tuple([item for item in request.items if item.index not in departure.held])
            pair.made |= _keys(request, sent)
            replies = (decoded(reply, self.max_body_bytes), mock.reply, twin.reply)
            vendor = self.pipeline.served.vendor
            answers = Answers(request, sent, replies, pair.made, bool(vendor.batches or vendor.operations))
            told = answers.told()
            _learn(pair, told)
            found = tuple(answers.differences(told))
            return self._with_cures(pair, found, answers, arrival, mock) if found else ()
        except Exception as error:  # noqa: BLE001 - the client gets the real answer, whatever the mock does
            return (Difference("failure", str(reply.status), repr(error), cure=RULE),)

    @property
    def _scope(self) -> str:
        return f"{self.pipeline.served.name}/"

    def _pair(self, call: Call) -> _Pair:
        """Return the pair of the call's sandbox, a new one if the sandbox is new or was reset."""
        name, sandboxes = call.sandbox, self.pipeline.admission.sandboxes
        if sandboxes.store.transact(name, self._scope, _is_new) or name not in self.pairs:
            for gone in self.pairs.keys() - {*sandboxes.store.names()}:
                del self.pairs[gone]
            tables = sandboxes.dump(name)
            self.pairs[name] = _Pair(tuple([self._copy(name, tables, later) for later in (0, _LATER_S)]))
        pair = self.pairs[name]
        if pair.assumptions != call.assumptions:
            pair.assumptions = call.assumptions
            for mock in pair.mocks:
                self._assume(mock, call)
        return pair

    def _copy(self, name: str, tables: Tables, later_s: int = 0) -> Sandboxes:
        """Return a copy of the sandbox, with another clock and seed if `later_s` is not 0."""
        store = MemoryStore(self.clock)
        made = replace(self.pipeline.admission.sandboxes, store=store, idle_tracker=IdleTracker())
        made.idle_tracker.add(name)
        store.create(name, lambda whole: whole.load(tables))
        if later_s:
            made.set_clock(name, lambda now, clock: clock.advanced(later_s, now))
            store.control(name, _change_seed)
            store.transact(name, self._scope, lambda state: _count_on(state, _numbers(state)))
        return made

    def _assume(self, mock: Sandboxes, call: Call, **values: str) -> None:
        chosen = values or call.assumptions
        mock.assume(call.sandbox, {self._scope[:-1] + f".{name}": value for name, value in chosen.items()})

    def _ask(self, mock: Sandboxes, arrival: Arrival, pair: _Pair, at: int = 0) -> Answer:
        """Return the answer of a mock, with the ids of the real server where they are known."""
        admission = replace(self.pipeline.admission, sandboxes=mock, scenario_selector=None, strict=False)
        answer = replace(self.pipeline, admission=admission).handle(_with_ids(arrival, pair.ids[at]))[1]
        body = _renamed(answer.reply.body, pair.real_ids[at])
        return replaced(answer, reply=replaced(answer.reply, body=body))

    def _answers(self, pair: _Pair, arrival: Arrival) -> tuple[Answer, Answer]:
        """Return the answers of mock and twin. The twin counts from other numbers than the mock."""
        name, (mock, twin) = arrival.call.sandbox, pair.mocks
        mock.store.forget_calls(name)
        answer = self._ask(mock, arrival, pair)
        mock.store.end_call(name, 1)
        numbers = mock.store.transact(name, self._scope, _numbers)
        known = twin.store.transact(name, self._scope, _numbers)
        new = {one: last for one, last in numbers.items() if one not in known}
        twin.store.transact(name, self._scope, lambda state: _count_on(state, new))
        return answer, self._ask(twin, arrival, pair, 1)

    def _with_cures(
        self, pair: _Pair, found: tuple[Difference, ...], answers: Answers, arrival: Arrival, mock: Answer
    ) -> tuple[Difference, ...]:
        """Return the differences with what would settle each."""
        store, cured = pair.mocks[0].store, []
        states = store.call_states(arrival.call.sandbox, {1})
        before = states[1].before if states else store.control(arrival.call.sandbox, dump_tables)
        problems = {
            item.index: told.problems for item, told in zip(answers.sent, mock.outcomes, strict=False)
        }
        trials: list[tuple[str, list[Difference]]] | None = None
        for one in found:
            why = problems.get(-1 if one.index is None else one.index, ())
            sign = (answers.request.operation.id, one.kind, one.place, *[problem.code for problem in why])
            cure = _fixture(one, answers, mock, why, before) or pair.cures.get(sign)
            if cure is None:
                trials = [*self._trials(pair, before, answers, arrival)] if trials is None else trials
                settled = [(len(left), name) for name, left in trials if not _is_among(one, left)]
                cure = pair.cures[sign] = min(settled, default=(0, RULE))[1]
            cured.append(replaced(one, cure=cure))
        return tuple(cured)

    def _trials(
        self, pair: _Pair, before: Tables, answers: Answers, arrival: Arrival
    ) -> Iterator[tuple[str, list[Difference]]]:
        """Yield for each other value of an assumption what would differ, as a copy of the mock answers."""
        for one in self.pipeline.served.vendor.assumptions if len(answers.sent) <= _MAX_TRIED else ():
            for value in {one.default, *one.alternatives} - {pair.assumptions[one.name]}:
                copy = self._copy(arrival.call.sandbox, before)
                self._assume(copy, arrival.call, **{one.name: value})
                reply, (real, mock, _) = self._ask(copy, arrival, pair).reply, answers.replies
                if reply.media_type == mock.media_type:
                    tried = replace(answers, replies=(real, reply, reply))
                    left = [*tried.differences(tried.told())]
                    yield f"assumption {self._scope[:-1]}.{one.name}={value}", left


def _is_new(state: CallState) -> bool:
    """Return whether a sandbox has no mark of its shadow yet, and mark it."""
    marks = state.collection(_SHADOW, "")
    is_new = "begun" not in marks
    marks["begun"] = {}
    return is_new


def _change_seed(state: State) -> None:
    state.sandbox_collection(SETTINGS)["seed"] = {"value": _LATER_S}


def _numbers(state: CallState) -> dict[str, int]:
    """Return the last numbers of the vendor's sequences."""
    counted = state.collection(_SEQUENCES, "")
    return {name: counted[name]["last"] for name in counted}


def _count_on(state: CallState, numbers: Mapping[str, int]) -> None:
    """Let sequences count on from far beyond these numbers."""
    documents = {name: {"last": last + _FURTHER} for name, last in numbers.items()}
    state.collection(_SEQUENCES, "").update(documents)


def _with_ids(arrival: Arrival, ids: Mapping[str, str]) -> Arrival:
    """Return the call with the ids of a mock in place of the ids of the real server."""
    call, route = arrival.call, arrival.route
    if not (ids and isinstance(route, RouteMatch)):
        return arrival
    path = "/".join([ids.get(part, part) for part in call.path.split("/")])
    query = _QUERY_ID.sub(lambda found: ids.get(found[0], found[0]), call.query)
    call = replaced(call, path=path, query=query, body=_renamed(call.body, ids))
    values = {name: ids.get(value, value) for name, value in route.values.items()}
    return replaced(arrival, call=call, route=replace(route, values=values))


def _renamed(body: bytes, ids: Mapping[str, str]) -> bytes:
    return _BODY_ID.sub(lambda found: ids.get(found[0].decode(), "").encode() or found[0], body)


def _keys(request: Request, sent: Iterable[Item]) -> set[tuple[str, str]]:
    """Return name and text of the members that identify the items."""
    paths = request.operation.batch.key_paths if request.operation.batch else ()
    found = [(path, value_at(item.document, path)) for item in sent for path in paths]
    return {(str(path[-1]).lower(), str(value)) for path, value in found if value is not None}


def _learn(pair: _Pair, told: Told) -> None:
    """Note the ids that the real server gave to the records that the client made."""
    for path, change in told.drawn.items():
        text = str(value_at(told.real, path))
        if _ID.fullmatch(text) and not _DATE.match(text):
            pair.made.add((str(path[-1]).lower(), text))
            for at, name in enumerate(("old", "new")):
                drawn = str(change.values.get(name))
                pair.ids[at][text], pair.real_ids[at][drawn] = drawn, text


def _is_among(one: Difference, others: list[Difference]) -> bool:
    """Return whether a difference is still there, or is hidden by one that explains the item."""
    hiding = {(other.kind, other.place) for other in others if other.index in (one.index, None)}
    return not hiding.isdisjoint([(one.kind, one.place), *[(kind, "") for kind in EXPLAINING]])


def _fixture(one: Difference, answers: Answers, mock: Answer, why: Sequence[Problem], tables: Tables) -> str:
    """Return the cure "fixture COLLECTION KEY" if the mock misses a record; else ""."""
    request, batch = answers.request, answers.request.operation.batch
    if one.kind == "status" and mock.reply.status == HTTPStatus.NOT_FOUND:
        return f"fixture {request.operation.collection} {request.call.path.rpartition('/')[2]}"
    of_all_tenants = [pair for collections in tables.values() for pair in collections.items()]
    for problem in why if batch and one.kind == "outcome" else ():
        item = next(item for item in answers.sent if item.index == one.index)
        name = str(("", *problem.path)[-1])
        value = str(value_at(item.document, (name,)))
        for collection, documents in of_all_tenants if _MISSING.search(problem.code) else ():
            known = {str(document[name]) for document in documents.values() if name in document}
            if known and batch and collection != batch.collection:
                is_spelt_otherwise = value not in known and value.casefold() in map(str.casefold, known)
                return "" if is_spelt_otherwise else f"fixture {collection} {value}"
    return ""
