"""Fixture ids for generated Guidewire requests, and the statuses expected of them."""

from __future__ import annotations

from mockserver.contract.profile import (
    FOUND_OR_NOT,
    PER_ITEM_REASON,
    STATE_REASON,
    ExpectedStatuses,
    FixturePins,
)

A = "xc:SdLxd3WOhsS0mT2Vi1XEu"
B = "xc:SF3EIyYvshoSm2pwaUnT_"
C = "xc:SqH7tVbN2_cKpR4xWm0Lz"
E = "xc:SwN9eLr6X0vB_iCy2GhPd"
F = "xc:SbT4mZk1J7oUf-n8RqVsA"
G = "xc:SpE3hWx5C_dLy0aIu9OtF"

_CHANGED = ExpectedStatuses(STATE_REASON, valid=("200", "400", "404", "409"))
_DELETED = ExpectedStatuses(STATE_REASON, valid=("204", "400", "404", "409"))
_ACTED = ExpectedStatuses(
    f"{STATE_REASON}; it cannot say either that there must be no body", valid=("200", "400", "404", "409")
)

PINS = FixturePins(
    known={
        "updateBulkInvoice": {"bulkInvoiceId": A},
        "deleteBulkInvoice": {"bulkInvoiceId": A},
        "createBulkInvoiceItem": {"bulkInvoiceId": A},
        "updateBulkInvoiceItem": {"bulkInvoiceId": B, "bulkInvoiceItemId": "xc:Sk2vQ8_mZrT0bLw5YhEa1"},
        "deleteBulkInvoiceItem": {"bulkInvoiceId": B, "bulkInvoiceItemId": "xc:Sk2vQ8_mZrT0bLw5YhEa1"},
        "validateBulkInvoice": {"bulkInvoiceId": A},
        "submitBulkInvoice": {"bulkInvoiceId": F},
        "requestBulkInvoice": {"bulkInvoiceId": C},
        "placeHoldOnBulkInvoice": {"bulkInvoiceId": G},
        "stopBulkInvoice": {"bulkInvoiceId": G},
        "voidBulkInvoice": {"bulkInvoiceId": E},
        "helpBulkInvoiceAlong": {"bulkInvoiceId": G},
        "getAsyncRequest": {"asyncRequestId": "xc:SdU4nWy7K_h2Jx-9bTqMe"},
    },
    # With "ignore" or "log" a call whose only fault is an unknown member would be taken.
    headers={"GW-UnknownPropertyHandling": "reject"},
    walking={"GW-DoNotCommit": "false"},
    omitted_headers=("GW-Checksum", "GW-DBTransaction-ID"),
    expected_statuses={
        "getBulkInvoice": FOUND_OR_NOT,
        "getBulkInvoiceItems": FOUND_OR_NOT,
        "getBulkInvoiceItem": FOUND_OR_NOT,
        "getAsyncRequest": FOUND_OR_NOT,
        "createBulkInvoice": ExpectedStatuses(STATE_REASON, valid=("201", "400")),
        "createBulkInvoiceItem": ExpectedStatuses(STATE_REASON, valid=("201", "400", "404")),
        "updateBulkInvoice": _CHANGED,
        "updateBulkInvoiceItem": _CHANGED,
        "deleteBulkInvoice": _DELETED,
        "deleteBulkInvoiceItem": _DELETED,
        "validateBulkInvoice": _ACTED,
        "submitBulkInvoice": _ACTED,
        "requestBulkInvoice": _ACTED,
        "placeHoldOnBulkInvoice": _ACTED,
        "stopBulkInvoice": _ACTED,
        "voidBulkInvoice": _ACTED,
        "helpBulkInvoiceAlong": _ACTED,
        "runBatch": ExpectedStatuses(PER_ITEM_REASON, invalid=("200", "4xx")),
        "runComposite": ExpectedStatuses(f"{STATE_REASON}; one bad call spoils all", valid=("200", "400")),
    },
)
