"""Shadow: each call that is passed on is given to the mock too, and both answers are compared."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from http import HTTPStatus
from itertools import chain, islice

from msgspec import field
from msgspec.structs import replace

from mockserver.engine.admission import Arrival
from mockserver.engine.call import Pipeline
from mockserver.engine.passage import Departure, decoded
from mockserver.journal.answer_differences import EXPLAINING, Answers, Told
from mockserver.model import Answer, Call, Difference, Document, Item, Problem, Reply, Value, value_at
from mockserver.sandbox.clock import Clock
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import SETTINGS, IdleTracker, Sandboxes
from mockserver.sandbox.store import CallState, Tables
from mockserver.vendor import Request

MAX_DIFFERENCES = 500
"""Maximum number of differences of a call that are recorded."""

RULE = "the real server has a rule that the mock lacks"
"""Cure of a difference that no assumption and no record settles."""

_UNSAID = frozenset({304, 401, 403, 429, 502, 503, 504})
"""Statuses of a real server that tell nothing of the vendor's rules; the mock does not get these calls."""

_ID = re.compile(r"(?!(None|True|False)$|\d{4}-\d\d-\d\d)[\w:.-]+")
_QUERY_ID = re.compile(r"[\w:.-]{3,}")
_BODY_ID = re.compile(rb"\w[\w:.-]{7,}")
"""Text that may be an id. A short text in a query or a body is more often something else."""

_MISSING = re.compile("unknown|missing|not-found")
"""What the codes of problems have if a record is missing to which an item refers."""

_SEQUENCES, _SHADOW = "sequences", "mock-shadow"
_LATER_S, _FURTHER = 90_061, 5_000
"""By how much the twin's clock and numbers are ahead of those of the mock."""

_MAX_TRIED = 200
"""Maximum number of items of a call with which other values of assumptions are tried."""


class _Mock(Value, frozen=True):
    """A mock that gets the same calls as the real server."""

    sandboxes: Sandboxes
    ids: dict[str, str] = field(default_factory=dict)
    """Ids of this mock, by the ids of the real server."""
    real_ids: dict[str, str] = field(default_factory=dict)
    """Ids of the real server, by the ids of this mock."""


class _Pair(Value, frozen=True):
    """Mock and twin of one sandbox."""

    mock: _Mock
    twin: _Mock
    made: set[tuple[str, str]] = field(default_factory=set)
    cures: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Found cures, by what is alike in differences with the same cure."""


class Shadow(Value, frozen=True):
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
        arrival = replace(arrival, call=replace(departure.call, body=body), may_take_long=True)
        sent = tuple([item for item in request.items if item.index not in departure.held])
        try:
            return tuple(self._differences(arrival, request, sent, decoded(reply, self.max_body_bytes)))
        except Exception as error:  # noqa: BLE001 - the client gets the real answer, whatever the mock does
            return (Difference("failure", str(reply.status), repr(error), cure=RULE),)

    def _differences(
        self, arrival: Arrival, request: Request, sent: tuple[Item, ...], real: Reply
    ) -> Iterator[Difference]:
        """Yield how the mock's answer differs from that of the real server, with what would settle it."""
        pair, name, scope = self._pair(arrival.call), arrival.call.sandbox, f"{arrival.call.vendor}/"
        before = pair.mock.sandboxes.dump(name)
        mock = self._ask(pair.mock, arrival)
        numbers = pair.mock.sandboxes.dump(name).get(scope, {}).get(_SEQUENCES, {})
        pair.twin.sandboxes.store.transact(name, scope, partial(_count_on, numbers))
        replies = (real, mock.reply, self._ask(pair.twin, arrival).reply)
        pair.made.update(_keys(request, sent))
        vendor = self.pipeline.served.vendor
        answers = Answers(request, sent, replies, pair.made, bool(vendor.batches or vendor.operations))
        told = answers.told()
        _learn(pair, told)
        trials = cache(lambda: [*self._trials(pair, before, answers, arrival)])
        problems: dict[int | None, Sequence[Problem]] = {
            item.index: outcome.problems for item, outcome in zip(sent, mock.outcomes, strict=False)
        }
        for one in islice(answers.differences(told), MAX_DIFFERENCES):
            why = problems.get(one.index, ())
            ends = (one.real, one.mock) if one.kind == "outcome" else ()
            words = [*[end.partition(":")[0] for end in ends], *[problem.code for problem in why]]
            sign = (request.operation.id, one.kind, one.place, *words, *arrival.call.assumptions.values())
            cure = _fixture(one, answers, why, before) or pair.cures.get(sign)
            if cure is None:
                settled = [(len(left), cure) for cure, left in trials() if not _is_among(one, left)]
                cure = pair.cures[sign] = min(settled, default=(0, RULE))[1]
            yield replace(one, cure=cure)

    def _pair(self, call: Call) -> _Pair:
        """Return the pair of the call's sandbox, a new one if the sandbox is new or was reset."""
        name, sandboxes = call.sandbox, self.pipeline.admission.sandboxes
        if sandboxes.store.transact(name, f"{call.vendor}/", _is_new) or name not in self.pairs:
            for gone in self.pairs.keys() - {*sandboxes.store.names()}:
                del self.pairs[gone]
            tables = sandboxes.dump(name)
            mock, twin = self._copy(name, tables), self._copy(name, tables)
            twin.set_clock(name, lambda now, clock: clock.advanced(_LATER_S, now))
            seed = {"seed": {"value": _LATER_S}}
            twin.store.control(name, lambda whole: whole.sandbox_collection(SETTINGS).update(seed))
            self.pairs[name] = _Pair(_Mock(mock), _Mock(twin))
        pair = self.pairs[name]
        for one in (pair.mock, pair.twin):
            _assume(one.sandboxes, call, call.assumptions)
        return pair

    def _copy(self, name: str, tables: Tables) -> Sandboxes:
        """Return a copy of the sandbox in a store of its own."""
        store, idle_tracker = MemoryStore(self.clock), IdleTracker()
        idle_tracker.add(name)
        store.create(name, lambda whole: whole.load(tables))
        return replace(self.pipeline.admission.sandboxes, store=store, idle_tracker=idle_tracker)

    def _ask(self, mock: _Mock, arrival: Arrival) -> Answer:
        """Return the answer of a mock, with the ids of the real server where they are known."""
        call, ids, admission = arrival.call, mock.ids, self.pipeline.admission
        path = "/".join([ids.get(part, part) for part in call.path.split("/")])
        query = _QUERY_ID.sub(lambda found: ids.get(found[0], found[0]), call.query)
        call = replace(call, path=path, query=query, body=_renamed(call.body, ids))
        arrival = replace(arrival, call=call, route=self.pipeline.served.spec.match(call.method, path))
        admission = replace(admission, sandboxes=mock.sandboxes, scenario_selector=None, strict=False)
        answer = dataclasses.replace(self.pipeline, admission=admission).handle(arrival)[1]
        body = _renamed(answer.reply.body, mock.real_ids)
        return replace(answer, reply=replace(answer.reply, body=body))

    def _trials(
        self, pair: _Pair, before: Tables, answers: Answers, arrival: Arrival
    ) -> Iterator[tuple[str, list[Difference]]]:
        """Yield for each other value of an assumption what would differ, as a copy of the mock answers."""
        (real, mock, _), call = answers.replies, arrival.call
        for one in self.pipeline.served.vendor.assumptions if len(answers.sent) <= _MAX_TRIED else ():
            for value in {one.default, *one.alternatives} - {call.assumptions[one.name]}:
                copy = self._copy(call.sandbox, before)
                _assume(copy, call, {one.name: value})
                reply = self._ask(replace(pair.mock, sandboxes=copy), arrival).reply
                if reply.media_type == mock.media_type:
                    tried = replace(answers, replies=(real, reply, reply))
                    left = [*tried.differences(tried.told())]
                    yield f"assumption {call.vendor}.{one.name}={value}", left


def _assume(sandboxes: Sandboxes, call: Call, values: Mapping[str, str]) -> None:
    sandboxes.assume(call.sandbox, {f"{call.vendor}.{name}": value for name, value in values.items()})


def _is_new(state: CallState) -> bool:
    """Return whether a sandbox has no mark of its shadow yet, and mark it."""
    marks = state.collection(_SHADOW, "")
    if is_new := "begun" not in marks:
        marks["begun"] = {}
    return is_new


def _count_on(numbers: Mapping[str, Document], state: CallState) -> None:
    """Let the sequences that are not beyond these last numbers count on from far beyond them."""
    counters = state.collection(_SEQUENCES, "")
    for name, number in numbers.items():
        if (counters.get(name) or number)["last"] <= number["last"]:
            counters[name] = {"last": number["last"] + _FURTHER}


def _renamed(body: bytes, ids: Mapping[str, str]) -> bytes:
    return _BODY_ID.sub(lambda found: ids.get(found[0].decode(), "").encode() or found[0], body)


def _keys(request: Request, sent: Iterable[Item]) -> set[tuple[str, str]]:
    """Return name and text of the members that identify the items."""
    paths = request.operation.batch.key_paths if request.operation.batch else ()
    found = [(path, value_at(item.document, path)) for item in sent for path in paths]
    return {(str(path[-1]).lower(), str(value)) for path, value in found if value is not None}


def _learn(pair: _Pair, told: Told) -> None:
    """Note the ids that the real server gave to the records that the client made."""
    real, _, changes = told
    for path, change in changes.items():
        drawn = [change.values.get(side) for side in ("old", "new")]
        texts = [str(value) for value in (value_at(real, path), *drawn)]
        if all(map(_ID.fullmatch, texts)):
            pair.made.add((str(path[-1]).lower(), texts[0]))
            for mock, own in ((pair.mock, texts[1]), (pair.twin, texts[2])):
                mock.ids[texts[0]], mock.real_ids[own] = own, texts[0]


def _is_among(one: Difference, others: list[Difference]) -> bool:
    """Return whether a difference is still there, or is hidden by one that explains the item."""
    hiding = {(other.kind, other.place) for other in others if other.index in (one.index, None)}
    return not hiding.isdisjoint([(one.kind, one.place), *[(kind, "") for kind in EXPLAINING]])


def _fixture(one: Difference, answers: Answers, why: Sequence[Problem], tables: Tables) -> str:
    """Return the cure "fixture COLLECTION KEY" if the mock misses a record; else ""."""
    request, batch = answers.request, answers.request.operation.batch
    if one.kind == "status" and answers.replies[1].status == HTTPStatus.NOT_FOUND:
        return f"fixture {request.operation.collection} {request.call.path.rpartition('/')[2]}"
    missing = [problem.path[-1:] for problem in why if _MISSING.search(problem.code)]
    for name in missing if batch and one.kind == "outcome" else ():
        value = str(value_at(next(item.document for item in answers.sent if item.index == one.index), name))
        for collection, documents in chain(*[collections.items() for collections in tables.values()]):
            known = {str(found).casefold() for row in documents.values() if (found := value_at(row, name))}
            if known and batch and collection != batch.collection:
                is_known = value.casefold() in known  # as it is, or spelt otherwise
                return "" if is_known else f"fixture {collection} {value}"
    return ""
