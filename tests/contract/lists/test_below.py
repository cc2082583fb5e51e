"""Lists below a record: the record with most rows is taken, and its list is walked as any other."""

from __future__ import annotations

from mockserver.contract.list_discovery import find_lists
from mockserver.contract.sequences.sequence import batch_profiles_of
from tests.contract.lists.test_vendors import api_of, message, right_server, run
from tests.contract.planted_faults.paging import PAGING
from tests.contract.planted_faults.wrappers import with_fault

ITEMS = "getBulkInvoiceItems"
FULLEST = "xc:SF3EIyYvshoSm2pwaUnT_"


def test_a_list_below_a_record_takes_its_parameter_from_the_list_above() -> None:
    api = api_of("guidewire")

    found = {one.operation.id: one for one in find_lists(api, tuple(batch_profiles_of(api)))}

    above = found[ITEMS].above
    assert above is not None
    assert above.operation.id == "getBulkInvoices"


def test_the_record_with_most_rows_is_walked() -> None:
    ledger = run("guidewire", right_server("guidewire"), "getBulkInvoices", ITEMS)

    assert message(ledger.findings) == []
    assert ledger.made[ITEMS, "page-size-is-kept"] > 0
    assert ledger.made[ITEMS, "page-links-lead-on"] > 0


def test_no_list_above_is_called_that_was_not_asked_for() -> None:
    ledger = run("guidewire", right_server("guidewire"), ITEMS)

    assert ledger.calls["getBulkInvoices"] == 0


def test_an_item_of_another_record_is_told_with_both_records() -> None:
    fault = next(one for one in PAGING if one.id == "guidewire-items-are-those-of-one-invoice")

    ledger = run("guidewire", with_fault(right_server("guidewire"), fault.planted), *fault.operations)

    (finding,) = (one for one in ledger.findings if "shows it too" in one.message)
    assert f"/bulk-invoices/{FULLEST}/" in finding.message
    assert finding.expected == "rows of this record only"
