"""The address at which a customer sees a sales invoice.

Source: docs/vendors/xero.md#online-invoices.
"""

from collections.abc import Mapping
from hashlib import blake2b

from mockserver.errors import NotFound
from mockserver.model import Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Handler, Request, find_record
from mockserver.vendors.xero.invoices.storage import INVOICES
from mockserver.vendors.xero.replies.envelope import id_parameter, success_reply

_HOST = "https://in.xero.example"
_UNSEEN = ("DRAFT", "DELETED")


def get_online_invoice(request: Request, state: State) -> Reply:
    """Return the address of a sales invoice; always the same for the same invoice.

    Raises:
        NotFound: there is no such invoice, or it is a bill, a draft or deleted.
    """
    key = id_parameter(request, "InvoiceID")
    invoice = find_record(INVOICES, key, state)
    if invoice["Type"] != "ACCREC" or invoice["Status"] in _UNSEEN:
        what = f"{invoice['Type']} {invoice['Status']}"
        hint = f"only sales invoices that are no drafts are online; this is {what}"
        raise NotFound(INVOICES, key, hint=hint)
    token = blake2b(f"{request.tenant}/{key}".encode(), digest_size=20).hexdigest()
    return success_reply({"OnlineInvoices": [{"OnlineInvoiceUrl": f"{_HOST}/{token}"}]}, request.call, state)


OPERATIONS: Mapping[str, Handler] = {"getOnlineInvoice": get_online_invoice}
