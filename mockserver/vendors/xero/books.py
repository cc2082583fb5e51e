"""The books: payments and allocations on stored documents, and the history of documents.

Source: docs/catalogue.md#38-key-case, #39-key-whitespace, #41-ids-disagree; docs/vendors/xero.md#history,
#payment, #messages, #state, #credits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from mockserver.model import EMPTY, Call, Document, Json, Path, Problem, Value
from mockserver.sandbox.assumptions import key_rules
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.accounts import reference_conflict_problems
from mockserver.vendors.xero.answers import pick_members, stored_id
from mockserver.vendors.xero.dates_and_amounts import (
    amount_members,
    cut_to_seconds,
    date_members,
    print_instant_ms,
    round_to_cents,
    stored_instant,
)
from mockserver.vendors.xero.messages import make_problem, message_text
from mockserver.vendors.xero.resources import (
    ALLOCATION,
    CREDIT_NOTE,
    CREDITS,
    INVOICE,
    PAYMENT,
    DocumentKind,
    Resource,
)

HISTORY = "history"
FINAL_STATUSES = ("DELETED", "VOIDED")
_NO_CREDITS: Mapping[str, Json] = {kind.plural: [] for kind in CREDITS}
EMBEDDED_INVOICE: Mapping[str, Json] = {
    "Payments": [],
    **_NO_CREDITS,
    "HasErrors": False,
    "IsDiscounted": False,
}
"""Members that an invoice shows inside a payment or an allocation, whatever the stored invoice has.

Source: docs/vendors/xero.md#batch-payment.
"""

NO_ADDRESSES_OR_SERVICES: Mapping[str, Json] = {"InvoiceAddresses": [], "InvoicePaymentServices": []}
"""Empty lists of an invoice outside batch payments and allocations. Source: docs/vendors/xero.md#invoice."""


def kind_of(request: Request) -> DocumentKind:
    """Return CREDIT_NOTE if the operation writes a batch of credit notes, else INVOICE."""
    batch = request.operation.batch
    return CREDIT_NOTE if batch and batch.collection == CREDIT_NOTE.collection else INVOICE


def add_history_line(key: str, change: str, state: State, details: str = "") -> Document:
    """Store and return a line in the history of the document with the id `key`, after all earlier lines."""
    lines = state.collection(HISTORY)
    number = lines.count("DocumentID", key) + 1
    line = {
        "DocumentID": key,
        "Changes": message_text(change),
        "User": message_text("history-user"),
        "Details": details,
        "DateUTC": stored_instant(state.now),
    }
    lines[f"{key}/{number:06d}"] = line
    return line


def history_of(key: str, state: State) -> list[Json]:
    return [_represent_line(one) for one in reversed(state.collection(HISTORY).find("DocumentID", key))]


def _represent_line(line: Document) -> Json:
    return {
        **pick_members(line, "Changes"),
        "DateUTCString": cut_to_seconds(line["DateUTC"]),
        "DateUTC": print_instant_ms(line["DateUTC"]),
        **pick_members(line, "User", "Details"),
    }


def find_by_number(number: str, call: Call, state: State, kind: DocumentKind = INVOICE) -> Sequence[Document]:
    """Return the documents with `number`; the assumptions `ci_keys` and `trim` decide how to compare."""
    return key_rules(call.assumptions).find(kind.number, number, kind.rows(state))


class InvoicePayment(Value, frozen=True):
    """A payment as sent, with the document that it pays."""

    path: Path
    sent: Document
    invoice: Document
    """The invoice, or the credit that the payment refunds."""
    amount: Decimal
    kind: DocumentKind = INVOICE


def match_invoice(
    payment: Document, path: Path, call: Call, state: State, kind: DocumentKind = INVOICE
) -> InvoicePayment | None:
    """Return the payment with the document of `kind` that it names by id or number; None if unknown."""
    named = payment.get(kind.name) or EMPTY
    document = (
        _find_by_id(payment, kind, state) if kind.id in named else _find_by_number(payment, kind, call, state)
    )
    amount = round_to_cents(payment.get("Amount", 0))
    return None if document is None else InvoicePayment(path, payment, document, amount, kind)


def match_payment(payment: Document, path: Path, call: Call, state: State) -> InvoicePayment | None:
    """Return the payment with the invoice or credit that it names; None if the document is unknown."""
    kinds = (kind for kind in (INVOICE, *CREDITS) if kind.name in payment or kind.number in payment)
    return match_invoice(payment, path, call, state, next(kinds, INVOICE))


def paid_kind(payment: Document) -> DocumentKind:
    return next(one for one in (INVOICE, *CREDITS) if one.id in payment)


def invoice_conflict_problems(payment: Document, path: Path, call: Call, state: State) -> Iterator[Problem]:
    if INVOICE.id in (payment.get(INVOICE.name) or EMPTY):
        named = {
            INVOICE.id: _find_by_id(payment, INVOICE, state),
            INVOICE.number: _find_by_number(payment, INVOICE, call, state),
        }
        yield from reference_conflict_problems(named, INVOICE.id, call, (*path, INVOICE.name))


def _find_by_id(payment: Document, kind: DocumentKind, state: State) -> Document | None:
    named = payment.get(kind.name) or EMPTY
    return kind.rows(state).get(str(named.get(kind.id, "")).lower())


def _find_by_number(payment: Document, kind: DocumentKind, call: Call, state: State) -> Document | None:
    number = (payment.get(kind.name) or EMPTY).get(kind.number) or payment.get(kind.number)
    return next(iter(find_by_number(number, call, state, kind)), None) if number else None


def unpayable_invoice_problems(payables: Iterable[InvoicePayment]) -> Iterator[Problem]:
    """Yield problems: a payment's document is not authorised; payments exceed the document's open amount."""
    before: dict[str, Decimal] = {}
    for payable in payables:
        key = payable.invoice[payable.kind.id]
        before[key] = before.get(key, Decimal(0)) + payable.amount
        if (status := payable.invoice["Status"]) != "AUTHORISED":
            yield make_problem("not-authorised", payable.path)
        if before[key] > payable.invoice[payable.kind.unsettled] and status not in FINAL_STATUSES:
            yield make_problem("over-paid", (*payable.path, "Amount"))


def book_payment(payment: Document, state: State) -> None:
    """Store a payment, and reduce the open amount of the invoice or credit that it pays."""
    PAYMENT.store(payment, state)
    paid = _settle_target(payment, payment["Amount"], payment["UpdatedDateUTC"], state)
    add_history_line(payment["PaymentID"], "history-begun", state)
    _add_payment_line(payment, "history-paid" if paid["Status"] == "PAID" else "history-part-paid", state)


def _add_payment_line(payment: Document, change: str, state: State) -> None:
    """Add a line about a payment to the history of the document that the payment pays."""
    details = message_text("history-amount-paid", amount=payment["Amount"], day=payment["Date"])
    add_history_line(payment[paid_kind(payment).id], change, state, details)


def reverse_payment(payment: Document, state: State) -> Document:
    """Mark a payment as deleted, restore the open amount that it paid, and return the payment."""
    now = stored_instant(state.now)
    deleted = PAYMENT.store({**payment, "Status": "DELETED", "UpdatedDateUTC": now}, state)
    _settle_target(payment, -payment["Amount"], now, state)
    add_history_line(payment["PaymentID"], "history-deleted", state)
    _add_payment_line(payment, "history-payment-deleted", state)
    return deleted


def _settle_target(payment: Document, amount: Decimal, now: str, state: State) -> Document:
    """Subtract `amount` from the open amount of the document that is paid; store and return the document."""
    kind = paid_kind(payment)
    paid = kind.rows(state)[payment[kind.id]]
    return kind.store(settle(paid, kind, "AmountPaid", amount, day=payment["Date"], now=now), state)


def settle(  # noqa: PLR0913 - the parts of an entry
    document: Document, kind: DocumentKind, counted: str, amount: Decimal, *, day: str, now: str
) -> Document:
    """Return the document with the open amount lowered by `amount`, and the member `counted` (if any) raised.

    A negative `amount` reopens the document. If the open amount becomes zero, the document is PAID on `day`.
    """
    left = document[kind.unsettled] - amount
    return {
        **{name: value for name, value in document.items() if name != "FullyPaidOnDate"},
        **({counted: document[counted] + amount} if counted in kind.settled else {}),
        kind.unsettled: left,
        "UpdatedDateUTC": now,
        **({"Status": "AUTHORISED"} if left else {"Status": "PAID", "FullyPaidOnDate": day}),
    }


def find_in_path(resource: Resource, request: Request, state: State) -> Document | None:
    """Return the record that the path names by id, by exact key, or else by number; None if unknown."""
    rows, named = resource.rows(state), str(request.parameters[resource.id])
    found = rows.get(stored_id(named)) or rows.get(named)
    if found is not None or not resource.number:
        return found
    if isinstance(resource, DocumentKind):
        return next(iter(find_by_number(named, request.call, state, resource)), None)
    return resource.first(resource.number, named, state)


def book_allocation(allocation: Document, state: State) -> Document:
    """Reduce the open amounts of credit and invoice; store and return the allocation under a new id."""
    _settle_both(allocation, allocation["Amount"], state)
    return ALLOCATION.store({ALLOCATION.id: state.uuid(), **allocation}, state)


def reverse_allocation(allocation: Document, state: State) -> None:
    """Remove an allocation; restore the open amounts of credit and invoice."""
    del ALLOCATION.rows(state)[allocation[ALLOCATION.id]]
    _settle_both(allocation, -allocation["Amount"], state)


def _settle_both(allocation: Document, amount: Decimal, state: State) -> None:
    now, day = stored_instant(state.now), allocation["Date"]
    for kind in (INVOICE, _credited_kind(allocation)):
        document = kind.rows(state)[allocation[kind.id]]
        kind.store(settle(document, kind, "AmountCredited", amount, day=day, now=now), state)


def _credited_kind(allocation: Document) -> DocumentKind:
    return next(one for one in CREDITS if one.id in allocation)


def allocations_of(credit: Document, kind: DocumentKind, state: State) -> list[Json]:
    """Return the allocations of a credit to invoices, ordered by day."""
    if credit[kind.unsettled] == credit["Total"]:
        return []
    allocations = ALLOCATION.rows(state).find(kind.id, credit[kind.id])
    return [represent_allocation(allocation, state) for allocation in sorted(allocations, key=_day)]


def represent_allocation(allocation: Document, state: State) -> dict[str, Json]:
    stored = INVOICE.rows(state).get(allocation[INVOICE.id]) or EMPTY
    invoice = {
        INVOICE.id: allocation[INVOICE.id],
        **pick_members(stored, INVOICE.number),
        **EMBEDDED_INVOICE,
        "LineItems": [],
    }
    return ALLOCATION.represent({**allocation, "Invoice": invoice})


def credits_on(invoice: Document, state: State) -> dict[str, list[Json]]:
    """Return the credits allocated to an invoice: a list for each kind of credit."""
    shown: dict[str, list[Json]] = {kind.plural: [] for kind in CREDITS}
    if not invoice["AmountCredited"]:
        return shown
    for allocation in sorted(ALLOCATION.rows(state).find(INVOICE.id, invoice[INVOICE.id]), key=_day):
        kind = _credited_kind(allocation)
        shown[kind.plural].append(_represent_credit_on_invoice(allocation, kind, state))
    return shown


def _represent_credit_on_invoice(allocation: Document, kind: DocumentKind, state: State) -> Json:
    credit = kind.rows(state).get(allocation[kind.id]) or EMPTY
    return {
        kind.id: allocation[kind.id],
        **pick_members(credit, kind.number),
        "ID": allocation[kind.id],
        **({"HasErrors": False, "InvoiceAddresses": []} if kind is CREDIT_NOTE else {}),
        **amount_members({"AppliedAmount": allocation["Amount"]}, "AppliedAmount"),
        **date_members("Date", credit),
        "LineItems": [],
        **amount_members(credit, "Total"),
    }


def _day(allocation: Document) -> str:
    return str(allocation["Date"])
