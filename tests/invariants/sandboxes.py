"""Worlds for the invariants: a sandbox of its own for every example, as the callers of a vendor see it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from mockserver.codec import json
from mockserver.contract.exchange import Request
from mockserver.contract.profile import Record
from mockserver.journal.entry import Entry
from mockserver.model import Action, Json
from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application, Options
from tests.support import sixth_vendor
from tests.support.client import Client, Response
from tests.support.frozen_app import create_frozen_app
from tests.support.profiled_vendor import ItemSpec, ProfiledVendor

NOW = "2026-01-05T09:00:00Z"
SEED = 7
SEQUENCES = int(os.environ.get("SOAK_SEQUENCES", "100"))
"""How many walks of the state machine are taken, over all vendors."""

_KEYS_OF_CALLS = ("idempotency", "transactions")
"""Collections of used idempotency keys."""
_MARKS = (9_000_001, 9_000_002)
"""Numbers that are found in every record that is drawn from them."""
_IS_SOAK = SEQUENCES > 200
_numbers = count(1)
_Test = TypeVar("_Test", bound=Callable[..., Any])


def invariant(*numbers: int) -> Callable[[_Test], _Test]:
    """Say which of the 35 invariants of edge-cases §3 a test is about."""

    def numbered(test: _Test) -> _Test:
        test.__dict__["invariants"] = numbers
        return test

    return numbered


def example_settings(number: int) -> settings:
    """So many examples, the same ones every time; ten times as many in a long run."""
    return settings(
        max_examples=number * 10 if _IS_SOAK else number,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@dataclass(frozen=True, slots=True)
class VendorSandbox:
    """One sandbox, and a client of the vendor in it."""

    app: Application = field(repr=False)
    vendor: ProfiledVendor
    client: Client

    @property
    def sandbox(self) -> str:
        return self.client.headers["mock-sandbox"]

    def tenant(self, number: int) -> Client:
        """A client in that tenant."""
        return replace(self.client, headers={**self.client.headers, **self.vendor.headers(number)})

    def send(self, *items: ItemSpec, key: str = "", tenant: int = 0) -> Response:
        """Send the items in a batch, with an idempotency key if there is one."""
        return self.call(self.vendor.batch(items, tenant, key), tenant)

    def call(self, request: Request, tenant: int = 0) -> Response:
        return self.vendor.send(self.tenant(tenant), request)

    def change(self, item: ItemSpec) -> Response:
        """Change the record of the item's key without a batch."""
        return self.call(self.vendor.changed(item))

    def read(self, key: str) -> Record | None:
        return self.vendor.read(self.client, key)

    def listed(self, tenant: int = 0) -> dict[str, Record]:
        """Return the records in the list."""
        return self.vendor.listed(self.tenant(tenant), tenant)

    def control(self, method: str, path: str, body: Json = None, sandbox: str = "") -> Response:
        """A call of the control plane on this sandbox."""
        plane = Client(self.app, {"host": "testserver"}, f"/_mock/sandboxes/{sandbox or self.sandbox}")
        answered = plane.request(method, path, json=body)
        assert answered.status < 300, answered.text
        return answered

    def assume(self, **values: str) -> None:
        """Turn assumptions of the vendor."""
        named = {f"{self.vendor.name}.{name}": value for name, value in values.items()}
        self.control("PATCH", "/assumptions", named)

    def arm(self, *rules: Json, name: str = "bend", seed: int | None = None) -> None:
        """Store a scenario of these rules, each for the vendor alone, and arm it."""
        mine = [{"match": {"vendor": self.vendor.name}, **rule} for rule in rules]
        told = {} if seed is None else {"seed": seed}
        self.control("PUT", f"/scenarios/{name}", {"version": 1, "name": name, "rules": mine, **told})

    def entry(self) -> Entry:
        """The journal's newest entry."""
        return self.app.journal.kept.entries(self.sandbox)[-1]

    def decided(self) -> list[tuple[str, Action]]:
        """Return key and end of each item of the newest batch."""
        keys = {name: key for key, name in self.vendor.journal_keys.items()}
        return [(keys.get(name, name), action) for name, action in self.entry().decided.items()]

    def dump(self) -> Json:
        """Everything that the sandbox holds, as it is."""
        return self.app.sandboxes.dump(self.sandbox)

    def of_vendor(self, name: str = "") -> Json:
        """Return what the sandbox holds of the vendor, or of another one."""
        name = name or self.vendor.name
        return {scope: tables for scope, tables in self.dump().items() if _owner(scope) == name}

    def of_others(self, name: str = "") -> Json:
        """Return what the sandbox holds of all vendors but this one, or but another one."""
        others = {one.name for one in self.app.served} - {name or self.vendor.name}
        return {scope: tables for scope, tables in self.dump().items() if _owner(scope) in others}

    def state(self, *without: str) -> Json:
        """What it holds of the vendor but numbers, and but collections `without`."""
        left_out = ("sequences", *without)
        kept = {
            scope: {name: dict(table) for name, table in tables.items() if name not in left_out}
            for scope, tables in self.of_vendor().items()
        }
        return {scope: tables for scope, tables in kept.items() if tables}

    def without_generated(self) -> Json:
        """Return the state without the members that the vendor draws or stamps, records in a fixed order."""
        names = generated_members(self.vendor)
        return {
            scope: {name: _records(table, names) for name, table in tables.items()}
            for scope, tables in self.state(*_KEYS_OF_CALLS).items()
        }

    def use_keys(self) -> None:
        """Turn the server's own idempotency keys on, if the vendor has none of its own."""
        served = next(one for one in self.app.served if one.name == self.vendor.name)
        if served.idempotency is not None:
            self.assume(idempotency_keys="on")


@cache
def shared_application() -> Application:
    """All vendors and a sixth, on a store that hands out frozen documents; one for all examples."""
    return create_frozen_app(Options(specs=(sixth_vendor.FOLDER,)))


@contextmanager
def open_sandbox(
    vendor: ProfiledVendor, app: Application | None = None, *, seed: int = SEED, name: str = ""
) -> Iterator[VendorSandbox]:
    """A fresh sandbox from the fixtures, its clock standing."""
    app = app or shared_application()
    name = name or f"w-{next(_numbers)}"
    app.sandboxes.create(Settings(name, seed=seed, frozen=NOW))
    client = Client(app, {"host": "testserver", "user-agent": "tests", "mock-sandbox": name})
    try:
        yield VendorSandbox(app, vendor, replace(client, headers={**client.headers, **vendor.headers()}))
    finally:
        app.sandboxes.delete(name)
        app.journal.kept.forget(name)


def unchecked_client(here: VendorSandbox) -> Client:
    """A client that takes whatever comes, for answers that a scenario bends."""
    app = here.app

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return replace(here.client, app=bare)


def numbers() -> st.SearchStrategy[int]:
    """Numbers that the values of items are drawn from."""
    return st.integers(1, 999)


def item_specs(
    vendor: ProfiledVendor, *, at_least: int = 0, good: bool | None = None
) -> st.SearchStrategy[list[ItemSpec]]:
    """Items with different keys; all good, all bad, or some of both."""
    keys = st.lists(st.sampled_from(vendor.keys), unique=True, min_size=at_least, max_size=len(vendor.keys))
    goodness = st.booleans() if good is None else st.just(good)

    def filled(chosen: list[str]) -> st.SearchStrategy[list[ItemSpec]]:
        return st.tuples(*(st.builds(ItemSpec, st.just(key), numbers(), goodness) for key in chosen)).map(
            list
        )

    return keys.flatmap(filled)


@cache
def generated_members(vendor: ProfiledVendor) -> frozenset[str]:
    """Names of the members that the vendor draws or stamps.

    Two sandboxes of other seeds and times get the same records in another order: these members differ.
    """
    first, second = map(ItemSpec, vendor.keys, _MARKS)
    with open_sandbox(vendor) as here, open_sandbox(vendor, seed=SEED + 1) as there:
        there.control("POST", "/clock/advance", {"seconds": 4321})
        for world, calls in (
            (here, (first, replace(second, number=2), second)),
            (there, (replace(second, number=2), second, first, first)),
        ):
            for item in calls:
                world.send(item)
        one, other = (_values_by_name(world.state(*_KEYS_OF_CALLS)) for world in (here, there))
    return frozenset(place[1] for place in one.keys() | other.keys() if one.get(place) != other.get(place))


def _values_by_name(state: Json) -> dict[tuple[str, str], Counter[str]]:
    """Return how often each scalar stands under a name in the records of a mark, "" without one."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for document in (one for tables in state.values() for table in tables.values() for one in table.values()):
        text = repr(document)
        mark = next((one for one in map(str, _MARKS) if one in text), "")
        waiting = [("", document)]
        while waiting:
            name, value = waiting.pop()
            if isinstance(value, dict):
                waiting += value.items()
            elif isinstance(value, list):
                waiting += [(name, one) for one in value]
            else:
                found.setdefault((mark, name), Counter())[repr(value)] += 1
    return found


def _owner(scope: str) -> str:
    return scope.partition("/")[0]


def _records(table: Mapping[str, Json], generated: frozenset[str]) -> list[bytes]:
    return sorted(json.encode(_without(document, generated)) for document in table.values())


def _without(value: Json, names: frozenset[str]) -> Json:
    if isinstance(value, dict):
        return {name: _without(value[name], names) for name in sorted(value) if name not in names}
    return [_without(child, names) for child in value] if isinstance(value, list) else value
