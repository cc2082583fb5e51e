"""Book bank transactions: check the element alone, check it against the books, store it with its totals.

Source: docs/vendors/xero.md#bank-transactions, #messages.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from mockserver.model import EMPTY, Action, Call, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import accounts
from mockserver.vendors.xero.bank_transactions.representation import BANK_TRANSACTIONS
from mockserver.vendors.xero.contacts import contacts
from mockserver.vendors.xero.credits.bank_credits import (
    CREDIT_OF_TRANSACTION,
    credit_terms,
    is_overpayment,
    open_credit,
)
from mockserver.vendors.xero.dates import parse_date, stored_instant
from mockserver.vendors.xero.identity.access import current_organisation, lock_date_problems
from mockserver.vendors.xero.invoices import lines
from mockserver.vendors.xero.invoices.amounts import MAX_AMOUNT, RATE_STEP, round_to, round_to_cents
from mockserver.vendors.xero.invoices.creation import (
    currency_problems,
    invoice_content_problems,
    invoice_totals,
)
from mockserver.vendors.xero.invoices.kinds import INVOICE
from mockserver.vendors.xero.invoices.lines import (
    INCLUSIVE,
    InvoiceLine,
    LineTerms,
    recalculate_tax,
)
from mockserver.vendors.xero.invoices.representation import FOUR_UNIT_DECIMALS, attach_contact
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.replies.envelope import pick_members
from mockserver.vendors.xero.settings.rates import currency_rate, find_tax_rate

TYPES = ("SPEND", "RECEIVE")
"""Types that can be changed and deleted; those of credits can only be created."""

_CURRENCY = ("CurrencyCode", "CurrencyRate")
_TOTALS = ("SubTotal", "TotalTax", "Total")


def new_transaction_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield a type and status that can be created, and what every transaction needs.

    Source: docs/vendors/xero.md#bank-transactions.
    """
    sent, here = item.document, item_path(item, request)
    if sent.get("Type") not in (*TYPES, *CREDIT_OF_TRANSACTION):
        yield make_problem("transaction-type", (*here, "Type"))
    yield from content_problems(sent, here)
    if sent.get("Status", "AUTHORISED") != "AUTHORISED":
        yield make_problem("transaction-status-new", (*here, "Status"))
    if is_overpayment(sent) and len(sent.get("LineItems") or ()) > 1:
        yield make_problem("overpayment-lines", (*here, "LineItems"))


def content_problems(sent: Document, here: Path) -> Iterator[Problem]:
    """Yield a contact, a bank account, and lines that say what they are for.

    Source: docs/vendors/xero.md#bank-transactions.
    """
    names = ("Contact", "LineItems", *(_CURRENCY if is_overpayment(sent) else ()))
    yield from invoice_content_problems(pick_members(sent, *names), here, INVOICE)
    account = sent.get("BankAccount") or EMPTY
    if "AccountID" not in account and not account.get("Code"):
        yield make_problem("account-unknown", (*here, "BankAccount"))
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
    """Yield what the books have against a new transaction."""
    sent, here = credit_terms(item.document, state), item_path(item, request)
    found = calculate_lines(sent, request, here, state)
    yield from booking_problems(sent, found, request.call, here, state)


def create_transaction(item: Item, request: Request, state: State) -> Outcome:
    """Book a transaction that the books have nothing against, and the credit that comes of it."""
    sent = credit_terms(item.document, state)
    found = [
        {"LineItemID": state.uuid(), **line.document} for line in calculate_lines(sent, request, (), state)
    ]
    key, kind = state.uuid(), CREDIT_OF_TRANSACTION.get(sent["Type"])
    document = {
        "BankTransactionID": key,
        **({kind.id: key} if kind else {}),
        **booked_members(sent, found, state),
    }
    state.collection(BANK_TRANSACTIONS)[key] = document
    if kind:
        open_credit(document, state)
    return Outcome(item, Action.CREATED, attach_contact(document, state))


def booking_problems(
    sent: Document, found: Sequence[InvoiceLine], call: Call, here: Path, state: State
) -> Iterator[Problem]:
    """Yield the problems of booking a transaction with these lines."""
    if "Contact" in sent:
        yield from contacts.unknown_contact_problems(sent["Contact"], state, (*here, "Contact"))
    yield from _bank_account_problems(sent.get("BankAccount") or EMPTY, call, (*here, "BankAccount"), state)
    if is_overpayment(sent):
        yield from currency_problems(sent, current_organisation(state), here, state)
    for line in found:
        yield from line.problems
    yield from _tax_amount_problems(sent, found, here, state)
    yield from lock_date_problems(_date(sent, state), current_organisation(state), call, (*here, "Date"))
    if found:
        yield from _total_problems(sent, _totals(sent, [line.document for line in found]), here)


def calculate_lines(sent: Document, request: Request, here: Path, state: State) -> list[InvoiceLine]:
    """Return the lines of a transaction as it was sent, with amounts, account and tax."""
    return lines.calculate_lines(sent, line_terms(sent, request, state), here, state)


def line_terms(sent: Document, request: Request, state: State) -> LineTerms:
    """Return what the transaction says of its lines."""
    return LineTerms(
        amounts=_line_amount_types(sent),
        approved=True,
        precise=request.parameters.get("unitdp") == FOUR_UNIT_DECIMALS,
        rate_of=partial(find_tax_rate, state=state),
    )


def booked_members(sent: Document, found: Sequence[Document], state: State) -> dict[str, Json]:
    """Return the members of a booked transaction beside its id; a missing contact is created."""
    contact = contacts.find_or_create_contact(sent["Contact"], state)
    account = accounts.find_account(sent["BankAccount"], state) or EMPTY
    return {
        **pick_members(sent, "Type", "Reference", "Url"),
        "ContactID": contact["ContactID"],
        "AccountID": account["AccountID"],
        "IsReconciled": sent.get("IsReconciled", False),
        "Date": _date(sent, state),
        "Status": "AUTHORISED",
        "LineAmountTypes": _line_amount_types(sent),
        **_currency_members(sent, account, state),
        "LineItems": found,
        **_totals(sent, found),
        "UpdatedDateUTC": stored_instant(state.now),
    }


def _currency_members(sent: Document, account: Document, state: State) -> dict[str, Json]:
    """Return the currency of the bank account and its rate; those that were sent for overpayments only.

    Source: docs/vendors/xero.md#bank-transactions.
    """
    base = current_organisation(state)["BaseCurrency"]
    asked = pick_members(sent, *_CURRENCY) if is_overpayment(sent) else EMPTY
    currency = asked.get("CurrencyCode", account.get("CurrencyCode", base))
    rate = currency_rate(currency, state) or Decimal(1)
    if "CurrencyRate" in asked and currency != base:
        rate = round_to(asked["CurrencyRate"], RATE_STEP)
    return {"CurrencyCode": currency, "CurrencyRate": rate}


def _bank_account_problems(reference: Document, call: Call, path: Path, state: State) -> Iterator[Problem]:
    """Yield why no money can go through the account. An account that is not named is a problem of its own."""
    account = accounts.find_account(reference, state)
    yield from accounts.account_conflict_problems(reference, path, call, state)
    if account is None or account["Status"] == "DELETED":
        if "AccountID" in reference or reference.get("Code"):
            yield make_problem("account-unknown", path)
    elif account["Status"] == "ARCHIVED":
        yield make_problem("account-archived", path)
    elif account["Type"] != "BANK":
        yield make_problem("bank-account-unfit", path)


def _tax_amount_problems(
    sent: Document, found: Sequence[InvoiceLine], here: Path, state: State
) -> Iterator[Problem]:
    """Yield a tax amount that is not what Xero works out. Source: docs/vendors/xero.md#bank-transactions."""
    terms = LineTerms(
        amounts=_line_amount_types(sent),
        approved=True,
        precise=False,
        rate_of=partial(find_tax_rate, state=state),
    )
    for index, line in enumerate(found):
        told = line.document["TaxAmount"]
        due = recalculate_tax(line.document, terms)["TaxAmount"]
        if told != due:
            path = (*here, "LineItems", index, "TaxAmount")
            yield make_problem("tax-amount", path, sent=told, tax=line.document["TaxType"], expected=due)


def _total_problems(sent: Document, totals: Document, here: Path) -> Iterator[Problem]:
    """Yield totals that are not those of the lines, or cannot be booked."""
    for name, rule in (("SubTotal", "sub-total-differs"), ("Total", "total-differs")):
        if name in sent and round_to_cents(sent[name]) != totals[name]:
            yield make_problem(rule, (*here, name))
    if totals["Total"] <= 0:
        yield make_problem("total-not-positive", here)
    if totals["Total"] > MAX_AMOUNT:
        yield make_problem("amount-too-large", here, field="Total")


def _totals(sent: Document, found: Sequence[Document]) -> dict[str, Json]:
    terms = {"LineAmountTypes": _line_amount_types(sent)}
    return pick_members(invoice_totals(found, terms, INVOICE), *_TOTALS)


def _line_amount_types(sent: Document) -> str:
    """Return whether amounts include tax, as they do where nothing is said.

    Source: docs/vendors/xero.md#bank-transactions.
    """
    return str(sent.get("LineAmountTypes", INCLUSIVE))


def _date(sent: Document, state: State) -> str:
    """Return the transaction's date, today where none was sent."""
    return parse_date(sent.get("Date")) or state.now.date().isoformat()
