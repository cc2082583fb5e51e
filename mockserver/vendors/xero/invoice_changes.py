"""Creation and update of invoices and credit notes: checks, totals, statuses, history.

Source: docs/vendors/xero.md#invoice, #messages, #state, #history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial

from msgspec.structs import replace

from mockserver.model import EMPTY, Action, Call, Document, Item, Json, Outcome, Path, Problem
from mockserver.sandbox.assumptions import key_rules
from mockserver.sandbox.store import State
from mockserver.vendor import BatchHandler, Request
from mockserver.vendors.xero import books, contacts, documents, lines
from mockserver.vendors.xero.access import base_currency, lock_date_problems
from mockserver.vendors.xero.answers import PROVIDER, names_id, pick_members
from mockserver.vendors.xero.contacts import IDENTIFIERS
from mockserver.vendors.xero.dates_and_amounts import (
    MAX_AMOUNT,
    NO_MONEY,
    RATE_STEP,
    amount_members,
    currency_rate,
    date_or_today,
    parse_date,
    round_to,
    stored_instant,
)
from mockserver.vendors.xero.messages import item_path, make_problem, message_text
from mockserver.vendors.xero.resources import (
    BRANDING_THEME,
    CONTACT,
    CREDIT_NOTE,
    CREDITS,
    INVOICE,
    DocumentKind,
)

_CHANGES: Mapping[str, str] = {
    "DRAFT": "history-begun",
    "SUBMITTED": "history-submitted",
    "AUTHORISED": "history-created",
    "VOIDED": "history-voided",
    "DELETED": "history-deleted",
}
"""For each new status of a document, the message of the history line."""

NEW_STATUSES = ("DRAFT", "SUBMITTED", "AUTHORISED")
_LINE_NUMBERS = ("Quantity", "UnitAmount", "TaxAmount", "LineAmount", "DiscountRate", "DiscountAmount")
_STATUS_TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("SUBMITTED", "AUTHORISED", "DRAFT", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
}
"""For each status of an invoice, the statuses an update may set. Source: docs/vendors/xero.md#invoice."""

_RETAINED_MEMBERS = tuple(
    name
    for name in dict.fromkeys((*INVOICE.echoed, *CREDIT_NOTE.echoed))
    if name not in ("Contact", "Attachments", "RepeatingInvoiceID")
)
_EMPTY_MEANS_ABSENT = ("Contact", "LineItems", INVOICE.number, CREDIT_NOTE.number)
_CHANGEABLE_WHEN_PART_PAID = (INVOICE.id, "DueDate", "Reference", INVOICE.number)
"""Members of a part-paid sales invoice that may change. The contact may change if no credit is allocated.

Source: docs/vendors/xero.md#invoice.
"""


def add_document_line(kind: DocumentKind, before: Document | None, after: Document, state: State) -> None:
    """Add a line about a change to the document's history; `before` is None if the document is new.

    If the change has no effect, add no line (assumed).
    """
    if before is not None and _content(before) == _content(after):
        return
    if before is None:
        details = message_text("history-received", app=PROVIDER)
    else:
        contact = CONTACT.rows(state).get(after["ContactID"]) or EMPTY
        details = message_text(
            "history-amount",
            number=after.get(kind.number, ""),
            contact=contact.get("Name", ""),
            total=after["Total"],
        )
    edited = before is not None and before["Status"] == after["Status"]
    change = "history-edited" if edited else _CHANGES[after["Status"]]
    books.add_history_line(after[kind.id], change, state, details)


def _content(invoice: Document) -> Document:
    """Return an invoice without line ids and without the time of its last change, to compare contents."""
    unnamed = [{**line, "LineItemID": ""} for line in invoice["LineItems"]]
    return {**invoice, "UpdatedDateUTC": "", "LineItems": unnamed}


def new_invoice_problems(item: Item, request: Request) -> Iterator[Problem]:
    sent, here, kind = item.document, item_path(item, request), books.kind_of(request)
    if sent.get("Type") not in (kind.sale, kind.purchase):
        yield make_problem("type-unfit", (*here, "Type"), document=kind.label)
    yield from invoice_content_problems(sent, here, kind)


def invoice_content_problems(sent: Document, here: Path, kind: DocumentKind) -> Iterator[Problem]:
    """Yield the problems that can be found without stored records, in the order that Xero was seen to use."""
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
    """Yield warnings: problems that do not prevent saving."""
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
    sent: Document = item.document
    here = item_path(item, request)
    yield from booking_problems(sent, lines.calculate_lines(sent, request, here, state), request, here, state)


def create_invoice(item: Item, request: Request, state: State) -> Outcome:
    sent: Document = item.document
    kind = books.kind_of(request)
    booked = lines.new_lines(sent, request, state)
    number = key_rules(request.call.assumptions).stored(sent.get(kind.number, "")) or (
        _next_number(kind, request, state) if sent["Type"] == kind.sale else None
    )
    document = {
        **invoice_header(sent, state),
        kind.id: state.uuid(),
        **({kind.number: number} if number else {}),
        "App": request.call.principal.name,
        "LineItems": booked,
        **invoice_totals(booked, sent, kind),
    }
    kind.store(document, state)
    add_document_line(kind, None, document, state)
    return Outcome(item, Action.CREATED, documents.attach_contact(document, state))


def booking_problems(
    sent: Document, computed: Sequence[lines.InvoiceLine], request: Request, here: Path, state: State
) -> Iterator[Problem]:
    kind = books.kind_of(request)
    if "Contact" in sent:
        yield from contacts.unknown_contact_problems(sent["Contact"], state, (*here, "Contact"))
        yield from contacts.archived_contact_problems(sent["Contact"], state, (*here, "Contact"))
    for line in computed:
        yield from line.problems
    yield from lock_date_problems(date_or_today(sent, state), (*here, "Date"), request.call, state)
    yield from _number_problems(sent, kind, request.call, here, state)
    yield from currency_problems(sent, here, state)
    totals = invoice_totals([line.document for line in computed], sent, kind)
    yield from _total_problems(totals["Total"], here)


def invoice_totals(booked: Sequence[Document], sent: Document, kind: DocumentKind) -> dict[str, Decimal]:
    tax = net = discounts = NO_MONEY
    for line in booked:
        tax += line["TaxAmount"]
        net += line["LineAmount"]
        discounts += lines.discount_of(line)
    amounts = lines.line_amount_types(sent)
    if amounts == lines.INCLUSIVE:
        net -= tax
    total = net if amounts == lines.NO_TAX else net + tax
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
    sales = _sales_of_number(number, kind, call, state)
    if any(sale[kind.id] != sent.get(kind.id, "") for sale in sales):
        yield make_problem("number-taken", (*here, kind.number), document=kind.label)


def currency_problems(sent: Document, here: Path, state: State) -> Iterator[Problem]:
    currency = sent.get("CurrencyCode", base_currency(state))
    if currency_rate(currency, state) is None:
        yield make_problem("currency-unknown", (*here, "CurrencyCode"), currency=currency)


def invoice_header(sent: Document, state: State) -> dict[str, Json]:
    """Return the members of an invoice except ids, lines and totals. If the contact is unknown, create it."""
    sale = sent["Type"] in (INVOICE.sale, CREDIT_NOTE.sale)
    currency = sent.get("CurrencyCode", base_currency(state))
    contact = contacts.find_or_create_partner(sent["Contact"], state, customer=sale)
    status = sent.get("Status", "DRAFT")
    return {
        "Type": sent["Type"],
        **(_sale_members(sent, state) if sale else {}),
        "ContactID": contact["ContactID"],
        "Date": date_or_today(sent, state),
        **_other_dates(sent),
        "Status": status,
        "LineAmountTypes": lines.line_amount_types(sent),
        "CurrencyCode": currency,
        "CurrencyRate": _currency_rate(sent, currency, state),
        "SentToContact": status == "AUTHORISED" and sent.get("SentToContact", False),
        **pick_members(sent, "Url", "BrandingThemeID"),
        "UpdatedDateUTC": stored_instant(state.now),
    }


def _sale_members(sent: Document, state: State) -> dict[str, Json]:
    """Return the sent reference of a sale, and the id of the first branding theme, which is the default."""
    first = min(BRANDING_THEME.rows(state).values(), key=lambda theme: theme["SortOrder"], default=EMPTY)
    return {**pick_members(sent, "Reference"), **pick_members(first, BRANDING_THEME.id)}


def _currency_rate(sent: Document, currency: str, state: State) -> Decimal:
    """Return the sent rate or else the stored rate: units of `currency` for one unit of the base currency."""
    if currency == base_currency(state):
        return Decimal(1)
    return round_to(sent.get("CurrencyRate", currency_rate(currency, state)), RATE_STEP)


def _other_dates(sent: Document) -> dict[str, Json]:
    names = ("DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
    return {name: day for name in names if (day := parse_date(sent.get(name)))}


def _sales_of_number(number: str, kind: DocumentKind, call: Call, state: State) -> list[Document]:
    return [one for one in books.find_by_number(number, call, state, kind) if one["Type"] == kind.sale]


def _next_number(kind: DocumentKind, request: Request, state: State) -> str:
    sequence = f"{kind.collection.removesuffix('s')}-number/{request.tenant}"
    while True:
        number = f"{kind.prefix}{state.next(sequence):04d}"
        if not _sales_of_number(number, kind, request.call, state):
            return number


def check_invoice_update(item: Item, request: Request, state: State) -> Iterator[Problem]:
    sent: Document = item.document
    here, kind = item_path(item, request), books.kind_of(request)
    stored = _find_target(sent, request, state)
    if stored is not None:
        yield from _update_problems(stored, _changes(stored, sent, kind), request, here, state)
    elif names_id(sent, kind.id, request):
        yield make_problem("not-here", (*here, kind.id))
    else:
        yield from new_invoice_problems(item, request)
        yield from check_invoice(item, request, state)


def update_or_create_invoice(item: Item, request: Request, state: State) -> Outcome:
    kind = books.kind_of(request)
    stored = _find_target(item.document, request, state)
    if stored is None:
        outcome, sent = create_invoice(item, request, state), item.document
    else:
        sent = _merge(stored, _changes(stored, item.document, kind), kind)
        if sent["Status"] in books.FINAL_STATUSES:
            now = stored_instant(state.now)
            changed: Document = {**stored, "Status": sent["Status"], "UpdatedDateUTC": now}
        else:
            changed = _update_invoice(stored, sent, request, state)
        kind.store(changed, state)
        add_document_line(kind, stored, changed, state)
        if kind is INVOICE and sent["Status"] in books.FINAL_STATUSES:
            # The answer to this call shows the open amount for the last time.
            kind.store({**changed, kind.unsettled: NO_MONEY}, state)
        outcome = Outcome(item, Action.UPDATED, documents.attach_contact(changed, state))
    warnings = invoice_warnings(Item(item.index, item.key, sent), request)
    return replace(outcome, warnings=tuple(warnings))


def represent_rejected(outcome: Outcome, request: Request, state: State) -> dict[str, Json]:
    """Return a failed element with the contact and the amounts of the stored document that the element names.

    If the element names none, take the contact that it names, and the amounts that its lines come to.
    Source: docs/vendors/xero.md#error-shapes.
    """
    kind, sent, batch = books.kind_of(request), outcome.item.document, request.operation.batch
    shown = documents.echo_rejected(kind, HasErrors=True)(outcome, request, state)
    if not isinstance(sent, dict):
        return shown
    stored = (_find_target(sent, request, state) if batch and batch.upsert else None) or EMPTY
    parts = _stored_parts(sent, stored, request, state) if documents.is_filled(request) else EMPTY
    kept = pick_members(shown, kind.number, "CurrencyRate")
    return {**shown, **parts, **pick_members(stored, kind.id), **kept}


def _stored_parts(sent: Document, stored: Document, request: Request, state: State) -> dict[str, Json]:
    kind = books.kind_of(request)
    amounts = stored or _computed_amounts(sent, request, state)
    contact = contacts.find_contact(sent.get("Contact") or stored, state)
    return {
        **({} if contact is None else {"Contact": documents.represent_contact(contact)}),
        **{name: [] for name in ("Payments", *(one.plural for one in CREDITS if kind is INVOICE))},
        **amount_members(amounts, kind.unsettled, *kind.settled, "CurrencyRate"),
        **({"IsDiscounted": "TotalDiscount" in amounts} if kind is INVOICE else {}),
        **pick_members(stored, kind.number),
    }


def _computed_amounts(sent: Document, request: Request, state: State) -> Document:
    """Return the totals and the rate of a document that was not created; omit amounts beyond the maximum."""
    booked = [line.document for line in lines.calculate_lines(sent, request, (), state)]
    rate = currency_rate(sent.get("CurrencyCode", base_currency(state)), state)
    computed = {**invoice_totals(booked, sent, books.kind_of(request)), "CurrencyRate": rate}
    return {name: one for name, one in computed.items() if one is not None and abs(one) <= MAX_AMOUNT}


def _find_target(sent: Document, request: Request, state: State) -> Document | None:
    """Return the document named in the path, else by the sent id, else the sale with the number; or None."""
    kind = books.kind_of(request)
    if kind.id in request.parameters:
        return books.find_in_path(kind, request, state)
    if names_id(sent, kind.id, request):
        return kind.rows(state).get(sent[kind.id].lower())
    number = sent.get(kind.number)
    if not number or sent.get("Type", kind.sale) != kind.sale:
        return None
    return next(iter(_sales_of_number(number, kind, request.call, state)), None)


def _update_problems(
    stored: Document, changes: Document, request: Request, here: Path, state: State
) -> Iterator[Problem]:
    kind = books.kind_of(request)
    closed = tuple(_transition_problems(stored, changes, here, kind, state))
    yield from closed
    merged = _merge(stored, changes, kind)
    if closed:
        return
    if merged["Status"] in books.FINAL_STATUSES:
        yield from contacts.archived_contact_problems(merged["Contact"], state, (*here, "Contact"))
        return
    yield from invoice_content_problems(merged, here, kind)
    computed = lines.merged_lines(stored, merged, request, here, state)
    yield from booking_problems(merged, computed, request, here, state)


def _transition_problems(
    stored: Document, changes: Document, here: Path, kind: DocumentKind, state: State
) -> Iterator[Problem]:
    status = stored["Status"]
    if changes.get("Type", stored["Type"]) != stored["Type"]:
        yield make_problem("type-unmodifiable", (*here, "Type"), document=kind.label)
    if changes.get("Status", status) not in _STATUS_TRANSITIONS.get(status, ()):
        yield make_problem("status-unmodifiable", (*here, "Status"), document=kind.label)
    if _is_partly_settled(stored, kind) and not _may_change_when_part_paid(stored, changes, state):
        yield make_problem("has-payments", here)


def _is_partly_settled(stored: Document, kind: DocumentKind) -> bool:
    return bool(stored["Status"] not in books.FINAL_STATUSES and stored[kind.unsettled] != stored["Total"])


def _may_change_when_part_paid(stored: Document, changes: Document, state: State) -> bool:
    """Return whether a part-paid document is an authorised sales invoice that may have all `changes`.

    If a credit is allocated, the contact may not change: a credit and its invoice have the same contact.
    """
    if stored["Type"] != INVOICE.sale or stored["Status"] != "AUTHORISED":
        return False
    if stored["AmountCredited"] and "Contact" in changes:
        contact = contacts.find_contact(changes["Contact"], state)
        if contact is None or contact["ContactID"] != stored["ContactID"]:
            return False
    return all(
        name in _CHANGEABLE_WHEN_PART_PAID or _is_stored(name, value, stored)
        for name, value in changes.items()
        if name in _RETAINED_MEMBERS
    )


def _is_stored(name: str, value: Json, stored: Document) -> bool:
    kept = stored.get(name)
    return bool(parse_date(value) == kept if name.endswith("Date") else value == kept)


def _changes(stored: Document, sent: Document, kind: DocumentKind) -> Document:
    """Return `sent` without empty contact, numbers and lines; if part-paid, also without unchanged lines."""
    changes = {name: value for name, value in sent.items() if value or name not in _EMPTY_MEANS_ABSENT}
    own_lines = (
        "LineItems" in changes
        and _is_partly_settled(stored, kind)
        and lines.are_lines_unchanged(changes["LineItems"], stored["LineItems"])
    )
    return {name: value for name, value in changes.items() if not (own_lines and name == "LineItems")}


def _merge(stored: Document, changes: Document, kind: DocumentKind) -> dict[str, Json]:
    kept = pick_members(stored, *_RETAINED_MEMBERS)
    if changes.get("CurrencyCode", stored["CurrencyCode"]) != stored["CurrencyCode"]:
        del kept["CurrencyRate"]
    return {**kept, "Contact": {"ContactID": stored["ContactID"]}, **changes, kind.id: stored[kind.id]}


def _update_invoice(stored: Document, sent: Document, request: Request, state: State) -> Document:
    kind = books.kind_of(request)
    booked = lines.changed_lines(stored, sent, request, state)
    return {
        **invoice_header(sent, state),
        **pick_members(stored, kind.id, "App", "HasAttachments"),
        **(
            {kind.number: key_rules(request.call.assumptions).stored(sent[kind.number])}
            if kind.number in sent
            else {}
        ),
        "LineItems": booked,
        **invoice_totals(booked, sent, kind),
        **(pick_members(stored, kind.unsettled, *kind.settled) if _is_partly_settled(stored, kind) else {}),
    }


def _batches(kind: DocumentKind) -> Mapping[str, BatchHandler]:
    handler = partial(
        documents.batch_handler,
        kind,
        saved=documents.saved_documents(kind),
        named=kind.number,
        ids=("LineItemID",),
    )
    return documents.write_operations(
        kind,
        create=handler(
            check_invoice,
            create_invoice,
            new_invoice_problems,
            rejected=represent_rejected,
            warnings=(invoice_warnings,) if kind is INVOICE else (),
        ),
        update=handler(check_invoice_update, update_or_create_invoice, rejected=represent_rejected),
    )


BATCHES: Mapping[str, BatchHandler] = {**_batches(INVOICE), **_batches(CREDIT_NOTE)}
