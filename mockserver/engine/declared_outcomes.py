"""Answers of a batch in the form that its `x-batch.outcome` declares, for a vendor without code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TypeAlias

from msgspec import Raw
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import json_reply
from mockserver.codec.instants import print_instant
from mockserver.engine.assigned_values import known_members, value_assigner
from mockserver.engine.declared_answers import AnswerForm, declared_form, form_of
from mockserver.engine.declared_values import (
    ERRORS,
    Message,
    SchemaFilling,
    fitting_text,
    is_free_text,
    pick,
    unlimited_types,
    value_check,
)
from mockserver.model import (
    EMPTY,
    Action,
    Document,
    Json,
    Outcome,
    Path,
    Reply,
    Value,
    member_path,
    value_at,
    with_value_at,
)
from mockserver.sandbox.store import State
from mockserver.spec.batch_annotation import DELETED
from mockserver.spec.batch_forms import Batch, OutcomeForm, OutcomeRows, Subset
from mockserver.spec.openapi import Operation, Spec, plain
from mockserver.spec.outcomes import row_schema, side_of
from mockserver.spec.schema_tree import SchemaTree
from mockserver.vendor import FAULT_RULE, BatchResult, RenderBatch, fault_status

_LIMITS = frozenset({"enum", "format", "pattern", "minLength", "maxLength", "minItems", "maxItems"})
_NOT_ACCEPTED = frozenset({Action.REJECTED, Action.SKIPPED})
_MULTI_STATUS, _REJECTED_STATUS, _SKIPPED_STATUS = 207, 422, 424
_STATUSES = {Action.CREATED: 201, Action.UPDATED: 200, Action.UNCHANGED: 200}
_STATUSES_OF_FAULTS = {"throttled": 429, "internal": 500, "unavailable": 503, "timeout": 504, "locked": 423}
"""Statuses of problems that a scenario causes and that may pass, by code; every other problem has 422."""

HELD_BACK = ("skipped", "aborted", "cancelled", "rolledback", "nottried", "notprocessed", "notapplied")
"""Words for an item that is good, but not stored because of other items."""

WORDS: Mapping[Action, tuple[str, ...]] = {
    Action.CREATED: ("created", "new", "inserted", "added", "stored", "ok", "success", "accepted", "done"),
    Action.UPDATED: ("updated", "changed", "modified", "replaced", "stored", "ok", "success", "accepted"),
    Action.UNCHANGED: ("unchanged", "notmodified", "updated", "ok", "success", "accepted", "done"),
    Action.REJECTED: ("rejected", "failed", "failure", "error", "invalid", "refused", "denied", "400"),
    Action.SKIPPED: (*HELD_BACK, "rejected", "failed", "error", "400"),
}
_VARIES = "varies"
_NULL = b"null"
SUBSETS: Mapping[Subset, Callable[[Outcome], bool]] = {
    "all": lambda _outcome: True,
    "accepted": lambda outcome: outcome.accepted,
    "rejected": lambda outcome: not outcome.accepted,
    "warned": lambda outcome: bool(outcome.warnings),
}

TellMember: TypeAlias = Callable[[Outcome], Json]
"""A function that returns the value of a row's member; None if the row lacks the member."""

WriteRows: TypeAlias = Callable[[Sequence[Outcome], State], list[Json]]
"""A function that returns the rows of a batch, from its outcomes."""


class RowMember(Value, frozen=True):
    tell: TellMember
    usual: Mapping[Action, Json] | None = None
    """Values for items without problems, by action; None if the value depends on the item."""
    tell_all: Callable[[Sequence[Outcome]], Sequence[Json]] | None = None
    """Returns what `tell` returns, quicker for many items."""


def render_batch(contract: Spec, operation: Operation, batch: Batch) -> RenderBatch:
    """Return a renderer in the declared form, with the status that `x-batch.outcome.statuses` says.

    Without `statuses`, a batch without bad items is rendered as 201 or 200 if 207 is declared, and 201 or 200
    is declared with equal rows.
    """
    if statuses := batch.outcome.statuses:
        by_result = {
            result: render_outcomes(contract, batch, form_of(operation, status))
            for result, status in statuses.items()
        }
        return lambda result, state: by_result[result_of(count_outcomes(result.outcomes))](result, state)
    form = declared_form(operation, _MULTI_STATUS)
    render = render_outcomes(contract, batch, form)
    of_all = batch.outcome.rows_of("all")
    if form.status != _MULTI_STATUS or of_all is None:
        return render
    filling = SchemaFilling(contract.document)
    forms = [form_of(operation, one) for one in (201, 200) if str(one) in operation.responses]
    rows, *others = (filling.at(one.schema, of_all.place).get("items", EMPTY) for one in (form, *forms))
    # Unequal rows, such as mere records, would not tell what the rows of the 207 tell.
    good = {
        one.status: render_outcomes(contract, batch, one)
        for one, other in zip(forms, others, strict=True)
        if other and filling.merged(other) == filling.merged(rows)
    }

    if not good:
        return render

    def render_by_outcome(result: BatchResult, state: State) -> Reply:
        actions = {outcome.action for outcome in result.outcomes}
        if actions & _NOT_ACCEPTED:
            return render(result, state)
        wanted = (201, 200) if Action.CREATED in actions else (200, 201)
        return next(good[one] for one in wanted if one in good)(result, state)

    return render_by_outcome


def render_outcomes(contract: Spec, batch: Batch, form: AnswerForm) -> RenderBatch:
    """Return a renderer of the rows and facts of `x-batch.outcome`, in the types of the answer's schema."""
    filling = SchemaFilling(contract.document)
    outcome = with_places_in(filling, form, batch.outcome)
    write_rows = rows_writer(filling, batch, form)
    members = filling.at(form.schema, ()).get("properties", EMPTY)
    # Members beside the rows have to be filled, and put in order.
    is_filled = bool(form.schema) and [rows.place for rows in outcome.rows] != [(name,) for name in members]
    has_facts = bool(outcome.summary or outcome.headers or outcome.words)

    def render(result: BatchResult, state: State) -> Reply:
        told: Sequence[Outcome] = result.outcomes
        if batch.atomicity.cuts_off:
            told = [outcome for outcome in told if outcome.action is not Action.SKIPPED]
        document = write_rows(told, state)
        if not is_filled and not has_facts:
            return json_reply(form.status, document, form.media_type, lines=form.has_lines)
        counts = count_outcomes(result.outcomes)
        document = with_facts(document, outcome, counts)
        if isinstance(document, dict) and is_filled:
            problems = tuple(problem for one in result.outcomes for problem in one.problems)
            is_refusal = counts["rejected"] > 0
            now = print_instant(state.now)
            message = Message(form.status, "", "", "", problems, now, is_refusal=is_refusal, counts=counts)
            document = filling.fill(form.schema, message, document)
        facts = ((name, fact_of(fact, counts)) for fact, name in outcome.headers.items())
        headers = tuple((name, json.encode(value).decode()) for name, value in facts)
        if not (outcome.rows or form.schema):
            return Reply(form.status, headers=headers)
        return json_reply(form.status, document, form.media_type, headers, lines=form.has_lines)

    return render


def rows_writer(
    filling: SchemaFilling, batch: Batch, form: AnswerForm
) -> Callable[[Sequence[Outcome], State], Json]:
    """Return a writer of the lists and maps of rows of `x-batch.outcome`, without members beside them."""
    writers = [
        (filling.with_numbers(form.schema, one.place), _rows_writer(filling, form.schema, one, batch))
        for one in batch.outcome.rows
    ]

    def write_rows(outcomes: Sequence[Outcome], state: State) -> Json:
        document: Json = {}
        for place, write in writers:
            document = with_value_at(document, place, write(outcomes, state))
        return document

    return write_rows


def with_places_in(filling: SchemaFilling, form: AnswerForm, outcome: OutcomeForm) -> OutcomeForm:
    """Return the outcome form with numbers in the paths of facts that lead into lists of an answer."""
    places = {fact: filling.with_numbers(form.schema, one) for fact, one in outcome.summary.items()}
    return replace(outcome, summary=places, word_at=filling.with_numbers(form.schema, outcome.word_at))


def with_facts(document: Json, outcome: OutcomeForm, counts: Mapping[str, int]) -> Json:
    """Return the document with the facts and the word of `x-batch.outcome.summary`."""
    for fact, place in outcome.summary.items():
        document = with_value_at(document, place, fact_of(fact, counts))
    if outcome.words:
        document = with_value_at(document, outcome.word_at, outcome.words.get(result_of(counts)))
    return document


def fact_of(fact: str, counts: Mapping[str, int]) -> Json:
    rejected = counts["rejected"]
    return {**counts, "any-rejected": rejected > 0, "all-accepted": not rejected}[fact]


def result_of(counts: Mapping[str, int]) -> str:
    return "all" if not counts["rejected"] else "some" if counts["accepted"] else "none"


def _rows_writer(filling: SchemaFilling, answer: Document, rows: OutcomeRows, batch: Batch) -> WriteRows:
    """Return the writer of a list or map, with a row for each item of its subset."""
    row = row_schema(filling.document, filling.merged(answer), rows)
    rows = replace(
        rows, members={name: filling.with_numbers(row, path) for name, path in rows.members.items()}
    )
    members = _row_members(filling, row, rows, batch)
    write = (
        _value_writer(members[()]) if [*members] == [()] else _row_writer(filling, row, rows, members, batch)
    )
    write = _wrapped(write, batch) if rows.wrapped else write
    is_in = SUBSETS[rows.subset]
    if rows.names:
        return lambda outcomes, state: _by_name(rows, list(filter(is_in, outcomes)), write, state)
    if rows.subset == "all":
        return write
    return lambda outcomes, state: write(list(filter(is_in, outcomes)), state)


def _wrapped(write: WriteRows, batch: Batch) -> WriteRows:
    """Return a writer of rows in the names of their items' actions; an unknown action has the first name."""
    first = next(iter(batch.actions))

    def write_wrapped(outcomes: Sequence[Outcome], state: State) -> list[Json]:
        names = [batch.action_of(outcome.item.document) or first for outcome in outcomes]
        return [{name: row} for name, row in zip(names, write(outcomes, state), strict=True)]

    return write_wrapped


def _value_writer(member: RowMember) -> WriteRows:
    return lambda outcomes, _state: [member.tell(outcome) for outcome in outcomes]


def _by_name(
    rows: OutcomeRows, outcomes: Sequence[Outcome], write: Callable[..., list[Json]], state: State
) -> Json:
    """Return rows by key or index. Lists with equal keys are joined; of other such rows the last counts."""
    found: dict[str, Json] = {}
    for outcome, row in zip(outcomes, write(outcomes, state), strict=True):
        item = outcome.item
        name = item.key if rows.names == "key" else str(item.index + rows.first_index)
        known = found.get(name)
        found[name] = [*known, *row] if isinstance(known, list) and isinstance(row, list) else row
    return found


def _row_members(
    filling: SchemaFilling, row: Document, rows: OutcomeRows, batch: Batch
) -> Mapping[Path, RowMember]:
    """Return the declared members of a row by path; the row itself, if it is a member, comes first."""
    places = dict(sorted(rows.members.items(), key=lambda one: one[1] != ()))
    schemas = {name: filling.at(row, path) for name, path in places.items()}
    message = places.get("message", ())
    named = str(message[-1]) if message else ""
    is_of_bad = len(message) > 1 or plain(named) in ERRORS or side_of(named) == "bad"
    is_apart = rows.subset == "all" and ("status" not in places or is_of_bad)
    writers = {
        "status": _status_writer(schemas.get("status", EMPTY), rows.words, batch),
        "code": _code_writer(filling, schemas.get("code", EMPTY)),
        "message": _message_writer(filling, schemas.get("message", EMPTY), is_apart=is_apart),
        "key": key_writer(filling, schemas.get("key", EMPTY), batch.key),
        "index": RowMember(lambda outcome: outcome.item.index + rows.first_index),
        "record": _record_writer(filling, schemas.get("record", EMPTY)),
        "echo": RowMember(lambda outcome: outcome.item.document),
    }
    return {path: writers[name] for name, path in places.items()}


def _row_writer(
    filling: SchemaFilling, row: Document, rows: OutcomeRows, of_row: Mapping[Path, RowMember], batch: Batch
) -> WriteRows:
    """Return the writer of rows, with the declared members `of_row` and further required members.

    Rows of items without problems differ in few members, and are copied from one template for each action.
    If these rows differ in one member, they are written as JSON (`Raw`), which the encoder inserts.
    """
    members = list(of_row.items())
    complete = _row_completer(filling, row, rows.members)
    assign = value_assigner(filling, row, rows, batch)
    templates = {action: _template(members, action, complete) for action in Action}
    differing = [(str(path[0]), member) for path, member in members if path and member.usual is None]
    varying = [(name, member.tell) for name, member in differing]
    name, tell_all = (differing[0][0], differing[0][1].tell_all) if len(differing) == 1 else ("", None)
    halves = {
        action: json.around_hole({**one, name: json.HOLE})
        for action, one in templates.items()
        if one is not None and tell_all
    }
    listed = [(path, member.tell) for path, member in members]

    def write(outcome: Outcome, state: State) -> Json:
        template = None if outcome.problems else templates[outcome.action]
        if template is not None:
            made: Json = template.copy()
            lacks = False
            for name, tell in varying:
                made[name] = value = tell(outcome)
                lacks = lacks or value is None
            if not lacks:
                return made
            made = {name: value for name, value in made.items() if value is not None}
        else:
            made = {}
            for path, tell in listed:
                if (value := tell(outcome)) is not None:
                    made = with_value_at(made, path, value)
        made = assign(outcome, made, state)
        completed = complete(made)
        if completed is not None:
            return completed
        return filling.fill(row, _message_of(outcome, print_instant(state.now)), made)

    def write_all(outcomes: Sequence[Outcome], state: State) -> list[Json]:
        if tell_all is None:
            return [write(outcome, state) for outcome in outcomes]
        texts = json.encode_each(tell_all(outcomes))
        return [
            write(outcome, state)
            if outcome.problems or text == _NULL or (half := halves.get(outcome.action)) is None
            else Raw(half[0] + text + half[1])
            for outcome, text in zip(outcomes, texts, strict=True)
        ]

    return write_all


def _template(
    members: Sequence[tuple[Path, RowMember]], action: Action, complete: Callable[[Json], Json]
) -> dict[str, Json] | None:
    """Return a row for items without problems, with a placeholder for each member that depends on the item.

    Return None if rows are filled by schema, or if a member that depends on the item is inside a member.
    """
    made: Json = {}
    for path, member in sorted(members, key=lambda one: one[1].usual is None):
        value = _VARIES if member.usual is None else member.usual[action]
        if value is _VARIES and len(path) != 1:
            return None
        if value is not None:
            made = with_value_at(made, path, value)
    completed = complete(made)
    return completed if isinstance(completed, dict) else None


def _row_completer(
    filling: SchemaFilling, row: Document, places: Mapping[str, Path]
) -> Callable[[Json], Json]:
    """Return a function that puts a complete row into its schema's order, or returns None for any other row.

    The function saves most rows from the slow filling by schema.
    """
    required, properties = frozenset(row.get("required", ())), row.get("properties", EMPTY)
    is_flat = all(len(path) == 1 for path in places.values())
    schemas = {name: filling.at(row, path) for name, path in places.items()}
    is_plain = not any("properties" in node for node in schemas.values())
    if not row:
        return lambda made: made
    if is_flat and is_plain and "index" not in places:  # an index has to be put in order
        return lambda made: made if required <= made.keys() else None
    if not properties or not all(places.values()):
        return lambda _made: None
    order = dict.fromkeys((*properties, *(str(path[0]) for path in places.values())))
    objects = {
        str(path[0])
        for name, path in places.items()
        if len(path) > 1 or schemas[name].get("type") == "object" or "properties" in schemas[name]
    }

    sizes = [(name, _size_if_placed(filling, properties.get(name), name, places)) for name in objects]

    def is_whole(made: Document) -> bool:
        """Return whether filling would only find what the places have put there."""
        if objects.isdisjoint(made):
            return required <= made.keys()
        return len(made) == len(order) and all(len(made[name]) == size for name, size in sizes)

    return lambda made: {name: made[name] for name in order if name in made} if is_whole(made) else None


def _size_if_placed(filling: SchemaFilling, node: Json, name: str, places: Mapping[str, Path]) -> int:
    """Return the number of an object's members that places alone put there, in their order; else -1."""
    members = filling.merged(node or EMPTY).get("properties", EMPTY)
    nodes = [filling.merged(member) for member in members.values()]
    is_nested = any(one.get("type") == "object" or "properties" in one for one in nodes)
    placed = [path[1:] for path in places.values() if path[0] == name]
    return -1 if is_nested or placed != [(member,) for member in members] else len(members)


def _status_writer(node: Document, words: Mapping[str, Json], batch: Batch) -> RowMember:
    usual = {
        action: words.get(str(action), _status_as(node, action, _STATUSES.get(action, _SKIPPED_STATUS)))
        for action in Action
    }
    rejected = {
        action: words.get(str(action), _status_as(node, action, _REJECTED_STATUS)) for action in Action
    }

    def tell(outcome: Outcome) -> Json:
        if not outcome.problems:
            is_deleted = outcome.accepted and batch.work_of(outcome.item.document) == "delete"
            return words.get(DELETED, usual[outcome.action]) if is_deleted else usual[outcome.action]
        status = item_status(outcome)
        if status == _REJECTED_STATUS or str(outcome.action) in words:
            return rejected[outcome.action]
        return _status_as(node, outcome.action, status)

    return RowMember(tell, None if DELETED in words else usual)


def _status_as(node: Document, action: Action, status: int) -> Json:
    if node.get("enum"):
        side = "bad" if action in _NOT_ACCEPTED else "good"
        meant = [one for one in node["enum"] if side_of(one) == side]
        return pick(node["enum"], status, action, *WORDS[action], *meant, *node["enum"])
    if node.get("type") == "boolean":
        return action not in _NOT_ACCEPTED
    return str(action) if node.get("type") == "string" else status


def _code_writer(filling: SchemaFilling, node: Document) -> RowMember:
    of_skipped = pick(node.get("enum", ()), *HELD_BACK)

    def tell(outcome: Outcome) -> Json:
        if of_skipped and outcome.action is Action.SKIPPED:
            return of_skipped
        return None if outcome.accepted else filling.fill(node, _message_of(outcome), name="code")

    return RowMember(tell)


def _message_writer(filling: SchemaFilling, node: Document, *, is_apart: bool) -> RowMember:
    """Return the message member; if `is_apart`, good items have no message."""
    if node.get("type") in ("array", "object"):
        items = filling.merged(node.get("items", EMPTY))
        if node["type"] == "array" and is_free_text(items) and _LIMITS.isdisjoint({*node, *items}):
            return RowMember(lambda outcome: None if outcome.accepted else _sentences(outcome))
        return RowMember(
            lambda outcome: None if outcome.accepted else filling.fill(node, _message_of(outcome))
        )
    silent = frozenset(Action) - _NOT_ACCEPTED if is_apart else frozenset()
    if _LIMITS.isdisjoint(node):
        return _sentence_writer(EMPTY, silent)
    if is_free_text(node):
        return _sentence_writer(node, silent)
    return RowMember(
        lambda outcome: (
            None if outcome.action in silent else filling.fill(node, _message_of(outcome), name="message")
        )
    )


def _sentence_writer(limits: Document, silent: frozenset[Action]) -> RowMember:
    usual = {
        action: None if action in silent else fitting_text(limits, action.capitalize()) for action in Action
    }

    def tell(outcome: Outcome) -> Json:
        action, title = outcome.action, outcome.action.capitalize()
        if not outcome.problems:
            return usual[action]
        return None if action in silent else fitting_text(limits, _sentence(outcome, title), title)

    return RowMember(tell, usual)


def key_writer(filling: SchemaFilling, node: Document, key: tuple[str, ...]) -> RowMember:
    """Return the key member, in the type of the item's member or of the row's schema."""
    if len(key) == 1:
        return _member_writer(node, member_path(key[0]))
    if node.get("type") != "object":
        return RowMember(lambda outcome: outcome.item.key)
    accepted = {name: value_check(filling.at(node, (name,))) for name in key}

    def tell(outcome: Outcome) -> Json:
        document = outcome.item.document
        members = document if isinstance(document, dict) else {}
        return {name: members[name] for name in key if accepted[name](members.get(name))}

    return RowMember(tell)


def _member_writer(node: Document, path: Path) -> RowMember:
    accepts, convert = value_check(node), _CONVERTERS.get(node.get("type", ""))
    plain_types, name = unlimited_types(node), path[-1]

    def tell(outcome: Outcome) -> Json:
        item, document = outcome.item, outcome.item.document
        holder = value_at(document, path[:-1])
        value = holder.get(name, item.key) if isinstance(holder, dict) else item.key
        if not item.key and isinstance(stored := value_at(outcome.document, path[:-1]), dict):
            value = stored.get(name, value)
        if accepts(value):
            return value
        converted = value if convert is None else convert(value)
        return converted if accepts(converted) else None

    def tell_all(outcomes: Sequence[Outcome]) -> Sequence[Json]:
        with suppress(AttributeError):  # if an item is no object
            values = [outcome.item.document.get(name) for outcome in outcomes]
            if plain_types.issuperset(map(type, values)):
                return values
        return [tell(outcome) for outcome in outcomes]

    return RowMember(tell, tell_all=tell_all if len(path) == 1 else None)


def _record_writer(filling: SchemaFilling, node: Document) -> RowMember:
    """Return the record member, which has what the row's schema allows of the stored record."""
    tree = SchemaTree(filling.document)
    return RowMember(lambda outcome: tree.answered(outcome.document, node) if outcome.accepted else None)


def item_status(outcome: Outcome) -> int:
    """Return the status of an item. A rejected item has 422, unless a scenario says otherwise."""
    if not outcome.problems:
        return _STATUSES.get(outcome.action, _SKIPPED_STATUS)
    first = outcome.problems[0]
    usual = _STATUSES_OF_FAULTS.get(first.code) if first.rule == FAULT_RULE else None
    return fault_status(outcome.problems) or usual or _REJECTED_STATUS


def _sentences(outcome: Outcome) -> list[Json]:
    title = outcome.action.capitalize()
    return [problem.detail or title for problem in outcome.problems] or [title]


def _sentence(outcome: Outcome, title: str) -> str:
    return "; ".join([problem.detail for problem in outcome.problems]) or title


def _message_of(outcome: Outcome, now: str = "") -> Message:
    document = known_members(outcome)
    return message_of(outcome, item_status(outcome), outcome.action.capitalize(), document, now)


def message_of(outcome: Outcome, status: int, title: str, document: Document, now: str = "") -> Message:
    """Return the message about an item; its sentence is the title if there are no problems."""
    problems = outcome.problems
    return Message(
        status,
        _sentence(outcome, title),
        title,
        problems[0].code if problems else str(outcome.action),
        problems,
        now,
        document=document,
        is_refusal=not outcome.accepted,
    )


def count_outcomes(outcomes: Sequence[Outcome]) -> Mapping[str, int]:
    actions = [outcome.action for outcome in outcomes]
    named = {str(action): actions.count(action) for action in dict.fromkeys(actions)}
    rejected = sum(named.get(action, 0) for action in _NOT_ACCEPTED)
    return {**named, "total": len(outcomes), "accepted": len(outcomes) - rejected, "rejected": rejected}


def _text_of_key(value: Json) -> Json:
    if not isinstance(value, (int, Decimal)):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number_of_key(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    return int(value) if value.isascii() and value.isdecimal() else None


_CONVERTERS: Mapping[str, Callable[[Json], Json]] = {
    "string": _text_of_key,
    "integer": _number_of_key,
    "number": _number_of_key,
}
"""Converters of a key to the type of its schema: from a number to its text, or back."""
