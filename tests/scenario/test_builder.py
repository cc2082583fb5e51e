"""The six documents that the language was made for, and every member of it, as values."""

from __future__ import annotations

import pytest
from msgspec import Struct
from msgspec.structs import asdict, fields

from mockserver.model import Fault
from mockserver.scenario.language import SCHEMA
from mockserver.scenario.model import (
    Commit,
    Delay,
    Dribble,
    Effect,
    EnvelopeEffect,
    ItemEffect,
    ItemSelector,
    ResponseBody,
    ResponseEffect,
    Rule,
    RuleMatch,
    RuleQuota,
    RuleTimes,
    Scenario,
    SchemaDrift,
)
from mockserver.scenario.parser import parse_document, parse_text
from mockserver.scenario.predicates import parse_predicate
from tests.scenario.documents import EVERYTHING, OPERATIONS

TYPES: dict[str, type[Struct]] = {
    "rule": Rule,
    "match": RuleMatch,
    "times": RuleTimes,
    "select": ItemSelector,
    "itemEffect": ItemEffect,
    "effect": Effect,
    "error": Fault,
    "envelope": EnvelopeEffect,
    "drift": SchemaDrift,
    "delay": Delay,
    "response": ResponseEffect,
    "body": ResponseBody,
    "dribble": Dribble,
    "quota": RuleQuota,
}

SIX: dict[str, tuple[str, Rule]] = {
    "an-item-fails-twice": (
        (
            'match: {vendor: acme}, items: [{select: {key: "3"}, '
            "effect: {fail: {code: internal, status: 500}, failTimes: 2}}]"
        ),
        Rule(
            "r1",
            match=RuleMatch("acme"),
            items=(ItemEffect(ItemSelector(key="3"), Effect(Fault("internal", 500), fail_times=2)),),
        ),
    ),
    "an-answer-is-lost": (
        (
            "match: {vendor: acme, operation: putOrders}, times: {count: 1}, commit: full, "
            "response: {fault: CONNECTION_RESET_BY_PEER}"
        ),
        Rule(
            "r1",
            match=RuleMatch("acme", "putOrders"),
            times=RuleTimes(count=1),
            response=ResponseEffect(fault="CONNECTION_RESET_BY_PEER"),
        ),
    ),
    "two-calls-pass": (
        (
            "times: {after: 2, count: 3}, commit: none, "
            "response: {status: 429, retryAfter: 7, headers: {X-Limit: minute}}"
        ),
        Rule(
            "r1",
            times=RuleTimes(2, 3),
            commit=Commit(0),
            response=ResponseEffect(429, {"X-Limit": "minute"}, retry_after=7),
        ),
    ),
    "a-long-tail": (
        (
            "probability: 0.1, response: {delay: {type: lognormal, median: 90, sigma: 0.6}, "
            "dribble: {numberOfChunks: 5, totalDuration: 2000}}"
        ),
        Rule(
            "r1",
            probability=0.1,
            response=ResponseEffect(delay=Delay("lognormal", median=90, sigma=0.6), dribble=Dribble(5, 2000)),
        ),
    ),
    "a-liar": (
        (
            "match: {item: {path: $.currency, equals: USD}}, items: "
            '[{select: {where: {path: $.total, matches: "^-"}}, effect: {fail: {code: unknown-reference}}}, '
            "{select: {sample: 0.05}, effect: {warn: {code: too-long}}}], "
            "envelope: {countAdd: -1, emptyMapAsArray: true}"
        ),
        Rule(
            "r1",
            match=RuleMatch(item=parse_predicate({"path": "$.currency", "equals": "USD"})),
            items=(
                ItemEffect(
                    ItemSelector(where=parse_predicate({"path": "$.total", "matches": "^-"})),
                    Effect(Fault("unknown-reference")),
                ),
                ItemEffect(ItemSelector(sample=0.05), Effect(warn=Fault("too-long"))),
            ),
            envelope=EnvelopeEffect(count_add=-1, empty_map_as_array=True),
        ),
    ),
    "disorder-once": (
        (
            "match: {nth: 1}, requiresState: {phase: Started}, transitionsState: {phase: Calm}, "
            'items: [{select: {key: "7"}, effect: {omit: true}}, '
            '{select: {key: "9"}, effect: {duplicate: 1}}], envelope: {order: shuffle, phantom: 1}'
        ),
        Rule(
            "r1",
            match=RuleMatch(nth=1),
            requires={"phase": "Started"},
            transitions={"phase": "Calm"},
            items=(
                ItemEffect(ItemSelector(key="7"), Effect(omit=True)),
                ItemEffect(ItemSelector(key="9"), Effect(duplicate=1)),
            ),
            envelope=EnvelopeEffect("shuffle", phantom=1),
        ),
    ),
}


@pytest.mark.parametrize("name", SIX)
def test_the_documents_that_the_language_was_made_for_are_read(name: str) -> None:
    rule, expected = SIX[name]
    text = f"{{version: 1, name: {name}, seed: 42, rules: [{{id: r1, {rule}}}]}}"

    scenario = parse_text(text, OPERATIONS)

    assert (scenario.name, scenario.seed, scenario.rules) == (name, 42, (expected,))


def test_every_member_of_the_language_becomes_a_value() -> None:
    scenario = parse_document(EVERYTHING, OPERATIONS)

    assert scenario == Scenario(
        "everything",
        (
            Rule(
                "all",
                3,
                RuleMatch(
                    headers={"x-tester": "Ann"},
                    query={"page": "2"},
                    body=parse_predicate({"path": "$.orders", "exists": True}),
                ),
                commit=Commit(2),
                items=(
                    ItemEffect(ItemSelector(index=4), Effect(Fault("timeout", None, "late"), hang_ms=50)),
                    ItemEffect(ItemSelector(all=True), Effect(omit=True, commit=False)),
                ),
                envelope=EnvelopeEffect(
                    content_type="text/plain",
                    drift=(
                        SchemaDrift(("data", "*", "id"), "rename", "ID"),
                        SchemaDrift(("more",), "add", None),
                    ),
                ),
            ),
            Rule(
                "answer",
                response=ResponseEffect(
                    502,
                    body=ResponseBody("<p>", "text/html"),
                    retry_after="date+7",
                    delay=Delay("uniform", lower=1, upper=2),
                    truncate_at=0.5,
                    fault="TRUNCATED_BODY",
                ),
                quota=RuleQuota(2, 60_000, "minute", 503),
            ),
            Rule("example", response=ResponseEffect(example="good", delay=Delay("fixed", value=5))),
            Rule(
                "tail",
                response=ResponseEffect(delay=Delay("lognormal", median=9, sigma=1.0, longest=20)),
            ),
            Rule("hour", quota=RuleQuota(9, 3_600_000)),
        ),
        description="Every member that the six leave out.",
        seed=None,
        document=EVERYTHING,
        tests=1,
    )


def test_whole_numbers_are_whole_however_json_writes_them() -> None:
    delay = parse_document(EVERYTHING, OPERATIONS).rules[2].response

    assert delay is not None
    assert delay.delay is not None
    assert {type(value) for value in asdict(delay.delay).values()} == {str, int, float, type(None)}


@pytest.mark.parametrize("name", TYPES)
def test_the_members_of_an_object_are_the_fields_of_its_type(name: str) -> None:
    node, members = SCHEMA["$defs"][name], fields(TYPES[name])

    assert set(node["properties"]) == {one.encode_name for one in members}
    assert set(node.get("required", ())) == {one.encode_name for one in members if one.required}


def test_every_object_of_the_language_has_a_type() -> None:
    objects = {name for name, node in SCHEMA["$defs"].items() if "properties" in node}

    assert objects == {*TYPES, "predicate"}
