"""Currencies and tax rates of an organisation, as invoices and contacts use them."""

from collections.abc import Mapping
from decimal import Decimal

from mockserver.model import Document
from mockserver.sandbox.store import State

CURRENCIES = "currencies"
TAX_RATES = "tax-rates"
APPLICABLE_CLASSES: Mapping[str, str] = {
    "ASSET": "CanApplyToAssets",
    "EQUITY": "CanApplyToEquity",
    "EXPENSE": "CanApplyToExpenses",
    "LIABILITY": "CanApplyToLiabilities",
    "REVENUE": "CanApplyToRevenue",
}
"""The flag of a tax rate that says whether it fits accounts of a class."""


def currency_rate(code: str, state: State) -> Decimal | None:
    """Return how much of the currency one unit of the base buys; None for one that is not subscribed to."""
    found = state.collection(CURRENCIES).get(code)
    return None if found is None else Decimal(found["Rate"])


def find_tax_rate(tax_type: str, state: State) -> Document | None:
    """Return the tax rate in use of that type, None for none."""
    found = state.collection(TAX_RATES).find("TaxType", tax_type)
    return next((one for one in reversed(found) if one["Status"] == "ACTIVE"), None)
