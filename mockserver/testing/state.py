"""What a collection holds, and what became of it since the sandbox began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mockserver.model import Document, Json


class State(Mapping[str, Document]):
    """The records of one collection by key, as they are now.

    A key that several tenants have stands for the own tenant's record; the others' are `tenant/key`.
    """

    def __init__(
        self, name: str, records: Mapping[tuple[str, str], Document], difference: Mapping[str, Json], own: str
    ) -> None:
        self.name = name
        self._own = own
        self._records: Mapping[str, Document] = self._keyed(records)
        self.added: Mapping[str, Document] = self._placed(difference["added"], "document")
        """The records that were not there when the sandbox began."""
        self.removed: Mapping[str, Document] = self._placed(difference["removed"], "document")
        """Those that are gone, as they were."""
        self.changed: Mapping[str, Sequence[Document]] = self._placed(difference["changed"], "changes")
        """What is different of the others: `pointer`, `old` and `new` of each place."""

    def __getitem__(self, key: str) -> Document:
        if key not in self._records:
            there = ", ".join(self._records) or "none"
            raise KeyError(f"{self.name} has no {key}; there are {there}")
        return self._records[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return (
            f"<{self.name}: {len(self):,} records, {len(self.added):,} added, "
            f"{len(self.changed):,} changed, {len(self.removed):,} removed>"
        )

    def _placed(self, found: Sequence[Mapping[str, Json]], member: str) -> Mapping[str, Json]:
        return self._keyed({(tenant_of(one["scope"]), one["key"]): one[member] for one in found})

    def _keyed(self, found: Mapping[tuple[str, str], Json]) -> Mapping[str, Json]:
        tenants: dict[str, list[str]] = {}
        for tenant, key in found:
            tenants.setdefault(key, []).append(tenant)
        return {self._name(tenant, key, tenants[key]): one for (tenant, key), one in found.items()}

    def _name(self, tenant: str, key: str, tenants: Sequence[str]) -> str:
        return key if len(tenants) == 1 or tenant == self._own else f"{tenant}/{key}"


def tenant_of(scope: str) -> str:
    """The tenant of a scope such as `vendor/tenant`."""
    return scope.partition("/")[2]
