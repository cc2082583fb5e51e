"""Jobs of batches (`x-batch.job`): ask for a job until it has ended, and read what it tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from time import sleep
from urllib.parse import quote

from msgspec.structs import replace

from mockserver.codec.urls import decoded_path
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Request, Response, json_request, read_json
from mockserver.contract.target import Target
from mockserver.model import Json, value_at
from mockserver.spec.batch_forms import Job
from mockserver.spec.openapi import filled_path, parameter_names

_POLLS, _POLLS_AFTERWARDS = 12, 4
"""Maximum number of questions about a job; the second number holds after a job that did not end, at a server
whose clock the suite cannot advance."""

_LINES = re.compile("jsonl|ndjson|ldjson|json-lines")
_WAIT_S, _LONGEST_WAIT_S = 0.2, 5.0
"""Seconds after the first question, doubled each time, at a server whose clock the suite cannot advance."""

_OF_THE_CALL = re.compile("accept.*|content-.*|transfer-encoding|if-.*|idempotency-key|prefer|mock-scenario")
"""Headers of a call that are not sent when its job is asked for."""


def follower(api: ApiUnderTest, target: Target) -> Callable[[Exchange], Exchange] | None:
    """Return a function that adds to the exchange of a batch what its job tells; None if there is no job."""
    jobs = {one.id: one.batch.job for one in api.spec.operations.values() if one.batch and one.batch.job}
    polls = dict.fromkeys((job.poll for job in jobs.values()), _POLLS)

    def follow(exchange: Exchange) -> Exchange:
        job = jobs.get(exchange.operation or api.operation_of(exchange.request))
        if job is None or not exchange.response.is_done:
            return exchange
        followed = tuple(_asked(api, target, job, exchange, polls[job.poll]))
        if followed and followed[0].response.is_done and not target.identity().is_ours:
            has_end = has_ended(job, followed[0].response)
            polls[job.poll] = _POLLS if has_end else _POLLS_AFTERWARDS
        return replace(exchange, followed=followed)

    return follow if jobs else None


def _asked(api: ApiUnderTest, target: Target, job: Job, exchange: Exchange, polls: int) -> Iterator[Exchange]:
    """Yield the exchange that shows the ended job, then the exchange with its rows, if they are apart."""
    named = value_at(exchange.response.document(), job.id)
    if named is None:
        return
    shown = target.send(_request(api, job.poll, job, named, exchange.request), job.poll)
    for number in range(polls):
        if has_ended(job, shown.response):
            break
        _let_pass(target, number, exchange.request)
        shown = target.send(shown.request, job.poll)
    yield shown
    if job.results and has_ended(job, shown.response):
        yield target.send(_request(api, job.results, job, named, exchange.request), job.results)


def _request(api: ApiUnderTest, operation: str, job: Job, named: Json, sent: Request) -> Request:
    """Return the call of an operation about a job, with the credentials and the sandbox of the batch."""
    path = api.spec.operations[operation].path
    known = dict(api.spec.match(sent.method, api.spec.canonical_path(decoded_path(sent.plain_path))).values)
    known[parameter_names(path)[-1]] = str(named).removeprefix(job.prefix)
    kept = {name: text for name, text in sent.headers.items() if not _OF_THE_CALL.fullmatch(name.lower())}
    return Request("GET", filled_path(path, known), kept)


def _let_pass(target: Target, number: int, sent: Request) -> None:
    """Advance the clock of the sandbox after question `number`; if the server has no such clock, wait."""
    if target.identity().is_ours:
        sandbox = quote(sent.headers.get("mock-sandbox", "default"), safe="")
        path = f"/_mock/sandboxes/{sandbox}/clock/advance"
        if target.at_control_plane(json_request("POST", path, {"seconds": 2**number})).response.is_done:
            return
    sleep(min(_WAIT_S * 2**number, _LONGEST_WAIT_S))


def has_ended(job: Job, response: Response) -> bool:
    """Return whether an answer shows a job that is done or has failed."""
    ends = [word for name, word in job.words.items() if name in ("done", "failed")]
    return response.is_done and value_at(response.document(), job.state) in ends


def told_by_job(job: Job, exchange: Exchange) -> tuple[Json, Json]:
    """Return the documents with the rows and with the counts of a job.

    Raises ValueError: the job has not ended, or its rows cannot be read.
    """
    shown, last = (one.response for one in (exchange.followed[0], exchange.followed[-1]))
    facts = shown.document()
    if not has_ended(job, shown):
        became = f"{shown.status} came, with the state {value_at(facts, job.state)}"
        raise ValueError(f"gives no per-item outcome: the job does not end; {became}")
    has_lines = _LINES.search(last.media_type) is not None
    rows: Json = [read_json(line) for line in last.body.splitlines()] if has_lines else last.document()
    if not last.is_done or (isinstance(rows, list) and None in rows):
        raise ValueError(f"gives no per-item outcome: the results of the job, {last.status}, are unreadable")
    return rows, facts
