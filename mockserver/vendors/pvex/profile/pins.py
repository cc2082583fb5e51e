"""Fixture ids, expected statuses and tolerances for generated requests to PVEx."""

from __future__ import annotations

from mockserver.contract.profile import FOUND_OR_NOT, ExpectedStatuses, FixturePins, Tolerance

PINS = FixturePins(
    known={"getInvoice": {"id": "INV-1", "subscriberId": "SUB-100"}},
    empty_responses=("BatchTaken", "OneTaken"),
    codec="latin-1",  # .NET counts UTF-16 units against maxLength, the schema counts characters
    expected_statuses={
        "getInvoice": FOUND_OR_NOT,
        "postInvoiceBatch": ExpectedStatuses(
            "the vendor's JSON reader takes numbers and booleans for texts; XML cannot carry the characters "
            "that the pattern forbids, so the writer leaves them out",
            invalid=("2xx", "4xx"),
        ),
        "postInvoice": ExpectedStatuses(
            "as of a batch",
            invalid=("2xx", "4xx"),
        ),
        "issueToken": ExpectedStatuses("the schema cannot say which users are there", valid=("200", "400")),
    },
    accepts=(
        ("postInvoiceBatch", "text/xml"),
        ("postInvoice", "application/xml"),
        ("listInvoices", "application/xml"),
        ("listInvoices", "text/xml"),
        ("listInvoices", "text/json"),
        ("getInvoice", "application/xml"),
    ),
)

_XML_TOLERANCES = (
    Tolerance("required", "XML reads a value that is left out as 0", "RowKey", media_type="*/xml"),
    Tolerance("required", "XML reads one as 0001-01-01T00:00:00", "ApiCreateDate", media_type="*/xml"),
    Tolerance("type", "a nil invoice is passed over", media_type="*/xml"),
)

TOLERANCES = {"postInvoiceBatch": _XML_TOLERANCES, "postInvoice": _XML_TOLERANCES}
"""By operation. Source: docs/vendors/pvex.md#xml."""
