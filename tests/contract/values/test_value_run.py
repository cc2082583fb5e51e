"""Hard values are sent and read back; what is lost is told, and what is changed by design is counted."""

from __future__ import annotations

import pytest

from mockserver.server.application import Options, create_app
from tests.contract.planted_faults.values import VALUES
from tests.contract.planted_faults.wrappers import with_fault
from tests.contract.values.value_suite import compared

KNOWN = {one.id: one for one in VALUES}
ALL = 24
"""Examples that are enough for every hard value."""


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("vendor", "operation"),
    [("vba", "putClaimInvoiceBatch"), ("guidewire", "runBatch"), ("payt", "postV1Invoices")],
)
def test_a_right_server_loses_no_value(vendor: str, operation: str, seed: int) -> None:
    ledger = compared(vendor, create_app(Options(vendors=(vendor,), strict_auth=True)), (operation,), seed, 4)

    assert ledger.findings == []
    assert any(check == "texts-survive" for _, check in ledger.made)


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("name", "check", "told"),
    [
        ("vba-shifts-dates", "dates-survive", "due_Date of item"),
        ("vba-squeezes-blanks", "texts-survive", "the blanks inside are lost"),
        ("vba-composes", "texts-survive", "(normalised)"),
        ("vba-shows-null-as-empty", "texts-survive", 'shows "": null became an empty text'),
        ("guidewire-loses-the-scale", "numbers-survive", "it is printed with fewer decimals"),
        ("payt-strips-markup", "texts-survive", "its markup is escaped twice"),
        ("pvex-rounds-amounts", "numbers-survive", "sent 10.005 as Amount of item"),
        ("pvex-leaves-amounts-out-of-xml", "same-in-every-media-type", "application/xml shows nothing"),
    ],
)
def test_a_lost_value_is_told_with_what_was_sent_and_what_is_shown(name: str, check: str, told: str) -> None:
    fault = KNOWN[name]
    app = with_fault(create_app(Options(vendors=(fault.vendor,), strict_auth=True)), fault.planted)

    ledger = compared(fault.vendor, app, fault.operations, 7, ALL)

    message = next(one.message for one in ledger.findings if one.check == check)
    assert message.startswith("sent ")
    assert told in message.replace("text/xml", "application/xml")


def test_what_the_vendor_changes_by_design_is_counted_in_a_note() -> None:
    app = create_app(Options(vendors=("vba",), strict_auth=True))

    ledger = compared("vba", app, ("putClaimInvoiceBatch",), 7, 2)

    (note,) = ledger.notes
    assert "values that change by design, or may change: due_Date: its zone is left out" in note


def test_the_same_seed_compares_the_same_values() -> None:
    app = create_app(Options(vendors=("payt",), strict_auth=True))

    runs = [compared("payt", app, ("postV1Debtors",), 5, 3).made for _ in range(2)]

    assert runs[0] == runs[1]
