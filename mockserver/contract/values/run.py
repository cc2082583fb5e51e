"""The run of hard values, which sends items, reads them back in several media types, and compares values."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.codec.http import is_json_type
from mockserver.contract.exchange import Exchange, Request, checks_of
from mockserver.contract.failure_search import FailureSearch
from mockserver.contract.profile import BatchItem, DrawnValues
from mockserver.contract.samples import write_request_xml
from mockserver.contract.sequences import sentences
from mockserver.contract.sequences.sequence import CallSequence, SequenceContext
from mockserver.contract.values.comparison import (
    MEDIA_TYPES,
    VALUE_CHECKS,
    WORDS,
    HowShown,
    SentItem,
    ShownRecord,
    ValueComparison,
    find_record,
    is_xml,
    read_document,
)
from mockserver.contract.values.hard_values import (
    Change,
    HardValue,
    MemberPath,
    ValueMember,
    ValueTrial,
    free_members,
    plan_trials,
    with_values,
)
from mockserver.model import Json, Value, parse_pointer, pointer_of, value_at
from mockserver.spec.xml import XML_MEDIA_TYPES

_NOTHING = (None, "")
"""Values that some vendors ignore in an update, so that the member does not change."""

_KEYS = 400
"""Number of keys that are drawn for an operation; each new record takes a key."""

_CALLS, _CALLS_OF_AN_EXAMPLE = 100, 3
"""Summands of the maximum number of calls of an operation: a fixed number, and a number for each example."""

_PREPARED = 24
"""Maximum number of rounds of hard values if each item needs calls that prepare it."""

_LISTED = 20
"""Number of newly stored items after which the list is read."""

_TOGETHER = 5
"""Maximum number of items in a batch."""

_TENANT = 0


class UpdatePlan(Struct):
    """Plan to update, for each member, the first item that has it, and also the last of the other items."""

    _values: dict[MemberPath, dict[str, HardValue]] = field(default_factory=dict)
    _members: dict[MemberPath, ValueMember] = field(default_factory=dict)
    _first: dict[str, SentItem] = field(default_factory=dict)
    _last: dict[str, SentItem] = field(default_factory=dict)

    def accepted(self, sent: SentItem) -> None:
        """Note an accepted item. Ignore media types other than the profile's: they may change values."""
        if sent.trial.media_type:
            return
        if all(member.path in self._members for member, _ in sent.trial.changes):
            self._last = {sent.key: sent}
        else:
            self._first[sent.key] = sent
        for member, hard in sent.trial.changes:
            self._members[member.path] = member
            if hard.value not in _NOTHING:
                self._values.setdefault(member.path, {})[hard.name] = hard

    def updates(self) -> Iterator[tuple[ValueTrial, SentItem]]:
        """Yield the new values and the stored item of each update."""
        for sent in {**self._first, **self._last}.values():
            if changes := tuple(self._changes(sent.trial.values)):
                yield ValueTrial(changes), sent

    def _changes(self, before: Mapping[MemberPath, Json]) -> Iterator[tuple[ValueMember, HardValue]]:
        for path, known in self._values.items():
            other = next((one for one in known.values() if one.value != before.get(path)), None)
            if path in before and other is not None:
                yield self._members[path], other


def check_values(context: SequenceContext) -> None:
    """Send items with hard values, and record a finding for values that are read back differently."""
    wanted = context.run_config
    # The run also judges answers, so the calls must be made if only checks of answers are wanted.
    if wanted.wants_any((*VALUE_CHECKS, MEDIA_TYPES, *checks_of("answers"))):
        _ValueRun(replace(context, search=FailureSearch(wanted))).run()


class _KeyedTrial(Value, frozen=True):
    trial: ValueTrial
    key: str
    document: Json
    before: SentItem | None = None
    """For an update, the item that created the record."""


class _ValueRun:
    """The run of hard values for one operation."""

    def __init__(self, context: SequenceContext) -> None:
        profile, scope = context.batch_profile, context.isolation.new_scope(_KEYS)
        self.context = context
        self.sequence = CallSequence(context, scope)
        self.rules = profile.values
        self.keys = deque(dict.fromkeys(profile.key(scope.first + number) for number in range(_KEYS)))
        """Keys to use, the next key first."""
        self.comparison = ValueComparison(profile.operation, profile.values)
        self.waiting: deque[ValueTrial] = deque()
        """Trials to be sent."""
        self.refused: Counter[str] = Counter()
        """Number of refused values, by member."""
        self.barred: set[tuple[str, MemberPath, str]] = set()
        """Media type, member and name of refused values; the name "" stands for all values of the member."""
        self.unlisted: list[SentItem] = []
        """Stored items that were not yet looked up in the list."""
        self.numbers = count(1)
        self.media_type_turns = count()
        self.updates = UpdatePlan()

    def run(self) -> None:
        profile, wanted = self.context.batch_profile, self.context.run_config
        operation = self.context.api.spec.operations[profile.operation]
        item = profile.item(self.keys[0], DrawnValues(1, Decimal("12.34")))
        fixed = frozenset([self.keys[0], *self.context.api.facts.values()])
        members = free_members(self.context.api.spec, operation, self.rules, item, fixed)
        try:
            media_types = [name for name in self._other_media_types() if members and self._is_taken(name)]
            rounds = wanted.max_examples if profile.prepare is None else min(wanted.max_examples, _PREPARED)
            self.waiting.extend(plan_trials(members, media_types, rounds, wanted.seed))
            most = _CALLS + _CALLS_OF_AN_EXAMPLE * wanted.max_examples
            while members and self._goes_on(most):
                with self.context.going_on():
                    self._send(self._next_trials())
            with self.context.going_on():
                self._read_list()
            with self.context.going_on():
                self._send(self._next_updates())
            with self.context.going_on():
                self._read_list()
        finally:
            self.context.isolation.drop(self.sequence.scope)
        self._tell()

    def _goes_on(self, most: int) -> bool:
        if not self.waiting or self.context.search.target_is_lost:
            return False
        if self.keys and len(self.sequence.exchanges) < most:
            return True
        message = f"values were compared in {most} calls at most; {len(self.waiting)} items were left"
        self.context.ledger.notes.append(f"{self.context.batch_profile.operation}: {message}")
        return False

    def _other_media_types(self) -> list[str]:
        profile = self.context.batch_profile
        bodies = self.context.api.spec.operations[profile.operation].bodies
        xml = [
            body.name
            for body in bodies
            if body.name in XML_MEDIA_TYPES and body.name not in profile.encodings
        ]
        return [*sorted(profile.encodings), *xml]

    def _is_taken(self, media_type: str) -> bool:
        trial, key = ValueTrial((), media_type), self.keys[0]
        self.keys.rotate(-1)
        accepted = False
        with self.context.going_on():
            accepted = bool(self._sent([_KeyedTrial(trial, key, self._document(trial, key))]))
        if not accepted:
            message = f"a good item was refused in {media_type}, so no values were sent in it"
            self.context.ledger.notes.append(f"{self.context.batch_profile.operation}: {message}")
        return accepted

    def _next_trials(self) -> list[_KeyedTrial]:
        """Take trials of one media type for a batch. If all keys have records already, reuse keys in turn."""
        first, left = self.waiting[0], deque[ValueTrial]()
        made: dict[str, _KeyedTrial] = {}
        known = not self.context.batch_profile.creates and self.context.batch_profile.prepare is None
        while self.waiting and self.keys and self.keys[0] not in made and len(made) < _TOGETHER:
            trial = self.waiting.popleft()
            if trial.media_type != first.media_type or (made and (trial.is_alone or first.is_alone)):
                left.append(trial)
            elif kept := tuple(
                change for change in trial.changes if not self._is_barred(change, trial.media_type)
            ):
                key = self.keys.popleft()
                self.keys.extend([key] if known else [])
                fit = replace(trial, changes=kept)
                made[key] = _KeyedTrial(fit, key, self._document(fit, key))
        self.waiting.extendleft(reversed(left))
        return list(made.values())

    def _next_updates(self) -> list[_KeyedTrial]:
        """Return updates of stored items; return none if the batch cannot both create and update records."""
        context = self.context
        if not (context.batch.upsert and context.batch_profile.creates) or context.search.target_is_lost:
            return []
        return [
            _KeyedTrial(trial, before.key, self._document(trial, before.key), before)
            for trial, before in self.updates.updates()
        ]

    def _is_barred(self, change: Change, media_type: str) -> bool:
        member, hard = change
        ways = {(way, member.path, name) for way in ("", media_type) for name in ("", hard.name)}
        return not self.barred.isdisjoint(ways)

    def _document(self, trial: ValueTrial, key: str) -> Json:
        profile, number = self.context.batch_profile, next(self.numbers)
        drawn = DrawnValues(self.sequence.scope.numbers_from + number, Decimal(100 + number))
        item = profile.item(key, drawn)
        return with_values(item, self.rules, trial.values)

    def _send(self, trials: Sequence[_KeyedTrial]) -> None:
        if trials:
            self._read_back(self._sent(trials))

    def _sent(self, trials: Sequence[_KeyedTrial]) -> list[SentItem]:
        """Send a batch and return the accepted items. Queue refused trials to be sent alone or in halves."""
        profile, sequence = self.context.batch_profile, self.sequence
        if profile.prepare:
            for one in trials:
                sequence.known(one.key, _TENANT)
        items = [BatchItem(place, one.key, one.document) for place, one in enumerate(trials)]
        exchange = sequence.call(self._request(trials), _TENANT)
        if exchange is None:
            return []
        step = f"{sentences.call(exchange.request)} with {len(items)} items → {exchange.response.status}"
        with self.context.going_on():
            sequence.judge(exchange)
        reported = sequence.verdicts(exchange, items)
        if isinstance(reported, str):
            return []
        verdicts, whole = reported
        done: list[SentItem] = []
        for place, (one, verdict) in enumerate(zip(trials, verdicts, strict=True)):
            if whole and len(trials) > 1:
                self.waiting.appendleft(replace(one.trial, is_alone=True))
            elif verdict.accepted is False or whole:
                self._refused(one.trial)
            else:
                warning = verdict.outcome.message if verdict.outcome else ""
                sent = SentItem(one.trial, one.key, one.document, place, exchange, step, one.before, warning)
                self.updates.accepted(sent)
                done.append(sent)
        return done

    def _request(self, trials: Sequence[_KeyedTrial]) -> Request:
        profile = self.context.batch_profile
        documents = [trial.document for trial in trials]
        request, media_type = profile.call(documents, _TENANT), trials[0].trial.media_type
        if not media_type:
            return request
        if media_type in profile.encodings:
            body = profile.encodings[media_type](documents)
            # A reader of XML reads a carriage return as a line feed, unless it is written as a reference.
            body = body.replace(b"\r", b"&#13;") if is_xml(media_type) else body
        else:
            spec = self.context.api.spec
            bodies = spec.operations[profile.operation].bodies
            schema = next(one.schema for one in bodies if one.name == media_type)
            body = write_request_xml(request.json(), schema, spec.document)
        return replace(request, headers={**request.headers, "content-type": media_type}, body=body)

    def _refused(self, trial: ValueTrial) -> None:
        self.waiting.extendleft(trial.halves())
        if len(trial.changes) == 1:
            ((member, hard),) = trial.changes
            self.refused[member.name] += 1
            self.barred.add((trial.media_type, member.path, "" if hard is member.values[0] else hard.name))

    def _read_back(self, done: Sequence[SentItem]) -> None:
        profile = self.context.batch_profile
        for sent in done:
            self._compare(sent, sent.exchange, "the answer to it")
        for sent in done:
            for exchange in self._reads(profile.read(sent.key, _TENANT)):
                self._compare(sent, exchange, "reading it")
        self.unlisted += done
        if len(self.unlisted) >= _LISTED or not profile.creates:
            self._read_list()

    def _read_list(self) -> None:
        profile, listed = self.context.batch_profile, self.unlisted
        self.unlisted = []
        if listed and profile.listing:
            for exchange in self._reads(profile.listing(_TENANT)):
                for sent in listed:
                    self._compare(sent, exchange, "the list")

    def _reads(self, request: Request) -> Iterator[Exchange]:
        """Yield the answer in the profile's media type, then an answer in one more media type of the spec."""
        accepts: list[str | None] = [None]
        for accept in accepts:
            wanted = {} if accept is None else {"accept": accept}
            exchange = self.sequence.call(replace(request, headers={**request.headers, **wanted}), _TENANT)
            if exchange is None:
                return
            with self.context.going_on():
                self.sequence.judge(exchange)
            yield exchange
            others = self._other_answers(exchange)
            if accept is None and others:
                accepts.append(others[next(self.media_type_turns) % len(others)])

    def _other_answers(self, exchange: Exchange) -> list[str]:
        operation = self.context.api.spec.operations.get(exchange.operation)
        stated = operation.contents("200") if operation else ()
        return [
            name
            for name in stated
            if name != exchange.response.media_type and (is_xml(name) or is_json_type(name))
        ]

    def _compare(self, sent: SentItem, exchange: Exchange, how: HowShown) -> None:
        held = value_at(sent.document, parse_pointer(self.rules.at))
        if not isinstance(held, Mapping):
            return
        names = {self.rules.shown_as.get(name, name): value for name, value in held.items()}
        key_names = [name for name in self.context.batch.key if (name,) not in sent.trial.values]
        document = read_document(exchange.response)
        found = find_record(document, names, key_names, sent.key, alone=how == "reading it")
        if found is not None:
            at, record = pointer_of(found[0]), found[1]
            self.comparison.compare(sent, ShownRecord(how, record, exchange, at))

    def _tell(self) -> None:
        operation, ledger = self.context.batch_profile.operation, self.context.ledger
        for check, times in self.comparison.compared.items():
            self.sequence.count_check(check, times)
        ledger.record(
            finding for finding in self.comparison.findings() if self.context.run_config.wants(finding.check)
        )
        if self.comparison.changed:
            listed = "; ".join(
                f"{name}: {WORDS[kind]} ({times})"
                for (name, kind), times in sorted(self.comparison.changed.items())
            )
            ledger.notes.append(f"{operation}: values that change by design, or may change: {listed}")
        if self.refused:
            listed = ", ".join(f"{name} ({times})" for name, times in sorted(self.refused.items()))
            ledger.notes.append(f"{operation}: unusual values were refused, so none was read back: {listed}")
