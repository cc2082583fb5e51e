"""Errors of ClaimCenter: status, class and message of each, and details of a problem."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.codec import json
from mockserver.errors import Rejected
from mockserver.model import Json, Path, Problem, Value
from mockserver.vendors.guidewire.attributes import INVOICE_TYPELISTS, ITEM_TYPELISTS

_EXCEPTIONS = "gw.api.rest.exceptions."


class ErrorTemplate(Value, frozen=True):
    status: int
    error_code: str
    message: str


BAD_INPUT = ErrorTemplate(400, _EXCEPTIONS + "BadInputException", "The request parameters or body had issues")

REFUSAL_ERRORS: Mapping[str, ErrorTemplate] = {
    "malformed": ErrorTemplate(400, BAD_INPUT.error_code, "The request body could not be read as JSON"),
    "unauthorized": ErrorTemplate(
        401, _EXCEPTIONS + "RestAuthenticationException", "Authentication is required"
    ),
    "forbidden": ErrorTemplate(
        403, _EXCEPTIONS + "NotAuthorizedException", "The caller may not use this endpoint"
    ),
    "not-found": ErrorTemplate(
        404, _EXCEPTIONS + "NotFoundException", "No resource was found at path {path}"
    ),
    "method-not-allowed": ErrorTemplate(
        405, _EXCEPTIONS + "MethodNotAllowedException", "The method is not allowed here"
    ),
    "not-acceptable": ErrorTemplate(
        406, _EXCEPTIONS + "NotAcceptableException", "No acceptable media type can be sent"
    ),
    "too-large": ErrorTemplate(
        413, _EXCEPTIONS + "RequestTooLargeException", "The request body is too large"
    ),
    "unsupported-media-type": ErrorTemplate(
        415, _EXCEPTIONS + "UnsupportedMediaTypeException", "The media type is not supported"
    ),
    "aborted": ErrorTemplate(
        424, _EXCEPTIONS + "BatchAbortedException", "The batch ended before this request"
    ),
    "too-many-requests": ErrorTemplate(
        429, _EXCEPTIONS + "TooManyRequestsException", "Too many requests were sent"
    ),
    "headers-too-large": ErrorTemplate(
        431, _EXCEPTIONS + "RequestTooLargeException", "The request headers are too large"
    ),
    "failed": ErrorTemplate(500, "java.lang.RuntimeException", "An unexpected error occurred"),
    "unavailable": ErrorTemplate(
        503, _EXCEPTIONS + "ServiceUnavailableException", "The server is not available"
    ),
}
"""Refusals by their code; all others are bad input."""

PROBLEM_ERRORS: Mapping[str, ErrorTemplate] = {
    "already-executed": ErrorTemplate(
        400,
        "gw.api.webservice.exception.AlreadyExecutedException",
        "The transaction was executed before",
    ),
    "stale-checksum": ErrorTemplate(
        409, _EXCEPTIONS + "ConflictException", "The resource was changed by someone else"
    ),
}
"""Problems that are more than bad input; the status of a stale checksum is an assumption."""

ACTION_REFUSED = "Cannot take action '{action}'. See the details element for further information."
"""Heading of the reasons why an action was not taken."""

PROBLEM_MESSAGES: Mapping[str, str] = {
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
"""Messages by problem code."""

DEFAULT_MESSAGE = "The value of '{name}' is not valid"

ALERTS: Mapping[str, str] = {
    "noItems": "The bulk invoice has no items",
    "totalDiffers": "The bulkInvoiceTotal {total} is not the sum {sum} of the item amounts",
    "noBankData": "The payee has no bank data for a payment by EFT",
    "noMailingAddress": "The payee has no mailing address for a check",
    "noTaxId": "The payee has no tax id for a reportable payment",
    "duplicateInvoiceNumber": "Another bulk invoice has the invoiceNumber {number}",
}
"""Problems that a validation can find, by alert type."""

EXPLANATIONS: Mapping[str, str] = {
    "no-ability-to-pay": "The claim {claim} has not reached the ability to pay",
    "rejected": "The bulk invoice was rejected",
}
"""Reasons why an item is not valid, or was rejected."""

ACTION_PROBLEMS = frozenset({"alert", "no-items", "no-send-date", "not-editable", "not-valid", "wrong-state"})
"""Problems of an action on an invoice; `expected` is its name."""

_TYPELISTS: Mapping[str, str] = {**ITEM_TYPELISTS, **INVOICE_TYPELISTS}
_PARAMETERS = frozenset({"query", "header", "path"})
_MISSING = frozenset({"missing-required", "total-required"})
_WITHOUT_PROPERTIES = ACTION_PROBLEMS | {"body-not-empty", "nested-batch"}
_LONGEST = 100


def problem_detail(problem: Problem) -> Json:
    """A problem as an entry of an error's `details`.

    Source: docs/vendors/guidewire.md#errors, #stale-data.
    """
    entry: dict[str, Json] = {"message": problem_message(problem)}
    if properties := _properties(problem):
        entry["properties"] = properties
    return entry


def rejection(*problems: Problem) -> Rejected:
    """A refusal by rules of the state, with the problems' messages as its hint."""
    said = [f"{problem.pointer}: {problem_message(problem)}".removeprefix(": ") for problem in problems]
    return Rejected(*problems, hint="; ".join(said))


def problem_message(problem: Problem) -> str:
    if problem.code == "alert":
        return problem.detail
    typelist = _typelist(problem.path)
    code = "bad-code" if problem.code == "not-in-list" and typelist else problem.code
    return PROBLEM_MESSAGES.get(code, DEFAULT_MESSAGE).format(
        name=_name(problem.path),
        typelist=typelist,
        found=_shortened(problem.found),
        expected=_listed(problem.expected),
    )


def _properties(problem: Problem) -> Mapping[str, Json]:
    if problem.code in _WITHOUT_PROPERTIES:
        return {}
    if problem.code == "stale-checksum":
        return {**problem.expected, "suppliedChecksum": problem.found}
    path = problem.path
    if path and path[0] in _PARAMETERS:
        return {"parameterLocation": path[0], "parameterName": str(path[1])}
    place = path[:-1] if problem.code in _MISSING else path
    properties = {"parameterLocation": "body", "parameterName": "body"}
    return {**properties, "path": _dotted(place)} if place else properties


def _name(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "body")


def _typelist(path: Path) -> str:
    if path[-1:] == ("code",):
        return _TYPELISTS.get(_name(path[:-1]), "")
    return "Currency" if path[-2:] == ("amount", "currency") else ""


def _dotted(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def _shortened(value: Json) -> str:
    text = value if isinstance(value, str) else json.encode(value).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _listed(value: Json) -> Json:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
