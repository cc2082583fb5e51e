"""Credits: their allocation to invoices; the overpayments and prepayments of bank transactions.

Source: docs/vendors/xero.md#credits, #bank-transactions, #messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.errors import NotFound
from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, Handler, Request
from mockserver.vendors.xero import answers, books, documents
from mockserver.vendors.xero.access import lock_date_problems
from mockserver.vendors.xero.dates_and_amounts import date_or_today, round_to_cents
from mockserver.vendors.xero.lines import NO_TAX
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.resources import (
    ACCOUNT,
    ALLOCATION,
    CREDIT_NOTE,
    CREDITS,
    INVOICE,
    OVERPAYMENT,
    PREPAYMENT,
    DocumentKind,
)

_CREDITED = (
    "Type Reference ContactID Date LineAmountTypes LineItems SubTotal TotalTax Total CurrencyCode "
    "CurrencyRate UpdatedDateUTC"
)
"""Members that a credit takes from its bank transaction."""

CREDIT_OF_TRANSACTION: Mapping[str, DocumentKind] = {
    name: kind for kind in (OVERPAYMENT, PREPAYMENT) for name in (kind.sale, kind.purchase)
}
"""For each type of bank transaction that creates a credit, the kind of the credit."""

_DEBTORS, _CREDITORS = "DEBTORS", "CREDITORS"
_ITEM_AND_TAX = ("ItemCode", "TaxType", "TaxAmount")
_ACCOUNT = ("AccountCode", "AccountID")


def is_overpayment(transaction: Document) -> bool:
    """Return whether a bank transaction, sent or stored, creates an overpayment."""
    return CREDIT_OF_TRANSACTION.get(transaction.get("Type", "")) is OVERPAYMENT


def credit_terms(sent: Document, state: State) -> Document:
    """Return a new bank transaction without the members that its type does not accept.

    Only SPEND and RECEIVE accept a reference and item codes. An overpayment has no tax, and its line is
    booked on the account of debtors or of creditors.
    """
    if sent.get("Type") not in CREDIT_OF_TRANSACTION:
        return sent
    kept = {name: value for name, value in sent.items() if name != "Reference"}
    lines = sent.get("LineItems") or ()
    if not is_overpayment(sent):
        return {**kept, "LineItems": [_without(line, "ItemCode") for line in lines]}
    system = _DEBTORS if sent["Type"] == OVERPAYMENT.sale else _CREDITORS
    owed = ACCOUNT.first("SystemAccount", system, state)
    booked = [_without(line, *_ITEM_AND_TAX) for line in lines]
    if owed:
        booked = [{**_without(line, *_ACCOUNT), "AccountID": owed["AccountID"]} for line in booked]
    return {**kept, "LineAmountTypes": NO_TAX, "LineItems": booked}


def open_credit(transaction: Document, state: State) -> Document:
    """Store and return the overpayment or prepayment of a stored bank transaction.

    The transaction must have the members of a stored invoice (contact, date, lines, totals, currency) and a
    type in `CREDIT_OF_TRANSACTION`. The credit takes its id from the transaction.
    """
    kind = CREDIT_OF_TRANSACTION[transaction["Type"]]
    credit = {
        kind.id: transaction["BankTransactionID"],
        **answers.pick_members(transaction, *_CREDITED.split()),
        "Status": "AUTHORISED",
        kind.unsettled: transaction["Total"],
    }
    return kind.store(credit, state)


def _without(line: Document, *names: str) -> dict[str, Json]:
    return {name: value for name, value in line.items() if name not in names}


def allocation_problems(item: Item, request: Request) -> Iterator[Problem]:
    if round_to_cents(item.document.get("Amount", 0)) <= 0:
        yield make_problem("allocation-not-positive", (*item_path(item, request), "Amount"))


def _credit_kind(request: Request) -> DocumentKind:
    return next(kind for kind in CREDITS if kind.id in request.parameters)


def check_allocation(item: Item, request: Request, state: State) -> Iterator[Problem]:
    here, sent, kind = item_path(item, request), item.document, _credit_kind(request)
    if books.find_in_path(kind, request, state) is None:
        yield make_problem("not-here", ("path", kind.id))
        return
    yield from books.invoice_conflict_problems(sent, here, request.call, state)
    yield from lock_date_problems(date_or_today(sent, state), (*here, "Date"), request.call, state)
    allocation = _match(item, request, state)
    if allocation is None:
        yield make_problem("document-unknown", (*here, "Invoice"))
    else:
        yield from _unfit_problems(allocation, kind, here, state)


def _match(item: Item, request: Request, state: State) -> Document | None:
    """Return the requested allocation, or None if its credit or its invoice is unknown."""
    kind = _credit_kind(request)
    credit = books.find_in_path(kind, request, state)
    payable = books.match_invoice(item.document, (), request.call, state)
    if credit is None or payable is None:
        return None
    return {
        kind.id: credit[kind.id],
        INVOICE.id: payable.invoice[INVOICE.id],
        "Amount": payable.amount,
        "Date": date_or_today(item.document, state),
    }


def _unfit_problems(allocation: Document, kind: DocumentKind, here: Path, state: State) -> Iterator[Problem]:
    """Yield a problem for each rule that the credit, the invoice or the amount of the allocation breaks."""
    credit, invoice = (one.rows(state)[allocation[one.id]] for one in (kind, INVOICE))
    is_sale = credit["Type"] in kind.sales
    unfit_status = invoice["Status"] not in ("AUTHORISED", "PAID")
    for broken, rule, path in (
        (credit["Status"] not in ("AUTHORISED", "PAID"), "credit-not-authorised", here),
        (invoice["Status"] == "PAID", "allocation-paid", (*here, "Invoice")),
        (unfit_status, "allocation-invoice-status", (*here, "Invoice")),
        ((invoice["Type"] == INVOICE.sale) is not is_sale, "allocation-type", (*here, "Invoice")),
        (invoice["ContactID"] != credit["ContactID"], "allocation-contact", (*here, "Invoice")),
        (invoice["CurrencyCode"] != credit["CurrencyCode"], "allocation-currency", (*here, "Invoice")),
        (allocation["Amount"] > invoice[INVOICE.unsettled], "allocation-over-due", (*here, "Amount")),
        (allocation["Amount"] > credit[kind.unsettled], "allocation-over-credit", (*here, "Amount")),
    ):
        if broken:
            yield make_problem(rule, path, document=kind.label)


def create_allocation(item: Item, request: Request, state: State) -> Outcome:
    allocation = _match(item, request, state)
    assert allocation is not None  # noqa: S101 - the check has refused every other allocation
    return Outcome(item, Action.CREATED, books.book_allocation(allocation, state))


def _represent_created(outcome: Outcome, request: Request, state: State) -> Json:
    stored, kind = outcome.document, _credit_kind(request)
    return {
        **books.represent_allocation(stored, state),
        kind.name: {kind.id: stored[kind.id], "ID": stored[kind.id], "LineItems": []},
        "StatusAttributeString": "OK",
        "ValidationErrors": [],
    }


def _represent_rejected(outcome: Outcome, request: Request, _state: State) -> dict[str, Json]:
    return answers.echo_members(answers.fitting_members(outcome, request), ALLOCATION.echoed)


def delete_allocation(request: Request, state: State) -> Reply:
    kind, key = _credit_kind(request), answers.id_parameter(request, "AllocationID")
    credit = books.find_in_path(kind, request, state) or EMPTY
    stored = ALLOCATION.rows(state).get(key)
    if stored is None or stored.get(kind.id, "") != credit.get(kind.id):
        raise NotFound(ALLOCATION.collection, key)
    books.reverse_allocation(stored, state)
    shown = {**books.represent_allocation(stored, state), "IsDeleted": True}
    return answers.success_reply({ALLOCATION.plural: [shown]}, request.call, state)


BATCHES: Mapping[str, BatchHandler] = dict.fromkeys(
    ("createCreditNoteAllocation", "createOverpaymentAllocations", "createPrepaymentAllocations"),
    documents.batch_handler(
        ALLOCATION,
        check_allocation,
        create_allocation,
        allocation_problems,
        saved=lambda: _represent_created,
        rejected=_represent_rejected,
        named="Amount",
    ),
)
OPERATIONS: Mapping[str, Handler] = {
    **{f"delete{kind.name}Allocations": delete_allocation for kind in CREDITS},
    **documents.document_operations(CREDIT_NOTE),
    **documents.document_operations(OVERPAYMENT),
    **documents.document_operations(PREPAYMENT),
}
