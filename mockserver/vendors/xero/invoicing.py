"""Creating an invoice: its contact, its lines, its totals and its number.

Source: Xero fact sheet §2.6, §3.7, §4.8.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from mockserver.model import Action, Call, Document, Item, Json, Outcome, Path, Problem
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import contacts
from mockserver.vendors.xero.access import organisation
from mockserver.vendors.xero.booking import locked
from mockserver.vendors.xero.invoices import PRECISE, with_contact
from mockserver.vendors.xero.lines import INCLUSIVE, NO_TAX, Line, Terms, discount, worked_out
from mockserver.vendors.xero.naming import INVOICES, NUMBER, kept, numbered
from mockserver.vendors.xero.wire import LIMIT, RATE, amount, optional, read_date, rounded, stamp
from mockserver.vendors.xero.words import say

_SALE = "ACCREC"


def check(item: Item, request: Request, state: State) -> Iterator[Problem]:
    """What the books have against a new invoice."""
    sent: Document = item.document
    here: Path = ("Invoices", item.index)
    yield from problems(sent, lines(sent, request, here, state), request.call, here, state)


def create(item: Item, request: Request, state: State) -> Outcome:
    """Book an invoice that the books have nothing against."""
    sent: Document = item.document
    found = [{"LineItemID": state.uuid(), **line.document} for line in lines(sent, request, (), state)]
    sale = sent["Type"] == _SALE
    number = kept(sent.get(NUMBER, ""), request.call) or (_next_number(request, state) if sale else None)
    document = {
        **head(sent, state),
        "InvoiceID": state.uuid(),
        **({NUMBER: number} if number else {}),
        "App": request.call.principal.name,
        "LineItems": found,
        **totals(found, sent),
    }
    state.collection(INVOICES)[document["InvoiceID"]] = document
    return Outcome(item, Action.CREATED, with_contact(document, state))


def problems(
    sent: Document, found: Sequence[Line], call: Call, here: Path, state: State
) -> Iterator[Problem]:
    """What the books have against an invoice with these lines; its own number is not taken by itself."""
    books = organisation(state)
    if "Contact" in sent:
        yield from contacts.unusable(sent["Contact"], state, (*here, "Contact"))
    for line in found:
        yield from line.problems
    yield from locked(_day(sent, state), books, call, (*here, "Date"))
    yield from _book_problems(sent, books, call, here, state)
    yield from _total_problems(totals([line.document for line in found], sent)["Total"], here)


def lines(sent: Document, request: Request, here: Path, state: State) -> list[Line]:
    """The lines of an invoice as it was sent, worked out."""
    said = terms(sent, request, state)
    return [
        worked_out(line, said, (*here, "LineItems", index), state)
        for index, line in enumerate(sent.get("LineItems") or ())
    ]


def terms(sent: Document, request: Request, state: State) -> Terms:
    """What the invoice says of its lines."""
    return Terms(
        amounts=_amounts(sent),
        approved=is_approved(sent),
        precise=request.parameters.get("unitdp") == PRECISE,
        rates=organisation(state).get("TaxRates", {}),
    )


def is_approved(sent: Document) -> bool:
    """Whether an invoice is more than a draft."""
    return bool(sent.get("Status", "DRAFT") != "DRAFT")


def _amounts(sent: Document) -> str:
    kind: str = sent.get("LineAmountTypes", "Exclusive")
    return kind


def totals(found: Sequence[Document], sent: Document) -> dict[str, Decimal]:
    """What an invoice with these lines comes to; nothing is paid yet."""
    tax = sum((line["TaxAmount"] for line in found), amount(0))
    net = sum((line["LineAmount"] for line in found), amount(0))
    discounts = sum((discount(line) for line in found), amount(0))
    if _amounts(sent) == INCLUSIVE:
        net -= tax
    total = net if _amounts(sent) == NO_TAX else net + tax
    return {
        "SubTotal": net,
        "TotalTax": tax,
        "Total": total,
        **({"TotalDiscount": discounts} if discounts else {}),
        "AmountDue": total,
        "AmountPaid": amount(0),
        "AmountCredited": amount(0),
    }


def _total_problems(total: Decimal, here: Path) -> Iterator[Problem]:
    if total < 0:
        yield say("total-negative", here)
    if total > LIMIT:
        yield say("amount-too-large", here, field="Total")


def _book_problems(
    sent: Document, books: Document, call: Call, here: Path, state: State
) -> Iterator[Problem]:
    number, currency = sent.get(NUMBER), sent.get("CurrencyCode", books["BaseCurrency"])
    if number and sent.get("Type") == _SALE and _is_taken(number, call, state, sent.get("InvoiceID", "")):
        yield say("number-taken", (*here, NUMBER))
    if currency not in books.get("Currencies", {}):
        yield say("currency-unknown", (*here, "CurrencyCode"), currency=currency)


def head(sent: Document, state: State) -> dict[str, Json]:
    """What an invoice says beside its lines; a contact that is not there is made."""
    sale = sent["Type"] == _SALE
    books = organisation(state)
    currency = sent.get("CurrencyCode", books["BaseCurrency"])
    contact = contacts.made(sent["Contact"], state, customer=sale)
    status = sent.get("Status", "DRAFT")
    return {
        "Type": sent["Type"],
        **(optional(sent, "Reference") if sale else {}),
        "ContactID": contact["ContactID"],
        "Date": _day(sent, state),
        **_other_dates(sent),
        "Status": status,
        "LineAmountTypes": _amounts(sent),
        "CurrencyCode": currency,
        "CurrencyRate": _rate(sent, currency, books),
        "SentToContact": status == "AUTHORISED" and sent.get("SentToContact", False),
        **optional(sent, "Url", "BrandingThemeID"),
        "UpdatedDateUTC": stamp(state.now),
    }


def _rate(sent: Document, currency: str, books: Document) -> Decimal:
    """How much of the currency one unit of the base buys; always 1 for the base itself."""
    if currency == books["BaseCurrency"]:
        return Decimal(1)
    return rounded(sent.get("CurrencyRate", books["Currencies"][currency]), RATE)


def _day(sent: Document, state: State) -> str:
    """The invoice's date, today where none was sent."""
    return read_date(sent.get("Date")) or state.now.date().isoformat()


def _other_dates(sent: Document) -> dict[str, Json]:
    names = ("DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
    return {name: day for name in names if (day := read_date(sent.get(name)))}


def _is_taken(number: str, call: Call, state: State, own: str = "") -> bool:
    found = numbered(number, call, state)
    return any(one["Type"] == _SALE and one["InvoiceID"] != own for one in found)


def _next_number(request: Request, state: State) -> str:
    while True:
        number = f"INV-{state.next(f'invoice-number/{request.tenant}'):04d}"
        if not _is_taken(number, request.call, state):
            return number
