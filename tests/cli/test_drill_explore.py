"""Schedules of faults: how they are drawn, told, run and shrunk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import httpx
import pytest

from mockserver.cli import drill_explore
from mockserver.cli.drill_explore import (
    DrawnFault,
    Exploration,
    Explorer,
    FoundSchedule,
    ItemPlace,
    Schedule,
    describe_schedule,
    draw_schedules,
    make_scenario,
    pytest_file,
)
from mockserver.codec import yaml
from mockserver.control.scenarios import operations_by_vendor
from mockserver.drill.findings import Kind
from mockserver.scenario.parser import parse_document
from mockserver.server.application import Application
from mockserver.testing.control_client import ControlClient
from mockserver.testing.drill import (
    Case,
    Client,
    Drill,
    DrillFinding,
    DrillTarget,
    Ending,
    Plan,
    Result,
    call_function,
)
from mockserver.testing.server import MockServer
from mockserver.testing.threaded_server import run_in_thread
from tests.testing.drilled import payer, payt_batch

ITEM_FAULTS = ("fails", "throttled", "locked", "refused", "warned", "left out", "dropped", "doubled")
CALL_FAULTS = (
    *("lost", "lost before", "half done", "empty", "torn", "garbled", "silent", "gateway", "broken", "page"),
    *("unavailable", "throttled", "throttled bare", "unauthorized", "slow", "late", "redirected"),
    *("reordered", "miscounted", "phantom", "clock"),
)
CRASHES = ("before-send", "after-commit", "after-answer")
KEYS = ("R-1", "R-2", "R-3")
OPERATION = "createBatchPayment"
ATTEMPTS = ((4, 0), (4, 1), (7, 0))
"""Journal number of the call and index of each item in the run without faults."""
ITEMS = tuple(
    {"key": key, "operation": OPERATION, "attempts": [{"call": number, "index": index}]}
    for key, (number, index) in zip(KEYS, ATTEMPTS, strict=True)
)
CLEAN = Result(Case("no-fault"), "survived", "3 of 3 stored", (), Ending(0), 0.1, "clean", ITEMS)
HELD = {"id": "held", "response": {"fault": "NO_RESPONSE"}}
CRASH_RULES = [
    {**HELD, "match": {"vendor": "xero", "operation": OPERATION, "nth": 1}},
    {**HELD, "id": "also held", "match": {"vendor": "xero"}},
]
CASES = tuple(Case(f"crash-{one}", crash=one, scenario={"rules": CRASH_RULES}) for one in CRASHES)
PLAN = Plan("3 items", "", CLEAN, (Case("reset"), *CASES), OPERATION, KEYS, 2, 3)
PLACES = [ItemPlace(OPERATION, {"key": key}, {}) for key in KEYS]


def item(kind: str, number: int = 1, times: int = 1) -> DrawnFault:
    return DrawnFault(kind, item=number, times=times)


def call(kind: str, number: int = 1) -> DrawnFault:
    return DrawnFault(kind, call=number)


def finding(kind: str = "DROPPED", cause: str = "", *items: str, doubtful: bool = False) -> DrillFinding:
    return DrillFinding(kind, "", items, (), doubtful, cause)


Shown = Callable[[Sequence[str]], Sequence[DrillFinding]]
"""Returns what a client does wrong under faults, each in words such as "call 2 is answered 503"."""


@dataclass
class FakeRuns:
    """Runs of a client that does wrong what `shows` returns, and has the keys `keys` without faults."""

    shows: Shown
    keys: Sequence[str] = KEYS
    cases: list[Case] = field(default_factory=list)

    def run(self, case: Case, _clean: Result) -> Result:
        if case.scenario is None:
            items = tuple({**item, "key": key} for item, key in zip(ITEMS, self.keys, strict=True))
            return replace(CLEAN, case=case, items=items)
        self.cases.append(case)
        findings = tuple(self.shows(re.split(r"(?:,| and) (?=call \d|item \d)", case.says)))
        verdict = "silent" if any(not one.doubtful for one in findings) else "survived"
        return replace(CLEAN, case=case, verdict=verdict, findings=findings)

    @property
    def rules(self) -> list[Any]:
        return [rule for case in self.cases if case.scenario for rule in case.scenario["rules"]]


@pytest.fixture
def explore_fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Exploration]:
    """A function that explores schedules with fake runs."""

    def explore(runs: FakeRuns, *drawn: Schedule) -> Exploration:
        monkeypatch.setattr(drill_explore, "draw_schedules", lambda *_: list(drawn))
        monkeypatch.setattr(Drill, "run", runs.run)
        monkeypatch.setattr(Drill, "drop", lambda *_: None)
        drill = Drill(ControlClient("http://127.0.0.1:1"), "xero", lambda _: Ending(0))
        with ThreadPoolExecutor(1) as pool:
            return Explorer(drill, PLAN, pool).explore(len(drawn), 0)

    return explore


# Drawing


def test_one_seed_draws_the_same_schedules() -> None:
    assert draw_schedules(3, 2, 30, 7, ()) == draw_schedules(3, 2, 30, 7, ())


def test_another_seed_draws_other_schedules() -> None:
    first, second = (set(draw_schedules(3, 2, 30, seed, ())) for seed in (7, 8))

    assert len(first & second) < 15


def test_all_schedules_differ_and_are_as_many_as_asked_for() -> None:
    drawn = draw_schedules(5, 3, 80, 0, ())

    assert len(set(drawn)) == len(drawn) == 80


@pytest.mark.parametrize(("items", "calls"), [(1, 1), (3, 2), (100, 50)])
def test_schedules_are_within_bounds(items: int, calls: int) -> None:
    for schedule in draw_schedules(items, calls, 40, 1, ()):
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
    drawn = draw_schedules(2, 1, 60, 7, ())

    assert not any("&id" in yaml.dump(make_scenario(one, "payt", PLAN, PLACES)) for one in drawn)


def test_every_fault_is_drawn_sooner_or_later() -> None:
    drawn = {(one.kind, bool(one.call)) for schedule in draw_schedules(5, 3, 200, 0, ()) for one in schedule}

    assert drawn == {(kind, False) for kind in ITEM_FAULTS} | {(kind, True) for kind in CALL_FAULTS}


def test_a_schedule_kills_the_client_at_most_once() -> None:
    drawn = draw_schedules(5, 3, 200, 0, CRASHES)

    kills = [[one.kind for one in schedule if one.kind in CRASHES] for schedule in drawn]
    assert {kind for one in kills for kind in one} == set(CRASHES)
    assert max(map(len, kills)) == 1


# Scenarios


@pytest.mark.parametrize(
    "schedule", [(item(kind),) for kind in ITEM_FAULTS] + [(call(kind),) for kind in CALL_FAULTS]
)
def test_every_fault_is_a_valid_scenario(app: Application, schedule: Schedule) -> None:
    document: Any = make_scenario(schedule, "xero", PLAN, PLACES)

    [rule] = parse_document(document, operations_by_vendor(app.served)).rules

    assert rule.match.vendor == "xero"
    assert rule.match.operation == "createBatchPayment"


def test_every_schedule_is_a_valid_scenario(app: Application) -> None:
    for schedule in draw_schedules(3, 2, 40, 3, ()):
        document = dict(make_scenario(schedule, "xero", PLAN, PLACES))
        assert len(parse_document(document, operations_by_vendor(app.served)).rules) == len(schedule)


def test_a_fault_of_an_item_is_for_its_key_and_one_of_a_call_for_its_number() -> None:
    made: Any = make_scenario((item("left out", 2), call("lost", 3)), "xero", PLAN, PLACES)

    first, second = made["rules"]
    assert first["items"][0]["select"] == {"key": "R-2"}
    assert first["times"] == {"count": 1}
    assert second["match"]["nth"] == 3


def test_a_fault_of_an_item_without_a_lasting_key_is_for_its_call_and_its_index(
    explore_fake: Callable[..., Exploration],
) -> None:
    runs = FakeRuns(lambda _: (), keys=("R-1", "new-2", "new-3"))

    explore_fake(runs, (item("fails", 1),), (item("fails", 2),), (item("left out", 3),))

    places = [(rule.get("times"), rule["items"][0]["select"]) for rule in runs.rules]
    assert places == [
        (None, {"key": "R-1"}),
        ({"after": 0}, {"firstIndex": 1}),
        ({"after": 1, "count": 1}, {"firstIndex": 0}),
    ]


def test_a_schedule_kills_the_client_as_the_case_does_but_at_its_own_call(
    explore_fake: Callable[..., Exploration],
) -> None:
    runs = FakeRuns(lambda _: ())

    explore_fake(runs, (call("after-commit", 2), item("fails")))

    [case] = runs.cases
    assert case.crash == "after-commit"
    rules = [(rule["id"], rule["match"].get("nth")) for rule in runs.rules]
    assert rules == [("held", 2), ("also held", None), ("fault-2", None)]


@pytest.mark.parametrize(("cases", "crashes"), [(PLAN.cases, [*CRASHES]), (PLAN.cases[:1], [])])
def test_crashes_are_drawn_if_the_plan_has_cases_with_crashes(
    monkeypatch: pytest.MonkeyPatch, cases: tuple[Case, ...], crashes: list[str]
) -> None:
    def draw(_items: int, _calls: int, _number: int, _seed: int, given: Sequence[str]) -> list[Schedule]:
        assert given == crashes
        return []

    monkeypatch.setattr(drill_explore, "draw_schedules", draw)
    monkeypatch.setattr(Drill, "run", lambda *_: CLEAN)
    monkeypatch.setattr(Drill, "drop", lambda *_: None)
    drill = Drill(ControlClient("http://127.0.0.1:1"), "xero", lambda _: Ending(0))

    with ThreadPoolExecutor(1) as pool:
        assert Explorer(drill, replace(PLAN, cases=cases), pool).explore(1, 0) == Exploration(0, 0, [])


# Sentences


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        ((item("fails", 2),), "item 2 of 3 fails once"),
        ((item("throttled", 1, 2),), "item 1 of 3 is throttled twice"),
        ((item("locked", 3, 3),), "item 3 of 3 is locked 3 times"),
        ((item("refused"),), "item 1 of 3 is refused for good"),
        ((call("before-send", 2),), "call 2 is not sent because the client is killed"),
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
        ("DROPPED", ["R-2"], "the client loses item 2 of 3"),
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
    explore_fake: Callable[..., Exploration], kind: str, items: list[str], sentence: str
) -> None:
    runs = FakeRuns(lambda _: [finding(kind, "", *items)])

    [found] = explore_fake(runs, (call("lost"),)).finds

    assert found.sentence == f"{sentence} when call 1 is reset after its commit"


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_fault_has_a_sentence(explore_fake: Callable[..., Exploration], kind: Kind) -> None:
    [found] = explore_fake(FakeRuns(lambda _: [finding(kind.name)]), (call("lost"),)).finds

    assert found.sentence.endswith(" when call 1 is reset after its commit")


def test_a_sentence_has_all_that_the_client_does_wrong_and_no_doubt(
    explore_fake: Callable[..., Exploration],
) -> None:
    sure = finding("DROPPED", "a", "R-3"), finding("DROPPED", "b", "R-1"), finding("RUDE")
    runs = FakeRuns(lambda _: [*sure, finding("DROPPED", "c", "R-2", doubtful=True)])

    [found] = explore_fake(runs, (call("lost"),)).finds

    assert found.sentence.startswith("the client loses items 1, 3 of 3 and calls again too early when ")


# Shrinking


def needs(cause: str, *faults: str, kind: str = "DROPPED") -> Shown:
    """What a client shows that loses an item if it meets all of the faults."""
    return lambda told: [finding(kind, cause)] if set(faults) <= set(told) else []


def test_a_call_moves_up_when_the_faults_that_put_it_off_are_gone(
    explore_fake: Callable[..., Exploration],
) -> None:
    def lose_item_three(told: Sequence[str]) -> list[DrillFinding]:
        says = ", ".join(told)
        put_off = sum(word in says for word in ("never answered", "left out"))
        is_lost = f"call {2 + put_off} is answered with a count" in says and "item 3 of 3 is l" in says
        return [finding()] if is_lost else []

    drawn = (call("silent", 1), call("miscounted", 4), item("dropped", 1), item("locked", 3))
    [found] = explore_fake(FakeRuns(lose_item_three), drawn).finds

    assert set(found.schedule) == {call("miscounted", 2), item("locked", 3)}


FIVE = (call("slow", 1), call("unavailable", 2), call("redirected", 4), item("fails", 2), item("refused", 3))
WORDS = (
    "call 1 is answered after 0.4 s",
    "call 2 is answered 503",
    "call 4 is redirected with 307",
    "item 2 of 3 fails once",
    "item 3 of 3 is refused for good",
)


@pytest.mark.parametrize("needed", [(0,), (4,), (0, 3), (2, 4), (0, 1, 2), (1, 2, 4), (2, 3, 4)])
def test_a_schedule_shrinks_to_the_faults_that_are_needed_even_if_another_one_hides_them(
    explore_fake: Callable[..., Exploration], needed: tuple[int, ...]
) -> None:
    few = {WORDS[at] for at in needed}
    runs = FakeRuns(lambda told: [finding()] if set(told) in (few, set(WORDS)) else [])

    [found] = explore_fake(runs, FIVE).finds

    assert found.schedule == tuple(FIVE[at] for at in needed)


def test_faults_come_as_early_and_as_seldom_as_they_can(explore_fake: Callable[..., Exploration]) -> None:
    def shows(told: Sequence[str]) -> list[DrillFinding]:
        is_throttled = any(word.startswith("item 1 of 3 is throttled") for word in told)
        is_late = any(word.startswith(("call 3", "call 4", "call 5")) for word in told)
        return [finding()] if is_throttled and is_late else []

    [found] = explore_fake(FakeRuns(shows), (call("clock", 5), item("throttled", 1, 3))).finds

    assert found.schedule == (call("clock", 3), item("throttled", 1, 1))


def test_every_cause_has_a_schedule(explore_fake: Callable[..., Exploration]) -> None:
    first, second = needs("not read", WORDS[0]), needs("not sent", WORDS[4])

    exploration = explore_fake(FakeRuns(lambda told: [*first(told), *second(told)]), FIVE[:1], FIVE[4:], FIVE)

    assert [found.schedule for found in exploration.finds] == [FIVE[:1], FIVE[4:]]
    assert [found.result.case.id for found in exploration.finds] == ["explored-1", "explored-2"]
    assert (exploration.failed, exploration.unrepeated, exploration.left) == (3, 0, 0)


def test_a_finding_behind_a_worse_one_has_a_schedule_of_its_own(
    explore_fake: Callable[..., Exploration],
) -> None:
    worse = needs("not read", WORDS[0], WORDS[1])
    behind = needs("needless", WORDS[1], kind="RESENT")

    exploration = explore_fake(FakeRuns(lambda told: [*worse(told), *behind(told)]), FIVE)

    assert [found.schedule for found in exploration.finds] == [FIVE[:2], FIVE[1:2]]


def test_causes_with_the_same_minimal_schedule_are_one_find(explore_fake: Callable[..., Exploration]) -> None:
    runs = FakeRuns(
        lambda told: [finding("DROPPED", "a"), finding("DROPPED", "b")] if WORDS[0] in told else []
    )

    [found] = explore_fake(runs, FIVE).finds

    assert found.schedule == FIVE[:1]


def test_what_is_doubtful_is_not_found(explore_fake: Callable[..., Exploration]) -> None:
    runs = FakeRuns(lambda _: [finding(doubtful=True)])

    assert explore_fake(runs, FIVE) == Exploration(1, 0, [])


def test_no_schedule_runs_twice_but_the_minimal_ones(explore_fake: Callable[..., Exploration]) -> None:
    first, second = needs("not read", *WORDS[:2]), needs("not sent", *WORDS[1:4])
    runs = FakeRuns(lambda told: [*first(told), *second(told)])

    exploration = explore_fake(runs, FIVE)

    twice = [says for says, times in Counter(case.says for case in runs.cases).items() if times > 1]
    assert sorted(twice) == sorted(found.result.case.says for found in exploration.finds)


def test_a_cause_that_does_not_show_again_is_counted_and_left_out(
    explore_fake: Callable[..., Exploration],
) -> None:
    runs = FakeRuns(lambda _: [finding()] if len(runs.cases) == 1 else [])

    assert explore_fake(runs, (call("lost"),)) == Exploration(1, 1, [], unrepeated=1)


def test_at_most_twelve_causes_are_shrunk_those_that_are_the_worst_of_a_run_first(
    explore_fake: Callable[..., Exploration],
) -> None:
    many = [finding("RUDE", str(number)) for number in range(12)]
    runs = FakeRuns(lambda told: [finding("KEY")] if "call 2 is reset after its commit" in told else many)

    exploration = explore_fake(runs, (call("lost"),), (call("lost", 2),))

    assert exploration.left == 1
    assert [found.result.word for found in exploration.finds] == ["RUDE", "KEY"]


def test_the_runs_of_a_cause_are_bounded(explore_fake: Callable[..., Exploration]) -> None:
    runs = FakeRuns(lambda told: [finding()] if "call 900" in told[-1] or len(told) == 5 else [])
    drawn = tuple(call("slow", number) for number in (300, 420, 560, 700, 999))

    explore_fake(runs, drawn)

    assert len(runs.cases) <= 110


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


def explored(
    server: MockServer,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    drawn: Sequence[Schedule] = HARD,
    vendor: str = "xero",
) -> Exploration:
    """What is found of a client in the drawn schedules."""
    monkeypatch.setattr(drill_explore, "draw_schedules", lambda *_: list(drawn))
    drill = Drill(server.control, vendor, client)
    with ThreadPoolExecutor(2) as pool:
        return Explorer(drill, drill.learn(), pool).explore(len(drawn), 0)


def test_a_client_that_pays_again_after_a_lost_answer_is_found_and_its_schedule_shrunk(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    exploration = explored(server, payer(has_keys=False), monkeypatch)

    [found] = exploration.finds
    assert (exploration.schedules, exploration.failed) == (4, 3)
    assert found.schedule == (call("empty", 1),)
    assert found.sentence == "the client doubles items 1, 2, 3 of 3 when call 1 is done and gets no answer"


def test_a_client_that_pays_each_row_once_is_not_found(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert explored(server, payer(has_keys=True), monkeypatch) == Exploration(4, 0, [])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_client_that_makes_new_keys_in_each_run_and_loses_what_is_refused_is_found(
    server: MockServer, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    numbers = count()

    def careless(target: DrillTarget) -> None:
        """Send two items and then one."""
        for amounts in (("10.00", "20.00"), ("30.00",)):
            body = payt_batch({f"N-{next(numbers)}": amount for amount in amounts})
            httpx.post(f"{target.url}/v1/invoices", json=body, headers=target.headers, timeout=5)

    drawn = [(item("refused", number),)]
    [found] = explored(server, call_function(careless), monkeypatch, drawn, "payt").finds

    assert found.sentence.startswith("the client loses item ")


def test_the_sandboxes_of_schedules_are_dropped(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(server.control.request("GET", "/sandboxes"))

    explored(server, payer(has_keys=True), monkeypatch)

    clean = 1
    assert len(server.control.request("GET", "/sandboxes")) == before + clean


# Files


def test_found_schedules_make_a_file_of_tests() -> None:
    schedule = (item("refused"),)
    case = Case("explored-1", scenario=make_scenario(schedule, "xero", PLAN, PLACES))
    result = Result(case, "silent", "", (finding(),), Ending(0), 0.1, "one")

    text = pytest_file("xero", [FoundSchedule(schedule, "the client loses item 1 of 3", result)])

    names: dict[str, Any] = {}
    exec(compile(text, "found.py", "exec"), names)  # noqa: S102 - our own text
    assert '"""the client loses item 1 of 3."""' in text
    assert 'Drill(mockserver.control, "xero", ' in text
    assert callable(names["test_dropped_1"])
