"""Fixture ids for generated VBA requests, and the statuses expected of them."""

from __future__ import annotations

from mockserver.contract.profile import (
    FOUND_OR_NOT,
    PER_ITEM_REASON,
    STATE_REASON,
    UNKNOWN_ID_REASON,
    ExpectedStatuses,
    FixturePins,
    SkippedCheck,
)

STATE_OR_KEYS = f"{STATE_REASON}, or that path and body name the same record"

_CREATED = ExpectedStatuses(STATE_REASON, valid=("200", "400"))
_UPDATED = ExpectedStatuses(STATE_OR_KEYS, valid=("200", "400", "404"))
_DELETED = ExpectedStatuses(f"{UNKNOWN_ID_REASON}, or which others name it", valid=("200", "400", "404"))
_BATCH = ExpectedStatuses(PER_ITEM_REASON, invalid=("207", "4xx"))

PINS = FixturePins(
    headers={"vbasoftware-database": "sandbox"},
    known={
        "getClaimInvoice": {"invoiceKey": "1001"},
        "updateClaimInvoice": {"invoiceKey": "1001"},
        "deleteClaimInvoice": {"invoiceKey": "1001"},
        "getPayee": {"payeeID": "P100"},
        "updatePayee": {"payeeID": "P100"},
        "deletePayee": {"payeeID": "P300"},
    },
    bodies={"updateClaimInvoice": {"invoice_Key": 1001}, "updatePayee": {"payee_ID": "P100"}},
    expected_statuses={
        "refreshTokens": ExpectedStatuses(
            "the schema cannot say which tokens are there", valid=("200", "401")
        ),
        "getClaimInvoice": FOUND_OR_NOT,
        "createClaimInvoice": ExpectedStatuses(
            f"{STATE_REASON}; a missing invoice_Key asks for the next one",
            valid=("200", "400"),
            invalid=("200", "4xx"),
        ),
        "updateClaimInvoice": _UPDATED,
        "deleteClaimInvoice": _DELETED,
        "putClaimInvoiceBatch": _BATCH,
        "getPayee": FOUND_OR_NOT,
        "createPayee": _CREATED,
        "updatePayee": _UPDATED,
        "deletePayee": _DELETED,
        "putPayeesBatch": _BATCH,
    },
    skipped_checks=(
        SkippedCheck(
            "missing_required_header",
            "the check asks for 401; its case has no API key either, which the gateway answers with 403",
            header="Authorization",
        ),
    ),
    # `*/*` is answered in JSON; nothing answers in text/plain unless an assumption says so.
    accepts=(
        ("putClaimInvoiceBatch", "text/json"),
        ("putPayeesBatch", "text/json"),
        ("listClaimInvoice", "text/json"),
    ),
    walk_exclusions=(
        (),
        # A walk begins at a PUT only where no list and no POST is left.
        ("logIn", "refreshTokens", "listClaimInvoice", "createClaimInvoice", "listPayee", "createPayee"),
    ),
)
