"""Round, limit and print amounts, quantities and rates.

Stored are exact decimals. Source: docs/vendors/xero.md#dates-and-numbers.
"""

from decimal import ROUND_HALF_UP, Context, Decimal

from mockserver.model import Document, Json

MAX_AMOUNT = Decimal(10) ** 15
"""No amount, quantity or rate above this is booked; comparing with it is exact at any size."""

CENT = Decimal("0.01")
NO_MONEY = Decimal("0.00")
RATE_STEP = Decimal("0.000001")
ARITHMETIC = Context(prec=80, rounding=ROUND_HALF_UP)
"""Half away from zero. Source: docs/vendors/xero.md#dates-and-numbers, assumed."""

_TENTH = Decimal("0.1")


def round_to_cents(value: Json) -> Decimal:
    """Return a number to two decimals; one over the limit as it is."""
    return round_to(value, CENT)


def round_to(value: Json, step: Decimal) -> Decimal:
    """Return a number to the decimals of `step`; one over the limit as it is."""
    exact = value if type(value) is Decimal else Decimal(value)
    return exact if abs(exact) > MAX_AMOUNT else ARITHMETIC.quantize(exact, step) + 0


def print_amount(value: Decimal) -> Decimal:
    """Return a number as the vendor prints it: as short as can be, with one decimal at least.

    Source: seed (`1.0`, `3.0`).
    """
    one_decimal = ARITHMETIC.quantize(value, _TENTH)
    return one_decimal if one_decimal == value else ARITHMETIC.normalize(value)


def amount_members(document: Document, *names: str) -> dict[str, Json]:
    """Return the named amounts of a stored document that it has, as printed."""
    shown: dict[str, Json] = {}
    for name in names:
        if name in document:
            shown[name] = print_amount(Decimal(document[name]))
    return shown
