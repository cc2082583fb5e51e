"""Resources of the accounting API: a row each, with its members in wire order.

A row gives the fields of filters, the representation in answers, the parameters of lists, and the members of
rejected elements.
Source: docs/vendors/xero.md#small-objects, #account, #contact, #invoice, #credits, #payment, #batch-payment,
#bank-transactions, #settings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from mockserver.model import Document, Json, Value
from mockserver.sandbox.store import Collection, State
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
_CONTACT_TEXTS = (
    "ContactNumber AccountNumber ContactStatus Name FirstName LastName CompanyNumber EmailAddress "
    "BankAccountDetails TaxNumber AccountsReceivableTaxType AccountsPayableTaxType"
)
_CONTACT_DETAILS = (
    "SalesDefaultLineAmountType PurchasesDefaultLineAmountType SalesDefaultAccountCode "
    "PurchasesDefaultAccountCode SalesTrackingCategories PurchasesTrackingCategories TaxNumberType "
    "XeroNetworkKey PaymentTerms BatchPayments"
)
PAYEE = "BankAccountNumber Particulars Code Reference Details"
STATEMENT = "Reference Particulars Code Details Narrative"


class MemberType(Value, frozen=True):
    """A type of members: its type in filters, if any, and its representation."""

    field: FieldType | None
    show: Callable[..., Mapping[str, Json]]
    source: str = ""
    """The stored member that it is read from, if it is not the one of its name."""


def _show_dates(document: Document, *names: str) -> Mapping[str, Json]:
    return {key: value for name in names for key, value in date_members(name, document).items()}


def _printed_by(show: Callable[[str], str]) -> Callable[..., Mapping[str, Json]]:
    return lambda document, *names: {name: show(document[name]) for name in names if name in document}


def _present(otherwise: Json) -> Callable[..., Mapping[str, Json]]:
    return lambda document, *names: {name: document.get(name, otherwise) for name in names}


def _show_changed(document: Document, name: str) -> Mapping[str, Json]:
    stored = document[name]
    return {name: print_instant_ms(stored), f"{name}String": f"{cut_to_seconds(stored)}Z"}


def _show_false(_document: Document, *names: str) -> Mapping[str, Json]:
    return dict.fromkeys(names, False)


def _show_empty(_document: Document, *names: str) -> Mapping[str, Json]:
    return {name: [] for name in names}


def _show_rate(document: Document, *names: str) -> Mapping[str, Json]:
    return dict.fromkeys(names, print_amount(Decimal(document["Rate"])))


TEXT = MemberType(FieldType.TEXT, pick_members)
BLANK = MemberType(FieldType.TEXT, _present(""))
"""A text that is empty where none is stored."""

GUID = MemberType(FieldType.GUID, pick_members)
FLAG = MemberType(FieldType.FLAG, pick_members)
SWITCH = MemberType(FieldType.FLAG, _present(otherwise=False))
"""A flag that is false where none is stored."""

AMOUNT = MemberType(FieldType.NUMBER, amount_members)
COUNT = MemberType(FieldType.NUMBER, pick_members)
RATE = MemberType(FieldType.NUMBER, _show_rate, "Rate")
DATE = MemberType(FieldType.MOMENT, _show_dates)
"""A day, with its text before it."""

DAY = MemberType(FieldType.MOMENT, _printed_by(print_date))
INSTANT = MemberType(FieldType.MOMENT, _printed_by(print_instant_ms))
CREATED = MemberType(FieldType.MOMENT, _printed_by(lambda stored: print_now_ms(parse_stored(stored))))
"""An instant without an offset."""

CHANGED = MemberType(FieldType.MOMENT, _show_changed)
"""An instant, with its text behind it."""

PART = MemberType(None, pick_members)
"""A member that filters do not read; most come of other documents, such as the contact."""

UNFILTERED_AMOUNT = MemberType(None, amount_members)
UNFILTERED_INSTANT = MemberType(None, _printed_by(print_instant_ms))
FALSE = MemberType(None, _show_false)
NO_ELEMENTS = MemberType(None, _show_empty)

Layout: TypeAlias = tuple[tuple[MemberType, str], ...]


@dataclass(frozen=True, eq=False)
class Resource:
    """A kind of document.

    `layout` are its members in wire order, names of one type in one text. `key` names the id of a document if
    that is not the resource's name with ID; `number` may name a document in its place. `order` is that of
    lists; `optimised` are the fields for `where` and `order` over any number of documents, all without it.
    `related` are other documents for filters, by prefix: the member with the id, the resource.
    `parameters` are those of lists that hold values of a member. `searched` are the members for `searchTerm`,
    `heavy` those outside a summary, `echo` those of a rejected element. Lists show documents whose `archived`
    is ACTIVE, unless all are asked for.
    """

    name: str
    layout: Layout
    key: str = ""
    number: str = ""
    order: str = "UpdatedDateUTC"
    optimised: Mapping[str, str] = field(default_factory=dict)
    related: Mapping[str, tuple[str, Resource]] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    searched: tuple[str, ...] = ()
    heavy: str = ""
    echo: str = ""
    archived: str = ""

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
        return tuple((kind, tuple(names.split())) for kind, names in self.layout)

    @cached_property
    def echoed(self) -> tuple[str, ...]:
        return tuple(self.echo.split())

    @cached_property
    def entity(self) -> FilterEntity:
        fields: dict[str, Operand] = {
            name.lower(): own_field(kind.field, kind.source or name, "" if kind is BLANK else None)
            for kind, names in self.members
            if kind.field
            for name in names
        }
        for prefix, (member, other) in self.related.items():
            fields |= related_fields(prefix, member, other.collection, other.entity.fields)
        optimised = {name: frozenset(one.lower().split()) for name, one in self.optimised.items()}
        return FilterEntity(self.name, fields, self.order, optimised)

    def rows(self, state: State) -> Collection:
        return state.collection(self.collection)

    def first(self, member: str, value: Json, state: State) -> Document | None:
        """Return the first document with that value of a member, none for an empty value."""
        return next(iter(self.rows(state).find(member, value)), None) if value else None

    def store(self, document: Document, state: State) -> Document:
        self.rows(state)[document[self.id]] = document
        return document

    def represent(self, document: Document) -> dict[str, Json]:
        shown: dict[str, Json] = {}
        for kind, names in self.members:
            shown |= kind.show(document, *names)
        return shown


ACCOUNT = Resource(
    "Account",
    (
        (GUID, "AccountID"),
        (TEXT, "Code Name Status Type TaxType Description Class SystemAccount"),
        (FLAG, "EnablePaymentsToAccount ShowInExpenseClaims"),
        (TEXT, "BankAccountNumber"),
        (BLANK, "BankAccountType"),
        (TEXT, "CurrencyCode ReportingCode ReportingCodeName"),
        (FLAG, "HasAttachments"),
        (INSTANT, "UpdatedDateUTC"),
        (FLAG, "AddToWatchlist"),
    ),
    echo=(
        "AccountID Code Name Type TaxType Description EnablePaymentsToAccount ShowInExpenseClaims "
        "BankAccountNumber BankAccountType CurrencyCode ReportingCode AddToWatchlist"
    ),
)
CONTACT = Resource(
    "Contact",
    (
        (GUID, "ContactID"),
        (TEXT, _CONTACT_TEXTS),
        (PART, "Addresses Phones"),
        (INSTANT, "UpdatedDateUTC"),
        (NO_ELEMENTS, "ContactGroups"),
        (FLAG, "IsSupplier IsCustomer"),
        (TEXT, "DefaultCurrency"),
        (PART, _CONTACT_DETAILS),
        (PART, "Balances ContactPersons"),
        (SWITCH, "HasAttachments"),
        (PART, "Attachments"),
        (FALSE, "HasValidationErrors"),
    ),
    number="ContactNumber",
    optimised={
        "where": "Name EmailAddress AccountNumber ContactID",
        "order": "ContactID UpdatedDateUTC Name",
    },
    parameters={"IDs": "ContactID"},
    searched=("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress"),
    heavy=(
        "Addresses Balances ContactGroups ContactPersons IsSupplier IsCustomer SalesDefaultAccountCode "
        "PurchasesDefaultAccountCode SalesTrackingCategories PurchasesTrackingCategories"
    ),
    echo=f"{_CONTACT_TEXTS} DefaultCurrency Addresses Phones {_CONTACT_DETAILS} ContactPersons",
    archived="ContactStatus",
)
_TO_CONTACT = {"Contact": ("ContactID", CONTACT)}


@dataclass(frozen=True, eq=False)
class DocumentKind(Resource):
    """A resource that is an invoice, or reduces one.

    `sales` are the types of documents with customers, the first one for creation; `purchases` those with
    suppliers; `payments` are the types of payments of the two. `unsettled` is the open amount, `settled` are
    the settled ones. `number` is "" for a kind without numbers; `prefix` begins that of a sale without a sent
    one. `due`: an approved one needs a due date.
    """

    sales: tuple[str, ...] = ()
    purchases: tuple[str, ...] = ()
    payments: tuple[str, str] = ("", "")
    unsettled: str = "RemainingCredit"
    prefix: str = ""
    settled: tuple[str, ...] = ()
    due: bool = False

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


INVOICE = DocumentKind(
    "Invoice",
    (
        (TEXT, "Type"),
        (GUID, "InvoiceID"),
        (TEXT, "InvoiceNumber Reference"),
        (PART, "Payments CreditNotes Prepayments Overpayments"),
        (AMOUNT, "AmountDue AmountPaid AmountCredited"),
        (SWITCH, "SentToContact"),
        (AMOUNT, "CurrencyRate"),
        (FALSE, "HasErrors"),
        (PART, "IsDiscounted"),
        (SWITCH, "HasAttachments"),
        (PART, "Attachments"),
        (NO_ELEMENTS, "InvoiceAddresses InvoicePaymentServices"),
        (PART, "Contact"),
        (DATE, "Date DueDate"),
        (DAY, "ExpectedPaymentDate PlannedPaymentDate"),
        (TEXT, "Status LineAmountTypes"),
        (PART, "LineItems"),
        (AMOUNT, "SubTotal TotalTax Total"),
        (UNFILTERED_AMOUNT, "TotalDiscount"),
        (CHANGED, "UpdatedDateUTC"),
        (TEXT, "CurrencyCode"),
        (DAY, "FullyPaidOnDate"),
        (GUID, "BrandingThemeID"),
        (TEXT, "Url"),
    ),
    number="InvoiceNumber",
    optimised={
        "where": "Status Contact.ContactID Contact.Name Contact.ContactNumber Reference InvoiceNumber "
        "InvoiceID Date Type AmountDue AmountPaid DueDate",
        "order": "InvoiceID UpdatedDateUTC Date",
    },
    related=_TO_CONTACT,
    parameters={
        "IDs": "InvoiceID",
        "ContactIDs": "ContactID",
        "InvoiceNumbers": "InvoiceNumber",
        "Statuses": "Status",
    },
    searched=("InvoiceNumber", "Reference"),
    heavy="Payments HasAttachments LineItems",
    echo=(
        "Type InvoiceID InvoiceNumber Reference SentToContact CurrencyRate Attachments Contact Date DueDate "
        "ExpectedPaymentDate PlannedPaymentDate Status LineAmountTypes LineItems CurrencyCode "
        "BrandingThemeID RepeatingInvoiceID Url"
    ),
    sales=("ACCREC",),
    purchases=("ACCPAY",),
    payments=("ACCRECPAYMENT", "ACCPAYPAYMENT"),
    unsettled="AmountDue",
    prefix="INV-",
    settled=("AmountPaid", "AmountCredited"),
    due=True,
)


def _credit_layout(id_name: str, *own: tuple[MemberType, str]) -> Layout:
    return (
        (GUID, id_name),
        (TEXT, "CreditNoteNumber"),
        (PART, "Payments ID"),
        (AMOUNT, "CurrencyRate"),
        (TEXT, "Type Reference InvoiceNumber"),
        (FLAG, "SentToContact"),
        (AMOUNT, "RemainingCredit"),
        (PART, "Allocations"),
        (SWITCH, "HasAttachments"),
        (PART, "Attachments"),
        *own,
        (PART, "Contact"),
        (DATE, "Date DueDate"),
        (TEXT, "Status LineAmountTypes"),
        (PART, "LineItems"),
        (AMOUNT, "SubTotal TotalTax Total"),
        (CHANGED, "UpdatedDateUTC"),
        (TEXT, "CurrencyCode"),
        (DAY, "FullyPaidOnDate"),
        (GUID, "BrandingThemeID"),
    )


CREDIT_NOTE = DocumentKind(
    "CreditNote",
    _credit_layout("CreditNoteID", (FALSE, "HasErrors"), (NO_ELEMENTS, "InvoiceAddresses")),
    number="CreditNoteNumber",
    related=_TO_CONTACT,
    echo=(
        "Type CreditNoteID CreditNoteNumber Reference CurrencyRate Contact Date DueDate Status "
        "LineAmountTypes LineItems CurrencyCode BrandingThemeID"
    ),
    sales=("ACCRECCREDIT",),
    purchases=("ACCPAYCREDIT",),
    payments=("ARCREDITPAYMENT", "APCREDITPAYMENT"),
    prefix="CN-",
)
OVERPAYMENT = DocumentKind(
    "Overpayment",
    _credit_layout("OverpaymentID"),
    related=_TO_CONTACT,
    parameters={"References": "Reference"},
    sales=("RECEIVE-OVERPAYMENT", "AROVERPAYMENT"),
    purchases=("SPEND-OVERPAYMENT",),
    payments=("AROVERPAYMENTPAYMENT", "APOVERPAYMENTPAYMENT"),
)
PREPAYMENT = DocumentKind(
    "Prepayment",
    _credit_layout("PrepaymentID"),
    related=_TO_CONTACT,
    parameters={"InvoiceNumbers": "InvoiceNumber"},
    sales=("RECEIVE-PREPAYMENT", "ARPREPAYMENT"),
    purchases=("SPEND-PREPAYMENT", "APPREPAYMENT"),
    payments=("ARPREPAYMENTPAYMENT", "APPREPAYMENTPAYMENT"),
)
CREDITS = (CREDIT_NOTE, PREPAYMENT, OVERPAYMENT)
"""In the order in which an invoice lists them."""

ALLOCATION = Resource(
    "Allocation",
    (
        (GUID, "AllocationID"),
        (AMOUNT, "Amount"),
        (DAY, "Date"),
        (PART, "Invoice"),
        (FALSE, "IsDeleted"),
    ),
    echo="Amount Date Invoice",
)
PAYMENT = Resource(
    "Payment",
    (
        (GUID, "PaymentID BatchPaymentID"),
        (PART, "BatchPayment"),
        (DAY, "Date"),
        (AMOUNT, "BankAmount Amount"),
        (TEXT, PAYEE),
        (AMOUNT, "CurrencyRate"),
        (TEXT, "PaymentType Status"),
        (CHANGED, "UpdatedDateUTC"),
        (PART, "HasAccount"),
        (FLAG, "IsReconciled"),
        (PART, "Account Invoice"),
        (FALSE, "HasValidationErrors"),
    ),
    related={"Invoice": ("InvoiceID", INVOICE), "Account": ("AccountID", ACCOUNT)},
    echo=(
        "Invoice CreditNote Prepayment Overpayment InvoiceNumber CreditNoteNumber PaymentID Account Date "
        "CurrencyRate Amount Reference Particulars Code Details BankAccountNumber IsReconciled"
    ),
)
BATCH_PAYMENT = Resource(
    "BatchPayment",
    (
        (PART, "Account"),
        (TEXT, STATEMENT),
        (GUID, "BatchPaymentID"),
        (DATE, "Date"),
        (PART, "Payments"),
        (TEXT, "Type Status"),
        (AMOUNT, "TotalAmount"),
        (INSTANT, "UpdatedDateUTC"),
        (FLAG, "IsReconciled"),
    ),
    related={"Account": ("AccountID", ACCOUNT)},
    echo=f"Account {STATEMENT} BatchPaymentID Date Payments",
)
BANK_TRANSACTION = Resource(
    "BankTransaction",
    (
        (GUID, "BankTransactionID PrepaymentID OverpaymentID"),
        (PART, "BankAccount"),
        (TEXT, "Type Reference"),
        (FLAG, "IsReconciled"),
        (AMOUNT, "CurrencyRate"),
        (SWITCH, "HasAttachments"),
        (PART, "Attachments Contact"),
        (DATE, "Date"),
        (TEXT, "Status LineAmountTypes"),
        (PART, "LineItems"),
        (AMOUNT, "SubTotal TotalTax Total"),
        (INSTANT, "UpdatedDateUTC"),
        (TEXT, "CurrencyCode Url"),
    ),
    related={**_TO_CONTACT, "BankAccount": ("AccountID", ACCOUNT)},
    echo=(
        "BankTransactionID BankAccount Type Reference IsReconciled CurrencyRate Contact Date Status "
        "LineAmountTypes LineItems CurrencyCode Url"
    ),
)
CURRENCY = Resource("Currency", ((TEXT, "Code Description"),), order="Code")
TAX_RATE = Resource(
    "TaxRate",
    (
        (TEXT, "Name TaxType ReportTaxType"),
        (
            FLAG,
            "CanApplyToAssets CanApplyToEquity CanApplyToExpenses CanApplyToLiabilities CanApplyToRevenue",
        ),
        (RATE, "DisplayTaxRate EffectiveRate"),
        (TEXT, "Status"),
        (PART, "TaxComponents"),
    ),
    key="TaxType",
    order="Name",
)
ITEM = Resource(
    "Item",
    (
        (GUID, "ItemID"),
        (TEXT, "Code Description PurchaseDescription"),
        (INSTANT, "UpdatedDateUTC"),
        (PART, "PurchaseDetails SalesDetails"),
        (TEXT, "Name"),
        (FLAG, "IsTrackedAsInventory"),
        (PART, "InventoryAssetAccountCode"),
        (AMOUNT, "TotalCostPool QuantityOnHand"),
        (FLAG, "IsSold IsPurchased"),
    ),
    number="Code",
    echo=(
        "ItemID Code Description PurchaseDescription PurchaseDetails SalesDetails Name "
        "InventoryAssetAccountCode IsSold IsPurchased"
    ),
)
USER = Resource(
    "User",
    (
        (GUID, "UserID"),
        (TEXT, "EmailAddress FirstName LastName"),
        (FLAG, "IsSubscriber"),
        (TEXT, "OrganisationRole"),
        (INSTANT, "UpdatedDateUTC"),
    ),
)
TRACKING_CATEGORY = Resource(
    "TrackingCategory",
    ((TEXT, "Name Status"), (GUID, "TrackingCategoryID"), (PART, "Options")),
    order="Name",
    archived="Status",
)
BRANDING_THEME = Resource(
    "BrandingTheme",
    (
        (PART, "BrandingThemeID Name LogoUrl Type"),
        (COUNT, "SortOrder"),
        (UNFILTERED_INSTANT, "CreatedDateUTC"),
    ),
    order="SortOrder",
)
ORGANISATION = Resource(
    "Organisation",
    (
        (TEXT, "Name LegalName PaysTax Version OrganisationType BaseCurrency CountryCode IsDemoCompany"),
        (TEXT, "OrganisationStatus RegistrationNumber TaxNumber TaxNumberName FinancialYearEndDay"),
        (TEXT, "FinancialYearEndMonth SalesTaxBasis SalesTaxPeriod DefaultSalesTax DefaultPurchasesTax"),
        (DAY, "PeriodLockDate EndOfYearLockDate"),
        (CREATED, "CreatedDateUTC"),
        (TEXT, "Timezone OrganisationEntityType ShortCode OrganisationID Class Edition LineOfBusiness"),
        (PART, "Addresses Phones ExternalLinks PaymentTerms"),
    ),
)
