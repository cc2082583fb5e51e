from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.scenario.model import Scenario
from mockserver.scenario.parser import InvalidScenarioError, parse_document, parse_text
from mockserver.scenario.yaml_positions import MAX_CHARACTERS
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
        "keys allowed here: commit, duplicate, fail, failTimes, hang, omit, warn"
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
