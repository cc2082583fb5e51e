"""Table of Xero's message texts with their reliability, and problems made from it."""

from collections.abc import Mapping

from mockserver.model import Item, Json, Path, Problem
from mockserver.vendor import Request


def item_path(item: Item, request: Request) -> Path:
    """Return where the element stands in the body."""
    batch = request.operation.batch
    return (*(batch.items if batch else ()), item.index)


MESSAGES: Mapping[str, tuple[str, str]] = {
    # A: the vendor's own documents or a live-verified test; B: several integrators; C: one integrator;
    # D: ours, in the vendor's style, until a genuine text is found (docs/vendors/xero.md#messages).
    "over-paid": ("A", "Payment amount exceeds the amount outstanding on this document"),
    "not-authorised": ("B", "Payments can only be made against Authorised documents"),
    "account-unfit": ("C", "Account type is invalid for making a payment to/from"),
    "account-unknown": ("B", "Account could not be found"),
    "account-archived": ("D", "The account is archived and cannot be used"),
    "document-unknown": ("C", "Document could not be found"),
    "period-locked": (
        "B",
        "The document date cannot be before the period lock date, currently set at {date}",
    ),
    "year-locked": (
        "B",
        "The document date cannot be before the end of year lock date, currently set at {date}",
    ),
    "not-positive": ("D", "Payment amount must be greater than zero"),
    "batch-date-missing": ("D", "Date must be specified for the batch payment"),
    "payments-missing": ("D", "A batch payment must contain at least one payment"),
    "mixed-types": ("D", "A batch payment cannot contain both sales invoices and bills"),
    "invoices-only": ("D", "Batch payments can only be made against invoices"),
    "foreign-currency": ("D", "Batch payments can only be made in the organisation's base currency"),
    "paid-twice": ("D", "The same invoice cannot appear more than once in a batch payment"),
    "reference-missing": ("D", "Reference must be specified for the {what}"),
    "one-target": ("D", "Only one of Invoice, CreditNote, Prepayment or Overpayment can be specified"),
    "other-currency": (
        "D",
        "Payments can only be made in the currency of the document or in the organisation's base currency",
    ),
    "allocation-paid": ("B", "The invoice you are trying to allocate to has already been paid off"),
    "allocation-over-due": (
        "B",
        "{document} cannot be allocated as amount is greater than amount outstanding",
    ),
    "allocation-over-credit": (
        "C",
        (
            "{document} cannot be allocated as the allocation amount is greater than the amount "
            "remaining on the {document}"
        ),
    ),
    "allocation-type": ("C", "{document} cannot be allocated to an incorrect invoice type"),
    "allocation-invoice-status": ("D", "{document} can only be allocated to Authorised invoices"),
    "allocation-contact": ("D", "{document} can only be allocated to invoices of the same contact"),
    "allocation-currency": ("D", "{document} can only be allocated to invoices of the same currency"),
    "allocation-not-positive": ("D", "Allocation amount must be greater than zero"),
    "credit-not-authorised": ("D", "{document} not of valid status for allocation"),
    "status-not-deleted": ("D", "Payments can only be updated to a status of DELETED"),
    "only-status": ("A", "Only Status accepted for updates."),
    "batch-status-unfit": ("C", "Batch payment status not valid for update"),
    "batch-undeletable": ("A", "It is not possible to delete batch payments via the API"),
    "batch-deleted": ("D", "Batch payment has already been deleted"),
    "batch-reconciled": ("D", "Batch payment has been reconciled and cannot be deleted"),
    "payment-in-batch": ("C", "Payments within a batch cannot be deleted."),
    "payment-deleted": ("D", "Payment has already been deleted"),
    "payment-reconciled": ("C", "This payment has been reconciled and cannot be deleted"),
    "not-here": ("A", "The document with the supplied id was not found for this endpoint."),
    "attached-to-nothing": ("C", "A document with id '{id}' could not be found"),
    "file-type": ("C", "The file couldn't be uploaded because it isn't a supported file type."),
    "too-many-files": ("D", "A document can have at most {limit} attachments"),
    "details-missing": ("D", "Details must be specified for the history record"),
    "type-unfit": ("A", "{document} not of valid type for creation"),
    "status-unfit": ("A", "{document} not of valid status for creation"),
    "type-unmodifiable": ("D", "{document} not of valid type for modification"),
    "status-unmodifiable": ("B", "{document} not of valid status for modification"),
    "has-payments": (
        "B",
        "This document cannot be edited as it has a payment or credit note allocated to it.",
    ),
    "number-taken": ("A", "{document} # must be unique."),
    "transaction-type": ("D", "BankTransaction not of valid type for creation"),
    "transaction-type-change": ("D", "BankTransaction not of valid type for modification"),
    "transaction-status-new": ("D", "BankTransaction not of valid status for creation"),
    "transaction-status": ("D", "BankTransaction not of valid status for modification"),
    "overpayment-lines": ("D", "An overpayment can have only one line item"),
    "transaction-reconciled": (
        "B",
        "This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement.",
    ),
    "bank-account-unfit": ("D", "Only accounts of type BANK can be used as a bank account"),
    "line-undescribed": ("D", "Description must be specified for each line item"),
    "line-quantity": ("D", "Quantity must be greater than zero"),
    "line-unit-zero": ("D", "Unit amount must not be zero"),
    "tax-amount": ("C", "Tax amount {sent} is incorrect for {tax} tax type, should be {expected}"),
    "sub-total-differs": ("B", "The document sub total does not equal the sub total of the lines"),
    "total-differs": ("C", "The document total does not equal the total of the lines"),
    "total-not-positive": ("C", "The Total for this document must be greater than zero"),
    "lines-missing": ("A", "One or more line items must be specified"),
    "contact-missing": ("A", "A Contact must be specified for this type of transaction"),
    "contact-unsaved": ("D", "Contact could not be found because {place}, which brings it, was not saved"),
    "contact-unnamed": (
        "A",
        (
            "The Contact must contain at least 1 of the following elements to identify the contact: "
            "Name, ContactID, ContactNumber"
        ),
    ),
    "contact-unknown": ("D", "Contact could not be found"),
    "contact-name-missing": ("B", "Contact Name cannot be empty."),
    "contact-name-taken": (
        "A",
        (
            "The contact name {name} is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        ),
    ),
    "contact-number-taken": ("D", "The contact number {number} is already assigned to another contact."),
    "contact-account-taken": (
        "B",
        "The Account Number already exists. Please enter a different Account Number.",
    ),
    "contact-archived": (
        "A",
        (
            "The specified contact details matched an archived contact. "
            "Archived contacts cannot currently be edited via the API."
        ),
    ),
    "email-invalid": ("A", "Email address must be valid"),
    "line-account-invalid": ("C", "Account must be valid."),
    "line-account-missing": ("B", "Account code or ID must be specified"),
    "line-account-unknown": ("C", "Account code '{code}' is not a valid code for this document."),
    "tax-unfit": ("B", "The TaxType code '{tax}' cannot be used with account code '{code}'"),
    "line-total": ("D", "The line total {sent} does not match the expected line total {expected}"),
    "currency-unknown": ("A", "Organisation is not subscribed to currency {currency}"),
    "rate-invalid": ("D", "Currency rate must be greater than zero"),
    "total-negative": ("C", "The Total for this document must be greater than or equal to zero."),
    "due-date-missing": ("C", "Due date cannot be empty."),
    "amount-too-large": ("D", "{field} is too large"),
    "sent-unauthorised": ("A", "Only AUTHORISED invoices may have SentToContact updated."),
    "maxLength": ("D", "{field} is too long. Maximum of {limit} characters allowed"),
    "maxItems": ("D", "{field} has too many elements. Maximum of {limit} allowed"),
    "out-of-range": ("D", "{field} is out of range"),
    "ids-disagree": ("D", "{one} and {other} do not refer to the same document"),
    "not-allowed": ("D", "{field} contains a character that is not allowed"),
    "element-empty": ("D", "The element is empty"),
    "key-reused": ("B", "Idempotency Key: {key} is used with a different request."),
    "key-missing": ("D", "An Idempotency Key must be specified"),
    "key-in-flight": ("D", "Idempotency Key: {key} is used with a request that is still in progress."),
    "key-too-long": ("D", "Idempotency Key is too long. Maximum of {limit} characters allowed"),
    # What a scenario lets go wrong with an element, where the vendor has no text for it.
    "element-incomplete": ("D", "A required element is missing"),
    "value-too-long": ("D", "A value is longer than allowed"),
    "document-entered": ("D", "The document has already been entered"),
    "document-locked": ("D", "The document is locked and cannot be changed"),
    "document-changed": ("D", "The document has been changed since it was last read"),
    "element-throttled": ("D", "Too many requests, the element has not been processed"),
    "element-late": ("D", "The request timed out before the element was processed"),
    "not-processed": ("D", "The element has not been processed"),
    # Whole calls.
    "nothing-sent": (
        "C",
        (
            "No data has been processed for this endpoint. "
            "This endpoint is expecting {kind} data to be specifed in the request body."
        ),
    ),
    "not-json": ("D", "The request body could not be read as JSON: {detail}."),
    "not-xml": ("D", "The request body could not be read as XML: {detail}."),
    "not-acceptable": ("D", "No media type of Accept '{accept}' can be sent"),
    "not-a-moment": ("C", "The string '{value}' is not a valid AllXsd value."),
    "unconvertible": ("C", "Error converting value {value} to type '{type}'. Path '{path}'."),
    "unexpected": ("D", "Unexpected character encountered while parsing value: {value}. Path '{path}'."),
    "parameter-invalid": ("D", "The value {value} is not valid for {name}"),
    "not-implemented": ("C", "The Api Method called is not implemented"),
    "media-type": ("D", "The media type '{found}' is not supported; send {wanted}"),
    "body-too-large": ("D", "The request body is larger than {limit} bytes"),
    "too-many-elements": ("D", "The request holds {found} elements, at most {limit} are processed"),
    "headers-too-large": ("D", "The request headers are too large"),
    "not-found": ("A", "The resource you're looking for cannot be found"),
    # The 401 and 403 details.
    "token-expired": ("A", "TokenExpired: token expired at {at}"),
    "unauthorised": ("B", "AuthorizationUnsuccessful"),
    "unauthenticated": ("B", "AuthenticationUnsuccessful"),
    "condition-unreadable": ("D", "PreconditionFailed"),
    # Offline, and broken.
    "offline": ("A", "The Organisation is offline"),
    "broken": ("D", "An error occurred in Xero"),
    # What a document's history says.
    "history-user": ("A", "System Generated"),
    "history-created": ("A", "Approved"),
    "history-deleted": ("D", "Deleted"),
    "history-note": ("D", "Note"),
    "history-begun": ("A", "Created"),
    "history-submitted": ("D", "Submitted"),
    "history-edited": ("A", "Edited"),
    "history-voided": ("D", "Voided"),
    "history-paid": ("D", "Paid"),
    "history-part-paid": ("D", "Partially Paid"),
    "history-payment-deleted": ("D", "Payment Deleted"),
    "history-received": ("A", "Received through the Xero API from {app}"),
    "history-amount": ("A", "{number} to {contact} for {total}."),
    "history-attached": ("A", "Attached a file"),
    "history-file": ("A", "Attached the file {name} through the Xero API using {app}"),
    "history-amount-paid": ("D", "Payment for {amount} on {day}."),
    # Filters and orders, as the vendor's query library words them.
    "no-such-field": ("A", "No property or field '{name}' exists in type '{entity}' (at index {at})"),
    "no-such-method": ("A", "No applicable method '{name}' exists in type '{entity}' (at index {at})"),
    "syntax": ("D", "Syntax error (at index {at})"),
    "unbalanced": ("D", "')' or operator expected (at index {at})"),
    "no-boolean": ("D", "Expression of type 'Boolean' expected (at index {at})"),
    "incompatible": (
        "C",
        "Operator '{sign}' incompatible with operand types '{left}' and '{right}' (at index {at})",
    ),
}


def message_text(rule: str, **values: Json) -> str:
    """Return the vendor's sentence for `rule`, its blanks filled."""
    return MESSAGES[rule][1].format(**values)


def make_problem(rule: str, path: Path = (), **values: Json) -> Problem:
    """Return a problem in the vendor's words."""
    return Problem(rule, path, message_text(rule, **values), rule)


def member_label(path: Path) -> str:
    """Return the label of a member: alone in a list's element, else after its parent (`Account Code`).

    Source: docs/vendors/xero.md#messages (XNet#285).
    """
    holder = path[-2] if len(path) > 1 else 0
    return str(path[-1]) if isinstance(holder, int) else f"{holder} {path[-1]}"
