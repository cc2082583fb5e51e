"""Resources of the accounting API: each is a row in `resources.yaml`.

A row gives the fields of filters, the representation in answers, the parameters of lists, and the members of
rejected elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from msgspec import convert

from mockserver.model import Document, Json, Value
from mockserver.sandbox.store import Collection, State
from mockserver.vendor import read_tables
from mockserver.vendors.xero.answers import pick_members
from mockserver.vendors.xero.dates_and_amounts import (
    amount_members,
    cut_to_seconds,
    date_members,
    parse_stored,
    print_amount,
    print_date,
    print_instant_ms,
    print_now_ms,
)
from mockserver.vendors.xero.lists import FieldType, FilterEntity, Operand, own_field, related_fields

_WORD_START = re.compile("(?<=[a-z])(?=[A-Z])")


class MemberType(Value, frozen=True):
    """How filters read members of a type, and how answers show them."""

    field: FieldType | None
    """Type in filters; None if filters cannot read members of this type."""
    show: Callable[..., Mapping[str, Json]]
    source: str = ""
    """Name of the stored member with the value, if the shown member has another name."""
    absent: Json = None
    """The value that filters compare if no value is stored."""


def _show_dates(document: Document, *names: str) -> Mapping[str, Json]:
    return {key: value for name in names for key, value in date_members(name, document).items()}


def _printed_by(show: Callable[[str], str]) -> Callable[..., Mapping[str, Json]]:
    return lambda document, *names: {name: show(document[name]) for name in names if name in document}


def _present(otherwise: Json) -> Callable[..., Mapping[str, Json]]:
    return lambda document, *names: {name: document.get(name, otherwise) for name in names}


def _show_changed(document: Document, name: str) -> Mapping[str, Json]:
    stored = document[name]
    return {name: print_instant_ms(stored), f"{name}String": f"{cut_to_seconds(stored)}Z"}


def _show_rate(document: Document, *names: str) -> Mapping[str, Json]:
    return dict.fromkeys(names, print_amount(Decimal(document["Rate"])))


_TYPES: Mapping[str, MemberType] = {
    "text": MemberType(FieldType.TEXT, pick_members),
    "blank": MemberType(FieldType.TEXT, _present(""), absent=""),
    "guid": MemberType(FieldType.GUID, pick_members),
    "flag": MemberType(FieldType.FLAG, pick_members),
    "switch": MemberType(FieldType.FLAG, _present(otherwise=False)),
    "amount": MemberType(FieldType.NUMBER, amount_members),
    "count": MemberType(FieldType.NUMBER, pick_members),
    "rate": MemberType(FieldType.NUMBER, _show_rate, "Rate"),
    # A day, after a member with the text of the day.
    "date": MemberType(FieldType.MOMENT, _show_dates),
    "day": MemberType(FieldType.MOMENT, _printed_by(print_date)),
    "instant": MemberType(FieldType.MOMENT, _printed_by(print_instant_ms)),
    # An instant without an offset.
    "created": MemberType(FieldType.MOMENT, _printed_by(lambda stored: print_now_ms(parse_stored(stored)))),
    # An instant, before a member with the text of the instant.
    "changed": MemberType(FieldType.MOMENT, _show_changed),
    "part": MemberType(None, pick_members),
    "unfiltered-amount": MemberType(None, amount_members),
    "unfiltered-instant": MemberType(None, _printed_by(print_instant_ms)),
    "not": MemberType(None, lambda _, *names: dict.fromkeys(names, False)),
    "no-elements": MemberType(None, lambda _, *names: {name: [] for name in names}),
}
_TABLES = read_tables(__file__)
PAYEE: tuple[str, ...] = tuple(_TABLES["texts"]["payee"].split())
STATEMENT: tuple[str, ...] = tuple(_TABLES["texts"]["statement"].split())


@dataclass(frozen=True, eq=False)
class Resource:
    """A kind of document: a row of `resources.yaml`."""

    name: str
    layout: tuple[Any, ...]
    """Types with their members, in wire order. A nested list is a part that several layouts share."""
    key: str = ""
    """Name of the member with the id; "" means the resource's name followed by ID."""
    number: str = ""
    """The member that may name a document in place of its id."""
    order: str = "UpdatedDateUTC"
    """The order of lists if a call asks for no order."""
    optimised: Mapping[str, str] = field(default_factory=dict)
    """For `where` and for `order`, the fields accepted at high volume; all fields if there is no entry."""
    related: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """For each prefix in filters, the member with a related document's id, and the name of the resource."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """For each parameter of a list, the member that must have one of the parameter's values."""
    searched: tuple[str, ...] = ()
    """Members that `searchTerm` looks in."""
    heavy: str = ""
    """Members that a summary omits, separated by spaces."""
    echo: tuple[str, ...] = ()
    """Members that a rejected element shows again, in texts of names separated by spaces."""
    archived: str = ""
    """If set, lists show only documents with ACTIVE in this member, unless a call asks for all documents."""

    @cached_property
    def plural(self) -> str:
        return f"{self.name[:-1]}ies" if self.name.endswith("y") else f"{self.name}s"

    @cached_property
    def collection(self) -> str:
        return _WORD_START.sub("-", self.plural).lower()

    @cached_property
    def id(self) -> str:
        return self.key or f"{self.name}ID"

    @cached_property
    def members(self) -> tuple[tuple[MemberType, tuple[str, ...]], ...]:
        entries = [one for part in self.layout for one in (part if isinstance(part, list) else [part])]
        return tuple((_TYPES[kind], tuple(names.split())) for one in entries for kind, names in one.items())

    @cached_property
    def echoed(self) -> tuple[str, ...]:
        return tuple(" ".join(self.echo).split())

    @cached_property
    def entity(self) -> FilterEntity:
        fields: dict[str, Operand] = {
            name.lower(): own_field(kind.field, kind.source or name, kind.absent)
            for kind, names in self.members
            if kind.field
            for name in names
        }
        for prefix, (member, name) in self.related.items():
            other = _RELATED[name]
            fields |= related_fields(prefix, member, other.collection, other.entity.fields)
        optimised = {name: frozenset(one.lower().split()) for name, one in self.optimised.items()}
        return FilterEntity(self.name, fields, self.order, optimised)

    def rows(self, state: State) -> Collection:
        return state.collection(self.collection)

    def first(self, member: str, value: Json, state: State) -> Document | None:
        """Return the first document with the value in `member`, or None; an empty value finds no document."""
        return next(iter(self.rows(state).find(member, value)), None) if value else None

    def store(self, document: Document, state: State) -> Document:
        self.rows(state)[document[self.id]] = document
        return document

    def represent(self, document: Document) -> dict[str, Json]:
        shown: dict[str, Json] = {}
        for kind, names in self.members:
            shown |= kind.show(document, *names)
        return shown


@dataclass(frozen=True, eq=False)
class DocumentKind(Resource):
    """Invoices, or a kind of credit that reduces invoices."""

    sales: tuple[str, ...] = ()
    """Types of documents for customers. New documents have the first type."""
    purchases: tuple[str, ...] = ()
    """Types of documents for suppliers. New documents have the first type."""
    payments: tuple[str, str] = ("", "")
    """Type of a payment for sales, and type of a payment for purchases."""
    unsettled: str = "RemainingCredit"
    """The member with the open amount."""
    settled: tuple[str, ...] = ()
    """The members with settled amounts."""
    prefix: str = ""
    """Start of the number that a sale gets if no number was sent."""
    due: bool = False
    """Whether an approved document needs a due date."""

    @cached_property
    def label(self) -> str:
        return _WORD_START.sub(" ", self.name)

    @property
    def sale(self) -> str:
        return self.sales[0]

    @property
    def purchase(self) -> str:
        return self.purchases[0]

    def payment_type(self, document: Document) -> str:
        sale, purchase = self.payments
        return sale if document["Type"] in self.sales else purchase


def _read(name: str) -> Resource:
    return convert({"name": name, **_TABLES[name]}, Resource)


def _read_kind(name: str) -> DocumentKind:
    return convert({"name": name, **_TABLES[name]}, DocumentKind)


ACCOUNT, CONTACT = _read("Account"), _read("Contact")
INVOICE, CREDIT_NOTE = _read_kind("Invoice"), _read_kind("CreditNote")
OVERPAYMENT, PREPAYMENT = _read_kind("Overpayment"), _read_kind("Prepayment")
CREDITS = (CREDIT_NOTE, PREPAYMENT, OVERPAYMENT)
"""Kinds of credits, in the order in which an invoice lists them."""

ALLOCATION, PAYMENT, BATCH_PAYMENT = _read("Allocation"), _read("Payment"), _read("BatchPayment")
BANK_TRANSACTION = _read("BankTransaction")
CURRENCY, TAX_RATE, ITEM, USER = _read("Currency"), _read("TaxRate"), _read("Item"), _read("User")
TRACKING_CATEGORY, BRANDING_THEME = _read("TrackingCategory"), _read("BrandingTheme")
ORGANISATION = _read("Organisation")
_RELATED = {one.name: one for one in (ACCOUNT, CONTACT, INVOICE)}
