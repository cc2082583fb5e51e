"""Batches that are worked off in chunks, wrongly: nothing is to be seen of it in a batch of a few items."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import VendorClient, plant_fault
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    SendOn,
    WrappedRequest,
    WrappedResponse,
    at,
    changes_document,
    changes_response,
    unless_misshapen,
)

_mutant = partial(plant_fault, "sizes")

CHUNK = 25
"""Items that these servers take at a time."""

_PLACE = re.compile(r"\[(\d+)\]")


def answered_twice(name: str) -> Callable[[Json, Json], Json]:
    """The outcomes of the first chunk stand behind those of the second, too."""

    def change(_sent: Json, told: Json) -> Json:
        listed = told[name]
        return {**told, name: [*listed, *listed[:CHUNK]]} if len(listed) > CHUNK else told

    return change


def not_the_last(name: str) -> Callable[[Json, Json], Json]:
    """The outcomes of the last chunk, which is not full, are left out."""

    def change(_sent: Json, told: Json) -> Json:
        listed = told[name]
        return {**told, name: listed[: len(listed) // CHUNK * CHUNK]} if len(listed) > CHUNK else told

    return change


def counts_the_last(sent: Json, told: Json) -> Json:
    """The count is that of the last chunk."""
    size = len(sent["invoices"])
    return {**told, "count": told["count"] % CHUNK} if size > CHUNK else told


def errors_of_the_last(sent: Json, told: Json) -> Json:
    """Only what failed in the last chunk is named."""
    invoices = sent["invoices"]
    last = {one["invoice_number"] for one in invoices[(len(invoices) - 1) // CHUNK * CHUNK :]}
    return {**told, "errors": {name: why for name, why in told["errors"].items() if name in last}}


def places_in_chunks(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    """Places are counted from the beginning of each chunk."""

    def place(found: re.Match[str]) -> str:
        return f"[{int(found[1]) % CHUNK}]"

    told = received.json()
    return received.holding(
        {**told, "ModelState": {_PLACE.sub(place, name): why for name, why in told["ModelState"].items()}}
    )


def second_is_lost(
    route: Route, kept: Callable[[Json], Json], made_up: Callable[[Json, Json], Json]
) -> Planted:
    """Items behind the first chunk do not reach the application; the answer is made up for them."""

    async def fault(ask: SendOn, call: WrappedRequest) -> WrappedResponse:
        cut = unless_misshapen(None, lambda: kept(call.json()))
        if cut is None:
            return await ask(call)
        received = await ask(call.holding(cut))
        return received.holding(made_up(call.json(), received.json())) if received.good else received

    return lambda: at(route, fault)


def _first_chunk(name: str) -> Callable[[Json], Json]:
    def kept(document: Json) -> Json:
        return {**document, name: document[name][:CHUNK]} if len(document[name]) > CHUNK else None

    return kept


def _payt_counted(sent: Json, told: Json) -> Json:
    return {**told, "count": told["count"] + len(sent["invoices"]) - CHUNK}


def _xero_counted(sent: Json, told: Json) -> Json:
    listed = told["Invoices"]
    numbers = [one["InvoiceNumber"] for one in sent["Invoices"][CHUNK:]]
    more = [
        {**listed[-1], "InvoiceNumber": number, "InvoiceID": f"ba5eba11-0000-4000-8000-{place:012d}"}
        for place, number in enumerate(numbers)
    ]
    return {**told, "Invoices": [*listed, *more]}


def _some(*, bad: Sequence[int] = (), size: int = CHUNK + 5) -> list[int]:
    """Numbers of items; those in `bad` are 9000 and more, which is what cannot be processed."""
    return [9000 + place if place in bad else 100 + place for place in range(size)]


def _gw_told(caller: VendorClient) -> Json:
    changes = [vendors.gw_change(vendors.BULK_A, f"Ann {number}") for number in range(CHUNK + 5)]
    return len(vendors.gw_tells(vendors.gw_sends(caller, *changes)))


def _payt_told(caller: VendorClient) -> Json:
    return vendors.payt_tells(vendors.payt_sends(caller, *_some(bad=(1,))))


def _pvex_told(caller: VendorClient) -> Any:
    return vendors.pvex_names(vendors.pvex_sends(caller, *_some(bad=(CHUNK + 2,))))


def _xero_told(caller: VendorClient) -> Json:
    return len(vendors.xero_tells(vendors.xero_sends(caller, *_some())))


def _vba_told(caller: VendorClient) -> Json:
    return len(vendors.vba_tells(vendors.vba_sends(caller, *_some())))


def _payt_kept(caller: VendorClient) -> Json:
    return [vendors.payt_tells(vendors.payt_sends(caller, *_some()))[0], vendors.payt_reads(caller, 126)]


def _xero_kept(caller: VendorClient) -> Json:
    return [len(vendors.xero_tells(vendors.xero_sends(caller, *_some()))), vendors.xero_reads(caller, 126)]


_TWICE = f"answers the first {CHUNK} items of more a second time"
_NOT_THE_LAST = f"answers a batch of more than {CHUNK} items up to the last multiple of {CHUNK}"
_LOST = f"says that all of more than {CHUNK} items were done and keeps {CHUNK}"

CHUNKS = (
    _mutant(
        "guidewire-answers-a-chunk-twice",
        _TWICE,
        vendors.GW_READ,
        changes_document(vendors.GW_BATCH, answered_twice("responses")),
        _gw_told,
        right=30,
        wrong=55,
    ),
    _mutant(
        "xero-answers-a-chunk-twice",
        _TWICE,
        vendors.XERO_READ,
        changes_document(vendors.XERO_INVOICES, answered_twice("Invoices")),
        _xero_told,
        right=30,
        wrong=55,
    ),
    _mutant(
        "vba-leaves-out-the-last-chunk",
        _NOT_THE_LAST,
        vendors.VBA_READ,
        changes_document(vendors.VBA_BATCH, not_the_last("data")),
        _vba_told,
        right=30,
        wrong=25,
    ),
    _mutant(
        "payt-counts-the-last-chunk",
        f"counts what it did behind the last multiple of {CHUNK} invoices",
        vendors.PAYT_READ,
        changes_document(vendors.PAYT_BATCH, counts_the_last),
        _payt_told,
        right=[29, ["N9001"]],
        wrong=[4, ["N9001"]],
    ),
    _mutant(
        "payt-names-errors-of-the-last-chunk",
        f"names what failed behind the last multiple of {CHUNK} invoices only",
        vendors.PAYT_READ,
        changes_document(vendors.PAYT_BATCH, errors_of_the_last),
        _payt_told,
        right=[29, ["N9001"]],
        wrong=[29, []],
    ),
    _mutant(
        "pvex-counts-places-in-chunks",
        f"names bad invoices by their place in {CHUNK} of them",
        vendors.PVEX_READ,
        changes_response(vendors.PVEX_BATCH, places_in_chunks),
        _pvex_told,
        right=["invoices[27]"],
        wrong=["invoices[2]"],
    ),
    _mutant(
        "payt-loses-the-second-chunk",
        _LOST,
        vendors.PAYT_READ,
        second_is_lost(vendors.PAYT_BATCH, _first_chunk("invoices"), _payt_counted),
        _payt_kept,
        right=[30, "bill 126"],
        wrong=[30, 404],
    ),
    _mutant(
        "xero-loses-the-second-chunk",
        _LOST,
        vendors.XERO_READ,
        second_is_lost(vendors.XERO_INVOICES, _first_chunk("Invoices"), _xero_counted),
        _xero_kept,
        right=[30, "ref 126"],
        wrong=[30, 404],
    ),
)
