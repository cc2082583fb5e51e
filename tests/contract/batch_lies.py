"""Lies about the items of a batch, told by a proxy that changes the answers of a right server.

Counts, flags, words and the status line fit what the lie tells, unless they are the lie.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from mockserver.codec.lines import is_lines_type
from mockserver.contract.exchange import Exchange, Request, Response, to_json_text
from mockserver.contract.loading import as_ours_keeps_it, load_api
from mockserver.contract.oracle.expectations import Oracle
from mockserver.contract.oracle.responses import reader_for
from mockserver.contract.profile import BatchItem, OutcomeReader, ReportedOutcome
from mockserver.model import Json, parse_pointer, value_at
from mockserver.model import Path as Steps
from mockserver.server.application import Options, create_app
from mockserver.spec.batch_forms import Batch, Job, OutcomeRows
from mockserver.spec.openapi import Operation
from tests.contract.planted_faults.wrappers import (
    SendOn,
    WrappedRequest,
    WrappedResponse,
    unless_misshapen,
    with_fault,
)
from tests.support.asgi_server import listen

BAD_AS_GOOD, GOOD_AS_BAD = "a rejected item is told as accepted", "a stored item is told as rejected"
LOST, STATUS = "an item is not told", "the status line is of another result"
_ABOUT_ITEMS = (BAD_AS_GOOD, GOOD_AS_BAD, LOST)
_PROBLEM = "application/problem+json"
"""Media type of the refusal of a whole call."""

_AS_JSON = {"content-type": "application/json"}
_NOTHING = object()


def lies_about(batch: Batch) -> Iterator[str]:
    """Yield the lies that the answers of a batch can tell."""
    form = batch.outcome
    if form.rows:
        yield from _ABOUT_ITEMS if form.tells_all else _ABOUT_ITEMS[:2]
    yield from (f"wrong {name}" for name in (*form.summary, *form.headers))
    if form.word_at and len({*map(str, form.words.values())}) > 1:
        yield "wrong word"
    if len({*form.statuses.values()}) > 1:
        yield STATUS


@contextmanager
def lying(file: Path, lie: str) -> Iterator[str]:
    """Serve a file by a right server behind a proxy that tells the lie ("": none); yield the address."""
    api = as_ours_keeps_it(load_api(file))
    operation = next(one for one in api.spec.operations.values() if one.batch)
    assert operation.batch
    proxy = _Proxy(file.stem, operation, operation.batch, Oracle(api), reader_for(api, operation), lie)
    app = create_app(Options(files=(file,), vendors=(file.stem,)))
    with listen(with_fault(app, lambda: proxy.answer)) as url:
        yield f"{url}/{file.stem}"


@dataclass(slots=True)
class _Proxy:
    mount: str
    operation: Operation
    batch: Batch
    oracle: Oracle
    read: OutcomeReader | None
    lie: str
    rows: dict[bool, Json] = field(default_factory=dict)
    """The last row of an accepted item (True) and of a rejected item."""
    jobs: dict[str, tuple[Exchange, Sequence[BatchItem]]] = field(default_factory=dict)
    shown: dict[str, Exchange] = field(default_factory=dict)
    """The last answer that shows a job, by the id of the job."""

    async def answer(self, ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        if not call.path.startswith(f"/{self.mount}/"):
            return WrappedResponse(404, {"content-type": "text/plain"}, b"not here")
        if self.batch.job:  # a job is done when it is asked for
            later = f"/_mock/sandboxes/{call.sandbox}/clock/advance"
            await ask(WrappedRequest("POST", later, headers=_AS_JSON, body=b'{"seconds": 10}'))
        received = await ask(call)
        bent: WrappedResponse = unless_misshapen(received, lambda: self._bent(call, received))
        return bent if self.lie else received

    def _bent(self, call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        query = f"?{call.query}" if call.query else ""
        path = f"{call.path.removeprefix(f'/{self.mount}')}{query}"
        request = Request(call.method, path, call.headers, call.body)
        expected, job = self.oracle.expected(request), self.batch.job
        called = expected.operation.id if expected.operation else ""
        exchange = Exchange(request, Response(received.status, received.headers, received.body), called)
        if received.media_type == _PROBLEM or (not job and called != self.operation.id):
            return received
        if job:
            return self._of_job(job, exchange, expected.sent, received)
        return self._told(exchange, expected.sent, received)

    def _of_job(
        self, job: Job, exchange: Exchange, items: Sequence[BatchItem], received: WrappedResponse
    ) -> WrappedResponse:
        """Remember the items of a job, and tell the lie where the job tells what became of them."""
        if exchange.operation == self.operation.id:
            made = value_at(exchange.response.document(), job.id)
            self.jobs[str(made).removeprefix(job.prefix)] = (exchange, items)
        if exchange.operation not in (job.poll, job.teller):
            return received
        key = next(one for one in self.jobs if one in exchange.request.path.split("/"))
        if exchange.operation == job.poll:
            self.shown[key] = exchange
        if exchange.operation != (job.poll if self.lie.startswith("wrong ") else job.teller):
            return received
        sent, items = self.jobs[key]
        return self._told(replace(sent, followed=(self.shown[key], exchange)), items, received)

    def _told(
        self, exchange: Exchange, items: Sequence[BatchItem], received: WrappedResponse
    ) -> WrappedResponse:
        document = _decoded(received)
        if self.lie.startswith("wrong "):
            return self._miscounting(document, received)
        if self.lie == STATUS:
            statuses = self.batch.outcome.statuses.values()
            return dataclasses.replace(
                received, status=next(one for one in statuses if one != received.status)
            )
        told = self.read(exchange, items) if self.read and items else None
        return self._lying(document, received, items, told.outcomes) if told else received

    def _lying(
        self,
        document: Json,
        received: WrappedResponse,
        items: Sequence[BatchItem],
        told: Sequence[ReportedOutcome],
    ) -> WrappedResponse:
        for one in (one for one in told if one.at):
            self.rows[one.accepted] = deepcopy(value_at(document, parse_pointer(one.at)))
        bad = [one for one in told if not one.accepted]
        refused = {one.place for one in bad}
        good = [item for item in items if item.place not in refused]
        if self.lie == LOST:
            changed = _put(document, parse_pointer((bad or told)[0].at), _NOTHING)
            return self._summed(changed, received, len(items), len(refused))
        is_good = self.lie == BAD_AS_GOOD
        item = items[bad[0].place or 0] if is_good else good[0]
        at = next((one.at for one in told if one.place == item.place), "")
        changed = self._moved(document, item, at, is_good=is_good)
        return self._summed(changed, received, len(items), len(refused) + (-1 if is_good else 1))

    def _moved(self, document: Json, item: BatchItem, at: str, *, is_good: bool) -> Json:
        """Return the document with a row that tells the other outcome of an item."""
        form = self.batch.outcome
        whole, place = form.rows_of("all"), parse_pointer(at)
        if whole:
            return _put(document, place, self._named(whole, self.rows[is_good], item))
        rest = _put(document, place, _NOTHING) if at else document
        rows = form.rows_of("accepted" if is_good else "rejected")
        if rows is None:
            return rest
        row, found = self._named(rows, self.rows[is_good], item), value_at(rest, rows.place)
        if not rows.names:
            return _put(rest, rows.place, [*(found or []), row])
        name = item.key if rows.names == "key" else str(item.place + rows.first_index)
        return _put(rest, rows.place, {**(found or {}), name: row})

    def _named(self, rows: OutcomeRows, template: Json, item: BatchItem) -> Json:
        """Return a row like `template` that is about another item."""
        own = item.document if isinstance(item.document, dict) else {}
        naming = {"key": item.key, "index": item.place + rows.first_index, "echo": own}
        row = rows.unwrapped(template)
        for part, path in rows.members.items():
            shown = value_at(row, path)
            if part == "record" and isinstance(shown, dict):
                row = _put(row, path, {**shown, **own})
            elif part in naming and shown is not None:
                row = _put(row, path, naming[part])
        return {self.batch.action_of(own): row} if rows.wrapped else row

    def _summed(self, document: Json, received: WrappedResponse, sent: int, rejected: int) -> WrappedResponse:
        """Return an answer whose counts, flags, words and status line fit the number of rejected items."""
        if self.batch.job and self.batch.job.results:
            return _encoded(received, document)  # another answer has the counts
        form, counts = self.batch.outcome, {"accepted": sent - rejected, "rejected": rejected, "total": sent}
        facts: dict[str, Json] = {**counts, "any-rejected": rejected > 0, "all-accepted": not rejected}
        result = "all" if not rejected else "none" if rejected == sent else "some"
        for fact, place in form.summary.items():
            document = _put(document, place, facts[fact])
        if form.words:
            document = _put(document, form.word_at, form.words[result])
        named = {name.lower(): to_json_text(facts[fact]) for fact, name in form.headers.items()}
        status = form.statuses.get(result, received.status)
        return _encoded(
            dataclasses.replace(received, headers={**received.headers, **named}, status=status), document
        )

    def _miscounting(self, document: Json, received: WrappedResponse) -> WrappedResponse:
        form, fact = self.batch.outcome, self.lie.removeprefix("wrong ")
        if fact in form.headers:
            name = form.headers[fact].lower()
            false = to_json_text(_false(json.loads(received.headers[name])))
            return dataclasses.replace(received, headers={**received.headers, name: false})
        place = form.word_at if fact == "word" else form.summary[fact]
        told = value_at(document, place)
        words = (one for one in form.words.values() if one != told)
        other = next(words, None) if fact == "word" else _false(told)
        return _encoded(received, _put(document, place, other))


def _false(fact: Json) -> Json:
    return not fact if isinstance(fact, bool) else fact + 1


def _put(document: Json, path: Steps, value: Json) -> Json:
    """Return a copy of a document with `value` at a path; `_NOTHING` takes away what is there."""
    if not path:
        return deepcopy(value)
    made = deepcopy(document)
    *above, last = path
    inner = made
    for step in above:
        inner = inner[int(step)] if isinstance(inner, list) else inner.setdefault(step, {})
    at = int(last) if isinstance(inner, list) else last
    if value is _NOTHING:
        del inner[at]
    else:
        inner[at] = deepcopy(value)
    return made


def _decoded(received: WrappedResponse) -> Json:
    if is_lines_type(received.media_type):
        return [json.loads(line) for line in received.body.splitlines()]
    return received.json() if received.body else {}


def _encoded(received: WrappedResponse, document: Json) -> WrappedResponse:
    if is_lines_type(received.media_type):
        return dataclasses.replace(
            received, body="".join(f"{to_json_text(one)}\n" for one in document).encode()
        )
    return received.holding(document) if received.body else received
