"""Xero's message texts, and problems made from them."""

from collections.abc import Mapping

from mockserver.model import Item, Json, Path, Problem
from mockserver.vendor import Request


def item_path(item: Item, request: Request) -> Path:
    batch = request.operation.batch
    return (*(batch.items if batch else ()), item.index)


MESSAGES: Mapping[str, str] = {
    # A: the vendor's own documents, or a live-verified test.
    "over-paid": "Payment amount exceeds the amount outstanding on this document",
    "only-status": "Only Status accepted for updates.",
    "batch-undeletable": "It is not possible to delete batch payments via the API",
    "not-here": "The document with the supplied id was not found for this endpoint.",
    "type-unfit": "{document} not of valid type for creation",
    "status-unfit": "{document} not of valid status for creation",
    "number-taken": "{document} # must be unique.",
    "lines-missing": "One or more line items must be specified",
    "contact-missing": "A Contact must be specified for this type of transaction",
    "contact-unnamed": (
        "The Contact must contain at least 1 of the following elements to identify the contact: Name, "
        "ContactID, ContactNumber"
    ),
    "contact-name-taken": (
        "The contact name {name} is already assigned to another contact. The contact name must be unique "
        "across all active contacts."
    ),
    "contact-archived": (
        "The specified contact details matched an archived contact. Archived contacts cannot currently "
        "be edited via the API."
    ),
    "email-invalid": "Email address must be valid",
    "currency-unknown": "Organisation is not subscribed to currency {currency}",
    "sent-unauthorised": "Only AUTHORISED invoices may have SentToContact updated.",
    "not-found": "The resource you're looking for cannot be found",
    "token-expired": "TokenExpired: token expired at {at}",
    "offline": "The Organisation is offline",
    "history-user": "System Generated",
    "history-created": "Approved",
    "history-begun": "Created",
    "history-edited": "Edited",
    "history-received": "Received through the Xero API from {app}",
    "history-amount": "{number} to {contact} for {total}.",
    "history-attached": "Attached a file",
    "history-file": "Attached the file {name} through the Xero API using {app}",
    "no-such-field": "No property or field '{name}' exists in type '{entity}' (at index {at})",
    "no-such-method": "No applicable method '{name}' exists in type '{entity}' (at index {at})",
    # B: several integrators.
    "not-authorised": "Payments can only be made against Authorised documents",
    "account-unknown": "Account could not be found",
    "period-locked": "The document date cannot be before the period lock date, currently set at {date}",
    "year-locked": "The document date cannot be before the end of year lock date, currently set at {date}",
    "allocation-paid": "The invoice you are trying to allocate to has already been paid off",
    "allocation-over-due": "{document} cannot be allocated as amount is greater than amount outstanding",
    "status-unmodifiable": "{document} not of valid status for modification",
    "has-payments": "This document cannot be edited as it has a payment or credit note allocated to it.",
    "transaction-reconciled": (
        "This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement."
    ),
    "sub-total-differs": "The document sub total does not equal the sub total of the lines",
    "contact-name-missing": "Contact Name cannot be empty.",
    "contact-account-taken": "The Account Number already exists. Please enter a different Account Number.",
    "line-account-missing": "Account code or ID must be specified",
    "tax-unfit": "The TaxType code '{tax}' cannot be used with account code '{code}'",
    "key-reused": "Idempotency Key: {key} is used with a different request.",
    "unauthorised": "AuthorizationUnsuccessful",
    "unauthenticated": "AuthenticationUnsuccessful",
    # C: one integrator.
    "account-unfit": "Account type is invalid for making a payment to/from",
    "document-unknown": "Document could not be found",
    "allocation-over-credit": (
        "{document} cannot be allocated as the allocation amount is greater than the amount remaining on "
        "the {document}"
    ),
    "allocation-type": "{document} cannot be allocated to an incorrect invoice type",
    "batch-status-unfit": "Batch payment status not valid for update",
    "payment-in-batch": "Payments within a batch cannot be deleted.",
    "payment-reconciled": "This payment has been reconciled and cannot be deleted",
    "attached-to-nothing": "A document with id '{id}' could not be found",
    "file-type": "The file couldn't be uploaded because it isn't a supported file type.",
    "tax-amount": "Tax amount {sent} is incorrect for {tax} tax type, should be {expected}",
    "total-differs": "The document total does not equal the total of the lines",
    "total-not-positive": "The Total for this document must be greater than zero",
    "line-account-invalid": "Account must be valid.",
    "line-account-unknown": "Account code '{code}' is not a valid code for this document.",
    "total-negative": "The Total for this document must be greater than or equal to zero.",
    "due-date-missing": "Due date cannot be empty.",
    "nothing-sent": (
        "No data has been processed for this endpoint. This endpoint is expecting {kind} data to be "
        "specifed in the request body."
    ),
    "not-a-moment": "The string '{value}' is not a valid AllXsd value.",
    "unconvertible": "Error converting value {value} to type '{type}'. Path '{path}'.",
    "not-implemented": "The Api Method called is not implemented",
    "incompatible": (
        "Operator '{sign}' incompatible with operand types '{left}' and '{right}' (at index {at})"
    ),
    # D: ours, in the vendor's style, until a genuine text is found.
    "account-archived": "The account is archived and cannot be used",
    "not-positive": "Payment amount must be greater than zero",
    "batch-date-missing": "Date must be specified for the batch payment",
    "payments-missing": "A batch payment must contain at least one payment",
    "mixed-types": "A batch payment cannot contain both sales invoices and bills",
    "invoices-only": "Batch payments can only be made against invoices",
    "foreign-currency": "Batch payments can only be made in the organisation's base currency",
    "paid-twice": "The same invoice cannot appear more than once in a batch payment",
    "reference-missing": "Reference must be specified for the {what}",
    "one-target": "Only one of Invoice, CreditNote, Prepayment or Overpayment can be specified",
    "other-currency": (
        "Payments can only be made in the currency of the document or in the organisation's base currency"
    ),
    "allocation-invoice-status": "{document} can only be allocated to Authorised invoices",
    "allocation-contact": "{document} can only be allocated to invoices of the same contact",
    "allocation-currency": "{document} can only be allocated to invoices of the same currency",
    "allocation-not-positive": "Allocation amount must be greater than zero",
    "credit-not-authorised": "{document} not of valid status for allocation",
    "status-not-deleted": "Payments can only be updated to a status of DELETED",
    "batch-deleted": "Batch payment has already been deleted",
    "batch-reconciled": "Batch payment has been reconciled and cannot be deleted",
    "payment-deleted": "Payment has already been deleted",
    "too-many-files": "A document can have at most {limit} attachments",
    "details-missing": "Details must be specified for the history record",
    "type-unmodifiable": "{document} not of valid type for modification",
    "transaction-type": "BankTransaction not of valid type for creation",
    "transaction-type-change": "BankTransaction not of valid type for modification",
    "transaction-status-new": "BankTransaction not of valid status for creation",
    "transaction-status": "BankTransaction not of valid status for modification",
    "overpayment-lines": "An overpayment can have only one line item",
    "bank-account-unfit": "Only accounts of type BANK can be used as a bank account",
    "line-undescribed": "Description must be specified for each line item",
    "line-quantity": "Quantity must be greater than zero",
    "line-unit-zero": "Unit amount must not be zero",
    "contact-unsaved": "Contact could not be found because {place}, which brings it, was not saved",
    "contact-unknown": "Contact could not be found",
    "contact-number-taken": "The contact number {number} is already assigned to another contact.",
    "line-total": "The line total {sent} does not match the expected line total {expected}",
    "rate-invalid": "Currency rate must be greater than zero",
    "amount-too-large": "{field} is too large",
    "maxLength": "{field} is too long. Maximum of {limit} characters allowed",
    "maxItems": "{field} has too many elements. Maximum of {limit} allowed",
    "out-of-range": "{field} is out of range",
    "ids-disagree": "{one} and {other} do not refer to the same document",
    "not-allowed": "{field} contains a character that is not allowed",
    "element-empty": "The element is empty",
    "key-missing": "An Idempotency Key must be specified",
    "key-in-flight": "Idempotency Key: {key} is used with a request that is still in progress.",
    "key-too-long": "Idempotency Key is too long. Maximum of {limit} characters allowed",
    "element-incomplete": "A required element is missing",
    "value-too-long": "A value is longer than allowed",
    "document-entered": "The document has already been entered",
    "document-locked": "The document is locked and cannot be changed",
    "document-changed": "The document has been changed since it was last read",
    "element-throttled": "Too many requests, the element has not been processed",
    "element-late": "The request timed out before the element was processed",
    "not-processed": "The element has not been processed",
    "not-json": "The request body could not be read as JSON: {detail}.",
    "not-xml": "The request body could not be read as XML: {detail}.",
    "not-acceptable": "No media type of Accept '{accept}' can be sent",
    "unexpected": "Unexpected character encountered while parsing value: {value}. Path '{path}'.",
    "parameter-invalid": "The value {value} is not valid for {name}",
    "media-type": "The media type '{found}' is not supported; send {wanted}",
    "body-too-large": "The request body is larger than {limit} bytes",
    "too-many-elements": "The request holds {found} elements, at most {limit} are processed",
    "headers-too-large": "The request headers are too large",
    "condition-unreadable": "PreconditionFailed",
    "broken": "An error occurred in Xero",
    "history-deleted": "Deleted",
    "history-note": "Note",
    "history-submitted": "Submitted",
    "history-voided": "Voided",
    "history-paid": "Paid",
    "history-part-paid": "Partially Paid",
    "history-payment-deleted": "Payment Deleted",
    "history-amount-paid": "Payment for {amount} on {day}.",
    "syntax": "Syntax error (at index {at})",
    "unbalanced": "')' or operator expected (at index {at})",
    "no-boolean": "Expression of type 'Boolean' expected (at index {at})",
}
"""The sentences by rule, each under the letter of its reliability. Source: docs/vendors/xero.md#messages."""


def message_text(rule: str, **values: Json) -> str:
    """Return the vendor's sentence for `rule`, its blanks filled."""
    return MESSAGES[rule].format(**values)


def make_problem(rule: str, path: Path = (), **values: Json) -> Problem:
    return Problem(rule, path, message_text(rule, **values), rule)


def member_label(path: Path) -> str:
    """Return the label of a member: alone in a list's element, else after its parent (`Account Code`).

    Source: docs/vendors/xero.md#messages (XNet#285).
    """
    holder = path[-2] if len(path) > 1 else 0
    return str(path[-1]) if isinstance(holder, int) else f"{holder} {path[-1]}"
