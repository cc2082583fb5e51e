"""Lines that the vendor writes into the history of an invoice when it is created, changed or ended.

Source: docs/vendors/xero.md#history.
"""

from collections.abc import Mapping

from mockserver.model import EMPTY, Document
from mockserver.sandbox.store import State
from mockserver.vendors.xero.contacts import contacts
from mockserver.vendors.xero.history.history import add_history_line
from mockserver.vendors.xero.messages import message_text
from mockserver.vendors.xero.replies.envelope import PROVIDER

_CHANGES: Mapping[str, str] = {
    "DRAFT": "history-begun",
    "SUBMITTED": "history-submitted",
    "AUTHORISED": "history-created",
    "VOIDED": "history-voided",
    "DELETED": "history-deleted",
}
"""What a line says of the status that an invoice has now."""


def add_invoice_line(before: Document | None, after: Document, state: State) -> None:
    """Write what became of an invoice into its history; `before` is None for a new one.

    A change that changes nothing leaves no line; that is assumed.
    """
    if before is not None and _content(before) == _content(after):
        return
    if before is None:
        details = message_text("history-received", app=PROVIDER)
    else:
        contact = state.collection(contacts.CONTACTS).get(after["ContactID"]) or EMPTY
        details = message_text(
            "history-amount",
            number=after.get("InvoiceNumber", ""),
            contact=contact.get("Name", ""),
            total=after["Total"],
        )
    edited = before is not None and before["Status"] == after["Status"]
    add_history_line(
        after["InvoiceID"], "history-edited" if edited else _CHANGES[after["Status"]], state, details
    )


def _content(invoice: Document) -> Document:
    """Return what a user wrote of an invoice: lines that are sent anew have new ids."""
    lines = [{**line, "LineItemID": ""} for line in invoice["LineItems"]]
    return {**invoice, "UpdatedDateUTC": "", "LineItems": lines}
