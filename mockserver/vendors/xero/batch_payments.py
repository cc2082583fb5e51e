"""Batch payments: list, create, delete. Single payments that are sent with POST: create, delete.

Either all payments of a batch payment are booked, or the batch payment is rejected and none is booked.
Source: docs/vendors/xero.md#batch-payment, #payment, #summarizeerrors, #operations-and-paths, #messages,
#state.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from mockserver.errors import NotFound
from mockserver.model import EMPTY, Action, Call, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, BatchResult, Request
from mockserver.vendors.xero import accounts, answers, books, documents, payments
from mockserver.vendors.xero.access import base_currency, lock_date_problems
from mockserver.vendors.xero.dates_and_amounts import amount_members, parse_date, stored_instant
from mockserver.vendors.xero.messages import item_path, make_problem, message_text
from mockserver.vendors.xero.payments import NON_INVOICE_TARGETS, payment_amount_problems, payment_targets
from mockserver.vendors.xero.resources import BATCH_PAYMENT, INVOICE, PAYEE, PAYMENT, STATEMENT, Resource

_BATCH_TYPES = {"ACCREC": "RECBATCH", "ACCPAY": "PAYBATCH"}
_BASE_RATE = Decimal(1)
_MAX_REFERENCE = 255
_MAX_STRICT_REFERENCE = 12
_DELETED = "DELETED"
_NOT_HERE = "not-here"
_BESIDE_STATUS = frozenset(
    ("PaymentID", "Status", "HasAccount", "HasValidationErrors", "StatusAttributeString", "ValidationErrors")
)
"""All members that a request to delete a payment may have: id, status, flags that client libraries add."""


def represent_created_batch_payment(outcome: Outcome, request: Request, state: State) -> Json:
    """Return a batch payment as the answer to its creation shows it.

    The payments are taken from the outcome, so they are shown even if a rule prevents their storage.
    """
    return _represent(outcome.document, outcome.document["Payments"], request.call, state)


def show_batch_payment(batch: Document, request: Request, state: State) -> Json:
    """Return a batch payment as answers show it. A deleted batch payment shows no payments.

    Source: seed; docs/vendors/xero.md#batch-payment, #state.
    """
    payments = PAYMENT.rows(state)
    kept = () if batch["Status"] == _DELETED else batch["Payments"]
    return _represent(batch, [payments[key] for key in kept], request.call, state)


def _represent(batch: Document, paid: Iterable[Document], call: Call, state: State) -> Json:
    newer = call.assumptions["seed_exact"] == "off"
    parts = {
        "Account": documents.embedded_account(batch, state, *(("CurrencyCode",) if newer else ())),
        "Payments": [_embedded_payment(one, state, newer=newer) for one in paid],
    }
    return BATCH_PAYMENT.represent({**batch, **parts})


def _embedded_payment(payment: Document, state: State, *, newer: bool) -> Json:
    """Return a payment as its batch payment shows it; `newer` adds the members that Xero added in 2025."""
    invoice = INVOICE.rows(state).get(payment["InvoiceID"]) or EMPTY
    stub = {
        "InvoiceID": payment["InvoiceID"],
        **books.EMBEDDED_INVOICE,
        "LineItems": [],
        **(answers.pick_members(invoice, "CurrencyCode") if newer else {}),
    }
    return {
        "Invoice": stub,
        "PaymentID": payment["PaymentID"],
        **answers.pick_members(payment, *PAYEE),
        **amount_members(payment, "Amount"),
        **(amount_members(payment, "BankAmount") if newer else {}),
    }


def check_batch_payment(item: Item, request: Request, state: State) -> Iterator[Problem]:
    batch: Document = item.document
    here: Path = ("BatchPayments", item.index)
    reference = batch.get("Account") or EMPTY
    payments: Sequence[Document] = batch.get("Payments") or ()
    payables, unknown = _match_invoices(payments, (*here, "Payments"), request.call, state)
    yield from accounts.paying_account_problems(reference, (*here, "Account"), request.call, state)
    yield from lock_date_problems(parse_date(batch.get("Date")), (*here, "Date"), request.call, state)
    for index, one in enumerate(payments):
        yield from books.invoice_conflict_problems(one, (*here, "Payments", index), request.call, state)
    yield from unknown
    yield from books.unpayable_invoice_problems(payables)
    yield from _mixture_problems(payables, reference, here, state)
    paid = {payable.invoice["InvoiceID"] for payable in payables}
    if request.call.assumptions["pay_twice"] == "refused" and len(paid) < len(payables):
        yield make_problem("paid-twice", (*here, "Payments"))


def _match_invoices(
    payments: Sequence[Document], path: Path, call: Call, state: State
) -> tuple[list[books.InvoicePayment], list[Problem]]:
    """Return the payments of known invoices, and a problem for each payment of an unknown invoice.

    A payment that names a credit in place of an invoice is in neither list.
    """
    payables: list[books.InvoicePayment] = []
    unknown: list[Problem] = []
    for index, payment in enumerate(payments):
        here = (*path, index)
        payable = books.match_invoice(payment, here, call, state)
        if payable is not None:
            payables.append(payable)
        elif not any(name in payment for name in NON_INVOICE_TARGETS):
            unknown.append(make_problem("document-unknown", (*here, "Invoice")))
    return payables, unknown


def _mixture_problems(
    payables: Sequence[books.InvoicePayment], reference: Document, here: Path, state: State
) -> Iterator[Problem]:
    """Yield problems: invoices have two types; the account or an invoice has a foreign currency."""
    base = base_currency(state)
    account = accounts.find_account(reference, state) or EMPTY
    currencies = {
        account.get("CurrencyCode", base),
        *(payable.invoice["CurrencyCode"] for payable in payables),
    }
    if len({payable.invoice["Type"] for payable in payables}) > 1:
        yield make_problem("mixed-types", (*here, "Payments"))
    if currencies != {base}:
        yield make_problem("foreign-currency", here)


def create_batch_payment(item: Item, request: Request, state: State) -> Outcome:
    batch: Document = item.document
    account = accounts.find_account(batch["Account"], state) or {}
    payables, _ = _match_invoices(batch["Payments"], (), request.call, state)
    invoice, key = payables[0].invoice, state.uuid()
    common = {
        "BatchPaymentID": key,
        "AccountID": account["AccountID"],
        "Date": parse_date(batch["Date"]),
        "Status": "AUTHORISED",
        "IsReconciled": False,
        "UpdatedDateUTC": stored_instant(state.now),
    }
    paid = [
        {
            **common,
            "PaymentType": INVOICE.payment_type(invoice),
            "PaymentID": state.uuid(),
            "InvoiceID": payable.invoice["InvoiceID"],
            "Amount": payable.amount,
            "BankAmount": payable.amount,
            "CurrencyRate": _BASE_RATE,
            **answers.pick_members(payable.sent, *PAYEE),
        }
        for payable in payables
    ]
    for payment in paid:
        books.book_payment(payment, state)
    document = {
        **common,
        **answers.pick_members(batch, *STATEMENT),
        "Type": _BATCH_TYPES[invoice["Type"]],
        "TotalAmount": sum((payable.amount for payable in payables), Decimal(0)),
        "Payments": [one["PaymentID"] for one in paid],
    }
    BATCH_PAYMENT.store(document, state)
    books.add_history_line(key, "history-created", state)
    return Outcome(item, Action.CREATED, {**document, "Payments": paid})


def batch_payment_problems(item: Item, request: Request) -> Iterator[Problem]:
    batch, here = item.document, item_path(item, request)
    yield from _reference_problems(batch, request.call, here)
    yield from accounts.unnamed_account_problems(batch.get("Account"), (*here, "Account"))
    if "Date" not in batch:
        yield make_problem("batch-date-missing", (*here, "Date"))
    payments = batch.get("Payments") or ()
    if not payments:
        yield make_problem("payments-missing", (*here, "Payments"))
    for index, one in enumerate(payments):
        yield from _batched_payment_problems(one, request.call, (*here, "Payments", index))


def _reference_problems(batch: Document, call: Call, here: Path) -> Iterator[Problem]:
    reference = batch.get("Reference", "")
    if call.assumptions["strict_required"] == "on" and not reference:
        yield make_problem("reference-missing", (*here, "Reference"), what="batch payment")
    if call.assumptions["nz_strict"] == "on" and _MAX_STRICT_REFERENCE < len(reference) <= _MAX_REFERENCE:
        detail = message_text("maxLength", field="Reference", limit=_MAX_STRICT_REFERENCE)
        yield Problem("too-long", (*here, "Reference"), detail, "maxLength", _MAX_STRICT_REFERENCE, reference)


def _batched_payment_problems(payment: Document, call: Call, here: Path) -> Iterator[Problem]:
    if call.assumptions["strict_required"] == "on" and not payment.get("Reference"):
        yield make_problem("reference-missing", (*here, "Reference"), what="payment")
    others = [name for name in NON_INVOICE_TARGETS if name in payment]
    if len(payment_targets(payment)) > 1:
        yield make_problem("one-target", here)
    elif others:
        yield make_problem("invoices-only", (*here, others[0]))
    yield from payment_amount_problems(payment, here)


def _posted_payment_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield the problems of a posted payment. With an id it is a deletion (only Status), else a creation."""
    if not answers.named_id(item.document, "PaymentID", request):
        yield from payments.payment_problems(item, request)
        return
    here = (*item_path(item, request), "Status")
    if not item.document.keys() <= _BESIDE_STATUS:
        yield make_problem("only-status", here)
    elif "PaymentID" not in request.parameters and item.document.get("Status") != _DELETED:
        # If the path names the payment, the schema accepts no other status.
        yield make_problem("status-not-deleted", here)


def _check_posted_payment(item: Item, request: Request, state: State) -> Iterator[Problem]:
    key = answers.named_id(item.document, "PaymentID", request)
    if not key:
        yield from payments.check_payment(item, request, state)
        return
    payment = PAYMENT.rows(state).get(key)
    here = item_path(item, request)
    if payment is None:
        yield make_problem(_NOT_HERE, (*here, "PaymentID"))
    elif item.document.get("Status") == _DELETED:
        yield from _payment_deletion_problems(payment, (*here, "Status"))


def _payment_deletion_problems(payment: Document, here: Path) -> Iterator[Problem]:
    if "BatchPaymentID" in payment:
        yield make_problem("payment-in-batch", here)
    elif payment["Status"] == _DELETED:
        yield make_problem("payment-deleted", here)
    elif payment["IsReconciled"]:
        yield make_problem("payment-reconciled", here)


def _store_posted_payment(item: Item, request: Request, state: State) -> Outcome:
    key = answers.named_id(item.document, "PaymentID", request)
    if not key:
        return payments.create_payment(item, request, state)
    return Outcome(item, Action.UPDATED, books.reverse_payment(PAYMENT.rows(state)[key], state))


def _echo_kept(resource: Resource) -> answers.RenderRejected:
    """Return the function that shows a document whose deletion failed: its id and the sent members."""

    def represent(outcome: Outcome, request: Request, _state: State) -> dict[str, Json]:
        sent = answers.fitting_members(outcome, request)
        key = _shown_id(outcome.item, request, resource.id)
        return {**documents.echo(resource, sent, key), **answers.pick_members(sent, "Status")}

    return represent


_represent_kept_payment = _echo_kept(PAYMENT)


def _represent_rejected_posted_payment(outcome: Outcome, request: Request, state: State) -> dict[str, Json]:
    if _shown_id(outcome.item, request, "PaymentID") == answers.ZERO_ID:
        return payments.represent_rejected_payment(outcome, request, state)
    return {**_represent_kept_payment(outcome, request, state), "HasValidationErrors": True}


def _shown_id(item: Item, request: Request, name: str) -> str:
    sent = item.document if isinstance(item.document, Mapping) else EMPTY
    return answers.named_id(sent, name, request) or answers.ZERO_ID


def _check_deleted_batch(item: Item, request: Request, state: State) -> Iterator[Problem]:
    batch = BATCH_PAYMENT.rows(state).get(answers.named_id(item.document, "BatchPaymentID", request))
    here = item_path(item, request)
    if item.document.get("Status") != _DELETED:
        return
    if batch is None:
        yield make_problem(_NOT_HERE, (*here, "BatchPaymentID"))
    elif request.call.assumptions["batch_delete"] == "refused":
        yield make_problem("batch-undeletable", (*here, "Status"))
    elif batch["Status"] == _DELETED:
        yield make_problem("batch-deleted", (*here, "Status"))
    elif batch["IsReconciled"]:
        yield make_problem("batch-reconciled", (*here, "Status"))


def _delete_batch(item: Item, request: Request, state: State) -> Outcome:
    key = answers.named_id(item.document, "BatchPaymentID", request)
    batch, members = BATCH_PAYMENT.rows(state)[key], PAYMENT.rows(state)
    for payment in batch["Payments"]:
        books.reverse_payment(members[payment], state)
    deleted = {**batch, "Status": _DELETED, "UpdatedDateUTC": stored_instant(state.now)}
    books.add_history_line(key, "history-deleted", state)
    return Outcome(item, Action.UPDATED, BATCH_PAYMENT.store(deleted, state))


def _or_not_found(resource: Resource, handler: BatchHandler) -> BatchHandler:
    """Return `handler` with a 404 as reply if all elements fail only because their documents are unknown."""
    assert handler.render is not None  # noqa: S101 - `batch_handler` always has one
    render = handler.render

    def answer(result: BatchResult, state: State) -> Reply:
        codes = [{problem.code for problem in outcome.problems} for outcome in result.outcomes]
        if codes and all(own == {_NOT_HERE} for own in codes):
            key = _shown_id(result.outcomes[0].item, result.request, resource.id)
            raise NotFound(resource.collection, key)
        return render(result, state)

    return replace(handler, render=answer)


_BATCH_DELETION = _or_not_found(
    BATCH_PAYMENT,
    documents.batch_handler(
        BATCH_PAYMENT,
        _check_deleted_batch,
        _delete_batch,
        saved=documents.saved_by(show_batch_payment),
        rejected=_echo_kept(BATCH_PAYMENT),
        ids=("PaymentID",),
    ),
)
_posted_payments = partial(
    documents.batch_handler, PAYMENT, _check_posted_payment, _store_posted_payment, _posted_payment_problems
)
BATCHES: Mapping[str, BatchHandler] = {
    "createBatchPayment": documents.batch_handler(
        BATCH_PAYMENT,
        check_batch_payment,
        create_batch_payment,
        batch_payment_problems,
        saved=lambda: represent_created_batch_payment,
        rejected=documents.echo_rejected(BATCH_PAYMENT),
        ids=("PaymentID",),
    ),
    "createPayment": _posted_payments(
        saved=payments.represent_created_payments, rejected=_represent_rejected_posted_payment
    ),
    "deleteBatchPayment": _BATCH_DELETION,
    "deleteBatchPaymentByUrlParam": _BATCH_DELETION,
    "deletePayment": _or_not_found(
        PAYMENT,
        _posted_payments(saved=documents.saved_by(payments.show_payment), rejected=_represent_kept_payment),
    ),
}
OPERATIONS = documents.read_operations(BATCH_PAYMENT, show_batch_payment, find=documents.find_by_id)
