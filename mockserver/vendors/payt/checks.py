"""What the administration's records have against a posted one, in addition to what it shows by itself.

Source: Payt fact sheet §3.3, §4.
"""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.model import Document, Item, Problem
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.payt import identity, payments
from mockserver.vendors.payt.moments import is_day
from mockserver.vendors.payt.money import amount
from mockserver.vendors.payt.texts import fault


def invoice(item: Item, _request: Request, state: State) -> Iterator[Problem]:
    """Everything that stands against an invoice record.

    Source: Payt fact sheet §2.1, §4.1, §4.3.
    """
    record = item.document
    match = identity.invoice(record, state)
    if match.taken:
        yield fault("number-taken", item, "invoice_number")
        yield fault("identifier-taken", item, "invoice_identifier")
    if _lacks_debtor(record, match.stored, state):
        yield fault("debtor-missing", item, "debtor_number")
    if _lacks_condition(record, state):
        yield fault("condition-missing", item, "payment_condition")
    for code in _payment_faults(record, match.stored, state):
        yield fault(code, item, "payments")
    for code in _rate_faults(record, state):
        yield fault(code, item, "invoice_lines")


def debtor(item: Item, _request: Request, state: State) -> Iterator[Problem]:
    """Everything that stands against a debtor record.

    Source: Payt fact sheet §3.3.
    """
    if identity.debtor(item.document, state).taken:
        yield fault("debtor-number-taken", item, "debtor_number", of="debtors")


def _lacks_debtor(record: Document, stored: Document | None, state: State) -> bool:
    named = record.get("debtor_number") or record.get("debtor_identifier")
    if not named:
        return stored is None
    return identity.named_debtor(record, state) is None


def _lacks_condition(record: Document, state: State) -> bool:
    code = record.get("payment_condition")
    return bool(code) and not state.collection("payment_conditions").find("code", code)


def _payment_faults(record: Document, stored: Document | None, state: State) -> Iterator[str]:
    posted = record.get("payments") or ()
    dates = payments.dates(posted, stored, state)
    if all(map(is_day, dates)) and dates != sorted(dates):
        yield "payments-order"
    names = [payment["origin_identifier"] for payment in posted]
    if len(set(names)) < len(names) or any(payments.taken(name, stored, state) for name in names):
        yield "payment-taken"


def _rate_faults(record: Document, state: State) -> Iterator[str]:
    rates = state.collection("vat_rates")
    for line in record.get("invoice_lines") or ():
        found = rates.find("code", line["vat_rate_code"])
        percentage = amount(line.get("vat_percentage"))
        if not found:
            yield "rate-missing"
        elif percentage is not None and percentage != amount(found[0]["rate"]):
            yield "rate-differs"
