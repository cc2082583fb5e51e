"""Store and delete the scenarios of a sandbox, with their counters and states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mockserver.model import Document
from mockserver.sandbox.store import SandboxState

SCENARIOS = "scenarios"
"""`{name, armed, order, document}` by name; `order` grows with each that is stored."""

SCENARIO_COUNTERS = "scenario-counters"
"""Counters, by `scenario/rule` {calls, hits}, by `scenario/rule/what for/vendor/tenant/identity`
{attempts}, by `scenario/quota:name` {window, used}."""

SCENARIO_STATES = "scenario-states"
"""`scenario/name` → {value}."""


def scenario_record(document: Document, order: int, *, armed: bool = True) -> Document:
    return {"name": document["name"], "armed": armed, "order": order, "document": document}


def store_scenario(whole: SandboxState, document: Document, *, armed: bool) -> None:
    """Store a scenario as the newest. A scenario of its name is replaced, and loses its counts."""
    name = document["name"]
    _delete_counters(whole, name)
    whole.collection(SCENARIOS, "")[name] = scenario_record(document, whole.next(SCENARIOS), armed=armed)


def delete_scenario(whole: SandboxState, name: str) -> bool:
    """Delete a scenario; return False if there is none of that name."""
    kept = whole.collection(SCENARIOS, "")
    if name not in kept:
        return False
    _delete_counters(whole, name)
    del kept[name]
    return True


def delete_all_scenarios(whole: SandboxState) -> None:
    """Delete every scenario and every count, also the counts of scenarios that headers named."""
    for name in (SCENARIOS, SCENARIO_COUNTERS, SCENARIO_STATES):
        collection = whole.collection(name, "")
        for key in collection:
            del collection[key]


def changed_scenarios(before: Iterable[Document], after: Iterable[Document]) -> Mapping[str, Document | None]:
    """Changed scenarios by name: the new document, or None for a deleted one."""
    old, new = ({document["name"]: document for document in documents} for documents in (before, after))
    return {name: new.get(name) for name in {**old, **new} if old.get(name) != new.get(name)}


def replace_scenarios(whole: SandboxState, changes: Mapping[str, Document | None]) -> None:
    """Apply changed scenarios to a sandbox: known scenarios are replaced or deleted, new scenarios are armed.

    A replaced scenario keeps its place in the order, stays armed or disarmed, and loses its counts.
    """
    kept = whole.collection(SCENARIOS, "")
    for name, document in changes.items():
        held = kept.get(name)
        if document is None:
            delete_scenario(whole, name)
        elif held is None:
            store_scenario(whole, document, armed=True)
        else:
            _delete_counters(whole, name)
            kept[name] = {**held, "document": document}


def _delete_counters(whole: SandboxState, name: str) -> None:
    for collection in (whole.collection(SCENARIO_COUNTERS, ""), whole.collection(SCENARIO_STATES, "")):
        for key in collection:
            if key.startswith(f"{name}/"):
                del collection[key]
