from __future__ import annotations

import dataclasses
import gc
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.errors import InvalidHeaderError
from mockserver.model import Call, Fault
from mockserver.sandbox.assumptions import MAGIC_TOKENS
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import Sandboxes, Settings
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS, SCENARIOS
from mockserver.sandbox.store import SANDBOX_SCOPE
from mockserver.scenario import parser, selection
from mockserver.scenario.language import SCHEMA
from mockserver.scenario.model import (
    NO_EFFECTS,
    Commit,
    Decision,
    Delay,
    Dribble,
    Effect,
    ResponseEffect,
    Rule,
)
from mockserver.scenario.selection import (
    FIRST_WORD,
    ITEM_FAULT_CODES,
    ScenarioSelector,
    TokenResponse,
    first_token,
    parse_effect,
    parse_response,
    parse_scenario_header,
)
from mockserver.spec.openapi import Operation
from mockserver.vendor import Request
from tests.support.engine_samples import OPERATION
from tests.support.engine_samples import request as batch


def effect_of(text: str) -> Effect | None:
    found = first_token(text, parse_effect)
    return found and found[1]


def response_of(text: str) -> TokenResponse | None:
    found = first_token(text, parse_response)
    return found and found[1]


SHIPPED = {"calm": "{version: 1, name: calm, rules: [{id: r1, response: {status: 503}}]}"}
TOUCHED = dataclasses.replace(OPERATION, magic=("text",))
SHOWN = dataclasses.replace(OPERATION, id="showOrder", method="get", batch=None)


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Threads that take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def call(body: bytes = b"", **headers: str) -> Call:
    named_so = {name.replace("_", "-"): text for name, text in headers.items()}
    return Call("acme", "default", "PUT", "/orders", "a=1", named_so, body, assumptions={MAGIC_TOKENS: "on"})


def rule(id: str = "r1", **members: Any) -> dict[str, Any]:  # noqa: A002 - the member's name
    """A rule that is always seen to hit: it sets a state of its own."""
    return {"id": id, "response": {"status": 503}, "transitionsState": {id: "Met"}, **members}


class Set:
    """A director with a sandbox in which scenarios are stored in their order."""

    def __init__(self) -> None:
        self.sandboxes = Sandboxes(MemoryStore(), {}, {})
        self.sandboxes.create(Settings("default", seed=7))
        operations = {"acme": frozenset({"putOrders", "showOrder"})}
        self.selector = ScenarioSelector(operations, SHIPPED)

    def arm(self, name: str, *rules: dict[str, Any], armed: bool = True) -> None:
        document = {"version": 1, "name": name, "rules": list(rules)}

        def work(state: Any) -> None:
            stored = state.collection(SCENARIOS)
            stored[name] = {"name": name, "armed": armed, "order": len(stored) + 1, "document": document}

        self.sandboxes.transact("default", SANDBOX_SCOPE, work)

    def decide(self, sent: Call | None = None, *documents: Any, operation: Operation = OPERATION) -> Decision:
        return self.decide_on(batch(*documents or ({"id": "A", "text": "plain"},)), sent, operation)

    def decide_on(
        self, request: Request | None, sent: Call | None = None, operation: Operation = OPERATION
    ) -> Decision:
        """The decision on a call whose envelope holds `request`, None: it cannot be read."""
        stored = self.with_scenarios(sent or call())
        return self.sandboxes.transact(
            "default", "acme/", lambda state: self.selector.decide(stored, operation, request, state)
        )

    def with_scenarios(self, sent: Call) -> Call:
        held = self.sandboxes.transact(
            "default", SANDBOX_SCOPE, lambda state: tuple(state.sandbox_collection(SCENARIOS).values())
        )
        return replace(sent, scenarios=held)

    def applied(self, sent: Call | None = None, operation: Operation = OPERATION) -> tuple[str, ...]:
        return self.decide(sent, operation=operation).applied


def test_nothing_armed_nothing_named_is_not_bent() -> None:
    assert Set().decide() is NO_EFFECTS


def test_an_armed_rule_hits() -> None:
    made = Set()
    made.arm("trouble", rule())

    assert made.applied() == ("trouble/r1",)


def test_a_stored_scenario_that_is_not_armed_waits_to_be_named() -> None:
    made = Set()
    made.arm("trouble", rule(), armed=False)

    assert made.applied() == ()
    assert made.applied(call(mock_scenario="trouble")) == ("trouble/r1",)


def test_rules_of_replaced_scenarios_are_kept_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "_MOST_KNOWN_RULES", 5)
    made = Set()
    for number in range(10):
        made.arm("trouble", *(rule(f"replaced{number}-{at}") for at in range(3)))
        made.applied()

    rules = [one for one in gc.get_objects() if isinstance(one, Rule)]
    held = [one for one in rules if one.id.startswith("replaced") and one.id.endswith("-1")]
    assert len(held) <= 2


@pytest.mark.usefixtures("quick_switches")
def test_scenarios_of_several_sandboxes_are_read_at_the_same_time() -> None:
    shared = Set()

    def read_often(sandbox: int) -> list[tuple[str, ...]]:
        own, applied = Set(), []
        own.selector = shared.selector
        for number in range(150):
            own.arm("trouble", rule(f"r{sandbox}-{number}"))
            applied.append(own.applied())
        return applied

    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(read_often, range(4)))

    assert applied == [[(f"trouble/r{sandbox}-{number}",) for number in range(150)] for sandbox in range(4)]


@pytest.mark.parametrize(("operation", "hit"), [(OPERATION, "lost/r1"), (SHOWN, "lost/late")])
def test_a_rule_is_for_calls_that_write_or_for_calls_that_read(operation: Operation, hit: str) -> None:
    made = Set()
    made.arm("lost", rule(match={"writes": True}), rule("late", match={"writes": False}))

    assert made.applied(operation=operation) == (hit,)


def test_a_packaged_scenario_may_be_named_at_any_time() -> None:
    assert Set().applied(call(mock_scenario="calm")) == ("calm/r1",)


def test_what_is_named_comes_before_what_is_armed_and_is_not_run_twice() -> None:
    made = Set()
    made.arm("first", rule(priority=1))
    made.arm("second", rule(priority=9))

    assert made.applied(call(mock_scenario="second")) == ("second/r1", "first/r1")


def test_armed_rules_go_by_priority_and_newest_first() -> None:
    made = Set()
    made.arm("old", rule("a"), rule("late", priority=5))
    made.arm("new", rule("b"))

    assert made.applied() == ("new/b", "old/a", "old/late")


@pytest.mark.parametrize(
    "match",
    [
        {"vendor": "acme"},
        {"operation": "putOrders"},
        {"headers": {"x-client": "ledger"}},
        {"headers": {"X-Client": "ledger"}},
        {"query": {"a": "1"}},
        {"body": {"path": "$.orders[0].id", "equals": "A"}},
        {"item": {"path": "$.id", "equals": "A"}},
    ],
)
def test_a_rule_is_for_calls_that_match(match: dict[str, Any]) -> None:
    made = Set()
    made.arm("trouble", rule(match=match))

    assert made.applied(call(x_client="ledger")) == ("trouble/r1",)


@pytest.mark.parametrize(
    "match",
    [
        {"operation": "showOrder"},
        {"headers": {"x-client": "other"}},
        {"query": {"a": "2"}},
        {"query": {"b": "1"}},
        {"body": {"path": "$.orders[0].id", "equals": "B"}},
        {"item": {"path": "$.id", "equals": "B"}},
    ],
)
def test_a_rule_is_for_no_others(match: dict[str, Any]) -> None:
    made = Set()
    made.arm("trouble", rule(match=match))

    assert made.applied(call(x_client="ledger")) == ()


def test_a_call_that_cannot_be_read_meets_rules_that_do_not_look_inside() -> None:
    made = Set()
    made.arm("inside", rule(match={"item": {"path": "$.id", "exists": True}}))
    made.arm("outside", rule())

    assert made.decide_on(None).applied == ("outside/r1",)


def test_an_operation_that_writes_no_record_has_no_item_to_fail() -> None:
    made = Set()
    fails = [{"select": {"all": True}, "effect": {"fail": {"code": "internal"}}}]
    made.arm("trouble", {"id": "r1", "items": fails})
    login = dataclasses.replace(SHOWN, safe=True)

    assert made.decide(operation=login) is NO_EFFECTS
    assert made.decide(replace(call(), method="GET"), operation=SHOWN) is NO_EFFECTS
    assert made.decide(operation=dataclasses.replace(SHOWN, method="put")).effects.keys() == {0}
    assert made.decide(operation=dataclasses.replace(login, magic=("text",))).effects.keys() == {0}


def test_a_magic_token_bends_its_item() -> None:
    decision = Set().decide(
        call(b"sbx.omit"), {"id": "A", "text": "plain"}, {"id": "B", "text": "sbx.omit"}, operation=TOUCHED
    )

    assert decision.effects == {1: Effect(omit=True)}
    assert decision.applied == ("sbx/sbx.omit",)


def test_a_token_for_the_whole_call_counts_in_the_first_item_only() -> None:
    plain, throttled = {"id": "A", "text": "plain"}, {"id": "B", "text": "sbx.429"}

    assert Set().decide(call(b"sbx.429"), plain, throttled, operation=TOUCHED) is NO_EFFECTS
    decision = Set().decide(call(b"sbx.429"), throttled, plain, operation=TOUCHED)
    assert decision.response is not None
    assert (decision.response.status, decision.commit) == (429, Commit(0))


def test_a_text_may_hold_a_token_for_the_call_and_one_for_its_item() -> None:
    both = {"id": "A", "text": "sbx.429 sbx.503 sbx.dup sbx.omit"}

    decision = Set().decide(call(b"sbx."), both, operation=TOUCHED)

    assert decision.applied == ("sbx/sbx.dup", "sbx/sbx.429")
    assert decision.effects == {0: Effect(duplicate=1)}


def test_a_token_of_many_items_is_applied_once() -> None:
    items = [{"id": key, "text": "sbx.omit"} for key in "ABC"]

    decision = Set().decide(call(b"sbx."), *items, operation=TOUCHED)

    assert (decision.applied, len(decision.effects)) == (("sbx/sbx.omit",), 3)


def test_a_token_is_a_text_like_any_other_where_the_assumption_is_off() -> None:
    sent = replace(call(b"sbx.omit"), assumptions={MAGIC_TOKENS: "off"})

    assert Set().decide(sent, {"id": "A", "text": "sbx.omit"}, operation=TOUCHED) is NO_EFFECTS


def test_a_token_elsewhere_is_a_text_like_any_other() -> None:
    assert Set().decide(call(b"sbx.omit"), {"id": "A", "note": "sbx.omit"}, operation=TOUCHED) is NO_EFFECTS


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("calm", {"calm": None}),
        ("calm;seed=7", {"calm": 7}),
        ("calm; seed=-1 , long-tail", {"calm": -1, "long-tail": None}),
    ],
)
def test_the_header_names_scenarios_and_seeds(header: str, found: object) -> None:
    assert parse_scenario_header(header) == found


@pytest.mark.parametrize("header", ["", "Calm", "calm;seed=x", "calm;speed=7", "calm,,calm", "calm seed=7"])
def test_a_malformed_header_is_told(header: str) -> None:
    with pytest.raises(InvalidHeaderError, match="expected <name>"):
        Set().selector.check(call(mock_scenario=header))


def test_a_header_that_names_a_scenario_twice_is_told() -> None:
    with pytest.raises(InvalidHeaderError, match="calm is named twice"):
        Set().selector.check(call(mock_scenario="calm, calm;seed=7"))


def test_the_rules_of_a_header_go_by_priority_too() -> None:
    made = Set()
    made.arm("trouble", rule("late", priority=2), rule("early"), armed=False)

    assert made.applied(call(mock_scenario="trouble")) == ("trouble/early", "trouble/late")


def test_a_header_that_names_nothing_is_told_the_nearest() -> None:
    made = Set()
    made.arm("trouble", rule())

    with pytest.raises(InvalidHeaderError, match="there is no scenario troubel; there are trouble"):
        made.selector.check(made.with_scenarios(call(mock_scenario="troubel")))


def test_calls_and_hits_are_counted_in_the_sandbox() -> None:
    made = Set()
    made.arm("trouble", rule(times={"after": 1}))

    made.decide()
    made.decide()

    counters = made.sandboxes.dump("default")[SANDBOX_SCOPE][SCENARIO_COUNTERS]
    assert counters == {"trouble/r1": {"calls": 2, "taken": 1, "hits": 1}}


def test_a_scenario_that_is_stored_anew_is_read_anew() -> None:
    made = Set()
    made.arm("trouble", rule())
    made.decide()

    made.arm("trouble", rule("other"))

    assert made.applied() == ("trouble/other",)


def test_a_scenario_is_read_once_for_as_long_as_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Set()
    made.arm("trouble", rule())
    first = made.applied()
    monkeypatch.delattr(parser, "parse_document")

    assert (made.applied(), first) == (("trouble/r1",), ("trouble/r1",))


def test_the_seed_of_the_header_comes_before_the_scenarios_and_the_sandboxes() -> None:
    sample = [{"select": {"sample": 0.5}, "effect": {"omit": True}}]
    many = [{"id": f"K{number}"} for number in range(64)]

    def fate(seed: str) -> set[int]:
        made = Set()
        made.arm("trouble", {"id": "r1", "items": sample}, armed=False)
        return set(made.decide(call(mock_scenario=f"trouble{seed}"), *many).effects)

    assert fate(";seed=7") == fate("")
    assert fate(";seed=8") != fate("")


def test_a_header_that_is_near_to_nothing_is_told_all() -> None:
    with pytest.raises(InvalidHeaderError, match=r"there is no scenario x; there are calm$"):
        Set().selector.check(call(mock_scenario="x"))


EVERYTHING = Commit()
NOTHING = Commit(first=0)


@pytest.mark.parametrize(
    ("token", "effect"),
    [
        ("sbx.fail.locked", Effect(Fault("locked"))),
        ("sbx.fail.unknown-reference", Effect(Fault("unknown-reference"))),
        ("sbx.flaky.2", Effect(Fault("internal"), fail_times=2)),
        ("sbx.flaky.10", Effect(Fault("internal"), fail_times=10)),
        ("sbx.warn", Effect(warn=Fault("too-long"))),
        ("sbx.warn.conflict", Effect(warn=Fault("conflict"))),
        ("sbx.hang", Effect(hang_ms=30_000)),
        ("sbx.hang.200", Effect(hang_ms=200)),
        ("sbx.omit", Effect(omit=True)),
        ("sbx.dup", Effect(duplicate=1)),
    ],
)
def test_a_token_bends_its_item(token: str, effect: Effect) -> None:
    assert effect_of(token) == effect
    assert response_of(token) is None


@pytest.mark.parametrize(
    ("token", "response", "commit"),
    [
        ("sbx.429", ResponseEffect(429, retry_after=7), NOTHING),
        ("sbx.400", ResponseEffect(400), NOTHING),
        ("sbx.599", ResponseEffect(599), NOTHING),
        ("sbx.reset", ResponseEffect(fault="CONNECTION_RESET_BY_PEER"), EVERYTHING),
        ("sbx.garbage", ResponseEffect(fault="RANDOM_DATA_THEN_CLOSE"), EVERYTHING),
        ("sbx.empty", ResponseEffect(fault="EMPTY_RESPONSE"), EVERYTHING),
        ("sbx.chunk", ResponseEffect(fault="MALFORMED_RESPONSE_CHUNK"), EVERYTHING),
        ("sbx.truncated", ResponseEffect(fault="TRUNCATED_BODY"), EVERYTHING),
        ("sbx.length", ResponseEffect(fault="WRONG_LENGTH"), EVERYTHING),
        ("sbx.short", ResponseEffect(fault="LENGTH_TOO_SMALL"), EVERYTHING),
        ("sbx.silent", ResponseEffect(fault="NO_RESPONSE"), EVERYTHING),
        ("sbx.idle", ResponseEffect(fault="CLOSE_IDLE"), EVERYTHING),
        ("sbx.drip", ResponseEffect(dribble=Dribble(10, 3000)), EVERYTHING),
        ("sbx.slow", ResponseEffect(delay=Delay("fixed", value=3000)), EVERYTHING),
        ("sbx.slow.50", ResponseEffect(delay=Delay("fixed", value=50)), EVERYTHING),
    ],
)
def test_a_token_bends_the_whole_call(token: str, response: ResponseEffect, commit: Commit) -> None:
    assert response_of(token) == (response, commit)
    assert effect_of(token) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sbx",
        "sbx.",
        "sbx.fail",
        "sbx.fail.",
        "sbx.fail.zebra",
        "sbx.fail.locked.twice",
        "sbx.flaky",
        "sbx.flaky.0",
        "sbx.flaky.two",
        "sbx.flaky.-1",
        "sbx.omit.2",
        "sbx.dup.2",
        "sbx.hang.0",
        "sbx.hang.600001",
        "sbx.slow.1.2",
        "sbx.200",
        "sbx.600",
        "sbx.4290",
        "sbx.429.1",
        "sbx.reset.now",
        "SBX.omit",
        "sbx.Omit",
        "sbx .omit",
        "xsbx.omit",
        "sbx.omitted",
        "sbx.omit.",
        "-sbx.omit",
        "a.sbx.omit",
        "sbx.omité",
        "sbx.hang." + "1" * 30,
    ],
)
def test_what_only_looks_like_a_token_does_nothing(text: str) -> None:
    assert effect_of(text) is None
    assert response_of(text) is None


@pytest.mark.parametrize(
    "text", ["sbx.omit", "June sbx.omit", "(sbx.omit)", "sbx.omit, please", "a\nsbx.omit"]
)
def test_a_token_is_a_whole_word_of_the_text(text: str) -> None:
    assert effect_of(text) == Effect(omit=True)


def test_the_first_token_of_each_kind_counts() -> None:
    text = "sbx.zebra sbx.503 sbx.dup sbx.reset sbx.omit"

    assert effect_of(text) == Effect(duplicate=1)
    assert response_of(text) == (ResponseEffect(503), NOTHING)


def test_every_token_begins_with_the_mark() -> None:
    assert effect_of(f"{FIRST_WORD}.omit") == Effect(omit=True)


def test_the_codes_of_tokens_are_those_of_the_language() -> None:
    assert list(ITEM_FAULT_CODES) == SCHEMA["$defs"]["error"]["properties"]["code"]["enum"]
    assert max(len(f"sbx.fail.{code}") for code in ITEM_FAULT_CODES) <= 32


def test_the_faults_of_tokens_are_those_of_the_language() -> None:
    words = ("reset", "garbage", "empty", "chunk", "truncated", "length", "short", "silent", "idle")
    found = {response[0].fault for word in words if (response := response_of(f"sbx.{word}"))}

    assert found == set(SCHEMA["$defs"]["response"]["properties"]["fault"]["enum"])
