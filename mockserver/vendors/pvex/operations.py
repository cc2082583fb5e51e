"""What the operations do: an invoice is inserted or replaced whole, and the helper GETs show what is stored.

Source: PVEx fact sheet §4.
"""

from __future__ import annotations

from typing import Any

from mockserver.errors import NotFound
from mockserver.model import Action, Document, Item, Outcome, Reply
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.pvex import moments
from mockserver.vendors.pvex.members import BLANK, MOMENTS
from mockserver.vendors.pvex.reading import Reading, reading_of
from mockserver.vendors.pvex.render import invoice_reply, invoices_reply

INVOICES = "invoices"


def store_invoice(item: Item, request: Request, state: State) -> Outcome:
    """Insert or replace by `SubscriberId` and `Id`; the first `ApiCreateDate` stays, null is passed over.

    Source: PVEx fact sheet §4 rows 1, 5, 9, 10, 12; settings `conflict`, `null_item`, `sql_datetime`.
    """
    if item.document is None:
        return Outcome(item, Action.UNCHANGED)  # not SKIPPED, which would take an all-or-nothing batch back
    invoices = state.collection(INVOICES)
    invoice = _invoice(item.document, reading_of(request.media_type))
    invoice["ApiLastChangeDate"] = invoice["ApiLastChangeDate"] or moments.server_time(state.now)
    key = _key(invoice)
    known = invoices.get(key)
    if known is not None:
        invoice["ApiCreateDate"] = known["ApiCreateDate"]
    invoices[key] = invoice
    return Outcome(item, Action.CREATED if known is None else Action.UPDATED, invoice)


def list_invoices(request: Request, state: State) -> Reply:
    """Helper GET: all invoices, deleted ones too, unless the query narrows them.

    Source: PVEx fact sheet §4 row 4.
    """
    wanted = request.parameters.get("deleted")
    found = [
        invoice
        for invoice in _of_subscriber(request, state)
        if wanted is None or bool(invoice["Deleted"]) is wanted
    ]
    return invoices_reply(request.call, found)


def show_invoice(request: Request, state: State) -> Reply:
    """Helper GET: the first invoice of that `Id`; `subscriberId` narrows (design §8.9)."""
    wanted = str(request.parameters["id"])
    subscriber = request.parameters.get("subscriberId")
    for invoice in state.collection(INVOICES).find("Id", wanted):
        if subscriber is None or invoice["SubscriberId"] == subscriber:
            return invoice_reply(request.call, invoice)
    raise NotFound(INVOICES, wanted)


def _of_subscriber(request: Request, state: State) -> list[Document]:
    invoices = state.collection(INVOICES)
    subscriber = request.parameters.get("subscriberId")
    return list(invoices.values()) if subscriber is None else invoices.find("SubscriberId", subscriber)


def _invoice(sent: Document, reading: Reading) -> dict[str, Any]:
    invoice = {
        **BLANK,
        **{name: value for name, value in sent.items() if name in BLANK and value is not None},
    }
    for name in MOMENTS & sent.keys():
        if sent[name] is not None:
            invoice[name] = moments.printed(sent[name], reading)
    return invoice


def _key(invoice: Document) -> str:
    """Both parts of the key in one text; the first is escaped, so that no two pairs meet."""
    subscriber = str(invoice["SubscriberId"]).replace("~", "~0").replace("/", "~1")
    return f"{subscriber}/{invoice['Id']}"
