"""What the state machine takes to be there: plain values, and what a batch makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from tests.invariants.sandboxes import ItemSpec, VendorAdapter


@dataclass(frozen=True, slots=True)
class ExpectedTenant:
    """What is there of one tenant: records by key, and the keys of those that are there and not shown."""

    shown: Mapping[str, str]
    hidden: frozenset[str] = frozenset()

    def knows(self, key: str) -> bool:
        """Whether there is a record of that key."""
        return key in self.shown or key in self.hidden

    def with_record(self, key: str, value: str) -> ExpectedTenant:
        """The same with that record."""
        return ExpectedTenant({**self.shown, key: value}, self.hidden - {key})

    def without_record(self, key: str, *, hides: bool) -> ExpectedTenant:
        """The same without it; a vendor that `hides` keeps it, or makes it, out of sight."""
        rest = {name: value for name, value in self.shown.items() if name != key}
        return ExpectedTenant(rest, self.hidden | {key} if hides else self.hidden)

    def after_batch(
        self, items: Sequence[ItemSpec], adapter: VendorAdapter, *, armed: bool
    ) -> tuple[list[bool], ExpectedTenant]:
        """Which items of a batch are accepted, and what is there then; `armed` rejects the first."""
        accepted = [self._accepts(one, adapter) and not (armed and at == 0) for at, one in enumerate(items)]
        if adapter.all_or_nothing and not all(accepted):
            accepted = [False] * len(items)
        after = self
        for one, good in zip(items, accepted, strict=True):
            after = after.with_record(one.key, one.value) if good else after
        return accepted, after

    def _accepts(self, one: ItemSpec, adapter: VendorAdapter) -> bool:
        if not one.good or one.key in self.shown:
            return one.good
        return adapter.revives if one.key in self.hidden else adapter.creates


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """What is there in all: tenants, what is still due on the invoice that is paid, the time, a scenario."""

    tenants: tuple[ExpectedTenant, ...]
    due: Decimal | None
    now: datetime
    armed: bool = False

    def after(self, number: int, tenant: ExpectedTenant) -> ExpectedState:
        """The same with one tenant changed."""
        return replace(self, tenants=(*self.tenants[:number], tenant, *self.tenants[number + 1 :]))
