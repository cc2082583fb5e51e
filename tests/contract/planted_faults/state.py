"""State that leaks, tears or forgets: what a write leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient
from tests.contract.planted_faults.rollback import dropped, kept, set_back, undoes
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_request,
    unless_misshapen,
)


def afterwards(
    route: Route, sends: Callable[[WrappedRequest, WrappedResponse], WrappedRequest | None]
) -> Planted:
    """Another call is made behind the one that was asked for; None: none."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        more = unless_misshapen(None, lambda: sends(call, received))
        if more is not None:
            await ask(more)
        return received

    return lambda: at(route, fault)


def vba_stubs(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """Rows that failed, with their key alone."""
    refused = [row["id"][0]["value"] for row in received.json()["data"] if row["status"] >= 400]
    return call.holding([{"invoice_Key": key} for key in refused]) if refused else None


def payt_mended(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """Invoices that failed, made good."""
    sent, failed = call.json(), received.json()["errors"]
    mended = [vendors.payt_invoice(1, invoice_number=one["invoice_number"]) for one in sent["invoices"]]
    refused = [one for one in mended if one["invoice_number"] in failed]
    return call.holding({**sent, "invoices": refused}) if refused else None


def xero_mended(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    refused = [one["InvoiceNumber"] for one in received.json()["Invoices"] if one.get("HasErrors")]
    mended = [vendors.xero_invoice(1, InvoiceNumber=number) for number in refused]
    return call.holding({"Invoices": mended}) if refused else None


def pvex_good_ones(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """The invoices of a refused batch that nothing is said of."""
    if received.status != 400:
        return None
    bad = {name.partition(".")[0] for name in received.json()["ModelState"]}
    good = [one for place, one in enumerate(call.json()) if f"invoices[{place}]" not in bad]
    return call.holding(good) if good else None


def gw_half_done(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """The addressee of a change that failed."""
    pairs = zip(call.json()["requests"], received.json()["responses"], strict=True)
    half = [
        {**asked, "body": {"data": {"attributes": {"mailTo": "Half Done"}}}}
        for asked, told in pairs
        if told["status"] == 400 and asked["method"] == "patch"
    ]
    return call.holding({"requests": half}) if half else None


def gw_good_part(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """The first call of a composite that failed."""
    first = call.json()["requests"][0]
    path = f"/guidewire{first['uri']}"
    return (
        replace(call, method=first["method"].upper(), path=path).holding(first["body"])
        if not received.good
        else None
    )


def updates_lose(member: str) -> Planted:
    """VBA's rows that are there are updated without a member."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        rows = unless_misshapen(None, lambda: [dict(row) for row in call.json()])
        for row in rows or ():
            read = WrappedRequest("GET", f"/vba/claim-invoice/{row.get('invoice_Key')}", "", call.headers)
            if (await ask(read)).good:
                row.pop(member, None)
        return await ask(call.holding(rows) if rows else call)

    return lambda: at(vendors.VBA_BATCH, fault)


def keeps_the_first(route: Route, items: str = "") -> Planted:
    """All items are answered for, the first is kept."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        before = await kept(ask, call.world)
        received = await ask(call)
        await set_back(ask, call.world, before)
        await dropped(ask, call.world, before)
        await ask(unless_misshapen(call, lambda: first_only(items)(call)))
        return received

    return lambda: at(route, fault)


def dropping(name: str, items: str = "") -> Callable[[WrappedRequest], WrappedRequest]:
    """The items of a call without a member."""

    def change(call: WrappedRequest) -> WrappedRequest:
        document = call.json()
        listed = document[items] if items else document
        bare = [{key: value for key, value in one.items() if key != name} for one in listed]
        return call.holding({**document, items: bare} if items else bare)

    return change


def first_only(items: str = "") -> Callable[[WrappedRequest], WrappedRequest]:
    """The first item of a call alone."""

    def change(call: WrappedRequest) -> WrappedRequest:
        document = call.json()
        return call.holding({**document, items: document[items][:1]} if items else document[:1])

    return change


def _some_refused(_call: WrappedRequest, received: WrappedResponse) -> bool:
    return received.good and any(row["status"] >= 400 for row in received.json()["data"])


def always(_call: WrappedRequest, received: WrappedResponse) -> bool:
    return received.good


def _flagged(call: WrappedRequest, received: WrappedResponse) -> bool:
    return received.good and b'"Deleted": true' in call.body


def state_fault(  # noqa: PLR0913 - the parts of a mutant
    name: str,
    says: str,
    planted: Planted,
    seen: Callable[[VendorClient], Json],
    *,
    right: Json,
    wrong: Json,
) -> PlantedFault:
    vendor = name.partition("-")[0]
    operations = {
        "vba": (*vendors.VBA_READ, "updateClaimInvoice"),
        "guidewire": vendors.GW_READ,
        "pvex": vendors.PVEX_READ,
        "payt": vendors.PAYT_READ,
        "xero": vendors.XERO_READ,
    }[vendor]
    return PlantedFault(name, "state", vendor, says, operations, planted, seen, right, wrong)


def _vba_refused(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, 1, 9001)
    return vendors.vba_reads(caller, 9001, "invoice_Key")


def _vba_beside_refused(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, 1, 9001)
    return vendors.vba_reads(caller, 1)


def vba_changed(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, 1)
    first = vendors.vba_reads(caller, 1)
    vendors.vba_sends(caller, vendors.vba_row(1, description="changed"))
    return [first, vendors.vba_reads(caller, 1)]


def vba_deleted(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, 1)
    caller.send("DELETE", "/claim-invoice/1")
    return [vendors.vba_reads(caller, 1), vendors.vba_lists(caller)]


async def _vba_updates_any(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """An update of a row that is not there, answered as if the row were."""
    received = await ask(call)
    if received.status != 404:
        return received
    shown = await ask(WrappedRequest("GET", vendors.VBA_LIST.path, "", call.headers))
    row = {**shown.json()["data"][0], "invoice_Key": call.json()["invoice_Key"]}
    return replace(received, status=200).holding({**received.json(), "data": row, "error": None})


def _vba_updated_after_deletion(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, 1)
    caller.send("DELETE", "/claim-invoice/1")
    return caller.send("PUT", "/claim-invoice/1", vendors.vba_row(1)).status


def _vba_three(caller: VendorClient) -> Json:
    vendors.vba_sends(caller, 1, 2, 3)
    return [vendors.vba_reads(caller, number) for number in (1, 2, 3)]


def _payt_refused(caller: VendorClient) -> Json:
    vendors.payt_sends(caller, 1, 9001)
    return vendors.payt_reads(caller, 9001)


def _payt_changed(caller: VendorClient) -> Json:
    vendors.payt_sends(caller, 1)
    vendors.payt_sends(caller, {"invoice_number": "N1", "description": "changed"}, method="PATCH")
    return vendors.payt_reads(caller, 1)


def _payt_two(caller: VendorClient) -> Json:
    vendors.payt_sends(caller, 1, 2)
    return [vendors.payt_reads(caller, 1), vendors.payt_reads(caller, 2)]


def _xero_refused(caller: VendorClient) -> Json:
    vendors.xero_sends(caller, 1, 9001)
    return vendors.xero_reads(caller, 9001, "InvoiceNumber")


def xero_changed(caller: VendorClient) -> Json:
    vendors.xero_sends(caller, 1)
    first = vendors.xero_reads(caller, 1)
    vendors.xero_sends(caller, vendors.xero_invoice(1, Reference="changed"))
    return [first, vendors.xero_reads(caller, 1)]


def _pvex_refused(caller: VendorClient) -> Json:
    vendors.pvex_sends(caller, 1, 9001)
    return vendors.pvex_reads(caller, 1)


def pvex_changed(caller: VendorClient) -> Json:
    vendors.pvex_sends(caller, 1)
    first = vendors.pvex_reads(caller, 1)
    vendors.pvex_sends(caller, vendors.pvex_invoice(1, Number="changed"))
    return [first, vendors.pvex_reads(caller, 1)]


def _pvex_deleted(caller: VendorClient) -> Json:
    vendors.pvex_sends(caller, 1)
    vendors.pvex_sends(caller, vendors.pvex_invoice(1, Deleted=True))
    return vendors.pvex_reads(caller, 1, "Deleted")


def _pvex_due(caller: VendorClient) -> Json:
    vendors.pvex_sends(caller, vendors.pvex_invoice(1, Amount=Decimal("19.99"), BalanceDue=Decimal("19.99")))
    return vendors.pvex_reads(caller, 1, "Amount")


def gw_changed(caller: VendorClient) -> Json:
    vendors.gw_sends(caller, vendors.GW_GOOD)
    first = vendors.gw_reads(caller, vendors.BULK_A)
    vendors.gw_sends(caller, vendors.gw_change(vendors.BULK_A, "Zoe"))
    return [first, vendors.gw_reads(caller, vendors.BULK_A)]


def _gw_refused(caller: VendorClient) -> Json:
    vendors.gw_sends(caller, vendors.GW_GOOD, vendors.GW_BAD)
    return vendors.gw_reads(caller, vendors.BULK_A)


def _gw_composed(caller: VendorClient) -> Json:
    calls = [(vendors.BULK_A, "Ann"), ("xc:none", "Bob")]
    requests = [
        {
            "method": "patch",
            "uri": f"/claim/v1/bulk-invoices/{name}",
            "body": {"data": {"attributes": {"mailTo": text}}},
        }
        for name, text in calls
    ]
    caller.send("POST", "/composite/v1/composite", {"requests": requests})
    return vendors.gw_reads(caller, vendors.BULK_A)


STATE = (
    state_fault(
        "vba-keeps-a-refused-row",
        "keeps an empty row under the key of one that failed",
        afterwards(vendors.VBA_BATCH, vba_stubs),
        _vba_refused,
        right=404,
        wrong=9001,
    ),
    state_fault(
        "vba-undoes-all-for-one",
        "undoes all rows when one fails and says that the others were done",
        undoes(vendors.VBA_BATCH, _some_refused),
        _vba_beside_refused,
        right="row 1",
        wrong=404,
    ),
    state_fault(
        "vba-keeps-the-first",
        "answers for all rows and keeps the first",
        keeps_the_first(vendors.VBA_BATCH),
        _vba_three,
        right=["row 1", "row 2", "row 3"],
        wrong=["row 1", 404, 404],
    ),
    state_fault(
        "vba-keeps-nothing",
        "answers as it should and keeps nothing",
        undoes(vendors.VBA_BATCH, always),
        vba_changed,
        right=["row 1", "changed"],
        wrong=[404, 404],
    ),
    state_fault(
        "vba-updates-lose-a-member",
        "loses the description of a row that is updated",
        updates_lose("description"),
        vba_changed,
        right=["row 1", "changed"],
        wrong=["row 1", None],
    ),
    state_fault(
        "vba-keeps-half",
        "keeps a row without its description",
        changes_request(vendors.VBA_BATCH, dropping("description")),
        vba_changed,
        right=["row 1", "changed"],
        wrong=[None, None],
    ),
    state_fault(
        "vba-deletes-nothing",
        "says that a row was deleted and keeps it",
        undoes(vendors.VBA_DELETE, always),
        vba_deleted,
        right=[404, [1001, 1002]],
        wrong=["row 1", [1, 1001, 1002]],
    ),
    state_fault(
        "vba-updates-what-is-deleted",
        "answers an update of a deleted row with 200",
        lambda: at(Route("PUT", vendors.VBA_ONE.path), _vba_updates_any),
        _vba_updated_after_deletion,
        right=404,
        wrong=200,
    ),
    state_fault(
        "payt-keeps-a-refused-one",
        "keeps an invoice that it names as failed",
        afterwards(vendors.PAYT_BATCH, payt_mended),
        _payt_refused,
        right=404,
        wrong="bill 1",
    ),
    state_fault(
        "payt-changes-nothing",
        "counts a change and does not make it",
        undoes(vendors.PAYT_CHANGE, always),
        _payt_changed,
        right="changed",
        wrong="bill 1",
    ),
    state_fault(
        "payt-keeps-the-first",
        "counts all invoices and keeps the first",
        keeps_the_first(vendors.PAYT_BATCH, "invoices"),
        _payt_two,
        right=["bill 1", "bill 2"],
        wrong=["bill 1", 404],
    ),
    state_fault(
        "payt-keeps-half",
        "keeps an invoice without its description",
        changes_request(vendors.PAYT_BATCH, dropping("description", "invoices")),
        _payt_two,
        right=["bill 1", "bill 2"],
        wrong=[None, None],
    ),
    state_fault(
        "xero-keeps-a-refused-one",
        "keeps an invoice that it shows with a validation error",
        afterwards(Route("POST", vendors.XERO_INVOICES.path), xero_mended),
        _xero_refused,
        right=404,
        wrong="N9001",
    ),
    state_fault(
        "xero-keeps-half",
        "keeps an invoice without its reference",
        changes_request(vendors.XERO_INVOICES, dropping("Reference", "Invoices")),
        xero_changed,
        right=["ref 1", "changed"],
        wrong=["", ""],
    ),
    state_fault(
        "pvex-keeps-the-good-ones",
        "refuses a batch and keeps the good invoices in it",
        afterwards(vendors.PVEX_BATCH, pvex_good_ones),
        _pvex_refused,
        right=404,
        wrong="N-1",
    ),
    state_fault(
        "pvex-deletes-nothing",
        "takes the mark of deletion and changes nothing",
        undoes(Route("POST", vendors.PVEX_BATCH.path), _flagged),
        _pvex_deleted,
        right=True,
        wrong=None,
    ),
    state_fault(
        "pvex-keeps-half",
        "keeps an invoice without its amount",
        changes_request(vendors.PVEX_BATCH, dropping("Amount")),
        _pvex_due,
        right="19.99",
        wrong=None,
    ),
    state_fault(
        "guidewire-changes-nothing",
        "answers a change with 200 and does not make it",
        undoes(vendors.GW_BATCH, always),
        gw_changed,
        right=["Ann", "Zoe"],
        wrong=["Nora Whitlock", "Nora Whitlock"],
    ),
    state_fault(
        "guidewire-keeps-a-part-of-a-composite",
        "refuses a composite and keeps its first call",
        afterwards(Route("POST", "/guidewire/composite/v1/composite"), gw_good_part),
        _gw_composed,
        right="Nora Whitlock",
        wrong="Ann",
    ),
    state_fault(
        "guidewire-half-done",
        "changes the addressee in a subrequest that it refuses",
        afterwards(vendors.GW_BATCH, gw_half_done),
        _gw_refused,
        right="Ann",
        wrong="Half Done",
    ),
)
