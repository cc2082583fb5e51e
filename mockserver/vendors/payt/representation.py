"""JSON representation of stored records, with the members chosen by the fields parameter."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from mockserver.codec import json
from mockserver.model import Document, Json, Value
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt.amounts import ZERO, exact_arithmetic, print_amount, print_optional_amount

Entity: TypeAlias = dict[str, Json]
Represent: TypeAlias = Callable[[Document, State], Entity]

_SITE = "https://app.example.com"
_INVOICE_INSTANTS = (
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
_ADMINISTRATION_MEMBERS = (
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


class RecordType(Value, frozen=True):
    """A record type: its representation, and what `fields` may add."""

    collection: str
    shown: Represent
    on_request: Represent


def _invoice(stored: Document, state: State) -> Entity:
    debtor = state.collection("debtors").get(stored["debtor_id"])
    return {
        **_members(stored, "id", "administration_id", "debtor_id"),
        "debtor_number": debtor["debtor_number"] if debtor else None,
        **_members(stored, "invoice_number", "invoice_identifier", "currency_code"),
        # A method that was never given is unknown (assumed).
        "payment_method": stored.get("payment_method") or "unknown",
        **_members(stored, "invoice_date", "due_date", "payment_date"),
        "total_amount": print_amount(stored["amount_total"]),
        "open_amount": print_amount(stored["amount_open"]),
        "book_total_amount": print_amount(stored["book_amount_total"]),
        "book_open_amount": print_amount(stored["book_amount_open"]),
        "administration_costs_total": print_amount(stored["administration_costs_total"]),
        "administration_costs_open": print_amount(stored["administration_costs_open"]),
        **_members(stored, "category", "description", "order_number", "purchase_order_number"),
        **_members(
            stored, "active_credit_case_id", "credit_case_id", "active_payment_plan_id", "payment_plan_id"
        ),
        "paused_by_user": stored.get("paused_by_user", False),
        **_members(stored, *_INVOICE_INSTANTS),
        "updated_at": stored["updated_at"],
    }


def _invoice_on_request(stored: Document, _state: State) -> Entity:
    page = f"{_SITE}/administrations/{stored['administration_id']}/invoices/{stored['id']}"
    return {
        "public_url": f"{_SITE}/portal/invoices/{stored['id']}",
        "deeplink_url": page,
        "flow_code": stored.get("flow_code"),
        "document_url": f"{page}/document" if stored["document"] else None,
        "ubl_document_url": f"{page}/ubl_document" if stored["ubl_document"] else None,
        **_members(stored, "internal_note_email_address", "peppol_identifier"),
        "labels": _labels(stored),
        "invoice_lines": [_line(line) for line in stored["invoice_lines"]],
    }


def _line(line: Document) -> Entity:
    return {
        **_members(line, "description", "vat_rate_code", "vat_percentage"),
        **{
            member: print_optional_amount(line[member])
            for member in ("vat_amount", "total_excl_tax_amount", "total_incl_tax_amount", "product_price")
        },
        **_members(line, "product_unit", "product_quantity", "line_order"),
    }


def _payment(stored: Document, _state: State) -> Entity:
    return {
        **_members(stored, "id", "administration_id", "invoice_id"),
        "total_amount": print_amount(stored["amount"]),
        "total_book_amount": print_amount(stored["book_amount"]),
        **_members(stored, "payment_date", "cost_type", "transaction_type", "payment_method"),
        **_members(stored, "description", "reason", "reversal_code", "updated_at"),
    }


def _payment_on_request(stored: Document, _state: State) -> Entity:
    return _members(stored, "psp_transaction", "bank_transaction")


def _debtor(stored: Document, _state: State) -> Entity:
    address = stored.get("postal_address", {})
    return {
        **_members(stored, "id", "administration_id", "debtor_number", "debtor_identifier", "name"),
        "postal_address": _members(
            address, "city", "country_code", "postal_code", "region", "street_1", "street_2"
        ),
        **_members(stored, "language_code", "vat_number", "coc_number", "relation_manager"),
        "credit_limit_amount": print_optional_amount(stored.get("credit_limit_amount")),
        **_members(stored, *_DEBTOR_CONTACTS),
        "updated_at": stored["updated_at"],
    }


def _debtor_on_request(stored: Document, state: State) -> Entity:
    page = f"{_SITE}/administrations/{stored['administration_id']}/debtors/{stored['id']}"
    return {
        "labels": _labels(stored),
        **_members(stored, "remark", "peppol_identifier", "peppol_enabled"),
        "book_open_amount": print_amount(_book_open(stored, state)),
        **_members(stored, "payment_behaviour"),
        "autogenerated_credit_limit_amount": print_optional_amount(
            stored.get("autogenerated_credit_limit_amount")
        ),
        "external_credit_limit_amount": print_optional_amount(stored.get("external_credit_limit_amount")),
        **_members(stored, "external_credit_limit_currency_code"),
        "public_url": f"{_SITE}/portal/debtors/{stored['id']}",
        "deeplink_url": page,
        **_members(stored, "internal_note_email_address"),
    }


def _book_open(debtor: Document, state: State) -> Decimal:
    with exact_arithmetic():
        open_amounts = (
            invoice["book_amount_open"]
            for invoice in state.collection("invoices").find("debtor_id", debtor["id"])
        )
        return sum(open_amounts, ZERO)


def _administration(stored: Document, _state: State) -> Entity:
    return _members(stored, *_ADMINISTRATION_MEMBERS)


def _administration_on_request(stored: Document, _state: State) -> Entity:
    return _members(stored, "import_origin_identifier", "last_successful_import_at")


def _members(stored: Document, *members: str) -> Entity:
    return {member: stored.get(member) for member in members}


def _labels(stored: Document) -> list[Json]:
    return [{"name": name} for name in stored.get("labels", ())]


INVOICE = RecordType("invoices", _invoice, _invoice_on_request)
PAYMENT = RecordType("payments", _payment, _payment_on_request)
DEBTOR = RecordType("debtors", _debtor, _debtor_on_request)
ADMINISTRATION = RecordType("administrations", _administration, _administration_on_request)


FieldSelection: TypeAlias = list[Json]
"""Names, and `{name: [names]}` for parts of a member."""


def read_fields(request: Request) -> FieldSelection | None:
    """Return what `fields` asks for, None for the ordinary answer; the spec has seen to its form."""
    text = request.parameters.get("fields")
    if text is None:
        return None
    named: FieldSelection = json.decode(text.encode())["only"]
    return ["id", *named] if request.call.assumptions["only_fields"] == "with_id" else list(named)


def represent(stored: Document, kind: RecordType, selection: FieldSelection | None, state: State) -> Entity:
    """Return the record as it is answered."""
    entity = kind.shown(stored, state)
    return entity if selection is None else _select(entity | kind.on_request(stored, state), selection)


def _select(entity: Entity, selection: FieldSelection) -> Entity:
    chosen: Entity = {}
    for wanted in selection:
        parts = wanted if isinstance(wanted, dict) else {wanted: None}
        chosen |= {
            name: _select_member(entity[name], inner) for name, inner in parts.items() if name in entity
        }
    return chosen


def _select_member(value: Json, inner: FieldSelection | None) -> Json:
    if inner is None:
        return value
    if isinstance(value, list):
        return [_select(one, inner) for one in value]
    return _select(value, inner) if isinstance(value, dict) else value
