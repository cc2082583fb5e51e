"""Normalize posted records, and check the types of their members."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from mockserver.model import Document, Item, Json
from mockserver.sandbox.key_rules import key_rules
from mockserver.vendor import Request
from mockserver.vendors.payt.dates import is_instant, is_local_instant

TypeCheck: TypeAlias = Callable[[Json], bool]

FIXED_MEMBERS: Mapping[str, str] = {
    "currency_code": "currency-fixed",
    "invoice_number": "number-fixed",
    "invoice_date": "date-fixed",
    "due_date": "due-fixed",
    "book_amount_total": "book-total-fixed",
    "amount_total": "total-fixed",
}
"""Members that the help page calls fixed after the first import, with the warning that follows."""


_IDENTIFYING = (
    "invoice_number",
    "invoice_identifier",
    "debtor_number",
    "debtor_identifier",
    "contact_identifier",
)
"""The members that tell records apart, as far as white space may be dropped there."""


def normalize(record: Document, request: Request) -> Document:
    """Return the record without the members that count as left out.

    Source: docs/vendors/payt.md#invoice (a change has no lines), docs/vendors/payt.md#identity,
    #amounts-and-payments.
    """
    assumptions = request.call.assumptions
    if request.operation.method == "patch" and "invoice_lines" in record:
        record = _without("invoice_lines", record)
    if (rules := key_rules(assumptions)).trims:
        record = {
            name: rules.stored(value) if name in _IDENTIFYING and isinstance(value, str) else value
            for name, value in record.items()
        }
    if assumptions["null_members"] == "ignored":
        record = {name: value for name, value in record.items() if value is not None}
    if record.get("payments") == [] and assumptions["empty_payments"] == "ignored":
        record = _without("payments", record)
    return record


def complete(record: Document, optional: Iterable[str], request: Request) -> Document:
    """Return the record as it is kept: what a post leaves out of `optional` may count as null.

    Source: docs/vendors/payt.md#identity (assumed).
    """
    if request.operation.method != "post" or request.call.assumptions["absent_members"] != "cleared":
        return record
    return {**dict.fromkeys(optional), **record}


def changeable_members(record: Document, stored: Document | None, assumptions: Mapping[str, str]) -> Document:
    """Return the members of a record that may change the stored invoice."""
    if stored is None or assumptions["first_values"] != "fixed":
        return record
    return {name: value for name, value in record.items() if name not in FIXED_MEMBERS}


def is_readable(item: Item, request: Request) -> bool:
    """Return whether every member is of its type, so that rules may look at it.

    It always is, but while a broken record refuses only itself; then its other faults stay untold.
    """
    if item.index not in request.unproven or request.call.assumptions["broken_record"] == "refuses_call":
        return True
    return _RECORD_CHECKS[request.operation.id](item.document)


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _nullable(check: TypeCheck) -> TypeCheck:
    return lambda value: value is None or check(value)


def _list_of(check: TypeCheck) -> TypeCheck:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _without(member: str, record: Document) -> Document:
    return {name: value for name, value in record.items() if name != member}


def _object_check(
    needed: Iterable[str] = (), texts: Iterable[str] = (), sent: Iterable[str] = (), **members: TypeCheck
) -> TypeCheck:
    """Return a check of objects: `needed` are texts, `texts` may be null, `sent` are texts if they are there.

    `members` are as they say. Only what rules look at is told; all else may be of any type.
    """
    checks = {
        **dict.fromkeys(texts, _nullable(_is_text)),
        **{name: _nullable(check) for name, check in members.items()},
        **dict.fromkeys(needed, _is_text),
    }
    spared = tuple(sent)
    return lambda value: (
        isinstance(value, dict)
        and all(check(value.get(name)) for name, check in checks.items())
        and all(_is_text(value.get(name, "")) for name in spared)
    )


def _invoice_check(needed: Iterable[str], sent: Iterable[str] = ()) -> TypeCheck:
    file = _object_check(texts=("checksum",))
    return _object_check(
        needed,
        ("invoice_identifier", "debtor_number", "debtor_identifier", "payment_condition"),
        sent,
        sent_at=lambda value: _is_text(value) and (is_instant(value) or is_local_instant(value)),
        document=file,
        ubl_document=file,
        payments=_list_of(_object_check(("amount", "origin_identifier"), ("payment_date", "cost_type"))),
        invoice_lines=_list_of(_object_check(("description", "vat_rate_code"), line_order=_is_whole)),
    )


_AMOUNTS = ("book_amount_total", "book_amount_open", "amount_total", "amount_open")
_REQUIRED = ("currency_code", "invoice_date", "due_date", *_AMOUNTS)
_RECORD_CHECKS: Mapping[str, TypeCheck] = {
    "postV1Invoices": _invoice_check(("invoice_number", *_REQUIRED)),
    "patchV1Invoices": _invoice_check(("invoice_number",), _REQUIRED),
    "postV1Debtors": _object_check(("debtor_number", "debtor_identifier"), ("country_code", "vat_number")),
    "postV1Contacts": _object_check(
        texts=(
            "contact_identifier",
            "id",
            "postal_address_country_code",
            "call_phone_number",
            "sms_phone_number",
        )
    ),
    "postV1VatRates": _object_check(texts=("code",)),
}
