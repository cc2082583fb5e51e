"""The suite on servers that were written from the specs of VBA and Payt alone, with and without bugs.

`EVERY_CASE=1 CONTRACT_SEED=42 CONTRACT_EXAMPLES=100 pytest …` tries all of them with a seed, and at length.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from tests.contract.foreign import (
    bare_invoices,
    flask_payees,
    north_database,
    payt_books,
    starlette_invoices,
)
from tests.contract.foreign.access import API_KEY, TOKEN

Serve = Callable[..., AbstractContextManager[str]]

BARE, STARLETTE, FLASK = bare_invoices.serve, starlette_invoices.serve, flask_payees.serve
NORTH, PAYT = north_database.serve, payt_books.serve

SEED = os.environ.get("CONTRACT_SEED", "7")
EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "2")
FACTS: dict[Serve, tuple[str, ...]] = {
    NORTH: ("database=north", "other_database=south", "payee=N-7"),
    PAYT: ("administration=12", "other_administration=13", "debtor=K-1"),
}

CREDENTIALS = {
    "MOCKSERVER_CREDENTIAL_APIKEYAUTH": API_KEY,
    "MOCKSERVER_CREDENTIAL_BEARERAUTH": TOKEN,
    "MOCKSERVER_CREDENTIAL_BASICAUTH": "",
}


def run_suite(serve: Serve, *arguments: str, bug: str = "") -> Result:
    with serve(*filter(None, [bug])) as url:
        facts = [text for fact in FACTS.get(serve, ()) for text in ("--fact", fact)]
        options = ["--target", url, "--seed", SEED, "--no-shrink", *facts, *arguments]
        basic = {"MOCKSERVER_CREDENTIAL_BASICAUTH": payt_books.CLIENT} if serve is PAYT else {}
        return CliRunner().invoke(main, ["contract", vendor_of(serve), *options], env=CREDENTIALS | basic)


def vendor_of(serve: Serve) -> str:
    return "payt" if serve is PAYT else "vba"


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
        (NORTH, ("a key twice in a batch: the whole call is rejected", "a date before 1753: accepted")),
        (PAYT, ("a key twice in a batch: the last one wins", "parts of a cent: accepted")),
    ],
    ids=["bare", "starlette", "flask", "north", "payt"],
)
def test_a_right_server_has_no_finding_and_its_positions_are_told(
    serve: Serve, notes: tuple[str, ...]
) -> None:
    result = run_suite(serve, "--max-examples", EXAMPLES)

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
    (NORTH, "an update is called created"): ("stateful", "class-is-true", "is reported as created"),
    (NORTH, "a rejected row is stored all the same"): ("stateful", "rejected-leave-no-trace", "was refused"),
    (NORTH, "a new row is stored twice"): ("stateful", "pages-show-each-row-once", "repeats row"),
    (NORTH, "letters outside Latin-1 are lost"): ("stateful", "texts-survive", "that are not ASCII are lost"),
    (NORTH, "a rejected row has the message of the one before"): (
        "stateful",
        "message-names-its-item",
        "gets when it is sent alone",
    ),
    (NORTH, "a bad row is called created"): ("stateful", "bad-items-are-refused", "reported as done"),
    (NORTH, "a batch is answered with 200"): ("stateful", "answers-match-the-spec", "answers 200, which"),
    (NORTH, "an update empties the due date"): ("stateful", "dates-survive", "shows null: the value is lost"),
    (NORTH, "the second page repeats the first"): ("stateful", "pages-show-each-row-once", "repeats row"),
    (NORTH, "sortBy is ignored"): ("stateful", "pages-keep-the-order", "sortBy=invoice_Key:desc shows row"),
    (NORTH, "reads look into the other database"): ("stateful", "tenants-are-apart", ""),
    (PAYT, "the third record is not stored"): ("stateful", STORED, "item 2, "),
    (PAYT, "a message is that of the record before"): ("stateful", "message-names-its-item", "sent alone"),
    (PAYT, "a rejected record counts"): ("stateful", "count-is-processed", "count is "),
    (PAYT, "a rejected record is stored all the same"): (
        "stateful",
        "rejected-leave-no-trace",
        "was refused",
    ),
    (PAYT, "a change empties the description"): ("stateful", "steps-do-what-they-say", "description"),
    (PAYT, "amounts are cut as floats"): ("stateful", "amounts-are-exact", "total_amount"),
    (PAYT, "texts are stored in Latin-1"): ("stateful", "texts-survive", "that are not ASCII are lost"),
    (PAYT, "one bad record rejects all"): ("stateful", "good-items-are-accepted", "422"),
    (PAYT, "a page begins with the first record"): ("stateful", "pages-show-each-row-once", "repeats row"),
    (PAYT, "the filter of numbers is ignored"): ("stateful", "filters-select", "?invoice_numbers="),
    (PAYT, "other administrations are listed"): ("stateful", "tenants-are-apart", ""),
}
"""Phase and check that find a bug, and the words of the finding that say what is wrong."""


def test_every_bug_is_found() -> None:
    servers = (bare_invoices, starlette_invoices, flask_payees, north_database, payt_books)

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
    assert f"{vendor_of(serve)} {check}" in result.output.splitlines()[-1]
    assert words in result.output


def test_a_batch_whose_records_nobody_may_read_has_no_sequences() -> None:
    result = run_suite(BARE, "--operation", "putClaimInvoiceBatch", "--max-examples", "1")

    assert result.exit_code == 0, result.output
    assert (
        "no sequences of PUT /claim-invoice-batch, because its records cannot be read back without "
        "GET /claim-invoice/{invoiceKey} or GET /claim-invoice"
    ) in result.output
