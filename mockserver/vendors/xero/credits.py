"""Credit notes, overpayments and prepayments: list, create, change, allocate to invoices.

Source: docs/vendors/xero.md#credits.

Source: docs/vendors/xero.md#credits.

Source: docs/vendors/xero.md#credits, #messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from mockserver.errors import NotFound
from mockserver.model import EMPTY, Action, Document, Item, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, CheckItem, Handler, Request, store_each
from mockserver.vendors.xero import contacts, invoice_changes, lists, refusals
from mockserver.vendors.xero.access import current_organisation, lock_date_problems
from mockserver.vendors.xero.accounts import ACCOUNTS
from mockserver.vendors.xero.answers import (
    RenderSaved,
    echo_around_id,
    echo_members,
    id_parameter,
    known_members,
    pick_members,
    render_prepared_results,
    render_results,
    success_reply,
)
from mockserver.vendors.xero.books import (
    ALLOCATIONS,
    CREDIT_NOTE,
    INVOICE,
    OVERPAYMENT,
    PREPAYMENT,
    Allocation,
    DocumentKind,
    allocations_of,
    book_allocation,
    find_by_number,
    invoice_conflict_problems,
    match_invoice,
    represent_allocation,
    reverse_allocation,
)
from mockserver.vendors.xero.dates_and_amounts import (
    amount_members,
    cut_to_seconds,
    date_members,
    parse_date,
    print_date,
    print_instant_ms,
    round_to_cents,
)
from mockserver.vendors.xero.invoices import contact_of, payments_of, represent_lines
from mockserver.vendors.xero.lines import NO_TAX
from mockserver.vendors.xero.lists import FieldType, FilterEntity, Operand
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.refusals import extra_outcome

_TRANSACTION_MEMBERS = (
    "Type",
    "Reference",
    "ContactID",
    "Date",
    "LineAmountTypes",
    "LineItems",
    "SubTotal",
    "TotalTax",
    "Total",
    "CurrencyCode",
    "CurrencyRate",
    "UpdatedDateUTC",
)
CREDIT_OF_TRANSACTION: Mapping[str, DocumentKind] = {
    kind.sale: kind for kind in (OVERPAYMENT, PREPAYMENT)
} | {kind.purchase: kind for kind in (OVERPAYMENT, PREPAYMENT)}
"""What the types of bank transactions bring about; those of other types bring about nothing."""

_DEBTORS, _CREDITORS = "DEBTORS", "CREDITORS"
_ITEM_AND_TAX = ("ItemCode", "TaxType", "TaxAmount")
_ACCOUNT = ("AccountCode", "AccountID")


def is_overpayment(transaction: Document) -> bool:
    """Return whether a bank transaction, sent or stored, brings an overpayment about."""
    return CREDIT_OF_TRANSACTION.get(transaction.get("Type", "")) is OVERPAYMENT


def credit_terms(sent: Document, state: State) -> Document:
    """Return the booked form of a new bank transaction: without members that its type does not take.

    Only money spent or received has a reference and items. An overpayment has no tax, and its line is on the
    account of what customers, or to suppliers, is owed. Source: docs/vendors/xero.md#bank-transactions.
    """
    if sent.get("Type") not in CREDIT_OF_TRANSACTION:
        return sent
    kept = {name: value for name, value in sent.items() if name != "Reference"}
    lines = sent.get("LineItems") or ()
    if not is_overpayment(sent):
        return {**kept, "LineItems": [_without(line, "ItemCode") for line in lines]}
    system = _DEBTORS if sent["Type"] == OVERPAYMENT.sale else _CREDITORS
    owed = next(iter(state.collection(ACCOUNTS).find("SystemAccount", system)), None)
    booked = [_without(line, *_ITEM_AND_TAX) for line in lines]
    if owed:
        booked = [{**_without(line, *_ACCOUNT), "AccountID": owed["AccountID"]} for line in booked]
    return {**kept, "LineAmountTypes": NO_TAX, "LineItems": booked}


def open_credit(transaction: Document, state: State) -> Document:
    """Keep and return the overpayment or prepayment that a stored bank transaction brings about.

    The transaction has the members of a stored invoice: contact, date, lines, totals, currency, and its type
    is one of `CREDIT_OF_TRANSACTION`. The credit takes its id from the transaction.
    """
    kind = CREDIT_OF_TRANSACTION[transaction["Type"]]
    key = transaction["BankTransactionID"]
    credit = {
        kind.id: key,
        **pick_members(transaction, *_TRANSACTION_MEMBERS),
        "Status": "AUTHORISED",
        kind.unsettled: transaction["Total"],
    }
    state.collection(kind.collection)[key] = credit
    return credit


def _without(line: Document, *names: str) -> dict[str, Json]:
    return {name: value for name, value in line.items() if name not in names}


_TEXTS = (
    "Type",
    "Reference",
    "Status",
    "LineAmountTypes",
    "CurrencyCode",
    "CreditNoteNumber",
    "InvoiceNumber",
)
_AMOUNTS = ("RemainingCredit", "SubTotal", "TotalTax", "Total", "CurrencyRate")
_MOMENTS = ("Date", "DueDate", "FullyPaidOnDate", "UpdatedDateUTC")
_LIST_PARAMETERS = {"References": "Reference", "InvoiceNumbers": "InvoiceNumber"}


def list_credits(kind: DocumentKind) -> Handler:
    """Return the operation that lists the documents of a kind; a page shows their lines."""
    entity = FilterEntity(kind.name, _fields(kind))

    def handle(request: Request, state: State) -> Reply:
        found = list(state.collection(kind.collection).values())
        for parameter, member in _LIST_PARAMETERS.items():
            if wanted := request.parameters.get(parameter):
                found = [one for one in found if one.get(member) in wanted]
        found = lists.select_documents(found, entity, request, state)
        if lists.is_page_requested(request):
            return lists.page_reply(
                kind.plural, found, lambda one: represent_credit(one, kind, request, state), request, state
            )
        return lists.list_reply(
            kind.plural, found, lambda one: _represent_in_list(one, kind, state), request, state
        )

    return handle


def _fields(kind: DocumentKind) -> Mapping[str, Operand]:
    return {
        **lists.own_fields(FieldType.GUID, kind.id, "BrandingThemeID"),
        **lists.own_fields(FieldType.TEXT, *_TEXTS),
        **lists.own_fields(FieldType.NUMBER, *_AMOUNTS),
        **lists.own_fields(FieldType.MOMENT, *_MOMENTS),
        **lists.own_fields(FieldType.FLAG, "SentToContact"),
        **lists.related_fields("Contact", "ContactID", contacts.CONTACTS, contacts.ENTITY.fields),
    }


def get_credit(kind: DocumentKind) -> Handler:
    """Return the operation that shows one document of a kind."""

    def handle(request: Request, state: State) -> Reply:
        found = find_credit(kind, request, state)
        if found is None:
            raise NotFound(kind.collection, str(request.parameters[kind.id]))
        return success_reply(
            {kind.plural: [represent_credit(found, kind, request, state)]}, request.call, state
        )

    return handle


def find_credit(kind: DocumentKind, request: Request, state: State) -> Document | None:
    """Return the document that the path names, by its id or, where the kind has numbers, by its number."""
    found = state.collection(kind.collection).get(id_parameter(request, kind.id))
    if found is not None or not kind.number:
        return found
    return next(iter(find_by_number(str(request.parameters[kind.id]), request.call, state, kind)), None)


def represent_credit(credit: Document, kind: DocumentKind, request: Request, state: State) -> dict[str, Json]:
    """Return a credit with its lines and the whole contact."""
    contact = contacts.represent_contact(contact_of(credit, state))
    return _represent(credit, kind, contact, represent_lines(credit, request), state)


def _represent_in_list(credit: Document, kind: DocumentKind, state: State) -> dict[str, Json]:
    contact = contacts.embedded_contact(contact_of(credit, state))
    return _represent(credit, kind, contact, [], state)


def _represent(
    credit: Document, kind: DocumentKind, contact: Json, lines: list[Json], state: State
) -> dict[str, Json]:
    """Return a credit in the order of the vendor's document."""
    return {
        **pick_members(credit, kind.id, "CreditNoteNumber"),
        "Payments": _refunds_of(credit, kind, state),
        "ID": credit[kind.id],
        **amount_members(credit, "CurrencyRate"),
        **pick_members(credit, "Type", "Reference", "InvoiceNumber", "SentToContact"),
        **amount_members(credit, "RemainingCredit"),
        "Allocations": allocations_of(credit, kind, state),
        "HasAttachments": False,
        **({"HasErrors": False} if kind is CREDIT_NOTE else {}),
        "Contact": contact,
        **date_members("Date", credit),
        **date_members("DueDate", credit),
        **pick_members(credit, "Status", "LineAmountTypes"),
        "LineItems": lines,
        **amount_members(credit, "SubTotal", "TotalTax", "Total"),
        "UpdatedDateUTC": print_instant_ms(credit["UpdatedDateUTC"]),
        "UpdatedDateUTCString": f"{cut_to_seconds(credit['UpdatedDateUTC'])}Z",
        **pick_members(credit, "CurrencyCode"),
        **({"FullyPaidOnDate": print_date(credit["FullyPaidOnDate"])} if "FullyPaidOnDate" in credit else {}),
        **pick_members(credit, "BrandingThemeID"),
    }


def _refunds_of(credit: Document, kind: DocumentKind, state: State) -> list[Json]:
    unused = credit["RemainingCredit"] == credit["Total"]
    return [] if unused else payments_of(credit, kind, state)


def represent_created_credit_notes() -> RenderSaved:
    """Return the function that shows the credit notes of one call, in the answer to it."""
    return partial(_represent_created_credit_note, contacts.ContactPrinter())


def _represent_created_credit_note(
    printer: contacts.ContactPrinter, outcome: Outcome, request: Request, state: State
) -> Json:
    """Return a credit note in the answer to the call that made it.

    The outcome brings the contact along: that is shown even if it is not kept after all.
    """
    contact = printer.represent(outcome.document["Contact"])
    lines = represent_lines(outcome.document, request)
    shown = _represent(outcome.document, CREDIT_NOTE, contact, lines, state)
    return {**shown, "StatusAttributeString": "OK"}


_BEFORE_ID = ("Type",)
_AFTER_ID = (
    "CreditNoteNumber",
    "Reference",
    "CurrencyRate",
    "Contact",
    "Date",
    "DueDate",
    "Status",
    "LineAmountTypes",
    "LineItems",
    "CurrencyCode",
    "BrandingThemeID",
)

represent_rejected_credit_note = echo_around_id(CREDIT_NOTE.id, _BEFORE_ID, _AFTER_ID, "HasErrors")


_SENT_MEMBERS = ("Amount", "Date", "Invoice")


def allocation_handler(kind: DocumentKind) -> BatchHandler:
    """Return the operation that allocates a credit of this kind."""

    def store(item: Item, request: Request, state: State) -> Outcome:
        found = _match(item, kind, request, state)
        assert found is not None  # noqa: S101 - the check has refused every other allocation
        return Outcome(item, Action.CREATED, book_allocation(found, state))

    def render(outcome: Outcome, _request: Request, state: State) -> Json:
        return _represent_created(outcome.document, kind, state)

    return BatchHandler(
        check=_check(kind),
        apply=store_each(store),
        render=render_results("Allocations", render, _represent_rejected),
        rules=(refusals.nul_problems, allocation_problems),
        extra_outcome=extra_outcome("Amount", "AllocationID"),
    )


def allocation_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield a problem unless the amount, rounded to cents, is positive."""
    if round_to_cents(item.document.get("Amount", 0)) <= 0:
        yield make_problem("allocation-not-positive", (*item_path(item, request), "Amount"))


def _check(kind: DocumentKind) -> CheckItem:
    def check(item: Item, request: Request, state: State) -> Iterator[Problem]:
        here, sent = item_path(item, request), item.document
        credit = find_credit(kind, request, state)
        if credit is None:
            yield make_problem("not-here", ("path", kind.id))
            return
        yield from invoice_conflict_problems(sent, here, request.call, state)
        books, day = current_organisation(state), _day(sent, state)
        yield from lock_date_problems(day, books, request.call, (*here, "Date"))
        found = _match(item, kind, request, state)
        if found is None:
            yield make_problem("document-unknown", (*here, "Invoice"))
            return
        yield from _unfit_problems(found, here)
        yield from _amount_problems(found, here)

    return check


def _match(item: Item, kind: DocumentKind, request: Request, state: State) -> Allocation | None:
    """Return the allocation that an element asks for; None where credit or invoice is not there."""
    credit = find_credit(kind, request, state)
    found = match_invoice(item.document, (), request.call, state)
    if credit is None or found is None:
        return None
    return Allocation(kind, credit, found.invoice, found.amount, _day(item.document, state))


def _day(sent: Document, state: State) -> str:
    """Return the allocation's date, today where none was sent. Source: docs/vendors/xero.md#credits."""
    return parse_date(sent.get("Date")) or state.now.date().isoformat()


def _unfit_problems(one: Allocation, here: Path) -> Iterator[Problem]:
    """Yield why the credit, or the invoice, takes no allocation, or the two do not go together."""
    kind, invoice, target = one.kind, one.invoice, (*here, "Invoice")
    is_sale = one.credit["Type"] in kind.sales
    if one.credit["Status"] not in ("AUTHORISED", "PAID"):
        yield make_problem("credit-not-authorised", here, document=kind.label)
    if invoice["Status"] == "PAID":
        yield make_problem("allocation-paid", target)
    elif invoice["Status"] != "AUTHORISED":
        yield make_problem("allocation-invoice-status", target, document=kind.label)
    if (invoice["Type"] == INVOICE.sale) is not is_sale:
        yield make_problem("allocation-type", target, document=kind.label)
    if invoice["ContactID"] != one.credit["ContactID"]:
        yield make_problem("allocation-contact", target, document=kind.label)
    if invoice["CurrencyCode"] != one.credit["CurrencyCode"]:
        yield make_problem("allocation-currency", target, document=kind.label)


def _amount_problems(one: Allocation, here: Path) -> Iterator[Problem]:
    if one.amount > one.invoice[INVOICE.unsettled]:
        yield make_problem("allocation-over-due", (*here, "Amount"), document=one.kind.label)
    if one.amount > one.credit[one.kind.unsettled]:
        yield make_problem("allocation-over-credit", (*here, "Amount"), document=one.kind.label)


def _represent_created(stored: Document, kind: DocumentKind, state: State) -> Json:
    credit = {kind.id: stored[kind.id], "ID": stored[kind.id], "LineItems": []}
    return {
        **represent_allocation(stored, state),
        kind.name: credit,
        "StatusAttributeString": "OK",
        "ValidationErrors": [],
    }


def _represent_rejected(outcome: Outcome, request: Request, omitted: frozenset[Path]) -> dict[str, Json]:
    return echo_members(known_members(outcome.item.document, request), _SENT_MEMBERS, omitted)


def delete_allocation(kind: DocumentKind) -> Handler:
    """Return the operation that takes an allocation of a credit of this kind back."""

    def handle(request: Request, state: State) -> Reply:
        key = id_parameter(request, "AllocationID")
        credit = find_credit(kind, request, state) or EMPTY
        stored = state.collection(ALLOCATIONS).get(key)
        if stored is None or stored.get(kind.id, "") != credit.get(kind.id):
            raise NotFound(ALLOCATIONS, key)
        invoice = state.collection(INVOICE.collection)[stored[INVOICE.id]]
        gone = Allocation(kind, credit, invoice, stored["Amount"], stored["Date"])
        reverse_allocation(gone, key, state)
        shown = {**represent_allocation(stored, state), "IsDeleted": True}
        return success_reply({"Allocations": [shown]}, request.call, state)

    return handle


_RENDER = render_prepared_results(
    CREDIT_NOTE.plural,
    represent_created_credit_notes,
    represent_rejected_credit_note,
)
_EXTRA_OUTCOME = extra_outcome(CREDIT_NOTE.number, CREDIT_NOTE.id, "LineItemID")

BATCHES: Mapping[str, BatchHandler] = {
    "createCreditNotes": BatchHandler(
        check=invoice_changes.check_invoice,
        apply=store_each(invoice_changes.create_invoice),
        render=_RENDER,
        rules=(refusals.nul_problems, invoice_changes.new_invoice_problems),
        extra_outcome=_EXTRA_OUTCOME,
    ),
    **dict.fromkeys(
        ("updateOrCreateCreditNotes", "updateCreditNote"),
        BatchHandler(
            check=invoice_changes.check_invoice_update,
            apply=store_each(invoice_changes.update_or_create_invoice),
            render=render_prepared_results(
                CREDIT_NOTE.plural,
                represent_created_credit_notes,
                represent_rejected_credit_note,
                invoice_changes.identify_rejected,
            ),
            rules=(refusals.nul_problems,),
            extra_outcome=_EXTRA_OUTCOME,
        ),
    ),
    "createCreditNoteAllocation": allocation_handler(CREDIT_NOTE),
    "createOverpaymentAllocations": allocation_handler(OVERPAYMENT),
    "createPrepaymentAllocations": allocation_handler(PREPAYMENT),
}
OPERATIONS: Mapping[str, Handler] = {
    "getCreditNotes": list_credits(CREDIT_NOTE),
    "getCreditNote": get_credit(CREDIT_NOTE),
    "deleteCreditNoteAllocations": delete_allocation(CREDIT_NOTE),
    "getOverpayments": list_credits(OVERPAYMENT),
    "getOverpayment": get_credit(OVERPAYMENT),
    "deleteOverpaymentAllocations": delete_allocation(OVERPAYMENT),
    "getPrepayments": list_credits(PREPAYMENT),
    "getPrepayment": get_credit(PREPAYMENT),
    "deletePrepaymentAllocations": delete_allocation(PREPAYMENT),
}
