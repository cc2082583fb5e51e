"""Faults of replays outside batches, and refusals with the status of another reason."""

from __future__ import annotations

from functools import partial

from mockserver.contract.exchange import Response
from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.idempotency import by_key, key_with_another_body
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedFault,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_request,
    changes_response,
)

_replay = partial(plant_fault, "replays")
_status = partial(plant_fault, "words")

_INVOICE = "3323652c-155e-433b-8a73-4dde7cfbf410"
_CONTACT = "c0ffee00-0000-4000-8000-000000000001"
_NOTES = Route("PUT", "/xero/api.xro/2.0/Invoices/{}/History")
_CONTACTS = Route("PUT", "/xero/api.xro/2.0/Contacts")
_ONE_CONTACT = Route("POST", "/xero/api.xro/2.0/Contacts/{}")
_GW_CREATE = Route("POST", "/guidewire/claim/v1/bulk-invoices")
_KEY, _GW_KEY = "idempotency-key", "gw-dbtransaction-id"


def forgets(route: Route, name: str) -> Planted:
    """The key is not looked at."""
    return changes_request(route, lambda call: call.without(name))


def with_another_id(
    _call: WrappedRequest, before: WrappedResponse, _came: WrappedResponse
) -> WrappedResponse:
    """The first answer under another id."""
    return before.holding({**before.json(), "Id": "00000000-0000-0000-0000-00000000000a"})


def remembered_everywhere(route: Route) -> Planted:
    """What a key was answered in one tenant is the answer in the other one."""

    def planted() -> WrappedFault:
        first: dict[tuple[str, str], tuple[str, WrappedResponse]] = {}

        async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
            name, tenant = (call.world, call.headers.get(_KEY, "")), call.headers.get("xero-tenant-id", "")
            known = first.get(name)
            if name[1] and known is not None and known[0] != tenant:
                return known[1]
            received = await ask(call)
            if name[1] and received.good:
                first.setdefault(name, (tenant, received))
            return received

        return at(route, fault)

    return planted


def renumbered(route: Route, status: int, other: int) -> Planted:
    """Refusals of one status come with another one."""

    def change(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        return (
            WrappedResponse(other, received.headers, received.body) if received.status == status else received
        )

    return changes_response(route, change)


def _notes(caller: VendorClient, *texts: str) -> list[int]:
    """The status of a note under one key, one a text."""
    return [_note(caller, text).status for text in texts]


def _note(caller: VendorClient, text: str) -> Response:
    document = {"HistoryRecords": [{"Details": text}]}
    path = f"/api.xro/2.0/Invoices/{_INVOICE}/History"
    return caller.send("PUT", path, document, idempotency_key="k-1")


def _notes_made(caller: VendorClient) -> int:
    """How many notes a call and its replay leave."""
    path = f"/api.xro/2.0/Invoices/{_INVOICE}/History"
    before = len(caller.get(path).json()["HistoryRecords"])
    _notes(caller, "once", "once")
    return len(caller.get(path).json()["HistoryRecords"]) - before


def _same_note(caller: VendorClient) -> bool:
    first, again = _note(caller, "once"), _note(caller, "once")
    return first.body == again.body


def _renamed(caller: VendorClient) -> list[int]:
    """Statuses of two changes of a contact under one key."""
    path = f"/api.xro/2.0/Contacts/{_CONTACT}"
    return [
        caller.send("POST", path, {"Contacts": [{"FirstName": name}]}, idempotency_key="k-1").status
        for name in ("Ann", "Bea")
    ]


def _contact_elsewhere(caller: VendorClient) -> Json:
    """The name of a contact that is made under a key of the other tenant's."""
    path = "/api.xro/2.0/Contacts"
    caller.send("PUT", path, {"Contacts": [{"Name": "Here"}]}, idempotency_key="k-1")
    there = caller.send(
        "PUT",
        path,
        {"Contacts": [{"Name": "There"}]},
        idempotency_key="k-1",
        xero_tenant_id=vendors.OTHER_TENANT,
    )
    return there.json()["Contacts"][0]["Name"]


def _created_again(caller: VendorClient) -> list[int]:
    document = {"data": {"attributes": {"payeeAddressBookUID": "ab:1"}}}
    path = "/claim/v1/bulk-invoices"
    return [caller.send("POST", path, document, gw_dbtransaction_id="t-1").status for _ in range(2)]


def _changed_again(caller: VendorClient) -> list[int]:
    document = {"data": {"attributes": {"mailTo": "Desk"}}}
    path = f"/claim/v1/bulk-invoices/{vendors.BULK_A}"
    return [caller.send("PATCH", path, document, gw_dbtransaction_id="t-1").status for _ in range(2)]


REPLAYS: tuple[PlantedFault, ...] = (
    _replay(
        "xero-notes-twice",
        "writes a note again that comes again under its key; notes are in no sequence",
        ("createInvoiceHistory", "getInvoiceHistory"),
        forgets(_NOTES, _KEY),
        _notes_made,
        right=1,
        wrong=2,
    ),
    _replay(
        "xero-notes-of-any-body",
        "takes a note under the key of another one",
        ("createInvoiceHistory",),
        key_with_another_body(_NOTES),
        lambda caller: _notes(caller, "one", "two"),
        right=[200, 400],
        wrong=[200, 200],
    ),
    _replay(
        "xero-answers-notes-anew",
        "answers the replay of a note with another id than at first",
        ("createInvoiceHistory",),
        by_key(_NOTES, with_another_id),
        _same_note,
        right=True,
        wrong=False,
    ),
    _replay(
        "xero-forgets-the-keys-of-one-operation",
        "looks at no key where a single contact is changed",
        ("updateContact",),
        forgets(_ONE_CONTACT, _KEY),
        _renamed,
        right=[200, 400],
        wrong=[200, 200],
    ),
    _replay(
        "xero-knows-keys-of-contacts-everywhere",
        "answers a key in one tenant with what it was answered in another",
        ("createContacts",),
        remembered_everywhere(_CONTACTS),
        _contact_elsewhere,
        right="There",
        wrong="Here",
    ),
    _replay(
        "guidewire-creates-again",
        "creates a bulk invoice again under a transaction id that was used",
        ("createBulkInvoice", "getBulkInvoices"),
        forgets(_GW_CREATE, _GW_KEY),
        _created_again,
        right=[201, 400],
        wrong=[201, 201],
    ),
    _replay(
        "guidewire-changes-again",
        "changes a bulk invoice under a transaction id that was used",
        ("updateBulkInvoice",),
        forgets(vendors.GW_CHANGE, _GW_KEY),
        _changed_again,
        right=[200, 400],
        wrong=[200, 200],
    ),
    _status(
        "payt-forbids-unknown-callers",
        "answers 403 to credentials that nobody knows",
        ("getV1Invoices",),
        renumbered(vendors.PAYT_LIST, 401, 403),
        lambda caller: caller.get("/v1/invoices?administration_id=81", authorization="Bearer nobody").status,
        right=401,
        wrong=403,
    ),
    _status(
        "guidewire-knows-no-reader",
        "answers 401 to known credentials that may only read",
        ("updateBulkInvoice",),
        renumbered(vendors.GW_CHANGE, 403, 401),
        lambda caller: (
            caller.send(
                "PATCH",
                f"/claim/v1/bulk-invoices/{vendors.BULK_A}",
                {"data": {"attributes": {"mailTo": "Desk"}}},
                authorization="Bearer guidewire-read-only",
            ).status
        ),
        right=403,
        wrong=401,
    ),
    _status(
        "vba-has-bad-requests-for-records",
        "answers 400 where a record that is to be deleted is not there",
        ("deleteClaimInvoice",),
        renumbered(vendors.VBA_DELETE, 404, 400),
        lambda caller: caller.send("DELETE", "/claim-invoice/6001").status,
        right=404,
        wrong=400,
    ),
    _status(
        "vba-has-no-such-page",
        "answers 404 to a method that a path does not have",
        ("getClaimInvoice",),
        renumbered(Route("PATCH POST OPTIONS TRACE", "/vba/claim-invoice/{}"), 405, 404),
        lambda caller: caller.send("PATCH", "/claim-invoice/1001", {}).status,
        right=405,
        wrong=404,
    ),
    _status(
        "payt-cannot-process-a-media-type",
        "answers 422 to a body of a media type that it does not take",
        ("postV1Invoices",),
        renumbered(vendors.PAYT_BATCH, 415, 422),
        lambda caller: caller.raw("POST", "/v1/invoices", b"{}", content_type="text/odd").status,
        right=415,
        wrong=422,
    ),
)
