"""Values of placeholders: facts, tenants, and what is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.contract.profile import DrawnValues, Facts
from mockserver.contract.written_profile.entries import ProfileEntry
from mockserver.contract.written_profile.placeholders import OF_ITEM, Template
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.model import Json

_SHORT = 1_000_000
ITEM, ITEMS = "item", "items"
"""Placeholders of bodies: the item of a step, the items of a batch."""

RESERVED = (*OF_ITEM, ITEM, ITEMS)


@dataclass(frozen=True, slots=True)
class PlaceholderScope:
    """Facts, and the values that differ from tenant to tenant."""

    facts: Facts
    tenants: tuple[Mapping[str, str], ...] = ()

    @property
    def in_items(self) -> tuple[str, ...]:
        """Names that an item may use."""
        return (*OF_ITEM, *self.facts)

    @property
    def in_calls(self) -> tuple[str, ...]:
        """Names that every call may use."""
        return tuple(dict.fromkeys([*self.facts, *(name for one in self.tenants for name in one)]))

    def of_tenant(self, tenant: int) -> dict[str, Json]:
        """Return the values of every call in a tenant."""
        return {**self.facts, **(self.tenants[tenant] if tenant < len(self.tenants) else {})}

    def of_item(self, key: str, drawn: DrawnValues) -> dict[str, Json]:
        """Return the values of an item."""
        short = drawn.number % _SHORT
        return {**self.facts, "key": key, "number": drawn.number, "short": short, "amount": drawn.amount}


def read_scope(entry: ProfileEntry, place: WrittenPlace, facts: Facts) -> PlaceholderScope:
    """Return the values by the facts of a run; a tenant that has an empty value, and all after it, are none.

    Raises:
        SpecError: a fact has the name of another placeholder, or a tenant uses what is no fact.
    """
    for name in entry.facts:
        if name in RESERVED:
            place.at("facts", name).fail(f"a fact has another name than {', '.join(RESERVED)}")
    tenants: list[Mapping[str, str]] = []
    for number, one in enumerate(entry.tenants):
        where = place.at("tenants", number)
        texts = {
            name: Template(text, where.at(name)).checked(facts).text(facts) for name, text in one.items()
        }
        if "" in texts.values():
            break
        tenants.append(texts)
    return PlaceholderScope(facts, tuple(tenants))
