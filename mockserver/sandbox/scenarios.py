"""Store and delete the scenarios of a sandbox, with their counters and states."""

from __future__ import annotations

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
    """Return what a sandbox keeps of a scenario."""
    return {"name": document["name"], "armed": armed, "order": order, "document": document}


def store_scenario(whole: SandboxState, document: Document, *, armed: bool) -> None:
    """Store a scenario, the newest now; one of its name goes, and what that counted."""
    name = document["name"]
    _delete_counters(whole, name)
    whole.collection(SCENARIOS, "")[name] = scenario_record(document, whole.next(SCENARIOS), armed=armed)


def delete_scenario(whole: SandboxState, name: str) -> bool:
    """Take a scenario away; False when it is not there."""
    kept = whole.collection(SCENARIOS, "")
    if name not in kept:
        return False
    _delete_counters(whole, name)
    del kept[name]
    return True


def delete_all_scenarios(whole: SandboxState) -> None:
    """Take every scenario away, and whatever was ever counted, by those that headers named too."""
    for name in (SCENARIOS, SCENARIO_COUNTERS, SCENARIO_STATES):
        collection = whole.collection(name, "")
        for key in collection:
            del collection[key]


def _delete_counters(whole: SandboxState, name: str) -> None:
    for collection in (whole.collection(SCENARIO_COUNTERS, ""), whole.collection(SCENARIO_STATES, "")):
        for key in collection:
            if key.startswith(f"{name}/"):
                del collection[key]
