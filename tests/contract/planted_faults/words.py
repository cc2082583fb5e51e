"""Messages that contradict their outcome, or are another item's."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient, plant_fault
from tests.contract.planted_faults.items import each, outcomes, vba_refused
from tests.contract.planted_faults.wrappers import Json, Planted, changes_document

_word = partial(plant_fault, "words")
_BATCH = ("putClaimInvoiceBatch", "getClaimInvoice", "listClaimInvoice")


def vba_words(change: Callable[[list[Any]], list[Any]]) -> Planted:
    """Other messages of the rows."""
    return changes_document(vendors.VBA_BATCH, outcomes("data", change))


def vba_each(change: Callable[[Json], Json]) -> Planted:
    """Another message of each row."""
    return changes_document(vendors.VBA_BATCH, each("data", change))


def of_the_neighbour(listed: list[Any]) -> list[Any]:
    """Refused rows that name the row after them."""
    after = [*listed[1:], listed[0]]
    return [
        {**row, "body": f"Row {other['id'][0]['value']}: {row['body']}"} if vba_refused(row) else row
        for row, other in zip(listed, after, strict=True)
    ]


def shifted(listed: list[Any]) -> list[Any]:
    """Refused rows, each with the words of the one before it."""
    words = [row["body"] for row in listed if vba_refused(row)]
    before = iter([*words[-1:], *words[:-1]])
    return [{**row, "body": next(before)} if vba_refused(row) else row for row in listed]


def _bodies(caller: VendorClient) -> list[str]:
    """The first words of two refused rows and a good one."""
    late = vendors.vba_row(3003, update_User="x" * 300)
    rows = vendors.vba_sends(caller, {**vendors.vba_row(7000001), "payee_ID": "NOPE"}, 3002, late)
    return [" ".join(row["body"].split()[:2]) for row in rows.json()["data"]]


_RIGHT = ["The INSERT", "Created", "String or"]

WORDS: tuple[PlantedFault, ...] = (
    _word(
        "vba-says-created-of-a-refused-row",
        'says "Created" of a row that it refused',
        _BATCH,
        vba_each(lambda row: {**row, "body": "Created"} if vba_refused(row) else row),
        _bodies,
        right=_RIGHT,
        wrong=["Created", "Created", "Created"],
    ),
    _word(
        "vba-says-failed-of-a-done-row",
        'says "Insert failed" of a row that it stored',
        _BATCH,
        vba_each(lambda row: row if vba_refused(row) else {**row, "body": "Insert failed"}),
        _bodies,
        right=_RIGHT,
        wrong=["The INSERT", "Insert failed", "String or"],
    ),
    _word(
        "vba-says-not-saved-of-a-done-row",
        'says "The row was not saved" of a row that it stored',
        _BATCH,
        vba_each(lambda row: row if vba_refused(row) else {**row, "body": "The row was not saved"}),
        _bodies,
        right=_RIGHT,
        wrong=["The INSERT", "The row", "String or"],
    ),
    _word(
        "vba-names-the-neighbour",
        "names the row after it in the message of a refused row",
        _BATCH,
        vba_words(of_the_neighbour),
        _bodies,
        right=_RIGHT,
        wrong=["Row 3002:", "Created", "Row 7000001:"],
    ),
    _word(
        "vba-shifts-the-messages",
        "tells each refused row why the one before it was refused",
        _BATCH,
        vba_words(shifted),
        _bodies,
        right=_RIGHT,
        wrong=["String or", "Created", "The INSERT"],
    ),
)
