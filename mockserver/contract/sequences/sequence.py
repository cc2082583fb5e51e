"""A sequence of calls with its steps, exchanges and findings; and the batches that sequences may use."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import partial
from urllib.parse import parse_qsl, urlencode

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.contract import inference
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import (
    BrokenRule,
    Exchange,
    Finding,
    Request,
    TargetUnreachableError,
    UnansweredCallError,
    UnsendableCallError,
)
from mockserver.contract.failure_search import FailureSearch
from mockserver.contract.isolation import Isolation, IsolationScope
from mockserver.contract.list_discovery import complete, find_lists, next_position, number_at, value_at
from mockserver.contract.oracle.checks import unanswered, unanswered_exchange
from mockserver.contract.oracle.responses import reader_for
from mockserver.contract.profile import (
    UNREADABLE,
    BatchItem,
    BatchProfile,
    DrawnValues,
    OutcomeReader,
    Record,
    ReportedOutcomes,
)
from mockserver.contract.profile_reads import ListProfile
from mockserver.contract.run_state import PlannedPart, RunConfig, RunPart
from mockserver.contract.sequences import sentences
from mockserver.contract.sequences.sentences import ReportedVerdict, reported_verdicts
from mockserver.contract.trial import Trial
from mockserver.model import Json, Value
from mockserver.spec.batch_forms import Batch
from mockserver.spec.openapi import Spec

_UNREADABLE = (*UNREADABLE, SyntaxError, RecursionError)
_VERSIONS = "versions-follow-changes"

_PAGES = 10
"""Maximum number of pages that are read to find records in a list."""

A_PAGE = 50
"""A list with no total and no next link may be incomplete if it shows at least this many records."""

_SAMPLE = DrawnValues(1, Decimal("1.00"))


class SequenceContext(Trial):
    batch_profile: BatchProfile
    batch: Batch
    reader: OutcomeReader | None
    isolation: Isolation
    search: FailureSearch

    @classmethod
    def begin(cls, trial: Trial, profile: BatchProfile, name: str) -> SequenceContext:
        """Return the context of a batch operation's sequences. Isolation scopes are named after `name`."""
        operation = trial.api.spec.operations[profile.operation]
        if operation.batch is None:
            raise AssertionError("only batches are planned")
        batch = operation.batch
        if profile.is_switched and batch.atomicity.switch:
            batch = replace(batch, atomic=not batch.atomic)
        reader = profile.reader or reader_for(trial.api, operation)
        isolation = Isolation(trial.target, trial.run_config.seed, name)
        search = FailureSearch(trial.run_config)
        return cls(*trial.parts, profile, batch, reader, isolation, search)

    @property
    def takes_again(self) -> bool:
        """Whether a key may be sent again. If not, each batch needs keys of its own."""
        return self.batch.upsert or self.batch_profile.record_after is not None

    def may_try(self, *checks: str) -> bool:
        """Return whether the run wants at least one of the checks, and the target still answers."""
        return self.run_config.wants_any(checks) and not self.search.target_is_lost

    def end_round(self) -> Finding | None:
        finding = self.search.end()
        if finding is not None:
            self.ledger.record([finding])
        return finding

    @contextmanager
    def going_on(self) -> Iterator[None]:
        try:
            yield
        except BrokenRule:
            self.end_round()


class CallSequence(Struct):
    """A sequence of calls in an isolation scope."""

    context: SequenceContext
    scope: IsolationScope
    there: dict[tuple[int, str], Record | None] = field(default_factory=dict)
    """Expected records by tenant and key, as far as known; None if the key must have no record."""
    initial: dict[tuple[int, str], Record | None] = field(default_factory=dict)
    """First known record by tenant and key; None if the key had no record."""
    steps: list[str] = field(default_factory=list)
    """Steps so far, in plain words."""
    exchanges: list[Exchange] = field(default_factory=list)
    has_ended: bool = False
    lost: str = ""
    """Why the target could not be reached, "" if every call reached the target."""
    _tokens: int = 0
    _versions: dict[tuple[str, int, str], tuple[Record, Json]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def with_keys(cls, context: SequenceContext, size: int) -> Iterator[tuple[CallSequence, list[str]]]:
        """Yield a sequence in a new isolation scope, and `size` different keys, or all if fewer exist.

        If a BrokenRule is raised in the context, the context ends without an exception.
        """
        scope = context.isolation.new_scope(size)
        made = (context.batch_profile.key(scope.first + number) for number in range(size))
        with suppress(BrokenRule):
            yield cls(context, scope), list(dict.fromkeys(made))
        context.isolation.drop(scope)

    def drawn(self, number: int) -> list[DrawnValues]:
        """Return different values for `number` items."""
        first = self.scope.numbers_from
        return [DrawnValues(first + place, Decimal(place + 1)) for place in range(number)]

    def call(self, request: Request, tenant: int, scope: IsolationScope | None = None) -> Exchange | None:
        """Send a request. Return its exchange, which is not judged, or None if no response came."""
        return next(iter(self.calls_at_once([request], tenant, scope)), None)

    def calls_at_once(
        self, requests: Sequence[Request], tenant: int, scope: IsolationScope | None = None
    ) -> list[Exchange]:
        """Send requests concurrently and return the exchanges, or an empty list if a response is missing."""
        context = self.context
        full = [context.dressed(request, tenant, scope or self.scope) for request in requests]
        self.count_check("every-call-is-answered", len(full))
        try:
            responses = [context.target.send(full[0])] if len(full) == 1 else context.target.at_once(full)
        except UnsendableCallError:
            return []
        except UnansweredCallError as error:
            self._unanswered(error, full)
            return []
        except TargetUnreachableError as error:
            self.lost = sentences.excerpt(str(error))
        else:
            named = (replace(one, operation=context.api.operation_of(one.request)) for one in responses)
            exchanges = [context.ledger.count_call(one) for one in named]
            self.exchanges += exchanges
            return exchanges
        self.fail("every-call-is-answered", f"no answer came: {self.lost}")
        context.search.target_is_lost = True
        return []

    def _unanswered(self, error: UnansweredCallError, requests: Sequence[Request]) -> None:
        """Count a slow call in `search.slow_calls`. Then fail, because no complete answer came."""
        first = requests[0]
        self.context.search.slow_calls += error.is_slow
        exchange = unanswered_exchange(first, self.context.api.operation_of(first))
        self.exchanges.append(exchange)
        operation = self.context.batch_profile.operation
        finding = dataclasses.replace(
            unanswered(error, exchange), operation=operation, exchanges=tuple(self.exchanges)
        )
        self._end(dataclasses.replace(finding, steps=tuple(self.steps)))

    def judge(self, exchange: Exchange) -> bool:
        """Return whether the exchange passes. Raises BrokenRule: the search looks for one of the findings."""
        findings = self.context.judge_exchange(exchange, self.context.ledger)
        for finding in findings:
            others = [other for other in self.exchanges if other is not exchange]
            self._end(dataclasses.replace(finding, steps=tuple(self.steps), exchanges=(*others, exchange)))
        return not findings

    def count_check(self, check: str, times: int = 1) -> None:
        self.context.count_check(self.context.batch_profile.operation, check, times)

    def fail(
        self, check: str, message: str, expected: str = "", received: str = "", pointer: str = ""
    ) -> None:
        operation = self.context.batch_profile.operation
        steps, exchanges = tuple(self.steps), tuple(self.exchanges)
        self._end(Finding(check, operation, message, pointer, expected, received, exchanges, steps))

    def compare(self, check: str, expected: Record | None, shown: Record | None, message: str) -> None:
        """Fail `check` if the records differ; `{difference}` in the message stands for their difference."""
        self.count_check(check)
        if shown != expected:
            message = message.replace("{difference}", sentences.difference(expected, shown))
            self.fail(check, message, sentences.record(expected), sentences.record(shown))

    def token(self) -> str:
        self._tokens += 1
        return f"{self.scope.name}-{self._tokens}"

    def known(self, key: str, tenant: int) -> Record | None:
        """Return the expected record of the key. For a new key, prepare what it needs and read its record."""
        if (tenant, key) not in self.there:
            prepare = self.context.batch_profile.prepare
            self.prepare(prepare(key, tenant) if prepare else (), tenant, key, f"{key} needs")
            self.initial[tenant, key] = self.there[tenant, key] = self.read(key, tenant)
        return self.there[tenant, key]

    def read(self, key: str, tenant: int, scope: IsolationScope | None = None) -> Record | None:
        """Read the record of the key; if it cannot be read, return the expected record."""
        exchange = self.call(self.context.batch_profile.read(key, tenant), tenant, scope)
        record = self.shown(key, tenant, exchange)
        if exchange is not None:
            # If the record is read by a list of pages, the last call is the page that shows the record.
            self._check_version(((scope or self.scope).name, tenant, key), record, self.exchanges[-1])
        return record

    def _check_version(self, name: tuple[str, int, str], record: Record | None, exchange: Exchange) -> None:
        """Fail if a record changed but its version did not."""
        before = self._versions.pop(name, None)
        version: Json = value_at(exchange.response, self.context.batch_profile.version)
        # Several versions may share a weak ETag.
        if record is None or not version or str(version).startswith("W/"):
            return
        self._versions[name] = record, version
        if before is None or before[0] == record:
            return
        self.count_check(_VERSIONS)
        if before[1] == version:
            change = f"{sentences.record(before[0])}, then {sentences.record(record)}"
            message = f"{name[-1]} has the version {version} before and after a change: {change}"
            self.fail(_VERSIONS, message, "another version", str(version))

    def read_list(self, expected: Collection[str], tenant: int) -> ReadPages | None:
        """Read the list until all expected keys are found. Return None if there is no list or no answer."""
        listing = self.context.batch_profile.listing
        first = self.call(listing(tenant), tenant) if listing else None
        if first is None:
            return None
        self._list_read(first)
        return self.read_pages(first, expected, tenant)

    def read_pages(self, first: Exchange, expected: Collection[str], tenant: int) -> ReadPages:
        """Read the pages after `first` until all expected keys are found, or a page has no new rows."""
        rows, last = self._rows(first), first
        paged = None
        for number in range(1, _PAGES):
            if not rows or rows.keys() >= {*expected}:
                break
            paged = paged or _paging(self.context, first)
            position = next_position(paged, number, len(rows), last.response)
            if not position:
                return ReadPages(first, rows, is_whole=bool(paged.cursor) or _is_all(paged, last, len(rows)))
            more = self.call(_at(paged, first.request, position), tenant)
            if more is None:
                return ReadPages(first, rows, is_whole=False)
            self._list_read(more)
            found, last = self._rows(more), more
            if found.keys() <= rows.keys():
                break
            rows |= found
        else:
            return ReadPages(first, rows, is_whole=rows.keys() >= {*expected})
        return ReadPages(first, rows, is_whole=True)

    def _rows(self, exchange: Exchange) -> dict[str, Record]:
        listed = self.context.batch_profile.listed
        with self.readable(exchange, "the list"):
            return dict(listed(exchange)) if listed else {}
        return {}

    def _list_read(self, exchange: Exchange) -> None:
        self.steps.append(f"{sentences.call(exchange.request)} → {exchange.response.status}")

    def shown(self, key: str, tenant: int, exchange: Exchange | None) -> Record | None:
        """Return the record of the key in a response. If a page of a list lacks the key, read later pages."""
        expected, profile = self.there.get((tenant, key)), self.context.batch_profile
        if exchange is None:
            return expected
        self.judge(exchange)
        with self.readable(exchange, f"what is there of {key}"):
            shown = profile.shown(key, exchange)
            page = profile.listing(tenant).path if profile.listing and shown is None else None
            if exchange.request.path != page:
                return shown
            pages = self.read_pages(exchange, {key}, tenant)
            return pages.rows.get(key) if pages.is_whole else expected
        return expected

    def reported(self, exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | str | None:
        """Return the outcomes of the items, None for a refused call, or why the response is unreadable."""
        reader = self.context.reader
        if reader is None:
            return None if not exchange.response.is_done else ReportedOutcomes(())
        try:
            return reader(exchange, items)
        except _UNREADABLE as error:
            return sentences.excerpt(str(error)) or type(error).__name__

    def verdicts(
        self, exchange: Exchange, items: Sequence[BatchItem]
    ) -> tuple[tuple[ReportedVerdict, ...], bool] | str:
        """Return the verdicts and whether the whole call was refused, or why the response is unreadable."""
        reported = self.reported(exchange, items)
        if isinstance(reported, str):
            return reported
        verdicts = reported_verdicts(reported, self.context.batch, len(items))
        is_none_done = bool(verdicts) and not any(one.accepted for one in verdicts)
        return verdicts, reported is None or (exchange.response.is_refused and is_none_done)

    @contextmanager
    def readable(self, exchange: Exchange, what: str) -> Iterator[None]:
        self.count_check("answers-can-be-read")
        try:
            yield
        except _UNREADABLE as error:
            broken = f"{type(error).__name__}: {error}"
        else:
            return
        answered = f"{sentences.call(exchange.request)} was answered {sentences.response(exchange)}"
        message = f"{answered}; {what} cannot be read"
        self.fail("answers-can-be-read", message, received=sentences.excerpt(broken))

    def prepare(
        self, requests: Iterable[Request], tenant: int, what: str, whose: str, *, judges_once: bool = False
    ) -> None:
        """Send the calls that prepare items. Fail if a call is not answered 2xx.

        If `judges_once`, only the first answer of each method and path is judged.
        """
        judged: set[tuple[str, str]] = set()
        for request in requests:
            exchange = self.call(request, tenant)
            if exchange is None:
                continue
            step = f"{sentences.call(request)}, so that there is {what}"
            self.steps.append(f"{step} → {exchange.response.status}")
            if not judges_once or (request.method, request.path) not in judged:
                judged.add((request.method, request.path))
                self.judge(exchange)
            self.count_check("steps-do-what-they-say")
            if not exchange.response.is_done:
                message = f"what {whose} could not be made: {sentences.response(exchange)}"
                self.fail("steps-do-what-they-say", message, "2xx", str(exchange.response.status))

    def _end(self, finding: Finding) -> None:
        search = self.context.search
        if search.looks_for(finding):
            self.has_ended = True
            raise search.broken(finding)


class ReadPages(Value, frozen=True):
    """Pages of a list that were read."""

    first: Exchange
    """Exchange of the first page."""
    rows: Mapping[str, Record]
    """Records on all pages, by key."""
    is_whole: bool
    """Whether each expected record that is missing in `rows` is missing in the whole list."""


def _paging(context: SequenceContext, first: Exchange) -> ListProfile:
    """Return how the list is paged, according to the profile, the spec and the list's first page."""
    operation = context.api.operation_of(first.request)
    lists = find_lists(context.api, (context.batch_profile,))
    found = next((one.profile for one in lists if one.operation.id == operation), ListProfile(operation))
    return complete(found, first.response, (), ())


def _at(paged: ListProfile, request: Request, position: str) -> Request:
    named = [(name, text) for name, text in parse_qsl(request.query) if name != paged.position]
    return replace(request, path=f"{request.plain_path}?{urlencode([*named, (paged.position, position)])}")


def _is_all(paged: ListProfile, last: Exchange, rows: int) -> bool:
    """Return whether `rows` records are the whole list, judging by the list's links, total or length."""
    if "next" in paged.links and value_at(last.response, paged.links["next"]):
        return False
    total = number_at(last.response, paged.counts.get("all", ""))
    return rows < A_PAGE if total is None else rows >= total


class UsableBatches(Value, frozen=True):
    """The batches that sequences may use."""

    batches: tuple[tuple[int, BatchProfile], ...]
    """Pairs of the index of a usable batch in the profile (from 0) and the batch."""
    notes: tuple[str, ...] = ()
    """Sentences, each of which says why a batch is not usable."""


def batch_profiles_of(api: ApiUnderTest) -> tuple[BatchProfile, ...]:
    return api.profile.batches(api.facts) or inference.infer_batches(api.spec)


def usable_batches(api: ApiUnderTest, run_config: RunConfig) -> UsableBatches:
    """Return the batches that can be tested with the operations that may be called.

    If the run excludes steps or the list of a batch, the batch is tested without these calls. If the run
    excludes the single read, records are read in the list. If records can neither be read by a single read
    nor in the list, or items cannot be prepared, the batch is not usable.
    """
    usable: list[tuple[int, BatchProfile]] = []
    notes = [] if api.profile.batches(api.facts) else [*_lacking(api, run_config)]
    for number, one in enumerate(batch_profiles_of(api)):
        if not run_config.calls(one.operation):
            continue
        profile = _without_left_out(one, api, run_config)
        if isinstance(profile, str):
            notes.append(f"no sequences of {_named(api.spec, one.operation)}, because {profile}")
        else:
            usable.append((number, profile))
    return UsableBatches(tuple(usable), tuple(dict.fromkeys(notes)))


def _lacking(api: ApiUnderTest, run_config: RunConfig) -> Iterator[str]:
    """For each batch whose profile cannot be inferred from the spec, yield a sentence with the reason."""
    for one in api.spec.operations.values():
        if one.batch and run_config.calls(one.id) and inference.infer_batch(api.spec, one) is None:
            why = inference.explain_missing_profile(api.spec, one)
            yield f"no sequences and no sizes of {_named(api.spec, one.id)}, because {why}"


def plan_batches(
    trial: Trial,
    usable: UsableBatches,
    phase: str,
    steps: int,
    work: Callable[[Trial, BatchProfile, int], None],
) -> Iterator[PlannedPart]:
    operations = trial.api.spec.operations
    batches = [batch for batch in usable.batches if operations[batch[1].operation].batch is not None]
    for at, (number, profile) in enumerate(batches, 1):
        part = RunPart(phase, profile.operation, at, len(batches), steps=steps)
        yield PlannedPart(part, partial(work, trial, profile, number))


def _without_left_out(one: BatchProfile, api: ApiUnderTest, run_config: RunConfig) -> BatchProfile | str:
    """Return the batch without the excluded calls, or the reason why the batch is not usable."""
    if not run_config.left_out:
        return one
    key = one.key(0)

    def left_out(*requests: Request) -> list[str]:
        names = dict.fromkeys(map(api.operation_of, requests))
        return [_named(api.spec, name) for name in names if not run_config.may_call(name)]

    if unprepared := left_out(*(one.prepare(key, 0) if one.prepare else ())):
        return f"its items cannot be prepared without {unprepared[0]}"
    steps = tuple(step for step in one.steps if not left_out(step.request(key, _SAMPLE, 0)))
    profile = replace(one, steps=steps)
    if one.listing is None or left_out(one.listing(0)):
        profile = replace(profile, listing=None, listed=None)
    reads = (one.read(key, 0), *((one.listing(0),) if one.listing else ()))
    if not left_out(reads[0]):
        return profile
    listing, listed = profile.listing, profile.listed
    if listing is None or listed is None:
        return f"its records cannot be read back without {' or '.join(left_out(*reads))}"
    return replace(
        profile,
        read=lambda _key, tenant: listing(tenant),
        shown=lambda key, exchange: listed(exchange).get(key),
    )


def _named(spec: Spec, operation: str) -> str:
    found = spec.operations.get(operation)
    return f"{found.method.upper()} {found.path}" if found else operation
