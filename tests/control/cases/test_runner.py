"""Every step passes if its expectation holds, and fails if it does not."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import yaml
from mockserver.control.cases.expectations import START_INSTANT, SandboxClient
from mockserver.control.cases.language import CaseDefaults, read_case
from mockserver.control.cases.runner import CaseResult, run
from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from mockserver.server.in_process import InProcessClient
from tests.support import sample_vendor

COMMON = CaseDefaults(
    {"authorization": "Bearer abc"}, {"put": "PUT /orders", "one": {"orders": [{"id": "A1", "amount": 1}]}}
)
PUT = {"call": "${put}", "json": "${one}", "answer": {"status": 207}}


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Application:
    folder: Path = tmp_path_factory.mktemp("specs")
    return sample_vendor.create_application(folder)


@pytest.fixture
def world(acme: Application) -> SandboxClient:
    if not acme.sandboxes.create(Settings("acme", frozen=START_INSTANT)):
        acme.sandboxes.delete("acme")
        acme.sandboxes.create(Settings("acme", frozen=START_INSTANT))
    return SandboxClient("acme", InProcessClient(acme), InProcessClient(acme))


def verdict(world: SandboxClient, **members: Any) -> CaseResult:
    case = read_case({"when": [PUT], **members}, "acme/x.yaml", "acme", COMMON)
    return asyncio.run(run(case, world))


def test_a_case_that_holds_passes_and_names_its_calls(world: SandboxClient) -> None:
    received = verdict(world, then=[{"dump": {"orders": {"A1": {"amount": 1}, "A2": None}}}])

    assert received == CaseResult((), (1,))
    assert received.passed


def test_a_name_that_names_nothing_is_told_with_its_place(world: SandboxClient) -> None:
    received = verdict(world, names={"two": {"orders": ["${nobody}"]}})

    assert received.differences == ("acme/x.yaml: names, two", "nothing is called 'nobody'")


def test_what_does_not_hold_is_told_with_its_place(world: SandboxClient) -> None:
    received = verdict(world, then=[{"calls": 1}, {"dump": {"orders": {"A1": {"amount": 2}}}}])

    assert not received.passed
    assert received.differences == (
        "acme/x.yaml: then, step 2, dump",
        "orders/A1/amount: expected 2, found 1",
    )


def test_the_first_step_that_does_not_hold_ends_the_case(world: SandboxClient) -> None:
    received = verdict(world, when=[{**PUT, "answer": {"status": 200}}, PUT])

    assert received.differences[:2] == ("acme/x.yaml: when, step 1, ${put}", "expected status 200")
    assert received.calls == (1,)


STEPS = yaml.load((Path(__file__).parent / "steps.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("steps", STEPS["holds"].values(), ids=STEPS["holds"])
def test_what_holds_passes(world: SandboxClient, steps: Any) -> None:
    assert verdict(world, when=steps).differences == ()


@pytest.mark.parametrize(("said", "steps"), STEPS["fails"], ids=[said for said, _ in STEPS["fails"]])
def test_what_does_not_hold_fails(world: SandboxClient, said: str, steps: Any) -> None:
    assert said in "\n".join(verdict(world, when=steps).differences)


def test_what_is_given_comes_before_the_scenario_and_is_no_change(world: SandboxClient) -> None:
    received = verdict(
        world,
        given=[PUT],
        scenario="html-from-proxy",
        when=[{**PUT, "answer": {"status": 502}}],
        then=[{"unchanged": True}],
    )

    assert received.differences == ()


def test_assumptions_and_the_clock_are_set_first(world: SandboxClient) -> None:
    received = verdict(
        world,
        assumptions={"availability": "offline"},
        freeze="2026-03-01T00:00:00Z",
        when=[
            {**PUT, "answer": {"status": 503}},
            {"control": "GET /clock", "answer": {"status": 200, "includes": {"now": "2026-03-01T00:00:00Z"}}},
        ],
    )

    assert received.differences == ()


def test_a_case_that_goes_back_to_its_beginning_leaves_no_snapshot(world: SandboxClient) -> None:
    verdict(world, when=[PUT, {"reset": True}])

    assert asyncio.run(world.call_control("GET", "/snapshots")).json == []


def test_a_case_whose_sandbox_is_not_there_says_so(world: SandboxClient) -> None:
    received = verdict(SandboxClient("nowhere", world.vendors, world.control))

    assert "/_mock/sandboxes/nowhere/journal?last=1: 404" in received.differences[0]
