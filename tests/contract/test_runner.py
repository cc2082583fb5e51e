from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from mockserver.contract import runner
from mockserver.contract import size_run as sizes_run
from mockserver.contract.fuzzing import run as fuzzing_run
from mockserver.contract.lists import run as lists_run
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import FindingLedger, PlannedPart, RunConfig, RunPart
from mockserver.contract.sequences import run as stateful_run
from mockserver.contract.target import Address, Target


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts that were done; none is."""
    parts: list[str] = []

    def planned(name: str) -> Iterator[PlannedPart]:
        yield PlannedPart(RunPart(name, "", 1, 1), lambda: parts.append(name))

    monkeypatch.setattr(fuzzing_run, "plan_fuzzing", lambda *_: planned("fuzzing"))
    monkeypatch.setattr(stateful_run, "plan_stateful", lambda *_: planned("stateful"))
    monkeypatch.setattr(lists_run, "plan_lists", lambda *_: planned("lists"))
    monkeypatch.setattr(sizes_run, "plan_sizes", lambda *_: planned("sizes"))
    return parts


async def never_called(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError


def run(*phases: str, only: str = "", part: str = "") -> None:
    effort = RunConfig(only=frozenset(filter(None, [only])), parts=frozenset(filter(None, [part])))
    with Target(Address("http://127.0.0.1:1", never_called)) as target:
        runner.run_phases(load_vendor_api("payt"), target, effort, FindingLedger(), phases or runner.PHASES)


def test_single_calls_are_judged_before_sequences(done: list[str]) -> None:
    run()

    assert done == ["fuzzing", "stateful", "lists", "sizes"]


@pytest.mark.parametrize(
    ("phase", "parts"), [("fuzzing", ["fuzzing"]), ("stateful", ["stateful", "lists"]), ("sizes", ["sizes"])]
)
def test_one_phase_can_be_done_alone(done: list[str], phase: str, parts: list[str]) -> None:
    run(phase)

    assert done == parts


@pytest.mark.parametrize(
    ("check", "parts"),
    [
        ("accepted-are-there", ["stateful", "sizes"]),
        ("tenants-are-apart", ["fuzzing", "stateful", "lists"]),
        ("limit-is-kept", ["sizes"]),
        ("positive-data-acceptance", ["fuzzing"]),
        ("no-server-error", ["fuzzing", "stateful", "lists", "sizes"]),
        ("lists-show-what-is-there", ["stateful", "lists", "sizes"]),
        ("filters-select", ["lists"]),
    ],
)
def test_a_part_that_makes_no_check_that_is_wanted_is_left_out(
    done: list[str], check: str, parts: list[str]
) -> None:
    run(only=check)

    assert done == parts


@pytest.fixture
def of_operations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parts of two operations and of the walks that were done."""
    parts: list[str] = []

    def planned(phase: str, *operations: str) -> Iterator[PlannedPart]:
        for one in operations:
            part = RunPart(phase if one else "links", one, 1, 1)
            yield PlannedPart(part, partial(parts.append, f"{part.phase} {part.operation}"))

    monkeypatch.setattr(
        fuzzing_run, "plan_fuzzing", lambda *_: planned("fuzzing", "postV1Invoices", "getV1Invoices", "")
    )
    monkeypatch.setattr(stateful_run, "plan_stateful", lambda *_: planned("stateful", "postV1Invoices"))
    monkeypatch.setattr(lists_run, "plan_lists", lambda *_: planned("stateful", "getV1Invoices"))
    monkeypatch.setattr(sizes_run, "plan_sizes", lambda *_: planned("sizes", "postV1Invoices"))
    return parts


def test_a_check_of_items_is_made_where_there_are_items(of_operations: list[str]) -> None:
    run(only="count-is-processed")

    assert of_operations == ["fuzzing postV1Invoices", "stateful postV1Invoices", "sizes postV1Invoices"]


@pytest.mark.parametrize(
    ("part", "parts"),
    [
        ("getV1Invoices", ["fuzzing getV1Invoices", "stateful getV1Invoices"]),
        ("links", ["links "]),
    ],
)
def test_a_part_can_be_done_alone(of_operations: list[str], part: str, parts: list[str]) -> None:
    run(part=part)

    assert of_operations == parts
