"""A drill as tests of pytest: one for each case."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mockserver.testing.server import MockServer
from tests.testing.sending import sandbox_names

pytest_plugins = ["pytester"]
Run = Callable[..., pytest.RunResult]

CLIENTS = """
import httpx, pytest

TOTALS = ("amount_total", "book_amount_total", "amount_open", "book_amount_open")

def send(mock, keys):
    invoices = [
        {
            "invoice_number": key, "invoice_date": "2026-06-01", "due_date": "2026-07-01",
            "description": "Work", "currency_code": "EUR", "debtor_number": "D-1",
            **dict.fromkeys(TOTALS, "10.00"),
        }
        for key in keys
    ]
    body = {"administration_id": "81", "invoices": invoices}
    return httpx.post(mock.url + "/v1/invoices", json=body, headers=mock.headers)

def careful(mock):
    missing = ["R-1", "R-2"]
    for _ in range(5):
        errors = send(mock, missing).json()["errors"]
        missing = [key for key in missing if key in errors]
        if not missing:
            return
    raise RuntimeError(f"not stored: {missing}")

def careless(mock):
    send(mock, ["R-1", "R-2"])
    print("sent")

def untyped(mock):
    for _ in range(3):
        text = {**mock.headers, "content-type": "text/plain"}
        httpx.post(mock.url + "/v1/invoices", content=b"text", headers=text)
"""


@pytest.fixture(autouse=True)
def _sandboxes_end(server: MockServer) -> Iterator[None]:
    before = sandbox_names(server)
    yield
    for name in sandbox_names(server) - before:
        server.control.request("DELETE", f"/sandboxes/{name}")


def drilled(client: str, marker: str) -> str:
    """A suite with one test of a client."""
    test = f"def test_client(mock_drill):\n    mock_drill.run({client})\n"
    return f"{CLIENTS}\n@pytest.mark.mock_drill({marker})\n{test}"


@pytest.mark.parametrize(
    ("marker", "names"),
    [
        ('"payt", case="item-refused"', ["payt-item-refused"]),
        ('"payt", "throttle", case="item-throttled"', ["payt-item-throttled"]),
        ('vendor="payt", case="payt-locale"', ["payt-payt-locale"]),
    ],
)
def test_a_case_is_a_test(run: Run, marker: str, names: list[str]) -> None:
    result = run(drilled("careful", marker), "-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"*::test_client[[]{name}] PASSED*" for name in names])


def test_every_case_with_a_tag_is_a_test(run: Run, server: MockServer) -> None:
    cases = server.control.request("GET", "/drill/cases", vendor="payt")
    tagged = [one["id"] for one in cases if "login" in one["tags"]]

    result = run(drilled("careful", '"payt", tag="login"'), "--collect-only", "-q")

    assert [line.partition("[")[2] for line in result.outlines if "::" in line] == [
        f"payt-{name}]" for name in tagged
    ]


def test_no_case_kills_a_function(run: Run) -> None:
    result = run(drilled("careful", '"payt", tag="money"'), "--collect-only", "-q")

    assert not [line for line in result.outlines if "[payt-crash-" in line]


def test_a_client_that_loses_an_item_fails_with_the_sentence_first(run: Run) -> None:
    result = run(drilled("careless", '"payt", case="item-refused"'))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "DROPPED item-refused: item R-1 was refused once (unknown-reference) and never sent again; *",
            "  the cause: *",
            '  the answer to #1: {"success":true,*"R-1":*',
            "  the case: The first item is refused for good, because of a record that is not there.",
            "  payt POST /v1/invoices *",
            "  the client wrote:",
            "sent",
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_further_faults_are_told_after_the_first(run: Run) -> None:
    hasty = "lambda mock: send(mock, ['R-1', 'R-2']).status_code == 429 and send(mock, ['R-1']).text"

    result = run(drilled(hasty, '"payt", case="throttle-seconds"'))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "DROPPED throttle-seconds: item R-2 *",
            "  the cause: *",
            "  the answer to #1: *",
            "  also RUDE: #1 was answered 429 *",
            "  the case: *",
        ],
        consecutive=True,
    )


def test_a_client_whose_calls_are_all_refused_is_told_so_first(run: Run) -> None:
    result = run(drilled("untyped", '"payt", case="item-refused"'))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["without any fault all 3 calls were refused: 415, *"])


def test_a_client_that_fails_without_faults_shows_what_it_wrote(run: Run) -> None:
    result = run(drilled("lambda mock: print('no rows today')", '"payt", case="item-refused"'))

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["the client made no call to this sandbox", "no rows today"], consecutive=True
    )


def test_a_case_that_cannot_happen_to_the_client_is_skipped(run: Run) -> None:
    result = run(drilled("careful", '"payt", case="payt-liar"'), "-rs")

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED * the client makes no call in which this could happen"])


def test_a_client_runs_without_faults_once_for_all_cases_of_a_test(run: Run) -> None:
    source = drilled("counted", '"payt", case="item-refused"').replace(
        "def test_client", '@pytest.mark.mock_drill("payt", case="reordered")\ndef test_client'
    )
    counted = "\nruns = []\ndef counted(mock):\n    runs.append(mock.sandbox)\n    careful(mock)\n"
    check = "\ndef test_runs():\n    assert len(runs) == 3\n"

    run(source + counted + check).assert_outcomes(passed=3)


def test_a_run_may_be_looked_at(run: Run) -> None:
    source = drilled("careful", '"payt", case="transient-item"').replace(
        "    mock_drill.run(careful)",
        "    assert mock_drill.run(careful).message.startswith('2 of 2 stored')",
    )

    run(source).assert_outcomes(passed=1)


def test_only_failed_runs_and_those_without_faults_keep_their_sandboxes(run: Run, server: MockServer) -> None:
    before = sandbox_names(server)

    run(drilled("careful", '"payt", case="transient-item"')).assert_outcomes(passed=1)

    assert len(sandbox_names(server) - before) == 1


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ('"acme"', "*no vendor named acme; there are *"),
        (
            '"payt", tag="no-such-tag"',
            "*mock_drill: payt has no case tagged no-such-tag; tags are login, money, retry, *",
        ),
        ('"payt", case="none"', "*mock_drill: payt has no case none; tags are login, *"),
        (
            '"payt", "login", case="reordered"',
            "*payt has no case reordered tagged login; tags are *",
        ),
    ],
)
def test_cases_that_are_not_there_are_told(run: Run, marker: str, said: str) -> None:
    result = run(drilled("careful", marker))

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])


def test_a_fixture_without_a_marker_is_told(run: Run) -> None:
    result = run("def test_one(mock_drill): ...")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*mock_drill needs the marker mock_drill("<vendor>")*'])
