"""A drill of clients that are functions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from mockserver.testing.control_client import ControlPlaneError
from mockserver.testing.drill import (
    CLEAN,
    Case,
    Client,
    Drill,
    DrillTarget,
    Ending,
    Plan,
    Result,
    SandboxCalls,
    call_function,
    list_cases,
)
from mockserver.testing.server import MockServer
from tests.testing.drilled import KEYS, careful, careless, send
from tests.testing.sending import sandbox_names


@pytest.fixture
def drill_of(server: MockServer) -> Iterator[Callable[..., Drill]]:
    """Makes a drill of a client of payt; the sandboxes of its runs are deleted."""
    before = sandbox_names(server)

    def made(client: Client, **settings: Any) -> Drill:
        return Drill(server.control, "payt", client, **settings)

    yield made
    for name in sandbox_names(server) - before:
        server.control.request("DELETE", f"/sandboxes/{name}")


DrillOf = Callable[..., Drill]


def case_of(plan: Plan, name: str) -> Case:
    return next(one for one in plan.cases if one.id == name)


def ran(drill: Drill, name: str) -> Result:
    """The client's run against one case."""
    plan = drill.learn()
    return drill.run(case_of(plan, name), plan.clean)


def test_a_client_is_learnt_by_one_run_without_faults(drill_of: DrillOf) -> None:
    plan = drill_of(call_function(careful)).learn()

    assert (plan.says, plan.obstacle) == ("3 items by postV1Invoices in 1 call, 60.00 in all", "")
    assert (plan.operation, plan.calls, plan.largest, plan.keys) == ("postV1Invoices", 1, 3, KEYS)
    assert (plan.clean.case.id, plan.clean.verdict, plan.clean.word) == (CLEAN, "survived", "survived")
    assert all(case.scenario for case in plan.cases)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("transient-item", "survived: 3 of 3 stored, only the failed one sent again"),
        ("item-refused", "told: 2 of 3 stored, ended with 1"),
        ("commit-then-reset", "survived: 3 of 3 stored"),
        ("always-unavailable", "told: 0 of 3 stored, ended with 1"),
    ],
)
def test_a_right_client_passes(drill_of: DrillOf, case: str, message: str) -> None:
    result = ran(drill_of(call_function(careful)), case)

    assert f"{result.verdict}: {result.message}" == f"{result.word}: {result.message}" == message


def test_a_client_that_loses_an_item_fails(drill_of: DrillOf) -> None:
    result = ran(drill_of(call_function(careless)), "item-refused")

    [finding] = result.findings
    assert (result.verdict, result.word) == ("silent", "DROPPED")
    assert finding.message == result.message
    assert finding.message == (
        "item R-1 was refused once (unknown-reference) and never sent again; the client ended with 0"
    )
    assert (finding.items, finding.calls, finding.doubtful) == (("R-1",), (1,), False)


def test_a_result_has_the_items_and_the_calls(drill_of: DrillOf) -> None:
    result = ran(drill_of(call_function(careful)), "transient-item")

    assert [len(item["attempts"]) for item in result.items] == [3, 1, 1]
    assert [call["number"] for call in result.calls] == [1, 2, 3]
    assert result.duration_s > 0


def test_a_case_that_cannot_happen_to_the_client_is_not_met(drill_of: DrillOf) -> None:
    ninth = {"id": "r", "match": {"vendor": "payt", "nth": 9}, "response": {"status": 503}}
    drill = drill_of(call_function(careless))

    result = drill.run(
        Case("ninth", scenario={"version": 1, "name": "drill", "rules": [ninth]}), drill.learn().clean
    )

    assert (result.verdict, result.word) == ("unmet", "unmet")


def test_a_case_of_a_later_call_is_not_run_for_a_client_with_one_call(drill_of: DrillOf) -> None:
    result = ran(drill_of(call_function(careless)), "second-answer-lost")

    assert (result.verdict, result.message, result.calls) == ("unmet", "the client makes one call", ())


def test_a_case_that_was_not_run_has_no_sandbox_to_drop(drill_of: DrillOf) -> None:
    drill = drill_of(call_function(careless))
    result = ran(drill, "second-answer-lost")
    before = drill.control.request("GET", "/sandboxes")

    drill.drop(result)

    assert [one["name"] for one in drill.control.request("GET", "/sandboxes")] == [
        one["name"] for one in before
    ]


def test_crashes_are_cases_of_clients_that_can_be_killed(drill_of: DrillOf) -> None:
    plans = [drill_of(call_function(careless), can_kill=can_kill).learn() for can_kill in (False, True)]

    assert [any(case.crash for case in plan.cases) for plan in plans] == [False, True]


@pytest.mark.parametrize(("kills", "verdict"), [(0, "unmet"), (1, "survived")])
def test_a_crash_has_happened_if_the_client_was_killed(drill_of: DrillOf, kills: int, verdict: str) -> None:
    def killed(target: DrillTarget) -> Ending:
        careful(target)
        return Ending(0, kills=kills)

    plan = drill_of(killed, can_kill=True).learn()
    result = drill_of(killed).run(Case("crash", crash="before-send"), plan.clean)

    assert result.verdict == verdict


@pytest.mark.parametrize(("rule", "is_caught"), [("crash", True), ("other", False)])
def test_a_target_tells_when_the_rule_of_a_crash_has_caught_a_call(
    drill_of: DrillOf, rule: str, *, is_caught: bool
) -> None:
    seen: list[bool] = []

    def looks(target: DrillTarget) -> None:
        seen.append(target.is_caught())
        careless(target)
        seen.append(target.is_caught())

    scenario = {"version": 1, "name": "drill", "rules": [{"id": rule, "response": {"status": 503}}]}
    drill = drill_of(call_function(looks))

    drill.run(Case("caught", scenario=scenario), drill.learn().clean)

    assert seen == [False, False, False, is_caught]


def test_a_target_knows_the_names_of_the_items(drill_of: DrillOf) -> None:
    seen: list[tuple[str, ...]] = []

    def looks(target: DrillTarget) -> None:
        careless(target)
        seen.append(tuple(target.names()))

    ran(drill_of(call_function(looks)), "transient-item")

    assert [set(KEYS) <= set(one) for one in seen] == [True, True]


def test_a_doubtful_fault_has_no_kind_for_its_word(drill_of: DrillOf) -> None:
    lie = {"select": {"index": 0}, "effect": {"commit": False}}
    scenario = {"version": 1, "name": "drill", "rules": [{"id": "r", "items": [lie]}]}
    drill = drill_of(call_function(careless))

    result = drill.run(Case("lie", scenario=scenario), drill.learn().clean)

    assert (result.verdict, result.word) == ("doubtful", "doubtful"), result.message


def test_an_exception_is_an_end_with_status_1_and_its_traceback(drill_of: DrillOf) -> None:
    ending = ran(drill_of(call_function(careful)), "item-refused").ending

    assert ending.status == 1
    assert "RuntimeError: not stored: R-1" in ending.output


def test_a_client_without_calls_has_an_obstacle(drill_of: DrillOf) -> None:
    assert (
        drill_of(call_function(lambda _: None)).learn().obstacle == "the client made no call to this sandbox"
    )


def test_a_client_that_does_not_end_hangs(drill_of: DrillOf) -> None:
    def endless(target: DrillTarget) -> Ending:
        careless(target)
        return Ending(None, timeout_s=30)

    result = drill_of(endless).learn().clean

    assert result.message == "no end after 30 s and 1 call"


def test_starts_of_the_client_are_told_apart(drill_of: DrillOf) -> None:
    def started_twice(target: DrillTarget) -> Ending:
        careless(target)
        second = target.calls().newest + 1
        careless(target)
        return Ending(0, starts=(1, second))

    drill = drill_of(started_twice)
    clean = drill_of(call_function(careless)).learn().clean

    assert drill.run(Case("none"), clean).findings == ()


def test_items_that_are_sent_again_are_told_where_the_clock_stands(drill_of: DrillOf) -> None:
    def twice(target: DrillTarget) -> None:
        target.clock.freeze("2026-01-05T09:00:00Z")
        careless(target)
        careless(target)

    clean = drill_of(call_function(careless)).learn().clean
    result = drill_of(call_function(twice)).run(Case("none"), clean)

    assert result.word == "RESENT"


def test_every_sandbox_begins_with_the_documents_of_the_setup(drill_of: DrillOf) -> None:
    invoice = {"invoice_number": "OLD-1", "administration_id": "81"}
    seen: list[int] = []

    def looks(target: DrillTarget) -> None:
        seen.append(httpx.get(f"{target.url}/v1/invoices/OLD-1", headers=target.headers).status_code)
        careless(target)

    drill = drill_of(call_function(looks), setup={"payt/81": {"invoices": {"OLD-1": invoice}}})
    ran(drill, "transient-item")

    assert len(seen) == 2
    assert seen[0] == seen[1]


def test_a_setup_that_is_no_dump_is_refused(drill_of: DrillOf) -> None:
    with pytest.raises(ControlPlaneError):
        drill_of(call_function(careless), setup={"nobody": {"orders": {"1": {}}}}).learn()


def test_every_sandbox_has_the_assumptions(drill_of: DrillOf) -> None:
    def keyless(target: DrillTarget) -> None:
        careless(target)

    def keyed(target: DrillTarget) -> None:
        send(target, KEYS, **{"Idempotency-Key": "a"})

    required = {"payt.idempotency_keys": "required"}

    assert drill_of(call_function(keyed), assumptions=required).learn().obstacle == ""
    assert (
        drill_of(call_function(keyless), assumptions=required)
        .learn()
        .obstacle.startswith("without any fault the only call was refused: 400, ")
    )


def test_a_target_says_where_to_send_and_with_which_credentials(drill_of: DrillOf) -> None:
    targets: list[DrillTarget] = []
    drill_of(call_function(targets.append)).learn()

    [target] = targets
    assert target.url.endswith(f"/sandboxes/{target.sandbox}/payt")
    assert target.token in target.headers["authorization"]
    assert target.calls() == SandboxCalls(0, 0)


def test_the_sandbox_of_a_run_is_kept_until_it_is_dropped(drill_of: DrillOf, server: MockServer) -> None:
    drill = drill_of(call_function(careless))
    result = drill.learn().clean
    kept = result.sandbox in sandbox_names(server)

    drill.drop(result)

    assert kept
    assert result.sandbox not in sandbox_names(server)


def test_a_vendor_that_is_not_there_is_told(server: MockServer) -> None:
    with pytest.raises(ControlPlaneError, match="no vendor named nobody"):
        Drill(server.control, "nobody", call_function(careless)).learn()


def test_cases_are_listed_without_scenarios(server: MockServer) -> None:
    cases = list_cases(server.control, "payt")

    assert {"reordered", "payt-liar"} <= {case.id for case in cases}
    assert {case.scenario for case in cases} == {None}
    assert next(case for case in cases if case.id == "reordered").harmless


def test_cases_of_a_vendor_that_is_not_there_are_not_listed(server: MockServer) -> None:
    with pytest.raises(ControlPlaneError, match="no vendor named nobody"):
        list_cases(server.control, "nobody")


TARGET = DrillTarget("", "", "", {}, "", None, lambda: SandboxCalls(0, 0))  # type: ignore[arg-type] # no call is made


def test_a_function_has_written_what_went_to_both_streams_and_what_it_returned() -> None:
    def writes(_target: DrillTarget) -> str:
        sys.stdout.write("out\n")
        sys.stderr.write("err\n")
        return "result"

    assert call_function(writes)(TARGET) == Ending(0, "out\nerr\n\nresult")


def test_a_function_that_says_nothing_ends_well() -> None:
    assert call_function(lambda _: None)(TARGET) == Ending(0, "\n")


@pytest.mark.parametrize(
    ("code", "status", "output"),
    [(None, 0, ""), (0, 0, ""), (3, 3, ""), ("not stored: R-1", 1, "not stored: R-1")],
)
def test_a_function_that_leaves_by_sys_exit_ends_as_a_program_does(
    code: Any, status: int, output: str
) -> None:
    ending = call_function(lambda _: sys.exit(code))(TARGET)

    assert (ending.status, ending.output.strip()) == (status, output)


def test_an_interrupt_is_no_end_of_the_client() -> None:
    def interrupted(_target: DrillTarget) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_function(interrupted)(TARGET)


def test_of_a_long_output_the_end_is_told(drill_of: DrillOf) -> None:
    def talks(target: DrillTarget) -> str:
        careless(target)
        return "ü" * 1_500_000 + "R-1"

    assert drill_of(call_function(talks)).learn().clean.verdict == "survived"


def test_an_output_that_is_no_text_is_told_as_far_as_it_is(drill_of: DrillOf) -> None:
    def strange(target: DrillTarget) -> str:
        careless(target)
        return "file \udcff \0"

    assert drill_of(call_function(strange)).learn().clean.verdict == "survived"
