"""Every sentence and error class that is answered, in one place, so that what is assumed is easy to correct.

Documented (Guidewire fact sheet §3): the classes of 400, 401, 403 and 404, the detail of a stale checksum,
the sentence of 404, `missing-required`, and the two sentences round a custom action. Assumed: all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import Value

_REST = "gw.api.rest.exceptions."


class Kind(Value, frozen=True):
    """One way to refuse: the status, the vendor's exception class, and its sentence."""

    status: int
    error_code: str
    message: str


BAD_INPUT = Kind(400, _REST + "BadInputException", "The request parameters or body had issues")

ERRORS: Mapping[str, Kind] = {
    "malformed": Kind(400, BAD_INPUT.error_code, "The request body could not be read as JSON"),
    "unauthorized": Kind(401, _REST + "RestAuthenticationException", "Authentication is required"),
    "forbidden": Kind(403, _REST + "NotAuthorizedException", "The caller may not use this endpoint"),
    "not-found": Kind(404, _REST + "NotFoundException", "No resource was found at path {path}"),
    "method-not-allowed": Kind(405, _REST + "MethodNotAllowedException", "The method is not allowed here"),
    "not-acceptable": Kind(406, _REST + "NotAcceptableException", "No acceptable media type can be sent"),
    "too-large": Kind(413, _REST + "RequestTooLargeException", "The request body is too large"),
    "unsupported-media-type": Kind(
        415, _REST + "UnsupportedMediaTypeException", "The media type is not supported"
    ),
    "aborted": Kind(424, _REST + "BatchAbortedException", "The batch ended before this request"),
    "too-many-requests": Kind(429, _REST + "TooManyRequestsException", "Too many requests were sent"),
    "headers-too-large": Kind(431, _REST + "RequestTooLargeException", "The request headers are too large"),
    "failed": Kind(500, "java.lang.RuntimeException", "An unexpected error occurred"),
    "unavailable": Kind(503, _REST + "ServiceUnavailableException", "The server is not available"),
}
"""Refusals by their code; all others are bad input."""

PROBLEM_ERRORS: Mapping[str, Kind] = {
    "already-executed": Kind(
        400,
        "gw.api.webservice.exception.AlreadyExecutedException",
        "The transaction was executed before",
    ),
    "stale-checksum": Kind(409, _REST + "ConflictException", "The resource was changed by someone else"),
}
"""Problems that are more than bad input; the status of a stale checksum is a switch."""

CANNOT_ACT = "Cannot take action '{action}'. See the details element for further information."
"""What is said above the reasons why an action is not taken."""

SENTENCES: Mapping[str, str] = {
    "already-executed": "A transaction with the id '{found}' was executed before",
    "amount-forbidden": "The '{name}' property cannot be set because the bulk invoice is split equally",
    "bad-code": "'{found}' is not a valid code of the typelist '{typelist}'",
    "bad-format": "The value '{found}' of '{name}' is not in the expected format",
    "body-not-empty": "The request body must be empty",
    "claim-closed": "The claim '{found}' is closed, so that '{name}' must be 'supplement'",
    "duplicate-key": "Another resource has the '{name}' '{found}'",
    "missing-required": "The '{name}' property is required",
    "nested-batch": "A batch or composite request cannot contain another one",
    "no-items": "The bulk invoice has no items",
    "no-send-date": "The bulk invoice has no scheduledSendDate",
    "no-variable": "The variable '{found}' is not known here",
    "not-editable": "The bulk invoice cannot be edited because its status is '{found}'",
    "not-in-list": "The value '{found}' of '{name}' is not one of: {expected}",
    "not-valid": "The bulk invoice is not valid",
    "nothing-at-path": "The path '{found}' leads to nothing in the response",
    "one-currency": "The currency '{found}' cannot be used, only '{expected}'",
    "other-currency": "The currency '{found}' is not the currency '{expected}' of the bulk invoice",
    "out-of-range": "The value '{found}' of '{name}' is out of range, the limit is {expected}",
    "read-only": "Property '{name}' cannot be updated",
    "stale-checksum": "The supplied checksum '{found}' does not match the current checksum "
    "'{expected[currentChecksum]}' for the resource with uri '{expected[uri]}'",
    "supplement-only": "The '{name}' property can only be true when 'paymentType' is 'supplement'",
    "too-few": "The '{name}' property must have at least {expected} elements",
    "too-long": "The value of '{name}' is longer than {expected} characters",
    "too-many": "The '{name}' property must not have more than {expected} elements",
    "too-many-calls": "There are {found} requests and selections, at most {expected} are allowed",
    "too-many-decimals": "The amount '{found}' has too many decimals for the currency '{expected}'",
    "too-short": "The value of '{name}' must have at least {expected} characters",
    "total-required": "The '{name}' property is required when 'splitEqually' is {expected}",
    "unknown-member": "Property '{name}' is not defined in the schema",
    "unknown-parameter": "Query parameter '{name}' is not defined",
    "unknown-reference": "No resource with the id '{found}' was found for '{name}'",
    "wrong-state": "The status of the bulk invoice is '{found}'",
    "wrong-type": "The value of '{name}' must be of type {expected}",
}
"""One sentence a problem code."""

OTHERWISE = "The value of '{name}' is not valid"

ALERTS: Mapping[str, str] = {
    "noItems": "The bulk invoice has no items",
    "totalDiffers": "The bulkInvoiceTotal {total} is not the sum {sum} of the item amounts",
    "noBankData": "The payee has no bank data for a payment by EFT",
    "noMailingAddress": "The payee has no mailing address for a check",
    "noTaxId": "The payee has no tax id for a reportable payment",
    "duplicateInvoiceNumber": "Another bulk invoice has the invoiceNumber {number}",
}
"""What a validation can find wrong, by the type of the alert."""

EXPLANATIONS: Mapping[str, str] = {
    "no-ability-to-pay": "The claim {claim} has not reached the ability to pay",
    "rejected": "The bulk invoice was rejected",
}
"""Why an item is not valid, or was rejected."""
