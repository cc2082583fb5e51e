"""Large batches of which one or two items are treated wrongly, far from the first ones."""

from __future__ import annotations

from functools import partial

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.sizes import stores
from tests.contract.planted_faults.wrappers import Json, changes_document

_mutant = partial(plant_fault, "sizes")
_VBA, _PAYT = ("putClaimInvoiceBatch",), ("postV1Invoices",)


def _updates_the_700th(_sent: Json, told: Json) -> Json:
    rows = told["data"]
    return {**told, "data": [*rows[:699], *({**row, "status": 200} for row in rows[699:700]), *rows[700:]]}


def _swaps_behind_256(_sent: Json, told: Json) -> Json:
    rows = told["data"]
    return {**told, "data": [*rows[:256], *rows[256:258][::-1], *rows[258:]]}


def _vba_told(place: int, caller: VendorClient) -> Json:
    received = vendors.vba_sends(caller, *range(5001, 5801))
    return vendors.vba_tells(received)[place]


def _payt_kept(caller: VendorClient) -> Json:
    vendors.payt_sends(caller, *range(1, 951))
    return [vendors.payt_reads(caller, number) for number in (899, 900)]


SINGLE_ITEMS: tuple[PlantedFault, ...] = (
    _mutant(
        "vba-misreports-the-700th",
        "reports the 700th row of a batch as updated, whatever became of it",
        _VBA,
        changes_document(vendors.VBA_BATCH, _updates_the_700th),
        partial(_vba_told, 699),
        right="5700 201",
        wrong="5700 200",
    ),
    _mutant(
        "vba-swaps-two-behind-256",
        "reports the 257th and the 258th row of a batch in the wrong order",
        _VBA,
        changes_document(vendors.VBA_BATCH, _swaps_behind_256),
        partial(_vba_told, 256),
        right="5257 201",
        wrong="5258 201",
    ),
    _mutant(
        "payt-loses-the-900th",
        "counts the 900th invoice of a batch as done and does not store it",
        _PAYT,
        stores(vendors.PAYT_BATCH, lambda items: [*items[:899], *items[900:]]),
        _payt_kept,
        right=["bill 899", "bill 900"],
        wrong=["bill 899", 404],
    ),
)
