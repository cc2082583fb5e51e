"""What a record can be told without any state: rules that name its faults, and one that sees the whole batch.

They run on records of the right types only: whatever is of another type has ended the call before.

Source: Payt fact sheet §2, §4.3; texts in `texts`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mockserver.model import Document, Item, Problem
from mockserver.vendor import Across, Request
from mockserver.vendors.payt.codes import COUNTRIES, CURRENCIES
from mockserver.vendors.payt.moments import is_day
from mockserver.vendors.payt.money import ZERO, amount, exact
from mockserver.vendors.payt.texts import fault

_CURRENCY = re.compile("[A-Z]{3}")
_COUNTRY = re.compile("[A-Z]{2}")
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Za-z+*. ]{2,18}")


def invoice_faults(item: Item, _request: Request) -> Iterator[Problem]:
    """Everything wrong with an invoice record that it shows by itself.

    Source: Payt fact sheet §2.1, §3.3, §4.3.
    """
    record = item.document
    if record["invoice_number"].isspace():
        yield fault("number-blank", item, "invoice_number")
    if _CURRENCY.fullmatch(record["currency_code"]) and record["currency_code"] not in CURRENCIES:
        yield fault("currency-unknown", item, "currency_code")
    if _due_too_early(record):
        yield fault("due-too-early", item, "due_date")
    if "payments" in record and not _adds_up(record):
        yield fault("payments-sum", item, "payments")
    yield from _line_faults(item, record.get("invoice_lines") or [])


def debtor_faults(item: Item, _request: Request) -> Iterator[Problem]:
    """Everything wrong with a debtor record that it shows by itself.

    Source: Payt fact sheet §2.7.
    """
    record = item.document
    if record["debtor_number"].isspace():
        yield fault("debtor-number-blank", item, "debtor_number", of="debtors")
    code = record.get("country_code") or ""
    if _COUNTRY.fullmatch(code) and code not in COUNTRIES:
        yield fault("country-unknown", item, "country_code", of="debtors")


def debtor_warnings(item: Item, _request: Request) -> Iterator[Problem]:
    """A VAT number that does not begin with a country.

    Source: Payt fact sheet §3.3.
    """
    number = item.document.get("vat_number")
    if number and not _VAT_NUMBER.fullmatch(number):
        yield fault("vat-number-odd", item, "vat_number", of="debtors")


def unique(collection: str, member: str, code: str) -> Across:
    """The rule that no two records of a call have the same `member`: all that do are refused.

    Source: Payt fact sheet §3.3, §4.1 (assumed); design §8.2.
    """

    def repeated(request: Request) -> Iterator[tuple[int, Problem]]:
        times = Counter(item.document[member] for item in request.items)
        for item in request.items:
            number = item.document[member]
            if times[number] > 1 and number.strip():
                yield item.index, fault(code, item, member, of=collection)

    return repeated


def _due_too_early(record: Document) -> bool:
    invoiced, due = record["invoice_date"], record["due_date"]
    return is_day(invoiced) and is_day(due) and bool(due < invoiced)


def _adds_up(record: Document) -> bool:
    """Whether the payments on the principal are what was paid; unreadable amounts are told of elsewhere."""
    paid = [
        amount(payment["amount"])
        for payment in record["payments"] or ()
        if payment.get("cost_type") in (None, "principal")
    ]
    total, still_open = amount(record["amount_total"]), amount(record["amount_open"])
    read = [one for one in paid if one is not None]
    if total is None or still_open is None or len(read) < len(paid):
        return True
    with exact():
        return sum(read, ZERO) == total - still_open


def _line_faults(item: Item, lines: list[Document]) -> Iterator[Problem]:
    if any(
        line.get("total_excl_tax_amount") is None and line.get("total_incl_tax_amount") is None
        for line in lines
    ):
        yield fault("line-total-missing", item, "invoice_lines")
    if len(set(line_orders(lines))) < len(lines):
        yield fault("line-order-taken", item, "invoice_lines")


def line_orders(lines: list[Document]) -> list[int]:
    """Where each line stands: as it says, else by its place in the list.

    Source: Payt fact sheet §2.4.
    """
    return [
        position if line.get("line_order") is None else line["line_order"]
        for position, line in enumerate(lines, 1)
    ]
