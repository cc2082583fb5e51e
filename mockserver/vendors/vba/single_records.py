"""Operations on single records of any table: create, show, list, replace, delete."""

from mockserver.errors import InvalidCall
from mockserver.model import Json, Problem, Reply
from mockserver.sandbox.key_rules import key_rules
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request, find_record
from mockserver.vendors.vba import messages, replies
from mockserver.vendors.vba.record_names import column_name
from mockserver.vendors.vba.replies import success_reply
from mockserver.vendors.vba.tables import Reference, Table, rejection

KEY_MISMATCH = "keys-differ"
"""The rule that the path's key is the body's."""


def create_handler(table: Table) -> Handler:
    """Store a record; a blank key asks for the next free one.

    Source: docs/vendors/vba.md#operations-and-paths, #single-records, #state.
    """
    names = table.names

    def handle(request: Request, state: State) -> Reply:
        rows, sent = table.rows(state), request.document
        key = sent.get(names.key) or table.next_key(state)
        key = _resolve_key(table, key, request, state)
        if str(key) in rows:
            text = messages.duplicate_key(names.table, str(key))
            raise rejection("duplicate-key", names.key, text, "primary-key")
        document = table.row_builder(request, state)(sent, key, None)
        rows[str(key)] = document
        return success_reply(int(request.call.assumptions["create_status"]), document, request.call, state)

    return handle


def show_handler(table: Table) -> Handler:
    """Return one record, NotFound when the database has none of that key."""

    def handle(request: Request, state: State) -> Reply:
        return success_reply(
            200,
            find_record(table.names.collection, _key_in_path(table, request, state), state),
            request.call,
            state,
        )

    return handle


def list_handler(table: Table) -> Handler:
    """Return one page of the database's records, by key unless `sortBy` says otherwise."""

    def handle(request: Request, state: State) -> Reply:
        return replies.page_reply(table.rows(state).values(), table.names.key, request, state)

    return handle


def replace_handler(table: Table) -> Handler:
    """Write a record anew, NotFound when there is none; path and body must name the same one.

    Source: docs/vendors/vba.md#single-records, #state.
    """
    names = table.names

    def handle(request: Request, state: State) -> Reply:
        key, sent = request.parameters[names.parameter], request.document
        if sent.get(names.key, table.blank_key) != key:
            raise InvalidCall([Problem("mismatch", (names.key,), messages.KEYS_DIFFER, KEY_MISMATCH)])
        key = _resolve_key(table, key, request, state)
        stored = find_record(names.collection, str(key), state)
        document = table.row_builder(request, state)(sent, key, stored)
        table.rows(state)[str(key)] = document
        return success_reply(200, document, request.call, state)

    return handle


def delete_handler(table: Table) -> Handler:
    """Delete a record for good, NotFound when there is none, Rejected when other rows name it.

    Source: docs/vendors/vba.md#single-records, #state.
    """

    def handle(request: Request, state: State) -> Reply:
        name = _key_in_path(table, request, state)
        stored = find_record(table.names.collection, name, state)
        for reference in table.references:
            switched_off = reference.assumption and request.call.assumptions[reference.assumption] == "off"
            if not switched_off and _is_referenced(reference, stored[table.names.key], state):
                text = messages.still_referenced(
                    reference.constraint, request.tenant, reference.table, column_name(reference.member)
                )
                raise rejection("still-referenced", table.names.key, text, "reference")
        del table.rows(state)[name]
        return success_reply(200, None, request.call, state)

    return handle


def _is_referenced(reference: Reference, key: object, state: State) -> bool:
    """Return whether a row refers to the record, by a scan: an index would cost every batch."""
    others = state.collection(reference.collection).values()
    return any(other[reference.member] == key for other in others)


def _key_in_path(table: Table, request: Request, state: State) -> str:
    return str(_resolve_key(table, request.parameters[table.names.parameter], request, state))


def _resolve_key(table: Table, key: Json, request: Request, state: State) -> Json:
    """Return the key as the database has it; a number is what it is."""
    if not isinstance(key, str):
        return key
    return key_rules(request.call.assumptions).find_key(key, table.rows(state))
