from __future__ import annotations

import pytest
from msgspec.structs import replace

from mockserver.journal.entry import Entry
from mockserver.journal.view import applied_rules, applied_scenarios
from mockserver.model import Document
from tests.support.journal_entries import ENTRY

RULE = {"id": "slow", "response": {"delay": {"type": "fixed", "value": 500}}}
OTHER = {"id": "broken", "response": {"status": 500}}
IN_WORDS = {"when": "all calls", "then": ["answers after 0.5 s"]}


def record(name: str, *rules: Document) -> Document:
    return {"name": name, "armed": True, "order": 1, "document": {"name": name, "rules": list(rules)}}


def hit(*applied: str, scenarios: tuple[Document, ...] = ()) -> Entry:
    return replace(ENTRY, applied=applied, call=replace(ENTRY.call, scenarios=scenarios))


def test_a_rule_of_the_sandbox_is_said_in_words() -> None:
    entry = hit("nightly/slow", scenarios=(record("nightly", OTHER, RULE),))

    assert applied_rules(entry, dict) == [{"rule": "nightly/slow", **IN_WORDS}]


def test_a_rule_of_a_packaged_scenario_is_said_in_words() -> None:
    assert applied_rules(hit("late/slow"), lambda: {"late": {"rules": [RULE]}}) == [
        {"rule": "late/slow", **IN_WORDS}
    ]


def test_the_sandbox_comes_before_what_is_packaged() -> None:
    entry = hit("late/slow", scenarios=(record("late", RULE),))

    (words,) = applied_rules(entry, lambda: {"late": {"rules": [{**OTHER, "id": "slow"}]}})

    assert words["then"] == ["answers after 0.5 s"]


def test_a_magic_token_is_said_in_words() -> None:
    (words,) = applied_rules(hit("sbx/sbx.fail.locked"), dict)

    assert words["when"] == "an item with the magic token sbx.fail.locked"


def test_of_a_rule_that_is_not_known_only_the_name_is_said() -> None:
    assert applied_rules(hit("gone/slow"), dict) == [{"rule": "gone/slow", "when": None, "then": []}]


def test_scenarios_that_were_applied_have_the_applied_rules_alone() -> None:
    kept = applied_scenarios(hit("a/slow", scenarios=(record("a", OTHER, RULE), record("b", RULE))))

    assert kept == (record("a", RULE),)


def test_packaged_scenarios_are_not_read_for_a_rule_of_the_sandbox() -> None:
    entry = hit("nightly/slow", "sbx/sbx.omit", scenarios=(record("nightly", RULE),))

    assert applied_rules(entry, lambda: pytest.fail("they were read"))
