"""What can be said of an element without looking at the books."""

from collections.abc import Iterator

from mockserver.model import Call, Document, Item, Json, Path, Problem
from mockserver.vendor import Request
from mockserver.vendors.xero.contacts import IDENTIFIERS
from mockserver.vendors.xero.wire import LIMIT, RATE, amount, rounded
from mockserver.vendors.xero.words import label, say, text

INVOICE_TYPES = ("ACCREC", "ACCPAY")
NEW_STATUSES = ("DRAFT", "SUBMITTED", "AUTHORISED")
OTHER_TARGETS = ("CreditNote", "CreditNoteNumber", "Prepayment", "Overpayment")
_NUL = b"\\u0000"
_REFERENCE = 255
_STRICT_REFERENCE = 12
_LINE_NUMBERS = ("Quantity", "UnitAmount", "TaxAmount", "LineAmount", "DiscountRate", "DiscountAmount")


def batch_payment(item: Item, request: Request) -> Iterator[Problem]:
    """An account, a date, and payments above zero against invoices alone.

    Source: Xero fact sheet §2.3, §2.4, §3.7.
    """
    batch, here = item.document, place(item, request)
    yield from _reference(batch, request.call, here)
    yield from _account(batch, here)
    if "Date" not in batch:
        yield say("batch-date-missing", (*here, "Date"))
    payments = batch.get("Payments") or ()
    if not payments:
        yield say("payments-missing", (*here, "Payments"))
    for index, one in enumerate(payments):
        yield from _batched(one, request.call, (*here, "Payments", index))


def payment(item: Item, request: Request) -> Iterator[Problem]:
    """An account, one document, and an amount above zero.

    Source: Xero fact sheet §2.4, §3.7.
    """
    sent, here = item.document, place(item, request)
    yield from _account(sent, here)
    if len(_targets(sent)) > 1:
        yield say("one-target", here)
    yield from _amount(sent, here)


def invoice(item: Item, request: Request) -> Iterator[Problem]:
    """A type and status that can be created, and what every invoice needs.

    Source: Xero fact sheet §2.6, §3.7.
    """
    sent, here = item.document, place(item, request)
    if sent.get("Type") not in INVOICE_TYPES:
        yield say("type-unfit", (*here, "Type"))
    yield from content(sent, here)
    if sent.get("Status", "DRAFT") not in NEW_STATUSES:
        yield say("status-unfit", (*here, "Status"))


def content(sent: Document, here: Path) -> Iterator[Problem]:
    """A contact, lines, and a due date once it is approved.

    Source: Xero fact sheet §2.6, §3.7.
    """
    yield from _contact(sent.get("Contact"), (*here, "Contact"))
    if not sent.get("LineItems"):
        yield say("lines-missing", (*here, "LineItems"))
    for index, line in enumerate(sent.get("LineItems") or ()):
        yield from _line(line, (*here, "LineItems", index))
    if sent.get("Status", "DRAFT") == "AUTHORISED" and "DueDate" not in sent:
        yield say("due-date-missing", (*here, "DueDate"))
    if not 0 < rounded(sent.get("CurrencyRate", 1), RATE) <= LIMIT:
        yield say("rate-invalid", (*here, "CurrencyRate"))


def invoice_warnings(item: Item, request: Request) -> Iterator[Problem]:
    """What does not keep an invoice from being saved.

    Source: Xero fact sheet §3.7.
    """
    if item.document.get("SentToContact") is True and item.document.get("Status") != "AUTHORISED":
        yield say("sent-unauthorised", (*place(item, request), "SentToContact"))


def characters(item: Item, request: Request) -> Iterator[Problem]:
    """No text holds a NUL. JSON spells it in one way, so that the body says whether there is one.

    Source: edge-cases row 133, the vendor's text assumed.
    """
    if _NUL in request.call.body:
        yield from _nuls(item.document, place(item, request))


def _nuls(value: Json, here: Path) -> Iterator[Problem]:
    if isinstance(value, str) and "\0" in value:
        yield say("not-allowed", here, field=label(here))
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from _nuls(child, (*here, name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _nuls(child, (*here, index))


def place(item: Item, request: Request) -> Path:
    """Where the element stands in the body."""
    batch = request.operation.batch
    return (*(batch.items if batch else ()), item.index)


def _account(sent: Document, here: Path) -> Iterator[Problem]:
    account = sent.get("Account") or {}
    if "AccountID" not in account and not account.get("Code"):
        yield say("account-unknown", (*here, "Account"))


def _reference(batch: Document, call: Call, here: Path) -> Iterator[Problem]:
    """What two switches say of a batch's Reference. Source: Xero fact sheet §6.6, §6.7."""
    reference = batch.get("Reference", "")
    if call.assumptions["strict_required"] == "on" and not reference:
        yield say("reference-missing", (*here, "Reference"), what="batch payment")
    if call.assumptions["nz_strict"] == "on" and _STRICT_REFERENCE < len(reference) <= _REFERENCE:
        detail = text("maxLength", field="Reference", limit=_STRICT_REFERENCE)
        yield Problem("too-long", (*here, "Reference"), detail, "maxLength", _STRICT_REFERENCE, reference)


def _batched(payment: Document, call: Call, here: Path) -> Iterator[Problem]:
    if call.assumptions["strict_required"] == "on" and not payment.get("Reference"):
        yield say("reference-missing", (*here, "Reference"), what="payment")
    others = [name for name in OTHER_TARGETS if name in payment]
    if len(_targets(payment)) > 1:
        yield say("one-target", here)
    elif others:
        yield say("invoices-only", (*here, others[0]))
    yield from _amount(payment, here)


def _targets(payment: Document) -> set[str]:
    """What the payment is for, by kind."""
    named = (*OTHER_TARGETS, "Invoice", "InvoiceNumber")
    return {name.removesuffix("Number") for name in named if name in payment}


def _amount(payment: Document, here: Path) -> Iterator[Problem]:
    if amount(payment.get("Amount", 0)) <= 0:
        yield say("not-positive", (*here, "Amount"))


def _contact(contact: Json, here: Path) -> Iterator[Problem]:
    if contact is None:
        yield say("contact-missing", here)
        return
    if not any(contact.get(name) for name in IDENTIFIERS):
        yield say("contact-unnamed", here)
    if (address := contact.get("EmailAddress")) and not _is_address(address):
        yield say("email-invalid", (*here, "EmailAddress"))


def _line(line: Document, here: Path) -> Iterator[Problem]:
    for name in _LINE_NUMBERS:
        if abs(line.get(name, 0)) > LIMIT:
            yield say("amount-too-large", (*here, name), field=name)


def _is_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return bool(name) and "." in host.strip(".") and not any(char.isspace() for char in text)
