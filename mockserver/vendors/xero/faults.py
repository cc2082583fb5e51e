"""What a scenario lets go wrong with an element, in the vendor's words.

A text that the vendor has for such a case is taken, else one of ours in its style; which text stands for
which code is assumed. Source: Xero fact sheet §3.7.
"""

from collections.abc import Mapping

from mockserver.model import Fault, Item, Path, Problem
from mockserver.vendor import FAULT, Request
from mockserver.vendors.xero.rules import place
from mockserver.vendors.xero.words import text

_ANYWHERE: Mapping[str, str] = {
    "missing-required": "element-incomplete",
    "too-long": "value-too-long",
    "duplicate-key": "document-entered",
    "unknown-reference": "not-here",
    "locked": "document-locked",
    "conflict": "document-changed",
    "throttled": "element-throttled",
    "internal": "broken",
    "timeout": "element-late",
}
_INVOICES: Mapping[str, str] = {
    "missing-required": "lines-missing",
    "duplicate-key": "number-taken",
    "unknown-reference": "contact-unknown",
    "locked": "has-payments",
}
_BATCH_DELETION: Mapping[str, str] = {"duplicate-key": "batch-deleted", "locked": "batch-reconciled"}
_OWN: Mapping[str, Mapping[str, str]] = {
    "createBatchPayment": {
        "missing-required": "batch-date-missing",
        "duplicate-key": "paid-twice",
        "unknown-reference": "document-unknown",
        "locked": "not-authorised",
    },
    "createPayments": {
        "missing-required": "not-positive",
        "unknown-reference": "document-unknown",
        "locked": "not-authorised",
    },
    "createInvoices": _INVOICES,
    "updateOrCreateInvoices": _INVOICES,
    "updateInvoice": _INVOICES,
    "createBatchPaymentHistoryRecord": {"missing-required": "details-missing"},
    "deleteBatchPayment": _BATCH_DELETION,
    "deleteBatchPaymentByUrlParam": _BATCH_DELETION,
    "deletePayment": {"duplicate-key": "payment-deleted", "locked": "payment-reconciled"},
}
"""Where an operation has a nearer text than the common one."""

_LONGEST: Mapping[str, int] = {
    "createBatchPayment": 255,
    "createInvoices": 255,
    "updateOrCreateInvoices": 255,
    "updateInvoice": 255,
    "createBatchPaymentHistoryRecord": 2500,
}
"""How long the member may be that an operation's magic token stands in."""


def fault(what: Fault, item: Item, request: Request) -> Problem:
    """The fault as a problem of the whole element; a code that nobody knows is that something broke.

    The vendor gives no status of its own to an element, so that of the fault is only kept.
    """
    here: Path = place(item, request) if request.operation.batch else ()
    return Problem(what.code, here, what.message or _said(what.code, request), FAULT, what.status)


def _said(code: str, request: Request) -> str:
    operation = request.operation
    limit = _LONGEST.get(operation.id)
    if code == "too-long" and limit is not None:
        return text("maxLength", field=operation.magic[-1], limit=limit)
    return text(_OWN.get(operation.id, {}).get(code) or _ANYWHERE.get(code, "broken"))
