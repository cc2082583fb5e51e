"""Reads of invoices: lists, single invoices, and the address where customers see an invoice online.

Source: docs/vendors/xero.md#online-invoices.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from mockserver.errors import NotFound
from mockserver.model import Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request, find_record
from mockserver.vendors.xero import answers
from mockserver.vendors.xero.documents import document_operations
from mockserver.vendors.xero.resources import INVOICE

_HOST = "https://in.xero.example"
_UNSEEN = ("DRAFT", "DELETED")


def get_online_invoice(request: Request, state: State) -> Reply:
    """Reply with the online address of a sales invoice; the address never changes. Raises NotFound."""
    key = answers.id_parameter(request, "InvoiceID")
    invoice = find_record(INVOICE.collection, key, state)
    if invoice["Type"] != "ACCREC" or invoice["Status"] in _UNSEEN:
        kind = f"{invoice['Type']} {invoice['Status']}"
        hint = f"only sales invoices that are not drafts are online; this is {kind}"
        raise NotFound(INVOICE.collection, key, hint=hint)
    token = blake2b(f"{request.tenant}/{key}".encode(), digest_size=20).hexdigest()
    return answers.success_reply(
        {"OnlineInvoices": [{"OnlineInvoiceUrl": f"{_HOST}/{token}"}]}, request.call, state
    )


OPERATIONS: Mapping[str, Handler] = {
    "getOnlineInvoice": get_online_invoice,
    **document_operations(INVOICE),
}
