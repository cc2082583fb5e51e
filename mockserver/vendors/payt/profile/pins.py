"""Fixture ids for generated Payt requests, and the statuses expected of them."""

from __future__ import annotations

from mockserver.contract.subject import NO_SUCH, ONE, PER_ITEM, Judged, Pins

NUMBERS = "numbers are read as texts"

_POSTED = Judged(PER_ITEM, invalid=("201", "4xx"))
_CHANGED = Judged(PER_ITEM, invalid=("200", "4xx"))
_PAGED = Judged("the schema cannot say which cursors are good", valid=("200", "422"))
_NAMED = Judged(NUMBERS, invalid=("200", "4xx"))

PINS = Pins(
    query={"administration_id": "81"},
    path={"administration_id": "81"},
    body={"administration_id": "81"},
    known={"getV1InvoicesId": {"id": "2603744"}, "putUpload": {"token": "sandbox-upload"}},
    judged={
        "getV1Administrations": _PAGED,
        "getV1Contacts": _PAGED,
        "getV1Debtors": _PAGED,
        "getV1Invoices": _PAGED,
        "getV1InvoicesDeleted": _PAGED,
        "getV1Payments": _PAGED,
        "getV1PaymentsDeleted": _PAGED,
        "getV1VatRates": _PAGED,
        "getV1InvoicesId": ONE,
        "getV1DebtorsId": ONE,
        "postV1Invoices": _POSTED,
        "patchV1Invoices": _CHANGED,
        "patchV1InvoicesBlock": _NAMED,
        "patchV1InvoicesResume": _NAMED,
        "postV1Debtors": _POSTED,
        "postV1Contacts": _POSTED,
        "postV1VatRates": _POSTED,
        "postV1PaymentConditions": _POSTED,
        "postV1Files": Judged(NUMBERS, invalid=("201", "4xx")),
        "getOauthAuthorize": Judged("whoever asks well is sent back to the application", valid=("302",)),
        "putUpload": Judged(f"{NO_SUCH}, or which bytes were announced", valid=("204", "404", "422")),
        "postOauthToken": Judged("the schema cannot say which grants are good", valid=("200", "400")),
    },
)
