"""Fixture ids for generated Payt requests, and the statuses expected of them."""

from __future__ import annotations

from mockserver.contract.profile import (
    FOUND_OR_NOT,
    PER_ITEM_REASON,
    UNKNOWN_ID_REASON,
    ExpectedStatuses,
    FixturePins,
)

NUMBERS = "numbers are read as texts"

_POSTED = ExpectedStatuses(PER_ITEM_REASON, invalid=("201", "4xx"))
_CHANGED = ExpectedStatuses(PER_ITEM_REASON, invalid=("200", "4xx"))
_PAGED = ExpectedStatuses("the schema cannot say which cursors are good", valid=("200", "422"))
_NAMED = ExpectedStatuses(NUMBERS, invalid=("200", "4xx"))

PINS = FixturePins(
    query={"administration_id": "81"},
    path={"administration_id": "81"},
    body={"administration_id": "81"},
    known={"getV1InvoicesId": {"id": "2603744"}, "putUpload": {"token": "sandbox-upload"}},
    expected_statuses={
        "getV1Administrations": _PAGED,
        "getV1Contacts": _PAGED,
        "getV1Debtors": _PAGED,
        "getV1Invoices": _PAGED,
        "getV1InvoicesDeleted": _PAGED,
        "getV1Payments": _PAGED,
        "getV1PaymentsDeleted": _PAGED,
        "getV1VatRates": _PAGED,
        "getV1InvoicesId": FOUND_OR_NOT,
        "getV1DebtorsId": FOUND_OR_NOT,
        "postV1Invoices": _POSTED,
        "patchV1Invoices": _CHANGED,
        "patchV1InvoicesBlock": _NAMED,
        "patchV1InvoicesResume": _NAMED,
        "postV1Debtors": _POSTED,
        "postV1Contacts": _POSTED,
        "postV1VatRates": _POSTED,
        "postV1PaymentConditions": _POSTED,
        "postV1Files": ExpectedStatuses(NUMBERS, invalid=("201", "4xx")),
        "getOauthAuthorize": ExpectedStatuses(
            "whoever asks well is sent back to the application", valid=("302",)
        ),
        "putUpload": ExpectedStatuses(
            f"{UNKNOWN_ID_REASON}, or which bytes were announced", valid=("204", "404", "422")
        ),
        "postOauthToken": ExpectedStatuses(
            "the schema cannot say which grants are good", valid=("200", "400")
        ),
    },
)
