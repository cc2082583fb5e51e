"""The rules that changed a recorded call, as they were when it came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mockserver.journal.entry import Entry
from mockserver.model import EMPTY, Document, Json
from mockserver.scenario.rule_words import describe_rule
from mockserver.scenario.selection import MAGIC_SCENARIO


def applied_scenarios(entry: Entry) -> tuple[Document, ...]:
    """Return the scenarios of the call's sandbox that were applied, with the applied rules alone."""
    applied = frozenset(entry.applied)
    names = {rule.partition("/")[0] for rule in applied}
    return tuple(_with_rules(one, applied) for one in entry.call.scenarios if one["name"] in names)


def applied_rules(entry: Entry, packaged: Mapping[str, Document]) -> list[Document]:
    """Return each applied rule in words: the calls it is for, and what then happens.

    Of a rule that is not known `when` is None. `packaged` are scenarios by name that a header may name.
    """
    own = {one["name"]: one["document"] for one in entry.call.scenarios}
    return [_in_words(rule, own, packaged) for rule in entry.applied]


def _in_words(applied: str, own: Mapping[str, Document], packaged: Mapping[str, Document]) -> Document:
    scenario, _, rule = applied.partition("/")
    when: Json = None
    then: tuple[str, ...] = ()
    if scenario == MAGIC_SCENARIO:
        when = f"an item with the magic token {rule}"
    elif found := _find(own.get(scenario, packaged.get(scenario, EMPTY)).get("rules", ()), rule):
        words = describe_rule(found)
        when, then = words.when, words.then
    return {"rule": applied, "when": when, "then": list(then)}


def _find(rules: Iterable[Document], rule: str) -> Document | None:
    return next((one for one in rules if one["id"] == rule), None)


def _with_rules(record: Document, applied: frozenset[str]) -> Document:
    document = record["document"]
    rules = [one for one in document["rules"] if f"{record['name']}/{one['id']}" in applied]
    return {**record, "document": {**document, "rules": rules}}
