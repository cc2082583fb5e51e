"""What breaks PVEx's schema and yet is taken."""

from mockserver.contract.forgiven import Forgiven

_OF_XML = (
    Forgiven("required", "XML reads a value that is left out as 0", "RowKey", media_type="*/xml"),
    Forgiven("required", "XML reads one as 0001-01-01T00:00:00", "ApiCreateDate", media_type="*/xml"),
    Forgiven("type", "a nil invoice is passed over", media_type="*/xml"),
)

FORGIVEN = {"postInvoiceBatch": _OF_XML, "postInvoice": _OF_XML}
"""By operation. Source: PVEx fact sheet §2.2."""
