"""What is judged otherwise than Schemathesis does by itself, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import missing_required_header


@dataclass(frozen=True, slots=True)
class Judged:
    """Statuses that answer what the schema of an operation takes, and what it does not take."""

    reason: str
    valid: tuple[str, ...] = ("2xx",)
    invalid: tuple[str, ...] = ("4xx",)


PER_ITEM = "the envelope is good, so every item is answered for itself"
NO_SUCH = "the schema cannot say which ids are there"
STATE = "the schema cannot say what the state allows, or which other documents are there"
QUERY = "the schema cannot spell the filter language or the form of If-Modified-Since"
SUMMARY = f"{PER_ITEM}, or as one 400; a summarizeErrors that is no boolean counts as true"

_ONE = Judged(NO_SUCH, valid=("200", "404"))
_XERO_LIST = Judged(QUERY, valid=("200", "400", "412"))
_XERO_BATCH = Judged(SUMMARY, valid=("200", "400"), invalid=("200", "4xx"))

JUDGED: Mapping[str, Mapping[str, Judged]] = {
    "_control": {
        "create_sandbox": Judged("a name is given twice", valid=("201", "409")),
        "show_entry": _ONE,
    },
    "guidewire": {
        "getBulkInvoice": _ONE,
        "getBulkInvoiceItems": _ONE,
        "getBulkInvoiceItem": _ONE,
        "createBulkInvoice": Judged(STATE, valid=("201", "400")),
        "createBulkInvoiceItem": Judged(STATE, valid=("201", "400", "404")),
        "updateBulkInvoice": Judged(STATE, valid=("200", "400", "404", "409")),
        "runBatch": Judged(PER_ITEM, invalid=("200", "4xx")),
    },
    "payt": {
        "getV1InvoicesId": _ONE,
        "getV1DebtorsId": _ONE,
        "postV1Invoices": Judged(PER_ITEM, invalid=("201", "4xx")),
        "postV1Debtors": Judged(PER_ITEM, invalid=("201", "4xx")),
    },
    "pvex": {
        "getInvoice": _ONE,
        "postInvoiceBatch": Judged(
            "the vendor's JSON reader takes numbers and booleans for texts; XML cannot carry the characters "
            "that the pattern forbids, so the writer leaves them out",
            invalid=("200", "4xx"),
        ),
    },
    "vba": {
        "getClaimInvoice": _ONE,
        "getPayee": _ONE,
        "createPayee": Judged(STATE, valid=("200", "400")),
        "putClaimInvoiceBatch": Judged(PER_ITEM, invalid=("207", "4xx")),
    },
    "xero": {
        "createBatchPayment": _XERO_BATCH,
        "createInvoices": _XERO_BATCH,
        "getBatchPayments": _XERO_LIST,
        "getInvoices": _XERO_LIST,
        "getAccounts": _XERO_LIST,
        "getContacts": _XERO_LIST,
        "getPayments": _XERO_LIST,
        "getBatchPayment": _ONE,
        "getInvoice": _ONE,
        "getAccount": _ONE,
        "getPayment": _ONE,
        "getContact": _ONE,
    },
}
"""Every operation that is not judged by 2xx for what its schema takes and 4xx for what it does not."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A check that is left out for a contract; with `header` for the cases only that were made to lack it."""

    contract: str
    check: CheckFunction
    reason: str
    header: str = ""


EXCLUDED = (
    Excluded(
        "vba",
        missing_required_header,
        "the check asks for 401; its case has no API key either, which the gateway answers with 403",
        header="Authorization",
    ),
)
