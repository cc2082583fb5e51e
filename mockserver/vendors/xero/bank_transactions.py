"""Bank transactions: money spent and received without an invoice.

Source: docs/vendors/xero.md#bank-transactions, #messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import accounts, contacts, documents, invoice_changes, lines
from mockserver.vendors.xero.access import base_currency, lock_date_problems
from mockserver.vendors.xero.answers import named_id, pick_members
from mockserver.vendors.xero.credits import CREDIT_OF_TRANSACTION, credit_terms, is_overpayment, open_credit
from mockserver.vendors.xero.dates_and_amounts import (
    MAX_AMOUNT,
    RATE_STEP,
    currency_rate,
    date_or_today,
    round_to,
    round_to_cents,
    stored_instant,
)
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.resources import BANK_TRANSACTION, INVOICE

TYPES = ("SPEND", "RECEIVE")
"""Types of transactions that can be changed and deleted. Every other accepted type creates a credit."""

_CURRENCY = ("CurrencyCode", "CurrencyRate")
_TOTALS = ("SubTotal", "TotalTax", "Total")
_EMPTY_MEANS_ABSENT = ("Contact", "LineItems", "BankAccount")

OPERATIONS = documents.document_operations(BANK_TRANSACTION)


def new_transaction_problems(item: Item, request: Request) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    if sent.get("Type") not in (*TYPES, *CREDIT_OF_TRANSACTION):
        yield make_problem("transaction-type", (*here, "Type"))
    yield from content_problems(sent, here)
    if sent.get("Status", "AUTHORISED") != "AUTHORISED":
        yield make_problem("transaction-status-new", (*here, "Status"))
    if is_overpayment(sent) and len(sent.get("LineItems") or ()) > 1:
        yield make_problem("overpayment-lines", (*here, "LineItems"))


def content_problems(sent: Document, here: Path) -> Iterator[Problem]:
    names = ("Contact", "LineItems", *(_CURRENCY if is_overpayment(sent) else ()))
    yield from invoice_changes.invoice_content_problems(pick_members(sent, *names), here, INVOICE)
    yield from accounts.unnamed_account_problems(sent.get("BankAccount"), (*here, "BankAccount"))
    for index, line in enumerate(sent.get("LineItems") or ()):
        yield from _line_problems(line, (*here, "LineItems", index))


def _line_problems(line: Document, here: Path) -> Iterator[Problem]:
    if not line.get("Description"):
        yield make_problem("line-undescribed", (*here, "Description"))
    if line.get("Quantity", 1) <= 0:
        yield make_problem("line-quantity", (*here, "Quantity"))
    if line.get("UnitAmount", 1) == 0:
        yield make_problem("line-unit-zero", (*here, "UnitAmount"))


def check_transaction(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent, here = _new_terms(item.document, state), item_path(item, request)
    computed = lines.calculate_lines(sent, request, here, state)
    yield from booking_problems(sent, computed, request, here, state)


def _new_terms(sent: Document, state: State) -> Document:
    """Return a new transaction as it is booked: AUTHORISED, and by default with tax included in amounts."""
    return {"LineAmountTypes": lines.INCLUSIVE, **credit_terms(sent, state), "Status": "AUTHORISED"}


def create_transaction(item: Item, request: Request, state: State) -> Outcome:
    sent = _new_terms(item.document, state)
    computed = lines.new_lines(sent, request, state)
    key, kind = state.uuid(), CREDIT_OF_TRANSACTION.get(sent["Type"])
    document = {
        "BankTransactionID": key,
        **({kind.id: key} if kind else {}),
        **booked_members(sent, computed, state),
    }
    BANK_TRANSACTION.store(document, state)
    if kind:
        open_credit(document, state)
    return Outcome(item, Action.CREATED, documents.attach_contact(document, state))


def booking_problems(
    sent: Document, computed: Sequence[lines.InvoiceLine], request: Request, here: Path, state: State
) -> Iterator[Problem]:
    if "Contact" in sent:
        yield from contacts.unknown_contact_problems(sent["Contact"], state, (*here, "Contact"))
    account = sent.get("BankAccount") or EMPTY
    if "AccountID" in account or account.get("Code"):  # `content_problems` reports every other reference
        path = (*here, "BankAccount")
        yield from accounts.paying_account_problems(account, path, request.call, state, bank_only=True)
    if is_overpayment(sent):
        yield from invoice_changes.currency_problems(sent, here, state)
    for line in computed:
        yield from line.problems
    yield from _tax_amount_problems(sent, computed, request, here, state)
    yield from lock_date_problems(date_or_today(sent, state), (*here, "Date"), request.call, state)
    if computed:
        yield from _total_problems(sent, _totals(sent, [line.document for line in computed]), here)


def booked_members(sent: Document, booked: Sequence[Document], state: State) -> dict[str, Json]:
    """Return the members of a transaction to store, except ids. If the contact is unknown, create it."""
    contact = contacts.find_or_create_contact(sent["Contact"], state)
    account = accounts.find_account(sent["BankAccount"], state) or EMPTY
    return {
        **pick_members(sent, "Type", "Reference", "Url"),
        "ContactID": contact["ContactID"],
        "AccountID": account["AccountID"],
        "IsReconciled": sent.get("IsReconciled", False),
        "Date": date_or_today(sent, state),
        "Status": "AUTHORISED",
        "LineAmountTypes": lines.line_amount_types(sent),
        **_currency_members(sent, account, state),
        "LineItems": booked,
        **_totals(sent, booked),
        "UpdatedDateUTC": stored_instant(state.now),
    }


def _currency_members(sent: Document, account: Document, state: State) -> dict[str, Json]:
    """Return the bank account's currency and the stored rate; only an overpayment may set other values."""
    base = base_currency(state)
    asked = pick_members(sent, *_CURRENCY) if is_overpayment(sent) else EMPTY
    currency = asked.get("CurrencyCode", account.get("CurrencyCode", base))
    rate = currency_rate(currency, state) or Decimal(1)
    if "CurrencyRate" in asked and currency != base:
        rate = round_to(asked["CurrencyRate"], RATE_STEP)
    return {"CurrencyCode": currency, "CurrencyRate": rate}


def _tax_amount_problems(
    sent: Document, computed: Sequence[lines.InvoiceLine], request: Request, here: Path, state: State
) -> Iterator[Problem]:
    """Yield a problem for each tax amount that differs from Xero's own calculation."""
    terms = lines.line_terms(sent, request, state)
    for index, line in enumerate(computed):
        sent_tax = line.document["TaxAmount"]
        due = lines.recalculate_tax(line.document, terms)["TaxAmount"]
        if sent_tax != due:
            path = (*here, "LineItems", index, "TaxAmount")
            yield make_problem("tax-amount", path, sent=sent_tax, tax=line.document["TaxType"], expected=due)


def _total_problems(sent: Document, totals: Document, here: Path) -> Iterator[Problem]:
    for name, rule in (("SubTotal", "sub-total-differs"), ("Total", "total-differs")):
        if name in sent and round_to_cents(sent[name]) != totals[name]:
            yield make_problem(rule, (*here, name))
    if totals["Total"] <= 0:
        yield make_problem("total-not-positive", here)
    if totals["Total"] > MAX_AMOUNT:
        yield make_problem("amount-too-large", here, field="Total")


def _totals(sent: Document, booked: Sequence[Document]) -> dict[str, Json]:
    return pick_members(invoice_changes.invoice_totals(booked, sent, INVOICE), *_TOTALS)


def check_update(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent, here = item.document, item_path(item, request)
    key = named_id(sent, BANK_TRANSACTION.id, request)
    stored = BANK_TRANSACTION.rows(state).get(key)
    if stored is not None:
        yield from _update_problems(stored, sent, request, here, state)
    elif key:
        yield make_problem("not-here", (*here, BANK_TRANSACTION.id))
    else:
        yield from new_transaction_problems(item, request)
        yield from check_transaction(item, request, state)


def update_or_create_transaction(item: Item, request: Request, state: State) -> Outcome:
    stored = BANK_TRANSACTION.rows(state).get(named_id(item.document, BANK_TRANSACTION.id, request))
    if stored is None:
        return create_transaction(item, request, state)
    sent = _merge(stored, item.document)
    changed = (
        {**stored, "Status": "DELETED", "UpdatedDateUTC": stored_instant(state.now)}
        if sent["Status"] == "DELETED"
        else _update_transaction(stored, sent, request, state)
    )
    BANK_TRANSACTION.store(changed, state)
    return Outcome(item, Action.UPDATED, documents.attach_contact(changed, state))


def _update_problems(
    stored: Document, sent: Document, request: Request, here: Path, state: State
) -> Iterator[Problem]:
    closed = tuple(_transition_problems(stored, sent, here))
    yield from closed
    merged = _merge(stored, sent)
    if closed or merged["Status"] == "DELETED":
        return
    yield from content_problems(merged, here)
    computed = lines.merged_lines(stored, merged, request, here, state)
    yield from booking_problems(merged, computed, request, here, state)


def _transition_problems(stored: Document, sent: Document, here: Path) -> Iterator[Problem]:
    if stored["Type"] not in TYPES or sent.get("Type", stored["Type"]) != stored["Type"]:
        yield make_problem("transaction-type-change", (*here, "Type"))
    if stored["Status"] != "AUTHORISED" or sent.get("Status", "AUTHORISED") not in ("AUTHORISED", "DELETED"):
        yield make_problem("transaction-status", (*here, "Status"))
    elif stored["IsReconciled"]:
        yield make_problem("transaction-reconciled", here)


def _merge(stored: Document, sent: Document) -> dict[str, Json]:
    """Return the stored transaction with the sent changes. Ignore a contact, account or lines sent empty."""
    changes = {name: value for name, value in sent.items() if value or name not in _EMPTY_MEANS_ABSENT}
    return {
        **pick_members(stored, *BANK_TRANSACTION.echoed),
        "Contact": {"ContactID": stored["ContactID"]},
        "BankAccount": {"AccountID": stored["AccountID"]},
        **changes,
        BANK_TRANSACTION.id: stored[BANK_TRANSACTION.id],
    }


def _update_transaction(stored: Document, sent: Document, request: Request, state: State) -> Document:
    booked = lines.changed_lines(stored, sent, request, state)
    kept = pick_members(stored, BANK_TRANSACTION.id, "HasAttachments")
    return {**kept, **booked_members(sent, booked, state)}


_batch_handler = partial(
    documents.batch_handler,
    BANK_TRANSACTION,
    saved=documents.saved_documents(BANK_TRANSACTION),
    rejected=documents.echo_rejected(BANK_TRANSACTION),
    ids=("LineItemID",),
)
BATCHES = documents.write_operations(
    BANK_TRANSACTION,
    create=_batch_handler(check_transaction, create_transaction, new_transaction_problems),
    update=_batch_handler(check_update, update_or_create_transaction),
)
