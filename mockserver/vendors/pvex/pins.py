"""What generated calls of pvex are given so that they meet something of its fixtures."""

from __future__ import annotations

from mockserver.contract.subject import ONE, Judged, Pins

PINS = Pins(
    known={"getInvoice": {"id": "INV-1", "subscriberId": "SUB-100"}},
    empty_answers=("BatchTaken", "OneTaken"),
    codec="latin-1",  # .NET counts UTF-16 units against maxLength, the schema counts characters
    judged={
        "getInvoice": ONE,
        "postInvoiceBatch": Judged(
            "the vendor's JSON reader takes numbers and booleans for texts; XML cannot carry the characters "
            "that the pattern forbids, so the writer leaves them out",
            invalid=("200", "4xx"),
        ),
        "postInvoice": Judged(
            "as of a batch",
            invalid=("200", "4xx"),
        ),
        "issueToken": Judged("the schema cannot say which users are there", valid=("200", "400")),
    },
    asked_for=(
        ("postInvoiceBatch", "text/xml"),
        ("postInvoice", "application/xml"),
        ("listInvoices", "application/xml"),
        ("listInvoices", "text/xml"),
        ("listInvoices", "text/json"),
        ("getInvoice", "application/xml"),
    ),
)
