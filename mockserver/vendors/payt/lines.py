"""Invoice lines: what was posted, and what follows from it by the VAT rate.

Source: Payt fact sheet §2.4.
"""

from __future__ import annotations

from decimal import Decimal

from mockserver.model import Document
from mockserver.store import State
from mockserver.vendors.payt.money import ZERO, amount, cents
from mockserver.vendors.payt.rules import line_orders

_HUNDRED = Decimal(100)


def written(posted: list[Document], state: State) -> list[Document]:
    """The lines as they are stored; every rate is known by now."""
    return [
        _line(line, order, state.collection("vat_rates").find("code", line["vat_rate_code"])[0])
        for line, order in zip(posted, line_orders(posted), strict=True)
    ]


def _line(line: Document, order: int, rate: Document) -> Document:
    excluding, including, vat = _totals(line, amount(rate["rate"]) or ZERO)
    return {
        "description": line["description"],
        "vat_rate_code": line["vat_rate_code"],
        "vat_percentage": rate["rate"],
        "vat_amount": vat,
        "total_excl_tax_amount": excluding,
        "total_incl_tax_amount": including,
        "product_price": amount(line.get("product_price")),
        "product_unit": line.get("product_unit") or "piece",
        "product_quantity": line.get("product_quantity") or "1",
        "line_order": order,
    }


def _totals(line: Document, percentage: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """Total without and with tax and the tax itself; at least one of the totals is there."""
    excluding, including, vat = (
        amount(line.get(member))
        for member in ("total_excl_tax_amount", "total_incl_tax_amount", "vat_amount")
    )
    if excluding is not None:
        if vat is None:
            vat = cents(excluding * percentage / _HUNDRED) if including is None else including - excluding
        return excluding, excluding + vat if including is None else including, vat
    known = including or ZERO
    if vat is None:
        vat = known - cents(known * _HUNDRED / (_HUNDRED + percentage))
    return known - vat, known, vat
