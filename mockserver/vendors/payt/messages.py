"""Payt's messages, and the wording of schema problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from mockserver.model import Item, Path, Problem

MALFORMED = "message body does not match declared format"

RECORD_MESSAGES: Mapping[str, str] = {
    "number-blank": "Invoice number can't be blank",
    "number-taken": "Invoice number has already been taken",  # P
    "identifier-taken": "Origin identifier has already been taken",  # P
    "number-repeated": "Invoice numbers must be unique",  # P, its beginning
    "number-fixed": "Invoice number cannot be changed",
    "currency-unknown": "Currency code is not included in the list",
    "currency-fixed": "Currency code cannot be changed",
    "date-fixed": "Invoice date cannot be changed",
    "due-too-early": "Due date must be on or after the invoice date",
    "due-fixed": "Due date cannot be changed",
    "total-fixed": "Amount total cannot be changed",
    "book-total-fixed": "Book amount total cannot be changed",
    "debtor-missing": "Debtor must exist",
    "debtor-fixed": "Debtor cannot be changed",
    "contact-missing": "Contact could not be found",
    "condition-missing": "There is a new payment condition active on this invoice "
    "for which the follow-up has yet to be determined",  # P
    "sent-at-fixed": "Sent at can no longer be changed",
    "document-missing": "Document could not be found",
    "ubl-document-missing": "Ubl document could not be found",
    "open-above-total": "Amount open is more than the amount total",
    "lines-sum": "Invoice lines do not add up to the amount total",
    "payments-sum": "Payments do not add up to the paid amount",
    "payments-order": "Payments must be ordered chronologically",
    "payment-taken": "Payments origin identifier has already been taken",
    "rate-missing": "Invoice lines vat rate must exist",
    "rate-differs": "Invoice lines vat percentage does not match the vat rate",
    "line-order-taken": "Invoice lines line order has already been taken",
    "line-total-missing": "Invoice lines total excl tax amount or total incl tax amount must be present",
    "debtor-number-blank": "Customer number can't be blank",
    "debtor-number-taken": "Customer number has already been taken",  # P
    "debtor-number-repeated": "Customer numbers must be unique",
    "country-unknown": "Country code is not included in the list",
    "vat-number-odd": "VAT number is invalid",  # P
    "contact-unnamed": "Contact identifier can't be blank",
    "contact-repeated": "Contact identifiers must be unique",
    "contact-taken": "Contact identifier has already been taken",
    "contact-country-unknown": "Postal address country code is not included in the list",
    "phone-odd": "Probably incorrect SMS or phone number",  # P
    "code-blank": "Code can't be blank",
    "code-repeated": "Codes must be unique",
    "rate-blank": "Rate can't be blank",
    "name-blank": "Name can't be blank",
}
"""Messages about a record, by problem code."""

_TAKEN = "has already been taken"
_TOO_LONG = "is too long (maximum is 255 characters)"

FAULT_MESSAGES: Mapping[str, str] = {
    "missing-required": "Record can't be blank",
    "too-long": f"Record {_TOO_LONG}",
    "duplicate-key": f"Record {_TAKEN}",
    "unknown-reference": "Administration must exist",
    "locked": "Record can no longer be changed",
    "conflict": "Record was changed by another request",
    "throttled": "Rate limit exceeded",
    "internal": "Record could not be processed",
    "timeout": "Record was not processed in time",
}
"""Messages of faults that a scenario asks for, by neutral code; all assumed."""

FAULT_MESSAGES_BY_TYPE: Mapping[str, Mapping[str, str]] = {
    "invoices": {
        "missing-required": RECORD_MESSAGES["number-blank"],
        "too-long": f"Description {_TOO_LONG}",
        "duplicate-key": RECORD_MESSAGES["number-taken"],
        "unknown-reference": RECORD_MESSAGES["debtor-missing"],
        "locked": "Invoice can no longer be changed",
    },
    "debtors": {
        "missing-required": RECORD_MESSAGES["debtor-number-blank"],
        "too-long": f"Remark {_TOO_LONG}",
        "duplicate-key": RECORD_MESSAGES["debtor-number-taken"],
        "unknown-reference": RECORD_MESSAGES["contact-missing"],
    },
    "contacts": {
        "missing-required": RECORD_MESSAGES["contact-unnamed"],
        "too-long": f"Lastname {_TOO_LONG}",
        "duplicate-key": RECORD_MESSAGES["contact-taken"],
        "unknown-reference": RECORD_MESSAGES["contact-missing"],
    },
    "vat_rates": {
        "missing-required": RECORD_MESSAGES["code-blank"],
        "too-long": f"Name {_TOO_LONG}",
        "duplicate-key": f"Code {_TAKEN}",
    },
    "payment_conditions": {
        "missing-required": RECORD_MESSAGES["code-blank"],
        "too-long": f"Name {_TOO_LONG}",
        "duplicate-key": f"Code {_TAKEN}",
    },
}
"""More specific messages of single record types."""

REFUSAL_MESSAGES: Mapping[str, str] = {
    "malformed": MALFORMED,
    "method-not-allowed": "Method not allowed",
    "not-acceptable": "The requested format is not supported",
    "too-large": "The request body is too large",
    "too-many-items": "The request holds too many records",
    "unsupported-media-type": "The provided content-type is not supported",
    "too-many-requests": "Rate limit exceeded",
    "headers-too-large": "The request headers are too large",
    "failed": "Internal server error",
    "unavailable": "Service unavailable",
}
"""Messages about a call, by refusal code."""

TOKEN_MESSAGES: Mapping[str, str] = {
    "expired": "The access token expired",
    "revoked": "The access token was revoked",
}
TOKEN_INVALID = "The access token is invalid"  # noqa: S105 - a sentence, no token

NOT_FOUND_MESSAGES: Mapping[str, str] = {
    "invoices": "Invoice not found",
    "debtors": "Debtor not found",
    "administrations": "Administration not found",
    "uploads": "Upload not found",
}

EMPTY_LIST = "is empty"
"""Message about a list without records, where an assumption refuses it."""

PARAMETER_MESSAGES: Mapping[str, str] = {
    "required": "is missing",
    "type": "is invalid",
    "enum": "does not have a valid value",
}
"""Messages about parameters, by schema keyword."""

UPLOAD_MESSAGES: Mapping[str, str] = {
    "content-type": "Content-Type does not match the announced file",
    "byte-size": "Byte size does not match the announced file",
    "checksum": "Checksum does not match the announced file",
}

OAUTH_MESSAGES: Mapping[str, str] = {
    "invalid_client": "Client authentication failed due to unknown client, no client authentication "
    "included, or unsupported authentication method.",
    "invalid_grant": "The provided authorization grant is invalid, expired, revoked, does not match the "
    "redirection URI used in the authorization request, or was issued to another client.",
    "invalid_request": "The request is missing a required parameter, includes an unsupported parameter "
    "value, or is otherwise malformed.",
    "invalid_scope": "The requested scope is invalid, unknown, or malformed.",
    "unauthorized_client": "You are not authorized to revoke this token",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
}
"""Messages about token requests, by OAuth's error code."""


def missing_parameter(name: str) -> str:
    return f"Missing required parameter: {name}."


def too_many_records(kind: str, limit: str) -> str:
    return f"{kind} must not have more than {limit} records"


_FIELD_NAMES: Mapping[str, str] = {
    "invoice_identifier": "Origin identifier",
    "debtor_identifier": "Origin identifier",
    "vat_number": "VAT number",
}
_CODED = ("currency_code", "country_code", "postal_address_country_code")
_RANGE = ("minimum", "maximum")
_LOCATIONS = ("query", "path", "header")
_FATAL_RULES = (*PARAMETER_MESSAGES, *_RANGE, "format:date-time")
_DEPTH_OF_RECORD = 2


def record_problem(code: str, item: Item, field: str, *, of: str = "invoices") -> Problem:
    return Problem(code, (of, item.index, field), RECORD_MESSAGES[code])


def word_problem(problem: Problem, *, spare_call: bool = False) -> Problem:
    """The vendor's words for a schema problem.

    With `spare_call` an unreadable value keeps to its record, under a rule that is not fatal.
    Source: docs/vendors/payt.md#whole-calls, #messages (assumed).
    """
    if not _is_of_record(problem):
        return replace(problem, detail=f"{_bracketed(problem.path)} {_parameter_words(problem)}")
    if problem.rule not in _FATAL_RULES:
        return replace(problem, detail=_record_message(problem))
    if spare_call:
        return replace(problem, detail=_record_message(problem), rule=f"record:{problem.rule}")
    return replace(problem, detail=f"{_bracketed(problem.path)} {_parameter_words(problem)}")


def word_file_problem(problem: Problem) -> Problem:
    words = (
        _record_words(problem) if problem.rule in ("minLength", "maxLength") else _parameter_words(problem)
    )
    return replace(problem, detail=f"{_bracketed(problem.path)} {words}")


def unreadable_value(path: Path) -> Problem:
    """A value of another type, which refuses the call."""
    return Problem("wrong-type", path, f"{_bracketed(path)} {PARAMETER_MESSAGES['type']}", "type")


def invalid_value(path: Path) -> Problem:
    """A value that refuses its record."""
    return Problem("invalid", path, f"{_readable_name(path)} {PARAMETER_MESSAGES['type']}", "unfit")


def too_precise_amount(path: Path) -> Problem:
    return Problem("too-precise", path, f"{_readable_name(path)} has more than 2 decimals", "cents")


def join_messages(problems: Iterable[Problem]) -> str:
    texts: dict[Path, str] = {}
    for problem in problems:
        texts.setdefault(problem.path, problem.detail)
    return MALFORMED if () in texts else ", ".join(texts.values())


def _is_of_record(problem: Problem) -> bool:
    return len(problem.path) >= _DEPTH_OF_RECORD and isinstance(problem.path[1], int)


def _is_parameter(problem: Problem) -> bool:
    return bool(problem.path) and problem.path[0] in _LOCATIONS


def _parameter_words(problem: Problem) -> str:
    if problem.rule in _RANGE and _is_parameter(problem):
        return PARAMETER_MESSAGES["enum"]
    return PARAMETER_MESSAGES.get(problem.rule, "is invalid")


def _bracketed(path: Path) -> str:
    named = path[1:] if path and path[0] in _LOCATIONS else path
    return "".join(f"[{step}]" if depth else str(step) for depth, step in enumerate(named))


def _record_message(problem: Problem) -> str:
    return f"{_readable_name(problem.path)} {_record_words(problem)}"


def _readable_name(path: Path) -> str:
    names = [step for step in path[1:] if isinstance(step, str)]
    if path[:1] == ("debtors",) and names == ["debtor_number"]:
        return "Customer number"
    if len(names) == 1 and names[0] in _FIELD_NAMES:
        return _FIELD_NAMES[names[0]]
    text = " ".join(names).replace("_", " ") or "record"
    return text[:1].upper() + text[1:]


def _record_words(problem: Problem) -> str:
    field = problem.path[-1]
    if problem.rule in ("required", "minLength") and field != "checksum":
        return "can't be blank"
    if problem.rule == "enum":
        return "is not included in the list"
    if problem.rule == "maxLength" and field != "checksum":
        return f"is too long (maximum is {problem.expected} characters)"
    if problem.rule in ("minLength", "maxLength"):
        return f"is the wrong length (should be {problem.expected} characters)"
    if problem.rule == "pattern":
        return "is not included in the list" if field in _CODED else "is not a number"
    return "is invalid"


UNKNOWN_RECORD = "not-found"
"""The code of a problem that is told as a kind of failure, not as a message of its record."""
