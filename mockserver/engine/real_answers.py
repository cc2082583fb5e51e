"""Answers of a real server to a batch: what they tell of each item, and changes of their rows."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.lines import write_lines
from mockserver.engine.batch_facts import told_facts
from mockserver.engine.declared_outcomes import SUBSETS, WORDS, count_outcomes, fact_of, result_of
from mockserver.engine.told_rows import answered_document, row_pointers, text_at
from mockserver.model import (
    WARNED,
    Action,
    Item,
    Json,
    Outcome,
    Problem,
    Reply,
    Value,
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
_ACTIONS_BY_WORD = {word: action for action, words in reversed([*WORDS.items()]) for word in words}


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
    if pointer is None and batch.outcome.names_failures_alone:
        return Outcome(item, Action.CREATED, item.document)
    if pointer is None:
        detail = "the answer has no row for the item: whether it is stored is not known"
        return Outcome(item, Action.SKIPPED, problems=(Problem(UNTOLD, batch.place_of(item), detail),))
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


def _action(status: Json, rows: OutcomeRows, *, has_fault: bool) -> Action:
    if rows.subset == "rejected":
        return Action.REJECTED
    for name, word in rows.words.items():
        if status == word:
            return Action.UPDATED if name == DELETED else Action(name)
    if isinstance(status, str) and status.isdecimal():
        status = int(status)
    if status is None or isinstance(status, dict | list):
        return Action.REJECTED if rows.subset == "all" and has_fault else Action.CREATED
    if isinstance(status, bool):
        return Action.CREATED if status else Action.REJECTED
    if not isinstance(status, str):
        usual = Action.REJECTED if status >= _FIRST_REFUSAL else Action.UPDATED
        return _ACTIONS_BY_STATUS.get(int(status), usual)
    usual = Action.REJECTED if side_of(status) == "bad" else Action.CREATED
    return _ACTIONS_BY_WORD.get(plain(status), usual)


class RowChanger(Value, frozen=True):
    """Writes an answer that tells other outcomes in place of what the real answer tells."""

    operation: Operation
    batch: Batch
    write: Callable[..., Reply]
    """Function that returns the mock's answer to outcomes; its status is 0 if the mock has none."""

    def change(self, reply: Reply, real: Sequence[Outcome], shown: Sequence[Outcome]) -> Reply:
        """Return the reply with the rows of `shown`, and with its facts about all items changed alike.

        `real` has what the reply tells of the items that were sent. A real row stays if its outcome does.
        """
        document, form = answered_document(reply, self.operation), self.batch.outcome
        has_place = form.names_failures_alone and (document is not None or not form.rows)
        if not (has_place or has_rows(document, self.batch)):
            # Such an answer says that all items were accepted.
            written = reply if all(outcome.accepted for outcome in shown) else self.write(*shown)
            return written if written.status else reply
        found = row_pointers([outcome.item.key for outcome in real], self.batch, document)
        changed, told = document, [*self._told(real, shown, found)]
        for rows in form.rows:
            listed = value_at(document, rows.place)
            entries = [*self._entries(rows, document, told), *_strangers(rows, listed, {*found.values()})]
            if entries or listed is not None:
                new = dict(entries) if rows.names else [row for _, row in entries]
                changed = with_value_at(changed, rows.place, new)
        was, now = self.write(*real).status, self.write(*shown).status
        status = now if now and reply.status == was else reply.status
        return replace(self._with_facts(reply, changed, real, shown), status=status)

    def _told(
        self, real: Sequence[Outcome], shown: Sequence[Outcome], found: Mapping[int, str]
    ) -> Iterator[tuple[Outcome, str | None]]:
        """Yield each outcome with the pointer of its real row, "" if there is none, None to write one."""
        known = {one.item.index: (one, found.get(at, "")) for at, one in enumerate(real)}
        tells_warnings = self.batch.outcome.rows_of("warned")
        for outcome in shown:
            same, pointer = known.get(outcome.item.index, (None, ""))
            is_warned = same is not None and outcome.accepted and not tells_warnings
            yield outcome, pointer if same is outcome or is_warned else None

    def _entries(
        self, rows: OutcomeRows, document: Json, told: Iterable[tuple[Outcome, str | None]]
    ) -> Iterator[tuple[str, Json]]:
        """Yield name and row of each outcome that has a row in this list or map."""
        place = pointer_of(rows.place)
        for outcome, pointer in told:
            if pointer is not None and pointer.startswith(f"{place}/"):
                path = parse_pointer(pointer)
                yield _renumbered(rows, outcome, path[-1], value_at(document, path))
            elif pointer is None and SUBSETS[rows.subset](outcome):
                written = value_at(answered_document(self.write(outcome), self.operation), rows.place)
                for name, row in [*_named(written)][:1]:
                    yield _renumbered(rows, outcome, name, row)

    def _with_facts(
        self, reply: Reply, document: Json, real: Sequence[Outcome], shown: Sequence[Outcome]
    ) -> Reply:
        outcome, was, now = self.batch.outcome, count_outcomes(real), count_outcomes(shown)

        def moved(fact: str, value: Json) -> Json:
            told = fact_of(fact, now)
            if type(value) is not type(told):
                return value
            return told if isinstance(told, bool) else value + told - fact_of(fact, was)

        for fact, place in outcome.summary.items():
            if (value := value_at(document, place)) is not None:
                document = with_value_at(document, place, moved(fact, value))
        if outcome.words and value_at(document, outcome.word_at) == outcome.words.get(result_of(was)):
            document = with_value_at(document, outcome.word_at, outcome.words.get(result_of(now)))
        names = {name.lower(): fact for fact, name in outcome.headers.items()}
        headers = tuple(
            (name, str(moved(names[name.lower()], int(text))))
            if name.lower() in names and text.isdecimal()
            else (name, text)
            for name, text in reply.headers
        )
        has_lines = self.operation.answers_lines(reply.status, reply.media_type)
        encode = write_lines if has_lines else json.encode
        return replace(reply, body=encode(document) if reply.body else b"", headers=headers)


def _renumbered(rows: OutcomeRows, outcome: Outcome, name: str | int, row: Json) -> tuple[str, Json]:
    """Return name and row with the index that the item has in the client's request."""
    index = outcome.item.index + rows.first_index
    if "index" in rows.members and isinstance(row, dict):
        row = with_value_at(row, rows.members["index"], index)
    return str(index) if rows.names == "index" else str(name), row


def _strangers(rows: OutcomeRows, listed: Json, known: Container[str]) -> Iterator[tuple[str, Json]]:
    """Yield name and row of the rows that tell of no item that was sent."""
    for name, row in _named(listed):
        if pointer_of((*rows.place, name)) not in known:
            yield str(name), row


def _named(rows: Json) -> Iterable[tuple[str | int, Json]]:
    return rows.items() if isinstance(rows, dict) else enumerate(rows) if isinstance(rows, list) else ()
