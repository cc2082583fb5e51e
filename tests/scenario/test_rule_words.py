from __future__ import annotations

import pytest

from mockserver.model import Document
from mockserver.scenario.language import SCHEMA
from mockserver.scenario.parser import load_packaged, parse_text
from mockserver.scenario.rule_words import describe_rule
from tests.scenario.documents import OPERATIONS, rule

PARTS = SCHEMA["$defs"]
ALTERNATIVES = [
    (part, name)
    for part, member in (("response", "fault"), ("drift", "change"), ("delay", "type"))
    for name in PARTS[part]["properties"][member]["enum"]
]
WHERE = {"path": "$.id", "equals": 17}


@pytest.mark.parametrize(
    ("match", "said"),
    [
        ({}, "all calls"),
        ({"vendor": "acme"}, "calls to acme"),
        ({"vendor": "acme", "writes": True}, "calls that write to acme"),
        ({"writes": False}, "calls that read"),
        ({"operation": "putOrders"}, "calls of putOrders"),
        ({"vendor": "acme", "operation": "putOrders"}, "calls of putOrders at acme"),
        ({"headers": {"X-Run": "7"}}, "all calls, with the header X-Run: 7"),
        ({"query": {"page": "2"}}, "all calls, with page=2 in the query"),
        ({"body": WHERE}, "all calls, with a body where $.id is 17"),
        ({"item": WHERE, "nth": 3}, "all calls, with an item where $.id is 17, only such call number 3"),
    ],
)
def test_a_match_is_said_in_words(match: Document, said: str) -> None:
    assert describe_rule(rule(match=match)).when == said


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"times": {"after": 2}}, "all calls, without the first 2 such calls"),
        ({"times": {"count": 1}}, "all calls, only the first such call"),
        ({"times": {"after": 2, "count": 3}}, "all calls, only such call number 3 to 5"),
        ({"probability": 0.125}, "all calls, with a chance of 12.5 %"),
        ({"requiresState": {"step": "paid"}}, "all calls, while the state step is paid"),
    ],
)
def test_what_else_a_rule_needs_is_said(members: Document, said: str) -> None:
    assert describe_rule({**rule(), **members}).when == said


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ({"contains": "x"}, '$.id contains "x"'),
        ({"matches": "^a"}, "$.id matches ^a"),
        ({"exists": False}, "$.id is not there"),
        ({"gt": 5}, "$.id is more than 5"),
        ({"lt": 5}, "$.id is less than 5"),
        ({"in": [1, "a"]}, '$.id is one of 1, "a"'),
    ],
)
def test_a_test_is_said_in_words(test: Document, said: str) -> None:
    words = describe_rule(rule(match={"item": {"path": "$.id", **test}}))

    assert words.when == f"all calls, with an item where {said}"


def test_a_long_value_is_cut() -> None:
    words = describe_rule(rule(match={"body": {"path": "$", "equals": "x" * 1000}}))

    assert words.when.endswith("xxx…")
    assert len(words.when) < 300


@pytest.mark.parametrize(
    ("select", "effect", "said"),
    [
        (
            {"where": WHERE},
            {"omit": True, "commit": False},
            "each item where $.id is 17: left out of the answer, not stored",
        ),
        (
            {"key": "3"},
            {"fail": {"code": "internal", "status": 500}, "failTimes": 2},
            "the item 3: rejected (internal 500), in its first 2 attempts",
        ),
        ({"index": 0}, {"hang": 500}, "item 0: held back for 0.5 s, rejected (timeout)"),
        ({"all": True}, {"warn": {"code": "too-long"}}, "every item: given a warning (too-long)"),
        ({"sample": 0.1}, {"duplicate": 1}, "each item, with a chance of 10 %: 1 time more in the answer"),
    ],
)
def test_an_effect_on_items_is_said_in_words(select: Document, effect: Document, said: str) -> None:
    assert describe_rule({"id": "r", "items": [{"select": select, "effect": effect}]}).then == (said,)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (
            {"response": {"status": 504}},
            ("answers 504", "everything is stored all the same"),
        ),
        ({"commit": "none", "response": {"status": 504}}, ("answers 504", "nothing is stored")),
        (
            {"commit": {"partial": 2}, "response": {"fault": "EMPTY_RESPONSE"}},
            ("closed without a byte", "only its first 2 items stored"),
        ),
        ({"response": {"delay": {"type": "fixed", "value": 1500}}}, ("answers after 1.5 s",)),
        ({"envelope": {"countAdd": -2}}, ("counts 2 items fewer than there were",)),
        (
            {"quota": {"limit": 5, "windowMillis": 60000}},
            ("only 5 calls in 60 s let in, others refused with 429",),
        ),
        ({"transitionsState": {"step": "paid"}}, ("the state step becomes paid",)),
    ],
)
def test_what_becomes_of_a_call_is_said_in_words(members: Document, said: tuple[str, ...]) -> None:
    assert describe_rule({"id": "r", **members}).then == said


@pytest.mark.parametrize(("part", "name"), ALTERNATIVES)
def test_every_alternative_of_the_language_has_words(part: str, name: str) -> None:
    effects: dict[str, Document] = {
        "response": {"response": {"fault": name}},
        "drift": {"envelope": {"drift": [{"path": "$.a", "change": name, "to": "b"}]}},
        "delay": {"response": {"delay": {"type": name}}},
    }

    assert all(describe_rule({"id": "r", **effects[part]}).then)


SAMPLES: dict[str, Document] = {
    "effect": {
        "fail": {"code": "internal"},
        "failTimes": 2,
        "warn": {"code": "too-long"},
        "hang": 500,
        "omit": True,
        "duplicate": 2,
        "commit": False,
        "callback": {"lost": True},
    },
    "callback": {
        "lost": True,
        "duplicate": 1,
        "late": 30,
        "outOfOrder": True,
        "wrongSignature": True,
        "early": True,
    },
    "envelope": {
        "order": "reverse",
        "countAdd": 1,
        "phantom": 1,
        "emptyMapAsArray": True,
        "contentType": "text/html",
        "drift": [{"path": "$.a", "change": "null"}],
    },
    "response": {
        "status": 500,
        "headers": {"a": "b"},
        "body": {"text": "x", "mediaType": "text/plain"},
        "example": "good",
        "retryAfter": 7,
        "delay": {"type": "fixed", "value": 1},
        "dribble": {"numberOfChunks": 2, "totalDuration": 9},
        "truncateBodyAtFraction": 0.5,
        "fault": "NO_RESPONSE",
    },
}


@pytest.mark.parametrize("part", SAMPLES)
def test_every_effect_of_the_language_has_words(part: str) -> None:
    def said(effect: Document) -> tuple[str, ...]:
        if part in ("effect", "callback"):
            effect = effect if part == "effect" else {"callback": effect}
            return describe_rule({"id": "r", "items": [{"select": {"all": True}, "effect": effect}]}).then
        return describe_rule({"id": "r", part: effect}).then

    alone = [said({name: value}) for name, value in SAMPLES[part].items()]

    assert SAMPLES[part].keys() == PARTS[part]["properties"].keys()
    assert len(set(alone)) == len(alone)
    assert all(phrase and not phrase.endswith(": ") for one in alone for phrase in one)


@pytest.mark.parametrize("name", sorted(load_packaged(())))
def test_every_packaged_rule_is_said_in_words(name: str) -> None:
    document = parse_text(load_packaged(())[name], OPERATIONS).document

    words = [describe_rule(one) for one in document["rules"]]

    assert all(one.when and one.then and all(one.then) for one in words)
