"""Lies inside the answer to a batch that is right as a whole: ids, errors, warnings, parts of an element."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_document,
    unless_misshapen,
)

_items, _isolation, _state = (partial(plant_fault, family) for family in ("items", "isolation", "state"))
_PAYING = ("createBatchPayment", "getBatchPayments", "getBatchPayment", "getInvoices", "getPayments")
NOT_FOUND = 404
_NOWHERE = "ba5eba11-0000-4000-8000-00000000dead"


def _strange_ids(_sent: Json, told: Json) -> Json:
    """After an element that failed, those that were saved have ids of nothing."""
    failed = False
    elements: list[Json] = []
    for one in told["BatchPayments"]:
        failed = failed or bool(one.get("ValidationErrors"))
        strange = failed and not one.get("ValidationErrors")
        elements.append({**one, "BatchPaymentID": f"{_NOWHERE[:-1]}{len(elements)}"} if strange else one)
    return {**told, "BatchPayments": elements}


def _lists_another_id() -> WrappedFault:
    """The list shows another id of an invoice that was sent twice."""
    times: dict[tuple[str, str], int] = {}

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        if vendors.PAYT_BATCH.matches(call) and received.good:
            for one in unless_misshapen((), lambda: call.json()["invoices"]):
                name = call.world, str(one.get("invoice_number"))
                times[name] = times.get(name, 0) + 1
        if not (vendors.PAYT_LIST.matches(call) and received.good):
            return received
        told = received.json()
        rows = [
            {**row, "id": f"9{row['id']}"} if times.get((call.world, row["invoice_number"]), 0) > 1 else row
            for row in told["data"]
        ]
        return received.holding({**told, "data": rows})

    return fault


def _two_errors_exchanged(_sent: Json, told: Json) -> Json:
    if len(told["errors"]) != 2 or "not_found" in told["errors"]:
        return told
    return {**told, "errors": dict(zip(told["errors"], [*told["errors"].values()][::-1], strict=True))}


def _are_bad(element: Json) -> list[bool]:
    """Whether each payment of an element is bad."""
    return [
        not 0 < Decimal(one["Amount"]) < 10**12 or one["Invoice"].get("InvoiceNumber") == "none such"
        for one in element["Payments"]
    ]


async def _tears(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """Payments before the bad one of an element stay booked."""
    received = await ask(call)
    for one in unless_misshapen((), lambda: call.json()["BatchPayments"]):
        parts = unless_misshapen([], partial(_are_bad, one))
        if True in parts[1:] and not parts[0]:
            rest = {name: one[name] for name in ("Account", "Date") if name in one}
            body = {"Payments": [{**one["Payments"][0], **rest}]}
            await ask(WrappedRequest("PUT", "/xero/api.xro/2.0/Payments", "", call.headers).holding(body))
    return received


async def _takes_theirs(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """An invoice that the tenant has not is found in the other tenant, and paid there."""
    received = await ask(call)
    pays: list[Any] = unless_misshapen([], lambda: call.json()["BatchPayments"][0]["Payments"])
    number = unless_misshapen("", lambda: pays[0]["Invoice"]["InvoiceNumber"])
    mine = await ask(WrappedRequest("GET", f"{vendors.XERO_LIST.path}/{number}", "", call.headers))
    if mine.status != NOT_FOUND:
        return received
    theirs = await ask(call.having(xero_tenant_id=vendors.OTHER_TENANT))
    return theirs if theirs.good and b"ValidationErrors" not in theirs.body else received


async def _drops_the_second(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """The second element of a reference is told as the first, and dropped."""
    sent: list[Any] = unless_misshapen([], lambda: call.json()["BatchPayments"])
    names = unless_misshapen([], lambda: [one["Reference"] for one in sent])
    first = dict(zip(reversed(names), reversed(sent), strict=True)) if names else {}
    if len(first) == len(sent) or not first:
        return await ask(call)
    received = await ask(call.holding({"BatchPayments": [first[one] for one in dict.fromkeys(names)]}))
    if not received.good:
        return received
    told = received.json()
    outcomes = dict(zip(dict.fromkeys(names), told["BatchPayments"], strict=True))
    return received.holding({**told, "BatchPayments": [outcomes[one] for one in names]})


async def _by_number(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """The row to update is looked up by its number: a row of another key and the same number is changed."""
    listed = await ask(WrappedRequest("GET", vendors.VBA_LIST.path, "pageSize=500", call.headers))
    rows = unless_misshapen([], lambda: [dict(row) for row in call.json()])
    stored = unless_misshapen([], lambda: listed.json()["data"])
    known = {row["invoice_Number"]: row["invoice_Key"] for row in stored if row.get("invoice_Number")}
    moved: dict[int, Json] = {}
    for place, row in enumerate(rows):
        number, key = row.get("invoice_Number"), row.get("invoice_Key")
        if isinstance(number, str) and known.setdefault(number, key) != key:
            moved[place], row["invoice_Key"] = key, known[number]
    received = await ask(call.holding(rows) if moved else call)
    if not moved or not received.good:
        return received
    told = received.json()
    for place, key in moved.items():
        told["data"][place]["id"][0]["value"] = key
    return received.holding(told)


def _at(route: Any, fault: WrappedFault) -> Planted:
    return lambda: at(route, fault)


def _ids_are_there(caller: VendorClient) -> Json:
    """Whether the id of each batch payment leads to one; the first pays an invoice that is not there."""
    received = vendors.xero_pays(caller, {"none such": "1.00"}, {"R1": "1.00"}).json()
    ids = [one.get("BatchPaymentID") for one in received["BatchPayments"][1:]]
    return [caller.get(f"/api.xro/2.0/BatchPayments/{one}").status for one in ids]


def _ids_agree(caller: VendorClient) -> Json:
    for text in ("one", "other"):
        vendors.payt_sends(caller, vendors.payt_invoice(1, description=text))
    listed = caller.get("/v1/invoices?administration_id=81&per_page=50").json()["data"]
    row = next(row for row in listed if row["invoice_number"] == "N1")
    return bool(row["id"] == vendors.payt_reads(caller, 1, "id"))


def _errors(caller: VendorClient) -> Json:
    late = vendors.payt_invoice(2, currency_code="XQZ")
    told = vendors.payt_sends(caller, 9001, late).json()["errors"]
    return ["Debtor" in " ".join(told["N9001"]), "Debtor" in " ".join(told["N2"])]


def _due_after_refusal(caller: VendorClient) -> Json:
    vendors.xero_pays(caller, {"R1": "1.00", "none such": "1.00"})
    return vendors.xero_due(caller)


def _paid_by_another(caller: VendorClient) -> Json:
    there = {"xero_tenant_id": vendors.OTHER_TENANT}
    vendors.xero_sends(
        caller, vendors.xero_invoice(1, Status="AUTHORISED", Contact={"Name": "Somebody"}), **there
    )
    told = vendors.xero_paid(vendors.xero_pays(caller, {"N1": "1.00"}))
    return [told, vendors.xero_reads(caller, 1, "AmountDue", **there)]


def _success(caller: VendorClient) -> Json:
    return vendors.payt_sends(caller, 1, 9001).json()["success"]


def _warnings(caller: VendorClient) -> Json:
    days = ("2026-06-02T10:00:00Z", "2026-06-03T10:00:00Z")
    answers = [vendors.payt_sends(caller, vendors.payt_invoice(1, sent_at=day)).json() for day in days]
    return ["warnings" in told for told in answers]


def _due_after_two(caller: VendorClient) -> Json:
    pay = {"Invoice": {"InvoiceNumber": "R1"}, "Amount": 1}
    body = {"Account": {"Code": "BANK1"}, "Date": "2026-01-05", "Reference": "P", "Payments": [pay]}
    caller.send("PUT", "/api.xro/2.0/BatchPayments?summarizeErrors=false", {"BatchPayments": [body, body]})
    return vendors.xero_due(caller)


def _two_rows(caller: VendorClient) -> Json:
    for key in (1, 2):
        vendors.vba_sends(caller, vendors.vba_row(key, invoice_Number="N-1"))
    return [vendors.vba_reads(caller, key) for key in (1, 2)]


def _payt(change: Callable[[Json, Json], Json]) -> Planted:
    return changes_document(vendors.PAYT_BATCH, change)


PARTIAL_ANSWERS = (
    _items(
        "xero-ids-of-nothing",
        "gives batch payments that come after a failed one ids that nothing has",
        _PAYING,
        changes_document(vendors.XERO_BATCHES, _strange_ids),
        _ids_are_there,
        right=[200],
        wrong=[404],
    ),
    _items(
        "payt-lists-another-id",
        "lists an invoice that was sent twice under another id than it is read with",
        vendors.PAYT_READ,
        _lists_another_id,
        _ids_agree,
        right=True,
        wrong=False,
    ),
    _items(
        "payt-exchanges-two-errors",
        "exchanges the errors of two refused invoices",
        vendors.PAYT_READ,
        _payt(_two_errors_exchanged),
        _errors,
        right=[True, False],
        wrong=[False, True],
    ),
    _state(
        "xero-tears-a-batch-payment",
        "books the payments before the bad one of a batch payment that it refuses",
        _PAYING,
        _at(vendors.XERO_BATCHES, _tears),
        _due_after_refusal,
        right="100.0",
        wrong="99.0",
    ),
    _state(
        "xero-drops-the-second",
        "tells the second batch payment of a reference as the first, and does not book it",
        _PAYING,
        _at(vendors.XERO_BATCHES, _drops_the_second),
        _due_after_two,
        right="98.0",
        wrong="99.0",
    ),
    _isolation(
        "xero-pays-another-tenants-invoice",
        "finds an invoice in the other tenant and pays it there",
        _PAYING,
        _at(vendors.XERO_BATCHES, _takes_theirs),
        _paid_by_another,
        right=[["ERROR"], "110.11"],
        wrong=[["1.0"], "109.11"],
    ),
    _items(
        "payt-has-no-success",
        "says that the call has no success as soon as one invoice is refused",
        vendors.PAYT_READ,
        _payt(lambda _sent, told: {**told, "success": not told["errors"]}),
        _success,
        right=True,
        wrong=False,
    ),
    _items(
        "payt-drops-warnings",
        "takes an invoice in part and does not say so",
        vendors.PAYT_READ,
        _payt(lambda _sent, told: {name: told[name] for name in told if name != "warnings"}),
        _warnings,
        right=[False, True],
        wrong=[False, False],
    ),
    _items(
        "vba-updates-by-number",
        "looks the row to update up by its number, not by its key",
        vendors.VBA_READ,
        _at(vendors.VBA_BATCH, _by_number),
        _two_rows,
        right=["row 1", "row 2"],
        wrong=["row 2", 404],
    ),
)
