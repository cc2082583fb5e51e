"""Whole batches: check the number of records, their types and characters; render counts and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, json_reply, parse_content_type
from mockserver.errors import InvalidCall
from mockserver.model import Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.assumptions import key_rules
from mockserver.sandbox.store import State
from mockserver.spec.openapi import resolve
from mockserver.vendor import FAULT_RULE, BatchResult, Request
from mockserver.vendors.payt.messages import (
    FIELD_RANKS,
    UNKNOWN_RECORD,
    invalid_value,
    unreadable_value,
)

CREATED = 201
UPDATED = 200
NOT_FOUND_KIND = "not_found"
"""Key of the list of unknown records in `errors`; no other kind of failure is documented.

Source: docs/vendors/payt.md#partial-errors.
"""


def batch_problems(request: Request) -> Iterator[tuple[int, Problem]]:
    """Yield problems that reject a single record: a text with NUL, or a value of a wrong type.

    Raises InvalidCall if assumptions refuse the call for an empty batch, too many records or a wrong type.
    """
    kind = str(request.operation.batch.items[0]) if request.operation.batch else ""
    _check_count(request, kind)
    spares = request.call.assumptions["broken_record"] == "refuses_record"
    if fatal := [unreadable_value(path) for path in _coerced_paths(request, kind)]:
        if not spares or kind == "files":
            raise InvalidCall(fatal, request.document)
        yield from ((int(problem.path[1]), invalid_value(problem.path)) for problem in fatal)
    if kind != "files" and request.may_contain_nul:
        yield from ((int(path[1]), invalid_value(path)) for path in _nul_paths(request, kind))


def _check_count(request: Request, kind: str) -> None:
    if not request.items and request.call.assumptions["empty_call"] == "refused":
        raise InvalidCall((Problem("empty", (kind,), f"{kind} is empty", "minItems"),))
    limit = request.call.assumptions["max_records"]
    if limit != "unlimited" and len(request.items) > int(limit):
        text = f"{kind} must not have more than {limit} records"
        raise InvalidCall((Problem("too-many", (kind,), text, "maxItems"),))


def _coerced_paths(request: Request, kind: str) -> Iterator[Path]:
    """If the assumption `other_types` refuses coercion, yield the paths of values coerced to another type."""
    if request.call.assumptions["other_types"] != "refused":
        return
    sent = json.decode(request.call.body, parse_content_type(request.call.headers)[1])
    for item, record in zip(request.items, sent[kind], strict=True):
        yield from _coerced_below(record, item.document, (kind, item.index))


def _coerced_below(sent: Json, read: Json, path: Path) -> Iterator[Path]:
    if isinstance(sent, dict) and isinstance(read, dict):
        for name in sent:
            if name in read:
                yield from _coerced_below(sent[name], read[name], (*path, name))
    elif isinstance(sent, list) and isinstance(read, list):
        for at, (one, other) in enumerate(zip(sent, read, strict=True)):
            yield from _coerced_below(one, other, (*path, at))
    elif type(sent) is not type(read):
        yield path


def _nul_paths(request: Request, kind: str) -> Iterator[Path]:
    """Yield the paths of texts with NUL, which no database stores; skip members that the spec lacks."""
    contract = request.contract
    body = request.operation.node["requestBody"]["content"][JSON_TYPE]["schema"]
    records = resolve(contract, resolve(contract, body)["properties"][kind])
    for item in request.items:
        for path in json.find_nul(item.document):
            if _is_declared(path, records["items"], contract):
                yield (kind, item.index, *path)


def _is_declared(path: Path, schema: Document, contract: Document) -> bool:
    for step in path:
        schema = resolve(contract, schema)
        below = schema.get("items", {}) if isinstance(step, int) else schema.get("properties", {}).get(step)
        if below is None:
            return False
        schema = below
    return True


FindWarnings: TypeAlias = Callable[[Item, Request, State], tuple[Problem, ...]]
"""Function that returns the warnings of a rejected record."""


def success_entity(result: BatchResult, state: State, warned: FindWarnings | None = None) -> Reply:
    """Reply with the count of accepted records, `errors`, and `warnings` if there are any.

    If an assumption says so, add the warnings of rejected records, including those that `warned` finds. If no
    record is accepted, an assumption decides `success`. Source: docs/vendors/payt.md#partial-errors.
    """
    request = result.request
    told = _RecordMessages(request)
    for outcome in result.outcomes:
        told.add(outcome)
        if outcome.problems and told.includes_rejected:
            more = warned(outcome.item, request, state) if warned is not None else ()
            told.warn(outcome, (*outcome.warnings, *more))
    count = sum(outcome.accepted for outcome in result.outcomes)
    fails = request.call.assumptions["success_when_all_fail"] == "false" and result.outcomes and not count
    document: dict[str, Json] = {"success": not fails, "count": count, "errors": told.errors}
    if told.warnings:
        document["warnings"] = told.warnings
    return json_reply(UPDATED if request.operation.method == "patch" else CREATED, document)


def contacts_reply(result: BatchResult, state: State) -> Reply:
    """Reply to a batch of contacts. No document describes a body; an assumption decides whether to send one.

    Source: docs/vendors/payt.md#operations-and-paths.
    """
    if result.request.call.assumptions["contacts_answer"] == "empty":
        return Reply(CREATED)
    return success_entity(result, state)


class _RecordMessages:
    """Collector of the errors and warnings in a batch's reply."""

    def __init__(self, request: Request) -> None:
        batch = request.operation.batch
        self.errors: dict[str, list[str]] = {}
        """Messages of rejected records by key, and keys of unknown records under `not_found`."""
        self.warnings: dict[str, list[str]] = {}
        self._kind = str(batch.items[0]) if batch else ""
        self._members = batch.key if batch else ()
        if request.call.assumptions["record_key"] == "identifier":
            self._members = tuple(sorted(self._members, key=lambda name: not name.endswith("_identifier")))
        self._ranks = FIELD_RANKS[self._kind]
        self._unknown: set[str] = set()
        self._key_rules = key_rules(request.call.assumptions)
        self.includes_rejected = request.call.assumptions["warnings_of_refused"] == "told"

    def add(self, outcome: Outcome) -> None:
        if not outcome.problems and not outcome.warnings:
            return
        missing = next(
            (
                problem
                for problem in outcome.problems
                if problem.code == UNKNOWN_RECORD and problem.rule != FAULT_RULE
            ),
            None,
        )
        if missing is not None:
            if missing.found not in self._unknown:
                self._unknown.add(missing.found)
                self.errors.setdefault(NOT_FOUND_KIND, []).append(missing.found)
        elif outcome.problems:
            self._put(self.errors, self._key(outcome.item), outcome.problems)
        else:
            self.warn(outcome, outcome.warnings)

    def warn(self, outcome: Outcome, warnings: Iterable[Problem]) -> None:
        if found := tuple(warnings):
            self._put(self.warnings, self._key(outcome.item), found)

    def _put(self, told: dict[str, list[str]], key: str, problems: Iterable[Problem]) -> None:
        """Add messages to the list of `key` in `told`; skip a text that is already in the list."""
        texts = told.setdefault(key, [])
        for problem in sorted(problems, key=self._rank):
            if problem.detail not in texts:
                texts.append(problem.detail)

    def _rank(self, problem: Problem) -> int:
        field = str(problem.path[2]) if len(problem.path) > len(("records", "index")) else ""
        return self._ranks.get(field, len(self._ranks))

    def _key(self, item: Item) -> str:
        """Return the record's first nonblank key or, if all are blank, the record's place, as `invoices[2]`.

        Source: docs/vendors/payt.md#partial-errors (assumed).
        """
        for member in self._members if isinstance(item.document, dict) else ():
            text = item.document.get(member)
            if isinstance(text, str) and text.strip():
                return self._key_rules.stored(text)
        return f"{self._kind}[{item.index}]"
