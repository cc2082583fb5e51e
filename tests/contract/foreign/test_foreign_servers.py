"""The suite on three servers that were written from the VBA spec alone, with and without bugs."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from tests.contract.foreign import bare_invoices, flask_payees, starlette_invoices
from tests.contract.foreign.access import API_KEY, TOKEN

Serve = Callable[..., AbstractContextManager[str]]

BARE, STARLETTE, FLASK = bare_invoices.serve, starlette_invoices.serve, flask_payees.serve

SEED = os.environ.get("CONTRACT_SEED", "7")

CREDENTIALS = {
    "MOCKSERVER_CREDENTIAL_APIKEYAUTH": API_KEY,
    "MOCKSERVER_CREDENTIAL_BEARERAUTH": TOKEN,
    "MOCKSERVER_CREDENTIAL_BASICAUTH": "",
}


def run_suite(serve: Serve, *arguments: str, bug: str = "") -> Result:
    with serve(*filter(None, [bug])) as url:
        options = ["--target", url, "--seed", SEED, "--no-shrink", *arguments]
        return CliRunner().invoke(main, ["contract", "vba", *options], env=CREDENTIALS)


@pytest.mark.few(1)
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


STORED, KEPT = "accepted-are-there", "the update left the value that was there before"

FOUND = {
    (BARE, "loses what comes after 50 rows"): ("sizes", STORED, " items, not with 50: sent "),
    (BARE, "an update ignores the description"): ("stateful", STORED, "description 'Visit"),
    (BARE, "accepted but not stored"): ("stateful", STORED, "reading it shows"),
    (BARE, "one bad row rejects all"): ("stateful", "good-items-are-accepted", ""),
    (BARE, "a result names the next row"): ("stateful", "order-is-kept", ""),
    (BARE, "a time loses its fractions"): ("stateful", "dates-survive", "parts of its second are lost"),
    (BARE, "an update says that it created the row"): (
        "stateful",
        "class-is-true",
        "is reported as created, and before it there was description",
    ),
    (STARLETTE, "a batch stores fifty rows at most"): (
        "sizes",
        STORED,
        " items, not with 50: sent ",
    ),
    (STARLETTE, "an update keeps the status"): ("stateful", "texts-survive", KEPT),
    (STARLETTE, "rows before a bad one are all that is stored"): ("stateful", STORED, "reading it shows"),
    (STARLETTE, "a refusal names the row before the bad one"): (
        "stateful",
        "message-names-its-item",
        "the message says 0, expected 1 (counted from 0) or 2 (from 1): 'row 0: ",
    ),
    (STARLETTE, "a deleted row is still in the list"): ("stateful", "lists-show-what-is-there", ""),
    (STARLETTE, "all databases are one"): ("stateful", "tenants-are-apart", ""),
    (FLASK, "the last of more than fifty is lost"): (
        "sizes",
        STORED,
        " items, not with 50: sent ",
    ),
    (FLASK, "keys are folded to lower case"): (
        "stateful",
        STORED,
        "no record of this key is in the answer 200",
    ),
    (FLASK, "an update ignores the name"): ("stateful", STORED, "name 'Practice"),
    (FLASK, "one bad row rejects all"): ("stateful", "good-items-are-accepted", ""),
    (FLASK, "a state that is too long is cut"): (
        "stateful",
        "assumptions-are-kept",
        "a state of 3 letters, one too many, as item 0 of 2: accepted; a name of 129 characters",
    ),
    (FLASK, "texts are trimmed"): ("stateful", "texts-survive", "the blanks at its ends are lost"),
}
"""Phase and check that find a bug, and the words of the finding that say what is wrong."""


def test_every_bug_is_found() -> None:
    servers = (bare_invoices, starlette_invoices, flask_payees)

    assert FOUND.keys() == {(module.serve, bug) for module in servers for bug in module.BUGS}


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("serve", "bug", "phase", "check", "words"),
    [(serve, bug, *found) for (serve, bug), found in FOUND.items()],
    ids=[f"{serve.__module__.rpartition('.')[2]}: {bug}" for serve, bug in FOUND],
)
def test_a_bug_of_real_life_is_found_and_told(
    serve: Serve, bug: str, phase: str, check: str, words: str
) -> None:
    examples = "2" if phase == "sizes" else "12"

    result = run_suite(serve, "--phase", phase, "--max-examples", examples, "--only", check, bug=bug)

    assert result.exit_code == 1, result.output
    assert f"vba {check}" in result.output.splitlines()[-1]
    assert words in result.output


def test_a_batch_whose_records_nobody_may_read_has_no_sequences() -> None:
    result = run_suite(BARE, "--operation", "putClaimInvoiceBatch", "--max-examples", "1")

    assert result.exit_code == 0, result.output
    assert (
        "no sequences of PUT /claim-invoice-batch: GET /claim-invoice/{invoiceKey} and GET /claim-invoice, "
        "which would read its records back: left out"
    ) in result.output
