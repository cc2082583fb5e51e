"""Upsert VAT rates and payment conditions."""

from __future__ import annotations

from decimal import Decimal

from mockserver.model import Action, Document, Item, Outcome
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt.representation import Entity, RecordType

VAT_RATES = "vat_rates"
PAYMENT_CONDITIONS = "payment_conditions"


def upsert_vat_rate(item: Item, request: Request, state: State) -> Outcome:
    """Create or update the rate of a code.

    Source: docs/vendors/payt.md#operations-and-paths.
    """
    return _upsert(VAT_RATES, item, {"category": "regular"}, request, state)


def upsert_payment_condition(item: Item, request: Request, state: State) -> Outcome:
    """Create the payment condition of a code, or give it another name (assumed).

    Source: docs/vendors/payt.md#operations-and-paths.
    """
    return _upsert(PAYMENT_CONDITIONS, item, {}, request, state)


def _upsert(kind: str, item: Item, defaults: Document, request: Request, state: State) -> Outcome:
    table = state.collection(kind)
    found = table.find("code", item.document["code"])
    was = (
        found[0] if found else {"id": str(state.next(kind)), "administration_id": request.tenant, **defaults}
    )
    written = {
        **was,
        **{
            name: item.document[name]
            for name in ("code", "rate", "name", "category")
            if name in item.document
        },
    }
    table[written["id"]] = written
    return Outcome(item, Action.UPDATED if found else Action.CREATED, written)


def _represent_vat_rate(stored: Document, _state: State) -> Entity:
    members = ("id", "administration_id", "code", "name", "category")
    return {**{name: stored[name] for name in members}, "rate": Decimal(stored["rate"])}


VAT_RATE = RecordType(VAT_RATES, _represent_vat_rate, lambda _stored, _state: {})
