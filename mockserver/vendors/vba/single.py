"""Single records: create, show, list, replace, delete; the same for every table."""

from mockserver.errors import Invalid
from mockserver.model import Json, Problem, Reply
from mockserver.store import State
from mockserver.vendor import Handler, Request, record
from mockserver.vendors.vba import keys, pages, words
from mockserver.vendors.vba.envelope import enveloped
from mockserver.vendors.vba.names import column
from mockserver.vendors.vba.table import Reference, Table, refused

KEYS_DIFFER = "keys-differ"
"""The rule that the path's key is the body's."""


def create(table: Table) -> Handler:
    """Store a record; a blank key asks for the next free one.

    Source: VBA fact sheet §1.1, §3.6, §4.2.
    """
    names = table.names

    def handle(request: Request, state: State) -> Reply:
        rows, sent = table.rows(state), request.document
        key = sent.get(names.key) or table.next_key(state)
        key = _read(table, key, request, state)
        if str(key) in rows:
            text = words.duplicate_key(names.table, str(key))
            raise refused("duplicate-key", names.key, text, "primary-key")
        document = table.open(request, state)(sent, key, None)
        rows[str(key)] = document
        return enveloped(int(request.call.assumptions["create_status"]), document, request.call, state)

    return handle


def show(table: Table) -> Handler:
    """One record, NotFound when the database has none of that key."""

    def handle(request: Request, state: State) -> Reply:
        return enveloped(
            200, record(table.names.collection, _name(table, request, state), state), request.call, state
        )

    return handle


def listing(table: Table) -> Handler:
    """One page of the database's records, by key unless `sortBy` says otherwise."""

    def handle(request: Request, state: State) -> Reply:
        return pages.page(table.rows(state).values(), table.names.key, request, state)

    return handle


def replace(table: Table) -> Handler:
    """Write a record anew, NotFound when there is none; path and body must name the same one.

    Source: VBA fact sheet §3.6, §4.4.
    """
    names = table.names

    def handle(request: Request, state: State) -> Reply:
        key, sent = request.parameters[names.parameter], request.document
        if sent.get(names.key, table.blank) != key:
            raise Invalid([Problem("mismatch", (names.key,), words.KEYS_DIFFER, KEYS_DIFFER)])
        key = _read(table, key, request, state)
        stored = record(names.collection, str(key), state)
        document = table.open(request, state)(sent, key, stored)
        table.rows(state)[str(key)] = document
        return enveloped(200, document, request.call, state)

    return handle


def remove(table: Table) -> Handler:
    """Delete a record for good, NotFound when there is none, Rejected when other rows name it.

    Source: VBA fact sheet §3.6, §4.8.
    """

    def handle(request: Request, state: State) -> Reply:
        name = _name(table, request, state)
        stored = record(table.names.collection, name, state)
        for reference in table.references:
            switched_off = reference.switch and request.call.assumptions[reference.switch] == "off"
            if not switched_off and _holds(reference, stored[table.names.key], state):
                text = words.still_referenced(
                    reference.constraint, request.tenant, reference.table, column(reference.member)
                )
                raise refused("still-referenced", table.names.key, text, "reference")
        del table.rows(state)[name]
        return enveloped(200, None, request.call, state)

    return handle


def _holds(reference: Reference, key: object, state: State) -> bool:
    """Looked through, not indexed: an index would cost every later batch its upkeep."""
    others = state.collection(reference.collection).values()
    return any(other[reference.member] == key for other in others)


def _name(table: Table, request: Request, state: State) -> str:
    return str(_read(table, request.parameters[table.names.parameter], request, state))


def _read(table: Table, key: Json, request: Request, state: State) -> Json:
    """The key as the database has it; a number is what it is."""
    return keys.reader(table.rows(state), request.call)(key) if isinstance(key, str) else key
