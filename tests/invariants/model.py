"""What the state machine takes to be there: plain values, and what a batch makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tests.invariants.world import Dialect, Thing


@dataclass(frozen=True, slots=True)
class Tenant:
    """What is there of one tenant: records by key, and the keys of those that are there and not shown."""

    shown: Mapping[str, str]
    hidden: frozenset[str] = frozenset()

    def knows(self, key: str) -> bool:
        """Whether there is a record of that key."""
        return key in self.shown or key in self.hidden

    def having(self, key: str, value: str) -> Tenant:
        """The same with that record."""
        return Tenant({**self.shown, key: value}, self.hidden - {key})

    def lacking(self, key: str, *, hides: bool) -> Tenant:
        """The same without it; a vendor that `hides` keeps it, or makes it, out of sight."""
        rest = {name: value for name, value in self.shown.items() if name != key}
        return Tenant(rest, self.hidden | {key} if hides else self.hidden)

    def taking(self, items: Sequence[Thing], dialect: Dialect, *, armed: bool) -> tuple[list[bool], Tenant]:
        """Which items of a batch are accepted, and what is there then; `armed` spoils the first."""
        accepted = [self._accepts(one, dialect) and not (armed and at == 0) for at, one in enumerate(items)]
        if dialect.whole and not all(accepted):
            accepted = [False] * len(items)
        after = self
        for one, good in zip(items, accepted, strict=True):
            after = after.having(one.key, one.value) if good else after
        return accepted, after

    def _accepts(self, one: Thing, dialect: Dialect) -> bool:
        if not one.good or one.key in self.shown:
            return one.good
        return dialect.revives if one.key in self.hidden else dialect.creates


@dataclass(frozen=True, slots=True)
class Model:
    """What is there in all: tenants, what is still due on the invoice that is paid, the time, a scenario."""

    tenants: tuple[Tenant, ...]
    due: Decimal | None
    now: datetime
    armed: bool = False

    def after(self, number: int, tenant: Tenant) -> Model:
        """The same with one tenant changed."""
        return replace(self, tenants=(*self.tenants[:number], tenant, *self.tenants[number + 1 :]))
