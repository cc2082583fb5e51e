"""Batches of invoices, credit notes and bank transactions that the contract suite sends.

Source: docs/vendors/xero.md#invoice, #messages, #state, #credits, #bank-transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile import (
    REFUSED_STEP,
    BatchProfile,
    DrawnValues,
    Facts,
    Record,
    RefusedStep,
    Step,
    after_change,
)
from mockserver.model import Json, Value
from mockserver.vendors.xero.profile.calls import (
    TABLES,
    added_to,
    batch_request,
    create_invoices,
    documents_in,
    invoice_document,
    path_segment,
    payment_document,
    read_authorised,
    read_request,
    split_amount,
    sums_by_reference,
    write_request,
)

_OPEN, _PAID, _VOIDED, _DRAFT, _DELETED = "AUTHORISED", "PAID", "VOIDED", "DRAFT", "DELETED"
_AMPLE_AMOUNT = Decimal(1_000_000_000_000)
"""Amount due of the invoice that credit notes are allocated to: more than a sequence allocates."""


class _Kind(Value, frozen=True):
    """Invoices or credit notes: names of members, and the record that is expected after each change."""

    plural: str
    number: str
    """The member with the key."""
    shown_open: str
    """The member of an answer with the open amount."""
    open: str
    """The member of a record with the open amount."""
    reference: str
    """The reference; `{}` stands for the drawn number."""

    def read(self, key: str, _tenant: int) -> Request:
        return read_request(f"{self.plural}/{path_segment(key)}")

    def listing(self, _tenant: int) -> Request:
        return read_request(self.plural)

    def reference_of(self, drawn: DrawnValues) -> str:
        return self.reference.format(drawn.number)

    def record(self, status: str, _key: str, drawn: DrawnValues) -> Record:
        return {
            "Reference": self.reference_of(drawn),
            "Status": status,
            "Total": drawn.amount,
            self.open: drawn.amount,
        }

    def shown(self, key: str, exchange: Exchange) -> Record | None:
        return self.records(exchange).get(key)

    def records(self, exchange: Exchange) -> Mapping[str, Record]:
        found = documents_in(exchange, self.plural)
        return {one[self.number]: self._record_of(one) for one in found if one.get(self.number)}

    def _record_of(self, shown: Mapping[str, Any]) -> Record:
        """Return the members to compare; the open amount is None if voided or deleted (undocumented)."""
        ended = shown["Status"] in (_VOIDED, _DELETED)
        return {
            "Reference": shown.get("Reference"),
            "Status": shown["Status"],
            "Total": Decimal(shown["Total"]),
            self.open: None if ended else Decimal(shown[self.shown_open]),
        }

    def after_upsert(self, before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
        """Return the record after a change; REFUSED_STEP if the document is closed or partly settled."""
        is_refused = before is not None and not self._is_untouched(before)
        return REFUSED_STEP if is_refused else self.record(_OPEN, key, drawn)

    def after_use(self, before: Record | None, drawn: DrawnValues) -> Record | RefusedStep:
        """Return the record after the drawn amount is paid or allocated; REFUSED_STEP if less is open."""
        left = before[self.open] if before and before["Status"] == _OPEN else None
        if before is None or not isinstance(left, Decimal) or not 0 < drawn.amount <= left:
            return REFUSED_STEP
        left -= drawn.amount
        return {**before, self.open: left, "Status": _OPEN if left else _PAID}

    def _is_untouched(self, record: Record) -> bool:
        return _is_changeable(record) and record[self.open] == record["Total"]

    def status_change(self, status: str) -> Callable[[str, DrawnValues, int], Request]:
        return lambda key, _drawn, _tenant: write_request(
            "POST", self.plural, {self.plural: [{self.number: key, "Status": status}]}
        )

    def voiding(self) -> Step:
        after = after_change(lambda _: {"Status": _VOIDED, self.open: None}, self._is_untouched)
        return Step("void it", self.status_change(_VOIDED), after)


_INVOICES = _Kind("Invoices", "InvoiceNumber", "AmountDue", "AmountDue", "Order {} & more")
_CREDIT_NOTES = _Kind("CreditNotes", "CreditNoteNumber", "RemainingCredit", "Left", "Order {}")


def _batch(facts: Facts, kind: _Kind, status: str, operation: str, prefix: str) -> BatchProfile:
    """Return a profile with the parts that batches of invoices and of credit notes have in common."""
    return BatchProfile(
        operation=operation,
        key=lambda number: f"{prefix}-{number}",
        item=partial(_item, facts, status),
        record=partial(kind.record, status),
        call=batch_request("POST", kind.plural),
        read=kind.read,
        shown=kind.shown,
        record_after=kind.after_upsert,
        listing=kind.listing,
        listed=kind.records,
        amount=_amount,
    )


def updated_invoices(facts: Facts) -> BatchProfile:
    """Return the profile of batches of invoices: created or changed as AUTHORISED, then paid and voided."""
    return replace(
        _batch(facts, _INVOICES, _OPEN, "updateOrCreateInvoices", "CI"), steps=_steps_of_open(facts)
    )


def new_invoices(facts: Facts) -> BatchProfile:
    """Return the profile of batches that create draft invoices; a number can be used only once."""
    return replace(
        _batch(facts, _INVOICES, _DRAFT, "createInvoices", "CN"),
        call=batch_request("PUT", "Invoices"),
        record_after=lambda before, key, drawn: (
            REFUSED_STEP if before else _INVOICES.record(_DRAFT, key, drawn)
        ),
        corruptions=(
            *TABLES.corruptions("updateOrCreateInvoices", facts),
            *TABLES.corruptions("new-invoices", facts),
        ),
        steps=_STEPS_OF_DRAFTS,
    )


def _item(facts: Facts, status: str, key: str, drawn: DrawnValues) -> Json:
    sent = invoice_document(facts, key, *split_amount(drawn.amount))
    return {**sent, "Reference": _INVOICES.reference_of(drawn), "Status": status}


def _is_due(record: Record) -> bool:
    return record["Status"] == _OPEN and bool(record["AmountDue"])


def _amount(item: Json) -> Decimal:
    return sum((Decimal(line["UnitAmount"]) for line in item["LineItems"]), Decimal(0))


def _steps_of_open(facts: Facts) -> tuple[Step, ...]:
    def pay(key: str, drawn: DrawnValues, _tenant: int) -> Request:
        return write_request("PUT", "Payments", {"Payments": [payment_document(facts, key, drawn.amount)]})

    def settle(exchange: Exchange, key: str, drawn: DrawnValues, _tenant: int) -> Request:
        record = _INVOICES.shown(key, exchange)
        due = record["AmountDue"] if record else None
        amount = due if isinstance(due, Decimal) and due else drawn.amount
        return write_request("PUT", "Payments", payment_document(facts, key, amount))

    def read(key: str, _drawn: DrawnValues, tenant: int) -> Request:
        return _INVOICES.read(key, tenant)

    settled: Record = {"AmountDue": Decimal(0), "Status": _PAID}
    return (
        Step("pay some of it", pay, _INVOICES.after_use),
        Step("pay what is due of it", read, after_change(lambda _: settled, _is_due), settle),
        _RENAMING,
        _INVOICES.voiding(),
    )


def _rename(key: str, drawn: DrawnValues, _tenant: int) -> Request:
    """Return a change with the number in the path, which reads accept; whether changes do is unknown."""
    return write_request(
        "POST", f"Invoices/{path_segment(key)}", {"Invoices": [{"Reference": f"Changed to {drawn.number}"}]}
    )


def _is_changeable(record: Record) -> bool:
    return record["Status"] in (_OPEN, _DRAFT)


_RENAMING = Step(
    "change its reference",
    _rename,
    after_change(lambda drawn: {"Reference": f"Changed to {drawn.number}"}, _is_changeable),
)
_STEPS_OF_DRAFTS = (
    _RENAMING,
    Step(
        "approve it",
        _INVOICES.status_change(_OPEN),
        after_change(lambda _: {"Status": _OPEN}, _is_changeable),
    ),
    Step(
        "delete it",
        _INVOICES.status_change(_DELETED),
        after_change(lambda _: {"Status": _DELETED, "AmountDue": None}, lambda one: one["Status"] == _DRAFT),
    ),
)


def credit_notes(facts: Facts) -> BatchProfile:
    """Return the profile of batches of credit notes: created or changed as AUTHORISED, allocated, voided."""
    return replace(
        _batch(facts, _CREDIT_NOTES, _OPEN, "updateOrCreateCreditNotes", "CC"),
        item=partial(_credit_note, facts),
        prepare=lambda key, _tenant: create_invoices(
            invoice_document(facts, _invoice_number(key), _AMPLE_AMOUNT)
        ),
        steps=(
            Step("allocate some of it", _allocate, _CREDIT_NOTES.after_use),
            _CREDIT_NOTES.voiding(),
        ),
    )


def _credit_note(facts: Facts, key: str, drawn: DrawnValues) -> Json:
    sent = invoice_document(facts, key, *split_amount(drawn.amount))
    kept = {name: value for name, value in sent.items() if name not in ("InvoiceNumber", "DueDate")}
    own = {"Type": "ACCRECCREDIT", "CreditNoteNumber": key, "Reference": _CREDIT_NOTES.reference_of(drawn)}
    return {**kept, **own}


def _invoice_number(key: str) -> str:
    return f"{key}-a"


def _allocate(key: str, drawn: DrawnValues, _tenant: int) -> Request:
    element = {"Invoice": {"InvoiceNumber": _invoice_number(key)}, "Amount": drawn.amount}
    return write_request("PUT", f"CreditNotes/{path_segment(key)}/Allocations", {"Allocations": [element]})


def received_money(facts: Facts) -> BatchProfile:
    """Return the profile of batches of received money; a repeated transaction is a new transaction."""
    return BatchProfile(
        operation="createBankTransactions",
        key=lambda number: f"BT-{number}",
        item=lambda key, drawn: TABLES.document("money", {**facts, "key": key, "amount": drawn.amount}),
        record=lambda _key, drawn: {"Received": drawn.amount},
        call=batch_request("PUT", "BankTransactions"),
        read=lambda key, _tenant: read_authorised("BankTransactions", f'Reference=="{key}"'),
        shown=lambda key, exchange: _received(exchange).get(key),
        record_after=added_to("Received"),
        listing=lambda _tenant: read_authorised("BankTransactions"),
        listed=_received,
        amount=lambda sent: Decimal(sent["LineItems"][0]["UnitAmount"]),
    )


_received = sums_by_reference("BankTransactions", "Total", "Received")
