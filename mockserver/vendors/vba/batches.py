"""Operations on any table: batches with a status for each row, and single records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import TypeAlias

from msgspec import Raw
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.json import find_nul
from mockserver.errors import InvalidCall, Rejected
from mockserver.model import Action, Document, Item, Json, Outcome, Problem, Reply, members_of
from mockserver.sandbox.assumptions import key_rules
from mockserver.sandbox.store import Collection, State
from mockserver.vendor import (
    FAULT_RULE,
    BatchHandler,
    BatchResult,
    Request,
    StoreItem,
    StoreItems,
    find_record,
)
from mockserver.vendors.vba.messages import RecordNames, column_name, message
from mockserver.vendors.vba.replies import success_reply
from mockserver.vendors.vba.tables import MAX_KEY, BuildRow, Reference, Table, rejection

# Bound once: until Python 3.12 an enum member costs a call each time it is named.
CREATED, UPDATED, REJECTED = Action.CREATED, Action.UPDATED, Action.REJECTED
_STATUSES = {CREATED: 201, UPDATED: 200}

CheckRow: TypeAlias = Callable[[Item], None]
"""Raises Rejected if the row cannot be stored."""

KEY_MISMATCH = "keys-differ"
"""Rule: the key in the path must equal the key in the body."""


def batch_handler(table: Table) -> BatchHandler:
    return BatchHandler(
        apply=partial(_upsert, table),
        render=partial(_multi_status_reply, table),
        extra_outcome=partial(_extra_outcome, table),
        check_bad=partial(_bad_row_problems, table) if table.find_problems else None,
    )


def _bad_row_problems(table: Table, item: Item, request: Request, state: State) -> Iterable[Problem]:
    """Return the problems that `table` finds in a row, in addition to the schema problems."""
    stored = table.rows(state).get(item.key)
    found = table.find_problems(item.document, stored, request, state) if table.find_problems else ()
    return _in_row(item, found)


def _upsert(table: Table, request: Request, state: State) -> StoreItem:
    """Return the function that replaces or creates a row; a row with a blank key gets the next free key.

    Source: docs/vendors/vba.md#state.
    """
    if not request.items and request.call.assumptions["empty_batch"] == "refused":
        raise InvalidCall((Problem("too-few", (), message("no-rows"), "minItems", 1),))
    rows, record = table.rows(state), table.row_builder(request, state)
    rules, has_text_keys = key_rules(request.call.assumptions), table.key_type is str
    checks, find, member = _row_checks(request, table), rows.get, table.names.key

    def keep(item: Item) -> Outcome:
        row, name = item.document, item.key
        try:
            for check in checks:
                check(item)
            key = row.get(member)
            if not key:
                key = table.next_key(state)
                name = str(key)
            elif has_text_keys:
                key = name = rules.find_key(key, rows)
            stored = find(name)
            document = record(row, key, stored)
        except Rejected as broken:
            broken.problems = _in_row(item, broken.problems)
            raise
        rows[name] = document
        return Outcome(item, CREATED if stored is None else UPDATED, document)

    unique = request.call.assumptions["unique_invoice_number"] == "on"
    stands_alone = not (checks or has_text_keys or unique)
    return StoreItems(keep, partial(_keep_all, request, record, member, rows)) if stands_alone else keep


def _keep_all(
    request: Request, record: BuildRow, member: str, rows: Collection, items: Sequence[Item]
) -> Sequence[Outcome] | None:
    """Store the rows of a batch in one step; store nothing and return None if a key is blank or repeated."""
    names = [item.key for item in items]
    keys = members_of([item.document for item in items], member)
    if len({item.key for item in request.items}) < len(request.items) or not all(keys):
        return None
    outcomes: list[Outcome] = []
    documents: dict[str, Document] = {}
    for item, name, key, stored in zip(items, names, keys, map(rows.get, names), strict=True):
        try:
            documents[name] = document = record(item.document, key, stored)
        except Rejected as broken:
            problems = _in_row(item, broken.problems)
            outcomes.append(Outcome(item, REJECTED, broken.document, problems))
        else:
            outcomes.append(Outcome(item, CREATED if stored is None else UPDATED, document))
    rows.update(documents)
    return outcomes


def _row_checks(request: Request, table: Table) -> tuple[CheckRow, ...]:
    """Return the checks that see a row before its key is read; most calls have no checks."""
    checks: list[CheckRow] = []
    if request.call.assumptions["duplicates"] == "tracked":
        checks.append(_duplicate_check(request, table))
    if request.may_contain_nul:
        checks.append(_refuse_nul)
    return tuple(checks)


def _refuse_nul(item: Item) -> None:
    """Refuse a row with a NUL in one of its texts. Assumed (docs/catalogue.md#133-nul-and-controls)."""
    for member, *_ in find_nul(item.document):
        raise rejection("bad-character", str(member), message("bad-character"), "characters")


def _duplicate_check(request: Request, table: Table) -> CheckRow:
    """Return the check that refuses a row with the key of an earlier row of the batch.

    Source: docs/vendors/vba.md#duplicates-in-a-batch (assumption `duplicates`: tracked).
    """
    names, first = table.names, dict[str, int]()
    for item in request.items:
        first.setdefault(item.key, item.index)

    def check(item: Item) -> None:
        if item.key not in ("", str(table.blank_key)) and first[item.key] != item.index:
            text = message("tracked-twice", entity=names.entity, column=names.column)
            raise rejection("duplicate-key", names.key, text, "tracked")

    return check


def _in_row(item: Item, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems of a row, with paths that start at the root of the batch."""
    return tuple([replace(problem, path=(item.index, *problem.path)) for problem in problems])


def _multi_status_reply(table: Table, result: BatchResult, state: State) -> Reply:
    """Write a 207 reply with one result for each row, in the order sent.

    Source: the vendor's sample; docs/vendors/vba.md#batch-results, #failed-rows.
    """
    outcomes, call = result.outcomes, result.request.call
    name = _key_names(table.names)[call.assumptions["id_key_name"]]
    includes_all = call.assumptions["row_messages"] == "all"
    of_good = _around_keys(name)

    def bad_row(outcome: Outcome, key: Json) -> Json:
        told = _reported_problems(outcome.problems, includes_all=includes_all)
        status = told[0].expected if told[0].rule == FAULT_RULE else 500
        return _row(name, key, status, "\n".join([one.detail for one in told]))

    keys = _told_keys(table, outcomes)
    if call.assumptions["id_value_as_string"] == "on":
        keys = [None if key is None else str(key) for key in keys]
    rows = [
        bad_row(outcome, key)
        if (around := of_good.get(outcome.action)) is None
        else Raw(around[0] + text + around[1])
        for outcome, key, text in zip(outcomes, keys, json.encode_each(keys), strict=True)
    ]
    return success_reply(207, rows, call, state)


@cache
def _around_keys(key_name: str) -> Mapping[Action, tuple[bytes, bytes]]:
    """Return the JSON of a stored row's result before and after the row's key."""
    return {
        action: json.around_hole(_row(key_name, json.HOLE, status, action.capitalize()))
        for action, status in _STATUSES.items()
    }


def _row(key_name: str, key: Json, status: int, body: str) -> Json:
    return {"id": [{"key": key_name, "value": key}], "status": status, "body": body}


def _told_keys(table: Table, outcomes: Sequence[Outcome]) -> list[Json]:
    """Return the key of each row: the stored key; for a row that was not stored, the sent or a blank key."""
    member, blank = table.names.key, table.blank_key
    return [
        one.document[member]
        if one.action in _STATUSES
        else (sent.get(member, blank) if isinstance(sent := one.item.document, dict) else blank)
        for one in outcomes
    ]


def _reported_problems(problems: tuple[Problem, ...], *, includes_all: bool) -> list[Problem]:
    """Return each member's first problem, ordered by member; if not `includes_all`, only the first problem.

    Assumed (docs/catalogue.md#27-many-errors-one-item; assumption `row_messages`).
    """
    if len(problems) == 1:
        return list(problems)
    of_member = {str(problem.path[-1]): problem for problem in reversed(problems)}
    told = [of_member[name] for name in sorted(of_member)]
    return told if includes_all else told[:1]


def _extra_outcome(table: Table, outcome: Outcome, number: int) -> Outcome:
    """Return an outcome of an unsent row; the row's key is a large number or a text."""
    key: Json = MAX_KEY - number if table.key_type is int else f"phantom-{number}"
    document = {table.names.key: key}
    return Outcome(Item(outcome.item.index, str(key), document), UPDATED, document)


def _key_names(names: RecordNames) -> Mapping[str, str]:
    return {
        "invoice_Key": names.key,
        "InvoiceKey": names.column.replace("_", ""),
        "Invoice_Key": names.column,
    }


def create_record(table: Table, request: Request, state: State) -> Reply:
    """Create a record; a record with a blank key gets the next free key.

    Source: docs/vendors/vba.md#operations-and-paths, #single-records, #state.
    """
    names, rows, sent = table.names, table.rows(state), request.document
    key = sent.get(names.key) or table.next_key(state)
    key = _resolve_key(table, key, request, state)
    if str(key) in rows:
        text = message("duplicate-key", table=names.table, key=key)
        raise rejection("duplicate-key", names.key, text, "primary-key")
    document = table.row_builder(request, state)(sent, key, None)
    rows[str(key)] = document
    return success_reply(int(request.call.assumptions["create_status"]), document, request.call, state)


def show_record(table: Table, request: Request, state: State) -> Reply:
    found = find_record(table.names.collection, _key_in_path(table, request, state), state)
    return success_reply(200, found, request.call, state)


def replace_record(table: Table, request: Request, state: State) -> Reply:
    """Replace a record; the keys in path and body must be equal.

    Source: docs/vendors/vba.md#single-records, #state.
    """
    names = table.names
    key, sent = request.parameters[names.parameter], request.document
    if sent.get(names.key, table.blank_key) != key:
        raise InvalidCall([Problem("mismatch", (names.key,), message("keys-differ"), KEY_MISMATCH)])
    key = _resolve_key(table, key, request, state)
    stored = find_record(names.collection, str(key), state)
    document = table.row_builder(request, state)(sent, key, stored)
    table.rows(state)[str(key)] = document
    return success_reply(200, document, request.call, state)


def delete_record(table: Table, request: Request, state: State) -> Reply:
    """Delete a record. Raises Rejected if other rows refer to the record.

    Source: docs/vendors/vba.md#single-records, #state.
    """
    name = _key_in_path(table, request, state)
    stored = find_record(table.names.collection, name, state)
    for reference in table.references:
        switched_off = reference.assumption and request.call.assumptions[reference.assumption] == "off"
        if not switched_off and _is_referenced(reference, stored[table.names.key], state):
            text = message(
                "still-referenced",
                constraint=reference.constraint,
                database=request.tenant,
                table=reference.table,
                column=column_name(reference.member),
            )
            raise rejection("still-referenced", table.names.key, text, "reference")
    del table.rows(state)[name]
    return success_reply(200, None, request.call, state)


def _is_referenced(reference: Reference, key: object, state: State) -> bool:
    """Return whether a row refers to `key`. All rows are scanned: an index would slow every batch."""
    others = state.collection(reference.collection).values()
    return any(other[reference.member] == key for other in others)


def _key_in_path(table: Table, request: Request, state: State) -> str:
    return str(_resolve_key(table, request.parameters[table.names.parameter], request, state))


def _resolve_key(table: Table, key: Json, request: Request, state: State) -> Json:
    if not isinstance(key, str):
        return key
    return key_rules(request.call.assumptions).find_key(key, table.rows(state))
