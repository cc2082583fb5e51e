from __future__ import annotations

from typing import Any

import pytest

from mockserver.scenario.parser import InvalidScenarioError, parse_document
from tests.scenario.documents import document, problems_of, reported_problems, rule

FAILS = {"fail": {"code": "internal"}}


def items(*effects: Any, **members: Any) -> dict[str, Any]:
    """A rule with these effects, each for an item of its own."""
    chosen = [{"select": {"index": at}, "effect": effect} for at, effect in enumerate(effects)]
    return document(rule(items=chosen, **members))


IMPOSSIBLE: dict[str, tuple[Any, tuple[str, str, str, str]]] = {
    "no-effect": (
        document({"id": "r1", "match": {"nth": 1}}),
        (
            "/rules/0",
            "no-effect",
            "the rule does nothing",
            "give it one of commit, envelope, items, quota, response, transitionsState",
        ),
    ),
    "commit-that-is-usual": (
        document({"id": "r1", "commit": "full"}),
        (
            "/rules/0",
            "no-effect",
            "the rule does nothing",
            "give it one of commit, envelope, items, quota, response, transitionsState",
        ),
    ),
    "two-of-one-id": (
        document(rule(), rule(id="r2"), rule()),
        ("/rules/2/id", "duplicate-rule", 'a second rule is called "r1"', 'rename it, such as "r1-2"'),
    ),
    "state-that-nothing-sets": (
        document(
            rule(requiresState={"phase": "Calm"}),
            rule(id="r2", transitionsState={"phase": "Calmer", "other": "Calm"}),
        ),
        (
            "/rules/0/requiresState/phase",
            "unreachable",
            'no rule ever sets the state "phase" to "Calm"',
            "it can be Calmer, Started; add transitionsState for another",
        ),
    ),
    "counted-twice": (
        document(rule(match={"nth": 3}, times={"after": 2})),
        (
            "/rules/0/times",
            "contradiction",
            "match.nth and times both count the calls",
            "take one of them out; nth: 3 is times: {after: 2, count: 1}",
        ),
    ),
    "commit-of-an-item-and-of-nothing": (
        items({**FAILS, "commit": True}),
        (
            "/rules/0/items/0/effect/commit",
            "contradiction",
            "the item is to take effect, and commit: none lets nothing do so",
            "take one of them out",
        ),
    ),
    "envelope-of-another-body": (
        document(rule(envelope={"phantom": 1}, response={"body": {"text": "", "mediaType": "text/html"}})),
        (
            "/rules/0/envelope",
            "contradiction",
            "nothing of it would be seen: response.body answers something else",
            "take one of them out, or put it into a rule of its own",
        ),
    ),
    "envelope-of-an-error": (
        document(rule(envelope={"phantom": 1}, response={"status": 500})),
        (
            "/rules/0/envelope",
            "contradiction",
            "nothing of it would be seen: response.status answers something else",
            "take one of them out, or put it into a rule of its own",
        ),
    ),
    "omission-of-no-answer": (
        items({"omit": True}, FAILS, response={"fault": "NO_RESPONSE"}),
        (
            "/rules/0/items/0/effect",
            "contradiction",
            "omit would not be seen: response.fault answers something else",
            "take one of them out, or put it into a rule of its own",
        ),
    ),
    "warning-of-an-example": (
        items({"warn": {"code": "locked"}, "duplicate": 1}, response={"example": "good"}),
        (
            "/rules/0/items/0/effect",
            "contradiction",
            "warn, duplicate would not be seen: response.example answers something else",
            "take one of them out, or put it into a rule of its own",
        ),
    ),
    "item-taken-by-all": (
        document(
            rule(
                items=[
                    {"select": {"key": "a"}, "effect": FAILS},
                    {"select": {"all": True}, "effect": FAILS},
                    {"select": {"sample": 0.5}, "effect": FAILS},
                ]
            )
        ),
        (
            "/rules/0/items/2/select",
            "unreachable",
            "items/1 has taken these items already, and the first effect wins",
            "put all that becomes of them into one effect",
        ),
    ),
    "item-taken-by-the-same": (
        document(
            rule(
                items=[
                    {"select": {"where": {"path": "$.a", "equals": 1}}, "effect": FAILS},
                    {"select": {"where": {"path": "$.a", "equals": 1}}, "effect": {"omit": True}},
                ]
            )
        ),
        (
            "/rules/0/items/1/select",
            "unreachable",
            "items/0 has taken these items already, and the first effect wins",
            "put all that becomes of them into one effect",
        ),
    ),
    "times-of-no-failure": (
        items({"failTimes": 2, "omit": True}),
        (
            "/rules/0/items/0/effect/failTimes",
            "contradiction",
            "failTimes counts what fails, and nothing does",
            "add fail: {code: internal}",
        ),
    ),
    "times-of-a-hang": (
        items({**FAILS, "failTimes": 2, "hang": 50}),
        (
            "/rules/0/items/0/effect/failTimes",
            "contradiction",
            "hang fails the item at every attempt, whatever failTimes says",
            "take one of them out",
        ),
    ),
    "omitted-twice": (
        items({"omit": True, "duplicate": 2}),
        (
            "/rules/0/items/0/effect/duplicate",
            "contradiction",
            "duplicate would not be seen: omit leaves the item out",
            "take one of them out",
        ),
    ),
    "omitted-with-a-warning": (
        items({"omit": True, "warn": {"code": "locked"}}),
        (
            "/rules/0/items/0/effect/warn",
            "contradiction",
            "warn would not be seen: omit leaves the item out",
            "take one of them out",
        ),
    ),
    "item-that-is-kept-anyway": (
        items({"commit": True}, commit="full"),
        (
            "/rules/0/items/0/effect",
            "no-effect",
            "the effect does nothing: an item takes effect anyway",
            "write commit: false, or add fail or hang",
        ),
    ),
    "unknown-vendor-near": (
        document(rule(match={"vendor": "acmee"})),
        ("/rules/0/match/vendor", "unknown-vendor", 'no vendor is called "acmee"', 'rename it to "acme"'),
    ),
    "unknown-vendor-far": (
        document(rule(match={"vendor": "zebra", "operation": "putOrders"})),
        (
            "/rules/0/match/vendor",
            "unknown-vendor",
            'no vendor is called "zebra"',
            "there are acme, bolt",
        ),
    ),
    "operation-of-another-vendor": (
        document(rule(match={"vendor": "bolt", "operation": "putOrders"})),
        (
            "/rules/0/match/operation",
            "unknown-operation",
            'bolt has no operation "putOrders"',
            "there are sendParts",
        ),
    ),
    "operation-of-no-vendor": (
        document(rule(match={"operation": "putOrder"})),
        (
            "/rules/0/match/operation",
            "unknown-operation",
            'no vendor has an operation "putOrder"',
            'rename it to "putOrders"',
        ),
    ),
    "header-that-is-none": (
        document(rule(match={"headers": {"X Key": "1"}})),
        (
            "/rules/0/match/headers/X Key",
            "bad-header",
            '"X Key" is no name of a header',
            "use letters, digits and hyphens",
        ),
    ),
    "header-in-two-cases": (
        document(rule(match={"headers": {"X-Key": "1", "x-key": "2"}})),
        (
            "/rules/0/match/headers/x-key",
            "contradiction",
            "x-key is X-Key once more: the case of a header's name does not count",
            "take one of them out",
        ),
    ),
    "path": (
        document(rule(match={"item": {"path": "$..a", "exists": True}})),
        (
            "/rules/0/match/item/path",
            "bad-path",
            'the path "$..a" cannot be read from character 2: "..a"',
            "use names and indexes only: $.a, $['a b'], $.list[0]",
        ),
    ),
    "path-of-every-element": (
        document(rule(match={"body": {"path": "$.a[*]", "exists": True}})),
        (
            "/rules/0/match/body/path",
            "bad-path",
            'the path "$.a[*]" cannot be read from character 4: "[*]"',
            "use names and indexes only: $.a, $['a b'], $.list[0]",
        ),
    ),
    "pattern": (
        document(rule(items=[{"select": {"where": {"path": "$", "matches": "(?=a)"}}, "effect": FAILS}])),
        (
            "/rules/0/items/0/select/where/matches",
            "bad-pattern",
            'the pattern "(?=a)" cannot be compiled',
            "close its brackets, keep repetitions small; there is no look-around and no back-reference",
        ),
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_a_rule_that_could_not_do_what_it_says_is_refused(case: str) -> None:
    scenario, expected = IMPOSSIBLE[case]

    assert reported_problems(scenario) == [expected]


def test_an_effect_may_wait_for_the_end_of_another() -> None:
    flaky = {"select": {"all": True}, "effect": {**FAILS, "failTimes": 2}}
    then = {"select": {"all": True}, "effect": {"omit": True}}

    assert len(parse_document(document(rule(items=[flaky, then])), {}).rules[0].items) == 2


def test_of_many_operations_some_are_listed_and_the_rest_counted() -> None:
    many = {"acme": frozenset(f"op{number:02}" for number in range(25))}

    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(document(rule(match={"operation": "zebra"})), many)

    told_ones = ", ".join(f"op{number:02}" for number in range(20))
    assert caught.value.problems[0].hint == f"there are {told_ones}, and 5 more"


def test_a_server_without_vendors_says_so() -> None:
    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(document(rule(match={"vendor": "acme"})), {})

    assert caught.value.problems[0].hint == "there are none"


def test_a_check_is_not_made_of_what_is_broken_already() -> None:
    broken = document({"id": "r1", "match": {"vendor": "zebra"}, "commits": "none"})

    assert [(one.pointer, one.code) for one in problems_of(broken)] == [
        ("/rules/0/match/vendor", "unknown-vendor"),
        ("/rules/0/commits", "unknown-key"),
    ]


def test_ids_are_compared_whatever_else_is_broken() -> None:
    broken = document(rule(commits="none"), rule(priority=0))

    assert [one.code for one in problems_of(broken)] == ["unknown-key", "duplicate-rule", "out-of-range"]
