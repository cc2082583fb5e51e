"""Vendor in a sandbox: address, credentials, calls, collections, scenarios, examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import TypeAlias

from mockserver.testing.calls import RecordedCalls
from mockserver.testing.control_client import Json, SandboxControl
from mockserver.testing.scenarios import ArmedScenario, Example, build_scenario, request_example

Document: TypeAlias = Mapping[str, Json]


class SandboxVendor:
    """A vendor in a sandbox. `url` is the vendor's base URL in this sandbox."""

    def __init__(
        self,
        sandbox_control: SandboxControl,
        name: str,
        journal: Callable[..., RecordedCalls],
        armed: Callable[[Mapping[str, Json]], ArmedScenario],
    ) -> None:
        self.name = name
        self.url = f"{sandbox_control.url}/{name}"
        self._control = sandbox_control
        self._journal = journal
        self._armed = armed
        self._rules = 0
        self._items = 0
        self._since = "fixtures"

    def __repr__(self) -> str:
        return f"<{self.name} at {self.url}>"

    @cached_property
    def _access(self) -> Mapping[str, Json]:
        return self._control.control.request("GET", f"/vendors/{self.name}/access")  # type: ignore[no-any-return]

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that a call needs, by name in lower case: tenant, content type, and valid credentials."""
        return dict(self._access["headers"])

    @property
    def token(self) -> str:
        """The credential without its scheme: the text after `Bearer` or `Basic`, an API key, or ""."""
        return str(self._access["token"])

    @property
    def calls(self) -> RecordedCalls:
        """The vendor's calls in this sandbox, oldest first."""
        return self._journal(vendor=self.name)

    def state(self, collection: str) -> CollectionState:
        """Return the records of a collection, and the collection's changes since the sandbox was created.

        Records that `example` stored before the vendor's first call are not changes. Raises LookupError: the
        vendor has no collection with this name.
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
        names.update(self._access["collections"])
        if collection not in names:
            near = get_close_matches(collection, names, 1) or sorted(names)
            raise LookupError(f"{self.name} has no collection {collection}; there is {', '.join(near)}")
        here = {
            part: [one for one in of_vendor[part] if one["collection"] == collection] for part in of_vendor
        }
        return CollectionState(collection, held, here, str(self._access["tenant"]))

    def arm(
        self, *, item: str | int | Mapping[str, Json] | None = None, times: int | None = None, **effects: Json
    ) -> ArmedScenario:
        """Arm a rule. `item=key, fail="internal", times=2` makes the item fail twice and then succeed.

        Effects are named after the scenario language. On items: `fail`, `warn`, `hang`, `omit`,
        `duplicate`, `callback`. On the envelope: `order`, `count_add`, `phantom`, `empty_map_as_array`,
        `content_type`, `drift`. On the response: `status`, `headers`, `body`, `retry_after`, `delay` (ms),
        `dribble`, `truncate`, `fault`. `commit` says what is stored. `match` restricts the calls;
        `probability` is the chance that the rule applies. `times` counts attempts at an item if `fail` is
        given, otherwise calls.
        `item` is a key, an index or a `select`; prefer the key, since a retry may move the item. Raises
        TypeError: as for `build_scenario`; ControlPlaneError: the rule is invalid.
        """
        self._rules += 1
        return self._armed(
            build_scenario(f"armed-{self.name}-{self._rules}", self.name, item, times, effects)
        )

    def example(self, items: int = 3, bad: int = 0, operation: str = "") -> Example:
        """Return a batch of `items` items, of which the server rejects `bad` items.

        `operation` names a batch operation; "" means the first operation for which an example works. The
        server tries the batch in another sandbox, and stores in this sandbox the records to which the items
        refer. The examples of this object have different keys. Raises NoExampleError: there is no example, or
        the items have other outcomes in this sandbox; ValueError: `bad` is negative or exceeds `items`.
        """
        if not 0 <= bad <= items:
            raise ValueError(f"{bad} of {items} items cannot be bad")
        wanted = {"vendor": self.name, "operation": operation, "items": items, "bad": bad}
        example, is_prepared = request_example(self._control, {**wanted, "first": self._items})
        self._items += items
        if is_prepared and not self.calls:
            # Records that the example refers to count as initial state.
            self._since = self._control.request("POST", "/snapshots", {"label": "for the example"})["id"]
        return example


class CollectionState(Mapping[str, Document]):
    """Records of a collection by key, as they were when `SandboxVendor.state` read them.

    If records of several tenants have equal keys, the key alone means the record of the tenant that
    `SandboxVendor.headers` name; the record of another tenant has the key `tenant/key`.
    """

    def __init__(
        self, name: str, records: Mapping[tuple[str, str], Document], difference: Mapping[str, Json], own: str
    ) -> None:
        self.name = name
        self._own = own
        self._records: Mapping[str, Document] = self._keyed(records)
        self.added: Mapping[str, Document] = self._placed(difference["added"], "document")
        """Records that were added since the sandbox was created."""
        self.removed: Mapping[str, Document] = self._placed(difference["removed"], "document")
        """Deleted records, with the content that they had when the sandbox was created."""
        self.changed: Mapping[str, Sequence[Document]] = self._placed(difference["changed"], "changes")
        """Changes of each changed record: `pointer`, `old` and `new` of each changed value."""

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
