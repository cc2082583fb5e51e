"""Wrong counts and sums."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from struct import pack, unpack
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient
from tests.contract.planted_faults.wrappers import Json, Planted, Route, changes_document

_XERO_PAYING = ("createBatchPayment", "getBatchPayments", "getInvoice", "getInvoices")
_PAYMENTS = {"R1": "0.10", "R2": "0.20"}


def members(names: tuple[str, ...], change: Callable[[Decimal], Decimal]) -> Callable[[Json, Json], Json]:
    """Amounts of these names changed, wherever they stand, in the form that they have."""

    def walked(node: Any) -> Any:
        if isinstance(node, list):
            return [walked(one) for one in node]
        if not isinstance(node, dict):
            return node
        return {
            name: _amount(value, change) if name in names else walked(value) for name, value in node.items()
        }

    return lambda _sent, told: walked(told)


def _amount(value: Any, change: Callable[[Decimal], Decimal]) -> Any:
    if isinstance(value, str):
        return format(change(Decimal(value)), "f")
    return change(value) if isinstance(value, Decimal) else value


def to_tenths(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.1"), ROUND_HALF_UP)


def to_tenths_in_cents(amount: Decimal) -> Decimal:
    return to_tenths(amount).quantize(Decimal("0.01"))


def cents_cut(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), ROUND_DOWN).quantize(Decimal("1.00"))


def in_single_precision(amount: Decimal) -> Decimal:
    """As a float of 32 bits has it: seven digits."""
    narrow: float = unpack("f", pack("f", float(amount)))[0]
    return Decimal(narrow).quantize(Decimal("0.01"), ROUND_HALF_UP)


def negative(amount: Decimal) -> Decimal:
    return -amount


def in_binary(batch: Json) -> Json:
    """A batch payment whose total is added up in binary floats."""
    if batch.get("ValidationErrors"):
        return batch
    total = 0.0
    for payment in batch["Payments"]:
        total += float(payment["Amount"])
    return {**batch, "TotalAmount": Decimal(repr(total))}


def without_the_last(batch: Json) -> Json:
    if batch.get("ValidationErrors"):
        return batch
    return {**batch, "TotalAmount": sum((one["Amount"] for one in batch["Payments"][:-1]), Decimal("0.0"))}


def batches(change: Callable[[Json], Json]) -> Planted:
    """Every batch payment of an answer changed."""
    return changes_document(
        vendors.XERO_BATCHES,
        lambda _sent, told: {**told, "BatchPayments": [change(one) for one in told["BatchPayments"]]},
    )


def nothing_paid(_sent: Json, told: Json) -> Json:
    """What is due is the total, whatever was paid."""
    shown = [{**one, "AmountDue": one["Total"], "AmountPaid": Decimal("0.0")} for one in told["Invoices"]]
    return {**told, "Invoices": shown}


def a_cent_more(_sent: Json, told: Json) -> Json:
    listed = [
        one if one.get("HasErrors") else {**one, "Total": one["Total"] + Decimal("0.01")}
        for one in told["Invoices"]
    ]
    return {**told, "Invoices": listed}


def counting(change: Callable[[Json, Json], int]) -> Planted:
    return changes_document(vendors.PAYT_BATCH, lambda sent, told: {**told, "count": change(sent, told)})


def _payt(name: str, says: str, planted: Planted, right: Json, wrong: Json) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        return vendors.payt_sends(caller, 1, 2, 9001).json()["count"]

    return PlantedFault(
        f"payt-{name}", "counts", "payt", says, vendors.PAYT_READ, planted, seen, right, wrong
    )


def _payt_amount(
    name: str, says: str, route: Route, change: Callable[[Decimal], Decimal], wrong: str
) -> PlantedFault:
    amounts = dict.fromkeys(
        ("amount_total", "amount_open", "book_amount_total", "book_amount_open"), "1234567.89"
    )

    def seen(caller: VendorClient) -> Json:
        vendors.payt_sends(caller, vendors.payt_invoice(1, **amounts))
        return vendors.payt_reads(caller, 1, "total_amount")

    planted = changes_document(route, members(("total_amount", "open_amount"), change))
    return PlantedFault(
        f"payt-{name}", "counts", "payt", says, vendors.PAYT_READ, planted, seen, "1234567.89", wrong
    )


def _pvex(
    name: str, says: str, member: str, change: Callable[[Decimal], Decimal], wrong: str
) -> PlantedFault:
    sent = vendors.pvex_invoice(1, Amount=Decimal("1234567.89"), BalanceDue=Decimal("1234567.89"))

    def seen(caller: VendorClient) -> Json:
        vendors.pvex_sends(caller, sent)
        return vendors.pvex_reads(caller, 1, member)

    planted = changes_document(vendors.PVEX_ONE, members((member,), change))
    return PlantedFault(
        f"pvex-{name}", "counts", "pvex", says, vendors.PVEX_READ, planted, seen, "1234567.89", wrong
    )


def _gw(name: str, says: str, change: Callable[[Decimal], Decimal], wrong: str) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        vendors.gw_sends(caller, vendors.gw_change(vendors.BULK_A, "Ann", bulkInvoiceTotal="1234567.89"))
        return vendors.gw_reads(caller, vendors.BULK_A, "bulkInvoiceTotal")

    planted = changes_document(vendors.GW_ONE, members(("bulkInvoiceTotal",), change))
    return PlantedFault(
        f"guidewire-{name}", "counts", "guidewire", says, vendors.GW_READ, planted, seen, "1234567.89", wrong
    )


def _total(name: str, says: str, change: Callable[[Json], Json], wrong: str) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        return vendors.xero_paid(vendors.xero_pays(caller, _PAYMENTS))

    return PlantedFault(
        f"xero-{name}", "counts", "xero", says, _XERO_PAYING, batches(change), seen, ["0.3"], [wrong]
    )


def _invoice(name: str, says: str, member: str, planted: Planted, wrong: str) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        vendors.xero_sends(caller, 1)
        return vendors.xero_reads(caller, 1, member)

    return PlantedFault(
        f"xero-{name}", "counts", "xero", says, vendors.XERO_READ, planted, seen, "115.12", wrong
    )


def _due(caller: VendorClient) -> Json:
    vendors.xero_pays(caller, {"R1": "10.50"})
    return vendors.xero_due(caller)


def _answered_total(caller: VendorClient) -> Json:
    return str(vendors.xero_sends(caller, 1).json()["Invoices"][0]["Total"])


COUNTS = (
    _payt(
        "counts-one-more", "counts one more than was done", counting(lambda _, told: told["count"] + 1), 2, 3
    ),
    _payt(
        "counts-what-was-sent", "counts what was sent", counting(lambda sent, _: len(sent["invoices"])), 2, 3
    ),
    _payt("counts-nothing", "counts nothing", counting(lambda _sent, _told: 0), 2, 0),
    _payt("counts-the-failed", "counts what failed", counting(lambda _, told: len(told["errors"])), 2, 1),
    _payt_amount(
        "rounds-to-tenths", "rounds amounts to tenths", vendors.PAYT_ONE, to_tenths_in_cents, "1234567.90"
    ),
    _payt_amount(
        "loses-digits", "shows seven digits of an amount", vendors.PAYT_ONE, in_single_precision, "1234567.88"
    ),
    _pvex("cuts-cents", "shows amounts without their cents", "Amount", cents_cut, "1234567.00"),
    _pvex("loses-digits", "shows seven digits of an amount", "Amount", in_single_precision, "1234567.88"),
    _pvex("flips-the-sign", "shows what is due with the other sign", "BalanceDue", negative, "-1234567.89"),
    _gw("cuts-cents", "shows totals without their cents", cents_cut, "1234567.00"),
    _gw("loses-digits", "shows seven digits of a total", in_single_precision, "1234567.88"),
    _total("adds-in-binary", "adds up payments in binary floats", in_binary, "0.30000000000000004"),
    _total("leaves-out-the-last", "leaves the last payment out of the total", without_the_last, "0.1"),
    _total(
        "rounds-the-total",
        "rounds the total of a batch payment",
        lambda batch: {**batch, "TotalAmount": to_tenths(batch["TotalAmount"] * 10) / 10 + 1},
        "1.3",
    ),
    PlantedFault(
        "xero-forgets-what-was-paid",
        "counts",
        "xero",
        "shows the total as due, whatever was paid",
        (*_XERO_PAYING, "updateOrCreateInvoices"),
        changes_document(vendors.XERO_LIST, nothing_paid),
        _due,
        "89.5",
        "100.0",
    ),
    _invoice(
        "rounds-to-tenths",
        "shows amounts with one decimal",
        "AmountDue",
        changes_document(vendors.XERO_ONE, members(("AmountDue", "Total"), to_tenths)),
        "115.1",
    ),
    _invoice(
        "flips-the-sign",
        "shows what is due with the other sign",
        "AmountDue",
        changes_document(vendors.XERO_ONE, members(("AmountDue",), negative)),
        "-115.12",
    ),
    PlantedFault(
        "xero-adds-a-cent",
        "counts",
        "xero",
        "answers a batch with totals that are one cent too high",
        vendors.XERO_READ,
        changes_document(vendors.XERO_INVOICES, a_cent_more),
        _answered_total,
        "115.12",
        "115.13",
    ),
)
