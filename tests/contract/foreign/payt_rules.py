"""What an administration of the Payt server has, and the rules of its records."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from itertools import count
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker

from tests.contract.foreign.access import NOW
from tests.support.spec_documents import spec

_DEBTORS = ("K-1", "K-2")
_CURRENCIES = ("CHF", "DKK", "EUR", "GBP", "NOK", "PLN", "SEK", "USD")
_SUMS = {"amount_total": "total_amount", "amount_open": "open_amount"}
_SUMS |= {"book_amount_total": "book_total_amount", "book_amount_open": "book_open_amount"}

Record = dict[str, Any]
_seconds = count()


class RecordError(Exception):
    """A record is rejected; the argument says why."""


@cache
def _judge(schema: str) -> OAS30Validator:
    whole = {**json.loads(schema), "components": spec("payt")["components"]}
    return OAS30Validator(whole, format_checker=oas30_format_checker)


def why_not(value: Any, schema: Mapping[str, Any]) -> str:
    problems = _judge(json.dumps(schema)).iter_errors(value)
    return " en ".join(f"{'/'.join(map(str, one.path))} klopt niet" for one in problems)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())


def find(rows: list[Record], name: str, value: str | None) -> Record | None:
    return next((row for row in rows if value and row[name] == value), None)


def _paid(payments: list[Record]) -> Decimal:
    return sum(
        (Decimal(one["total_amount"]) for one in payments if one["cost_type"] == "principal"), Decimal()
    )


class Books:
    """What one administration has; records are never changed, but put in place of each other."""

    def __init__(self, number: str, bugs: tuple[str, ...], ids: Iterator[int]) -> None:
        self.number, self.bugs, self._ids = number, bugs, ids
        self.invoices: dict[str, Record] = {}
        self.before: dict[str, Record] = {}
        """What each changed invoice was before its last change."""
        usual = {"postal_address": {"city": "Breda", "country_code": "NL"}, "name": "Klant"}
        names = [
            {"debtor_number": one, "debtor_identifier": f"{one}/{number}"}
            for one in (*_DEBTORS, f"K-{number}")
        ]
        self.debtors = [{**self._new(), **usual, **one} for one in names]
        self.others: list[Record] = []
        """Debtors of another administration."""

    def _new(self) -> Record:
        now = (moment(f"{NOW}+00:00") + timedelta(seconds=next(_seconds))).isoformat()
        return {"id": str(next(self._ids)), "administration_id": self.number, "updated_at": now}

    def put(self, record: Record, *, is_change: bool) -> list[str]:
        """Store a record; return what of it was not taken."""
        stored, identifier = [*self.invoices.values()], record.get("invoice_identifier")
        by_number = find(stored, "invoice_number", record["invoice_number"])
        by_identifier = find(stored, "invoice_identifier", identifier)
        if is_change and by_number is None:
            raise LookupError
        known: Record = by_number or by_identifier or {}
        is_another = identifier and (known.get("invoice_identifier") or identifier) != identifier
        if (by_identifier or known) is not known or is_another:
            raise RecordError("nummer en kenmerk horen niet bij elkaar")
        if is_change and "a change empties the description" in self.bugs:
            record = {"description": "", **record}
        had = self.invoices.get(known.get("id", ""), {}).get("sent_at")
        is_late = had is not None and record.get("sent_at") not in (None, had)
        self.before |= {known["id"]: known} if known else {}
        self._store({**record, "sent_at": had} if is_late else record, known)
        return ["sent_at staat al vast"] if is_late else []

    def _store(self, record: Record, known: Record) -> None:
        usual: Record = {"payment_method": "unknown", "sent_at": None, "labels": [], "payments": []}
        usual |= dict.fromkeys(("invoice_identifier", "description", "category", "order_number", "debtor_id"))
        usual |= dict.fromkeys(("administration_costs_total", "administration_costs_open"), "0.00")
        new, lines = self._new(), record.get("invoice_lines", [])
        invoice = {**usual, **new, **known, **record, "updated_at": new["updated_at"]}
        if why := self._fault(invoice, lines, known):
            raise RecordError(why)
        invoice |= {shown: self._money(invoice[name]) for name, shown in _SUMS.items()}
        invoice |= self._debtor(record, invoice)
        if "labels" in record:
            invoice["labels"] = [{"name": one} for one in record["labels"]]
        parts = ("description", "vat_rate_code", "line_order")
        invoice["invoice_lines"] = [{name: one[name] for name in parts if name in one} for one in lines]
        invoice["payments"] = self._payments(record.get("payments"), invoice, known.get("payments", []))
        days = [one["payment_date"] for one in invoice["payments"]]
        is_paid = Decimal(invoice["open_amount"]) == 0
        invoice["payment_date"] = max(days, default=NOW[:10]) if is_paid else None
        if "texts are stored in Latin-1" in self.bugs and invoice["description"]:
            invoice["description"] = invoice["description"].encode("latin-1", "replace").decode("latin-1")
        self.invoices[invoice["id"]] = invoice

    def _fault(self, invoice: Record, lines: list[Record], known: Record) -> str:
        faults = {
            "de vervaldag klopt niet": invoice["due_date"] < invoice["invoice_date"],
            "deze betaalvoorwaarde is er niet": invoice.get("payment_condition", "30") != "30",
            "deze munt is er niet": invoice["currency_code"] not in _CURRENCIES,
            "dit tarief is er niet": any(one["vat_rate_code"] != "NL21" for one in lines),
        }
        if "a rejected record is stored all the same" in self.bugs and any(faults.values()):
            self.invoices |= {known["id"]: {**known, "description": invoice["description"]}} if known else {}
        return next((why for why, is_there in faults.items() if is_there), "")

    def _debtor(self, record: Record, invoice: Record) -> Record:
        names = ("debtor_number", "debtor_identifier")
        debtors = self.debtors
        if "debtors of another administration are taken" in self.bugs:
            debtors = [*debtors, *self.others]
        found = [find(debtors, name, record[name]) for name in names if record.get(name)]
        debtor = (found or [find(self.debtors, "id", invoice["debtor_id"])])[0]
        if debtor is None or any(one is not debtor for one in found):
            raise RecordError("deze debiteur is er niet")
        return {**{name: debtor[name] for name in names}, "debtor_id": debtor["id"]}

    def _payments(self, sent: list[Record] | None, invoice: Record, stored: list[Record]) -> list[Record]:
        """Return the payments of an invoice; without new ones another open amount makes one."""
        due = Decimal(invoice["total_amount"]) - Decimal(invoice["open_amount"])
        if sent is None:
            rest = due - _paid(stored)
            return [*stored, self._payment({"amount": f"{rest:f}"}, invoice)] if rest else stored
        others = [
            one for row in self.invoices.values() if row["id"] != invoice["id"] for one in row["payments"]
        ]
        names = [one["origin_identifier"] for one in (*sent, *others)]
        made = [self._payment(one, invoice) for one in sent]
        if any(names.count(one["origin_identifier"]) > 1 for one in sent) or _paid(made) != due:
            raise RecordError("de betalingen kloppen niet")
        return made

    def _payment(self, sent: Record, invoice: Record) -> Record:
        total, amount = Decimal(invoice["total_amount"]), Decimal(sent["amount"])
        book = amount * Decimal(invoice["book_total_amount"]) / total if total else amount
        usual = {"cost_type": "principal", "payment_date": NOW[:10], "origin_identifier": None}
        given = {name: value for name, value in sent.items() if value is not None}
        sums = {"total_amount": sent["amount"], "total_book_amount": given.get("book_amount", f"{book:f}")}
        payment = {**self._new(), **usual, **given, "invoice_id": invoice["id"]}
        return payment | {name: self._money(text) for name, text in sums.items()}

    def _money(self, text: str) -> str:
        if "amounts are cut as floats" in self.bugs:
            return f"{int(float(text) * 100) / 100:.2f}"
        return f"{Decimal(text).quantize(Decimal('0.01'), ROUND_HALF_UP):f}"
