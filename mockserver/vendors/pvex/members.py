"""The members of an invoice: their order, their kinds, and what they are when nothing was sent.

Source: PVEx fact sheet §2.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import Json

DECLARED = (
    "Deleted",
    "Number",
    "DateTime",
    "ClientId",
    "ClientPmsId",
    "ProviderId",
    "ProviderPmsId",
    "Amount",
    "BalanceDue",
    "DiscountAmount",
    "AdjustmentAmount",
    "TotalTaxAmount",
    "PmsStatus",
    "IsComplete",
    "IsPaid",
    "SiteId",
    "ApiCreateDate",
    "ApiLastChangeDate",
    "CheckSum",
    "RowKey",
    "Id",
    "SyncId",
    "SubscriberId",
)
"""In the order of the class, which is the order of JSON and of errors."""

ALPHABETICAL = tuple(sorted(DECLARED))
"""In the order of XML."""

REQUIRED_TEXTS = frozenset({"Number", "ClientId", "ClientPmsId", "Id", "SyncId", "SubscriberId"})
TEXTS = REQUIRED_TEXTS | {"ProviderId", "ProviderPmsId", "PmsStatus", "SiteId"}
MONEY = frozenset({"Amount", "BalanceDue", "DiscountAmount", "AdjustmentAmount", "TotalTaxAmount"})
INTEGERS = frozenset({"CheckSum", "RowKey"})
MOMENTS = frozenset({"DateTime", "ApiCreateDate", "ApiLastChangeDate"})

REQUIRED_VALUES = frozenset({"ApiCreateDate", "RowKey"})
"""Value types that the class asks for: JSON and form must bring them, XML need not."""

BLANK: Mapping[str, Json] = {
    **dict.fromkeys(DECLARED),
    "IsComplete": False,
    "ApiCreateDate": "0001-01-01T00:00:00",
    "CheckSum": 0,
    "RowKey": 0,
}
"""An invoice of which nothing was sent: null, but for value types that cannot be."""

RANK = {name: rank for rank, name in enumerate(DECLARED)}
