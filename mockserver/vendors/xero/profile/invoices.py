"""Contract profiles of invoices: create, update, pay and void them.

Source: Xero fact sheet §2.6, §3.7, §4."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.spoils import lacking, setting
from mockserver.contract.subject import REFUSED, Drawn, Facts, Json, Record, Refused, Spoil, Step, Subject
from mockserver.vendors.xero.profile.reading import INVOICES, NEW_INVOICES
from mockserver.vendors.xero.profile.requests import (
    UNKNOWN_ID,
    WITHOUT_SUMMARY,
    batch_request,
    documents_in,
    invoice_document,
    path_segment,
    payment_document,
    read_request,
    split_amount,
    write_request,
)

_OPEN, _PAID, _VOIDED, _DRAFT, _DELETED = "AUTHORISED", "PAID", "VOIDED", "DRAFT", "DELETED"
_CORRUPTIONS = (
    Spoil("an account that is not there", setting("/LineItems/0/AccountCode", "NOPE")),
    Spoil("a contact that is not there", setting("/Contact", {"ContactID": UNKNOWN_ID})),
    Spoil("an e-mail address that is none", setting("/Contact/EmailAddress", "nobody")),
    Spoil("a total below zero", setting("/LineItems/0/UnitAmount", Decimal(-1_000_000_000_000))),
    Spoil("a currency that it has not", setting("/CurrencyCode", "XOF")),
    Spoil("a reference of 256 characters", setting("/Reference", "R" * 256)),
    Spoil("a line that does not add up", setting("/LineItems/1/LineAmount", Decimal("123456.78"))),  # assumed
    Spoil("a day that no calendar has", setting("/Date", "2026-02-30"), refuses=True),
    Spoil("a type that there is not", setting("/Type", "INVOICE"), refuses=True),
    Spoil("a word for an amount", setting("/LineItems/0/UnitAmount", "a lot"), refuses=True),
)
_CORRUPTIONS_OF_NEW = (
    Spoil("no contact", lacking("/Contact")),
    Spoil("no lines", setting("/LineItems", [])),
    Spoil("a status that only payments bring", setting("/Status", _PAID)),
    Spoil("no type", lacking("/Type")),
)
"""An invoice that is there keeps what a change leaves out."""


def updated_invoices(facts: Facts) -> Subject:
    """Invoices that are created or changed, approved at once, paid and voided."""
    return Subject(
        operation="updateOrCreateInvoices",
        key=lambda number: f"CI-{number}",
        item=partial(_item, facts, _OPEN),
        record=partial(_record, _OPEN),
        call=batch_request("POST", "Invoices", **WITHOUT_SUMMARY),
        read=_read,
        shown=_read_record,
        upon=_after_upsert,
        spoils=_CORRUPTIONS,
        listing=lambda _tenant: read_request("Invoices"),
        listed=_read_records,
        steps=_steps_of_open(facts),
        reader=INVOICES.read,
        amount=_amount,
        twice="each",
    )


def new_invoices(facts: Facts) -> Subject:
    """Invoices that are created and no more, as drafts; their numbers are taken once and for all."""
    return Subject(
        operation="createInvoices",
        key=lambda number: f"CN-{number}",
        item=partial(_item, facts, _DRAFT),
        record=partial(_record, _DRAFT),
        call=batch_request("PUT", "Invoices", **WITHOUT_SUMMARY),
        read=_read,
        shown=_read_record,
        upon=lambda before, _key, drawn: _record(_DRAFT, "", drawn) if before is None else REFUSED,
        spoils=(*_CORRUPTIONS, *_CORRUPTIONS_OF_NEW),
        listing=lambda _tenant: read_request("Invoices"),
        listed=_read_records,
        steps=_STEPS_OF_DRAFTS,
        reader=NEW_INVOICES.read,
        amount=_amount,
        twice="each",
    )


def _item(facts: Facts, status: str, key: str, drawn: Drawn) -> Json:
    sent = invoice_document(facts, key, *split_amount(drawn.amount))
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


def _after_upsert(before: Record | None, key: str, drawn: Drawn) -> Record | Refused:
    """Nothing changes that is voided, or that something was paid of."""
    return _record(_OPEN, key, drawn) if before is None or _is_untouched(before) else REFUSED


def _is_untouched(record: Record) -> bool:
    return record["Status"] in (_OPEN, _DRAFT) and record["AmountDue"] == record["Total"]


def _read(key: str, _tenant: int) -> Request:
    return read_request(f"Invoices/{path_segment(key)}")


def _read_record(key: str, exchange: Exchange) -> Record | None:
    return _by_number(documents_in(exchange, "Invoices")).get(key)


def _read_records(exchange: Exchange) -> Mapping[str, Record]:
    return _by_number(documents_in(exchange, "Invoices"))


def _by_number(invoices: Any) -> dict[str, Record]:
    return {one["InvoiceNumber"]: _record_of(one) for one in invoices if one.get("InvoiceNumber")}


def _record_of(shown: Mapping[str, Any]) -> Record:
    """What is compared; of what is ended no document says how much is due."""
    ended = shown["Status"] in (_VOIDED, _DELETED)
    return {
        "Reference": shown.get("Reference"),
        "Status": shown["Status"],
        "Total": Decimal(shown["Total"]),
        "AmountDue": None if ended else Decimal(shown["AmountDue"]),
    }


def _after_status_change(
    change: Mapping[str, str | None],
) -> Callable[[Record | None, Drawn], Record | Refused]:
    return lambda before, _drawn: {**before, **change} if before and _is_untouched(before) else REFUSED


def _after_rename(before: Record | None, drawn: Drawn) -> Record | Refused:
    if before is None or not _is_untouched(before):
        return REFUSED
    return {**before, "Reference": f"Changed to {drawn.number}"}


def _after_payment(before: Record | None, drawn: Drawn) -> Record | Refused:
    due = before["AmountDue"] if before and before["Status"] == _OPEN else None
    if before is None or not isinstance(due, Decimal) or not 0 < drawn.amount <= due:
        return REFUSED
    left = due - drawn.amount
    return {**before, "AmountDue": left, "Status": _OPEN if left else _PAID}


def _after_settlement(before: Record | None, _drawn: Drawn) -> Record | Refused:
    if before is None or before["Status"] != _OPEN or not before["AmountDue"]:
        return REFUSED
    return {**before, "AmountDue": Decimal(0), "Status": _PAID}


def _steps_of_open(facts: Facts) -> tuple[Step, ...]:
    def pay(key: str, drawn: Drawn, _tenant: int) -> Request:
        return write_request("PUT", "Payments", {"Payments": [payment_document(facts, key, drawn.amount)]})

    def settle(exchange: Exchange, key: str, drawn: Drawn, _tenant: int) -> Request:
        shown = _read_record(key, exchange)
        due = shown["AmountDue"] if shown else None
        amount = due if isinstance(due, Decimal) and due else drawn.amount
        return write_request("PUT", "Payments", payment_document(facts, key, amount))

    return (
        Step("pay some of it", pay, _after_payment),
        Step(
            "pay what is due of it", lambda key, _drawn, tenant: _read(key, tenant), _after_settlement, settle
        ),
        Step("change its reference", _rename, _after_rename),
        Step(
            "void it", _change_status(_VOIDED), _after_status_change({"Status": _VOIDED, "AmountDue": None})
        ),
    )


def _rename(key: str, drawn: Drawn, _tenant: int) -> Request:
    """A change by number in the path; that only reading takes one there is as likely."""
    return write_request(
        "POST", f"Invoices/{path_segment(key)}", {"Invoices": [{"Reference": f"Changed to {drawn.number}"}]}
    )


def _change_status(status: str) -> Callable[[str, Drawn, int], Request]:
    return lambda key, _drawn, _tenant: write_request(
        "POST", "Invoices", {"Invoices": [{"InvoiceNumber": key, "Status": status}]}
    )


def _after_approval(before: Record | None, _drawn: Drawn) -> Record | Refused:
    may = before is not None and before["Status"] in (_DRAFT, _OPEN)
    return {**before, "Status": _OPEN} if before and may else REFUSED


def _after_deletion(before: Record | None, _drawn: Drawn) -> Record | Refused:
    may = before is not None and before["Status"] == _DRAFT
    return {**before, "Status": _DELETED, "AmountDue": None} if before and may else REFUSED


_STEPS_OF_DRAFTS = (
    Step("change its reference", _rename, _after_rename),
    Step("approve it", _change_status(_OPEN), _after_approval),
    Step("delete it", _change_status(_DELETED), _after_deletion),
)
