"""Schedules of faults: how they are drawn, told, run and shrunk."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from mockserver.cli import drill_explore
from mockserver.cli.drill_explore import (
    DrawnFault,
    Exploration,
    Explorer,
    FoundSchedule,
    Schedule,
    describe_schedule,
    draw_schedules,
    make_scenario,
    pytest_file,
)
from mockserver.codec import yaml
from mockserver.control.scenarios import operations_by_vendor
from mockserver.scenario.parser import parse_document
from mockserver.server.application import Application
from mockserver.testing.control_client import ControlClient
from mockserver.testing.drill import Case, Client, Drill, DrillFinding, Ending, Plan, Result
from mockserver.testing.server import MockServer
from mockserver.testing.threaded_server import run_in_thread
from tests.testing.drilled import payer

ITEM_FAULTS = ("fails", "throttled", "locked", "refused", "warned", "left out", "dropped", "doubled")
CALL_FAULTS = (
    *("lost", "lost before", "half done", "empty", "torn", "garbled", "silent", "gateway", "broken", "page"),
    *("unavailable", "throttled", "throttled bare", "unauthorized", "slow", "late", "redirected"),
    *("reordered", "miscounted", "phantom", "clock"),
)
KEYS = ("R-1", "R-2", "R-3")
CLEAN = Result(Case("no-fault"), "survived", "3 of 3 stored", (), Ending(0), 0.1, "clean")
PLAN = Plan("3 items", "", CLEAN, (), "createBatchPayment", KEYS, 2, 3)


def item(kind: str, number: int = 1, times: int = 1) -> DrawnFault:
    return DrawnFault(kind, item=number, times=times)


def call(kind: str, number: int = 1) -> DrawnFault:
    return DrawnFault(kind, call=number)


# Drawing


def test_one_seed_draws_the_same_schedules() -> None:
    assert draw_schedules(3, 2, 30, 7) == draw_schedules(3, 2, 30, 7)


def test_another_seed_draws_other_schedules() -> None:
    first, second = (set(draw_schedules(3, 2, 30, seed)) for seed in (7, 8))

    assert len(first & second) < 15


def test_all_schedules_differ_and_are_as_many_as_asked_for() -> None:
    drawn = draw_schedules(5, 3, 80, 0)

    assert len(set(drawn)) == len(drawn) == 80


@pytest.mark.parametrize(("items", "calls"), [(1, 1), (3, 2), (100, 50)])
def test_schedules_are_within_bounds(items: int, calls: int) -> None:
    for schedule in draw_schedules(items, calls, 40, 1):
        places = [(one.call, one.item) for one in schedule]
        assert 1 <= len(schedule) <= 5
        assert len(set(places)) == len(places)
        for fault in schedule:
            if fault.call:
                assert (fault.kind in CALL_FAULTS, fault.item, fault.times) == (True, 0, 0)
                assert fault.call <= calls + 2
            else:
                assert fault.kind in ITEM_FAULTS
                assert 1 <= fault.item <= items
                assert 1 <= fault.times <= 3


def test_a_scenario_is_plain_yaml_even_where_faults_are_alike() -> None:
    drawn = draw_schedules(2, 1, 60, 7)

    assert not any("&id" in yaml.dump(make_scenario(one, "payt", PLAN)) for one in drawn)


def test_every_fault_is_drawn_sooner_or_later() -> None:
    drawn = {(one.kind, bool(one.call)) for schedule in draw_schedules(5, 3, 200, 0) for one in schedule}

    assert drawn == {(kind, False) for kind in ITEM_FAULTS} | {(kind, True) for kind in CALL_FAULTS}


# Scenarios


@pytest.mark.parametrize(
    "schedule", [(item(kind),) for kind in ITEM_FAULTS] + [(call(kind),) for kind in CALL_FAULTS]
)
def test_every_fault_is_a_valid_scenario(app: Application, schedule: Schedule) -> None:
    document: Any = make_scenario(schedule, "xero", PLAN)

    [rule] = parse_document(document, operations_by_vendor(app.served)).rules

    assert rule.match.vendor == "xero"
    assert rule.match.operation == "createBatchPayment"


def test_every_schedule_is_a_valid_scenario(app: Application) -> None:
    for schedule in draw_schedules(3, 2, 40, 3):
        made = parse_document(dict(make_scenario(schedule, "xero", PLAN)), operations_by_vendor(app.served))
        assert len(made.rules) == len(schedule)


def test_a_fault_of_an_item_is_for_its_key_and_one_of_a_call_for_its_number() -> None:
    made: Any = make_scenario((item("left out", 2), call("lost", 3)), "xero", PLAN)

    first, second = made["rules"]
    assert first["items"][0]["select"] == {"key": "R-2"}
    assert first["times"] == {"count": 1}
    assert second["match"]["nth"] == 3


# Sentences


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        ((item("fails", 2),), "item 2 of 3 fails once"),
        ((item("throttled", 1, 2),), "item 1 of 3 is throttled twice"),
        ((item("locked", 3, 3),), "item 3 of 3 is locked 3 times"),
        ((item("refused"),), "item 1 of 3 is refused for good"),
        ((call("lost", 2),), "call 2 is reset after its commit"),
        ((call("throttled"),), "call 1 is answered 429 with Retry-After 1 s"),
        ((item("fails", 2), call("lost")), "item 2 of 3 fails once and call 1 is reset after its commit"),
        (
            (item("refused"), call("slow", 2), call("clock", 4)),
            "item 1 of 3 is refused for good, call 2 is answered after 0.4 s and call 4 is followed by a day",
        ),
    ],
)
def test_a_schedule_is_told_in_a_sentence(schedule: Schedule, sentence: str) -> None:
    assert describe_schedule(schedule, 3).removesuffix(" in which nothing happens") == sentence


@pytest.mark.parametrize(
    ("kind", "items", "sentence"),
    [
        ("LOST", ["R-2"], "the client loses item 2 of 3"),
        ("TWICE", ["R-1", "R-3"], "the client doubles items 1, 3 of 3"),
        ("WRONG", ["R-1"], "the client stores item 1 of 3 wrongly"),
        ("RESENT", ["R-1"], "the client sends item 1 of 3 again needlessly"),
        ("SILENT", ["R-1"], "the client does not report the warning of item 1 of 3"),
        ("FOREVER", ["R-1"], "the client sends item 1 of 3 forever"),
        ("FOREVER", [], "the client sends an item forever"),
        ("TWICE", ["another"], "the client doubles an item"),
        ("HANGS", [], "the client does not end"),
        ("LOGIN", [], "the client uses a refused credential again"),
        ("RUDE", [], "the client calls again too early"),
        ("KEY", [], "the client uses an idempotency key wrongly"),
        ("ALARM", [], "the client ends with a failure although all was well"),
    ],
)
def test_what_a_client_did_is_told_with_the_places_of_the_items(
    monkeypatch: pytest.MonkeyPatch, kind: str, items: list[str], sentence: str
) -> None:
    finding = DrillFinding(kind, "", tuple(items), (), doubtful=False)
    failed = Result(
        Case("drawn", "call 1 is reset after its commit"), "silent", "", (finding,), Ending(0), 0.1, "one"
    )
    monkeypatch.setattr(Drill, "run", lambda *_: failed)
    monkeypatch.setattr(Drill, "drop", lambda *_: None)
    monkeypatch.setattr(drill_explore, "draw_schedules", lambda *_: [(call("lost"),)])

    drill = Drill(ControlClient("http://127.0.0.1:1"), "xero", lambda _: Ending(0))
    with ThreadPoolExecutor(1) as pool:
        [found] = Explorer(drill, PLAN, pool).explore(1, 0).finds

    assert found.sentence == f"{sentence} when call 1 is reset after its commit"


def test_a_call_moves_up_when_the_faults_that_put_it_off_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose_item_three(_: Drill, case: Case, _clean: Result) -> Result:
        put_off = sum(word in case.says for word in ("never answered", "left out"))
        is_lost = (
            f"call {2 + put_off} is answered with a count" in case.says and "item 3 of 3 is l" in case.says
        )
        finding = DrillFinding("LOST", "", ("R-3",), (), doubtful=False)
        return replace(CLEAN, case=case, verdict="silent" if is_lost else "survived", findings=(finding,))

    drawn = (call("silent", 1), call("miscounted", 4), item("dropped", 1), item("locked", 3))
    monkeypatch.setattr(drill_explore, "draw_schedules", lambda *_: [drawn])
    monkeypatch.setattr(Drill, "run", lose_item_three)
    monkeypatch.setattr(Drill, "drop", lambda *_: None)
    drill = Drill(ControlClient("http://127.0.0.1:1"), "xero", lambda _: Ending(0))

    with ThreadPoolExecutor(1) as pool:
        [found] = Explorer(drill, PLAN, pool).explore(1, 0).finds

    assert set(found.schedule) == {call("miscounted", 2), item("locked", 3)}


# Clients


@pytest.fixture(scope="module")
def server(app: Application) -> Iterator[MockServer]:
    with run_in_thread(app) as url, MockServer(url) as server:
        yield server


HARD: tuple[Schedule, ...] = (
    (item("fails", 2, 2), item("throttled", 3), call("reordered", 2), call("lost", 3)),
    (item("fails", 1), call("empty", 2)),
    (item("locked", 2),),
    (item("doubled", 1), call("torn", 1)),
)


def explored(server: MockServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> Exploration:
    """What is found of a client in the hard schedules."""
    monkeypatch.setattr(drill_explore, "draw_schedules", lambda *_: list(HARD))
    drill = Drill(server.control, "xero", client)
    with ThreadPoolExecutor(2) as pool:
        return Explorer(drill, drill.learn(), pool).explore(len(HARD), 0)


def test_a_client_that_pays_again_after_a_lost_answer_is_found_and_its_schedule_shrunk(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    exploration = explored(server, payer(has_keys=False), monkeypatch)

    [found] = exploration.finds
    assert (exploration.schedules, exploration.failed) == (4, 3)
    assert found.schedule == (call("lost", 1),)
    assert found.sentence == "the client doubles items 1, 2, 3 of 3 when call 1 is reset after its commit"
    assert found.result.case.id == "explored-1"


def test_a_client_that_pays_each_row_once_is_not_found(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert explored(server, payer(has_keys=True), monkeypatch) == Exploration(4, 0, [])


def test_the_sandboxes_of_schedules_are_dropped(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(server.control.request("GET", "/sandboxes"))

    explored(server, payer(has_keys=True), monkeypatch)

    clean = 1
    assert len(server.control.request("GET", "/sandboxes")) == before + clean


# Files


def test_found_schedules_make_a_file_of_tests() -> None:
    finding = DrillFinding("LOST", "", ("R-1",), (), doubtful=False)
    schedule = (item("refused"),)
    case = Case("explored-1", scenario=make_scenario(schedule, "xero", PLAN))
    result = Result(case, "silent", "", (finding,), Ending(0), 0.1, "one")

    text = pytest_file("xero", [FoundSchedule(schedule, "the client loses item 1 of 3", result)])

    names: dict[str, Any] = {}
    exec(compile(text, "found.py", "exec"), names)  # noqa: S102 - our own text
    assert '"""the client loses item 1 of 3."""' in text
    assert 'Drill(mockserver.control, "xero", ' in text
    assert callable(names["test_lost_1"])
