"""State that leaks, tears or forgets: what writes leave behind, and reads and lists that do not show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.contract.planted_faults.client import Vendor, VendorClient, listed, with_list
from tests.contract.planted_faults.rollback import undoes, undone
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import BULK_A, GW_PATH, VBA, VBA_DELETE
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_member,
    planted_at,
    unless_misshapen,
)

XERO_POST = Route("POST", "/xero/api.xro/2.0/Invoices")
GW_COMPOSITE = Route("POST", "/guidewire/composite/v1/composite")
GW_POST = Route("POST", "/guidewire/claim/v1/bulk-invoices")
VBA_UPDATE = Route("PUT", VBA.one.path)
PAYT_CHANGE = Route("PATCH", "/payt/v1/invoices")
_NEWEST: Mapping[str, str] = {
    "vba": "invoice_Key",
    "xero": "UpdatedDateUTC",
    "pvex": "ApiLastChangeDate",
}
"""The members that are highest in the newest record; else it is the last one."""


def undoes_if_refused(vendor: Vendor) -> Planted:
    """A batch with a bad item is undone, and its answer does not say so."""
    return undoes(
        vendor.batch, lambda _call, received: received.good and bool(vendor.refused(received.json()))
    )


def undoes_deletion_marks(route: Route) -> Planted:
    return undoes(route, lambda call, received: received.good and b'"Deleted": true' in call.body)


def keeps_the_first(vendor: Vendor) -> Planted:
    """All items are answered for, the first is kept."""

    def first_only(call: WrappedRequest) -> WrappedRequest:
        document = call.json()
        return call.holding(with_list(document, vendor.items, listed(document, vendor.items)[:1]))

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await undone(ask, call)
        await ask(unless_misshapen(call, lambda: first_only(call)))
        return received

    return planted_at(vendor.batch, fault)


def afterwards(
    route: Route, sends: Callable[[WrappedRequest, WrappedResponse], WrappedRequest | None]
) -> Planted:
    """After the call that was asked for, another one is made, unless it is None."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        received = await ask(call)
        more = unless_misshapen(None, lambda: sends(call, received))
        if more is not None:
            await ask(more)
        return received

    return planted_at(route, fault)


def stores_stubs(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """Rows that failed are stored with their key alone."""
    stubs = [{"invoice_Key": key} for key in VBA.refused(received.json())]
    return call.holding(stubs) if stubs else None


def stores_mended(vendor: Vendor, route: Route) -> Planted:
    """Items that failed are made good and stored."""

    def mended(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
        refused = vendor.refused(received.json())
        good = [vendor.item(1, **{vendor.identity: key}) for key in refused]
        return call.holding(with_list(call.json(), vendor.items, good)) if refused else None

    return afterwards(route, mended)


def good_ones(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """PVEx's invoices of a refused batch that nothing is said of."""
    if received.status != 400:
        return None
    bad = {name.partition(".")[0] for name in received.json()["ModelState"]}
    good = [one for place, one in enumerate(call.json()) if f"invoices[{place}]" not in bad]
    return call.holding(good) if good else None


def half_of_the_refused(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """The addressee of Guidewire's changes that failed."""
    pairs = zip(call.json()["requests"], received.json()["responses"], strict=True)
    half = [
        {**asked, "body": {"data": {"attributes": {"mailTo": "Half Done"}}}}
        for asked, told in pairs
        if told["status"] == 400 and asked["method"] == "patch"
    ]
    return call.holding({"requests": half}) if half else None


def first_of_a_composite(call: WrappedRequest, received: WrappedResponse) -> WrappedRequest | None:
    """The first call of a composite that failed."""
    if received.good:
        return None
    first = call.json()["requests"][0]
    path = f"/guidewire{first['uri']}"
    return replace(call, method=first["method"].upper(), path=path).holding(first["body"])


def updates_lose(vendor: Vendor, member: str) -> Planted:
    """VBA's rows that are there are updated without a member."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        rows = unless_misshapen(None, lambda: [dict(row) for row in call.json()])
        for row in rows or ():
            path = vendor.one.path.format(row.get("invoice_Key"))
            if (await ask(WrappedRequest("GET", path, "", call.headers))).good:
                row.pop(member, None)
        return await ask(call.holding(rows) if rows else call)

    return planted_at(vendor.batch, fault)


async def updates_any(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
    """An update of a row that is not there is answered as if the row were."""
    received = await ask(call)
    if received.status != 404:
        return received
    stored = await ask(WrappedRequest("GET", VBA.list.path, "", call.headers))
    row = {**stored.json()["data"][0], "invoice_Key": call.json()["invoice_Key"]}
    return received.as_json(200, {**received.json(), "data": row, "error": None})


def remembers(route: Route) -> Planted:
    """What was read once is read again, whatever has become of it."""

    def planted() -> WrappedFault:
        seen: dict[tuple[str, ...], WrappedResponse] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            tenant = (call.headers.get("vbasoftware-database", ""), call.headers.get("xero-tenant-id", ""))
            key = (call.sandbox, *tenant, call.path, call.query)
            if key not in seen:
                received = await ask(call)
                if not received.good:
                    return received
                seen[key] = received
            return seen[key]

        return at(route, fault)

    return planted


def lacks_the_newest(vendor: Vendor) -> Planted:
    """The list lacks its newest record."""

    def change(rows: list[Any]) -> list[Any]:
        member = _NEWEST.get(vendor.name)
        newest = max(rows, key=lambda row: row[member], default=None) if member else rows[-1]
        return [row for row in rows if row is not newest]

    return changes_member(vendor.list, vendor.rows, change)


def lacks_bulk_a(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row["attributes"]["id"] != BULK_A]


def shows_the_deleted() -> Planted:
    """VBA's rows that were deleted are still listed."""

    def planted() -> WrappedFault:
        deleted: dict[tuple[str, str], Json] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            if VBA_DELETE.matches(call):
                shown = await ask(replace(call, method="GET"))
                received = await ask(call)
                if received.good and shown.good:
                    deleted[call.sandbox, call.path] = shown.json()["data"]
                return received
            received = await ask(call)
            if not (VBA.list.matches(call) and received.good):
                return received
            told = received.json()
            there = {row["invoice_Key"] for row in told["data"]}
            ghosts = [row for (sandbox, _), row in deleted.items() if sandbox == call.sandbox]
            rows = [*told["data"], *(row for row in ghosts if row["invoice_Key"] not in there)]
            return received.holding({**told, "data": rows})

        return fault

    return planted


def read_of_a_bad_one(client: VendorClient, member: str = "") -> Json:
    """What is read of the refused item of a batch."""
    client.sends(1, 9001)
    return client.reads(9001, member)


def read_of_a_good_one(client: VendorClient) -> Json:
    """What is read of a good item beside a refused one."""
    client.sends(1, 9001)
    return client.reads(1)


def deleted_row(client: VendorClient) -> Json:
    """What is read and listed of a row that was deleted."""
    client.sends(1)
    client.send("DELETE", "/claim-invoice/1")
    return [client.reads(1), client.lists()]


def updated_after_deletion(client: VendorClient) -> int:
    deleted_row(client)
    return client.status("PUT", "/claim-invoice/1", VBA.item(1))


def patched(client: VendorClient) -> Json:
    client.sends(1)
    client.sends({"invoice_number": "N1", "description": "changed"}, method="PATCH")
    return client.reads(1)


def marked_as_deleted(client: VendorClient) -> Json:
    client.sends(1)
    client.sends(client.vendor.item(1, Deleted=True))
    return client.reads(1, "Deleted")


def composed(client: VendorClient) -> Json:
    """What is read of the first bulk invoice in a composite whose second one is not there."""
    requests = [
        {
            "method": "patch",
            "uri": f"{GW_PATH}/{name}",
            "body": {"data": {"attributes": {"mailTo": "Ann"}}},
        }
        for name in (BULK_A, "xc:none")
    ]
    client.send("POST", "/composite/v1/composite", {"requests": requests})
    return client.reads(1)


def created_bulk(client: VendorClient) -> list[int]:
    """The statuses of a creation, and of a read of what was created."""
    made = client.send("POST", GW_PATH, {"data": {"attributes": {"payeeAddressBookUID": "ab:1"}}})
    name = made.json()["data"]["attributes"]["id"]
    return [made.status, client.get(f"{GW_PATH}/{name}").status]


def lists_it(client: VendorClient) -> bool:
    """Whether an item of a high number is listed."""
    client.sends(5001)
    return client.vendor.key(5001) in client.lists()


STATE = read_faults(globals())
