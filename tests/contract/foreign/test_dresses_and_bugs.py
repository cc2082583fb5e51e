"""The suite finds nothing at right servers of another make, however they send answers, and finds their bugs.

`EVERY_CASE=1 CONTRACT_SEED=42 pytest …` tries all of them with a seed; `CONTRACT_EXAMPLES=100` takes so many
examples in place of those of `--quick`.
"""

from __future__ import annotations

import os

import pytest

from tests.contract.foreign.servers import FULL, SERVERS, UNMODIFIED, WAYS

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES")
QUICK = ("--max-examples", EXAMPLES) if EXAMPLES else ("--quick",)
LONG = ("--max-examples", EXAMPLES or "100")
_BATCHES = (*QUICK, "--phase", "stateful", "--part")
POST, PATCH = (*_BATCHES, "postV1Invoices"), (*_BATCHES, "patchV1Invoices")
PAID = (*_BATCHES, "createBatchPayment")
PAID_OFTEN = ("--max-examples", EXAMPLES or "12", *PAID[len(QUICK) :])
INVOICES = (*_BATCHES, "updateOrCreateInvoices")
LISTS = (*_BATCHES, "getInvoices")
_XERO = "getBatchPayments,getInvoices,getInvoice,getPayments,getAccounts,createBatchPayment"
_NARROW = {"xero": ("--phase", "fuzzing", "--phase", "stateful", "--operation", _XERO)}
"""What is run of a large API in each dress: lists, single reads and a batch. All of it takes minutes."""
WHOLE, AT_LENGTH = "whole", "130 rows are there, at length"

FOUND: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {
    ("own", "a line has the number of the next"): (QUICK, "one-outcome-per-item"),
    ("own", "a deletion deletes nothing"): (QUICK, "steps-do-what-they-say"),
    ("own", "a berth can be shown after its deletion"): (QUICK, "steps-do-what-they-say"),
    ("own", "Allow names a method that no path has"): (QUICK, "unsupported-method"),
    ("own", "a refused line is told as filed"): (QUICK, "bad-items-are-refused"),
    ("own", "a refused berth is stored all the same"): (QUICK, "rejected-leave-no-trace"),
    ("own", "an update is told as a creation"): (QUICK, "class-is-true"),
    ("own", "the second page leaves out its first row"): (QUICK, "pages-show-each-row-once"),
    ("own", "the last of a page is lost"): (QUICK, "page-size-is-kept"),
    ("own", "the last berth of a call is lost"): (QUICK, "accepted-are-there"),
    ("own", "a refused berth counts"): (QUICK, "count-is-processed"),
    ("own", "an update keeps the note"): (QUICK, "texts-survive"),
    ("payt", "a list shows another id of a changed invoice"): (POST, "lists-show-what-is-there"),
    ("payt", "the messages of two rejected records are exchanged"): (PATCH, "message-names-its-item"),
    ("payt", "a record that is taken in part comes without a warning"): (POST, "dates-survive"),
    ("payt", "success is false once a record is rejected"): (POST, "count-is-processed"),
    ("payt", "the second record of a number is dropped"): (POST, "twice-in-a-batch"),
    ("payt", "debtors of another administration are taken"): (POST, "bad-items-are-refused"),
    ("payt", "an invoice of the other administration can be shown"): (POST, "tenants-are-apart"),
    ("payt", "a batch that creates nothing is answered with 200"): (POST, "answers-match-the-spec"),
    ("payt", "a single read shows what was there before the last change"): (POST, "lists-show-what-is-there"),
    ("payt", "a record with a warning does not count"): (POST, "count-is-processed"),
    ("xero", "after a failed element ids are those of nothing"): (PAID, "accepted-are-there"),
    ("xero", "payments before the bad one of an element stay booked"): (PAID, "rejected-leave-no-trace"),
    ("xero", "an invoice of the other organisation can be paid"): (PAID, "tenants-are-apart"),
    ("xero", "the second of a key in a call is told as saved, and dropped"): (PAID, "one-outcome-per-item"),
    ("xero", "an idempotency key is ignored"): (PAID, "replay-is-the-first-answer"),
    ("xero", "an error is not replayed under its key"): (PAID, "replay-is-the-first-answer"),
    ("xero", "a key takes another body"): (PAID_OFTEN, "key-with-another-body"),
    ("xero", "a deletion keeps what was paid"): (PAID, "steps-do-what-they-say"),
    ("xero", "TotalAmount is that of the first payment"): (PAID, "amounts-are-exact"),
    ("xero", "a failed element says OK"): (PAID, "one-outcome-per-item"),
    ("xero", "an error is told of the failed element before"): (PAID, "message-names-its-item"),
    ("xero", "the elements come in another order"): (PAID, "order-is-kept"),
    ("xero", "a summary takes the good elements back"): (PAID, "accepted-are-there"),
    ("xero", "itemCount is that of the page"): (LISTS, "totals-fit-the-rows"),
    ("xero", "the last element of a call is lost"): (INVOICES, "accepted-are-there"),
    ("xero", "a rejected element is saved all the same"): (INVOICES, "answers-match-the-spec"),
    ("xero", "lists show the other organisation"): (INVOICES, "lists-show-what-is-there"),
}
"""With what a bug is found, and the check that finds it."""


def _case(name: str, what: str) -> object:
    return pytest.param(name, what, id=f"{name}: {what}")


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("name", "way"),
    [_case(name, way) for name in SERVERS for way in WAYS if name == "xero" or way != UNMODIFIED],
)
def test_a_right_server_is_blamed_for_nothing(name: str, way: str) -> None:
    result = SERVERS[name].run(*QUICK, *_NARROW.get(name, ()), way=way)

    assert result.exit_code == 0, result.output


def test_sequences_and_sizes_of_the_last_of_six_batches_use_different_keys() -> None:
    options = ("--part", "createPayment", "--phase", "stateful", "--phase", "sizes")

    result = SERVERS["xero"].run("--quick", *options, "--only", "steps-do-what-they-say")

    assert result.exit_code == 0, result.output


@pytest.mark.few(0)
@pytest.mark.parametrize(
    ("name", "way"),
    [_case("xero", WHOLE), _case("own", AT_LENGTH)],
)
def test_a_right_server_is_blamed_for_nothing_in_a_long_run(name: str, way: str) -> None:
    options, rows = (QUICK, "plain") if way == WHOLE else ((*LONG, "--phase", "stateful"), FULL)

    result = SERVERS[name].run(*options, way=rows)

    assert result.exit_code == 0, result.output


@pytest.mark.few(3)
@pytest.mark.parametrize(("name", "bug"), [_case(name, bug) for name, bug in FOUND])
def test_a_bug_is_found(name: str, bug: str) -> None:
    options, check = FOUND[name, bug]

    result = SERVERS[name].run(*options, bug=bug)

    assert result.exit_code == 1, result.output
    assert check in result.output.splitlines()[-1]
