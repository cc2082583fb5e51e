"""One vendor in a sandbox: address, credentials, calls, collections, scenarios, examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property

from mockserver.contract.credentials import Given, headers_for, made_up
from mockserver.contract.profiles import Contracted
from mockserver.model import Document, Json
from mockserver.spec.openapi import Spec
from mockserver.testing.calls import RecordedCalls
from mockserver.testing.control_client import SandboxControl
from mockserver.testing.examples import Example, ExampleBuilder
from mockserver.testing.scenarios import ArmedScenario, build_scenario

_SUITE_HEADERS = frozenset({"user-agent"})
"""Headers of the contract suite that a client under test sets itself."""


class SandboxVendor:
    """A vendor in a sandbox; `url` is the base of the vendor's own paths, in this sandbox."""

    def __init__(
        self,
        sandbox_control: SandboxControl,
        contract: Contracted,
        journal: Callable[..., RecordedCalls],
        arm: Callable[[Mapping[str, Json]], ArmedScenario],
    ) -> None:
        self.name = contract.name
        self.url = f"{sandbox_control.url}/{contract.name}"
        self._control = sandbox_control
        self._contract = contract
        self._journal = journal
        self._arm = arm
        self._rules = 0
        self._items = 0
        self._since = "fixtures"

    def __repr__(self) -> str:
        return f"<{self.name} at {self.url}>"

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Headers of a call, in lower case: tenant, and credentials that strict mode accepts, too."""
        contract = self._contract
        own = contract.profile.headers(contract.facts, 0)
        security = headers_for(contract, self._operation, self._credentials)
        return {name: text for name, text in {**own, **security}.items() if name not in _SUITE_HEADERS}

    @property
    def token(self) -> str:
        """The credential: what follows `Bearer` or `Basic`, otherwise the key; "" if there is none."""
        security = headers_for(self._contract, self._operation, self._credentials)
        if "authorization" in security:
            return security["authorization"].partition(" ")[2]
        return next(iter(security.values()), "")

    @property
    def calls(self) -> RecordedCalls:
        """All calls to the vendor in this sandbox."""
        return self._journal(vendor=self.name)

    def state(self, collection: str) -> CollectionState:
        """Return the records of a collection, and their changes since the sandbox was created.

        Raises:
            LookupError: the vendor has no such collection.
        """
        dump = self._control.request("GET", "/dump", vendor=self.name)
        found = self._control.request("GET", "/diff", against=self._since)
        of_vendor = {
            part: [one for one in found[part] if one["scope"].startswith(f"{self.name}/")]
            for part in ("added", "removed", "changed")
        }
        held = {
            (tenant_of(scope), key): document
            for scope, tables in dump.items()
            for key, document in tables.get(collection, {}).items()
        }
        names = {name for tables in dump.values() for name in tables}
        names.update(one["collection"] for part in of_vendor.values() for one in part)
        names.update(_declared_collections(self._contract.spec))
        if collection not in names:
            near = get_close_matches(collection, names, 1) or sorted(names)
            raise LookupError(f"{self.name} has no collection {collection}; there is {', '.join(near)}")
        in_collection = {
            part: [one for one in of_vendor[part] if one["collection"] == collection] for part in of_vendor
        }
        return CollectionState(collection, held, in_collection, self._tenant)

    def arm(
        self, *, item: str | int | Mapping[str, Json] | None = None, times: int | None = None, **effects: Json
    ) -> ArmedScenario:
        """Arm a rule: `fail="internal"`, `item=` a key, `times=2` lets the item fail twice, then succeed.

        Effects are those of the scenario language. For items: `fail`, `warn`, `hang`, `omit`, `duplicate`;
        for the envelope: `order`, `count_add`, `phantom`, `empty_map_as_array`, `content_type`, `drift`; for
        the whole call: `status`, `headers`, `body`, `retry_after`, `delay` (ms), `dribble`, `truncate`,
        `fault`, `commit`. `match` selects calls. `times` counts calls if the effect is not `fail`. Select an
        item by its key: on a retry it may have another index.

        Raises:
            TypeError: there is no such effect.
            ControlPlaneError: the rule is invalid.
        """
        self._rules += 1
        return self._arm(build_scenario(f"armed-{self.name}-{self._rules}", self.name, item, times, effects))

    def example(self, items: int = 3, bad: int = 0, operation: str = "") -> Example:
        """Build a batch of `items` items, `bad` of them invalid, for the first or the named batch operation.

        The batch is verified in a second sandbox, and records that it needs are created in this one. Examples
        of one test have no keys in common.

        Raises:
            NoExampleError: the profile has no such example, or its outcome is not as intended here.
            ValueError: `bad` is negative or exceeds `items`.
        """
        builder = ExampleBuilder(self._control, self._contract, self.headers, self._set_baseline)
        example = builder.example(operation, items, bad, self._items)
        self._items += items
        return example

    def _set_baseline(self) -> None:
        """Treat records created for an example as initial state, unless there were calls before."""
        if not self.calls:
            self._since = self._control.request("POST", "/snapshots", {"label": "for the example"})["id"]

    @property
    def _credentials(self) -> Given:
        return self._contract.profile.credentials or made_up(self._contract)

    @property
    def _operation(self) -> str:
        """The operation that determines credentials: the first batch, or the first with security."""
        operations = self._contract.spec.operations.values()
        batches = [one.id for one in operations if one.batch]
        return next(iter([*batches, *(one.id for one in operations if one.security)]), "")

    @property
    def _tenant(self) -> str:
        """The tenant named in the headers, "" if there is none."""
        places = self._contract.spec.scope
        named = str(places[0].get("name", "")).lower() if places and places[0]["in"] == "header" else ""
        return self.headers.get(named, "")


def _declared_collections(spec: Spec) -> set[str]:
    """Return the collections that the spec names."""
    operations = spec.operations.values()
    named = {one.collection for one in operations} | {one.batch.collection for one in operations if one.batch}
    return {name for name in named if name}


class CollectionState(Mapping[str, Document]):
    """The current records of one collection by key.

    If several tenants have the same key, it stands for the own tenant's record; the others are `tenant/key`.
    """

    def __init__(
        self, name: str, records: Mapping[tuple[str, str], Document], difference: Mapping[str, Json], own: str
    ) -> None:
        self.name = name
        self._own = own
        self._records: Mapping[str, Document] = self._keyed(records)
        self.added: Mapping[str, Document] = self._placed(difference["added"], "document")
        """Records that did not exist when the sandbox was created."""
        self.removed: Mapping[str, Document] = self._placed(difference["removed"], "document")
        """Deleted records, as they were."""
        self.changed: Mapping[str, Sequence[Document]] = self._placed(difference["changed"], "changes")
        """Changes of other records: `pointer`, `old` and `new` of each value."""

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
    """Return the tenant of a scope such as `vendor/tenant`."""
    return scope.partition("/")[2]
