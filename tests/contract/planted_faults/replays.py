"""Faults of idempotency keys, transaction ids and checksums."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.contract.planted_faults.client import Vendor, VendorClient
from tests.contract.planted_faults.table import read_faults
from tests.contract.planted_faults.vendors import BULK_A, GW_CHANGE, GW_PATH, XERO
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    both,
    changes_request,
)

XERO_NOTES = Route("PUT", "/xero/api.xro/2.0/Invoices/{}/History")
XERO_CONTACTS = Route("PUT", "/xero/api.xro/2.0/Contacts")
XERO_CONTACT = Route("POST", "/xero/api.xro/2.0/Contacts/{}")
GW_CREATE = Route("POST", "/guidewire/claim/v1/bulk-invoices")
_KEY, _TENANT = "idempotency-key", "xero-tenant-id"
_NOTES_PATH = "/api.xro/2.0/Invoices/3323652c-155e-433b-8a73-4dde7cfbf410/History"
_CONTACTS_PATH = "/api.xro/2.0/Contacts"
_CONTACT_PATH = f"{_CONTACTS_PATH}/c0ffee00-0000-4000-8000-000000000001"
REPLIES: Mapping[str, Callable[[WrappedResponse], WrappedResponse]] = {
    "with_other_ids": lambda first: first.holding(
        {
            **first.json(),
            "Invoices": [
                {**one, "InvoiceID": f"ba5eba11-0000-4000-8000-{place:012d}"}
                for place, one in enumerate(first.json()["Invoices"])
            ],
        }
    ),
    "with_another_id": lambda first: first.holding(
        {**first.json(), "Id": "00000000-0000-0000-0000-00000000000a"}
    ),
    "conflict": lambda first: first.as_json(
        409, {"Title": "Conflict", "Status": 409, "Detail": "The request is still being processed"}
    ),
}


def answers_replays(route: Route, change: Callable[[WrappedResponse], WrappedResponse]) -> Planted:
    """A key's later call gets its first answer, changed."""

    def planted() -> WrappedFault:
        first: dict[tuple[str, ...], tuple[bytes, WrappedResponse]] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            named = call.headers.get(_KEY, "")
            key = (call.sandbox, call.headers.get(_TENANT, ""), call.method, named)
            body, before = first.get(key, (b"", None))
            if before is not None and body == call.body:
                return change(before)
            received = await ask(call)
            if named and received.good:
                first[key] = (call.body, received)
            return received

        return at(route, fault)

    return planted


def shares_keys(route: Route) -> Planted:
    """What a key was answered in one tenant is the answer in another one."""

    def planted() -> WrappedFault:
        first: dict[tuple[str, str], tuple[str, WrappedResponse]] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            name, tenant = (call.sandbox, call.headers.get(_KEY, "")), call.headers.get(_TENANT, "")
            known = first.get(name)
            if name[1] and known is not None and known[0] != tenant:
                return known[1]
            received = await ask(call)
            if name[1] and received.good:
                first.setdefault(name, (tenant, received))
            return received

        return at(route, fault)

    return planted


def takes_other_bodies(route: Route) -> Planted:
    """A key that comes with another body than its first is ignored."""

    def planted() -> WrappedFault:
        first: dict[tuple[str, str], bytes] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            named = call.headers.get(_KEY, "")
            other = first.setdefault((call.sandbox, named), call.body) != call.body
            return await ask(call.without(_KEY) if named and other else call)

        return at(route, fault)

    return planted


def ignores_checksums(vendor: Vendor) -> Planted:
    """Changes are taken without their checksums."""
    return both(
        changes_request(vendor.batch, _without_checksums), changes_request(GW_CHANGE, _without_checksum)
    )


def _without_checksums(call: WrappedRequest) -> WrappedRequest:
    document = call.json()
    for one in document["requests"]:
        one.get("body", {}).get("data", {}).pop("checksum", None)
    return call.holding(document)


def _without_checksum(call: WrappedRequest) -> WrappedRequest:
    document = call.json()
    document["data"].pop("checksum", None)
    return call.without("gw-checksum").holding(document)


def replayed(client: VendorClient) -> Json:
    """The status of a replayed call, and whether it has the ids of the first one."""
    first, again = (client.sends(1, idempotency_key="k-1") for _ in range(2))
    return [again.status, again.status == 200 and _ids(again.json()) == _ids(first.json())]


def _ids(told: Json) -> Json:
    return [one["InvoiceID"] for one in told["Invoices"]]


def other_body(client: VendorClient) -> int:
    client.sends(1, idempotency_key="k-1")
    return client.sends(2, idempotency_key="k-1").status


def other_tenant(client: VendorClient) -> Json:
    """What is read in the other tenant of an invoice that was sent to both under one key."""
    mine = XERO.item(1, Contact={"Name": "Somebody"})
    client.sends(mine, idempotency_key="k-1")
    other = client.of_another_tenant()
    other.sends(mine, idempotency_key="k-1")
    return other.reads(1)


def notes(client: VendorClient, *texts: str) -> list[int]:
    """The statuses of notes under one key."""
    return [
        client.status("PUT", _NOTES_PATH, {"HistoryRecords": [{"Details": text}]}, idempotency_key="k-1")
        for text in texts
    ]


def notes_made(client: VendorClient) -> int:
    """How many notes a call and its replay leave."""
    before = len(client.rows(_NOTES_PATH, "HistoryRecords"))
    notes(client, "once", "once")
    return len(client.rows(_NOTES_PATH, "HistoryRecords")) - before


def same_note(client: VendorClient) -> bool:
    note = {"HistoryRecords": [{"Details": "once"}]}
    first, again = (client.send("PUT", _NOTES_PATH, note, idempotency_key="k-1") for _ in range(2))
    return first.body == again.body


def renamed(client: VendorClient) -> list[int]:
    """The statuses of two changes of a contact under one key."""
    return [
        client.status("POST", _CONTACT_PATH, {"Contacts": [{"FirstName": name}]}, idempotency_key="k-1")
        for name in ("Ann", "Bea")
    ]


def contact_elsewhere(client: VendorClient) -> Json:
    """The name of a contact that is made under a key of the other tenant's."""
    here, there = (
        one.send("PUT", _CONTACTS_PATH, {"Contacts": [{"Name": name}]}, idempotency_key="k-1")
        for one, name in ((client, "Here"), (client.of_another_tenant(), "There"))
    )
    return there.json()["Contacts"][0]["Name"] if here.status == 200 else here.status


def under_one_transaction(client: VendorClient, method: str, key: str, member: str, value: str) -> list[int]:
    """The statuses of a call and of its replay."""
    path, document = f"{GW_PATH}{key}", {"data": {"attributes": {member: value}}}
    return [client.status(method, path, document, gw_dbtransaction_id="t-1") for _ in range(2)]


def stale(client: VendorClient) -> Json:
    """What a change with a stale checksum is answered and does."""
    change = client.vendor.item(1)
    change["body"]["data"]["checksum"] = "stale"
    return [client.tells(change), client.reads(1)]


def keeps_its_checksum(client: VendorClient) -> bool:
    path = f"{GW_PATH}/{BULK_A}"
    first = client.get(path).json()["data"]["checksum"]
    client.sends(1)
    return bool(first == client.get(path).json()["data"]["checksum"])


def frozen(resource: Json) -> Json:
    return {**resource, "checksum": "7a0d9677"}


REPLAYS = read_faults(globals(), REPLIES)
