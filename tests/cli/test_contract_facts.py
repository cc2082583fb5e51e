"""`mockserver contract` looks for the records that valid items rely on before it writes."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from tests.contract.foreign.access import API_KEY, TOKEN
from tests.contract.session.payee_server import PayeeServer, serve

CREDENTIALS = {
    "MOCKSERVER_CREDENTIAL_APIKEYAUTH": API_KEY,
    "MOCKSERVER_CREDENTIAL_BEARERAUTH": TOKEN,
    "MOCKSERVER_CREDENTIAL_BASICAUTH": "",
}
NARROW = ("--operation", "putClaimInvoiceBatch,getClaimInvoice,deleteClaimInvoice", "--phase", "stateful")


def run(server: PayeeServer, *arguments: str) -> Result:
    with serve(server) as url:
        options = ["--target", url, *NARROW, "--max-examples", "1", "--no-shrink", *arguments]
        return CliRunner().invoke(main, ["contract", "vba", *options], env=CREDENTIALS)


def test_a_payee_that_is_not_there_ends_the_run_before_a_row_is_sent() -> None:
    server = PayeeServer(("P7", "P8"))

    result = run(server, "--fact", "payee=P1")

    assert result.exit_code == 2
    error = result.stderr[result.stderr.index("error:") :]
    lines = error.splitlines()
    assert lines[0] == (
        "error: what valid items of vba rely on is not there: "
        "payee=P1 (GET /payees/P1, vbasoftware-database: sandbox: 404)"
    )
    assert lines[1].startswith("   at: --target http://127.0.0.1:")
    assert lines[2] == "  try: --fact payee=P7     found there: payee: P7, P8"
    assert not server.has_body


def test_a_payee_that_is_there_is_used_in_place_of_ours() -> None:
    server = PayeeServer(("P200",))

    result = run(server)

    assert result.exit_code == 0, result.output
    assert "note: vba: payee=P200 is taken, which is at the target: P100 is not" in result.output
    assert server.has_body


def test_a_payee_that_was_taken_stands_in_the_line_that_repeats_a_failure() -> None:
    result = run(PayeeServer(("P7",)))

    assert result.exit_code == 1
    assert "again:    mockserver contract vba --target" in result.output
    assert "--fact payee=P7" in result.output


@pytest.mark.parametrize("arguments", [("--phase", "fuzzing"), ("--operation", "getPayee")])
def test_a_run_without_items_needs_no_payee(arguments: tuple[str, str]) -> None:
    server = PayeeServer(())
    with serve(server) as url:
        options = ["--target", url, "--max-examples", "1", "--only", "error-shape", *arguments]
        result = CliRunner().invoke(main, ["contract", "vba", *options], env=CREDENTIALS)

    assert "is not there" not in result.output
    assert ("GET", "/payees/P100") not in server.seen


def test_a_fact_that_is_given_is_looked_for_on_a_server_of_ours() -> None:
    result = CliRunner().invoke(main, ["contract", "vba", "--fact", "payee=P1"])

    assert result.exit_code == 2
    assert "payee=P1 (GET /payees/P1, vbasoftware-database: sandbox: 404)" in result.stderr


def test_a_fact_that_no_profile_has_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["contract", "vba", "--fact", "paye=P1"])

    assert result.exit_code == 2
    assert "error: no fact named paye" in result.stderr


def test_a_fact_of_the_wrong_kind_is_wrong_usage() -> None:
    result = CliRunner().invoke(main, ["contract", "vba", "--fact", "first_invoice=one"])

    assert result.exit_code == 2
    assert "the fact first_invoice=one cannot be used: " in result.stderr
