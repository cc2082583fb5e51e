"""The rules that changed a recorded call, as they were when it came."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.journal.entry import Entry
from mockserver.model import EMPTY, Document, Json
from mockserver.scenario.rule_words import describe_rule
from mockserver.scenario.selection import MAGIC_SCENARIO


def applied_scenarios(entry: Entry) -> tuple[Document, ...]:
    """Return the scenarios of the call's sandbox that were applied, with the applied rules alone."""
    applied, names = frozenset(entry.applied), entry.applied_scenarios
    return tuple(_with_rules(one, applied) for one in entry.call.scenarios if one["name"] in names)


def applied_rules(entry: Entry, packaged: Callable[[], Mapping[str, Document]]) -> list[Document]:
    """Return each applied rule in words: the calls it is for, and what then happens.

    Of a rule that is not known `when` is None. `packaged` returns the scenarios by name that a header may
    name; it is asked only for what the sandbox did not have.
    """
    own = {one["name"]: one["document"] for one in entry.call.scenarios}
    return [_in_words(rule, own, packaged) for rule in entry.applied]


def _in_words(
    applied: str, own: Mapping[str, Document], packaged: Callable[[], Mapping[str, Document]]
) -> Document:
    scenario, _, rule = applied.partition("/")
    when: Json = None
    then: tuple[str, ...] = ()
    if scenario == MAGIC_SCENARIO:
        when = f"an item with the magic token {rule}"
    elif found := _find(own.get(scenario) or packaged().get(scenario, EMPTY), rule):
        words = describe_rule(found)
        when, then = words.when, words.then
    return {"rule": applied, "when": when, "then": list(then)}


def _find(scenario: Document, rule: str) -> Document | None:
    return next((one for one in scenario.get("rules", ()) if one["id"] == rule), None)


def _with_rules(record: Document, applied: frozenset[str]) -> Document:
    document = record["document"]
    rules = [one for one in document["rules"] if f"{record['name']}/{one['id']}" in applied]
    return {**record, "document": {**document, "rules": rules}}
