"""The demo company's fixtures: their arithmetic, and what users look for in them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from mockserver.engine.registry import LoadedVendor, discover_vendors
from mockserver.model import Document
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import TENANT

_STATUSES = {"DRAFT", "SUBMITTED", "AUTHORISED", "PAID", "VOIDED", "DELETED"}
_RATES = {"NONE": Decimal(0), "OUTPUT2": Decimal("0.15"), "INPUT2": Decimal("0.15")}


def _vendor() -> LoadedVendor:
    (found,) = [one for one in discover_vendors() if one.name == "xero"]
    return found


BOOKS: Mapping[str, Mapping[str, Document]] = _vendor().fixtures[f"xero/{TENANT}"]
INVOICES = list(BOOKS["invoices"].values())


def number(invoice: Document) -> str:
    return str(invoice["InvoiceNumber"])


@pytest.mark.parametrize("invoice", INVOICES, ids=number)
def test_the_lines_of_an_invoice_add_up(invoice: Document) -> None:
    lines = invoice["LineItems"]

    assert all(line["LineAmount"] == line["Quantity"] * line["UnitAmount"] for line in lines)
    assert all(line["TaxAmount"] == line["LineAmount"] * _RATES[line["TaxType"]] for line in lines)
    assert invoice["SubTotal"] == sum(line["LineAmount"] for line in lines)
    assert invoice["TotalTax"] == sum(line["TaxAmount"] for line in lines)
    assert invoice["Total"] == invoice["SubTotal"] + invoice["TotalTax"]


@pytest.mark.parametrize("invoice", INVOICES, ids=number)
def test_due_is_what_is_neither_paid_nor_credited(invoice: Document) -> None:
    is_closed, is_paid = invoice["Status"] in ("VOIDED", "DELETED"), invoice["Status"] == "PAID"
    open_amount = invoice["Total"] - invoice["AmountPaid"] - invoice["AmountCredited"]

    assert invoice["AmountDue"] == (0 if is_closed else open_amount)
    assert (is_closed or is_paid) == (invoice["AmountDue"] == 0)
    assert is_paid == ("FullyPaidOnDate" in invoice)


@pytest.mark.parametrize("invoice", INVOICES, ids=number)
def test_payments_make_up_what_is_paid(invoice: Document) -> None:
    payments = [one for one in BOOKS["payments"].values() if one["InvoiceID"] == invoice["InvoiceID"]]

    assert invoice["AmountPaid"] == sum(one["Amount"] for one in payments)
    assert {one["PaymentType"] for one in payments} <= {f"{invoice['Type']}PAYMENT"}


@pytest.mark.parametrize("invoice", INVOICES, ids=number)
def test_an_invoice_names_records_that_are_there(invoice: Document) -> None:
    codes = {one["Code"]: one["AccountID"] for one in BOOKS["accounts"].values()}

    assert invoice["ContactID"] in BOOKS["contacts"]
    assert all(codes[line["AccountCode"]] == line["AccountID"] for line in invoice["LineItems"])


@pytest.mark.parametrize("item", BOOKS["items"].values(), ids=lambda one: str(one["Code"]))
def test_an_item_names_accounts_that_are_there(item: Document) -> None:
    details = (item["PurchaseDetails"], item["SalesDetails"])
    named = {one[name] for one in details for name in ("AccountCode", "COGSAccountCode") if name in one}

    assert named <= {one["Code"] for one in BOOKS["accounts"].values()}


def test_batches_add_up() -> None:
    payments = BOOKS["payments"]
    batches = BOOKS["batch-payments"].values()

    assert all(
        batch["TotalAmount"] == sum(payments[key]["BankAmount"] for key in batch["Payments"])
        for batch in batches
    )


@pytest.mark.parametrize(("collection", "key"), [("accounts", "Code"), ("contacts", "Name")])
def test_names_are_unique(collection: str, key: str) -> None:
    names = [one[key] for one in BOOKS[collection].values()]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", ["ACCREC", "ACCPAY"])
def test_there_are_sales_and_bills_of_every_status(kind: str) -> None:
    assert {one["Status"] for one in INVOICES if one["Type"] == kind} == _STATUSES


def test_an_account_has_the_members_in_order(read: Read) -> None:
    shown = {one["Code"]: " ".join(one) for one in read("Accounts")}
    first = "AccountID Code Name Status Type TaxType"
    flags = "EnablePaymentsToAccount ShowInExpenseClaims"
    last = "ReportingCode ReportingCodeName HasAttachments UpdatedDateUTC AddToWatchlist"

    assert shown["090"] == f"{first} Class {flags} BankAccountNumber BankAccountType CurrencyCode {last}"
    assert shown["200"] == f"{first} Description Class {flags} BankAccountType {last}"
    assert shown["610"] == f"{first} Description Class SystemAccount {flags} BankAccountType {last}"


def test_the_organisation_has_the_recorded_members_in_order(read: Read) -> None:
    assert " ".join(read("Organisation", "Organisations")[0]) == (
        "Name LegalName PaysTax Version OrganisationType BaseCurrency CountryCode IsDemoCompany "
        "OrganisationStatus RegistrationNumber TaxNumber TaxNumberName FinancialYearEndDay "
        "FinancialYearEndMonth SalesTaxBasis SalesTaxPeriod DefaultSalesTax DefaultPurchasesTax "
        "PeriodLockDate CreatedDateUTC Timezone OrganisationEntityType ShortCode OrganisationID Class "
        "Edition LineOfBusiness Addresses Phones ExternalLinks PaymentTerms"
    )
