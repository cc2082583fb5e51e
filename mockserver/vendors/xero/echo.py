"""A failed element shown again: what was sent, less what only the vendor sets and what broke a limit.

A client's models refuse an over-long member in answers too, so it is left out.
Source: Xero fact sheet §2.9, §3.2.
"""

from collections.abc import Iterable

from mockserver.model import Document, Json, Outcome, Path, Problem
from mockserver.spec import Batch
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


def batch_payment(outcome: Outcome, batch: Batch) -> dict[str, Json]:
    """A batch payment that was not created."""
    sent, refused = outcome.item.document, _refused(outcome, batch)
    return {
        **_members(sent, BATCH_BEFORE_ID, refused),
        "BatchPaymentID": ZERO_ID,
        **_members(sent, ("Date", "Payments"), refused),
    }


def invoice(outcome: Outcome, batch: Batch) -> dict[str, Json]:
    """An invoice that was not created."""
    sent, refused = outcome.item.document, _refused(outcome, batch)
    return {
        **_members(sent, INVOICE_BEFORE_ID, refused),
        "InvoiceID": ZERO_ID,
        **_members(sent, INVOICE_AFTER_ID, refused),
        "HasErrors": True,
    }


def messages(problems: Iterable[Problem]) -> list[Json]:
    """What is wrong, each sentence once."""
    return [{"Message": detail} for detail in dict.fromkeys(problem.detail for problem in problems)]


def _refused(outcome: Outcome, batch: Batch) -> frozenset[Path]:
    """Where, inside the element, a limit was broken."""
    steps = len(batch.items) + 1
    return frozenset(problem.path[steps:] for problem in outcome.problems if problem.rule in _BROKEN)


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
        return value.lower() if isinstance(value, str) and is_guid(value) else value
    shown: dict[str, Json] = {}
    for name, child in value.items():
        if name in _READ_ONLY or (*path, name) in refused:
            continue
        if name in _DATES:
            shown |= _date(name, child)
        else:
            shown[name] = _copy(child, (*path, name), refused)
    return shown


def _date(name: str, value: Json, *, paired: bool = False) -> dict[str, Json]:
    day = read_date(value)
    if day is None:
        return {}
    return {**({f"{name}String": f"{day}T00:00:00"} if paired else {}), name: ms_date(day)}
