"""The rules of items: amounts, claims, and what payment type goes with what."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from mockserver.model import Document, Json, Problem
from mockserver.store import State
from mockserver.vendors.guidewire import amounts
from mockserver.vendors.guidewire.records import CLAIMS, EXPOSURES
from mockserver.vendors.guidewire.sent import check_decimals, code_of, id_of, problem
from mockserver.vendors.guidewire.words import ITEM_DEFAULTS, TYPELISTS


def on_create(sent: Document, invoice: Document, state: State) -> Iterator[Problem]:
    """What keeps an item from being added. Source: Guidewire fact sheet §2.3 and §5 rules 1, 3, 15."""
    if "amount" in sent and invoice["splitEqually"]:
        yield problem("amount-forbidden", "amount")
    if "amount" not in sent and not invoice["splitEqually"]:
        yield problem("missing-required", "amount")
    yield from _money(sent, invoice)
    claim_id = id_of(sent, "claim")
    claim = state.collection(CLAIMS).get(claim_id) if claim_id is not None else None
    if claim_id is not None and claim is None:
        yield problem("unknown-reference", "claim", found=claim_id)
    if claim_id is not None and claim is not None:
        yield from _exposure(sent, claim_id, state)
    for name, default in ITEM_DEFAULTS.items():
        if name not in sent and default not in invoice:
            yield problem("missing-required", name)
    payment = code_of(sent, "paymentType") or invoice.get("defaultPaymentType")
    yield from _payment(payment, sent.get("nonEroding"), claim)


def on_patch(sent: Document, invoice: Document, item: Document, state: State) -> Iterator[Problem]:
    """What keeps an item from being changed so; an amount that is the same may stand.

    Source: Guidewire fact sheet §2.3 and §5 rules 1, 15.
    """
    if "amount" in sent and invoice["splitEqually"] and not _is_same(sent["amount"], item):
        yield problem("amount-forbidden", "amount")
    yield from _money(sent, invoice)
    yield from _exposure(sent, item["claim"], state)
    payment = code_of(sent, "paymentType") or item["paymentType"]
    claim = state.collection(CLAIMS)[item["claim"]]
    yield from _payment(payment, sent.get("nonEroding", item["nonEroding"]), claim)


def _money(sent: Document, invoice: Document) -> Iterator[Problem]:
    money = sent.get("amount")
    if not isinstance(money, dict):
        return
    yield from check_decimals("amount", money.get("amount"), invoice["currency"])
    currency = money.get("currency")
    if isinstance(currency, str) and currency in TYPELISTS["Currency"] and currency != invoice["currency"]:
        yield problem("other-currency", "amount", found=currency, expected=invoice["currency"])


def _is_same(money: Json, item: Document) -> bool:
    if not isinstance(money, dict) or money.get("currency") != item["currency"]:
        return False
    return amounts.read(money.get("amount")) == Decimal(item["amount"])


def _exposure(sent: Document, claim_id: str, state: State) -> Iterator[Problem]:
    exposure_id = id_of(sent, "exposure")
    if exposure_id is None:
        return
    exposure = state.collection(EXPOSURES).get(exposure_id)
    if exposure is None or exposure["claim"] != claim_id:
        yield problem("unknown-reference", "exposure", found=exposure_id)


def _payment(payment: str | None, non_eroding: Json, claim: Document | None) -> Iterator[Problem]:
    if payment in (None, "supplement"):
        return
    if non_eroding is True:
        yield problem("supplement-only", "nonEroding")
    if claim is not None and claim["state"] == "closed":
        yield problem("claim-closed", "paymentType", found=claim["claimNumber"])
