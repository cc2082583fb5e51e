"""Items that are lost, duplicated, reordered, misreported: what is common to vendors, and VBA."""

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


def last_never_arrives(
    route: Route, cut: Callable[[Json], tuple[Json, Json]], patch: Callable[[Json, Json], Json]
) -> Planted:
    """The last of more than two items does not reach the application; the answer is made up for it."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        try:
            kept, last = cut(call.json())
        except (KeyError, TypeError, ValueError):
            return await ask(call)
        received = await ask(call.holding(kept))
        return received.holding(patch(last, received.json())) if received.good else received

    return lambda: at(route, fault)


def cut_list(items: list[Any]) -> tuple[list[Any], Any]:
    if len(items) < 3:
        raise ValueError
    return items[:-1], items[-1]


def cut_member(name: str) -> Callable[[Json], tuple[Json, Json]]:
    def cut(document: Json) -> tuple[Json, Json]:
        kept, last = cut_list(document[name])
        return {**document, name: kept}, last

    return cut


def _vba_made_up(last: Json, told: Json) -> Json:
    made = {"id": [{"key": "Invoice_Key", "value": last["invoice_Key"]}], "status": 201, "body": "Created"}
    return {**told, "data": [*told["data"], made]}


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


def _vba_words_of_an_update(caller: VendorClient) -> list[str]:
    """The status and the words of a row that was there, and of a new one."""
    return [f"{row['status']} {row['body']}" for row in vendors.vba_sends(caller, 1001, 3002).json()["data"]]


def _vba_words(caller: VendorClient) -> Json:
    return [row["body"][:7] for row in vendors.vba_sends(caller, 1, 9001).json()["data"]]


def _kept(*numbers: int) -> Callable[[VendorClient], Json]:
    """What VBA tells of a batch, and whether its last row is there."""
    return lambda caller: [
        vendors.vba_tells(vendors.vba_sends(caller, *numbers))[-1],
        vendors.vba_reads(caller, numbers[-1]),
    ]


def changed_outcomes(vendor: str, change: Callable[[list[Any]], list[Any]]) -> Planted:
    route = {"vba": vendors.VBA_BATCH, "guidewire": vendors.GW_BATCH, "xero": vendors.XERO_INVOICES}[vendor]
    return changes_document(route, outcomes(OUTCOMES[vendor], change))


ITEMS = (
    _vba(
        "drops-the-last",
        "tells nothing of the last row",
        changed_outcomes("vba", lambda rows: rows[:-1]),
        ["1 201", "2 201"],
        ["1 201"],
        1,
        2,
    ),
    _vba(
        "drops-the-first",
        "tells nothing of the first row",
        changed_outcomes("vba", lambda rows: rows[1:]),
        ["1 201", "2 201"],
        ["2 201"],
        1,
        2,
    ),
    _vba(
        "tells-twice",
        "tells of the last row twice",
        changed_outcomes("vba", lambda rows: [*rows, *rows[-1:]]),
        ["1 201", "2 201"],
        ["1 201", "2 201", "2 201"],
        1,
        2,
    ),
    _vba(
        "swaps-two",
        "tells of the second row before the first",
        changed_outcomes("vba", swapped),
        ["1 201", "2 201"],
        ["2 201", "1 201"],
        1,
        2,
    ),
    _vba(
        "swaps-keys",
        "tells of the first two rows under each other's key",
        changed_outcomes("vba", keys_swapped("id")),
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
        changed_outcomes("vba", last_done_is_refused),
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
        "vba-says-created-of-an-updated-row",
        "items",
        "vba",
        'says "Created" of a row that was there, with the status of an update',
        vendors.VBA_READ,
        changes_document(
            vendors.VBA_BATCH,
            each("data", lambda row: {**row, "body": "Created"} if row["status"] == 200 else row),
        ),
        _vba_words_of_an_update,
        ["200 Updated", "201 Created"],
        ["200 Created", "201 Created"],
    ),
    PlantedFault(
        "vba-words-of-the-row-before",
        "items",
        "vba",
        "gives a row that failed the words of the row before it",
        vendors.VBA_READ,
        changed_outcomes("vba", as_the_row_before),
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
        last_never_arrives(vendors.VBA_BATCH, cut_list, _vba_made_up),
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
