from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli import contract_run
from mockserver.cli.contract_run import ContractOptions
from mockserver.cli.main import main
from mockserver.contract import session
from mockserver.contract.run_state import RunConfig
from mockserver.contract.safety import Rate
from mockserver.contract.session import SessionPlan

WHOLE = SessionPlan(
    "payt",
    target="https://api.example.com/v1's",
    allowed=("api.example.com",),
    headers={"X-Trace": "a b", "Authorization": "Bearer sesame"},
    rate=Rate(5),
    facts={"debtor": "D 1"},
    run_config=RunConfig(7, 50, frozenset({"count-is-processed"}), frozenset({"postV1Invoices"})),
    phases=("stateful",),
)


def test_the_line_that_repeats_a_run_is_short() -> None:
    assert session.command_line(SessionPlan("payt").only("sums-are-exact")) == (
        "mockserver contract payt --seed 0 --max-examples 100 --only sums-are-exact"
    )


def test_a_credential_in_a_header_is_a_variable() -> None:
    assert "sesame" not in session.command_line(WHOLE)
    assert '--header "Authorization: $MOCKSERVER_HEADER_AUTHORIZATION"' in session.command_line(WHOLE)


def test_a_credential_in_a_declared_header_is_a_variable() -> None:
    declared = frozenset({"header x-trace"})

    assert '--header "X-Trace: $MOCKSERVER_HEADER_X_TRACE"' in session.command_line(WHOLE, declared)


def test_the_line_that_repeats_a_run_is_read_as_that_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[ContractOptions] = []
    monkeypatch.setattr(contract_run, "run_contract", lambda options, _line: asked.append(options))

    result = CliRunner().invoke(main, shlex.split(session.command_line(WHOLE))[1:])

    assert result.exit_code == 0, result.output
    one = asked[0]
    assert (one.vendors, one.target, one.allowed) == (("payt",), WHOLE.target, WHOLE.allowed)
    assert (one.seed, one.max_examples, one.rate) == (7, 50, "5/s")
    assert (one.only, one.operations, one.phases) == (
        ("count-is-processed",),
        ("postV1Invoices",),
        ("stateful",),
    )
    assert (one.facts, one.headers["X-Trace"]) == ({"debtor": "D 1"}, "a b")


def test_a_profile_of_a_file_is_in_the_line() -> None:
    one = SessionPlan("acme", spec=Path("acme.yaml"), profile=Path("my profiles/acme.yaml"))

    assert session.command_line(one).startswith(
        "mockserver contract --spec acme.yaml --profile 'my profiles/acme.yaml' --seed 0"
    )


def test_a_spec_stands_in_the_place_of_a_vendor() -> None:
    line = session.command_line(SessionPlan("acme", spec=Path("my specs/acme.yaml")))

    assert line.startswith("mockserver contract --spec 'my specs/acme.yaml' --seed")


def test_operations_are_one_option_of_the_command() -> None:
    plan = SessionPlan("vba", run_config=RunConfig(7, 2, operations=frozenset({"getPayee", "createPayee"})))

    assert " --operation createPayee,getPayee" in session.command_line(plan)
