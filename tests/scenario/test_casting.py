from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mockserver.model import Call, Fault, Item
from mockserver.scenario.casting import Cue, Scene, cast, identity_of
from mockserver.scenario.decision import UNBENT, Decision
from mockserver.scenario.model import (
    Commit,
    Delay,
    Effect,
    EnvelopeEffect,
    ItemEffect,
    Match,
    Predicate,
    Quota,
    ResponseEffect,
    Rule,
    Select,
    Times,
)
from mockserver.store import OWN
from mockserver.store.memory import MemoryStore

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
FAILS = Effect(fail=Fault("internal"))
ITEMS = tuple(Item(index, key, {"id": key, "amount": index}) for index, key in enumerate("ABC"))


class Stage:
    """A sandbox in which calls are cast one after the other; its machine's clock can be moved."""

    def __init__(self, seed: int = 7) -> None:
        self.now = NOON
        self.store = MemoryStore(clock=lambda: self.now)
        self.store.create("default", lambda whole: whole.load(_genesis(seed)))

    def cast(self, *cues: Cue, items: tuple[Item, ...] = ITEMS, body: bytes = b"") -> Decision:
        scene = Scene(Call("acme", "default", "PUT", "/orders", body=body), {"size": len(items)}, items)
        return self.store.transact("default", OWN, lambda state: cast(scene, cues, state))

    def hits(self, cue: Cue, calls: int) -> list[bool]:
        return [bool(self.cast(cue).applied) for _ in range(calls)]


def _genesis(seed: int) -> Any:
    return {OWN: {"settings": {"seed": {"value": seed}, "clock": {"frozen": None, "ahead": 0}}}}


def cue(seed: int | None = None, **rule: Any) -> Cue:
    return Cue("trouble", Rule("r1", **rule), seed)


def one(select: Select, effect: Effect = FAILS) -> tuple[ItemEffect, ...]:
    return (ItemEffect(select, effect),)


def failing(decision: Decision) -> list[int]:
    return [index for index, effect in decision.effects.items() if effect.fail is not None]


def test_without_a_rule_that_hits_the_call_is_not_bent() -> None:
    assert Stage().cast(cue(match=Match(nth=2))) is UNBENT


def test_the_rules_that_hit_are_named_by_scenario_and_rule() -> None:
    assert Stage().cast(cue(), Cue("calm", Rule("r2"))).applied == ("trouble/r1", "calm/r2")


def test_nth_counts_the_calls_that_match() -> None:
    assert Stage().hits(cue(match=Match(nth=3)), 5) == [False, False, True, False, False]


def test_times_let_the_first_calls_pass_and_end() -> None:
    assert Stage().hits(cue(times=Times(after=1, count=2)), 5) == [False, True, True, False, False]


def test_a_body_that_does_not_hold_is_not_counted() -> None:
    stage = Stage()
    rule = cue(match=Match(body=Predicate(("size",), "equals", 3), nth=1))

    stage.cast(rule, items=ITEMS[:1])

    assert stage.cast(rule).applied == ("trouble/r1",)


def test_an_item_predicate_wants_one_item_that_holds() -> None:
    stage, rule = Stage(), cue(match=Match(item=Predicate(("id",), "equals", "C")))

    assert stage.cast(rule, items=ITEMS[:2]) is UNBENT
    assert stage.cast(rule).applied == ("trouble/r1",)


def test_a_state_that_nothing_has_set_is_started() -> None:
    stage, rule = Stage(), cue(requires={"phase": "Started"}, transitions={"phase": "Calm"})

    assert stage.hits(rule, 3) == [True, False, False]


def test_a_rule_whose_state_is_another_is_not_counted() -> None:
    stage = Stage()
    first = Cue("trouble", Rule("open", transitions={"phase": "Open"}, match=Match(nth=2)))
    second = Cue("trouble", Rule("then", requires={"phase": "Open"}, match=Match(nth=1)))

    assert [stage.cast(second, first).applied for _ in range(3)] == [(), ("trouble/open",), ("trouble/then",)]


def test_items_are_selected_by_index_key_place_or_all() -> None:
    selects: list[tuple[Select, list[int]]] = [
        (Select(index=1), [1]),
        (Select(key="C"), [2]),
        (Select(where=Predicate(("amount",), "gt", 0)), [1, 2]),
        (Select(all=True), [0, 1, 2]),
        (Select(index=9), []),
    ]

    assert [failing(Stage().cast(cue(items=one(select)))) for select, _ in selects] == [
        indexes for _, indexes in selects
    ]


def test_a_rule_for_items_that_are_not_there_is_not_counted() -> None:
    stage, rule = Stage(), cue(items=one(Select(key="C")), times=Times(count=1))

    assert stage.cast(rule, items=ITEMS[:2]) is UNBENT
    assert failing(stage.cast(rule)) == [2]


def test_a_call_that_a_quota_keeps_out_is_no_attempt() -> None:
    stage = Stage()
    flaky = Effect(fail=Fault("internal"), fail_times=1)
    rule = cue(quota=Quota(limit=1, window_ms=1000), items=one(Select(key="B"), flaky))
    stage.cast(rule, items=ITEMS[:1])

    stage.cast(rule)
    stage.now += timedelta(seconds=1)

    assert failing(stage.cast(rule)) == [1]


def test_of_two_effects_on_one_item_the_first_counts() -> None:
    first, second = cue(items=one(Select(index=0), Effect(omit=True))), cue(items=one(Select(all=True)))

    decision = Stage().cast(first, second)

    assert decision.effects[0] == Effect(omit=True)
    assert failing(decision) == [1, 2]


def test_an_item_fails_so_many_times_wherever_it_stands() -> None:
    stage, rule = Stage(), cue(items=one(Select(key="B"), Effect(fail=Fault("internal"), fail_times=2)))
    alone = (Item(0, "B", {"id": "B"}),)

    assert [failing(stage.cast(rule, items=items)) for items in (ITEMS, alone, alone)] == [[1], [0], []]


def test_an_item_without_a_key_is_known_again_by_what_it_says() -> None:
    assert identity_of(Item(0, "", {"a": 1})) == identity_of(Item(5, "", {"a": 1}))
    assert identity_of(Item(0, "", {"a": 1})) != identity_of(Item(0, "", {"a": 2}))


def test_the_fate_of_an_item_does_not_change_with_its_neighbours() -> None:
    rule = cue(items=one(Select(sample=0.5)))
    many = tuple(Item(index, f"K{index}", {}) for index in range(200))

    together = {many[index].key for index in failing(Stage().cast(rule, items=many))}
    alone = {item.key for item in many if failing(Stage().cast(rule, items=(item,)))}

    assert together == alone
    assert 60 < len(together) < 140


def test_another_seed_is_another_fate() -> None:
    many = tuple(Item(index, f"K{index}", {}) for index in range(100))
    rule = {"items": one(Select(sample=0.5))}

    of_seven, of_eight = (failing(Stage(seed).cast(cue(**rule), items=many)) for seed in (7, 8))

    assert of_seven != of_eight
    assert failing(Stage(8).cast(cue(seed=7, **rule), items=many)) == of_seven


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


def _alone(rule: Cue, body: bytes, calls: int) -> list[Decision]:
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


def test_a_hanging_item_adds_to_the_delay() -> None:
    slow = cue(
        response=ResponseEffect(delay=Delay("fixed", value=200)),
        items=one(Select(index=0), Effect(hang_ms=50)),
    )

    assert Stage().cast(slow).delay_ms == 250


def test_a_retry_after_is_told_by_the_sandbox_clock() -> None:
    assert Stage().cast(cue(response=ResponseEffect(status=429, retry_after="date+30"))).retry_after == (
        "Mon, 05 Jan 2026 12:00:30 GMT"
    )


def test_a_quota_lets_so_many_calls_in_and_tells_how_long_to_wait() -> None:
    stage, rule = Stage(), cue(quota=Quota(limit=2, window_ms=60_000))

    assert [stage.cast(rule).wait for _ in range(3)] == [None, None, 60]
    stage.now += timedelta(seconds=45)
    assert stage.cast(rule).wait == 15
    stage.now += timedelta(seconds=15)
    assert stage.cast(rule).wait is None


def test_rules_that_name_one_quota_share_it() -> None:
    stage = Stage()
    rules = [Cue("q", Rule(rule, quota=Quota(1, 1000, name="both"))) for rule in ("a", "b")]

    assert [stage.cast(rule).wait for rule in rules] == [None, 1]
