from __future__ import annotations

import pytest

from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import RunConfig
from mockserver.contract.sequences.sequence import usable_batches
from mockserver.server.application import Application
from tests.contract.suite import held

API = load_vendor_api("vba")
EVERY = frozenset(API.spec.operations)


def only(*operations: str, examples: int = 1) -> RunConfig:
    return RunConfig(7, examples, left_out=EVERY - set(operations))


def test_a_whole_run_has_all_batches_as_they_are() -> None:
    usable = usable_batches(API, RunConfig())

    assert [number for number, _ in usable.batches] == [0, 1]
    assert usable.notes == ()


def test_steps_and_lists_that_are_left_out_are_taken_away() -> None:
    wanted = only("putClaimInvoiceBatch", "getClaimInvoice", "deleteClaimInvoice")

    ((_, one),) = usable_batches(API, wanted).batches

    assert [step.name for step in one.steps] == ["delete it"]
    assert one.listing is None
    assert API.operation_of(one.read("7", 0)) == "getClaimInvoice"


def test_records_are_read_by_the_list_where_the_single_read_is_left_out() -> None:
    ((_, one),) = usable_batches(API, only("putClaimInvoiceBatch", "listClaimInvoice")).batches

    assert API.operation_of(one.read("7", 0)) == "listClaimInvoice"


def test_a_batch_that_nothing_reads_back_is_not_used_and_the_note_says_why() -> None:
    usable = usable_batches(API, only("putPayeesBatch", "deletePayee"))

    assert usable.batches == ()
    (note,) = usable.notes
    assert note == (
        "no sequences of PUT /payees-batch, because its records cannot be read back without "
        "GET /payees/{payeeID} or GET /payees"
    )


def test_a_batch_whose_items_need_what_is_left_out_is_not_used() -> None:
    api = load_vendor_api("payt")
    batches = [one for one in api.profile.batches(api.facts) if one.prepare]
    needed = {api.operation_of(one) for batch in batches[:1] for one in batch.prepare(batch.key(0), 0)}  # type: ignore[misc]
    wanted = RunConfig(operations=frozenset({batches[0].operation}), left_out=frozenset(needed))

    (note,) = usable_batches(api, wanted).notes

    assert "because its items cannot be prepared without " in note


@pytest.mark.parametrize("reading", ["getClaimInvoice", "listClaimInvoice"])
def test_sequences_call_only_what_is_not_left_out(app: Application, reading: str) -> None:
    wanted = only("putClaimInvoiceBatch", reading, "deleteClaimInvoice", examples=10)

    ledger = held(API, app, "vba", wanted, "stateful")

    assert ledger.findings == []
    assert set(ledger.calls) == {"putClaimInvoiceBatch", reading, "deleteClaimInvoice"}
