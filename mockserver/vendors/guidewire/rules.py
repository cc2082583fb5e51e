"""Business rules for the sent attributes of bulk invoices and items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from mockserver.model import Document, Json, Problem, Value
from mockserver.sandbox.assumptions import ON
from mockserver.sandbox.store import State
from mockserver.vendors.guidewire import attributes
from mockserver.vendors.guidewire.attributes import (
    DATE_TIMES,
    ITEM_DEFAULTS,
    REPORTING_CURRENCY,
    TYPELISTS,
    attribute_problem,
    code_of,
    decimal_problems,
    reference_id_of,
)
from mockserver.vendors.guidewire.dates import lacks_offset
from mockserver.vendors.guidewire.lifecycle import CLAIMS, EXPOSURES, PAYEES, items_of


def item_creation_problems(sent: Document, invoice: Document, state: State) -> Iterator[Problem]:
    """Yield what keeps an item from being added. Source: docs/vendors/guidewire.md#item, #rules."""
    if "amount" in sent and invoice["splitEqually"]:
        yield attribute_problem("amount-forbidden", "amount")
    if "amount" not in sent and not invoice["splitEqually"]:
        yield attribute_problem("missing-required", "amount")
    yield from _money_problems(sent, invoice)
    claim_id = reference_id_of(sent, "claim")
    claim = state.collection(CLAIMS).get(claim_id) if claim_id is not None else None
    if claim_id is not None and claim is None:
        yield attribute_problem("unknown-reference", "claim", found=claim_id)
    if claim_id is not None and claim is not None:
        yield from _exposure_problems(sent, claim_id, state)
    for name, default in ITEM_DEFAULTS.items():
        if name not in sent and default not in invoice:
            yield attribute_problem("missing-required", name)
    payment = code_of(sent, "paymentType") or invoice.get("defaultPaymentType")
    yield from _payment_type_problems(payment, sent.get("nonEroding"), claim)


def item_change_problems(
    sent: Document, invoice: Document, item: Document, state: State
) -> Iterator[Problem]:
    """Yield what keeps an item from being changed so; an amount that is the same may stand.

    Source: docs/vendors/guidewire.md#item, #rules.
    """
    if "amount" in sent and invoice["splitEqually"] and not _is_same_amount(sent["amount"], item):
        yield attribute_problem("amount-forbidden", "amount")
    yield from _money_problems(sent, invoice)
    yield from _exposure_problems(sent, item["claim"], state)
    payment = code_of(sent, "paymentType") or item["paymentType"]
    claim = state.collection(CLAIMS)[item["claim"]]
    yield from _payment_type_problems(payment, sent.get("nonEroding", item["nonEroding"]), claim)


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


CREATE, UPDATE = "createBulkInvoice", "updateBulkInvoice"
CREATE_ITEM, UPDATE_ITEM = "createBulkInvoiceItem", "updateBulkInvoiceItem"


class Target(Value, frozen=True):
    """The resource that a path names: an invoice, an item of it, or none."""

    invoice: Document | None = None
    item: Document | None = None


def attribute_problems(
    operation: str, sent: Document, subject: Target, assumptions: Mapping[str, str], state: State
) -> Iterator[Problem]:
    """Yield what is wrong with the attributes that are sent to that operation."""
    invoice, item = subject.invoice, subject.item
    if assumptions["missing_offset"] == "refused":
        yield from _offset_problems(sent)
    if operation == CREATE:
        yield from _creation_problems(sent, assumptions, state)
    elif operation == UPDATE and invoice is not None:
        yield from _change_problems(sent, invoice, assumptions, state)
    elif operation == CREATE_ITEM and invoice is not None:
        yield from item_creation_problems(sent, invoice, state)
    elif operation == UPDATE_ITEM and invoice is not None and item is not None:
        yield from item_change_problems(sent, invoice, item, state)


def _creation_problems(sent: Document, assumptions: Mapping[str, str], state: State) -> Iterator[Problem]:
    """Yield what keeps an invoice from being made. Source: docs/vendors/guidewire.md#rules."""
    yield from _payee_problems(sent, state)
    split = sent.get("splitEqually")
    asks = split is True or (split is False and assumptions["split_needs_total"] == "when_sent")
    if asks and "bulkInvoiceTotal" not in sent:
        yield attribute_problem("total-required", "bulkInvoiceTotal", expected="true" if split else "false")
    yield from _currency_problems(sent, assumptions)
    yield from decimal_problems(
        "bulkInvoiceTotal", sent.get("bulkInvoiceTotal"), _currency_code(sent) or "usd"
    )


def _change_problems(
    sent: Document, invoice: Document, assumptions: Mapping[str, str], state: State
) -> Iterator[Problem]:
    """Yield what keeps an invoice from being changed so. Source: docs/vendors/guidewire.md#rules."""
    yield from _payee_problems(sent, state)
    yield from _currency_problems(sent, assumptions)
    currency = _currency_code(sent) or invoice["currency"]
    if "bulkInvoiceTotal" in sent:
        yield from decimal_problems("bulkInvoiceTotal", sent["bulkInvoiceTotal"], currency)
    if currency == invoice["currency"]:
        return
    if "bulkInvoiceTotal" not in sent:
        yield from decimal_problems("currency", invoice["bulkInvoiceTotal"], currency)
    if not sent.get("splitEqually", invoice["splitEqually"]):
        for item in items_of(invoice, state):
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


def _currency_problems(sent: Document, assumptions: Mapping[str, str]) -> Iterator[Problem]:
    code = _currency_code(sent)
    if code not in (None, REPORTING_CURRENCY) and assumptions["multicurrency"] != ON:
        yield attribute_problem("one-currency", "currency", found=code, expected=REPORTING_CURRENCY)


def _currency_code(sent: Document) -> str | None:
    return code_of(sent, "currency")
