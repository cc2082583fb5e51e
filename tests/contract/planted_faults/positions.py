"""Refusals that count to another item than the bad one."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.wrappers import (
    Planted,
    WrappedRequest,
    WrappedResponse,
    changes_response,
)

_position = partial(plant_fault, "refusals")
_PLACE = re.compile(rb"\$\[(\d+)\]")


def off_by(shift: int) -> Planted:
    """Refusals of the whole batch, with other places in their paths."""

    def change(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
        return replace(
            received, body=_PLACE.sub(lambda found: b"$[%d]" % (int(found[1]) + shift), received.body)
        )

    return changes_response(vendors.VBA_BATCH, change)


def _named(caller: VendorClient) -> list[str]:
    """The places that the refusal of a batch names, whose second row cannot be read."""
    received = vendors.vba_sends(caller, 3001, {**vendors.vba_row(3002), "invoice_Number": 12345}, 3003)
    return re.findall(r"\$\[(-?\d+)\]", received.body.decode())[:1]


POSITIONS: tuple[PlantedFault, ...] = tuple(
    _position(
        f"vba-refusals-name-the-row-{where}",
        f"names the row {where} the one that refuses the whole call",
        ("putClaimInvoiceBatch", "getClaimInvoice"),
        off_by(shift),
        _named,
        right=["1"],
        wrong=[str(1 + shift)],
    )
    for where, shift in (("before", -1), ("two-after", 2))
)
