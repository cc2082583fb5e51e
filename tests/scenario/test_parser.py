from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import asdict, fields

import mockserver
from mockserver.engine.registry import vendor_packages
from mockserver.model import Fault
from mockserver.scenario.language import SCHEMA
from mockserver.scenario.model import (
    CallbackEffect,
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
from mockserver.scenario.parser import InvalidScenarioError, load_packaged, parse_document, parse_text
from mockserver.scenario.predicates import parse_predicate
from mockserver.scenario.yaml_positions import MAX_CHARACTERS
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from tests.scenario.documents import (
    EVERYTHING,
    OPERATIONS,
    document,
    problems_of,
    replaced_at,
    rule,
    walk_values,
)

BAD = """\
version: 1
name: flaky
rules:
  - id: r1
    items:
      - {select: {key: 3}, effect: {fails: {code: internal}}}
    match: {vendor: acmee}
    response: {delay: {type: uniform, lower: 9, upper: 5}}
"""


def refused(text: str) -> InvalidScenarioError:
    with pytest.raises(InvalidScenarioError) as caught:
        parse_text(text, OPERATIONS, source="flaky.yaml")
    return caught.value


def test_every_fault_comes_with_its_place_in_the_order_of_the_text() -> None:
    assert [(one.line, one.column, one.pointer, one.code) for one in refused(BAD).problems] == [
        (6, 24, "/rules/0/items/0/select/key", "wrong-type"),
        (6, 37, "/rules/0/items/0/effect/fails", "unknown-key"),
        (7, 21, "/rules/0/match/vendor", "unknown-vendor"),
        (8, 46, "/rules/0/response/delay/lower", "contradiction"),
    ]


def test_an_error_says_what_where_and_what_to_do() -> None:
    assert str(refused(BAD)).splitlines()[1] == (
        'flaky.yaml:6:37: /rules/0/items/0/effect/fails: unknown key "fails"; rename it to "fail"; '
        "keys allowed here: callback, commit, duplicate, fail, failTimes, hang, omit, warn"
    )


def test_faults_of_a_decoded_document_come_in_its_order_and_without_a_place() -> None:
    faults = problems_of(document(rule(id="A", commit="x"), rule(match={"vendor": "zebra"}), version=2))

    assert [(one.pointer, one.line, one.column) for one in faults] == [
        ("/version", None, None),
        ("/rules/0/id", None, None),
        ("/rules/0/commit", None, None),
        ("/rules/1/match/vendor", None, None),
    ]


def test_twenty_faults_are_told_and_the_rest_counted() -> None:
    bad = document(*({"id": f"r{number}"} for number in range(23)))

    with pytest.raises(InvalidScenarioError) as caught:
        parse_document(bad, OPERATIONS)

    assert (len(caught.value.problems), caught.value.more) == (20, 3)
    assert caught.value.problems[-1].pointer == "/rules/19"
    assert str(caught.value).splitlines()[-1] == "and 3 more"


def test_an_error_without_a_source_begins_with_the_pointer() -> None:
    with pytest.raises(InvalidScenarioError) as caught:
        parse_document({"version": 1, "name": "a", "rules": 3}, OPERATIONS)

    assert str(caught.value).startswith("/rules: expected a list")


def test_slips_of_yaml_and_faults_of_the_language_are_told_together() -> None:
    text = "version: 1\nname: &n A\nrules: [{id: r1, commit: none, commit: full, times: *n}]\n"

    assert [(one.line, one.code) for one in refused(text).problems] == [
        (2, "anchor"),
        (3, "duplicate-key"),
        (3, "alias"),
    ]


def test_a_pointer_escapes_what_stands_in_a_name() -> None:
    bad = document(rule(**{"a/b~c": 1}))

    assert problems_of(bad)[0].pointer == "/rules/0/a~1b~0c"


def test_yaml_and_json_read_as_the_same_scenario() -> None:
    scenario = document(rule(probability=0.1, items=[{"select": {"key": "3"}, "effect": {"omit": True}}]))
    text = json.dumps(scenario)

    from_json = parse_text(text, OPERATIONS)
    from_yaml = parse_text(text.replace('"', "").replace("key: 3", "key: '3'"), OPERATIONS)

    assert from_json == from_yaml
    assert parse_document(from_json.document, OPERATIONS) == from_json


@pytest.mark.parametrize("escaped", ['"\\ud83d\\ude00"', '"\\u0000"'])
def test_json_that_no_yaml_reader_takes_is_read_as_json(escaped: str) -> None:
    text = (
        f'{{"version": 1, "name": "a", "description": {escaped}, "rules": [{{"id": "r", "commit": "none"}}]}}'
    )

    assert parse_text(text, OPERATIONS).description == json.loads(escaped)


def test_json_of_long_keys_is_refused_for_its_keys() -> None:
    key = "k" * 2000

    [fault, *_] = refused(f'{{"version": 1, "name": "a", "{key}": 1, "rules": []}}').problems

    assert fault.code == "unknown-key"
    assert fault.detail == f'unknown key "{"k" * 79}…"'


@pytest.mark.parametrize("text", ["null", "---", "[]", "3", "a"])
def test_a_document_that_is_no_object_is_refused(text: str) -> None:
    assert [one.code for one in refused(text).problems] == ["wrong-type"]


def test_numbers_are_exact() -> None:
    scenario = parse_text(
        "{version: 1, name: a, rules: [{id: r, commit: none, match: {item: {path: $.a, equals: 0.10}}}]}",
        OPERATIONS,
    )
    predicate = scenario.rules[0].match.item

    assert predicate is not None
    assert str(predicate.value) == "0.10"
    assert predicate.value == Decimal("0.1")


def test_a_document_that_is_nested_too_deep_is_refused() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]

    assert [one.code for one in problems_of(document(rule(), description=deep))] == ["too-deep"]


def test_a_decoded_document_that_is_too_large_is_refused() -> None:
    large = document(rule(match={"item": {"path": "$", "equals": "x" * MAX_CHARACTERS}}))

    assert [one.code for one in problems_of(large)] == ["too-large"]


@pytest.mark.parametrize(
    "hostile",
    [
        "{{",
        "[" * 10_000,
        "a: &a [*a]",
        "!!python/object/apply:os.system [true]",
        "version: 1\nname: a\nrules: !!python/object/apply:os.system [x]",
        "version: 1\nname: a\nrules: [{id: r, items: !!set [x], match: !!map 1}]",
        "%TAG ! tag:x,2000:\n--- !x 1",
        "\ufeffversion: 2",
        "version: 1\n\tname: a",
        "? ? ? a",
        "\x00",
        "\ud800",
        "version: 1e99999",
        "<<: {version: 1}",
        '{"version": 1, "name": "../../etc/passwd", "rules": [{"id": "%2e%2e", "commit": "none"}]}',
    ],
)
def test_no_text_is_anything_but_a_scenario_or_refused(hostile: str) -> None:
    assert refused(hostile).problems


def test_rules_by_the_thousand_are_refused_without_being_told_one_by_one() -> None:
    error = refused("version: 1\nname: a\nrules:\n" + "  - {zz: 1}\n" * 3000)

    assert len(error.problems) == 20
    assert error.more > 2900
    assert error.problems[0].code == "too-many"


def test_a_good_document_is_a_scenario() -> None:
    assert isinstance(parse_document(document(rule()), OPERATIONS), Scenario)


NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLACES = [path for path, _node in walk_values(EVERYTHING)]


def read_or_refused(scenario: Any) -> Scenario | InvalidScenarioError:
    try:
        return parse_document(scenario, OPERATIONS)
    except InvalidScenarioError as bad:
        return bad


@given(st.sampled_from(PLACES), ANYTHING)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_anything_in_any_place_is_read_or_refused(path: tuple[str | int, ...], value: Any) -> None:
    bent = replaced_at(EVERYTHING, path, value)

    found = read_or_refused(bent)

    if isinstance(found, InvalidScenarioError):
        assert all(one.detail and one.hint for one in found.problems)
    else:
        assert found.document == bent


@given(st.text() | st.text(alphabet="{}[]:,-&*!|>'\"#%@ \n\t\ra01.e"))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_text_is_read_or_refused(text: str) -> None:
    assert refused(text).problems


TYPES: dict[str, type[Struct]] = {
    "rule": Rule,
    "match": RuleMatch,
    "times": RuleTimes,
    "select": ItemSelector,
    "itemEffect": ItemEffect,
    "effect": Effect,
    "callback": CallbackEffect,
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


VENDORS = Path(mockserver.__file__).parent / "vendors"
ALL = load_packaged()
CORE = load_packaged(())


@pytest.fixture(scope="module")
def served() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(loading.load_spec(specs_folder() / f"{name}.yaml").operations)
        for name in vendor_packages()
    }


@pytest.mark.parametrize("name", ALL)
def test_a_scenario_that_ships_is_read_and_named_like_its_file(
    name: str, served: dict[str, frozenset[str]]
) -> None:
    scenario = parse_text(ALL[name], served, source=f"{name}.yaml")

    assert scenario.name == name
    assert scenario.description.endswith(".")
    assert not re.search("row [0-9]|rows [0-9]", scenario.description, re.IGNORECASE)


@pytest.mark.parametrize("name", CORE)
def test_a_scenario_of_the_core_is_for_any_vendor(name: str) -> None:
    assert all(
        not rule.match.vendor and not rule.match.operation for rule in parse_text(CORE[name], {}).rules
    )


@pytest.mark.parametrize("name", CORE)
def test_a_packaged_scenario_that_tells_of_a_write_waits_for_a_call_that_writes(name: str) -> None:
    scenario = parse_text(CORE[name], {})
    tells = " write" in scenario.description
    used_up = [rule for rule in scenario.rules if (rule.times.count and not rule.items) or rule.match.nth]

    assert [rule.match.writes for rule in used_up] == [True if tells else None] * len(used_up)


def test_no_two_files_have_one_name() -> None:
    ours = [file.stem for file in (VENDORS.parent / "scenario" / "packaged_scenarios").glob("*.yaml")]
    theirs = [file.stem for file in VENDORS.glob("*/scenarios/*.yaml")]

    assert sorted([*ours, *theirs]) == sorted(ALL)


def test_a_vendor_brings_its_own_scenarios_named_after_it(served: dict[str, frozenset[str]]) -> None:
    for vendor in vendor_packages():
        own = [name for name in load_packaged((vendor,)) if name not in CORE]
        matched = {rule.match.vendor for name in own for rule in parse_text(ALL[name], served).rules}

        assert bool(own) == (VENDORS / vendor / "scenarios").is_dir()
        assert all(name.startswith(f"{vendor}-") for name in own)
        assert matched <= {vendor}


def test_scenarios_come_in_the_order_of_their_names() -> None:
    assert list(ALL) == sorted(ALL)


def test_of_vendors_that_are_not_served_no_scenario_is_given() -> None:
    assert set(load_packaged(())) < set(load_packaged(vendor_packages())) == set(ALL)
