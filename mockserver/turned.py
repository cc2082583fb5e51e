"""Switches as a sandbox keeps them: those that it has turned, in each vendor's own collection."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.assumption import ASSUMPTIONS
from mockserver.model import Document
from mockserver.store import State, Tables


def positions(tables: Tables) -> Mapping[str, str]:
    """The switches that are turned, by `vendor.name`."""
    return {
        f"{scope.removesuffix('/')}.{switch}": document["position"]
        for scope, collections in tables.items()
        for switch, document in collections.get(ASSUMPTIONS, {}).items()
    }


def by_vendor(positions: Mapping[str, str | None]) -> Mapping[str, Mapping[str, str | None]]:
    """Positions by `vendor.name` as positions by name, a vendor each."""
    found: dict[str, dict[str, str | None]] = {}
    for full_name, position in positions.items():
        vendor, _, switch = full_name.partition(".")
        found.setdefault(vendor, {})[switch] = position
    return found


def documents(positions: Mapping[str, str | None]) -> Mapping[str, Document]:
    """What a vendor's collection of turned switches begins with."""
    return {switch: _document(switch, position) for switch, position in positions.items() if position}


def turn(positions: Mapping[str, str | None], state: State) -> None:
    """Turn switches of the state's vendor, by name; None turns one back to its default."""
    turned = state.collection(ASSUMPTIONS, "")
    for switch, position in positions.items():
        if position is not None:
            turned[switch] = _document(switch, position)
        elif switch in turned:
            del turned[switch]


def _document(switch: str, position: str) -> Document:
    return {"name": switch, "position": position}
