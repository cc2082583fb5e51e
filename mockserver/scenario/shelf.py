"""The shelf: the scenarios that a sandbox has, put there and taken away with all that they counted."""

from __future__ import annotations

from mockserver.model import Document
from mockserver.scenario.records import COUNTERS, SCENARIOS, STATES
from mockserver.store import Whole


def record(document: Document, order: int, *, armed: bool = True) -> Document:
    """What a sandbox keeps of a scenario."""
    return {"name": document["name"], "armed": armed, "order": order, "document": document}


def put(whole: Whole, document: Document, *, armed: bool) -> None:
    """Store a scenario, the newest now; one of its name goes, and what that counted."""
    name = document["name"]
    _forget(whole, name)
    whole.collection(SCENARIOS, "")[name] = record(document, whole.next(SCENARIOS), armed=armed)


def take(whole: Whole, name: str) -> bool:
    """Take a scenario away; False when it is not there."""
    kept = whole.collection(SCENARIOS, "")
    if name not in kept:
        return False
    _forget(whole, name)
    del kept[name]
    return True


def take_all(whole: Whole) -> None:
    """Take every scenario away, and whatever was ever counted, by those that headers named too."""
    for name in (SCENARIOS, COUNTERS, STATES):
        collection = whole.collection(name, "")
        for key in collection:
            del collection[key]


def _forget(whole: Whole, name: str) -> None:
    for collection in (whole.collection(COUNTERS, ""), whole.collection(STATES, "")):
        for key in collection:
            if key.startswith(f"{name}/"):
                del collection[key]
