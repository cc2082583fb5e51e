"""Answers of a real server to a batch: what they tell of each item, and changes of their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.lines import write_lines
from mockserver.engine.batch_facts import told_facts
from mockserver.engine.declared_outcomes import HELD_BACK, SUBSETS, count_outcomes, result_of
from mockserver.engine.told_rows import answered_document, row_pointers, text_at
from mockserver.model import (
    WARNED,
    Action,
    Item,
    Json,
    Outcome,
    Path,
    Problem,
    Reply,
    parse_pointer,
    pointer_of,
    value_at,
    with_value_at,
)
from mockserver.spec.batch_annotation import DELETED
from mockserver.spec.batch_forms import Batch, OutcomeRows
from mockserver.spec.openapi import Operation, plain
from mockserver.spec.outcomes import side_of
from mockserver.vendor import Request

UNTOLD = "untold"
"""Code of the problem of an item of which the answer says nothing."""

_ACTIONS_BY_STATUS = {201: Action.CREATED, 304: Action.UNCHANGED, 424: Action.SKIPPED}
_FIRST_REFUSAL = 400
_ACTIONS_BY_WORD: Mapping[str, Action] = {
    **dict.fromkeys(("created", "new", "inserted", "added"), Action.CREATED),
    **dict.fromkeys(("updated", "changed", "modified", "replaced"), Action.UPDATED),
    **dict.fromkeys(("unchanged", "notmodified"), Action.UNCHANGED),
    **dict.fromkeys(HELD_BACK, Action.SKIPPED),
}

Place: TypeAlias = tuple[Path, str]
"""Path of a list or map of rows, and the pointer of a row in it."""


def read_outcomes(request: Request, sent: Sequence[Item], reply: Reply) -> tuple[Outcome, ...]:
    """Return what the answer tells of each sent item; nothing if it tells nothing of items.

    An accepted item is told as created, unless the answer says that it was updated or unchanged.
    """
    batch = request.operation.batch
    document = answered_document(reply, request.operation)
    if batch is None or batch.job is not None:
        return ()
    if not has_rows(document, batch):
        return _outcomes_alike(sent, reply, document, batch)
    pointers = row_pointers([item.key for item in sent], batch, document)
    return tuple([_outcome(item, pointers.get(at), document, batch) for at, item in enumerate(sent)])


def _outcomes_alike(sent: Sequence[Item], reply: Reply, document: Json, batch: Batch) -> tuple[Outcome, ...]:
    """Return what an answer without rows tells: by its counts, or by its status if it has none.

    If the counts tell that only some items were accepted, nothing is known of any item.
    """
    facts = told_facts(reply, document, batch)
    if not facts and (
        reply.status >= _FIRST_REFUSAL or not (batch.atomic or batch.outcome.names_failures_alone)
    ):
        return ()
    total = str(len(sent))
    good = {("rejected", "0"), ("accepted", total), ("any-rejected", "false"), ("all-accepted", "true")}
    if not facts or good & facts.items():
        return tuple([Outcome(item, Action.CREATED, item.document) for item in sent])
    is_bad = {("rejected", total), ("accepted", "0")} & facts.items()
    action, code = (Action.REJECTED, "rejected") if is_bad else (Action.SKIPPED, UNTOLD)
    return tuple([Outcome(one, action, problems=(Problem(code, batch.place_of(one)),)) for one in sent])


def has_rows(document: Json, batch: Batch) -> bool:
    """Return whether a list or map of rows is where `x-batch.outcome` says; an empty map may be a list."""
    found = [(value_at(document, rows.place), dict if rows.names else list) for rows in batch.outcome.rows]
    return any(isinstance(rows, kind) or rows == [] for rows, kind in found)


def _outcome(item: Item, pointer: str | None, document: Json, batch: Batch) -> Outcome:
    if pointer is None:
        return _outcome_without_row(item, batch)
    rows = next(one for one in batch.outcome.rows if f"{pointer}/".startswith(f"{pointer_of(one.place)}/"))
    row = rows.unwrapped(value_at(document, parse_pointer(pointer)))
    told = {name: value_at(row, path) for name, path in rows.members.items()}
    has_fault = any(told.get(name) not in (None, "", []) for name in ("code", "message"))
    action = _action(told.get("status"), rows, has_fault=has_fault)
    if action is Action.REJECTED and _ACTIONS_BY_WORD.get(plain(str(told.get("code")))) is Action.SKIPPED:
        action = Action.SKIPPED
    record = told.get("record", told.get("echo"))
    said = told.get("message")
    texts = said if isinstance(said, list) and all(isinstance(one, str) for one in said) else []
    message = "; ".join(texts) or text_at(row, rows.members.get("message")) or ""
    problem = Problem(
        str(told.get("code") or action), batch.place_of(item), message, found=told.get("status")
    )
    if action in (Action.REJECTED, Action.SKIPPED):
        return Outcome(item, action, record, (problem,))
    warnings = (replace(problem, code=WARNED),) if rows.subset == "warned" else ()
    return Outcome(item, action, item.document if record is None else record, warnings=warnings)


def _outcome_without_row(item: Item, batch: Batch) -> Outcome:
    """Return the outcome of an item without a row, which is good if rows are for bad items alone."""
    if batch.outcome.names_failures_alone:
        return Outcome(item, Action.CREATED, item.document)
    detail = "the answer has no row for the item: whether it is stored is not known"
    return Outcome(item, Action.SKIPPED, problems=(Problem(UNTOLD, batch.place_of(item), detail),))


def _action(status: Json, rows: OutcomeRows, *, has_fault: bool) -> Action:
    if rows.subset == "rejected":
        return Action.REJECTED
    for name, word in rows.words.items():
        if status == word:
            return Action.UPDATED if name == DELETED else Action(name)
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if status is None:
        return Action.REJECTED if rows.subset == "all" and has_fault else Action.CREATED
    if isinstance(status, bool):
        return Action.CREATED if status else Action.REJECTED
    if not isinstance(status, str):
        usual = Action.REJECTED if status >= _FIRST_REFUSAL else Action.UPDATED
        return _ACTIONS_BY_STATUS.get(int(status), usual)
    usual = Action.REJECTED if side_of(status) == "bad" else Action.CREATED
    return _ACTIONS_BY_WORD.get(plain(status), usual)


@dataclass(frozen=True, slots=True)
class RowChanger:
    """Writes an answer that tells other outcomes in place of what the real answer tells."""

    operation: Operation
    batch: Batch
    own: frozenset[int]
    """Indexes of the items whose rows are written, as are those of items without a real row."""
    write: Callable[[Outcome], Reply]
    """Function that returns the answer to one outcome alone."""

    def change(self, reply: Reply, real: Sequence[Outcome], shown: Sequence[Outcome]) -> Reply:
        """Return the reply with the rows of `shown`, and with its facts about all items changed alike.

        `real` has what the reply tells of the items that were sent.
        """
        document = answered_document(reply, self.operation)
        items = [outcome.item for outcome in real]
        pointers = row_pointers([item.key for item in items], self.batch, document)
        kept = {
            items[at].index: pointer for at, pointer in pointers.items() if items[at].index not in self.own
        }
        untold = frozenset([item.index for item in items]) - kept.keys() - self.own
        shown_rows = [outcome for outcome in shown if outcome.item.index not in untold]
        changed = document
        for rows in self.batch.outcome.rows:
            entries = [
                *self._entries(rows, document, kept, shown_rows),
                *_strangers(rows, document, pointers),
            ]
            if entries or value_at(document, rows.place) is not None:
                listed = dict(entries) if rows.names else [row for _, row in entries]
                changed = with_value_at(changed, rows.place, listed)
        return self._with_facts(reply, changed, real, shown)

    def _entries(
        self, rows: OutcomeRows, document: Json, kept: Mapping[int, str], shown: Sequence[Outcome]
    ) -> Iterator[tuple[str, Json]]:
        """Yield name and row of each shown outcome that has a row in this list or map."""
        place = f"{pointer_of(rows.place)}/"
        for outcome in shown:
            pointer = kept.get(outcome.item.index)
            if pointer is not None and pointer.startswith(place):
                path = parse_pointer(pointer)
                yield self._renumbered(rows, outcome, path[-1], value_at(document, path))
            elif pointer is None and SUBSETS[rows.subset](outcome):
                written = value_at(answered_document(self.write(outcome), self.operation), rows.place)
                for name, row in [*_named(written)][:1]:
                    yield self._renumbered(rows, outcome, name, row)

    def _renumbered(
        self, rows: OutcomeRows, outcome: Outcome, name: str | int, row: Json
    ) -> tuple[str, Json]:
        """Return name and row with the index that the item has in the client's request."""
        index = outcome.item.index + rows.first_index
        if "index" in rows.members and isinstance(row, dict):
            row = with_value_at(row, rows.members["index"], index)
        return str(index) if rows.names == "index" else str(name), row

    def _with_facts(
        self, reply: Reply, document: Json, real: Sequence[Outcome], shown: Sequence[Outcome]
    ) -> Reply:
        outcome, was, now = self.batch.outcome, count_outcomes(real), count_outcomes(shown)
        flags = {"any-rejected": now["rejected"] > 0, "all-accepted": not now["rejected"]}
        for fact, place in outcome.summary.items():
            value = value_at(document, place)
            if isinstance(value, bool) and fact in flags:
                document = with_value_at(document, place, flags[fact])
            elif isinstance(value, int) and fact in now:
                document = with_value_at(document, place, value + now[fact] - was[fact])
        if outcome.words and value_at(document, outcome.word_at) == outcome.words.get(result_of(was)):
            document = with_value_at(document, outcome.word_at, outcome.words.get(result_of(now)))
        names = {name.lower(): fact for fact, name in outcome.headers.items()}
        headers = tuple(
            (name, str(int(text) + now[fact] - was[fact]) if fact in now and text.isdecimal() else text)
            for name, text in reply.headers
            for fact in [names.get(name.lower(), "")]
        )
        has_lines = self.operation.answers_lines(reply.status, reply.media_type)
        encode = write_lines if has_lines else json.encode
        return replace(reply, body=encode(document) if reply.body else b"", headers=headers)


def _named(rows: Json) -> Iterable[tuple[str | int, Json]]:
    return rows.items() if isinstance(rows, dict) else enumerate(rows) if isinstance(rows, list) else ()


def _strangers(rows: OutcomeRows, document: Json, pointers: Mapping[int, str]) -> Iterator[tuple[str, Json]]:
    """Yield name and row of the rows that tell of no item that was sent."""
    place, known = pointer_of(rows.place), set(pointers.values())
    for name, row in _named(value_at(document, rows.place)):
        if place + pointer_of((name,)) not in known:
            yield str(name), row


def without_items(body: bytes, batch: Batch, held: frozenset[int], keys: Sequence[str]) -> bytes | None:
    """Return a JSON body without some items; None if the items are not where `x-batch` says."""
    document = json.decode(body)
    listed = value_at(document, batch.items)
    if batch.is_map and isinstance(listed, dict):
        left: Json = {name: item for name, item in listed.items() if name not in {keys[at] for at in held}}
    elif isinstance(listed, list):
        left = [item for at, item in enumerate(listed) if at not in held]
    else:
        return None
    return json.encode(with_value_at(document, batch.items, left))


def without_lines(body: bytes, held: frozenset[int], lines_an_item: int) -> bytes:
    """Return a body of lines without the lines of some items; empty lines stay."""
    at, left = 0, []
    for line in body.splitlines(keepends=True):
        if not line.strip() or at // lines_an_item not in held:
            left.append(line)
        at += bool(line.strip())
    return b"".join(left)
