"""The contract of pvex."""

from __future__ import annotations

from dataclasses import dataclass

from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.contract.contract import Contract
from tests.contract.judged import ONE, Judged


@dataclass(frozen=True, slots=True)
class Pushing(Contract):
    """A contract whose pushes are answered with nothing, because no switch is turned here.

    The spec states what a success holds when one is; OpenAPI cannot say that a body is there or is not.
    """

    def schema(self, *, walking: bool = False) -> OpenApiSchema:
        """What Schemathesis makes cases of."""
        loaded = Contract.schema(self, walking=walking)
        for name in ("BatchTaken", "OneTaken"):
            del loaded.raw_schema["components"]["responses"][name]["content"]
        return loaded


CONTRACT = Pushing(
    "pvex",
    "pvex",
    {"bearerAuth": {"bearer": "good-token"}},
    known={"getInvoice": {"id": "INV-1", "subscriberId": "SUB-100"}},
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
