"""What a record can be told without any state: rules that name its faults, and rules for the whole batch.

Source: Payt fact sheet §2, §4.3; texts in `texts`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mockserver.model import Document, Item, Path, Problem
from mockserver.vendor import Across, Request, Rule
from mockserver.vendors.payt import calls
from mockserver.vendors.payt.codes import COUNTRIES, CURRENCIES
from mockserver.vendors.payt.money import MONEY, is_finer
from mockserver.vendors.payt.reading import is_readable, meant, name_of
from mockserver.vendors.payt.wording import fault, too_fine

_CURRENCY = re.compile("[A-Z]{3}")
_COUNTRY = re.compile("[A-Z]{2}")
_VAT_NUMBER = re.compile(r"[A-Z]{2}[0-9A-Za-z+*. ]{2,18}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{5,18}[0-9]")


def of_readable(rule: Rule) -> Rule:
    """`rule` for those records whose members are of their types; the others are refused for that already."""
    return lambda item, request: rule(item, request) if is_readable(item, request) else ()


def invoice_faults(item: Item, request: Request) -> Iterator[Problem]:
    """What is wrong with an invoice record that it shows by itself; a change may lack any member.

    Source: Payt fact sheet §2.1, §3.3.
    """
    record = item.document
    if record["invoice_number"].isspace():
        yield fault("number-blank", item, "invoice_number")
    code = record.get("currency_code", "")
    if _CURRENCY.fullmatch(code) and code not in CURRENCIES:
        yield fault("currency-unknown", item, "currency_code")
    sent = meant(record, request)
    yield from _line_faults(item, sent.get("invoice_lines") or [])
    if request.call.assumptions["cent_fractions"] == "refused":
        yield from (too_fine(("invoices", item.index, *path)) for path in _finer_than_cents(sent))


def debtor_faults(item: Item, _request: Request) -> Iterator[Problem]:
    """Everything wrong with a debtor record that it shows by itself.

    Source: Payt fact sheet §2.7.
    """
    record = item.document
    if record["debtor_number"].isspace():
        yield fault("debtor-number-blank", item, "debtor_number", of="debtors")
    if _is_unknown_country(record.get("country_code")):
        yield fault("country-unknown", item, "country_code", of="debtors")


def debtor_warnings(item: Item, _request: Request) -> Iterator[Problem]:
    """A VAT number that does not begin with a country.

    Source: Payt fact sheet §3.3.
    """
    number = item.document.get("vat_number")
    if number and not _VAT_NUMBER.fullmatch(number):
        yield fault("vat-number-odd", item, "vat_number", of="debtors")


def contact_faults(item: Item, _request: Request) -> Iterator[Problem]:
    """Everything wrong with a contact record that it shows by itself.

    Source: Payt fact sheet §1.2.
    """
    record = item.document
    if not (record.get("contact_identifier") or record.get("id")):
        yield fault("contact-unnamed", item, "contact_identifier", of="contacts")
    if _is_unknown_country(record.get("postal_address_country_code")):
        yield fault("contact-country-unknown", item, "postal_address_country_code", of="contacts")


def contact_warnings(item: Item, _request: Request) -> Iterator[Problem]:
    """Numbers that no telephone has.

    Source: Payt fact sheet §3.3.
    """
    for member in ("call_phone_number", "sms_phone_number"):
        if is_odd_phone(item.document.get(member)):
            yield fault("phone-odd", item, member, of="contacts")


def is_odd_phone(number: str | None) -> bool:
    """Whether `number` is given and does not look like one; what does is assumed."""
    return bool(number) and _PHONE.fullmatch(number or "") is None


def vat_rate_faults(item: Item, _request: Request) -> Iterator[Problem]:
    """A rate that has no code.

    Source: Payt fact sheet §1.2.
    """
    if not (item.document.get("code") or "").strip():
        yield fault("code-blank", item, "code", of="vat_rates")


def unique(collection: str, member: str, code: str) -> Across:
    """The rule that no two records of a call have the same `member`: all that do are refused.

    Source: Payt fact sheet §3.3, §4.1 (assumed); design §8.2.
    """

    def repeated(request: Request) -> Iterator[tuple[int, Problem]]:
        yield from calls.faults(request)
        assumptions = request.call.assumptions
        if assumptions["repeated_number"] == "in_order":
            return
        names = [name_of(_name(item, member), assumptions) for item in request.items]
        times = Counter(names)
        for item, name in zip(request.items, names, strict=True):
            if name.strip() and times[name] > 1:
                yield item.index, fault(code, item, member, of=collection)

    return repeated


def _name(item: Item, member: str) -> str:
    name = item.document.get(member) if isinstance(item.document, dict) else None
    return name if isinstance(name, str) else ""


def _finer_than_cents(record: Document) -> Iterator[Path]:
    """Where the record has an amount of parts of a cent.

    Source: Payt fact sheet §1.5 (money has two decimals).
    """
    yield from ((member,) for member, value in record.items() if member in MONEY and is_finer(value))
    for name in ("payments", "invoice_lines"):
        for at, part in enumerate(record.get(name) or ()):
            finer = [member for member, value in part.items() if member in MONEY and is_finer(value)]
            yield from ((name, at, member) for member in finer)


def _is_unknown_country(code: str | None) -> bool:
    return bool(code and _COUNTRY.fullmatch(code)) and code not in COUNTRIES


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
