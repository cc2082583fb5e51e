"""Items of Xero and Guidewire that are lost, duplicated, reordered, misreported."""

from __future__ import annotations

from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient
from tests.contract.planted_faults.items import (
    changed_outcomes,
    cut_member,
    each,
    keys_swapped,
    last_never_arrives,
    twice,
    without_middle,
)
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    changes_document,
)


def gw_done(outcome: Json) -> Json:
    return {**outcome, "status": 200} if outcome["status"] >= 400 else outcome


def xero_done(number: int, one: Json) -> Json:
    if not one.get("HasErrors"):
        return one
    good = {name: value for name, value in one.items() if name not in {"ValidationErrors", "HasErrors"}}
    made = f"ba5eba11-0000-4000-8000-{number:012d}"
    return {**good, "InvoiceID": made, "HasErrors": False, "StatusAttributeString": "OK"}


def xero_all_done(listed: list[Any]) -> list[Any]:
    return [xero_done(number, one) for number, one in enumerate(listed)]


def xero_wordless(one: Json) -> Json:
    silent = [{**error, "Message": ""} for error in one.get("ValidationErrors", ())]
    return {**one, "ValidationErrors": silent} if silent else one


def _xero_made_up(last: Json, told: Json) -> Json:
    first, *rest = told["Invoices"]
    made = {
        **first,
        "InvoiceID": "ba5eba11-0000-4000-8000-000000000001",
        "InvoiceNumber": last["InvoiceNumber"],
    }
    return {**told, "Invoices": [first, *rest, made]}


def _gw_made_up(_last: Json, told: Json) -> Json:
    return {**told, "responses": [*told["responses"], told["responses"][-1]]}


def _xero(name: str, says: str, planted: Planted, right: Json, wrong: Json, *numbers: int) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        return vendors.xero_tells(vendors.xero_sends(caller, *numbers))

    return PlantedFault(f"xero-{name}", "items", "xero", says, vendors.XERO_READ, planted, seen, right, wrong)


def _gw(name: str, says: str, planted: Planted, right: Json, wrong: Json, *requests: Json) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        return vendors.gw_tells(vendors.gw_sends(caller, *requests))

    return PlantedFault(
        f"guidewire-{name}", "items", "guidewire", says, vendors.GW_READ, planted, seen, right, wrong
    )


def _xero_words(caller: VendorClient) -> Json:
    one = vendors.xero_sends(caller, 9001).json()["Invoices"][0]
    return [error["Message"][:12] for error in one["ValidationErrors"]]


def _xero_kept(caller: VendorClient) -> Json:
    return [vendors.xero_tells(vendors.xero_sends(caller, 1, 2, 3))[-1], vendors.xero_reads(caller, 3)]


def _gw_kept(caller: VendorClient) -> Json:
    told = vendors.gw_tells(vendors.gw_sends(caller, vendors.GW_GOOD, vendors.GW_GOOD, vendors.GW_GOOD_B))
    return [told, vendors.gw_reads(caller, vendors.BULK_B)]


def _paid_once(caller: VendorClient) -> Json:
    return [vendors.xero_paid(vendors.xero_pays(caller, {"R1": "10.50"})), vendors.xero_due(caller)]


ITEMS_OF_XERO_AND_GUIDEWIRE = (
    _xero(
        "drops-the-middle",
        "tells nothing of the second of three invoices",
        changed_outcomes("xero", without_middle),
        ["N1 OK", "N2 OK", "N3 OK"],
        ["N1 OK", "N3 OK"],
        1,
        2,
        3,
    ),
    _xero(
        "tells-twice",
        "tells of the last invoice twice",
        changed_outcomes("xero", lambda listed: [*listed, *listed[-1:]]),
        ["N1 OK"],
        ["N1 OK", "N1 OK"],
        1,
    ),
    _xero(
        "reverses",
        "tells of the invoices from the last to the first",
        changed_outcomes("xero", lambda listed: listed[::-1]),
        ["N1 OK", "N2 OK"],
        ["N2 OK", "N1 OK"],
        1,
        2,
    ),
    _xero(
        "swaps-keys",
        "tells of the first two invoices under each other's number",
        changed_outcomes("xero", keys_swapped("InvoiceNumber")),
        ["N1 OK", "N9001 ERROR"],
        ["N9001 OK", "N1 ERROR"],
        1,
        9001,
    ),
    _xero(
        "is-blind",
        "shows every invoice as made, with an id",
        changed_outcomes("xero", xero_all_done),
        ["N1 OK", "N9001 ERROR"],
        ["N1 OK", "N9001 OK"],
        1,
        9001,
    ),
    PlantedFault(
        "xero-says-no-why",
        "items",
        "xero",
        "gives an invoice that failed a validation error without words",
        vendors.XERO_READ,
        changes_document(vendors.XERO_INVOICES, each("Invoices", xero_wordless)),
        _xero_words,
        ["Account code"],
        [""],
    ),
    PlantedFault(
        "xero-loses-the-last",
        "items",
        "xero",
        "shows the last of three invoices as made and never takes it",
        vendors.XERO_READ,
        last_never_arrives(vendors.XERO_INVOICES, cut_member("Invoices"), _xero_made_up),
        _xero_kept,
        ["N3 OK", "ref 3"],
        ["N3 OK", 404],
    ),
    PlantedFault(
        "xero-pays-twice",
        "items",
        "xero",
        "makes every batch payment two times and tells of one",
        ("createBatchPayment", "getBatchPayments", "getInvoices", "getInvoice"),
        twice(vendors.XERO_BATCHES),
        _paid_once,
        [["10.5"], "89.5"],
        [["10.5"], "79.0"],
    ),
    _gw(
        "drops-the-last",
        "answers all subrequests but the last",
        changed_outcomes("guidewire", lambda listed: listed[:-1]),
        [200, 400],
        [200],
        vendors.GW_GOOD,
        vendors.GW_BAD,
    ),
    _gw(
        "reverses",
        "answers the subrequests from the last to the first",
        changed_outcomes("guidewire", lambda listed: listed[::-1]),
        [200, 400],
        [400, 200],
        vendors.GW_GOOD,
        vendors.GW_BAD,
    ),
    _gw(
        "tells-twice",
        "answers the first subrequest twice",
        changed_outcomes("guidewire", lambda listed: [*listed[:1], *listed]),
        [200, 400],
        [200, 200, 400],
        vendors.GW_GOOD,
        vendors.GW_BAD,
    ),
    _gw(
        "is-blind",
        "answers every subrequest with 200",
        changes_document(vendors.GW_BATCH, each("responses", gw_done)),
        [200, 400],
        [200, 200],
        vendors.GW_GOOD,
        vendors.GW_BAD,
    ),
    PlantedFault(
        "guidewire-loses-the-last",
        "items",
        "guidewire",
        "answers the last of three subrequests as the one before it and never runs it",
        vendors.GW_READ,
        last_never_arrives(vendors.GW_BATCH, cut_member("requests"), _gw_made_up),
        _gw_kept,
        [[200, 200, 200], "Bob"],
        [[200, 200, 200], "Nora Whitlock"],
    ),
)
