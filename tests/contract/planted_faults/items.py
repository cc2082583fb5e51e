"""Items that are lost, duplicated, reordered, misreported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_document,
    changes_response,
)

NO_GUID = "00000000-0000-0000-0000-000000000000"
OUTCOMES = {"vba": "data", "guidewire": "responses", "xero": "Invoices"}


def outcomes(name: str, change: Callable[[list[Any]], list[Any]]) -> Callable[[Json, Json], Json]:
    """Another list of outcomes than the answer's."""
    return lambda _sent, told: {**told, name: change(told[name])}


def each(name: str, change: Callable[[Any], Any]) -> Callable[[Json, Json], Json]:
    """Every outcome changed."""
    return outcomes(name, lambda listed: [change(one) for one in listed])


def without_middle(listed: list[Any]) -> list[Any]:
    return listed if len(listed) < 3 else [*listed[:1], *listed[2:]]


def swapped(listed: list[Any]) -> list[Any]:
    return [*listed[1::-1], *listed[2:]]


def keys_swapped(name: str) -> Callable[[list[Any]], list[Any]]:
    """The first two outcomes under each other's key."""

    def change(listed: list[Any]) -> list[Any]:
        first, second, *rest = listed
        return [{**first, name: second[name]}, {**second, name: first[name]}, *rest]

    return change


def vba_refused(row: Json) -> bool:
    return bool(row["status"] >= 400)


def vba_done(row: Json) -> Json:
    return {**row, "status": 201, "body": "Created"} if vba_refused(row) else row


def last_done_is_refused(listed: list[Any]) -> list[Any]:
    last = max(place for place, row in enumerate(listed) if not vba_refused(row))
    told = {**listed[last], "status": 500, "body": "Execution timeout expired."}
    return [*listed[:last], told, *listed[last + 1 :]]


def as_the_row_before(listed: list[Any]) -> list[Any]:
    before = [None, *listed[:-1]]
    return [
        {**row, "body": one["body"]} if one and vba_refused(row) else row
        for one, row in zip(before, listed, strict=True)
    ]


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


def payt_all_done(sent: Json, told: Json) -> Json:
    return {**told, "count": len(sent["invoices"]), "errors": {}}


def payt_first_is_refused(sent: Json, told: Json) -> Json:
    first = sent["invoices"][0]["invoice_number"]
    if first in told["errors"]:
        return told
    return {**told, "count": told["count"] - 1, "errors": {**told["errors"], first: ["Debtor must exist"]}}


def payt_lacks_one(_sent: Json, told: Json) -> Json:
    return {**told, "errors": dict(list(told["errors"].items())[1:])}


def payt_under_another(sent: Json, told: Json) -> Json:
    listed = [one["invoice_number"] for one in sent["invoices"]]
    done = [name for name in listed if name not in told["errors"]]
    first, *_ = told["errors"]
    return {
        **told,
        "errors": {(done[0] if name == first else name): why for name, why in told["errors"].items()},
    }


def payt_wordless(_sent: Json, told: Json) -> Json:
    return {**told, "errors": {name: [] for name in told["errors"]}}


def payt_warns_instead(_sent: Json, told: Json) -> Json:
    warned = {**told.get("warnings", {}), **told["errors"]}
    return {**told, "errors": {}, "warnings": warned} if told["errors"] else told


def pvex_all_done(_call: WrappedRequest, came: WrappedResponse) -> WrappedResponse:
    bare = {name: text for name, text in came.headers.items() if name != "content-type"}
    return WrappedResponse(200, bare, b"") if came.status == 400 and b"invoices" in came.body else came


def pvex_next_place(_call: WrappedRequest, came: WrappedResponse) -> WrappedResponse:
    told = came.json()
    named = {_one_further(name): why for name, why in told["ModelState"].items()}
    return came.holding({**told, "ModelState": named})


def pvex_first_place_only(_call: WrappedRequest, came: WrappedResponse) -> WrappedResponse:
    told = came.json()
    first = next(iter(told["ModelState"])).partition(".")[0]
    named = {name: why for name, why in told["ModelState"].items() if name.partition(".")[0] == first}
    return came.holding({**told, "ModelState": named})


def _one_further(name: str) -> str:
    before, _, rest = name.partition("[")
    place, _, after = rest.partition("]")
    return f"{before}[{int(place) + 1}]{after}"


def last_never_arrives(
    route: Route, cut: Callable[[Json], tuple[Json, Json]], patch: Callable[[Json, Json], Json]
) -> Planted:
    """The last of more than two items does not reach the application; the answer is made up for it."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        try:
            kept, last = cut(call.json())
        except (KeyError, TypeError, ValueError):
            return await ask(call)
        came = await ask(call.holding(kept))
        return came.holding(patch(last, came.json())) if came.good else came

    return lambda: at(route, fault)


def _cut_list(items: list[Any]) -> tuple[list[Any], Any]:
    if len(items) < 3:
        raise ValueError
    return items[:-1], items[-1]


def _cut_member(name: str) -> Callable[[Json], tuple[Json, Json]]:
    def cut(document: Json) -> tuple[Json, Json]:
        kept, last = _cut_list(document[name])
        return {**document, name: kept}, last

    return cut


def _vba_made_up(last: Json, told: Json) -> Json:
    made = {"id": [{"key": "Invoice_Key", "value": last["invoice_Key"]}], "status": 201, "body": "Created"}
    return {**told, "data": [*told["data"], made]}


def _payt_made_up(_last: Json, told: Json) -> Json:
    return {**told, "count": told["count"] + 1}


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


async def _twice(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    await ask(call)
    return await ask(call)


def twice(route: Route) -> Planted:
    """The batch is run two times; the answer is the second's."""
    fault: WrappedFault = _twice
    return lambda: at(route, fault)


def _vba(name: str, says: str, planted: Planted, right: Json, wrong: Json, *rows: int) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        return vendors.vba_tells(vendors.vba_sends(caller, *rows))

    return PlantedFault(f"vba-{name}", "items", "vba", says, vendors.VBA_READ, planted, seen, right, wrong)


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


def _payt(name: str, says: str, planted: Planted, right: Json, wrong: Json, *numbers: int) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        return vendors.payt_tells(vendors.payt_sends(caller, *numbers))

    return PlantedFault(f"payt-{name}", "items", "payt", says, vendors.PAYT_READ, planted, seen, right, wrong)


def _pvex(  # noqa: PLR0913, PLR0917 - the parts of a mutant
    name: str, says: str, planted: Planted, seen: Callable[[VendorClient], Json], right: Json, wrong: Json
) -> PlantedFault:
    return PlantedFault(f"pvex-{name}", "items", "pvex", says, vendors.PVEX_READ, planted, seen, right, wrong)


def _vba_words(caller: VendorClient) -> Json:
    return [row["body"][:7] for row in vendors.vba_sends(caller, 1, 9001).json()["data"]]


def _xero_words(caller: VendorClient) -> Json:
    one = vendors.xero_sends(caller, 9001).json()["Invoices"][0]
    return [error["Message"][:12] for error in one["ValidationErrors"]]


def _payt_words(caller: VendorClient) -> Json:
    return vendors.payt_sends(caller, 1, 9001).json()["errors"]


def _payt_maps(caller: VendorClient) -> Json:
    told = vendors.payt_sends(caller, 1, 9001).json()
    return [sorted(told["errors"]), sorted(told.get("warnings", {}))]


def _kept(*numbers: int) -> Callable[[VendorClient], Json]:
    """What VBA tells of a batch, and whether its last row is there."""
    return lambda caller: [
        vendors.vba_tells(vendors.vba_sends(caller, *numbers))[-1],
        vendors.vba_reads(caller, numbers[-1]),
    ]


def _payt_kept(caller: VendorClient) -> Json:
    return [vendors.payt_tells(vendors.payt_sends(caller, 1, 2, 3)), vendors.payt_reads(caller, 3)]


def _xero_kept(caller: VendorClient) -> Json:
    return [vendors.xero_tells(vendors.xero_sends(caller, 1, 2, 3))[-1], vendors.xero_reads(caller, 3)]


def _gw_kept(caller: VendorClient) -> Json:
    told = vendors.gw_tells(vendors.gw_sends(caller, vendors.GW_GOOD, vendors.GW_GOOD, vendors.GW_GOOD_B))
    return [told, vendors.gw_reads(caller, vendors.BULK_B)]


def _paid_once(caller: VendorClient) -> Json:
    return [vendors.xero_paid(vendors.xero_pays(caller, {"R1": "10.50"})), vendors.xero_due(caller)]


def _status(caller: VendorClient) -> Json:
    return vendors.pvex_sends(caller, 1, 9001).status


def _places(*numbers: int) -> Callable[[VendorClient], Json]:
    return lambda caller: vendors.pvex_names(vendors.pvex_sends(caller, *numbers))


def _bent(vendor: str, change: Callable[[list[Any]], list[Any]]) -> Planted:
    route = {"vba": vendors.VBA_BATCH, "guidewire": vendors.GW_BATCH, "xero": vendors.XERO_INVOICES}[vendor]
    return changes_document(route, outcomes(OUTCOMES[vendor], change))


_VBA = (
    _vba(
        "drops-the-last",
        "tells nothing of the last row",
        _bent("vba", lambda rows: rows[:-1]),
        ["1 201", "2 201"],
        ["1 201"],
        1,
        2,
    ),
    _vba(
        "drops-the-first",
        "tells nothing of the first row",
        _bent("vba", lambda rows: rows[1:]),
        ["1 201", "2 201"],
        ["2 201"],
        1,
        2,
    ),
    _vba(
        "tells-twice",
        "tells of the last row twice",
        _bent("vba", lambda rows: [*rows, *rows[-1:]]),
        ["1 201", "2 201"],
        ["1 201", "2 201", "2 201"],
        1,
        2,
    ),
    _vba(
        "swaps-two",
        "tells of the second row before the first",
        _bent("vba", swapped),
        ["1 201", "2 201"],
        ["2 201", "1 201"],
        1,
        2,
    ),
    _vba(
        "swaps-keys",
        "tells of the first two rows under each other's key",
        _bent("vba", keys_swapped("id")),
        ["1 201", "9001 500"],
        ["9001 201", "1 500"],
        1,
        9001,
    ),
    _vba(
        "is-blind",
        "says of every row that it was created",
        changes_document(vendors.VBA_BATCH, each("data", vba_done)),
        ["1 201", "9001 500"],
        ["1 201", "9001 201"],
        1,
        9001,
    ),
    _vba(
        "refuses-a-done-one",
        "says of the last row that it kept that it failed",
        _bent("vba", last_done_is_refused),
        ["1 201", "2 201"],
        ["1 201", "2 500"],
        1,
        2,
    ),
    _vba(
        "updates-nothing-new",
        "says of every new row that it was updated",
        changes_document(
            vendors.VBA_BATCH,
            each(
                "data", lambda row: {**row, "status": 200, "body": "Updated"} if row["status"] == 201 else row
            ),
        ),
        ["1 201"],
        ["1 200"],
        1,
    ),
    _vba(
        "creates-what-is-there",
        "says of every row that is there that it was created",
        changes_document(
            vendors.VBA_BATCH,
            each(
                "data", lambda row: {**row, "status": 201, "body": "Created"} if row["status"] == 200 else row
            ),
        ),
        ["1001 200"],
        ["1001 201"],
        1001,
    ),
    PlantedFault(
        "vba-words-of-the-row-before",
        "items",
        "vba",
        "gives a row that failed the words of the row before it",
        vendors.VBA_READ,
        _bent("vba", as_the_row_before),
        _vba_words,
        ["Created", "The INS"],
        ["Created", "Created"],
    ),
    PlantedFault(
        "vba-says-no-why",
        "items",
        "vba",
        "does not say why a row failed",
        vendors.VBA_READ,
        changes_document(
            vendors.VBA_BATCH, each("data", lambda row: {**row, "body": ""} if vba_refused(row) else row)
        ),
        _vba_words,
        ["Created", "The INS"],
        ["Created", ""],
    ),
    PlantedFault(
        "vba-loses-the-last",
        "items",
        "vba",
        "says that the last of three rows was created and never takes it",
        vendors.VBA_READ,
        last_never_arrives(vendors.VBA_BATCH, _cut_list, _vba_made_up),
        _kept(1, 2, 3),
        ["3 201", "row 3"],
        ["3 201", 404],
    ),
    _vba(
        "runs-twice",
        "runs a batch twice and answers with the second run",
        twice(vendors.VBA_BATCH),
        ["1 201", "9001 500"],
        ["1 200", "9001 500"],
        1,
        9001,
    ),
)

_XERO = (
    _xero(
        "drops-the-middle",
        "tells nothing of the second of three invoices",
        _bent("xero", without_middle),
        ["N1 OK", "N2 OK", "N3 OK"],
        ["N1 OK", "N3 OK"],
        1,
        2,
        3,
    ),
    _xero(
        "tells-twice",
        "tells of the last invoice twice",
        _bent("xero", lambda listed: [*listed, *listed[-1:]]),
        ["N1 OK"],
        ["N1 OK", "N1 OK"],
        1,
    ),
    _xero(
        "reverses",
        "tells of the invoices from the last to the first",
        _bent("xero", lambda listed: listed[::-1]),
        ["N1 OK", "N2 OK"],
        ["N2 OK", "N1 OK"],
        1,
        2,
    ),
    _xero(
        "swaps-keys",
        "tells of the first two invoices under each other's number",
        _bent("xero", keys_swapped("InvoiceNumber")),
        ["N1 OK", "N9001 ERROR"],
        ["N9001 OK", "N1 ERROR"],
        1,
        9001,
    ),
    _xero(
        "is-blind",
        "shows every invoice as made, with an id",
        _bent("xero", xero_all_done),
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
        last_never_arrives(vendors.XERO_INVOICES, _cut_member("Invoices"), _xero_made_up),
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
)
_GUIDEWIRE = (
    _gw(
        "drops-the-last",
        "answers all subrequests but the last",
        _bent("guidewire", lambda listed: listed[:-1]),
        [200, 400],
        [200],
        vendors.GW_GOOD,
        vendors.GW_BAD,
    ),
    _gw(
        "reverses",
        "answers the subrequests from the last to the first",
        _bent("guidewire", lambda listed: listed[::-1]),
        [200, 400],
        [400, 200],
        vendors.GW_GOOD,
        vendors.GW_BAD,
    ),
    _gw(
        "tells-twice",
        "answers the first subrequest twice",
        _bent("guidewire", lambda listed: [*listed[:1], *listed]),
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
        last_never_arrives(vendors.GW_BATCH, _cut_member("requests"), _gw_made_up),
        _gw_kept,
        [[200, 200, 200], "Bob"],
        [[200, 200, 200], "Nora Whitlock"],
    ),
)
_PAYT = (
    _payt(
        "is-blind",
        "names no invoice that failed and counts them all",
        changes_document(vendors.PAYT_BATCH, payt_all_done),
        [1, ["N9001"]],
        [2, []],
        1,
        9001,
    ),
    _payt(
        "refuses-a-done-one",
        "names the first invoice as failed and keeps it",
        changes_document(vendors.PAYT_BATCH, payt_first_is_refused),
        [2, []],
        [1, ["N1"]],
        1,
        2,
    ),
    _payt(
        "lacks-one",
        "leaves the first invoice that failed out of its errors",
        changes_document(vendors.PAYT_BATCH, payt_lacks_one),
        [1, ["N9001", "N9002"]],
        [1, ["N9002"]],
        1,
        9001,
        9002,
    ),
    _payt(
        "blames-another",
        "puts the words for the first invoice that failed under one that was done",
        changes_document(vendors.PAYT_BATCH, payt_under_another),
        [1, ["N9001"]],
        [1, ["N1"]],
        1,
        9001,
    ),
    PlantedFault(
        "payt-says-no-why",
        "items",
        "payt",
        "names what failed and not why",
        vendors.PAYT_READ,
        changes_document(vendors.PAYT_BATCH, payt_wordless),
        _payt_words,
        {"N9001": ["Debtor must exist"]},
        {"N9001": []},
    ),
    PlantedFault(
        "payt-warns-instead",
        "items",
        "payt",
        "puts what failed into its warnings",
        vendors.PAYT_READ,
        changes_document(vendors.PAYT_BATCH, payt_warns_instead),
        _payt_maps,
        [["N9001"], []],
        [[], ["N9001"]],
    ),
    PlantedFault(
        "payt-loses-the-last",
        "items",
        "payt",
        "counts the last of three invoices and never takes it",
        vendors.PAYT_READ,
        last_never_arrives(vendors.PAYT_BATCH, _cut_member("invoices"), _payt_made_up),
        _payt_kept,
        [[3, []], "bill 3"],
        [[3, []], 404],
    ),
)
_PVEX = (
    _pvex(
        "is-blind",
        "takes every batch with 200 and keeps none that has a bad invoice",
        changes_response(vendors.PVEX_BATCH, pvex_all_done),
        _status,
        400,
        200,
    ),
    _pvex(
        "names-the-next",
        "names the invoice after the bad one",
        changes_response(vendors.PVEX_BATCH, pvex_next_place),
        _places(1, 9001, 2),
        ["invoices[1]"],
        ["invoices[2]"],
    ),
    _pvex(
        "names-one-of-two",
        "names the first of two bad invoices only",
        changes_response(vendors.PVEX_BATCH, pvex_first_place_only),
        _places(9001, 1, 9002),
        ["invoices[0]", "invoices[2]"],
        ["invoices[0]"],
    ),
)
ITEMS = (*_VBA, *_XERO, *_GUIDEWIRE, *_PAYT, *_PVEX)
