"""Lines that are sent back as they are there: they change nothing, so a part-paid invoice takes them.

Source: docs/vendors/xero.md#invoice.
"""

from collections.abc import Sequence
from decimal import Decimal

from mockserver.model import Document, Json
from mockserver.vendors.xero.invoices.amounts import CENT, round_to
from mockserver.vendors.xero.replies.envelope import stored_id

_ID = "LineItemID"
_LINE_MEMBERS = (
    "Description",
    "Quantity",
    "UnitAmount",
    "ItemCode",
    "AccountCode",
    "AccountID",
    "TaxType",
    "TaxAmount",
    "LineAmount",
    "DiscountRate",
    "DiscountAmount",
    "Tracking",
)


def are_lines_unchanged(sent: Sequence[Document], stored: Sequence[Document]) -> bool:
    """Return whether the lines sent, in their order, are the stored ones, each named by its id.

    They may leave members out. A line without its id would take the place of the one that is there.
    """
    return len(sent) == len(stored) and all(
        stored_id(str(line.get(_ID, ""))) == before[_ID] and _has_same_members(line, before)
        for line, before in zip(sent, stored, strict=True)
    )


def _has_same_members(line: Document, before: Document) -> bool:
    return all(_is_same(name, line[name], before.get(name)) for name in _LINE_MEMBERS if name in line)


def _is_same(name: str, value: Json, kept: Json) -> bool:
    """Return whether a member says what is stored, or what answers show of it; what is empty is not there."""
    if name == "AccountID":
        return bool(stored_id(str(value)) == kept)
    if name == "UnitAmount":
        return value in (Decimal(kept), round_to(kept, CENT))
    return bool(value == kept or not (value or kept))
