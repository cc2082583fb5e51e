"""A failed element shown again: what was read, less what only the vendor sets and what broke a limit.

A client's models refuse an over-long member in answers too, so it is left out.
Source: Xero fact sheet §2.9, §3.2.
"""

from collections.abc import Iterable

from mockserver.model import Document, Json, Outcome, Path, Problem
from mockserver.vendor import Request
from mockserver.vendors.xero.known import known
from mockserver.vendors.xero.replies import ZERO_ID
from mockserver.vendors.xero.wire import is_guid, ms_date, read_date

BATCH_BEFORE_ID = ("Account", "Reference", "Particulars", "Code", "Details", "Narrative")
INVOICE_BEFORE_ID = ("Type",)
INVOICE_AFTER_ID = (
    "InvoiceNumber",
    "Reference",
    "SentToContact",
    "CurrencyRate",
    "Attachments",
    "Contact",
    "Date",
    "DueDate",
    "ExpectedPaymentDate",
    "PlannedPaymentDate",
    "Status",
    "LineAmountTypes",
    "LineItems",
    "CurrencyCode",
    "BrandingThemeID",
    "RepeatingInvoiceID",
    "Url",
)
PAYMENT_BEFORE_ID = (
    "Invoice",
    "CreditNote",
    "Prepayment",
    "Overpayment",
    "InvoiceNumber",
    "CreditNoteNumber",
)
PAYMENT_AFTER_ID = (
    "Account",
    "Date",
    "CurrencyRate",
    "Amount",
    "Reference",
    "Particulars",
    "Code",
    "Details",
    "BankAccountNumber",
    "IsReconciled",
)
_DATES = ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
_PAIRED = ("Date", "DueDate")
_BROKEN = ("maxLength", "maxItems", "minimum", "maximum")
_READ_ONLY = frozenset(
    {
        "Allocations",
        "AmountCredited",
        "AmountDue",
        "AmountPaid",
        "AppliedAmount",
        "BankAmount",
        "BatchPayment",
        "BatchPaymentID",
        "Class",
        "CreditNotes",
        "DateString",
        "DueDateString",
        "FullyPaidOnDate",
        "HasAccount",
        "HasAttachments",
        "HasErrors",
        "HasValidationErrors",
        "IsDiscounted",
        "Overpayments",
        "PaymentID",
        "PaymentType",
        "Payments",
        "Prepayments",
        "RemainingCredit",
        "ReportingCodeName",
        "StatusAttributeString",
        "SubTotal",
        "SystemAccount",
        "Total",
        "TotalDiscount",
        "TotalTax",
        "UpdatedDateUTC",
        "UpdatedDateUTCString",
        "ValidationErrors",
        "Warnings",
    }
)


def batch_payment(outcome: Outcome, request: Request, refused: frozenset[Path]) -> dict[str, Json]:
    """A batch payment that was not created."""
    sent = known(outcome.item.document, request)
    return {
        **_members(sent, BATCH_BEFORE_ID, refused),
        "BatchPaymentID": ZERO_ID,
        **_members(sent, ("Date", "Payments"), refused),
    }


def invoice(outcome: Outcome, request: Request, refused: frozenset[Path]) -> dict[str, Json]:
    """An invoice that was not created, or not changed: then it has its id, if that was named."""
    sent = known(outcome.item.document, request)
    return {
        **_members(sent, INVOICE_BEFORE_ID, refused),
        "InvoiceID": _invoice_id(sent, request),
        **_members(sent, INVOICE_AFTER_ID, refused),
        "HasErrors": True,
    }


def payment(outcome: Outcome, request: Request, refused: frozenset[Path]) -> dict[str, Json]:
    """A payment that was not created."""
    sent = known(outcome.item.document, request)
    return {
        **_members(sent, PAYMENT_BEFORE_ID, refused),
        "PaymentID": ZERO_ID,
        **_members(sent, PAYMENT_AFTER_ID, refused),
        "HasValidationErrors": True,
    }


def messages(problems: Iterable[Problem]) -> list[Json]:
    """What is wrong, each sentence once."""
    return [{"Message": detail} for detail in dict.fromkeys(problem.detail for problem in problems)]


def broken(outcome: Outcome, request: Request) -> frozenset[Path]:
    """Where, inside the element, a limit was broken; nowhere while elements are to be shown whole.

    Source: Xero fact sheet §2.9.
    """
    if request.call.assumptions["echo"] == "whole":
        return frozenset()
    batch = request.operation.batch
    steps = len(batch.items) + 1 if batch else 0
    return frozenset(problem.path[steps:] for problem in outcome.problems if problem.rule in _BROKEN)


def _invoice_id(sent: Document, request: Request) -> str:
    batch = request.operation.batch
    if batch is None or not batch.upsert:
        return ZERO_ID
    key = str(sent.get("InvoiceID") or request.parameters.get("InvoiceID", ZERO_ID))
    return key.lower() if is_guid(key) else ZERO_ID


def _members(sent: Document, names: Iterable[str], refused: frozenset[Path]) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name in names:
        if name not in sent or (name,) in refused:
            continue
        if name in _DATES:
            shown |= _date(name, sent[name], paired=name in _PAIRED)
        else:
            shown[name] = _copy(sent[name], (name,), refused)
    return shown


def _copy(value: Json, path: Path, refused: frozenset[Path]) -> Json:
    if isinstance(value, list):
        copied = [_copy(child, (*path, index), refused) for index, child in enumerate(value)]
        return [child for index, child in enumerate(copied) if (*path, index) not in refused]
    if not isinstance(value, dict):
        return value.lower() if isinstance(value, str) and _is_id(path[-1], value) else value
    shown: dict[str, Json] = {}
    for name, child in value.items():
        if name in _READ_ONLY or (*path, name) in refused:
            continue
        if name in _DATES:
            shown |= _date(name, child)
        else:
            shown[name] = _copy(child, (*path, name), refused)
    return shown


def _is_id(name: str | int, value: str) -> bool:
    return str(name).endswith("ID") and is_guid(value)


def _date(name: str, value: Json, *, paired: bool = False) -> dict[str, Json]:
    day = read_date(value)
    if day is None:
        return {}
    return {**({f"{name}String": f"{day}T00:00:00"} if paired else {}), name: ms_date(day)}
