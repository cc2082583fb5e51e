"""Keys and good items of a written batch; what is left out is made of the schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.inference import infer_item
from mockserver.contract.profile import Assumption, Corruption, DrawnValues, Json
from mockserver.contract.samples import SampleItem
from mockserver.contract.written_profile.changes import read_change
from mockserver.contract.written_profile.entries import BadEntry, BatchEntry, KeyEntry
from mockserver.contract.written_profile.placeholders import Template
from mockserver.contract.written_profile.places import WrittenPlace
from mockserver.contract.written_profile.scope import PlaceholderScope
from mockserver.spec.openapi import Operation, Spec

_DRAWN = tuple(DrawnValues(number, Decimal(100 + number)) for number in range(12))
"""Draws on which every way to spoil an item is tried."""


@dataclass(frozen=True, slots=True)
class WrittenItems:
    """Keys, good items and ways to spoil them."""

    key: Callable[[int], str]
    item: Callable[[str, DrawnValues], Json]
    corruptions: tuple[Corruption, ...]
    oddities: tuple[Corruption, ...] = ()

    @property
    def drawn(self) -> DrawnValues:
        """What is drawn for the example."""
        return _DRAWN[0]

    @property
    def example(self) -> Json:
        """One of the good items."""
        return self.item(self.key(0), self.drawn)


def read_items(
    spec: Spec, operation: Operation, entry: BatchEntry, place: WrittenPlace, scope: PlaceholderScope
) -> WrittenItems:
    """Return the items of a batch.

    Raises:
        SpecError: something is missing, or a way to spoil an item changes nothing.
    """
    sample = infer_item(spec, operation)
    key = _key(entry, place, scope, sample)
    item = _item(entry, place, scope, sample)
    items = [item(key(one.number), one) for one in _DRAWN]
    oddities = _read_corruptions(entry.oddities, place.at("oddities"), scope, items)
    if entry.bad is None:
        made = sample.corruptions if sample else ()
        return WrittenItems(key, item, tuple(one for one in made if not _why_not(one, items)), oddities)
    return WrittenItems(key, item, _read_corruptions(entry.bad, place.at("bad"), scope, items), oddities)


def _read_corruptions(
    entries: list[BadEntry], place: WrittenPlace, scope: PlaceholderScope, items: list[Json]
) -> tuple[Corruption, ...]:
    return tuple(_read_corruption(one, place.at(number), scope, items) for number, one in enumerate(entries))


def _read_corruption(
    entry: BadEntry, place: WrittenPlace, scope: PlaceholderScope, items: list[Json]
) -> Corruption:
    change = read_change(entry, place, scope.facts)
    assumed = entry.assumed
    assumption = Assumption(assumed.case, tuple(assumed.may_be)) if assumed else None
    corruption = Corruption(
        entry.because, lambda item: change(item, scope.facts), entry.refuses_call, assumption
    )
    if why := _why_not(corruption, items):
        place.fail(why)
    return corruption


def _key(
    entry: BatchEntry, place: WrittenPlace, scope: PlaceholderScope, sample: SampleItem | None
) -> Callable[[int], str]:
    if entry.key is None:
        if sample is None:
            place.fail('key is missing, and none can be made of the schema; such as key: "MS-{number}"')
        return sample.key
    given = entry.key if isinstance(entry.key, KeyEntry) else KeyEntry(entry.key)
    place = place.at("key")
    text = Template(given.text, place).checked(["number", *scope.facts])
    if "number" not in text.names():
        place.fail("expected {number} in it, as every key must be another")
    first = Template(given.first, place.at("from")).checked(scope.facts).text(scope.facts)
    if not first.isdecimal():
        place.at("from").fail(f"expected a whole number, found {first}")
    return lambda number: text.text({**scope.facts, "number": int(first) + number})


def _item(
    entry: BatchEntry, place: WrittenPlace, scope: PlaceholderScope, sample: SampleItem | None
) -> Callable[[str, DrawnValues], Json]:
    if not entry.item:
        if sample is None:
            place.fail("item is missing, and none can be made of the schema")
        return sample.item
    place = place.at("item")
    if isinstance(entry.item, list):
        listed = [(one, place.at(number)) for number, one in enumerate(entry.item)]
    else:
        listed = [(entry.item, place)]
    templates = [Template(one, where).checked(scope.in_items) for one, where in listed]
    return lambda key, drawn: templates[drawn.number % len(templates)].fill(scope.of_item(key, drawn))


def _why_not(corruption: Corruption, items: list[Json]) -> str:
    """Return why some of the items cannot be spoiled in that way, "" if all can."""
    for item in items:
        try:
            spoiled = corruption.change(item)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return "a pointer leads to nothing in a good item"
        if spoiled == item:
            return "it changes nothing in a good item"
    return ""
