"""Payt's sentences: one table of those that our rules need, and the wording of what a schema found.

Source: Payt fact sheet §3.1 and §3.3. Those marked P stand in the vendor's help articles, the others are
assumed: what ends a call speaks as Ruby's Grape does, what stays with a record as Rails' ActiveModel does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mockserver.model import Item, Path, Problem

MALFORMED = "message body does not match declared format"

TEXTS: Mapping[str, str] = {
    "number-blank": "Invoice number can't be blank",
    "number-taken": "Invoice number has already been taken",  # P
    "identifier-taken": "Origin identifier has already been taken",  # P
    "number-repeated": "Invoice numbers must be unique",  # P, its beginning
    "currency-unknown": "Currency code is not included in the list",
    "due-too-early": "Due date must be on or after the invoice date",
    "debtor-missing": "Debtor must exist",
    "debtor-fixed": "Debtor cannot be changed",
    "contact-missing": "Contact could not be found",
    "condition-missing": "There is a new payment condition active on this invoice "
    "for which the follow-up has yet to be determined",  # P
    "sent-at-fixed": "Sent at can no longer be changed",
    "document-missing": "Document could not be found",
    "ubl-document-missing": "Ubl document could not be found",
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
}

_NAMES: Mapping[str, str] = {
    "invoice_identifier": "Origin identifier",
    "debtor_identifier": "Origin identifier",
    "vat_number": "VAT number",
}
_CODED = ("currency_code", "country_code")
_DECODED = {"required": "is missing", "type": "is invalid", "enum": "does not have a valid value"}
_RANGE = ("minimum", "maximum")
_PLACES = ("query", "path", "header")


def fault(code: str, item: Item, field: str, *, of: str = "invoices") -> Problem:
    """A problem of one record, placed at one of its fields."""
    return Problem(code, (of, item.index, field), TEXTS[code])


def worded(problem: Problem) -> Problem:
    """What a schema found, in the vendor's words.

    Source: Payt fact sheet §3.1, §3.3 (assumed).
    """
    text = (
        f"{_bracketed(problem.path)} {_decoder_words(problem)}" if _ends_call(problem) else _record(problem)
    )
    return Problem(problem.code, problem.path, text, problem.rule, problem.expected, problem.found)


def joined(problems: Iterable[Problem]) -> str:
    """The message of a call that ends: the first fault of each place, or that nothing could be read."""
    texts: dict[Path, str] = {}
    for problem in problems:
        texts.setdefault(problem.path, problem.detail)
    return MALFORMED if () in texts else ", ".join(texts.values())


def _ends_call(problem: Problem) -> bool:
    return (
        problem.rule in _DECODED
        or problem.rule in _RANGE
        or problem.rule == "format:date-time"
        or _is_parameter(problem)
    )


def _is_parameter(problem: Problem) -> bool:
    return bool(problem.path) and problem.path[0] in _PLACES


def _decoder_words(problem: Problem) -> str:
    if problem.rule in _RANGE and _is_parameter(problem):
        return _DECODED["enum"]
    return _DECODED.get(problem.rule, "is invalid")


def _bracketed(path: Path) -> str:
    named = path[1:] if path and path[0] in _PLACES else path
    return "".join(f"[{step}]" if depth else str(step) for depth, step in enumerate(named))


def _record(problem: Problem) -> str:
    return f"{_human(problem.path)} {_record_words(problem)}"


def _human(path: Path) -> str:
    names = [step for step in path[1:] if isinstance(step, str)]
    if path[:1] == ("debtors",) and names == ["debtor_number"]:
        return "Customer number"
    if len(names) == 1 and names[0] in _NAMES:
        return _NAMES[names[0]]
    text = " ".join(names).replace("_", " ")
    return text[:1].upper() + text[1:]


def _record_words(problem: Problem) -> str:
    field = problem.path[-1]
    if field == "checksum":
        return f"is the wrong length (should be {problem.expected} characters)"
    if problem.rule == "maxLength":
        return f"is too long (maximum is {problem.expected} characters)"
    if problem.rule == "minLength":
        return "can't be blank"
    if problem.rule == "pattern":
        return "is not included in the list" if field in _CODED else "is not a number"
    return "is invalid"
