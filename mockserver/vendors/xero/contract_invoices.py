"""Xero's invoices as stories tell of them: made, changed, paid, voided.

Source: Xero fact sheet §2.6, §3.7, §4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.spoils import lacking, setting
from mockserver.contract.subject import REFUSED, Drawn, Facts, Json, Record, Refused, Spoil, Step, Subject
from mockserver.vendors.xero.contract_calls import (
    EACH,
    NOBODYS,
    batch,
    found,
    get,
    halves,
    invoice,
    payment,
    segment,
    send,
)
from mockserver.vendors.xero.contract_reading import INVOICES, NEW_INVOICES

_OPEN, _PAID, _VOIDED, _DRAFT, _DELETED = "AUTHORISED", "PAID", "VOIDED", "DRAFT", "DELETED"
_SPOILS = (
    Spoil("an account that is not there", setting("/LineItems/0/AccountCode", "NOPE")),
    Spoil("a contact that is not there", setting("/Contact", {"ContactID": NOBODYS})),
    Spoil("an e-mail address that is none", setting("/Contact/EmailAddress", "nobody")),
    Spoil("a total below zero", setting("/LineItems/0/UnitAmount", Decimal(-1_000_000_000_000))),
    Spoil("a currency that it has not", setting("/CurrencyCode", "XOF")),
    Spoil("a reference of 256 characters", setting("/Reference", "R" * 256)),
    Spoil("a line that does not add up", setting("/LineItems/1/LineAmount", Decimal("123456.78"))),  # assumed
    Spoil("a day that no calendar has", setting("/Date", "2026-02-30"), refuses=True),
    Spoil("a type that there is not", setting("/Type", "INVOICE"), refuses=True),
    Spoil("a word for an amount", setting("/LineItems/0/UnitAmount", "a lot"), refuses=True),
)
_SPOILT_WHEN_NEW = (
    Spoil("no contact", lacking("/Contact")),
    Spoil("no lines", setting("/LineItems", [])),
    Spoil("a status that only payments bring", setting("/Status", _PAID)),
    Spoil("no type", lacking("/Type")),
)
"""An invoice that is there keeps what a change leaves out."""


def changing(facts: Facts) -> Subject:
    """Invoices that are created or changed, approved at once, paid and voided."""
    return Subject(
        operation="updateOrCreateInvoices",
        key=lambda number: f"CI-{number}",
        item=partial(_item, facts, _OPEN),
        record=partial(_record, _OPEN),
        call=batch("POST", "Invoices", **EACH),
        read=_read,
        shown=_shown,
        upon=_changed,
        spoils=_SPOILS,
        listing=lambda _tenant: get("Invoices"),
        listed=_listed,
        steps=_steps_of_open(facts),
        reader=INVOICES.told,
        amount=_amount,
        twice="each",
    )


def creating(facts: Facts) -> Subject:
    """Invoices that are created and no more, as drafts; their numbers are taken once and for all."""
    return Subject(
        operation="createInvoices",
        key=lambda number: f"CN-{number}",
        item=partial(_item, facts, _DRAFT),
        record=partial(_record, _DRAFT),
        call=batch("PUT", "Invoices", **EACH),
        read=_read,
        shown=_shown,
        upon=lambda before, _key, drawn: _record(_DRAFT, "", drawn) if before is None else REFUSED,
        spoils=(*_SPOILS, *_SPOILT_WHEN_NEW),
        listing=lambda _tenant: get("Invoices"),
        listed=_listed,
        steps=_STEPS_OF_DRAFTS,
        reader=NEW_INVOICES.told,
        amount=_amount,
        twice="each",
    )


def _item(facts: Facts, status: str, key: str, drawn: Drawn) -> Json:
    sent = invoice(facts, key, *halves(drawn.amount))
    return {**sent, "Reference": _reference(drawn), "Status": status}


def _amount(item: Json) -> Decimal:
    return sum((Decimal(line["UnitAmount"]) for line in item["LineItems"]), Decimal(0))


def _reference(drawn: Drawn) -> str:
    return f"Order {drawn.number} & more"


def _record(status: str, _key: str, drawn: Drawn) -> Record:
    return {
        "Reference": _reference(drawn),
        "Status": status,
        "Total": drawn.amount,
        "AmountDue": drawn.amount,
    }


def _changed(before: Record | None, key: str, drawn: Drawn) -> Record | Refused:
    """Nothing changes that is voided, or that something was paid of."""
    return _record(_OPEN, key, drawn) if before is None or _is_untouched(before) else REFUSED


def _is_untouched(record: Record) -> bool:
    return record["Status"] in (_OPEN, _DRAFT) and record["AmountDue"] == record["Total"]


def _read(key: str, _tenant: int) -> Request:
    return get(f"Invoices/{segment(key)}")


def _shown(key: str, exchange: Exchange) -> Record | None:
    return _by_number(found(exchange, "Invoices")).get(key)


def _listed(exchange: Exchange) -> Mapping[str, Record]:
    return _by_number(found(exchange, "Invoices"))


def _by_number(invoices: Any) -> dict[str, Record]:
    return {one["InvoiceNumber"]: _of(one) for one in invoices if one.get("InvoiceNumber")}


def _of(shown: Mapping[str, Any]) -> Record:
    """What is compared; of what is ended no document says how much is due."""
    ended = shown["Status"] in (_VOIDED, _DELETED)
    return {
        "Reference": shown.get("Reference"),
        "Status": shown["Status"],
        "Total": Decimal(shown["Total"]),
        "AmountDue": None if ended else Decimal(shown["AmountDue"]),
    }


def _when_untouched(change: Mapping[str, str | None]) -> Callable[[Record | None, Drawn], Record | Refused]:
    return lambda before, _drawn: {**before, **change} if before and _is_untouched(before) else REFUSED


def _renamed(before: Record | None, drawn: Drawn) -> Record | Refused:
    if before is None or not _is_untouched(before):
        return REFUSED
    return {**before, "Reference": f"Changed to {drawn.number}"}


def _paid(before: Record | None, drawn: Drawn) -> Record | Refused:
    due = before["AmountDue"] if before and before["Status"] == _OPEN else None
    if before is None or not isinstance(due, Decimal) or not 0 < drawn.amount <= due:
        return REFUSED
    left = due - drawn.amount
    return {**before, "AmountDue": left, "Status": _OPEN if left else _PAID}


def _settled(before: Record | None, _drawn: Drawn) -> Record | Refused:
    if before is None or before["Status"] != _OPEN or not before["AmountDue"]:
        return REFUSED
    return {**before, "AmountDue": Decimal(0), "Status": _PAID}


def _steps_of_open(facts: Facts) -> tuple[Step, ...]:
    def pay(key: str, drawn: Drawn, _tenant: int) -> Request:
        return send("PUT", "Payments", {"Payments": [payment(facts, key, drawn.amount)]})

    def settle(exchange: Exchange, key: str, drawn: Drawn, _tenant: int) -> Request:
        shown = _shown(key, exchange)
        due = shown["AmountDue"] if shown else None
        amount = due if isinstance(due, Decimal) and due else drawn.amount
        return send("PUT", "Payments", payment(facts, key, amount))

    return (
        Step("pay some of it", pay, _paid),
        Step("pay what is due of it", lambda key, _drawn, tenant: _read(key, tenant), _settled, settle),
        Step("change its reference", _rename, _renamed),
        Step("void it", _moved(_VOIDED), _when_untouched({"Status": _VOIDED, "AmountDue": None})),
    )


def _rename(key: str, drawn: Drawn, _tenant: int) -> Request:
    """A change by number in the path; that only reading takes one there is as likely."""
    return send(
        "POST", f"Invoices/{segment(key)}", {"Invoices": [{"Reference": f"Changed to {drawn.number}"}]}
    )


def _moved(status: str) -> Callable[[str, Drawn, int], Request]:
    return lambda key, _drawn, _tenant: send(
        "POST", "Invoices", {"Invoices": [{"InvoiceNumber": key, "Status": status}]}
    )


def _approved(before: Record | None, _drawn: Drawn) -> Record | Refused:
    may = before is not None and before["Status"] in (_DRAFT, _OPEN)
    return {**before, "Status": _OPEN} if before and may else REFUSED


def _deleted(before: Record | None, _drawn: Drawn) -> Record | Refused:
    may = before is not None and before["Status"] == _DRAFT
    return {**before, "Status": _DELETED, "AmountDue": None} if before and may else REFUSED


_STEPS_OF_DRAFTS = (
    Step("change its reference", _rename, _renamed),
    Step("approve it", _moved(_OPEN), _approved),
    Step("delete it", _moved(_DELETED), _deleted),
)
