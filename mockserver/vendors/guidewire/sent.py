"""What a call sends of an invoice or item, looked at member by member whatever its type may be."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from mockserver.model import Document, Json, Path, Problem
from mockserver.vendors.guidewire import amounts
from mockserver.vendors.guidewire.words import INVOICE_TYPELISTS, ITEM_TYPELISTS, TYPELISTS

ATTRIBUTES: Path = ("data", "attributes")

_TYPELISTS = {**ITEM_TYPELISTS, **INVOICE_TYPELISTS}


def code_of(sent: Document, name: str) -> str | None:
    """The code of a typekey, None where there is none that its typelist has."""
    value = sent.get(name)
    code = value.get("code") if isinstance(value, dict) else None
    return code if isinstance(code, str) and code in TYPELISTS[_TYPELISTS[name]] else None


def id_of(sent: Document, name: str) -> str | None:
    """The id of a reference, None where there is none."""
    value = sent.get(name)
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def check_decimals(name: str, text: Json, currency: str) -> Iterator[Problem]:
    """What the currency has against the decimals of an amount."""
    amount: Decimal | None = amounts.read(text)
    if amount is not None and not amounts.fits(amount, currency):
        yield problem("too-many-decimals", name, found=text, expected=currency)


def problem(code: str, name: str, *, found: Json = None, expected: Json = None) -> Problem:
    """A problem of one attribute."""
    return Problem(code, (*ATTRIBUTES, name), rule=code, expected=expected, found=found)
