"""Payt's sentences, all in one place: what a record, a token, a call or a grant is told.

Source: Payt fact sheet §3.1, §3.3. Those marked P stand in the vendor's own pages, the others are assumed:
what ends a call speaks as Ruby's Grape does, what stays with a record as Rails' ActiveModel does, and what is
said of tokens and grants as Doorkeeper does.
"""

from __future__ import annotations

from collections.abc import Mapping

MALFORMED = "message body does not match declared format"

RECORDS: Mapping[str, str] = {
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
"""What is said of a record, by the code of the problem."""

_TAKEN = "has already been taken"
_TOO_LONG = "is too long (maximum is 255 characters)"

FAULTS: Mapping[str, str] = {
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
"""What a scenario lets a record of any kind be told, by its neutral code; all assumed."""

FAULTS_OF: Mapping[str, Mapping[str, str]] = {
    "invoices": {
        "missing-required": RECORDS["number-blank"],
        "too-long": f"Description {_TOO_LONG}",
        "duplicate-key": RECORDS["number-taken"],
        "unknown-reference": RECORDS["debtor-missing"],
        "locked": "Invoice can no longer be changed",
    },
    "debtors": {
        "missing-required": RECORDS["debtor-number-blank"],
        "too-long": f"Remark {_TOO_LONG}",
        "duplicate-key": RECORDS["debtor-number-taken"],
        "unknown-reference": RECORDS["contact-missing"],
    },
    "contacts": {
        "missing-required": RECORDS["contact-unnamed"],
        "too-long": f"Lastname {_TOO_LONG}",
        "duplicate-key": RECORDS["contact-taken"],
        "unknown-reference": RECORDS["contact-missing"],
    },
    "vat_rates": {
        "missing-required": RECORDS["code-blank"],
        "too-long": f"Name {_TOO_LONG}",
        "duplicate-key": f"Code {_TAKEN}",
    },
    "payment_conditions": {
        "missing-required": RECORDS["code-blank"],
        "too-long": f"Name {_TOO_LONG}",
        "duplicate-key": f"Code {_TAKEN}",
    },
}
"""Where a kind of record has a nearer text."""

REFUSALS: Mapping[str, str] = {
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
"""What is said of a call, by the code of the refusal."""

TOKENS: Mapping[str, str] = {
    "expired": "The access token expired",
    "revoked": "The access token was revoked",
}
TOKEN_INVALID = "The access token is invalid"  # noqa: S105 - a sentence, no token

NOT_FOUND: Mapping[str, str] = {
    "invoices": "Invoice not found",
    "debtors": "Debtor not found",
    "administrations": "Administration not found",
    "uploads": "Upload not found",
}

EMPTY = "is empty"
"""What is said of a list without records, where a switch refuses that."""

READER: Mapping[str, str] = {
    "required": "is missing",
    "type": "is invalid",
    "enum": "does not have a valid value",
}
"""How the reader of parameters ends a call, by the schema's keyword."""

UPLOADS: Mapping[str, str] = {
    "content-type": "Content-Type does not match the announced file",
    "byte-size": "Byte size does not match the announced file",
    "checksum": "Checksum does not match the announced file",
}

GRANTS: Mapping[str, str] = {
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
"""What is said of a request for a token, by OAuth's word for the error."""


def missing_parameter(name: str) -> str:
    """What is said when a request for a token or a code lacks one."""
    return f"Missing required parameter: {name}."


def too_many_records(kind: str, limit: str) -> str:
    """What is said when a call holds more records than the switch allows."""
    return f"{kind} must not have more than {limit} records"
