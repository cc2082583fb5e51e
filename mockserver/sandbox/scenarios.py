"""Store and delete the scenarios of a sandbox, with their counters and states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mockserver.model import Document
from mockserver.sandbox.store import SandboxState

SCENARIOS = "scenarios"
"""Collection of `{name, armed, order, document}` by name; a scenario stored later has a higher `order`."""

SCENARIO_COUNTERS = "scenario-counters"
"""Collection of counters, with keys of four kinds:

`scenario/rule`: {calls, taken, hits}: calls that match, of these those that the rule takes, and changes;
`scenario/rule/purpose/vendor/tenant/identity`: {attempts}, where purpose is call, delay, sample or fail;
`scenario/rule/first/vendor/tenant/index`: {item}, the identity of the item that was first at this index;
`scenario/quota:name`: {window, used}.
"""

SCENARIO_STATES = "scenario-states"
"""Collection of `{value}` by `scenario/state`: the names of a scenario and of a state."""


def scenario_record(document: Document, order: int, *, armed: bool = True) -> Document:
    return {"name": document["name"], "armed": armed, "order": order, "document": document}


def store_scenario(whole: SandboxState, document: Document, *, armed: bool) -> None:
    """Store a scenario as the newest. Delete an older scenario of this name, with its counters and states."""
    name = document["name"]
    _delete_counters(whole, name)
    whole.collection(SCENARIOS, "")[name] = scenario_record(document, whole.next(SCENARIOS), armed=armed)


def delete_scenario(whole: SandboxState, name: str) -> bool:
    """Delete a scenario, its counters and its states; return False if no scenario has this name."""
    kept = whole.collection(SCENARIOS, "")
    if name not in kept:
        return False
    _delete_counters(whole, name)
    del kept[name]
    return True


def delete_all_scenarios(whole: SandboxState) -> None:
    """Delete all scenarios, and all counters and states, also those of scenarios that only headers name."""
    for name in (SCENARIOS, SCENARIO_COUNTERS, SCENARIO_STATES):
        collection = whole.collection(name, "")
        for key in collection:
            del collection[key]


def changed_scenarios(before: Iterable[Document], after: Iterable[Document]) -> Mapping[str, Document | None]:
    """Return the changed scenarios by name: the new document, or None if the scenario was deleted."""
    old, new = ({document["name"]: document for document in documents} for documents in (before, after))
    return {name: new.get(name) for name in {**old, **new} if old.get(name) != new.get(name)}


def replace_scenarios(whole: SandboxState, changes: Mapping[str, Document | None]) -> None:
    """Apply changed scenarios to a sandbox: replace or delete known scenarios, add and arm new ones.

    A replaced scenario has the same `order` and `armed` as before. Its counters and states are deleted.
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
