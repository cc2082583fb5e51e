"""Faults of Xero's batch payments: totals, payments that are lost or torn, ids that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any

from mockserver.contract.exchange import Response
from tests.contract.planted_faults.client import VendorClient
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import XERO, XERO_BATCHES
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_each,
    unless_misshapen,
)

_KEY = "idempotency-key"
_PATH = "/api.xro/2.0/BatchPayments"
_FROM_BANK = {"Account": {"Code": "BANK1"}, "Date": "2026-01-05"}
_NOWHERE = "ba5eba11-0000-4000-8000-00000000dea"
TOTALS: Mapping[str, Callable[[Json], Decimal]] = {
    "in_binary": lambda batch: Decimal(repr(sum(float(one["Amount"]) for one in batch["Payments"]))),
    "without_the_last": lambda batch: sum((one["Amount"] for one in batch["Payments"][:-1]), Decimal("0.0")),
    "rounded_and_one": lambda batch: (
        (batch["TotalAmount"] * 10).quantize(Decimal("0.1"), ROUND_HALF_UP) / 10 + 1
    ),
}


def totals(change: Callable[[Json], Decimal]) -> Planted:
    """Other totals of the batch payments that were made."""
    return changes_each(
        XERO_BATCHES,
        "BatchPayments",
        lambda one: one if one.get("ValidationErrors") else {**one, "TotalAmount": change(one)},
    )


def nothing_paid(invoice: Json) -> Json:
    """What is due is the total, whatever was paid."""
    return {**invoice, "AmountDue": invoice["Total"], "AmountPaid": Decimal("0.0")}


def strange_ids(elements: list[Json]) -> list[Json]:
    """After an element that failed, those that were saved have ids of nothing."""
    failed, told = False, []
    for place, one in enumerate(elements):
        is_bad = bool(one.get("ValidationErrors"))
        failed = failed or is_bad
        told.append({**one, "BatchPaymentID": f"{_NOWHERE}{place}"} if failed and not is_bad else one)
    return told


def _are_bad(element: Json) -> list[bool]:
    """Whether each payment of an element is bad."""
    return [
        not 0 < Decimal(one["Amount"]) < 10**12 or one["Invoice"].get("InvoiceNumber") == "none such"
        for one in element["Payments"]
    ]


async def tears(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """Payments before the bad one of an element stay booked."""
    received = await ask(call)
    for one in unless_misshapen((), lambda: call.json()["BatchPayments"]):
        parts = unless_misshapen([], partial(_are_bad, one))
        if True in parts[1:] and not parts[0]:
            rest = {name: one[name] for name in ("Account", "Date") if name in one}
            body = {"Payments": [{**one["Payments"][0], **rest}]}
            await ask(WrappedRequest("PUT", "/xero/api.xro/2.0/Payments", "", call.headers).holding(body))
    return received


async def takes_theirs(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """An invoice that the tenant has not is found in the other tenant, and paid there."""
    received = await ask(call)
    number = unless_misshapen(
        "", lambda: call.json()["BatchPayments"][0]["Payments"][0]["Invoice"]["InvoiceNumber"]
    )
    mine = await ask(WrappedRequest("GET", f"{XERO.list.path}/{number}", "", call.headers))
    if mine.status != 404:
        return received
    theirs = await ask(call.having(xero_tenant_id=XERO.tenants[2]))
    return theirs if theirs.good and b"ValidationErrors" not in theirs.body else received


async def drops_the_second(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
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


def forgets_errors(route: Route) -> Planted:
    """A call that was refused is done anew when it comes again under its key."""

    def planted() -> WrappedFault:
        refused: set[tuple[str, str, bytes]] = set()

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            name = (call.sandbox, call.headers.get(_KEY, ""), call.body)
            received = await ask(call.without(_KEY) if name in refused else call)
            if not received.good:
                refused.add(name)
            return received

        return at(route, fault)

    return planted


def pays(client: VendorClient, *payments: Mapping[str, str], **headers: str) -> Response:
    """The answer to a batch payment for each mapping of invoice numbers to amounts."""
    batches = [_batch(**{number: Decimal(amount) for number, amount in one.items()}) for one in payments]
    return client.send("PUT", f"{_PATH}?summarizeErrors=false", {"BatchPayments": batches}, **headers)


def _batch(**amounts: Decimal) -> dict[str, Json]:
    paid = [{"Invoice": {"InvoiceNumber": name}, "Amount": amount} for name, amount in amounts.items()]
    return {**_FROM_BANK, "Payments": paid}


def paid(client: VendorClient, *payments: Mapping[str, str]) -> list[str]:
    """The total of each batch payment, or ERROR."""
    return [
        "ERROR" if one.get("ValidationErrors") else str(one["TotalAmount"])
        for one in pays(client, *payments).json()["BatchPayments"]
    ]


def due(client: VendorClient) -> str:
    """The amount due of R1, which is 100.00 at first."""
    return str(client.rows("/api.xro/2.0/Invoices?InvoiceNumbers=R1")[0]["AmountDue"])


def paid_and_due(client: VendorClient, payments: Mapping[str, str]) -> Json:
    return [*paid(client, payments), due(client)]


def due_after_a_replay(client: VendorClient) -> str:
    for _ in range(2):
        pays(client, {"R1": "10.50"}, idempotency_key="k-1")
    return due(client)


def due_after_two(client: VendorClient) -> str:
    """The amount due after two batch payments with one reference."""
    batches = [{**_batch(R1=Decimal(1)), "Reference": "P"}] * 2
    client.send("PUT", f"{_PATH}?summarizeErrors=false", {"BatchPayments": batches})
    return due(client)


def ids_after_a_bad_one(client: VendorClient) -> list[int]:
    """What the ids lead to of batch payments after one that pays an invoice that is not there."""
    received = pays(client, {"none such": "1.00"}, {"R1": "1.00"}).json()
    ids = [one.get("BatchPaymentID") for one in received["BatchPayments"][1:]]
    return [client.get(f"{_PATH}/{one}").status for one in ids]


def paid_by_another_tenant(client: VendorClient) -> Json:
    other = client.of_another_tenant()
    other.sends(XERO.item(1, Status="AUTHORISED", Contact={"Name": "Somebody"}))
    return [*paid(client, {"N1": "1.00"}), other.reads(1, "AmountDue")]


def refused_again(client: VendorClient) -> list[int]:
    """The statuses of a payment before its invoice is there, and of the same call when it is there."""
    batches = {"BatchPayments": [_batch(N1=Decimal(1))]}
    first = client.status("PUT", _PATH, batches, idempotency_key="k-1")
    client.sends(XERO.item(1, Status="AUTHORISED"))
    return [first, client.status("PUT", _PATH, batches, idempotency_key="k-1")]


BATCH_PAYMENTS = read_faults(globals(), TOTALS)
