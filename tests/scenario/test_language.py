from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import mockserver
from mockserver.scenario import model, selection
from mockserver.scenario.language import (
    SCHEMA,
    build_schema,
    closest_match,
    describe,
    shorten,
)
from mockserver.scenario.parser import InvalidScenarioError, load_packaged, parse_document, parse_text
from tests.docs.scenario_reference import render_reference
from tests.scenario.documents import OPERATIONS, document, reported_problems, rule, schema_nodes

DOCS = (Path(mockserver.__file__).parents[1] / "docs" / "scenarios.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)


def test_the_language_is_json_schema_of_2020() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert jsonschema_rs.meta.is_valid(dict(build_schema(["acme"])))


def test_vendors_are_those_that_are_served() -> None:
    published = jsonschema_rs.Draft202012Validator(dict(build_schema(["bolt", "acme"])))

    assert published.is_valid(document(rule(match={"vendor": "acme"})))
    assert not published.is_valid(document(rule(match={"vendor": "zebra"})))
    assert build_schema(["bolt", "acme"])["$defs"]["match"]["properties"]["vendor"]["enum"] == [
        "acme",
        "bolt",
    ]
    assert "enum" not in SCHEMA["$defs"]["match"]["properties"]["vendor"]


def test_every_object_is_closed_or_says_what_its_members_are() -> None:
    open_ones = [
        path
        for path, node in schema_nodes(SCHEMA)
        if node.get("type") == "object" and node.get("additionalProperties") in (None, True)
    ]

    assert open_ones == []


def test_every_object_and_every_member_is_described() -> None:
    missing = [
        path
        for path, node in schema_nodes(SCHEMA)
        if re.fullmatch(r".*/properties/\w+", path)
        and "description" not in node
        and path != "/$defs/rule/properties/commit/oneOf/1/properties/partial"
    ]

    assert missing == []


def test_whatever_is_read_the_published_schema_accepts() -> None:
    published = jsonschema_rs.Draft202012Validator(dict(build_schema(OPERATIONS)))

    for text in load_packaged(()).values():
        assert published.is_valid(parse_text(text, OPERATIONS).document)


def test_a_reader_of_the_reference_finds_every_member() -> None:
    told = render_reference(SCHEMA)
    members = {
        path.rpartition("/")[2]
        for path, _node in schema_nodes(SCHEMA)
        if re.search(r"/properties/\w+$", path)
    }

    assert [name for name in members if name != "partial" and f"| `{name}`" not in told] == []
    assert "`{partial: …}`" in told


def test_every_link_of_the_reference_leads_to_a_heading() -> None:
    told = render_reference(SCHEMA)
    headings = {
        f"#{line[4:].lower().replace(' ', '-')}" for line in told.splitlines() if line.startswith("### ")
    }

    assert set(re.findall(r"\]\((#[^)]*)\)", told)) <= headings


def test_the_documentation_holds_the_reference_as_it_is() -> None:
    assert DOCS.endswith(render_reference(SCHEMA).rstrip("\n") + "\n")


def test_the_documentation_lists_every_scenario_that_ships() -> None:
    listed = re.findall(
        r"^\| `([a-z0-9-]+)` \| [a-z]+ \| (.*) \|$", DOCS.partition("## What ships")[2], re.MULTILINE
    )
    shipped = [(name, parse_text(text, OPERATIONS).description) for name, text in load_packaged(()).items()]

    assert [row for row in listed if row in shipped] == shipped


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda text: text.split("name: ")[1].split("\n")[0])
def test_every_sample_of_the_documentation_is_a_scenario(sample: str) -> None:
    assert parse_text(sample, OPERATIONS).rules


def test_the_fault_that_the_documentation_shows_is_the_one_that_is_told() -> None:
    bad = document(rule(items=[{"select": {"all": True}, "effect": {"fails": {"code": "locked"}}}]))

    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(bad, OPERATIONS)

    assert str(caught.value) in DOCS


def test_every_token_that_the_documentation_names_is_one() -> None:
    named = set(re.findall(r"sbx\.[a-z0-9.<>-]+", DOCS))
    tokens = {
        name.replace("<code>", "locked").replace("<n>", "2").replace("<ms>", "50").replace("<status>", "503")
        for name in named
    }

    assert [
        token for token in tokens if not (selection.parse_effect(token) or selection.parse_response(token))
    ] == []
    assert len(named) > 20


def test_the_documentation_names_no_vendor() -> None:
    assert re.findall("vba|guidewire|pvex|payt|xero", DOCS, re.IGNORECASE) == []


def test_every_value_of_a_rule_has_a_member_in_the_language() -> None:
    members = set(SCHEMA["$defs"]["rule"]["properties"])
    renamed = {
        "requires": "requiresState",
        "transitions": "transitionsState",
        "advance_clock": "advanceClock",
    }

    assert {renamed.get(name, name) for name in model.Rule.__struct_fields__} == members


OF_EFFECT = ("fail", "failTimes", "warn", "hang", "omit", "duplicate", "commit", "callback")
EFFECT_KEYS = "callback, commit, duplicate, fail, failTimes, hang, omit, warn"


def effect(value: Any) -> dict[str, Any]:
    return document(rule(items=[{"select": {"all": True}, "effect": value}]))


def response(**members: Any) -> dict[str, Any]:
    return document(rule(response=members))


WRONG: dict[str, tuple[Any, tuple[str, str, str, str]]] = {
    "unknown-key-near": (
        effect({"fails": {"code": "internal"}}),
        (
            "/rules/0/items/0/effect/fails",
            "unknown-key",
            'unknown key "fails"',
            f'rename it to "fail"; keys allowed here: {EFFECT_KEYS}',
        ),
    ),
    "unknown-key-in-another-case": (
        effect({"fail": {"code": "internal"}, "fail_times": 2}),
        (
            "/rules/0/items/0/effect/fail_times",
            "unknown-key",
            'unknown key "fail_times"',
            f'rename it to "failTimes"; keys allowed here: {EFFECT_KEYS}',
        ),
    ),
    "unknown-key-far": (
        effect({"omit": True, "colour": "red"}),
        (
            "/rules/0/items/0/effect/colour",
            "unknown-key",
            'unknown key "colour"',
            f"take it out; keys allowed here: {EFFECT_KEYS}",
        ),
    ),
    "unknown-key-beside-the-one-it-is-near": (
        document(rule(), rulez=[]),
        (
            "/rulez",
            "unknown-key",
            'unknown key "rulez"',
            "take it out; keys allowed here: description, name, rules, seed, version",
        ),
    ),
    "missing-key": (
        effect({"fail": {"status": 500}}),
        ("/rules/0/items/0/effect/fail", "missing-key", 'the key "code" is missing', 'add "code"'),
    ),
    "no-object": (
        [rule()],
        ("", "wrong-type", "expected an object, found a list of 1", "give it an object"),
    ),
    "nothing": (None, ("", "wrong-type", "expected an object, found nothing", "give it an object")),
    "no-list": (
        document(rules={"id": "r1"}),
        (
            "/rules",
            "wrong-type",
            "expected a list, found an object with 1 member",
            "give it a list",
        ),
    ),
    "number-for-text": (
        document(rule(match={"query": {"page": 7}})),
        ("/rules/0/match/query/page", "wrong-type", "expected a text, found the number 7", 'quote it: "7"'),
    ),
    "truth-for-text": (
        document(rule(match={"query": {"all": True}})),
        ("/rules/0/match/query/all", "wrong-type", "expected a text, found true", 'quote it: "true"'),
    ),
    "nothing-for-text": (
        document(rule(), description=None),
        ("/description", "wrong-type", "expected a text, found nothing", 'quote it: ""'),
    ),
    "list-for-text": (
        document(rule(), description=["a", "b"]),
        ("/description", "wrong-type", "expected a text, found a list of 2", "give it a text"),
    ),
    "text-for-number": (
        document(rule(probability="0.5")),
        (
            "/rules/0/probability",
            "wrong-type",
            'expected a number, found the text "0.5"',
            "give it a number, without quotes",
        ),
    ),
    "fraction-for-whole-number": (
        document(rule(priority=1.5)),
        (
            "/rules/0/priority",
            "wrong-type",
            "expected a whole number, found the number 1.5",
            "give it a whole number",
        ),
    ),
    "neither-of-two-types": (
        response(retryAfter=True),
        (
            "/rules/0/response/retryAfter",
            "wrong-type",
            "expected a whole number or a text, found true",
            "give it a whole number or a text",
        ),
    ),
    "yaml-1.1-truth": (
        effect({"commit": "no"}),
        (
            "/rules/0/items/0/effect/commit",
            "wrong-type",
            'expected true or false, found the text "no"',
            "give it true or false, without quotes",
        ),
    ),
    "version": (
        document(rule(), version=2),
        ("/version", "not-a-choice", "expected 1, found the number 2", "write 1"),
    ),
    "only-true": (
        effect({"omit": False}),
        ("/rules/0/items/0/effect/omit", "not-a-choice", "expected true, found false", "write true"),
    ),
    "choice-near": (
        document(rule(envelope={"order": "shuffled"})),
        (
            "/rules/0/envelope/order",
            "not-a-choice",
            'expected one of reverse, shuffle, rotate, found the text "shuffled"',
            "write shuffle",
        ),
    ),
    "choice-far": (
        document(rule(envelope={"order": 3})),
        (
            "/rules/0/envelope/order",
            "not-a-choice",
            "expected one of reverse, shuffle, rotate, found the number 3",
            "write one of them",
        ),
    ),
    "commit-near": (
        document(rule(commit="ful")),
        (
            "/rules/0/commit",
            "not-a-choice",
            'expected full, none or {partial: k}, found the text "ful"',
            "write full",
        ),
    ),
    "commit-far": (
        document(rule(commit={"partial": -1})),
        (
            "/rules/0/commit",
            "not-a-choice",
            "expected full, none or {partial: k}, found an object with 1 member",
            "write full, none or {partial: 1}",
        ),
    ),
    "name": (
        document(rule(), name="Flaky Third!"),
        (
            "/name",
            "bad-name",
            '"Flaky Third!" is not a name',
            "write flaky-third: lower-case letters, digits and hyphens, at most 64",
        ),
    ),
    "name-of-nothing": (
        document(rule(id="")),
        (
            "/rules/0/id",
            "bad-name",
            '"" is not a name',
            "use lower-case letters, digits and hyphens, at most 64",
        ),
    ),
    "too-small": (
        document(rule(times={"count": 0})),
        (
            "/rules/0/times/count",
            "out-of-range",
            "expected a number from 1 to 1,000,000,000, found 0",
            "write a number from 1 to 1,000,000,000",
        ),
    ),
    "too-large": (
        response(truncateBodyAtFraction=1.5),
        (
            "/rules/0/response/truncateBodyAtFraction",
            "out-of-range",
            "expected a number from 0 to 1, found 1.5",
            "write a number from 0 to 1",
        ),
    ),
    "delay-too-long": (
        response(delay={"type": "fixed", "value": 600_001}),
        (
            "/rules/0/response/delay/value",
            "out-of-range",
            "expected a number from 0 to 600,000, found 600001",
            "write a number from 0 to 600,000",
        ),
    ),
    "long-text": (
        document(rule(), description="x" * 2001),
        ("/description", "too-long", "expected at most 2,000 characters, found 2,001", "shorten it"),
    ),
    "long-pattern": (
        document(rule(match={"body": {"path": "$", "matches": "a" * 201}})),
        (
            "/rules/0/match/body/matches",
            "too-long",
            "expected at most 200 characters, found 201",
            "shorten it",
        ),
    ),
    "empty-text": (
        response(example=""),
        (
            "/rules/0/response/example",
            "empty",
            "expected a text, found an empty one",
            "write one, or take the key out",
        ),
    ),
    "no-rules": (
        document(),
        ("/rules", "empty", "expected one or more, found an empty list", "add one, or take the key out"),
    ),
    "too-many-rules": (
        document(*(rule(id=f"r{number}") for number in range(201))),
        (
            "/rules",
            "too-many",
            "expected at most 200, found 201",
            "take some out, or spread them over several scenarios",
        ),
    ),
    "nothing-selected": (
        document(rule(items=[{"select": {}, "effect": {"omit": True}}])),
        (
            "/rules/0/items/0/select",
            "empty",
            "expected exactly one of all, index, firstIndex, key, where, sample, found none",
            "add one, or take the key out",
        ),
    ),
    "two-selected": (
        document(rule(items=[{"select": {"index": 1, "key": "a"}, "effect": {"omit": True}}])),
        (
            "/rules/0/items/0/select",
            "too-many",
            "expected exactly one of all, index, firstIndex, key, where, sample, found index, key",
            "take some of them out",
        ),
    ),
    "two-tests": (
        document(rule(match={"item": {"path": "$.a", "equals": 1, "gt": 0}})),
        (
            "/rules/0/match/item",
            "too-many",
            "expected exactly one of equals, contains, matches, exists, gt, lt, in, found equals, gt",
            "take some of them out",
        ),
    ),
    "no-test": (
        document(rule(match={"item": {"path": "$.a"}})),
        (
            "/rules/0/match/item",
            "empty",
            "expected exactly one of equals, contains, matches, exists, gt, lt, in, found none",
            "add one, or take the key out",
        ),
    ),
    "test-without-path": (
        document(rule(match={"item": {"equals": 1}})),
        ("/rules/0/match/item", "missing-key", 'the key "path" is missing', 'add "path"'),
    ),
    "empty-effect": (
        effect({}),
        (
            "/rules/0/items/0/effect",
            "empty",
            f"expected at least one of {', '.join(OF_EFFECT)}, found none",
            "add one, or take the key out",
        ),
    ),
    "empty-headers": (
        response(headers={}),
        (
            "/rules/0/response/headers",
            "empty",
            "expected at least one, found 0",
            "add one, or take the key out",
        ),
    ),
    "many-states": (
        document(rule(transitionsState={f"s{number}": "A" for number in range(21)})),
        (
            "/rules/0/transitionsState",
            "too-many",
            "expected at most 20, found 21",
            "take some of them out",
        ),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_the_schema_refuses_is_said_in_one_sentence_with_a_cure(case: str) -> None:
    scenario, expected = WRONG[case]

    assert reported_problems(scenario) == [expected]


def test_every_keyword_of_the_schema_has_a_sentence() -> None:
    # Each of these is provoked above; one that joins the schema needs a sentence, and a case.
    told_of = {
        *("type", "required", "additionalProperties", "enum", "const", "pattern", "oneOf"),
        *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
        *("minProperties", "maxProperties"),
    }
    silent = {"$schema", "$defs", "$ref", "title", "description", "properties", "items"}

    assert {keyword for _path, node in schema_nodes(SCHEMA) for keyword in node} - silent == told_of


def test_several_missing_keys_are_told_once_each() -> None:
    assert [(pointer, detail) for pointer, _code, detail, _cure in reported_problems({})] == [
        ("", 'the key "version" is missing'),
        ("", 'the key "name" is missing'),
        ("", 'the key "rules" is missing'),
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("x", 'the text "x"'),
        (True, "true"),
        (None, "nothing"),
        ({}, "an empty object"),
        ({"a": 1, "b": 2, "c": 3}, "an object with 3 members"),
        ([], "an empty list"),
        ([1] * 1000, "a list of 1,000"),
        (10**100, f"the number 1{'0' * 78}…"),
    ],
)
def test_a_value_is_shown_in_a_few_words(value: Any, words: str) -> None:
    assert describe(value) == words


def test_a_long_value_is_cut_and_marked() -> None:
    assert shorten("x" * 80) == "x" * 80
    assert shorten("x" * 81) == "x" * 79 + "…"


@pytest.mark.parametrize(
    ("word", "found"),
    [("FAIL_TIMES", "failTimes"), ("retry-after", "retryAfter"), ("omti", "omit"), ("zebra", ""), ("", "")],
)
def test_the_nearest_word_is_told_only_when_it_is_near(word: str, found: str) -> None:
    assert closest_match(word, ("failTimes", "retryAfter", "omit")) == found


def test_a_member_named_like_a_number_is_told_by_its_name() -> None:
    ((pointer, code, *_),) = reported_problems(response(headers={"6": 5}))

    assert (pointer, code) == ("/rules/0/response/headers/6", "wrong-type")
