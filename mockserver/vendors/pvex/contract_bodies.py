"""Invoices in the other media types that the vendor reads.

Source: PVEx fact sheet §1.3, §2.2, §2.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from mockserver.contract.exchange import written
from mockserver.contract.subject import Json

_NAMESPACE = "http://schemas.datacontract.org/2004/07/PVExDataModel"
_NIL = "http://www.w3.org/2001/XMLSchema-instance"


def text_json(invoices: Sequence[Json]) -> bytes:
    """The invoices as JSON."""
    return written(list(invoices)).encode()


def xml(invoices: Sequence[Json]) -> bytes:
    """The invoices as the data contract has them: members in ordinal order, null as nil."""
    inside = "".join(f"<Invoice>{_members(one)}</Invoice>" for one in invoices)
    return f'<ArrayOfInvoice xmlns="{_NAMESPACE}" xmlns:i="{_NIL}">{inside}</ArrayOfInvoice>'.encode()


def form(invoices: Sequence[Json]) -> bytes:
    """The invoices as `[0].Number=…`; an empty value is null there."""
    pairs = [
        (f"[{place}].{name}", _text(value))
        for place, one in enumerate(invoices)
        for name, value in one.items()
    ]
    return urlencode(pairs).encode()


def _members(invoice: Mapping[str, Json]) -> str:
    return "".join(
        f'<{name} i:nil="true"/>'
        if invoice[name] is None
        else f"<{name}>{escape(_text(invoice[name]))}</{name}>"
        for name in sorted(invoice)
    )


def _text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)
