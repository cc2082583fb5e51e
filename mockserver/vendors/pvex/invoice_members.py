"""Members of an invoice: order, types, and default values.

Source: docs/vendors/pvex.md#invoice.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import Json

DECLARED_ORDER = (
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

XML_ORDER = tuple(sorted(DECLARED_ORDER))
"""In the order of XML."""

REQUIRED_TEXTS = frozenset({"Number", "ClientId", "ClientPmsId", "Id", "SyncId", "SubscriberId"})
TEXT_MEMBERS = REQUIRED_TEXTS | {"ProviderId", "ProviderPmsId", "PmsStatus", "SiteId"}
AMOUNT_MEMBERS = frozenset({"Amount", "BalanceDue", "DiscountAmount", "AdjustmentAmount", "TotalTaxAmount"})
INTEGER_MEMBERS = frozenset({"CheckSum", "RowKey"})
DATE_MEMBERS = frozenset({"DateTime", "ApiCreateDate", "ApiLastChangeDate"})

REQUIRED_VALUES = frozenset({"ApiCreateDate", "RowKey"})
"""Value types that the class asks for: JSON and form must bring them, XML need not."""

EMPTY_INVOICE: Mapping[str, Json] = {
    **dict.fromkeys(DECLARED_ORDER),
    "IsComplete": False,
    "ApiCreateDate": "0001-01-01T00:00:00",
    "CheckSum": 0,
    "RowKey": 0,
}
"""An invoice of which nothing was sent: null, but for value types that cannot be."""

MEMBER_RANK = {name: rank for rank, name in enumerate(DECLARED_ORDER)}
