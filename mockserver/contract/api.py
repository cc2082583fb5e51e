"""The API under test: its spec, its profile, and the facts that a user names."""

from __future__ import annotations

from msgspec import field

from mockserver.codec.urls import decoded_path
from mockserver.contract.exchange import Request
from mockserver.contract.profile import Facts, FixturePins, Profile
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import Value
from mockserver.spec.openapi import Spec


class ApiUnderTest(Value, frozen=True):
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

    def operation_of(self, request: Request) -> str:
        """Return the id of the operation that answers a request, or "" if no operation does."""
        path = self.spec.canonical_path(decoded_path(request.plain_path))
        try:
            return self.spec.match(request.method, path).operation.id
        except (NotFound, MethodNotAllowed):
            return ""
