"""Rules that need no stored state, for single records and for a whole batch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Concatenate, ParamSpec, TypeAlias

from mockserver.model import Document, Item, Path, Problem
from mockserver.sandbox.assumptions import key_rules
from mockserver.vendor import BatchRule, Request, read_tables
from mockserver.vendors.payt import batches
from mockserver.vendors.payt.amounts_and_dates import MONEY, has_fractional_cents
from mockserver.vendors.payt.messages import record_problem, too_precise_amount
from mockserver.vendors.payt.sent_records import is_readable, normalize

P = ParamSpec("P")
RuleOfItem: TypeAlias = Callable[Concatenate[Item, Request, P], Iterable[Problem]]
"""Rule whose first parameters are an item and its request. More parameters, such as the state, may follow."""

_TABLES = read_tables(__file__)
CURRENCIES, COUNTRIES = frozenset(_TABLES["currencies"].split()), frozenset(_TABLES["countries"].split())

_CURRENCY = re.compile("[A-Z]{3}")
_COUNTRY = re.compile("[A-Z]{2}")
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Za-z+*. ]{2,18}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{5,18}[0-9]")


def for_readable(rule: RuleOfItem[P]) -> RuleOfItem[P]:
    """Return a rule that applies `rule` to readable records only; unreadable records are already rejected."""

    def found(item: Item, request: Request, /, *others: P.args, **named: P.kwargs) -> Iterable[Problem]:
        return rule(item, request, *others, **named) if is_readable(item, request) else ()

    return found


def invoice_problems(item: Item, request: Request) -> Iterator[Problem]:
    """Yield the problems that an invoice record has regardless of stored records.

    In an update, every member except `invoice_number` may be absent.
    Source: docs/vendors/payt.md#invoice, #messages.
    """
    record = item.document
    if record["invoice_number"].isspace():
        yield record_problem("number-blank", item, "invoice_number")
    code = record.get("currency_code", "")
    if _CURRENCY.fullmatch(code) and code not in CURRENCIES:
        yield record_problem("currency-unknown", item, "currency_code")
    sent = normalize(record, request)
    yield from _line_problems(item, sent.get("invoice_lines") or [])
    if request.call.assumptions["cent_fractions"] == "refused":
        yield from (too_precise_amount(("invoices", item.index, *path)) for path in _fractional_cents(sent))


def debtor_problems(item: Item, _request: Request) -> Iterator[Problem]:
    """Reject a blank number and an unknown country. Source: docs/vendors/payt.md#other-answers."""
    record = item.document
    if record["debtor_number"].isspace():
        yield record_problem("debtor-number-blank", item, "debtor_number", of="debtors")
    if _is_unknown_country(record.get("country_code")):
        yield record_problem("country-unknown", item, "country_code", of="debtors")


def debtor_warnings(item: Item, _request: Request) -> Iterator[Problem]:
    """Warn about a VAT number of an implausible form. Source: docs/vendors/payt.md#messages."""
    number = item.document.get("vat_number")
    if number and not _VAT_NUMBER.fullmatch(number):
        yield record_problem("vat-number-odd", item, "vat_number", of="debtors")


def contact_problems(item: Item, _request: Request) -> Iterator[Problem]:
    """Reject missing identifiers and unknown countries. Source: docs/vendors/payt.md#operations-and-paths."""
    record = item.document
    if not (record.get("contact_identifier") or record.get("id")):
        yield record_problem("contact-unnamed", item, "contact_identifier", of="contacts")
    if _is_unknown_country(record.get("postal_address_country_code")):
        yield record_problem("contact-country-unknown", item, "postal_address_country_code", of="contacts")


def contact_warnings(item: Item, _request: Request) -> Iterator[Problem]:
    """Warn about implausible telephone numbers. Source: docs/vendors/payt.md#messages."""
    for member in ("call_phone_number", "sms_phone_number"):
        if is_odd_phone(item.document.get(member)):
            yield record_problem("phone-odd", item, member, of="contacts")


def is_odd_phone(number: str | None) -> bool:
    return bool(number) and _PHONE.fullmatch(number or "") is None


def vat_rate_problems(item: Item, _request: Request) -> Iterator[Problem]:
    """Reject a VAT rate without a code. Source: docs/vendors/payt.md#operations-and-paths."""
    if not (item.document.get("code") or "").strip():
        yield record_problem("code-blank", item, "code", of="vat_rates")


def unique_in_batch(collection: str, member: str, code: str) -> BatchRule:
    """Return a rule that yields `batch_problems`, and a problem for each record with a repeated `member`.

    Source: docs/vendors/payt.md#messages, #identity (assumed); docs/decisions.md#items-and-whole-calls.
    """

    def repeated(request: Request) -> Iterator[tuple[int, Problem]]:
        yield from batches.batch_problems(request)
        assumptions = request.call.assumptions
        if assumptions["repeated_number"] == "in_order":
            return
        comparable = key_rules(assumptions).comparable
        names = [comparable(_name_of(item, member)) for item in request.items]
        times = Counter(names)
        for item, name in zip(request.items, names, strict=True):
            if name.strip() and times[name] > 1:
                yield item.index, record_problem(code, item, member, of=collection)

    return repeated


def _name_of(item: Item, member: str) -> str:
    name = item.document.get(member) if isinstance(item.document, dict) else None
    return name if isinstance(name, str) else ""


def _fractional_cents(record: Document) -> Iterator[Path]:
    """Yield the paths of amounts with fractions of a cent.

    Source: docs/vendors/payt.md#conventions (money has two decimals).
    """
    parts: list[tuple[Path, Document]] = [((), record)]
    for name in ("payments", "invoice_lines"):
        parts += [((name, at), part) for at, part in enumerate(record.get(name) or ())]
    for path, part in parts:
        for member, value in part.items():
            if member in MONEY and has_fractional_cents(value):
                yield (*path, member)


def _is_unknown_country(code: str | None) -> bool:
    return bool(code and _COUNTRY.fullmatch(code)) and code not in COUNTRIES


def _line_problems(item: Item, lines: list[Document]) -> Iterator[Problem]:
    if any(
        line.get("total_excl_tax_amount") is None and line.get("total_incl_tax_amount") is None
        for line in lines
    ):
        yield record_problem("line-total-missing", item, "invoice_lines")
    if len(set(line_orders(lines))) < len(lines):
        yield record_problem("line-order-taken", item, "invoice_lines")


def line_orders(lines: list[Document]) -> list[int]:
    """Return each line's `line_order`, by default its place from 1. Source: docs/vendors/payt.md#invoice."""
    return [
        position if line.get("line_order") is None else line["line_order"]
        for position, line in enumerate(lines, 1)
    ]
