from __future__ import annotations

from mockserver.journal.entry import ItemResults
from mockserver.journal.journal import CallCounters, VendorCounts
from mockserver.model import Action, Delivery, Item, Outcome, Problem
from tests.support.journal_entries import entry, item_results


def test_a_tally_adds_up_calls_faults_and_items_by_vendor() -> None:
    tally = CallCounters()

    tally(entry(decided=item_results(("A", Action.CREATED), ("B", Action.REJECTED))))
    tally(entry(decided=item_results(("A", Action.CREATED)), delivery=Delivery(fault="NO_RESPONSE")))
    tally(entry(vendor="other"))

    assert tally.of("acme") == VendorCounts(2, 1, {"created": 2, "rejected": 1})
    assert tally.of("other") == VendorCounts(1)


def test_items_that_were_warned_about_are_counted_beside_their_ends() -> None:
    tally = CallCounters()

    outcome = Outcome(Item(0, "A", {}), Action.CREATED, warnings=(Problem("too-long"),))
    tally(entry(decided=ItemResults.of((outcome,))))

    assert tally.of("acme").items == {"created": 1, "warned": 1}


def test_a_vendor_that_nobody_called_has_no_calls() -> None:
    assert CallCounters().of("acme") == VendorCounts()
