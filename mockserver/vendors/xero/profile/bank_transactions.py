"""Contract profile of bank transactions: money received, once and again, and taken back.

Source: docs/vendors/xero.md#bank-transactions.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mockserver.contract.exchange import Exchange
from mockserver.contract.profile import BatchProfile, Corruption, DrawnValues, Facts, Record
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json
from mockserver.vendors.xero.profile.reading import NEW_BANK_TRANSACTIONS
from mockserver.vendors.xero.profile.requests import (
    UNKNOWN_ID,
    WITHOUT_SUMMARY,
    batch_request,
    documents_in,
    read_authorised,
)


def received_money(facts: Facts) -> BatchProfile:
    """Receive money transactions; the same one again is another one."""

    def item(key: str, drawn: DrawnValues) -> Json:
        return {
            "Type": "RECEIVE",
            "Reference": key,
            "Contact": {"Name": facts["contact"]},
            "BankAccount": {"Code": facts["bank"]},
            "Date": facts["date"],
            "LineAmountTypes": "NoTax",
            "LineItems": [
                {"Description": "Hall hire", "UnitAmount": drawn.amount, "AccountCode": facts["account"]}
            ],
        }

    return BatchProfile(
        operation="createBankTransactions",
        key=lambda number: f"BT-{number}",
        item=item,
        record=lambda _key, drawn: {"Received": drawn.amount},
        call=batch_request("PUT", "BankTransactions", **WITHOUT_SUMMARY),
        read=lambda key, _tenant: read_authorised("BankTransactions", f'Reference=="{key}"'),
        shown=lambda key, exchange: _received(exchange).get(key),
        record_after=_after_another,
        corruptions=_corruptions(facts),
        listing=lambda _tenant: read_authorised("BankTransactions"),
        listed=_received,
        reader=NEW_BANK_TRANSACTIONS.read,
        amount=lambda sent: Decimal(sent["LineItems"][0]["UnitAmount"]),
        twice="each",  # assumed: docs/vendors/xero.md#state
        twice_positions=("first", "none", "call"),
    )


def _after_another(before: Record | None, _key: str, drawn: DrawnValues) -> Record:
    earlier = before["Received"] if before else None
    return {"Received": drawn.amount + (earlier if isinstance(earlier, Decimal) else 0)}


def _received(exchange: Exchange) -> Mapping[str, Record]:
    """Return what was received by reference, several of one reference together."""
    totals: dict[str, Decimal] = {}
    for one in documents_in(exchange, "BankTransactions"):
        if reference := one.get("Reference"):
            totals[reference] = totals.get(reference, Decimal(0)) + Decimal(one["Total"])
    return {reference: {"Received": total} for reference, total in totals.items()}


def _corruptions(facts: Facts) -> tuple[Corruption, ...]:
    return (
        Corruption("an account that is not there", set_member("/BankAccount", {"Code": "NOPE"})),
        Corruption("an account that is no bank", set_member("/BankAccount", {"Code": facts["account"]})),
        Corruption("a line of no account", set_member("/LineItems/0/AccountCode", "NOPE")),
        Corruption("a contact that is not there", set_member("/Contact", {"ContactID": UNKNOWN_ID})),
        Corruption("no contact", remove_member("/Contact")),
        Corruption("no lines", set_member("/LineItems", [])),
        Corruption("a total below zero", set_member("/LineItems/0/UnitAmount", Decimal("-0.01"))),
        Corruption("a transfer", set_member("/Type", "RECEIVE-TRANSFER")),
        Corruption("a day that no calendar has", set_member("/Date", "2026-02-30"), refuses_call=True),
        Corruption("a type that there is not", set_member("/Type", "GIVE"), refuses_call=True),
    )
