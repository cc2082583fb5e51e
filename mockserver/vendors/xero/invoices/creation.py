"""Create invoices and credit notes: check the element alone and against the books, store it with its totals.

Source: docs/vendors/xero.md#invoice, #messages, #state.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from mockserver.model import Action, Call, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.key_rules import key_rules
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero.contacts import contacts
from mockserver.vendors.xero.contacts.contacts import IDENTIFIERS
from mockserver.vendors.xero.dates import parse_date, stored_instant
from mockserver.vendors.xero.identity.access import current_organisation, lock_date_problems
from mockserver.vendors.xero.invoices import lines
from mockserver.vendors.xero.invoices.amounts import MAX_AMOUNT, NO_MONEY, RATE_STEP, round_to
from mockserver.vendors.xero.invoices.history import add_invoice_line
from mockserver.vendors.xero.invoices.kinds import CREDIT_NOTE, INVOICE, DocumentKind, kind_of
from mockserver.vendors.xero.invoices.lines import (
    INCLUSIVE,
    NO_TAX,
    InvoiceLine,
    LineTerms,
    discount_of,
)
from mockserver.vendors.xero.invoices.representation import FOUR_UNIT_DECIMALS, attach_contact
from mockserver.vendors.xero.invoices.storage import find_by_number
from mockserver.vendors.xero.messages import item_path, make_problem
from mockserver.vendors.xero.replies.envelope import pick_members
from mockserver.vendors.xero.settings.rates import currency_rate, find_tax_rate

NEW_STATUSES = ("DRAFT", "SUBMITTED", "AUTHORISED")
_LINE_NUMBERS = ("Quantity", "UnitAmount", "TaxAmount", "LineAmount", "DiscountRate", "DiscountAmount")


def new_invoice_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield a type that can be created, and what every invoice needs.

    Source: docs/vendors/xero.md#invoice, #messages.
    """
    sent, here, kind = item.document, item_path(item, request), kind_of(request)
    if sent.get("Type") not in (kind.sale, kind.purchase):
        yield make_problem("type-unfit", (*here, "Type"), document=kind.label)
    yield from invoice_content_problems(sent, here, kind)


def invoice_content_problems(sent: Document, here: Path, kind: DocumentKind) -> Iterator[Problem]:
    """Yield lines, a status, a contact, and a due date once it is approved, in the recorded order.

    Source: docs/vendors/xero.md#invoice, #messages.
    """
    if not sent.get("LineItems"):
        yield make_problem("lines-missing", (*here, "LineItems"))
    if sent.get("Status", "DRAFT") not in NEW_STATUSES:
        yield make_problem("status-unfit", (*here, "Status"), document=kind.label)
    yield from _contact_problems(sent.get("Contact"), (*here, "Contact"))
    for index, line in enumerate(sent.get("LineItems") or ()):
        yield from _line_limit_problems(line, (*here, "LineItems", index))
    if kind.due and sent.get("Status", "DRAFT") == "AUTHORISED" and "DueDate" not in sent:
        yield make_problem("due-date-missing", (*here, "DueDate"))
    if "CurrencyRate" in sent and not 0 < round_to(sent["CurrencyRate"], RATE_STEP) <= MAX_AMOUNT:
        yield make_problem("rate-invalid", (*here, "CurrencyRate"))


def invoice_warnings(item: Item, request: Request) -> Iterator[Problem]:
    """Yield what does not keep an invoice from being saved.

    Source: docs/vendors/xero.md#messages.
    """
    if item.document.get("SentToContact") is True and item.document.get("Status") != "AUTHORISED":
        yield make_problem("sent-unauthorised", (*item_path(item, request), "SentToContact"))


def _contact_problems(contact: Json, here: Path) -> Iterator[Problem]:
    if contact is None:
        yield make_problem("contact-missing", here)
        return
    if not any(contact.get(name) for name in IDENTIFIERS):
        yield make_problem("contact-unnamed", here)
    yield from contacts.email_problems(contact, here)


def _line_limit_problems(line: Document, here: Path) -> Iterator[Problem]:
    for name in _LINE_NUMBERS:
        if name in line and abs(line[name]) > MAX_AMOUNT:
            yield make_problem("amount-too-large", (*here, name), field=name)


def check_invoice(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """Yield what the books have against a new invoice."""
    sent: Document = item.document
    here: Path = (kind_of(request).plural, item.index)
    yield from booking_problems(sent, calculate_lines(sent, request, here, state), request, here, state)


def create_invoice(item: Item, request: Request, state: State) -> Outcome:
    """Book an invoice that the books have nothing against."""
    sent: Document = item.document
    kind = kind_of(request)
    found = [
        {"LineItemID": state.uuid(), **line.document} for line in calculate_lines(sent, request, (), state)
    ]
    number = key_rules(request.call.assumptions).stored(sent.get(kind.number, "")) or (
        _next_number(kind, request, state) if sent["Type"] == kind.sale else None
    )
    document = {
        **invoice_header(sent, state),
        kind.id: state.uuid(),
        **({kind.number: number} if number else {}),
        "App": request.call.principal.name,
        "LineItems": found,
        **invoice_totals(found, sent, kind),
    }
    state.collection(kind.collection)[document[kind.id]] = document
    if kind is INVOICE:
        add_invoice_line(None, document, state)
    return Outcome(item, Action.CREATED, attach_contact(document, state))


def booking_problems(
    sent: Document, found: Sequence[InvoiceLine], request: Request, here: Path, state: State
) -> Iterator[Problem]:
    """Return the problems of booking an invoice with these lines; its own number is free."""
    books, kind = current_organisation(state), kind_of(request)
    if "Contact" in sent:
        yield from contacts.unknown_contact_problems(sent["Contact"], state, (*here, "Contact"))
    for line in found:
        yield from line.problems
    yield from lock_date_problems(_invoice_date(sent, state), books, request.call, (*here, "Date"))
    yield from _number_problems(sent, kind, request.call, here, state)
    yield from currency_problems(sent, books, here, state)
    yield from _total_problems(invoice_totals([line.document for line in found], sent, kind)["Total"], here)


def calculate_lines(sent: Document, request: Request, here: Path, state: State) -> list[InvoiceLine]:
    """Return the lines of an invoice as it was sent, worked out."""
    return lines.calculate_lines(sent, line_terms(sent, request, state), here, state)


def line_terms(sent: Document, request: Request, state: State) -> LineTerms:
    """Return what the invoice says of its lines."""
    return LineTerms(
        amounts=_line_amount_types(sent),
        approved=is_approved(sent),
        precise=request.parameters.get("unitdp") == FOUR_UNIT_DECIMALS,
        rate_of=partial(find_tax_rate, state=state),
    )


def is_approved(sent: Document) -> bool:
    """Return whether an invoice is more than a draft."""
    return bool(sent.get("Status", "DRAFT") != "DRAFT")


def _line_amount_types(sent: Document) -> str:
    kind: str = sent.get("LineAmountTypes", "Exclusive")
    return kind


def invoice_totals(found: Sequence[Document], sent: Document, kind: DocumentKind) -> dict[str, Decimal]:
    """Return the totals of an unpaid invoice, or unused credit note, with these lines."""
    tax = net = discounts = NO_MONEY
    for line in found:
        tax += line["TaxAmount"]
        net += line["LineAmount"]
        discounts += discount_of(line)
    amounts = _line_amount_types(sent)
    if amounts == INCLUSIVE:
        net -= tax
    total = net if amounts == NO_TAX else net + tax
    return {
        "SubTotal": net,
        "TotalTax": tax,
        "Total": total,
        **({"TotalDiscount": discounts} if discounts else {}),
        kind.unsettled: total,
        **dict.fromkeys(kind.settled, NO_MONEY),
    }


def _total_problems(total: Decimal, here: Path) -> Iterator[Problem]:
    if total < 0:
        yield make_problem("total-negative", here)
    if total > MAX_AMOUNT:
        yield make_problem("amount-too-large", here, field="Total")


def _number_problems(
    sent: Document, kind: DocumentKind, call: Call, here: Path, state: State
) -> Iterator[Problem]:
    number = sent.get(kind.number)
    if not number or sent.get("Type") != kind.sale:
        return
    found = _sales_of_number(number, kind, call, state)
    if any(one[kind.id] != sent.get(kind.id, "") for one in found):
        yield make_problem("number-taken", (*here, kind.number), document=kind.label)


def currency_problems(sent: Document, books: Document, here: Path, state: State) -> Iterator[Problem]:
    """Yield a currency that the organisation does not use."""
    currency = sent.get("CurrencyCode", books["BaseCurrency"])
    if currency_rate(currency, state) is None:
        yield make_problem("currency-unknown", (*here, "CurrencyCode"), currency=currency)


def invoice_header(sent: Document, state: State) -> dict[str, Json]:
    """Return the members of an invoice beside its lines; a missing contact is created."""
    sale = sent["Type"] in (INVOICE.sale, CREDIT_NOTE.sale)
    books = current_organisation(state)
    currency = sent.get("CurrencyCode", books["BaseCurrency"])
    contact = contacts.find_or_create_partner(sent["Contact"], state, customer=sale)
    status = sent.get("Status", "DRAFT")
    return {
        "Type": sent["Type"],
        **(pick_members(sent, "Reference") if sale else {}),
        "ContactID": contact["ContactID"],
        "Date": _invoice_date(sent, state),
        **_other_dates(sent),
        "Status": status,
        "LineAmountTypes": _line_amount_types(sent),
        "CurrencyCode": currency,
        "CurrencyRate": _currency_rate(sent, currency, books, state),
        "SentToContact": status == "AUTHORISED" and sent.get("SentToContact", False),
        **pick_members(sent, "Url", "BrandingThemeID"),
        "UpdatedDateUTC": stored_instant(state.now),
    }


def _currency_rate(sent: Document, currency: str, books: Document, state: State) -> Decimal:
    """Return how much of the currency one unit of the base buys; always 1 for the base itself."""
    if currency == books["BaseCurrency"]:
        return Decimal(1)
    return round_to(sent.get("CurrencyRate", currency_rate(currency, state)), RATE_STEP)


def _invoice_date(sent: Document, state: State) -> str:
    """Return the invoice's date, today where none was sent."""
    return parse_date(sent.get("Date")) or state.now.date().isoformat()


def _other_dates(sent: Document) -> dict[str, Json]:
    names = ("DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
    return {name: day for name in names if (day := parse_date(sent.get(name)))}


def _sales_of_number(number: str, kind: DocumentKind, call: Call, state: State) -> list[Document]:
    return [one for one in find_by_number(number, call, state, kind) if one["Type"] == kind.sale]


def _next_number(kind: DocumentKind, request: Request, state: State) -> str:
    sequence = f"{kind.collection.removesuffix('s')}-number/{request.tenant}"
    while True:
        number = f"{kind.prefix}{state.next(sequence):04d}"
        if not _sales_of_number(number, kind, request.call, state):
            return number
