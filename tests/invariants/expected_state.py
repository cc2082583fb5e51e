"""What the state machine expects: the records of each tenant, and what batches and steps make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mockserver.contract.profile import Record, RefusedStep
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor


@dataclass(frozen=True, slots=True)
class ExpectedTenant:
    """The records of a tenant by key, and the keys whose records a step has removed."""

    shown: Mapping[str, Record]
    removed: frozenset[str] = frozenset()

    def with_record(self, key: str, record: Record | None) -> ExpectedTenant:
        """Return the tenant with the record under the key; None removes it."""
        rest = {name: one for name, one in self.shown.items() if name != key}
        if record is None:
            return ExpectedTenant(rest, self.removed | {key})
        return ExpectedTenant({**rest, key: record}, self.removed)

    def after_batch(
        self, items: Sequence[ItemSpec], vendor: ProfiledVendor, *, armed: bool
    ) -> tuple[list[bool], ExpectedTenant]:
        """Return which items of a batch are accepted, and the tenant after it; `armed` rejects the first."""
        records = [vendor.record_after(self.shown.get(one.key), one) for one in items]
        accepted = [
            not isinstance(one, RefusedStep) and not (armed and at == 0) for at, one in enumerate(records)
        ]
        if vendor.marks.atomic and not all(accepted):
            accepted = [False] * len(items)
        after = self
        for item, record, is_accepted in zip(items, records, accepted, strict=True):
            if is_accepted and not isinstance(record, RefusedStep):
                after = after.with_record(item.key, record)
        return accepted, after


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """The tenants, the time, and whether the scenario is armed that rejects the first item of a batch."""

    tenants: tuple[ExpectedTenant, ...]
    now: datetime
    armed: bool = False

    def after(self, number: int, tenant: ExpectedTenant) -> ExpectedState:
        """Return the state with one tenant changed."""
        return replace(self, tenants=(*self.tenants[:number], tenant, *self.tenants[number + 1 :]))
