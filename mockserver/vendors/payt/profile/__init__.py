"""Contract profile of Payt: lists, facts, fixture ids, expected statuses.

Source: docs/vendors/payt.md#lists.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.contract.profile import (
    FOUND_OR_NOT,
    PER_ITEM_REASON,
    UNKNOWN_ID_REASON,
    ExpectedStatuses,
    FactCheck,
    FactRead,
    FixturePins,
    LimitedCredentials,
    ListFilter,
    ListOrder,
    ListProfile,
    OpenCase,
    Profile,
    RefusalRule,
    Tolerance,
    ValueChange,
)
from mockserver.vendors.payt.profile.batches import INVOICE_READER, READERS, batch_profiles

_MOST_ROWS = 500
_OF_INVOICES = ("postV1Invoices", "patchV1Invoices", "postV1Debtors", "postV1Contacts")
_ADMINISTRATIONS = FactRead(
    "getV1Administrations", query={"per_page": str(_MOST_ROWS)}, rows="/data", key="/id", size=_MOST_ROWS
)


def _debtor(administration: str) -> tuple[FactRead, ...]:
    within = {"administration_id": f"{{{administration}}}"}
    named = {**within, "identifier_type": "debtor_number"}
    page = {**within, "per_page": str(_MOST_ROWS)}
    return (
        FactRead("getV1DebtorsId", {"id": "{debtor}"}, named, key="/debtor_number"),
        FactRead("getV1Debtors", query=page, rows="/data", key="/debtor_number", size=_MOST_ROWS),
    )


FACT_CHECKS = (
    FactCheck("administration", (_ADMINISTRATIONS,)),
    FactCheck("other_administration", (_ADMINISTRATIONS,), tenant=1),
    FactCheck("debtor", _debtor("administration"), needed_by=_OF_INVOICES, replaceable=True),
    FactCheck("debtor", _debtor("other_administration"), needed_by=_OF_INVOICES, tenant=1, replaceable=True),
    FactCheck("prefix", made_up=True),
)


_ADMINISTRATION = {"administration_id": "{administration}"}


def _list(
    operation: str,
    filters: tuple[ListFilter, ...] = (),
    orders: tuple[ListOrder, ...] = (),
    query: Mapping[str, str] = _ADMINISTRATION,
) -> ListProfile:
    return ListProfile(
        operation,
        query=query,
        paging="cursor",
        position="cursor",
        size="per_page",
        largest=500,
        usual=100,
        rows="/data",
        identity="/id",
        cursor="/pagination/cursor",
        filters=filters,
        orders=orders,
    )


def _named(parameter: str, member: str, unknown: str) -> ListFilter:
    return ListFilter(parameter, f"/{member}", unknown=unknown, separator=",")


_INVOICE_FILTERS = (
    _named("ids", "id", "1"),
    _named("invoice_numbers", "invoice_number", "no-such-number"),
    _named("debtor_numbers", "debtor_number", "no-such-debtor"),
    ListFilter("book_amount_total_gte", "/book_total_amount", selects="at-least"),
    ListFilter("book_amount_total_lte", "/book_total_amount", selects="at-most"),
)
_INVOICE_ORDERS = tuple(
    ListOrder("order", f"{name}_{way}", f"/{name}", descending=way == "desc")
    for name, way in (("invoice_date", "asc"), ("due_date", "desc"))
)

LISTS = (
    _list("getV1Invoices", _INVOICE_FILTERS, _INVOICE_ORDERS),
    _list("getV1Debtors", (_named("debtor_numbers", "debtor_number", "no-such-debtor"),)),
    _list("getV1Contacts"),
    _list("getV1Payments", (_named("ids", "id", "1"),)),
    _list("getV1VatRates"),
    _list("getV1Administrations", query={}),
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


_LENGTH = Tolerance("maxLength", "the 255 characters of CSV imports are assumed")
_REASON = "where the border to the faults of a record runs is assumed"
_BROKEN = tuple(
    Tolerance(keyword, _REASON, passes=False)
    for keyword in ("required", "enum", "type", "format", "minimum", "maximum")
)
_CENTS = Tolerance("pattern", "that an amount has two decimals is assumed")
_ROUNDED = ValueChange(
    "",
    "rounded",
    "whether more than two decimals are rounded is assumed",
    "docs/vendors/payt.md#conventions",
    2,
)
_NULL = ValueChange(
    "",
    "null is filled",
    "whether null clears a member or counts as left out is assumed",
    "docs/vendors/payt.md#identity",
)
_CLOSED = RefusalRule(
    "unknown record",
    (403, 404),
    "whether an administration that is not there is said to be closed is assumed",
    ("getV1AdministrationsAdministrationId",),
)

OPEN_CASES = (
    OpenCase("a text of more than 255 characters", {"": (_LENGTH,)}),
    OpenCase("a missing member, a word of no list, a value of a wrong type", {"": _BROKEN}),
    OpenCase("parts of a cent", {"": (_CENTS,)}, values=(_ROUNDED,)),
    OpenCase("null for a member that is stored", values=(_NULL,)),
    OpenCase("an administration that is not there", refusals=(_CLOSED,)),
    OpenCase("a cursor of the last page that leads to an empty one", lists_end_empty=True),
)


_FACTS = {
    "administration": "81",
    "other_administration": "82",
    "debtor": "D-1",
    "prefix": "MS-",
}
"""`debtor` is in both administrations; an empty `other_administration` says that there is only one.

What is made has a number or a code that begins with `prefix`.
"""
_CREDENTIALS = {
    "bearerAuth": {"bearer": "full-token"},
    "basicAuth": {"username": "sandbox-client", "password": "sandbox-secret"},
}

_UNKNOWN_ADMINISTRATION = RefusalRule(
    "unknown record",
    (403,),
    "an administration that is not there is answered as one that was not granted",
    ("getV1AdministrationsAdministrationId",),
)
_READS_ONLY = LimitedCredentials(
    {"bearerAuth": {"bearer": "read-token"}},
    ("postV1Invoices", "patchV1Invoices", "postV1Debtors", "getV1Debtors", "getV1Payments"),
)

PROFILE = Profile(
    facts=_FACTS,
    credentials=_CREDENTIALS,
    batches=batch_profiles,
    pins=PINS,
    open_cases=OPEN_CASES,
    refusals=(_UNKNOWN_ADMINISTRATION,),
    limited=(_READS_ONLY,),
    fact_checks=FACT_CHECKS,
    lists=LISTS,
    readers={"postV1Invoices": INVOICE_READER, "patchV1Invoices": INVOICE_READER, **READERS},
)
