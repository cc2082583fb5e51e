from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from math import exp, sqrt
from statistics import median
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.codec.instants import parse_instant
from mockserver.model import Call, Fault, Item
from mockserver.sandbox.clock import ClockSettings
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS
from mockserver.sandbox.store import SANDBOX_SCOPE
from mockserver.scenario import evaluation
from mockserver.scenario.evaluation import draw, evaluate, format_retry_after, sample_delay
from mockserver.scenario.model import (
    NO_EFFECTS,
    CallContext,
    Candidate,
    Commit,
    Decision,
    Delay,
    Effect,
    EnvelopeEffect,
    ItemEffect,
    ItemSelector,
    Predicate,
    ResponseEffect,
    Rule,
    RuleMatch,
    RuleQuota,
    RuleTimes,
)

DRAWN = """
from mockserver.scenario.evaluation import draw
print([draw(7, 'flaky', 'r1', str(n), '1') for n in range(5)])
"""
"""A program that draws five times."""


def test_a_fate_is_the_same_in_every_process_and_under_every_hash_seed() -> None:
    told = {
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", DRAWN],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }

    assert told == {f"{[draw(7, 'flaky', 'r1', str(n), '1') for n in range(5)]}\n"}


@pytest.mark.parametrize("probability", [0.01, 0.1, 0.5, 0.9])
def test_hits_come_as_often_as_their_probability_says(probability: float) -> None:
    draws = 10_000
    hits = sum(draw(42, "long-tail", "r1", f"item-{n}", "1") < probability for n in range(draws))

    assert abs(hits / draws - probability) <= 4 * sqrt(probability * (1 - probability) / draws)


def test_a_fate_lies_in_the_unit_interval() -> None:
    fates = [draw(1, "s", "r", str(n)) for n in range(1000)]

    assert min(fates) >= 0
    assert max(fates) < 1
    assert len(set(fates)) == len(fates)


def test_the_fate_of_one_item_does_not_depend_on_others() -> None:
    alone = draw(7, "flaky", "r1", "item-3", "2")
    among = [draw(7, "flaky", "r1", f"item-{n}", "2") for n in (9, 3, 1)]

    assert among[1] == alone


@pytest.mark.parametrize(
    "other",
    [
        (8, "flaky", "r1", "3", "1"),
        (7, "flakyr1", "", "3", "1"),
        (7, "flaky", "r13", "", "1"),
        (7, "flaky", "r1", "31", ""),
        (7, "flaky", "r1", "3", "1", ""),
        (7, "flaky", "r1", "3", "2"),
        (7, "flaky", "r1", "1", "3"),
    ],
)
def test_no_other_words_meet_the_same_fate(other: tuple[int, *tuple[str, ...]]) -> None:
    assert draw(*other) != draw(7, "flaky", "r1", "3", "1")


@pytest.mark.parametrize("word", ["é", "\ud800", "\x00", pytest.param("x" * 100_000, id="long")])
def test_any_text_and_any_seed_has_a_fate(word: str) -> None:
    assert 0 <= draw(-(2**63), word) < 1


@pytest.mark.parametrize("u", [0.0, 0.5, 0.999])
def test_a_fixed_delay_is_always_the_same(u: float) -> None:
    assert sample_delay(Delay("fixed", value=250), u) == 250


@pytest.mark.parametrize(("u", "ms"), [(0.0, 100), (0.25, 150), (0.5, 200)])
def test_a_uniform_delay_spreads_evenly_between_its_bounds(u: float, ms: float) -> None:
    assert sample_delay(Delay("uniform", lower=100, upper=300), u) == ms


def test_half_of_lognormal_delays_are_longer_than_the_median() -> None:
    delay = Delay("lognormal", median=90, sigma=0.6)
    found = [sample_delay(delay, draw(1, str(n))) for n in range(2000)]

    assert sample_delay(delay, 0.5) == pytest.approx(90)
    assert median(found) == pytest.approx(90, rel=0.05)


def test_a_lognormal_delay_spreads_by_sigma() -> None:
    one_sigma_up = 0.8413447460685429

    assert sample_delay(Delay("lognormal", median=90, sigma=0.6), one_sigma_up) == pytest.approx(
        90 * exp(0.6)
    )
    assert sample_delay(Delay("lognormal", median=90, sigma=0), 0.999) == 90


@pytest.mark.parametrize("u", [0.0, 1 - 2**-53])
def test_the_ends_of_a_lognormal_delay_stay_between_nothing_and_ten_minutes(u: float) -> None:
    assert 0 <= sample_delay(Delay("lognormal", median=600_000, sigma=10.0), u) <= 600_000


def test_a_longest_delay_cuts_the_tail() -> None:
    assert sample_delay(Delay("lognormal", median=90, sigma=2.0, longest=120), 0.99) == 120
    assert sample_delay(Delay("lognormal", median=90, sigma=2.0), 0.99999) > 120


NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
FAILS = Effect(fail=Fault("internal"))
DOWN = ResponseEffect(status=503)
ITEMS = tuple(Item(index, key, {"id": key, "amount": index}) for index, key in enumerate("ABC"))


class Stage:
    """A sandbox in which calls are cast one after the other; its machine's clock can be moved."""

    def __init__(self, seed: int = 7) -> None:
        self.now = NOON
        self.store = MemoryStore(clock=lambda: self.now)
        self.store.create("default", lambda whole: whole.load(_genesis(seed)))

    def cast(
        self, *cues: Candidate, items: tuple[Item, ...] = ITEMS, body: bytes = b"", tenant: str = ""
    ) -> Decision:
        call = Call("acme", "default", "PUT", "/orders", body=body)
        return self.play(CallContext(call, {"size": len(items)}, items, tenant), *cues)

    def play(self, scene: CallContext, *cues: Candidate) -> Decision:
        return self.store.transact("default", SANDBOX_SCOPE, lambda state: evaluate(scene, cues, state))

    def hits(self, cue: Candidate, calls: int) -> list[bool]:
        return [bool(self.cast(cue).applied) for _ in range(calls)]


def _genesis(seed: int) -> Any:
    return {SANDBOX_SCOPE: {"settings": {"seed": {"value": seed}, "clock": {"frozen": None, "ahead": 0}}}}


def cue(seed: int | None = None, **rule: Any) -> Candidate:
    """A rule that answers with DOWN, unless it is for items or limits calls."""
    acts = {} if rule.keys() & {"items", "quota"} else {"response": DOWN}
    return Candidate("trouble", Rule("r1", **{**acts, **rule}), seed)


def one(select: ItemSelector, effect: Effect = FAILS) -> tuple[ItemEffect, ...]:
    return (ItemEffect(select, effect),)


def failing(decision: Decision) -> list[int]:
    return [index for index, effect in decision.effects.items() if effect.fail is not None]


def test_without_a_rule_that_hits_the_call_is_not_bent() -> None:
    assert Stage().cast(cue(match=RuleMatch(nth=2))) is NO_EFFECTS


def test_the_rules_that_hit_are_named_by_scenario_and_rule() -> None:
    assert Stage().cast(cue(), Candidate("calm", Rule("r2", envelope=EnvelopeEffect("reverse")))).applied == (
        "trouble/r1",
        "calm/r2",
    )


def test_nth_counts_the_calls_that_match() -> None:
    assert Stage().hits(cue(match=RuleMatch(nth=3)), 5) == [False, False, True, False, False]


def test_times_let_the_first_calls_pass_and_end() -> None:
    assert Stage().hits(cue(times=RuleTimes(after=1, count=2)), 5) == [False, True, True, False, False]


def test_a_body_that_does_not_hold_is_not_counted() -> None:
    stage = Stage()
    rule = cue(match=RuleMatch(body=Predicate(("size",), "equals", 3), nth=1))

    stage.cast(rule, items=ITEMS[:1])

    assert stage.cast(rule).applied == ("trouble/r1",)


def test_an_item_predicate_wants_one_item_that_holds() -> None:
    stage, rule = Stage(), cue(match=RuleMatch(item=Predicate(("id",), "equals", "C")))

    assert stage.cast(rule, items=ITEMS[:2]) is NO_EFFECTS
    assert stage.cast(rule).applied == ("trouble/r1",)


def test_a_state_that_nothing_has_set_is_started() -> None:
    stage, rule = Stage(), cue(requires={"phase": "Started"}, transitions={"phase": "Calm"})

    assert stage.hits(rule, 3) == [True, False, False]


def test_a_rule_moves_the_clock_for_the_calls_that_follow() -> None:
    stage = Stage()
    jump = Candidate("trouble", Rule("jump", match=RuleMatch(nth=1), advance_clock=3600))
    frozen = stage.store.transact("default", SANDBOX_SCOPE, lambda state: state.now)

    assert stage.cast(jump).applied == ("trouble/jump",)
    assert stage.cast(jump) is NO_EFFECTS
    later = stage.store.transact("default", SANDBOX_SCOPE, lambda state: state.now)
    assert later - frozen == timedelta(hours=1)


def test_the_clock_of_a_rule_stays_within_its_years() -> None:
    clock = ClockSettings("9998-12-31T23:59:59Z")

    assert clock.advanced(1, parse_instant(clock.frozen or "")) is clock
    assert ClockSettings(ahead=5).advanced(10, NOON) == ClockSettings(ahead=15)
    assert ClockSettings("2026-01-05T12:00:00Z").advanced(60, NOON) == ClockSettings("2026-01-05T12:01:00Z")


def test_a_rule_whose_state_is_another_is_not_counted() -> None:
    stage = Stage()
    first = Candidate("trouble", Rule("open", transitions={"phase": "Open"}, match=RuleMatch(nth=2)))
    second = Candidate(
        "trouble", Rule("then", requires={"phase": "Open"}, match=RuleMatch(nth=1), response=DOWN)
    )

    assert [stage.cast(second, first).applied for _ in range(3)] == [(), ("trouble/open",), ("trouble/then",)]


def test_all_rules_meet_the_states_that_the_call_found() -> None:
    stage = Stage()
    rules = [
        Candidate("steps", Rule(f"from-{was}", requires={"phase": was}, transitions={"phase": then}))
        for was, then in [("Started", "Open"), ("Open", "Shut"), ("Shut", "Started")]
    ]

    assert [stage.cast(*rules).applied for _ in range(4)] == [
        ("steps/from-Started",),
        ("steps/from-Open",),
        ("steps/from-Shut",),
        ("steps/from-Started",),
    ]


def test_a_call_that_cannot_be_read_meets_no_rule_that_looks_at_its_body() -> None:
    absent = cue(match=RuleMatch(body=Predicate(("size",), "exists", value=False)))
    call = Call("acme", "default", "PUT", "/orders")

    assert Stage().play(CallContext(call, is_unreadable=True), absent) is NO_EFFECTS
    assert Stage().play(CallContext(call), absent).applied == ("trouble/r1",)


def test_items_are_selected_by_index_key_place_or_all() -> None:
    selects: list[tuple[ItemSelector, list[int]]] = [
        (ItemSelector(index=1), [1]),
        (ItemSelector(key="C"), [2]),
        (ItemSelector(where=Predicate(("amount",), "gt", 0)), [1, 2]),
        (ItemSelector(all=True), [0, 1, 2]),
        (ItemSelector(index=9), []),
    ]

    assert [failing(Stage().cast(cue(items=one(select)))) for select, _ in selects] == [
        indexes for _, indexes in selects
    ]


def test_a_rule_for_items_that_are_not_there_is_not_counted() -> None:
    stage, rule = Stage(), cue(items=one(ItemSelector(key="C")), times=RuleTimes(count=1))

    assert stage.cast(rule, items=ITEMS[:2]) is NO_EFFECTS
    assert failing(stage.cast(rule)) == [2]


def test_what_is_new_is_not_remembered_where_no_more_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "MAX_COUNTERS", 2)
    stage, flaky = Stage(), Effect(fail=Fault("internal"), fail_times=1)
    rule = cue(items=one(ItemSelector(all=True), flaky))

    assert [failing(stage.cast(rule, items=ITEMS[:2])) for _ in range(3)] == [[0, 1], [1], [1]]


def test_a_call_that_a_quota_keeps_out_is_no_attempt() -> None:
    stage = Stage()
    flaky = Effect(fail=Fault("internal"), fail_times=1)
    rule = cue(quota=RuleQuota(limit=1, window_ms=1000), items=one(ItemSelector(key="B"), flaky))
    stage.cast(rule, items=ITEMS[:1])

    stage.cast(rule)
    stage.now += timedelta(seconds=1)

    assert failing(stage.cast(rule)) == [1]


def test_a_call_that_a_quota_keeps_out_meets_no_other_rule() -> None:
    stage = Stage()
    flaky = Candidate(
        "flaky", Rule("r1", items=one(ItemSelector(key="B"), Effect(fail=Fault("internal"), fail_times=2)))
    )
    once = Candidate("once", Rule("r1", times=RuleTimes(after=1, count=1), response=DOWN, commit=Commit(0)))
    rules = (flaky, once, cue(quota=RuleQuota(limit=1, window_ms=1000, status=503)))

    stage.cast(*rules)
    kept_out = stage.cast(*rules)
    stage.now += timedelta(seconds=1)
    then = stage.cast(*rules)

    assert kept_out == Decision(("trouble/r1",), wait_s=1, quota_status=503)
    assert then.applied == ("flaky/r1", "once/r1")


def test_of_two_effects_on_one_item_the_first_counts() -> None:
    first, second = (
        cue(items=one(ItemSelector(index=0), Effect(omit=True))),
        Candidate("other", Rule("r2", items=one(ItemSelector(all=True)))),
    )

    decision = Stage().cast(first, second)

    assert decision.effects[0] == Effect(omit=True)
    assert failing(decision) == [1, 2]
    assert decision.effect_rules == {0: "trouble/r1", 1: "other/r2", 2: "other/r2"}


def test_an_item_fails_so_many_times_wherever_it_stands() -> None:
    stage, rule = Stage(), cue(items=one(ItemSelector(key="B"), Effect(fail=Fault("internal"), fail_times=2)))
    alone = (Item(0, "B", {"id": "B"}),)

    assert [failing(stage.cast(rule, items=items)) for items in (ITEMS, alone, alone)] == [[1], [0], []]


def test_items_that_share_a_key_which_is_none_fail_each_for_itself() -> None:
    stage, rule = Stage(), cue(items=one(ItemSelector(key="0"), Effect(fail=Fault("internal"), fail_times=1)))
    items = Item(0, "0", {}, digest="a"), Item(1, "0", {}, digest="b")
    only = cue(items=one(ItemSelector(key="0#b")))

    assert [failing(stage.cast(rule, items=items)) for _ in range(2)] == [[0, 1], []]
    assert failing(stage.cast(only, items=items)) == [1]


def test_the_first_item_of_the_first_call_is_followed_wherever_it_stands() -> None:
    flaky = Effect(fail=Fault("internal"), fail_times=2)
    stage, rule = Stage(), cue(items=one(ItemSelector(first_index=0), flaky))
    alone, behind = (replace(ITEMS[1], index=0),), (replace(ITEMS[2], index=0), replace(ITEMS[0], index=1))

    met = [failing(stage.cast(rule, items=items)) for items in ((), ITEMS, alone, behind, ITEMS)]

    assert met == [[], [0], [], [1], []]
    assert failing(stage.cast(rule, items=alone, tenant="two")) == [0]


def test_attempts_of_like_keys_are_counted_for_each_vendor_and_tenant_apart() -> None:
    stage, rule = Stage(), cue(items=one(ItemSelector(key="B"), Effect(fail=Fault("internal"), fail_times=1)))
    elsewhere = CallContext(Call("other", "default", "PUT", "/orders"), None, ITEMS)

    met = [stage.cast(rule), stage.cast(rule, tenant="two"), stage.play(elsewhere, rule)]

    assert [failing(decision) for decision in met] == [[1], [1], [1]]
    assert stage.cast(rule) is NO_EFFECTS


def test_an_effect_that_is_over_leaves_its_item_to_the_next() -> None:
    stage = Stage()
    flaky = Candidate(
        "flaky", Rule("r1", items=one(ItemSelector(key="B"), Effect(fail=Fault("internal"), fail_times=1)))
    )
    dup = Candidate("dup", Rule("r2", items=one(ItemSelector(key="B"), Effect(duplicate=1))))

    assert [stage.cast(flaky, dup).applied for _ in range(2)] == [("flaky/r1",), ("dup/r2",)]


def test_a_rule_that_comes_to_nothing_this_time_is_not_applied() -> None:
    late = Candidate("late", Rule("r2", response=ResponseEffect(status=500), commit=Commit(0)))
    passing = Candidate("quota", Rule("r3", quota=RuleQuota(9, 1000)))

    decision = Stage().cast(cue(), late, passing)

    assert (decision.applied, decision.commit) == (("trouble/r1",), Commit())


def test_a_rule_of_many_cues_is_applied_once() -> None:
    cues = [
        Candidate("sbx", Rule("omit", items=one(ItemSelector(index=index), Effect(omit=True))))
        for index in range(3)
    ]

    decision = Stage().cast(*cues)

    assert (decision.applied, list(decision.effects)) == (("sbx/omit",), [0, 1, 2])


def test_the_fate_of_an_item_does_not_change_with_its_neighbours() -> None:
    rule = cue(items=one(ItemSelector(sample=0.5)))
    many = tuple(Item(index, f"K{index}", {}) for index in range(200))

    together = {many[index].key for index in failing(Stage().cast(rule, items=many))}
    alone = {item.key for item in many if failing(Stage().cast(rule, items=(item,)))}

    assert together == alone
    assert 60 < len(together) < 140


def test_another_seed_is_another_fate() -> None:
    many = tuple(Item(index, f"K{index}", {}) for index in range(100))
    sample = one(ItemSelector(sample=0.5))

    of_seven, of_eight = (failing(Stage(seed).cast(cue(items=sample), items=many)) for seed in (7, 8))

    assert of_seven != of_eight
    assert failing(Stage(8).cast(cue(7, items=sample), items=many)) == of_seven


def test_a_probability_is_drawn_for_each_attempt_of_the_same_call() -> None:
    hits = Stage().hits(cue(probability=0.5), 200)

    assert 60 < sum(hits) < 140
    assert hits == Stage().hits(cue(probability=0.5), 200)


def test_what_other_calls_do_does_not_change_the_draw() -> None:
    stage, rule = Stage(), cue(probability=0.5)

    mixed = []
    for _ in range(50):
        mixed.append(bool(stage.cast(rule, body=b"a").applied))
        stage.cast(rule, body=b"b")

    assert mixed == [bool(alone.applied) for alone in _alone(rule, b"a", 50)]


def _alone(rule: Candidate, body: bytes, calls: int) -> list[Decision]:
    stage = Stage()
    return [stage.cast(rule, body=body) for _ in range(calls)]


def test_the_first_response_envelope_and_commit_count() -> None:
    first = cue(response=ResponseEffect(status=503), commit=Commit(0))
    second = cue(response=ResponseEffect(status=500), envelope=EnvelopeEffect("reverse"), commit=Commit(1))

    decision = Stage().cast(first, second)

    assert (decision.response, decision.envelope, decision.commit) == (
        ResponseEffect(status=503),
        EnvelopeEffect("reverse"),
        Commit(0),
    )


def test_a_delay_that_is_fixed_is_not_drawn() -> None:
    stage = Stage()
    stage.cast(cue(response=ResponseEffect(delay=Delay("fixed", value=200))))

    counted = stage.store.transact(
        "default", SANDBOX_SCOPE, lambda state: list(state.collection(SCENARIO_COUNTERS))
    )

    assert counted == ["trouble/r1"]


def test_a_hanging_item_adds_to_the_delay() -> None:
    slow = cue(
        response=ResponseEffect(delay=Delay("fixed", value=200)),
        items=one(ItemSelector(index=0), Effect(hang_ms=50)),
    )

    assert Stage().cast(slow).delay_ms == 250


def test_a_retry_after_is_told_by_the_sandbox_clock() -> None:
    assert Stage().cast(cue(response=ResponseEffect(status=429, retry_after="date+30"))).retry_after == (
        "Mon, 05 Jan 2026 12:00:30 GMT"
    )


NOON_UTC = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (7, "7"),
        ("soon", "soon"),
        ("date+30", "Mon, 05 Jan 2026 12:00:30 GMT"),
        ("date-300", "Mon, 05 Jan 2026 11:55:00 GMT"),
    ],
)
def test_a_retry_after_is_seconds_a_date_or_what_the_rule_says(said: int | str, text: str) -> None:
    assert format_retry_after(said, NOON_UTC) == text


@pytest.mark.parametrize(("year", "said"), [(9999, "date+999999"), (1, "date-999999")])
def test_a_clock_at_the_end_of_time_stays_where_it_is(year: int, said: str) -> None:
    end = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, tzinfo=UTC)

    assert format_retry_after(said, end) == format_retry_after("date+0", end)
