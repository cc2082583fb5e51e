"""What GET shows of a stored record: other names than were posted, and some members only when asked for.

Source: Payt fact sheet §2.9.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from mockserver.model import Document, Json, Value
from mockserver.store import State
from mockserver.vendors.payt.money import ZERO, exact, maybe_printed, printed

Entity: TypeAlias = dict[str, Json]
View: TypeAlias = Callable[[Document, State], Entity]

_SITE = "https://app.example.com"
_INVOICE_MOMENTS = (
    "sent_at",
    "pre_reminder_at",
    "first_reminder_at",
    "reminder_1_at",
    "reminder_2_at",
    "reminder_3_at",
    "reminder_4_at",
    "latest_reminder_at",
    "final_reminder_at",
    "pre_summons_at",
    "first_summons_at",
    "summons_1_at",
    "summons_2_at",
    "summons_3_at",
    "summons_4_at",
    "latest_summons_at",
    "notice_of_default_at",
    "pre_judicial_at",
    "bailiff_at",
    "collectable_at",
    "debt_collection_at",
    "end_of_service_announcement_at",
    "end_of_service_at",
    "paused_at",
)
_DEBTOR_CONTACTS = (
    "primary_email_address",
    "debtor_provided_email_address",
    "invoice_email_address",
    "invoice_cc_email_address",
    "invoice_bcc_email_address",
    "reminder_email_address",
    "reminder_cc_email_address",
    "reminder_bcc_email_address",
    "call_phone_number",
    "sms_phone_number",
    "paused_at",
    "reminding_paused_at",
)
_ADMINISTRATION = (
    "id",
    "name",
    "internal_name",
    "status",
    "email_address",
    "contact_name",
    "commercial_registration_number",
    "street_name",
    "house_number",
    "postal_code",
    "city",
    "country_code",
    "timezone",
    "currency_code",
    "administration_url",
    "bank_account_name",
    "bank_account_number",
    "bank_account_bic",
    "vat_number",
    "paused_at",
    "reminding_paused_at",
)


class Kind(Value, frozen=True):
    """One kind of record: how it is shown, and what more `fields` may ask for."""

    collection: str
    shown: View
    asked: View


def _invoice(stored: Document, state: State) -> Entity:
    debtor = state.collection("debtors").get(stored["debtor_id"])
    return {
        **_same(stored, "id", "administration_id", "debtor_id"),
        "debtor_number": debtor["debtor_number"] if debtor else None,
        **_same(stored, "invoice_number", "invoice_identifier", "currency_code"),
        # A method that was never given is unknown (assumed).
        "payment_method": stored.get("payment_method") or "unknown",
        **_same(stored, "invoice_date", "due_date", "payment_date"),
        "total_amount": printed(stored["amount_total"]),
        "open_amount": printed(stored["amount_open"]),
        "book_total_amount": printed(stored["book_amount_total"]),
        "book_open_amount": printed(stored["book_amount_open"]),
        "administration_costs_total": printed(stored["administration_costs_total"]),
        "administration_costs_open": printed(stored["administration_costs_open"]),
        **_same(stored, "category", "description", "order_number", "purchase_order_number"),
        **_same(
            stored, "active_credit_case_id", "credit_case_id", "active_payment_plan_id", "payment_plan_id"
        ),
        "paused_by_user": stored.get("paused_by_user", False),
        **_same(stored, *_INVOICE_MOMENTS),
        "updated_at": stored["updated_at"],
    }


def _invoice_asked(stored: Document, _state: State) -> Entity:
    page = f"{_SITE}/administrations/{stored['administration_id']}/invoices/{stored['id']}"
    return {
        "public_url": f"{_SITE}/portal/invoices/{stored['id']}",
        "deeplink_url": page,
        "flow_code": stored.get("flow_code"),
        "document_url": f"{page}/document" if stored["document"] else None,
        "ubl_document_url": f"{page}/ubl_document" if stored["ubl_document"] else None,
        **_same(stored, "internal_note_email_address", "peppol_identifier"),
        "labels": _labels(stored),
        "invoice_lines": [_line(line) for line in stored["invoice_lines"]],
    }


def _line(line: Document) -> Entity:
    return {
        **_same(line, "description", "vat_rate_code", "vat_percentage"),
        **{
            member: maybe_printed(line[member])
            for member in ("vat_amount", "total_excl_tax_amount", "total_incl_tax_amount", "product_price")
        },
        **_same(line, "product_unit", "product_quantity", "line_order"),
    }


def _payment(stored: Document, _state: State) -> Entity:
    return {
        **_same(stored, "id", "administration_id", "invoice_id"),
        "total_amount": printed(stored["amount"]),
        "total_book_amount": printed(stored["book_amount"]),
        **_same(stored, "payment_date", "cost_type", "transaction_type", "payment_method"),
        **_same(stored, "description", "reason", "reversal_code", "updated_at"),
    }


def _payment_asked(stored: Document, _state: State) -> Entity:
    return _same(stored, "psp_transaction", "bank_transaction")


def _debtor(stored: Document, _state: State) -> Entity:
    address = stored.get("postal_address", {})
    return {
        **_same(stored, "id", "administration_id", "debtor_number", "debtor_identifier", "name"),
        "postal_address": _same(
            address, "city", "country_code", "postal_code", "region", "street_1", "street_2"
        ),
        **_same(stored, "language_code", "vat_number", "coc_number", "relation_manager"),
        "credit_limit_amount": maybe_printed(stored.get("credit_limit_amount")),
        **_same(stored, *_DEBTOR_CONTACTS),
        "updated_at": stored["updated_at"],
    }


def _debtor_asked(stored: Document, state: State) -> Entity:
    page = f"{_SITE}/administrations/{stored['administration_id']}/debtors/{stored['id']}"
    return {
        "labels": _labels(stored),
        **_same(stored, "remark", "peppol_identifier", "peppol_enabled"),
        "book_open_amount": printed(_book_open(stored, state)),
        **_same(stored, "payment_behaviour"),
        "autogenerated_credit_limit_amount": maybe_printed(stored.get("autogenerated_credit_limit_amount")),
        "external_credit_limit_amount": maybe_printed(stored.get("external_credit_limit_amount")),
        **_same(stored, "external_credit_limit_currency_code"),
        "public_url": f"{_SITE}/portal/debtors/{stored['id']}",
        "deeplink_url": page,
        **_same(stored, "internal_note_email_address"),
    }


def _book_open(debtor: Document, state: State) -> Decimal:
    with exact():
        open_amounts = (
            invoice["book_amount_open"]
            for invoice in state.collection("invoices").find("debtor_id", debtor["id"])
        )
        return sum(open_amounts, ZERO)


def _administration(stored: Document, _state: State) -> Entity:
    return _same(stored, *_ADMINISTRATION)


def _administration_asked(stored: Document, _state: State) -> Entity:
    return _same(stored, "import_origin_identifier", "last_successful_import_at")


def _same(stored: Document, *members: str) -> Entity:
    return {member: stored.get(member) for member in members}


def _labels(stored: Document) -> list[Json]:
    return [{"name": name} for name in stored.get("labels", ())]


INVOICE = Kind("invoices", _invoice, _invoice_asked)
PAYMENT = Kind("payments", _payment, _payment_asked)
DEBTOR = Kind("debtors", _debtor, _debtor_asked)
ADMINISTRATION = Kind("administrations", _administration, _administration_asked)
