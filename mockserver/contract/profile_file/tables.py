"""Documents, bad items and value rules in YAML, for profiles that are partly written in Python."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from mockserver.codec import yaml
from mockserver.contract.profile import Corruption, Facts, ValueRules
from mockserver.contract.profile_file.entries import BadEntry, Template, WrittenPlace, plain, typed
from mockserver.contract.profile_file.items import read_corruption
from mockserver.model import Json, Value


class ProfileTables(Value, frozen=True, dict=True, weakref=True):
    """A YAML file with documents, lists of bad items, and value rules, each under a name."""

    file: Path

    @cached_property
    def _text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @cached_property
    def _document(self) -> Any:
        return yaml.load(self._text)

    def corruptions(self, name: str, facts: Facts) -> tuple[Corruption, ...]:
        """Return the corruptions in the list `name`. Raises SpecError: an entry cannot be read."""
        place = self._place(name)
        entries = typed(list[BadEntry], self._document[name], place)
        return tuple(read_corruption(entry, place.at(number), facts) for number, entry in enumerate(entries))

    def values(self, name: str) -> ValueRules:
        return plain(ValueRules, self._document[name], self._place(name))

    def document(self, name: str, values: Mapping[str, Json]) -> Json:
        """Return the document `name` with each placeholder replaced by its value."""
        return Template(self._document[name], self._place(name)).fill(values)

    def _place(self, name: str) -> WrittenPlace:
        return WrittenPlace(self.file.name, self._text).at(name)
