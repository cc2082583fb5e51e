"""How documents of the Xero server are shown."""

from __future__ import annotations

from tests.contract.foreign.xero_books import Books
from tests.contract.foreign.xero_language import Json, day, shown_day

_LISTS = ("Payments", "CreditNotes", "Prepayments", "Overpayments")


def show_invoice(books: Books, one: Json, *, short: bool = False, decimals: int = 2) -> Json:
    days = ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
    shown = {name: value for name, value in one.items() if value != "" and name not in days}
    for name in [name for name in days if name in one]:
        shown |= shown_day(name, day(one[name]), twice=name in days[:2])
    lines = [{**line, "UnitAmount": round(line["UnitAmount"], decimals)} for line in one["LineItems"]]
    shown |= {"LineItems": [] if short else lines, **{name: [] for name in _LISTS}}
    shown |= {"AmountCredited": 0, "HasErrors": False, "IsDiscounted": False, "HasAttachments": False}
    shown["Payments"] = [
        {
            "PaymentID": it["PaymentID"],
            **shown_day("Date", day(it["Date"]), twice=False),
            "Amount": it["Amount"],
        }
        for it in books.payments_of(one["InvoiceID"])
        if it["Status"] == "AUTHORISED" and not short
    ]
    return shown


def show_payment(books: Books, one: Json) -> Json:
    invoice = books.invoices.get(one["InvoiceID"]) or books.other.invoices[one["InvoiceID"]]
    names = ("InvoiceID", "InvoiceNumber", "Type", "Contact", "CurrencyCode")
    shown = {name: value for name, value in one.items() if name not in ("InvoiceID", "AccountID", "Date")}
    account = books.accounts[one["AccountID"]]
    kind = f"{invoice['Type']}PAYMENT"
    shown |= {"Invoice": {name: invoice[name] for name in names}, "BankAmount": one["Amount"]}
    shown |= {
        "Account": {"AccountID": account["AccountID"], "Code": account["Code"]},
        "PaymentType": kind,
    }
    shown |= {"CurrencyRate": 1, "HasAccount": True, "HasValidationErrors": False}
    shown.setdefault("IsReconciled", False)
    if batch := books.batches.get(one.get("BatchPaymentID", "")):
        shown["BatchPayment"] = {name: batch[name] for name in ("BatchPaymentID", "Type", "Status")}
    return {**shown, **shown_day("Date", day(one["Date"]), twice=False)}


def show_batch(books: Books, one: Json) -> Json:
    shown = {name: value for name, value in one.items() if name not in ("AccountID", "Date")}
    stub = {**{name: [] for name in (*_LISTS, "LineItems")}, "HasErrors": False, "IsDiscounted": False}
    texts = ("PaymentID", "Amount", "Reference", "Particulars", "Code", "Details", "BankAccountNumber")
    shown["Payments"] = [
        {
            "Invoice": {"InvoiceID": it["InvoiceID"], **stub},
            **{name: it[name] for name in texts if name in it},
        }
        for it in books.payments_of(one["BatchPaymentID"])
        if one["Status"] == "AUTHORISED"
    ]
    shown |= {"Account": {"AccountID": one["AccountID"]}, "IsReconciled": False}
    return {**shown, **shown_day("Date", day(one["Date"]))}
