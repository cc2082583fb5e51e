"""The API under test: its spec, its profile, and the facts that a user names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from msgspec import field

from mockserver.codec.urls import decoded_path
from mockserver.contract.exchange import Request
from mockserver.contract.profile import Facts, FixturePins, Profile
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import Value, values_in
from mockserver.spec.openapi import Spec


class ApiUnderTest(Value, frozen=True, dict=True):
    """The API of a vendor or of any spec."""

    name: str
    spec: Spec
    profile: Profile
    facts: Facts = field(default_factory=dict)
    """The profile's facts by name. A text that the user gave for a fact replaces the profile's text."""

    @property
    def pins(self) -> FixturePins:
        known = self.profile.facts
        return self.profile.pins.with_texts(
            {known[name]: self.facts.get(name, known[name]) for name in known}
        )

    @property
    def tenants(self) -> int:
        return max((batch.tenants for batch in self.profile.batches(self.facts)), default=1)

    @cached_property
    def member_names(self) -> frozenset[str]:
        """The names of all members in the schemas of the spec."""
        objects = (one for _, one in values_in(self.spec.document) if isinstance(one, Mapping))
        maps = (properties for one in objects if isinstance(properties := one.get("properties"), Mapping))
        return frozenset(str(name) for properties in maps for name in properties)

    def operation_of(self, request: Request) -> str:
        """Return the id of the operation that answers a request, or "" if no operation does."""
        path = self.spec.canonical_path(decoded_path(request.plain_path))
        try:
            return self.spec.match(request.method, path).operation.id
        except (NotFound, MethodNotAllowed):
            return ""
