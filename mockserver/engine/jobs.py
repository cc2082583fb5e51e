"""Jobs (`x-batch.job`): a batch answers with an id, and other operations tell the outcomes later.

A job waits as a document that has its call. Every call of the same tenant first does the work of all jobs
whose time has come, in the order of their times. The records of a job are therefore in the state from the
first call after its time on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TypeAlias

from msgspec import convert, to_builtins
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import json_reply
from mockserver.codec.instants import parse_instant, print_instant
from mockserver.engine.declared_answers import AnswerForm, declared_form, form_of
from mockserver.engine.declared_outcomes import count_outcomes, rows_writer, with_facts, with_places_in
from mockserver.engine.declared_values import Message, SchemaFilling
from mockserver.engine.resources import new_key
from mockserver.errors import NotFound, Refusal
from mockserver.model import (
    EMPTY,
    LOST,
    Call,
    Document,
    Json,
    Outcome,
    Problem,
    Reply,
    Value,
    Verdict,
    with_value_at,
)
from mockserver.sandbox.store import State
from mockserver.spec.batch_forms import Batch, Job
from mockserver.spec.openapi import Operation, Spec, filled_path, parameter_names
from mockserver.vendor import FAULT_RULE, BatchResult, Handler, Request

_WAITING, _DONE = "batch jobs waiting", "batch jobs done"
_NUMBER = "batch job"
_OK = 200
_COUNTS = ("total", "accepted", "rejected")

DoBatch: TypeAlias = Callable[[Call, int, Mapping[int, Verdict], State], tuple[Outcome, ...]]
"""A function that applies the first items of a call, and returns their outcomes.

The function takes the number of items, and the verdicts on items that stay refused, by index.
"""


class BatchJobs(Value, frozen=True):
    """The jobs of one batch operation."""

    operation: Operation
    batch: Batch
    job: Job
    poll: Operation
    teller: Operation
    """The operation whose answer has the rows."""
    filling: SchemaFilling
    write_rows: Callable[[Sequence[Outcome], State], Json]

    def accept(self, result: BatchResult, state: State) -> Reply:
        """Store a job for the items that an answer with rows would tell, and answer with the id."""
        ended = [one["id"] for one in state.collection(_DONE).values() if _has_ended(one, state)]
        for key in ended:
            del state.collection(_DONE)[str(key)]
        call, job, form = result.request.call, self.job, form_of(self.operation, self.job.status)
        number, total = state.next(_NUMBER), len(result.request.items)
        made = new_key(EMPTY if job.prefix else self.filling.at(form.schema, job.id), number, state)
        done = state.now + timedelta(seconds=job.done)
        document = {
            "id": made,
            "number": number,
            "operation": self.operation.id,
            "created": print_instant(state.now),
            "running": print_instant(state.now + timedelta(seconds=job.running)),
            "done": print_instant(done),
            "ends": print_instant(done + timedelta(seconds=job.kept)),
            "total": total,
            "told": [
                index
                if (index := outcome.item.index) < total
                else to_builtins(outcome, builtin_types=(Decimal,))  # a scenario's, of no item that was sent
                for outcome in result.outcomes
            ],
            "refused": {
                str(one.item.index): to_builtins(one.problems, builtin_types=(Decimal,))
                for one in result.outcomes
                if one.problems and not one.accepted and one.item.index < total
            },
            "stored": {str(index): is_stored for index, is_stored in result.stored_anyway.items()},
            "call": {
                "method": call.method,
                "path": call.path,
                "query": call.query,
                "headers": {"content-type": call.headers.get("content-type", "")},
                "body": call.body.decode("latin-1"),
            },
        }
        state.collection(_WAITING)[str(made)] = document
        reply = self._shown(form, document, state)
        place = _address(self.poll, result.request, str(made))
        return replace(reply, headers=((job.location, place),)) if job.location else reply

    def finish(self, waiting: Document, call: Call, do: DoBatch, state: State) -> None:
        """Do the work of a waiting job, and store what became of the items."""
        sent = waiting["call"]
        call = replace(call, **{**sent, "body": sent["body"].encode("latin-1")})
        problems = convert(waiting["refused"], dict[int, tuple[Problem, ...]], strict=False)
        refused = {index: Verdict(found) for index, found in problems.items()}
        mark = state.mark()
        outcomes = do(call, waiting["total"], refused, state)
        if waiting["stored"]:
            state.undo_to(mark)
            do(call, waiting["total"], _really_refused(refused, waiting["stored"]), state)
        told = [
            outcomes[one] if isinstance(one, int) else convert(one, Outcome, strict=False)
            for one in waiting["told"]
            if not isinstance(one, int) or one < len(outcomes)
        ]
        state.collection(_DONE)[str(waiting["id"])] = {
            **{name: waiting[name] for name in ("id", "operation", "created", "ends")},
            "counts": count_outcomes(told),
            "rows": json.decode(json.encode(self.write_rows(told, state))),  # some rows are JSON already
        }

    def show(self, document: Document, request: Request, state: State) -> Reply:
        """Answer with the state of a job and, if the job is done, with its counts and maybe its rows."""
        link = _address(self.teller, request, str(document["id"])) if self.job.link else ""
        return self._shown(declared_form(self.poll, _OK), document, state, link)

    def tell(self, document: Document, _request: Request, _state: State) -> Reply:
        """Answer with the rows of a job that is done."""
        if "rows" not in document:
            raise NotFound("results of the job", str(document["id"]))
        form, rows = declared_form(self.teller, _OK), document["rows"]
        return json_reply(form.status, rows, form.media_type, lines=form.has_lines)

    def _shown(self, form: AnswerForm, document: Document, state: State, link: str = "") -> Reply:
        outcome, job = with_places_in(self.filling, form, self.batch.outcome), self.job
        at = partial(self.filling.with_numbers, form.schema)
        counts: Mapping[str, int] = document.get("counts", EMPTY)
        answer: Json = {}
        if counts:
            answer = document["rows"] if self.teller is self.poll else {}
            is_failed = not counts["accepted"] and "failed" in job.words
            word = job.words["failed" if is_failed else "done"]
            answer = with_facts(answer, outcome, counts)
            answer = with_value_at(answer, at(job.link), link) if job.link else answer
        else:
            is_failed, is_running = False, parse_instant(document["running"]) <= state.now
            word = job.words["running" if is_running else "waiting"]
            facts = {name: place for name, place in outcome.summary.items() if name in _COUNTS}
            so_far = {"total": document["total"], "accepted": 0, "rejected": 0}
            answer = with_facts(answer, replace(outcome, summary=facts, words={}), so_far)
        made = f"{job.prefix}{document['id']}" if job.prefix else document["id"]
        answer = with_value_at(with_value_at(answer, at(job.id), made), at(job.state), word)
        message = Message(form.status, "", now=document["created"], is_refusal=is_failed, counts=counts)
        filled = self.filling.fill(form.schema, message, answer) if form.schema else answer
        return json_reply(form.status, filled, form.media_type)


def find_jobs(contract: Spec) -> Mapping[str, BatchJobs]:
    """Return the jobs of a spec by the operationId of the batch."""
    filling, known = SchemaFilling(contract.document), contract.operations
    found: dict[str, BatchJobs] = {}
    for operation in known.values():
        if operation.batch and (job := operation.batch.job):
            teller = known[job.teller]
            write = rows_writer(filling, operation.batch, declared_form(teller, _OK))
            poll = known[job.poll]
            found[operation.id] = BatchJobs(operation, operation.batch, job, poll, teller, filling, write)
    return found


def job_handlers(jobs: Mapping[str, BatchJobs]) -> Mapping[str, Handler]:
    """Return the handlers of the operations that tell about jobs, by operationId."""
    tell = {one.teller.id: _handler(jobs, BatchJobs.tell) for one in jobs.values()}
    return tell | {one.poll.id: _handler(jobs, BatchJobs.show) for one in jobs.values()}


def _handler(
    jobs: Mapping[str, BatchJobs], answer: Callable[[BatchJobs, Document, Request, State], Reply]
) -> Handler:
    """Return a handler that finds the job by the last path parameter. Several batches may share it."""

    def handle(request: Request, state: State) -> Reply:
        key = str(request.parameters[parameter_names(request.operation.path)[-1]])
        found = state.collection(_WAITING).get(key) or state.collection(_DONE).get(key)
        if found is None or found["operation"] not in jobs or _has_ended(found, state):
            raise NotFound("job", key)
        of_batch = jobs[found["operation"]]
        if request.operation not in (of_batch.poll, of_batch.teller):
            raise NotFound("job", key)
        return answer(of_batch, found, request, state)

    return handle


def finish_jobs(
    jobs: Mapping[str, BatchJobs], call: Call, do: DoBatch, state: State, ahead: float = 0
) -> None:
    """Do the work of the jobs whose time has come, or comes in the next `ahead` seconds.

    A job that this server cannot do is removed, because the server's spec changed since the job was sent.
    """
    collection = state.collection(_WAITING)
    waiting = [(parse_instant(one["done"]), one["number"], one) for one in collection.values()]
    for done, _, one in sorted(waiting, key=lambda due: due[:2]):
        if done <= state.now + timedelta(seconds=ahead):
            del collection[str(one["id"])]
            with suppress(Refusal), state.item():
                if one["operation"] in jobs:
                    jobs[one["operation"]].finish(one, call, do, state)


def _really_refused(told: Mapping[int, Verdict], stored: Mapping[str, bool]) -> Mapping[int, Verdict]:
    """Return the verdicts on items that are not stored, by the told verdicts and a scenario's exceptions."""
    lost = Verdict((Problem(LOST, (), "not stored by a scenario", FAULT_RULE),))
    kept = {index: verdict for index, verdict in told.items() if str(index) not in stored}
    return kept | {int(index): lost for index, is_stored in stored.items() if not is_stored}


def _address(operation: Operation, request: Request, key: str) -> str:
    """Return the address of an operation whose last path parameter is the id of a job."""
    *_, last = parameter_names(operation.path)
    known = {**{name: str(one) for name, one in request.parameters.items()}, last: key}
    return f"{request.call.origin}{request.call.mount}{filled_path(operation.path, known)}"


def _has_ended(document: Document, state: State) -> bool:
    return parse_instant(document["ends"]) <= state.now
