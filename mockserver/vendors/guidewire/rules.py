"""Rules that need the state: what is wrong with the attributes of a call beside what its schema says.

Every rule looks only at members that are of the right type, so it can also be asked about a body that its
schema refuses: the caller then learns of everything at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from mockserver.model import Document, Json, Path, Problem
from mockserver.store import State
from mockserver.vendors.guidewire import amounts
from mockserver.vendors.guidewire.assumed import EDITABLE
from mockserver.vendors.guidewire.records import CLAIMS, EXPOSURES, PAYEES, items_of
from mockserver.vendors.guidewire.words import INVOICE_TYPELISTS, ITEM_DEFAULTS, ITEM_TYPELISTS, TYPELISTS

ATTRIBUTES: Path = ("data", "attributes")


def of(operation: str, sent: Document, invoice: Document | None, state: State) -> Iterator[Problem]:
    """What is wrong with the attributes sent to that operation; `invoice` is the one that its path names."""
    if operation == "createBulkInvoice":
        yield from _on_create(sent, state)
    elif operation == "updateBulkInvoice" and invoice is not None:
        yield from _on_patch(sent, invoice, state)
    elif operation == "createBulkInvoiceItem" and invoice is not None:
        yield from _on_item(sent, invoice, state)


def on_state(invoice: Document) -> Iterator[Problem]:
    """What keeps an invoice and its items as they are. Source: Guidewire fact sheet §4.2."""
    if invoice["status"] not in EDITABLE:
        yield Problem("not-editable", found=TYPELISTS["BulkInvoiceStatus"][invoice["status"]])


def _on_create(sent: Document, state: State) -> Iterator[Problem]:
    """What keeps an invoice from being made. Source: Guidewire fact sheet §5 rules 2, 8, 9."""
    yield from _payee(sent, state)
    if sent.get("splitEqually") is True and "bulkInvoiceTotal" not in sent:
        yield _problem("total-required", "bulkInvoiceTotal")
    yield from _decimals("bulkInvoiceTotal", sent.get("bulkInvoiceTotal"), _code(sent, "currency") or "usd")


def _on_patch(sent: Document, invoice: Document, state: State) -> Iterator[Problem]:
    """What keeps an invoice from being changed so. Source: Guidewire fact sheet §5 rules 8, 9."""
    yield from _payee(sent, state)
    currency = _code(sent, "currency") or invoice["currency"]
    if "bulkInvoiceTotal" in sent:
        yield from _decimals("bulkInvoiceTotal", sent["bulkInvoiceTotal"], currency)
    if currency == invoice["currency"]:
        return
    if "bulkInvoiceTotal" not in sent:
        yield from _decimals("currency", invoice["bulkInvoiceTotal"], currency)
    if not sent.get("splitEqually", invoice["splitEqually"]):
        for item in items_of(invoice, state):
            yield from _decimals("currency", item["amount"], currency)


def _on_item(sent: Document, invoice: Document, state: State) -> Iterator[Problem]:
    """What keeps an item from being added. Source: Guidewire fact sheet §2.3 and §5 rules 1, 3, 15."""
    yield from _amount(sent, invoice)
    claim_id = _id(sent, "claim")
    claim = state.collection(CLAIMS).get(claim_id) if claim_id is not None else None
    if claim_id is not None and claim is None:
        yield _problem("unknown-reference", "claim", found=claim_id)
    exposure_id = _id(sent, "exposure")
    if exposure_id is not None and claim is not None:
        exposure = state.collection(EXPOSURES).get(exposure_id)
        if exposure is None or exposure["claim"] != claim_id:
            yield _problem("unknown-reference", "exposure", found=exposure_id)
    for name, default in ITEM_DEFAULTS.items():
        if name not in sent and default not in invoice:
            yield _problem("missing-required", name)
    payment = _code(sent, "paymentType") or invoice.get("defaultPaymentType")
    if payment not in (None, "supplement"):
        if sent.get("nonEroding") is True:
            yield _problem("supplement-only", "nonEroding")
        if claim is not None and claim["state"] == "closed":
            yield _problem("claim-closed", "paymentType", found=claim["claimNumber"])


def _payee(sent: Document, state: State) -> Iterator[Problem]:
    payee = sent.get("payeeAddressBookUID")
    if isinstance(payee, str) and payee and payee not in state.collection(PAYEES):
        yield _problem("unknown-reference", "payeeAddressBookUID", found=payee)


def _amount(sent: Document, invoice: Document) -> Iterator[Problem]:
    money = sent.get("amount")
    if "amount" in sent and invoice["splitEqually"]:
        yield _problem("amount-forbidden", "amount")
    if "amount" not in sent and not invoice["splitEqually"]:
        yield _problem("missing-required", "amount")
    if not isinstance(money, dict):
        return
    yield from _decimals("amount", money.get("amount"), invoice["currency"])
    currency = money.get("currency")
    if isinstance(currency, str) and currency in TYPELISTS["Currency"] and currency != invoice["currency"]:
        yield _problem("other-currency", "amount", found=currency, expected=invoice["currency"])


def _decimals(name: str, text: Json, currency: str) -> Iterator[Problem]:
    amount: Decimal | None = amounts.read(text)
    if amount is not None and not amounts.fits(amount, currency):
        yield _problem("too-many-decimals", name, found=text, expected=currency)


def _code(sent: Document, name: str) -> str | None:
    """The code of a typekey, None where there is none that its typelist has."""
    value = sent.get(name)
    code = value.get("code") if isinstance(value, dict) else None
    typelist = TYPELISTS[{**ITEM_TYPELISTS, **INVOICE_TYPELISTS}[name]]
    return code if isinstance(code, str) and code in typelist else None


def _id(sent: Document, name: str) -> str | None:
    value = sent.get(name)
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _problem(code: str, name: str, *, found: Json = None, expected: Json = None) -> Problem:
    return Problem(code, (*ATTRIBUTES, name), rule=code, expected=expected, found=found)
