"""The suite on servers that were written from the specs of VBA and Payt alone, with and without bugs.

`EVERY_CASE=1 CONTRACT_SEED=42 CONTRACT_EXAMPLES=100 pytest …` tries all of them with a seed, and at length.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from mockserver.codec import yaml
from tests.contract.foreign import payt_books
from tests.contract.foreign.servers import SERVERS
from tests.contract.foreign.vba_makes import MAKES

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "2")
_PAYT = replace(SERVERS["payt"], facts=SERVERS["payt"].facts[:3])
"""Nothing is told of a debtor of a third administration."""


def run_suite(name: str, *arguments: str, bug: str = "") -> Result:
    return (_PAYT if name == "payt" else SERVERS[name]).run(*arguments, bug=bug)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("name", "notes"),
    [
        (
            "strict",
            (
                "a number in quotes: the whole call is rejected",
                "a key twice in a batch: the last one wins",
                "a text that is too long: rejected alone",
            ),
        ),
        (
            "kind",
            (
                "a number in quotes: accepted",
                "a key twice in a batch: the first one wins, the others are rejected",
                "a text that is too long: the whole call is rejected",
                "a row without its key: the whole call is rejected",
            ),
        ),
        (
            "payees",
            ("a key twice in a batch: all of them are rejected", "a row that is null: rejected alone"),
        ),
        ("north", ("a key twice in a batch: the whole call is rejected", "a date before 1753: accepted")),
        ("payt", ("a key twice in a batch: the last one wins", "parts of a cent: accepted")),
    ],
)
def test_a_right_server_has_no_finding_and_its_positions_are_told(name: str, notes: tuple[str, ...]) -> None:
    result = run_suite(name, "--max-examples", EXAMPLES)

    assert result.exit_code == 0, result.output
    assert [note for note in notes if note not in result.output] == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "strict",
            "GET /claim-invoice (404), POST /claim-invoice (404), PUT /claim-invoice/{invoiceKey} (405)",
        ),
        ("kind", "POST /claim-invoice (405), PUT /claim-invoice/{invoiceKey} (405)"),
        ("payees", "GET /payees (404), POST /payees (404), PUT /payees/{payeeID} (405)"),
    ],
)
def test_what_is_not_built_is_one_line(name: str, line: str) -> None:
    result = run_suite(name, "--phase", "stateful", "--max-examples", "1")

    (told,) = (one for one in result.output.splitlines() if "not built at the target" in one)
    assert line in told
    assert "PUT /payees-batch (404)" in told or "PUT /claim-invoice-batch (404)" in told


FOUND = {
    (name, bug): tuple(found)
    for name, bugs in yaml.load(Path(__file__).with_name("bugs.yaml").read_text(encoding="utf-8")).items()
    for bug, found in bugs.items()
}
"""Phase and check that find a bug, and the words of the finding that say what is wrong."""


def test_every_bug_is_found() -> None:
    bugs = {**{name: make.bugs for name, make in MAKES.items()}, "payt": payt_books.BUGS}

    assert FOUND.keys() == {(name, bug) for name, listed in bugs.items() for bug in listed}


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("name", "bug", "phase", "check", "words"),
    [(name, bug, *found) for (name, bug), found in FOUND.items()],
    ids=[f"{name}: {bug}" for name, bug in FOUND],
)
def test_a_bug_of_real_life_is_found_and_told(
    name: str, bug: str, phase: str, check: str, words: str
) -> None:
    examples = "2" if phase == "sizes" else "12"

    result = run_suite(name, "--phase", phase, "--max-examples", examples, "--only", check, bug=bug)

    assert result.exit_code == 1, result.output
    assert f"{SERVERS[name].name} {check}" in result.output.splitlines()[-1]
    assert words in result.output


def test_a_batch_whose_records_nobody_may_read_has_no_sequences() -> None:
    result = run_suite("strict", "--operation", "putClaimInvoiceBatch", "--max-examples", "1")

    assert result.exit_code == 0, result.output
    assert (
        "no sequences of PUT /claim-invoice-batch, because its records cannot be read back without "
        "GET /claim-invoice/{invoiceKey} or GET /claim-invoice"
    ) in result.output
