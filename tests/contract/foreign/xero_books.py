"""What the organisations of the Xero server have, and the rules of their documents.

Where the spec leaves it open: an invoice may not be twice in a batch payment, contacts are made by their
names, there is one currency and no tax.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

from tests.contract.foreign.xero_language import Json

ZERO = "00000000-0000-0000-0000-000000000000"
_MONEY = Decimal("0.01")
_CURRENCY, _TOO_MUCH = "GBP", Decimal("1e16")
_START = datetime(2018, 7, 1, 8, tzinfo=UTC)
_ACCOUNTS = (
    ("600", "Till", "BANK", "ACTIVE", False),
    ("700", "Fees", "REVENUE", "ACTIVE", False),
    ("601", "Old till", "BANK", "ARCHIVED", False),
    ("650", "Clearing", "CURRENT", "ACTIVE", True),
)
_ANSWERED = ("Attachments", "HasErrors", "StatusAttributeString", "ValidationErrors", "Warnings", "Payments")
_MOVES = {
    "DRAFT": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "SUBMITTED": ("DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"),
    "AUTHORISED": ("AUTHORISED", "VOIDED"),
    "PAID": ("PAID",),
}
_MAY_CHANGE = {"DueDate", "Reference", "InvoiceNumber", "Contact", "InvoiceID"}

_seconds = count()


def _money(value: Any) -> Decimal:
    return Decimal(value).quantize(_MONEY, ROUND_HALF_UP)


class ElementError(Exception):
    """An element is not saved; the arguments say why."""


class Books:
    """One organisation; documents are never changed, but put in place of each other."""

    def __init__(self, tenant: str, number: int, bugs: tuple[str, ...]) -> None:
        self.tenant, self.number, self.bugs = tenant, number, bugs
        self._ids, self._numbers = count(1), count(1)
        self.invoices: dict[str, Json] = {}
        self.payments: dict[str, Json] = {}
        self.batches: dict[str, Json] = {}
        self.contacts: dict[str, str] = {}
        self._numbered: dict[str, str] = {}
        self._paid: dict[str, list[str]] = defaultdict(list)
        self.other: Books = self
        self.accounts = {one["AccountID"]: one for one in self._first_accounts()}

    def _first_accounts(self) -> Iterator[Json]:
        for code, name, kind, status, takes in _ACCOUNTS:
            account = {"AccountID": self.new_id(), "Code": code, "Name": name, "Status": status, "Type": kind}
            more = {"CurrencyCode": _CURRENCY} if kind == "BANK" else {}
            yield {**account, **more, "EnablePaymentsToAccount": takes, **self._now()}

    def new_id(self) -> str:
        return f"{next(self._ids):08x}-aaaa-4bbb-8ccc-{self.number:012x}"

    def _now(self) -> Json:
        milliseconds = (_START + timedelta(seconds=next(_seconds))).timestamp() * 1000
        return {"UpdatedDateUTC": f"/Date({int(milliseconds)}+0000)/"}

    def tables(self) -> tuple[Json, Json, Json]:
        return dict(self.invoices), dict(self.payments), dict(self.batches)

    def restore(self, tables: tuple[Json, Json, Json]) -> None:
        self.invoices, self.payments, self.batches = (dict(one) for one in tables)

    def find_invoice(self, sent: Mapping[str, Any]) -> Json | None:
        """Return the invoice of an id, a number or both; raise if these name two."""
        id_, number = str(sent.get("InvoiceID", "")).lower(), str(sent.get("InvoiceNumber") or "")
        found, named = self.invoices.get(id_), self.invoices.get(self._numbered.get(number, ""))
        if found and named and found is not named:
            raise ElementError("Id and number are those of two documents")
        return found or (None if id_ and id_ != ZERO else named)

    # Invoices

    def create_invoice(self, sent: Json) -> Json:
        if sent.get("Status") in ("PAID", "VOIDED", "DELETED"):
            raise ElementError("Invoice not of valid status for creation")
        if sent.get("Type") not in ("ACCREC", "ACCPAY"):
            raise ElementError("Invoice not of valid type for creation")
        if sent["Type"] == "ACCREC" and sent.get("InvoiceNumber") and self._is_taken(sent["InvoiceNumber"]):
            raise ElementError("Invoice # must be unique.")
        usual = {"InvoiceNumber": "", "Reference": "", "Status": "DRAFT", "LineAmountTypes": "Exclusive"}
        new = {**usual, "CurrencyCode": _CURRENCY, "CurrencyRate": Decimal(1), "SentToContact": False}
        invoice = {**new, **_kept(sent), "InvoiceID": self.new_id()}
        if not invoice["InvoiceNumber"] and sent["Type"] == "ACCREC":
            free = (f"R/{number}" for number in self._numbers)
            invoice["InvoiceNumber"] = next(one for one in free if not self._is_taken(one))
        return self._store_invoice(invoice, {"AmountPaid": Decimal(0)})

    def _is_taken(self, number: str) -> bool:
        known = self.invoices.get(self._numbered.get(number, ""))
        return known is not None and known["InvoiceNumber"] == number and known["Type"] == "ACCREC"

    def change_invoice(self, known: Json, sent: Json) -> Json:
        status = sent.get("Status", known["Status"])
        wanted = _kept(sent)
        if status not in _MOVES.get(known["Status"], ()) or known["Status"] == "PAID":
            raise ElementError("Invoice not of valid status for modification")
        if known["AmountPaid"] and (status != known["Status"] or known["Type"] == "ACCPAY"):
            raise ElementError("This document cannot be edited as it has a payment allocated to it.")
        is_new = [name for name, value in wanted.items() if value != known.get(name)]
        if known["AmountPaid"] and not set(is_new) <= _MAY_CHANGE:
            raise ElementError("This document cannot be edited as it has a payment allocated to it.")
        if sent.get("Type", known["Type"]) != known["Type"]:
            raise ElementError("Invoice not of valid type for modification")
        number = str(wanted.get("InvoiceNumber", known["InvoiceNumber"]))
        if number != known["InvoiceNumber"] and known["Type"] == "ACCREC" and self._is_taken(number):
            raise ElementError("Invoice # must be unique.")
        kept = {**known, **wanted, "InvoiceID": known["InvoiceID"]}
        return self._store_invoice(kept, known)

    def _store_invoice(self, invoice: Json, known: Json) -> Json:
        if invoice["CurrencyCode"] != _CURRENCY:
            raise ElementError(f"Organisation is not subscribed to currency {invoice['CurrencyCode']}")
        lines = [self._line(one) for one in invoice.get("LineItems", ())]
        if not lines:
            raise ElementError("One or more line items must be specified")
        total = sum((one["LineAmount"] for one in lines), Decimal(0))
        if total < 0:
            raise ElementError("The Total for this document must be greater than or equal to zero.")
        if invoice["Status"] == "AUTHORISED" and "DueDate" not in invoice:
            raise ElementError("Due date cannot be empty.")
        contact = self._contact(invoice.get("Contact"))
        is_ended = invoice["Status"] in ("VOIDED", "DELETED")
        due = Decimal(0) if is_ended else total - known["AmountPaid"]
        sums = {"SubTotal": total, "TotalTax": Decimal(0), "Total": total, "AmountDue": due}
        stored = {
            **invoice,
            **sums,
            "AmountPaid": known["AmountPaid"],
            "LineItems": lines,
            "Contact": contact,
        }
        stored.setdefault("Date", f"{_START:%Y-%m-%d}")
        stored |= self._now()
        self.invoices[invoice["InvoiceID"]] = stored
        if invoice["InvoiceNumber"]:
            self._numbered[invoice["InvoiceNumber"]] = invoice["InvoiceID"]
        return stored

    def _line(self, sent: Json) -> Json:
        code = sent.get("AccountCode")
        accounts = self.accounts.values()
        if code is not None and code not in [one["Code"] for one in accounts]:
            raise ElementError(f"Account code '{code}' is not a valid code for this document.")
        if "AccountID" in sent and sent["AccountID"].lower() not in self.accounts:
            raise ElementError("Account must be valid.")
        figures = [sent.get(name, 0) for name in ("Quantity", "UnitAmount", "LineAmount", "DiscountAmount")]
        if any(abs(one) >= _TOO_MUCH for one in figures) or not 0 <= sent.get("DiscountRate", 0) <= 100:
            raise ElementError("A figure of a line cannot be worked with")
        cut: Json = {
            name: round(Decimal(sent[name]), 4) for name in ("Quantity", "UnitAmount") if name in sent
        }
        price = cut.get("Quantity", Decimal(1)) * cut.get("UnitAmount", Decimal(0))
        off = price * Decimal(sent.get("DiscountRate", 0)) / 100 + Decimal(sent.get("DiscountAmount", 0))
        amount = _money(sent.get("LineAmount", price - off))
        if "UnitAmount" in sent and "LineAmount" in sent and amount != _money(price - off):
            raise ElementError("The line total does not match the expected line total")
        places: Json = {
            one: round(Decimal(sent[one]), 4) for one in ("DiscountRate", "DiscountAmount") if one in sent
        }
        tax = {"TaxType": "NONE", "TaxAmount": Decimal(0), "LineAmount": amount}
        usual = {"LineItemID": self.new_id(), "Quantity": Decimal(1), "UnitAmount": amount}
        return {**usual, **{k: v for k, v in sent.items() if k != "ValidationErrors"}, **cut, **places, **tax}

    def _contact(self, sent: Json | None) -> Json:
        if sent is None:
            raise ElementError("A Contact must be specified for this type of transaction")
        if not re.fullmatch(r"([^@\s]+@[^@\s]+\.[^@\s]+)?", sent.get("EmailAddress", "")):
            raise ElementError("Email address must be valid")
        names = {id_: name for name, id_ in self.contacts.items()}
        id_, name = sent.get("ContactID", "").lower(), sent.get("Name") or sent.get("ContactNumber")
        if id_ and id_ not in names:
            raise ElementError("The contact could not be found")
        if not id_ and not name:
            raise ElementError("The Contact must contain at least 1 of Name, ContactID, ContactNumber")
        name = names.get(id_) or str(name)
        return {"ContactID": self.contacts.setdefault(name, self.new_id()), "Name": name}

    # Payments

    def _account(self, sent: Json | None) -> Json:
        sent = sent or {}
        by_code = (one for one in self.accounts.values() if one["Code"] == sent.get("Code"))
        named = self.accounts.get(str(sent.get("AccountID", "")).lower())
        account = named if "AccountID" in sent else next(by_code, None)
        if account is None or sent.get("Code", account["Code"]) != account["Code"]:
            raise ElementError("Account could not be found")
        if account["Status"] != "ACTIVE" or not (
            account["Type"] == "BANK" or account["EnablePaymentsToAccount"]
        ):
            raise ElementError("Account type is invalid for making a payment to/from")
        return account

    def _payable(self, sent: Json) -> tuple[Json, Decimal]:
        if {"CreditNote", "CreditNoteNumber", "Prepayment", "Overpayment"} & sent.keys():
            raise ElementError("Payments can only be made against invoices")
        named = {"InvoiceNumber": sent.get("InvoiceNumber"), **sent.get("Invoice", {})}
        invoice = self.find_invoice(named)
        if invoice is None and "an invoice of the other organisation can be paid" in self.bugs:
            invoice = self.other.find_invoice(named)
        if invoice is None:
            raise ElementError("Document could not be found")
        raw = Decimal(sent.get("Amount", 0))
        amount = _money(raw) if abs(raw) < _TOO_MUCH else raw
        if amount <= 0:
            raise ElementError("Payment amount must be greater than zero")
        if invoice["Status"] != "AUTHORISED":
            raise ElementError("Payments can only be made against Authorised documents")
        if amount > invoice["AmountDue"]:
            raise ElementError("Payment amount exceeds the amount outstanding on this document")
        return invoice, amount

    def create_payment(self, sent: Json) -> Json:
        account = self._account(sent.get("Account"))
        return self._book(sent, *self._payable(sent), account, {"Date": f"{_START:%Y-%m-%d}"})

    def _book(self, sent: Json, invoice: Json, amount: Decimal, account: Json, more: Json) -> Json:
        kept = ("Date", "Reference", "Particulars", "Code", "Details", "BankAccountNumber", "IsReconciled")
        payment = {**more, **{name: sent[name] for name in kept if name in sent}, "PaymentID": self.new_id()}
        payment |= {"Date": more["Date"]} if "BatchPaymentID" in more else {}
        payment |= {
            "Amount": amount,
            "Status": "AUTHORISED",
            "AccountID": account["AccountID"],
            **self._now(),
        }
        self.payments[payment["PaymentID"]] = {**payment, "InvoiceID": invoice["InvoiceID"]}
        for of in (invoice["InvoiceID"], more.get("BatchPaymentID", "")):
            self._paid[of].append(payment["PaymentID"])
        self._settle(invoice["InvoiceID"], amount)
        return self.payments[payment["PaymentID"]]

    def _settle(self, id_: str, amount: Decimal) -> None:
        owner = self if id_ in self.invoices else self.other
        invoice = owner.invoices[id_]
        due, paid = invoice["AmountDue"] - amount, invoice["AmountPaid"] + amount
        status = "AUTHORISED" if due else "PAID"
        owner.invoices[id_] = {
            **invoice,
            "AmountDue": due,
            "AmountPaid": paid,
            "Status": status,
            **self._now(),
        }

    def delete_payment(self, id_: str, *, of_batch: bool = False) -> Json:
        payment = self.payments[id_]
        if payment["Status"] == "DELETED" or payment.get("IsReconciled"):
            raise ElementError("This payment is deleted or reconciled and cannot be deleted")
        if "BatchPaymentID" in payment and not of_batch:
            raise ElementError("Payments within a batch cannot be deleted.")
        self.payments[id_] = {**payment, "Status": "DELETED", **self._now()}
        if "a deletion keeps what was paid" not in self.bugs:
            self._settle(payment["InvoiceID"], -payment["Amount"])
        return self.payments[id_]

    # Batch payments

    def create_batch(self, sent: Json) -> Json:
        account = self._account(sent.get("Account"))
        if "Date" not in sent:
            raise ElementError("Date must be specified for the batch payment")
        payments, before = sent.get("Payments") or [], self.tables()
        if not payments:
            raise ElementError("A batch payment must contain at least one payment")
        batch_id, booked = self.new_id(), []
        more = {"Date": sent["Date"], "BatchPaymentID": batch_id}
        try:
            for one in payments:
                invoice, amount = self._payable(one or {})
                booked.append(self._book(one, invoice, amount, account, more))
            ids = [one["InvoiceID"] for one in booked]
            self._check_together(ids)
        except ElementError:
            if "payments before the bad one of an element stay booked" not in self.bugs:
                self.restore(before)
            raise
        kept = ("Reference", "Particulars", "Code", "Details", "Narrative", "Date")
        total = sum((one["Amount"] for one in booked), Decimal(0))
        if "TotalAmount is that of the first payment" in self.bugs:
            total = booked[0]["Amount"]
        kind = "RECBATCH" if self.find_type(ids[0]) == "ACCREC" else "PAYBATCH"
        batch = {
            **{name: sent[name] for name in kept if name in sent},
            "BatchPaymentID": batch_id,
            "Type": kind,
        }
        batch |= {
            "AccountID": account["AccountID"],
            "Status": "AUTHORISED",
            "TotalAmount": total,
            **self._now(),
        }
        self.batches[batch_id] = batch
        return batch

    def _check_together(self, ids: list[str]) -> None:
        if len(set(ids)) != len(ids):
            raise ElementError("The same invoice cannot appear more than once in a batch payment")
        if len({self.find_type(one) for one in ids}) > 1:
            raise ElementError("A batch payment cannot contain both sales invoices and bills")

    def find_type(self, id_: str) -> str:
        return str((self.invoices.get(id_) or self.other.invoices[id_])["Type"])

    def delete_batch(self, id_: str) -> Json:
        batch = self.batches[id_]
        if batch["Status"] == "DELETED":
            raise ElementError("Batch payment has already been deleted")
        for payment in self.payments_of(id_):
            self.delete_payment(payment["PaymentID"], of_batch=True)
        self.batches[id_] = {**batch, "Status": "DELETED", **self._now()}
        return self.batches[id_]

    def payments_of(self, id_: str) -> list[Json]:
        """Return the payments of an invoice, or of a batch payment."""
        return [self.payments[one] for one in self._paid[id_] if one in self.payments]


def _kept(sent: Json) -> Json:
    return {name: value for name, value in sent.items() if name not in _ANSWERED}
