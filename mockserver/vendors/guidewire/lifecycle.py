"""Stored bulk invoices and items: lookup, versions, statuses, transitions, business rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from mockserver.model import Document, Json, Problem, Value
from mockserver.sandbox.assumptions import ON
from mockserver.sandbox.store import Collection, State
from mockserver.vendor import read_tables
from mockserver.vendors.guidewire import attributes
from mockserver.vendors.guidewire.attributes import (
    DATE_TIMES,
    ITEM_DEFAULTS,
    REPORTING_CURRENCY,
    TYPELISTS,
    attribute_problem,
    code_of,
    decimal_problems,
    lacks_offset,
    reference_id_of,
    without_nulls,
)

_TABLES = read_tables(__file__)
EDITABLE: frozenset[str] = frozenset(_TABLES["editable"])
REOPENED: frozenset[str] = frozenset(_TABLES["reopened"])
INVALID_ITEMS = "invaliditems"
"""Status in which every change makes the invoice a draft; clients have no other way out (assumed)."""

CUSTOM_ACTIONS: Sequence[str] = _TABLES["custom-actions"]
NEW_INVOICE: Document = _TABLES["new-invoice"]
NEXT_STATUS: Mapping[str, Mapping[str, str]] = _TABLES["next-status"]
INVOICES = "bulk-invoices"
ITEMS = "bulk-invoice-items"
PAYEES = "payees"
CLAIMS = "claims"
EXPOSURES = "exposures"
BANK_ACCOUNTS = "bank-accounts"
"""Collection of bank accounts, by the payee's id in the address book."""

_ID_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_SIGN_OF_OCTET = bytes(_ID_ALPHABET[octet % len(_ID_ALPHABET)] for octet in range(256))
CREATE, UPDATE = "createBulkInvoice", "updateBulkInvoice"
CREATE_ITEM, UPDATE_ITEM = "createBulkInvoiceItem", "updateBulkInvoiceItem"


class Transition(Value, frozen=True):
    """Status change of an invoice and its items by an action."""

    sources: frozenset[str]
    """Statuses of an invoice in which the action is allowed."""
    target: str = ""
    """Next status of the invoice; empty if the action itself decides."""
    items: str = ""
    """Next status of the items; empty if the items do not change."""


TRANSITIONS: Mapping[str, Transition] = {
    **{
        action: Transition(frozenset(sources), *statuses)
        for action, (sources, *statuses) in _TABLES["transitions"].items()
    },
    "reset": Transition(frozenset(TYPELISTS["BulkInvoiceStatus"])),
}
"""Transitions by action. An action is the last segment of its path, or `delete`."""


def transition_problems(action: str, invoice: Document) -> Iterator[Problem]:
    if invoice["status"] not in TRANSITIONS[action].sources:
        yield Problem("wrong-state", expected=action, found=status_name(invoice))


def edit_problems(invoice: Document) -> Iterator[Problem]:
    if invoice["status"] not in EDITABLE:
        yield Problem("not-editable", expected="update", found=status_name(invoice))


def status_name(invoice: Document) -> str:
    return TYPELISTS["BulkInvoiceStatus"][invoice["status"]]


def allowed_actions(invoice: Document) -> list[str]:
    return sorted(action for action in CUSTOM_ACTIONS if invoice["status"] in TRANSITIONS[action].sources)


InvoiceWithItems = tuple[Document, list[Document]]


def recalculate(
    invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str]
) -> InvoiceWithItems:
    """Return the invoice with the sum of its items, and the items; round amounts as the currency requires.

    If `splitEqually` is set, split the invoice's total among the items.

    Source: docs/vendors/guidewire.md#rules.
    """
    currency = invoice["currency"]
    whole = Decimal(invoice["bulkInvoiceTotal"])
    each: Sequence[Decimal] = [Decimal(item["amount"]) for item in items]
    if invoice["splitEqually"] and items:
        each = attributes.split_evenly(whole, len(items), currency, assumptions["split_remainder"])
    summed = {
        **invoice,
        "approvedAmount": attributes.print_amount(Decimal(invoice["approvedAmount"]), currency),
        "bulkInvoiceTotal": attributes.print_amount(whole, currency),
        "totalAmount": attributes.print_amount(attributes.sum_amounts(each), currency),
    }
    return summed, [
        {**item, "amount": attributes.print_amount(amount, currency), "currency": currency}
        for item, amount in zip(items, each, strict=True)
    ]


def invalidate(invoice: Document) -> Document:
    return withdraw_approval({**invoice, "valid": False})


def withdraw_approval(invoice: Document) -> Document:
    amount = attributes.print_amount(attributes.ZERO, invoice["currency"])
    return without_nulls(
        {**invoice, "approvalStatus": "unapproved", "approvedAmount": amount, "approvalDate": None}
    )


def reopens(invoice: Document, assumptions: Mapping[str, str]) -> bool:
    """Return whether a change makes the invoice a draft again.

    Source: docs/vendors/guidewire.md#editing (assumed).
    """
    return invoice["status"] == INVALID_ITEMS or (
        invoice["status"] in REOPENED and assumptions["reopen_on_change"] == ON
    )


def reopen(invoice: Document, items: Sequence[Document], assumptions: Mapping[str, str]) -> InvoiceWithItems:
    return to_draft(invoice, items) if reopens(invoice, assumptions) else (invoice, list(items))


def to_draft(invoice: Document, items: Sequence[Document]) -> InvoiceWithItems:
    return withdraw_approval({**invoice, "status": "draft"}), with_status(items, "draft")


def with_status(items: Sequence[Document], status: str, explanation: str | None = None) -> list[Document]:
    return [without_nulls({**item, "status": status, "explanation": explanation}) for item in items]


def in_creation_order(documents: Iterable[Document]) -> list[Document]:
    return sorted(documents, key=lambda document: (document["position"], document["id"]))


def items_of(invoice: Document, state: State) -> list[Document]:
    return in_creation_order(state.collection(ITEMS).find("bulkInvoice", invoice["id"]))


def save(invoice: Document, items: Iterable[Document], state: State) -> Document:
    """Store each document that has changed, with the next version; return the invoice as stored."""
    collection = state.collection(ITEMS)
    for item in items:
        _save(item, collection)
    return _save(invoice, state.collection(INVOICES))


def _save(document: Document, collection: Collection) -> Document:
    stored = collection.get(document["id"])
    if stored == document:
        return stored
    versioned = {**document, "version": document["version"] + 1}
    collection[document["id"]] = versioned
    return versioned


def new_id(prefix: str, state: State) -> str:
    return f"{prefix}:S{state.octets(20).translate(_SIGN_OF_OCTET).decode()}"


def _item_problems(
    sent: Document, invoice: Document, stored: Document | None, state: State
) -> Iterator[Problem]:
    """Yield the problems of a new or changed item. If `splitEqually` is set, a new `amount` is a problem.

    Source: docs/vendors/guidewire.md#item, #rules.
    """
    has_amount, splits = "amount" in sent, invoice["splitEqually"]
    if has_amount and splits and not (stored and _is_same_amount(sent["amount"], stored)):
        yield attribute_problem("amount-forbidden", "amount")
    if stored is None and not (has_amount or splits):
        yield attribute_problem("missing-required", "amount")
    yield from _money_problems(sent, invoice)
    claim_id = stored["claim"] if stored else reference_id_of(sent, "claim")
    claim = None if claim_id is None else state.collection(CLAIMS).get(claim_id)
    if claim_id is not None and claim is None:
        yield attribute_problem("unknown-reference", "claim", found=claim_id)
    elif claim_id is not None:
        yield from _exposure_problems(sent, claim_id, state)
    for name, default in ITEM_DEFAULTS.items() if stored is None else ():
        if name not in sent and default not in invoice:
            yield attribute_problem("missing-required", name)
    known = stored or {"paymentType": invoice.get("defaultPaymentType"), "nonEroding": None}
    payment = code_of(sent, "paymentType") or known["paymentType"]
    yield from _payment_type_problems(payment, sent.get("nonEroding", known["nonEroding"]), claim)


def _money_problems(sent: Document, invoice: Document) -> Iterator[Problem]:
    money = sent.get("amount")
    if not isinstance(money, dict):
        return
    yield from decimal_problems("amount", money.get("amount"), invoice["currency"])
    currency = money.get("currency")
    if isinstance(currency, str) and currency in TYPELISTS["Currency"] and currency != invoice["currency"]:
        yield attribute_problem("other-currency", "amount", found=currency, expected=invoice["currency"])


def _is_same_amount(money: Json, item: Document) -> bool:
    if not isinstance(money, dict) or money.get("currency") != item["currency"]:
        return False
    return attributes.read_amount(money.get("amount")) == Decimal(item["amount"])


def _exposure_problems(sent: Document, claim_id: str, state: State) -> Iterator[Problem]:
    exposure_id = reference_id_of(sent, "exposure")
    if exposure_id is None:
        return
    exposure = state.collection(EXPOSURES).get(exposure_id)
    if exposure is None or exposure["claim"] != claim_id:
        yield attribute_problem("unknown-reference", "exposure", found=exposure_id)


def _payment_type_problems(
    payment: str | None, non_eroding: Json, claim: Document | None
) -> Iterator[Problem]:
    if payment in (None, "supplement"):
        return
    if non_eroding is True:
        yield attribute_problem("supplement-only", "nonEroding")
    if claim is not None and claim["state"] == "closed":
        yield attribute_problem("claim-closed", "paymentType", found=claim["claimNumber"])


class Target(Value, frozen=True):
    invoice: Document | None = None
    item: Document | None = None


def attribute_problems(
    operation: str, sent: Document, subject: Target, assumptions: Mapping[str, str], state: State
) -> Iterator[Problem]:
    invoice, item = subject.invoice, subject.item
    if assumptions["missing_offset"] == "refused":
        yield from _offset_problems(sent)
    if operation == (CREATE if invoice is None else UPDATE):
        yield from _invoice_problems(sent, invoice, assumptions, state)
    elif invoice is not None and operation == (CREATE_ITEM if item is None else UPDATE_ITEM):
        yield from _item_problems(sent, invoice, item, state)


def _invoice_problems(
    sent: Document, stored: Document | None, assumptions: Mapping[str, str], state: State
) -> Iterator[Problem]:
    """Yield the problems of a new or changed invoice. Source: docs/vendors/guidewire.md#rules."""
    yield from _payee_problems(sent, state)
    if stored is None and "bulkInvoiceTotal" not in sent:
        split = sent.get("splitEqually")
        if split is True or (split is False and assumptions["split_needs_total"] == "when_sent"):
            expected = "true" if split else "false"
            yield attribute_problem("total-required", "bulkInvoiceTotal", expected=expected)
    code = code_of(sent, "currency")
    if code not in (None, REPORTING_CURRENCY) and assumptions["multicurrency"] != ON:
        yield attribute_problem("one-currency", "currency", found=code, expected=REPORTING_CURRENCY)
    currency = code or (stored or NEW_INVOICE)["currency"]
    yield from decimal_problems("bulkInvoiceTotal", sent.get("bulkInvoiceTotal"), currency)
    if stored is None or currency == stored["currency"]:
        return
    if "bulkInvoiceTotal" not in sent:
        yield from decimal_problems("currency", stored["bulkInvoiceTotal"], currency)
    if not sent.get("splitEqually", stored["splitEqually"]):
        for item in items_of(stored, state):
            yield from decimal_problems("currency", item["amount"], currency)


def _offset_problems(sent: Document) -> Iterator[Problem]:
    for name in DATE_TIMES:
        moment = sent.get(name)
        if isinstance(moment, str) and lacks_offset(moment):
            yield attribute_problem("bad-format", name, found=moment)


def _payee_problems(sent: Document, state: State) -> Iterator[Problem]:
    payee = sent.get("payeeAddressBookUID")
    if isinstance(payee, str) and payee and payee not in state.collection(PAYEES):
        yield attribute_problem("unknown-reference", "payeeAddressBookUID", found=payee)
