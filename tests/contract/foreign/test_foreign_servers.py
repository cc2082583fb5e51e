"""The suite on three servers that were written from the VBA spec alone, with and without bugs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from tests.contract.foreign import bare_invoices, flask_payees, starlette_invoices
from tests.contract.foreign.access import API_KEY, TOKEN

Serve = Callable[..., AbstractContextManager[str]]

BARE, STARLETTE, FLASK = bare_invoices.serve, starlette_invoices.serve, flask_payees.serve

CREDENTIALS = {
    "MOCKSERVER_CREDENTIAL_APIKEYAUTH": API_KEY,
    "MOCKSERVER_CREDENTIAL_BEARERAUTH": TOKEN,
    "MOCKSERVER_CREDENTIAL_BASICAUTH": "",
}


def run_suite(serve: Serve, *arguments: str, bug: str = "") -> Result:
    with serve(*filter(None, [bug])) as url:
        options = ["--target", url, "--seed", "7", "--no-shrink", *arguments]
        return CliRunner().invoke(main, ["contract", "vba", *options], env=CREDENTIALS)


@pytest.mark.parametrize(
    ("serve", "notes"),
    [
        (
            BARE,
            (
                "a number in quotes: the whole call is rejected",
                "a key twice in a batch: the last one wins",
                "a text that is too long: rejected alone",
            ),
        ),
        (
            STARLETTE,
            (
                "a number in quotes: accepted",
                "a key twice in a batch: the first one wins, the others are rejected",
                "a text that is too long: the whole call is rejected",
                "a row without its key: the whole call is rejected",
            ),
        ),
        (FLASK, ("a key twice in a batch: all of them are rejected", "a row that is null: rejected alone")),
    ],
    ids=["bare", "starlette", "flask"],
)
def test_a_right_server_has_no_finding_and_its_positions_are_told(
    serve: Serve, notes: tuple[str, ...]
) -> None:
    result = run_suite(serve, "--max-examples", "2")

    assert result.exit_code == 0, result.output
    assert [note for note in notes if note not in result.output] == []


@pytest.mark.parametrize(
    ("serve", "line"),
    [
        (BARE, "GET /claim-invoice (404), POST /claim-invoice (404), PUT /claim-invoice/{invoiceKey} (405)"),
        (STARLETTE, "POST /claim-invoice (405), PUT /claim-invoice/{invoiceKey} (405)"),
        (FLASK, "GET /payees (404), POST /payees (404), PUT /payees/{payeeID} (405)"),
    ],
    ids=["bare", "starlette", "flask"],
)
def test_what_is_not_built_is_one_line(serve: Serve, line: str) -> None:
    result = run_suite(serve, "--phase", "stateful", "--max-examples", "1")

    (told,) = (one for one in result.output.splitlines() if "not built at the target" in one)
    assert line in told
    assert "PUT /payees-batch (404)" in told or "PUT /claim-invoice-batch (404)" in told


FOUND = {
    (BARE, "an update ignores the description"): "accepted-are-there",
    (BARE, "accepted but not stored"): "accepted-are-there",
    (BARE, "one bad row rejects all"): "good-items-are-accepted",
    (BARE, "a result names the next row"): "order-is-kept",
    (STARLETTE, "rows before a bad one are all that is stored"): "accepted-are-there",
    (STARLETTE, "a deleted row is still in the list"): "lists-show-what-is-there",
    (STARLETTE, "all databases are one"): "tenants-are-apart",
    (FLASK, "keys are folded to lower case"): "accepted-are-there",
    (FLASK, "an update ignores the name"): "accepted-are-there",
    (FLASK, "one bad row rejects all"): "good-items-are-accepted",
    (FLASK, "a state that is too long is cut"): "assumptions-are-kept",
}
NOT_FOUND_YET = {
    (BARE, "loses what comes after 50 rows"),
    (BARE, "a time loses its fractions"),
    (STARLETTE, "a batch stores fifty rows at most"),
    (STARLETTE, "an update keeps the status"),
    (STARLETTE, "a refusal names the row before the bad one"),
    (FLASK, "the last of more than fifty is lost"),
    (FLASK, "texts are trimmed"),
}
"""Bugs for which a check is still to be written: move them up when it is there."""


def test_every_bug_is_found_or_known_as_not_found_yet() -> None:
    servers = (bare_invoices, starlette_invoices, flask_payees)
    bugs = {(module.serve, bug) for module in servers for bug in module.BUGS}

    assert FOUND.keys() | NOT_FOUND_YET == bugs
    assert not FOUND.keys() & NOT_FOUND_YET


@pytest.mark.parametrize(
    ("serve", "bug", "check"),
    [(serve, bug, check) for (serve, bug), check in FOUND.items()],
    ids=[f"{serve.__module__.rpartition('.')[2]}: {bug}" for serve, bug in FOUND],
)
def test_a_bug_of_real_life_is_found(serve: Serve, bug: str, check: str) -> None:
    only = ("--phase", "stateful", "--max-examples", "12", "--only", check)

    result = run_suite(serve, *only, bug=bug)

    assert result.exit_code == 1, result.output
    assert f"vba {check}" in result.output.splitlines()[-1]


def test_a_position_that_changes_is_told_in_plain_words() -> None:
    only = ("--phase", "stateful", "--max-examples", "1", "--only", "assumptions-are-kept")

    result = run_suite(FLASK, *only, bug="a state that is too long is cut")

    assert (
        "a text that is too long: a server may do either, but always the same. "
        "a state of 3 letters, one too many, as item 0 of 2: accepted; "
        "a name of 129 characters, one too many, as item 0 of 2: rejected alone"
    ) in result.output


def test_a_batch_whose_records_nobody_may_read_has_no_sequences() -> None:
    result = run_suite(BARE, "--operation", "putClaimInvoiceBatch", "--max-examples", "1")

    assert result.exit_code == 0, result.output
    assert (
        "no sequences of PUT /claim-invoice-batch: GET /claim-invoice/{invoiceKey} and GET /claim-invoice, "
        "which would read its records back: left out"
    ) in result.output
