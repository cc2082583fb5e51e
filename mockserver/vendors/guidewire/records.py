"""Where invoices and items are kept: found by id, in order of creation, a version on with every change.

A document holds codes where the wire has typekeys, and texts where it has money. `position` is the order
of creation, `version` grows with every change.
"""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.errors import NotFound
from mockserver.model import Document
from mockserver.store import Collection, State

INVOICES = "bulk-invoices"
ITEMS = "bulk-invoice-items"
PAYEES = "payees"
CLAIMS = "claims"
EXPOSURES = "exposures"
BANK_ACCOUNTS = "bank-accounts"
"""By the payee's id in the address book."""


_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


def find_invoice(invoice_id: str, state: State, *, any_case: bool = False) -> Document:
    """The invoice of that id, in any letter case only where none has it exactly.

    Raises:
        NotFound: there is none.
    """
    return _found(INVOICES, invoice_id, state, any_case=any_case)


def find_item(invoice: Document, item_id: str, state: State, *, any_case: bool = False) -> Document:
    """The item of that id in the invoice, likewise.

    Raises:
        NotFound: it has no such item.
    """
    found = _found(ITEMS, item_id, state, any_case=any_case)
    if found["bulkInvoice"] != invoice["id"]:
        raise NotFound(ITEMS, item_id)
    return found


def in_order(documents: Iterable[Document]) -> list[Document]:
    """Documents in the order in which they were made."""
    return sorted(documents, key=lambda document: (document["position"], document["id"]))


def items_of(invoice: Document, state: State) -> list[Document]:
    """The items of an invoice, oldest first."""
    return in_order(state.collection(ITEMS).find("bulkInvoice", invoice["id"]))


def keep(invoice: Document, items: Iterable[Document], state: State) -> Document:
    """Store what differs from what is stored, a version on."""
    collection = state.collection(ITEMS)
    for item in items:
        _put(item, collection)
    return _put(invoice, state.collection(INVOICES))


def _found(name: str, key: str, state: State, *, any_case: bool) -> Document:
    collection = state.collection(name)
    found = collection.get(key)
    if found is None and any_case:
        found = next((collection[other] for other in collection if other.lower() == key.lower()), None)
    if found is None:
        raise NotFound(name, key)
    return found


def _put(document: Document, collection: Collection) -> Document:
    stored = collection.get(document["id"])
    if stored == document:
        return stored
    versioned = {**document, "version": document["version"] + 1}
    collection[document["id"]] = versioned
    return versioned


def new_id(prefix: str, state: State) -> str:
    """A fresh id of the product's form."""
    return f"{prefix}:S" + "".join(_ID[octet % len(_ID)] for octet in state.octets(20))
