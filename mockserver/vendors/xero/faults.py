"""Scenario faults of elements in Xero's words, and extra outcomes for elements that were not sent.

A text of the vendor is used where there is one, else one in its style; which text stands for which fault
code is assumed. Source: docs/vendors/xero.md#messages.
"""

from collections.abc import Mapping
from hashlib import blake2b

from msgspec.structs import replace

from mockserver.model import Fault, Item, Json, Outcome, Path, Problem
from mockserver.vendor import FAULT_RULE, ExtraOutcome, Request
from mockserver.vendors.xero.invoices.kinds import kind_of
from mockserver.vendors.xero.messages import item_path, message_text

_COMMON_MESSAGES: Mapping[str, str] = {
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
_INVOICE_MESSAGES: Mapping[str, str] = {
    "missing-required": "lines-missing",
    "duplicate-key": "number-taken",
    "unknown-reference": "contact-unknown",
    "locked": "has-payments",
}
_PAYMENT_MESSAGES: Mapping[str, str] = {
    "missing-required": "not-positive",
    "unknown-reference": "document-unknown",
    "locked": "not-authorised",
}
_CONTACT_MESSAGES: Mapping[str, str] = {
    "missing-required": "contact-name-missing",
    "duplicate-key": "contact-account-taken",
    "locked": "contact-archived",
}
_ALLOCATION_MESSAGES: Mapping[str, str] = {
    "missing-required": "allocation-not-positive",
    "unknown-reference": "document-unknown",
    "locked": "allocation-paid",
}
_TRANSACTION_MESSAGES: Mapping[str, str] = {
    "missing-required": "lines-missing",
    "unknown-reference": "contact-unknown",
    "locked": "transaction-reconciled",
}
_NOTE_OPERATIONS = ("createBatchPaymentHistoryRecord", "createInvoiceHistory", "createPaymentHistory")
_DELETION_MESSAGES: Mapping[str, str] = {"duplicate-key": "batch-deleted", "locked": "batch-reconciled"}
_OPERATION_MESSAGES: Mapping[str, Mapping[str, str]] = {
    "createBatchPayment": {
        "missing-required": "batch-date-missing",
        "duplicate-key": "paid-twice",
        "unknown-reference": "document-unknown",
        "locked": "not-authorised",
    },
    "createPayments": _PAYMENT_MESSAGES,
    "createPayment": _PAYMENT_MESSAGES,
    "createInvoices": _INVOICE_MESSAGES,
    "updateOrCreateInvoices": _INVOICE_MESSAGES,
    "updateInvoice": _INVOICE_MESSAGES,
    "createContacts": _CONTACT_MESSAGES,
    "updateOrCreateContacts": _CONTACT_MESSAGES,
    "updateContact": _CONTACT_MESSAGES,
    "createCreditNotes": _INVOICE_MESSAGES,
    "updateOrCreateCreditNotes": _INVOICE_MESSAGES,
    "updateCreditNote": _INVOICE_MESSAGES,
    "createCreditNoteAllocation": _ALLOCATION_MESSAGES,
    "createOverpaymentAllocations": _ALLOCATION_MESSAGES,
    "createPrepaymentAllocations": _ALLOCATION_MESSAGES,
    **dict.fromkeys(
        ("createBankTransactions", "updateOrCreateBankTransactions", "updateBankTransaction"),
        _TRANSACTION_MESSAGES,
    ),
    **{name: {"missing-required": "details-missing"} for name in _NOTE_OPERATIONS},
    "deleteBatchPayment": _DELETION_MESSAGES,
    "deleteBatchPaymentByUrlParam": _DELETION_MESSAGES,
    "deletePayment": {"duplicate-key": "payment-deleted", "locked": "payment-reconciled"},
}
"""More specific messages of single operations."""

_MAX_LENGTHS: Mapping[str, int] = {
    "createBatchPayment": 255,
    "createInvoices": 255,
    "updateOrCreateInvoices": 255,
    "updateInvoice": 255,
    "createContacts": 255,
    "updateOrCreateContacts": 255,
    "updateContact": 255,
    "createCreditNotes": 255,
    "updateOrCreateCreditNotes": 255,
    "updateCreditNote": 255,
    **dict.fromkeys(_NOTE_OPERATIONS, 2500),
}
"""Maximum length of the member that holds an operation's magic token."""


def fault_problem(what: Fault, item: Item, request: Request) -> Problem:
    """Return the fault as a problem of the whole element; an unknown code is an internal error.

    The vendor gives no status of its own to an element, so that of the fault is only kept.
    """
    here: Path = item_path(item, request) if request.operation.batch else ()
    return Problem(
        what.code, here, what.message or _fault_message(what.code, request), FAULT_RULE, what.status
    )


def _fault_message(code: str, request: Request) -> str:
    operation = request.operation
    limit = _MAX_LENGTHS.get(operation.id)
    if code == "too-long" and limit is not None:
        return message_text("maxLength", field=operation.magic[-1], limit=limit)
    rule = _OPERATION_MESSAGES.get(operation.id, {}).get(code) or _COMMON_MESSAGES.get(code, "broken")
    return message_text(rule, document=kind_of(request).label)


_GUID_GROUPS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


def extra_outcome(name: str, *ids: str) -> ExtraOutcome:
    """Return a maker of extra outcomes: clients name them by `name`; `ids` are the vendor's."""

    def made(outcome: Outcome, n: int) -> Outcome:
        called = {name: f"phantom-{n}"}
        item = replace(
            outcome.item,
            key=called[name],
            document={**_replace_ids(outcome.item.document or {}, ids, n), **called},
        )
        if not isinstance(outcome.document, Mapping):
            return replace(outcome, item=item)
        return replace(outcome, item=item, document={**_replace_ids(outcome.document, ids, n), **called})

    return made


def _replace_ids(value: Json, ids: tuple[str, ...], n: int) -> Json:
    if isinstance(value, Mapping):
        return {
            name: _derive_guid(f"{child}/{n}") if name in ids else _replace_ids(child, ids, n)
            for name, child in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_replace_ids(child, ids, n) for child in value]
    return value


def _derive_guid(seed: str) -> str:
    """Return a GUID of a version that the sandbox never assigns; equal for equal seeds."""
    digits = blake2b(seed.encode(), digest_size=16).hexdigest()
    digits = f"{digits[:12]}8{digits[13:16]}a{digits[17:]}"
    return "-".join(digits[start:end] for start, end in _GUID_GROUPS)
