"""Bank transactions in replies: lists, pages, one, rejected ones.

Source: docs/vendors/xero.md#bank-transactions.
"""

from collections.abc import Mapping

from mockserver.model import EMPTY, Document, Json, Outcome, Path, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import Request, find_record
from mockserver.vendors.xero import accounts
from mockserver.vendors.xero.contacts import contacts
from mockserver.vendors.xero.dates import date_members, print_instant_ms
from mockserver.vendors.xero.invoices.amounts import amount_members
from mockserver.vendors.xero.invoices.representation import contact_of, represent_lines
from mockserver.vendors.xero.replies import filters, lists
from mockserver.vendors.xero.replies.batch_results import echo_members, known_members, rejected_id
from mockserver.vendors.xero.replies.envelope import (
    id_parameter,
    pick_members,
    success_reply,
)
from mockserver.vendors.xero.replies.filters import FieldType, FilterEntity, Operand

BANK_TRANSACTIONS = "bank-transactions"
_PLURAL = "BankTransactions"
_FIELDS: Mapping[str, Operand] = {
    **filters.own_fields(FieldType.GUID, "BankTransactionID", "PrepaymentID", "OverpaymentID"),
    **filters.own_fields(
        FieldType.TEXT, "Type", "Reference", "Status", "LineAmountTypes", "CurrencyCode", "Url"
    ),
    **filters.own_fields(FieldType.NUMBER, "SubTotal", "TotalTax", "Total", "CurrencyRate"),
    **filters.own_fields(FieldType.MOMENT, "Date", "UpdatedDateUTC"),
    **filters.own_fields(FieldType.FLAG, "IsReconciled"),
    **filters.related_fields("Contact", "ContactID", contacts.CONTACTS, contacts.ENTITY.fields),
    **filters.related_fields("BankAccount", "AccountID", accounts.ACCOUNTS, accounts.ENTITY.fields),
}
ENTITY = FilterEntity("BankTransaction", _FIELDS)


def list_transactions(request: Request, state: State) -> Reply:
    """Return the transactions that the call asks for: in short, or a page of whole ones."""
    found = lists.select_documents(state.collection(BANK_TRANSACTIONS).values(), ENTITY, request, state)
    if lists.is_page_requested(request):
        return lists.page_reply(
            _PLURAL, found, lambda one: _represent_whole(one, request, state), request, state
        )
    return lists.list_reply(_PLURAL, found, lambda one: _represent_short(one, state), request, state)


def get_transaction(request: Request, state: State) -> Reply:
    """Return one transaction.

    Raises:
        NotFound: the tenant has none of that id.
    """
    found = find_record(BANK_TRANSACTIONS, id_parameter(request, "BankTransactionID"), state)
    return success_reply({_PLURAL: [_represent_whole(found, request, state)]}, request.call, state)


def represent_saved(outcome: Outcome, request: Request, state: State) -> Json:
    """Return a transaction in the answer to the call that wrote it.

    The outcome brings the contact along: that is shown even if it is not kept after all.
    """
    saved = outcome.document
    contact, lines = contacts.represent_contact(saved["Contact"]), represent_lines(saved, request)
    return {**_represent(saved, contact, lines, state), "StatusAttributeString": "OK"}


def represent_rejected(outcome: Outcome, request: Request, omitted: frozenset[Path]) -> dict[str, Json]:
    """Return a transaction that was not created, or not changed: then it has its id, if that was named."""
    sent = known_members(outcome.item.document, request)
    return {
        "BankTransactionID": rejected_id(sent, "BankTransactionID", request),
        **echo_members(sent, ("BankAccount", "Type", "Reference", "IsReconciled"), omitted),
        **echo_members(sent, ("CurrencyRate", "Contact", "Date", "Status", "LineAmountTypes"), omitted),
        **echo_members(sent, ("LineItems", "CurrencyCode", "Url"), omitted),
    }


def _represent_whole(transaction: Document, request: Request, state: State) -> Json:
    contact = contacts.represent_contact(contact_of(transaction, state))
    return _represent(transaction, contact, represent_lines(transaction, request), state)


def _represent_short(transaction: Document, state: State) -> Json:
    """Return a transaction without lines and with a short contact."""
    contact = contacts.embedded_contact(contact_of(transaction, state))
    return _represent(transaction, contact, [], state)


def _represent(transaction: Document, contact: Json, lines: list[Json], state: State) -> dict[str, Json]:
    account = state.collection(accounts.ACCOUNTS).get(transaction["AccountID"]) or EMPTY
    return {
        **pick_members(transaction, "BankTransactionID", "PrepaymentID", "OverpaymentID"),
        "BankAccount": {
            "AccountID": transaction["AccountID"],
            **pick_members(account, "Code", "Name"),
        },
        **pick_members(transaction, "Type", "Reference", "IsReconciled"),
        **amount_members(transaction, "CurrencyRate"),
        "HasAttachments": False,
        "Contact": contact,
        **date_members("Date", transaction),
        **pick_members(transaction, "Status", "LineAmountTypes"),
        "LineItems": lines,
        **amount_members(transaction, "SubTotal", "TotalTax", "Total"),
        "UpdatedDateUTC": print_instant_ms(transaction["UpdatedDateUTC"]),
        **pick_members(transaction, "CurrencyCode", "Url"),
    }
