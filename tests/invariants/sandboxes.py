"""Worlds for the invariants: a sandbox of its own for every example, as the callers of a vendor see it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any, Protocol, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from mockserver.codec import json
from mockserver.journal.entry import Entry
from mockserver.model import Action, Json
from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from tests.support.client import Client, Response
from tests.support.frozen_app import create_frozen_app

NOW = "2026-01-05T09:00:00Z"
SEED = 7
SEQUENCES = int(os.environ.get("SOAK_SEQUENCES", "100"))
"""How many walks of the state machine are taken, over all vendors."""

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
class ItemSpec:
    """One item of a batch, as no vendor says it: what identifies it, what is to be kept of it."""

    key: str
    value: str
    good: bool = True


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """One call: `document` goes as JSON, `headers` beside the caller's."""

    method: str
    path: str
    document: Json = None
    headers: Mapping[str, str] | None = None

    def to(self, client: Client) -> Response:
        """What it is answered."""
        return client.request(self.method, self.path, json=self.document, headers=self.headers)


class VendorAdapter(Protocol):
    """How one vendor says what the invariants speak of."""

    name: str
    operation: str
    """The batch's operationId."""
    keys: tuple[str, ...]
    """Keys that items may have, as the journal shows them."""
    creates: bool
    """Whether an item whose key is unknown makes a record."""
    all_or_nothing: bool
    """Whether one bad item refuses the batch."""
    removes: bool
    hides: bool
    """Whether what is removed stays there, and is not shown."""
    revives: bool
    """Whether what is hidden is shown again when it is sent again; else that is refused."""
    change_creates: bool
    """Whether a change, or a removal, of an unknown key makes a record."""
    replays: bool
    """Whether a key's second call is answered as the first."""
    generated: frozenset[str]
    """Members of a record that the vendor draws or stamps."""
    key_assumption: str
    """The assumption that turns idempotency keys on, "" where there is none."""
    key_header: str

    def headers(self, tenant: int) -> Mapping[str, str]:
        """What a caller of the first tenant (0), or of the second (1), sends with every call."""
        ...

    def create_second_tenant(self, app: Application, sandbox: str) -> bool:
        """Make the second tenant if there may be one; whether there is."""
        ...

    def batch(self, things: Sequence[ItemSpec], tenant: int = 0) -> OperationRequest:
        """The call that sends them all."""
        ...

    def reported(self, answered: Response) -> list[tuple[str, bool]] | None:
        """Key and acceptance of each item, as the answer says it in its order; None where it does not."""
        ...

    def read(self, client: Client, key: str, tenant: int = 0) -> str | None:
        """What is kept under the key, as reading it shows."""
        ...

    def listing(self, client: Client, tenant: int = 0) -> Response:
        """The list of all records."""
        ...

    def listed(self, client: Client, tenant: int = 0) -> dict[str, str]:
        """What is kept under each of `keys`, as the list shows it."""
        ...

    def change(self, key: str, value: str, tenant: int = 0) -> OperationRequest:
        """The call that changes one record and carries no batch."""
        ...

    def removal(self, key: str) -> OperationRequest:
        """The call that takes a record away, where the vendor `removes`."""
        ...

    def count(self, answered: Response) -> int | None:
        """How many items the answer says were done; None where it does not."""
        ...

    def payment(self) -> OperationRequest:
        """The call that pays one unit of what is due."""
        ...

    def due(self, client: Client) -> Decimal | None:
        """What is due on the invoice that is paid; None where nothing is."""
        ...


@dataclass(frozen=True, slots=True)
class VendorSandbox:
    """One sandbox, at the dialect's vendor."""

    app: Application = field(repr=False)
    adapter: VendorAdapter
    client: Client
    two_tenants: bool

    @property
    def sandbox(self) -> str:
        return self.client.headers["mock-sandbox"]

    def tenant(self, number: int) -> Client:
        """A client in that tenant."""
        return replace(self.client, headers={**self.client.headers, **self.adapter.headers(number)})

    def send(self, *things: ItemSpec, key: str = "", tenant: int = 0) -> Response:
        """What a batch of them is answered, under an idempotency key if there is one."""
        sent = self.adapter.batch(things, tenant)
        if key:
            sent = replace(sent, headers={**(sent.headers or {}), self.adapter.key_header: key})
        return sent.to(self.tenant(tenant))

    def listed(self, tenant: int = 0) -> dict[str, str]:
        """What the list shows."""
        return self.adapter.listed(self.tenant(tenant), tenant)

    def control(self, method: str, path: str, body: Json = None, sandbox: str = "") -> Response:
        """A call of the control plane on this sandbox."""
        plane = Client(self.app, {"host": "testserver"}, f"/_mock/sandboxes/{sandbox or self.sandbox}")
        answered = plane.request(method, path, json=body)
        assert answered.status < 300, answered.text
        return answered

    def assume(self, **values: str) -> None:
        """Turn assumptions of the vendor."""
        named = {f"{self.adapter.name}.{name}": value for name, value in values.items()}
        self.control("PATCH", "/assumptions", named)

    def arm(self, *rules: Json, name: str = "bend", seed: int | None = None) -> None:
        """Store a scenario of these rules, each for the vendor alone, and arm it."""
        mine = [{"match": {"vendor": self.adapter.name}, **rule} for rule in rules]
        told = {} if seed is None else {"seed": seed}
        self.control("PUT", f"/scenarios/{name}", {"version": 1, "name": name, "rules": mine, **told})

    def entry(self) -> Entry:
        """The journal's newest entry."""
        return self.app.journal.entries(self.sandbox)[-1]

    def decided(self) -> list[tuple[str, Action]]:
        """Key and end of each item of the newest batch."""
        return self.entry().decided.items()

    def dump(self) -> Json:
        """Everything that the sandbox holds, as it is."""
        return self.app.sandboxes.dump(self.sandbox)

    def vendor(self) -> Json:
        """What it holds of the vendor."""
        return {
            scope: tables
            for scope, tables in self.dump().items()
            if scope.partition("/")[0] == self.adapter.name
        }

    def state(self, *without: str) -> Json:
        """What it holds of the vendor but numbers, and but collections `without`."""
        left_out = ("sequences", *without)
        kept = {
            scope: {name: dict(table) for name, table in tables.items() if name not in left_out}
            for scope, tables in self.vendor().items()
        }
        return {scope: tables for scope, tables in kept.items() if tables}

    def without_generated(self) -> Json:
        """The state without what is drawn or stamped: each collection's records, in an order of theirs."""
        return {
            scope: {name: _records(table, self.adapter.generated) for name, table in tables.items()}
            for scope, tables in self.state("idempotency", "transactions").items()
        }


@cache
def shared_application() -> Application:
    """All vendors on a store that hands out frozen documents; one for all examples."""
    return create_frozen_app()


@contextmanager
def open_sandbox(
    adapter: VendorAdapter, app: Application | None = None, *, seed: int = SEED, name: str = ""
) -> Iterator[VendorSandbox]:
    """A fresh sandbox from the fixtures, its clock standing."""
    app = app or shared_application()
    name = name or f"w-{next(_numbers)}"
    app.sandboxes.create(Settings(name, seed=seed, frozen=NOW))
    two_tenants = adapter.create_second_tenant(app, name)
    client = Client(
        app, {"host": "testserver", "user-agent": "tests", "mock-sandbox": name, **adapter.headers(0)}
    )
    try:
        yield VendorSandbox(app, adapter, client, two_tenants)
    finally:
        app.sandboxes.delete(name)
        app.journal.forget(name)


def unchecked_client(here: VendorSandbox) -> Client:
    """A client that takes whatever comes, for answers that a scenario bends."""
    app = here.app

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return replace(here.client, app=bare)


def values() -> st.SearchStrategy[str]:
    """What may be kept: told apart by a number."""
    return st.integers(0, 999).map("v{}".format)


def item_specs(
    adapter: VendorAdapter, *, at_least: int = 0, good: bool | None = None
) -> st.SearchStrategy[list[ItemSpec]]:
    """Items with different keys; all good, all bad, or some of both."""
    keys = st.lists(st.sampled_from(adapter.keys), unique=True, min_size=at_least, max_size=len(adapter.keys))
    goodness = st.booleans() if good is None else st.just(good)

    def filled(chosen: list[str]) -> st.SearchStrategy[list[ItemSpec]]:
        return st.tuples(*(st.builds(ItemSpec, st.just(key), values(), goodness) for key in chosen)).map(list)

    return keys.flatmap(filled)


def _records(table: Mapping[str, Json], generated: frozenset[str]) -> list[bytes]:
    return sorted(json.encode(_without(document, generated)) for document in table.values())


def _without(value: Json, names: frozenset[str]) -> Json:
    if isinstance(value, dict):
        return {name: _without(value[name], names) for name in sorted(value) if name not in names}
    return [_without(child, names) for child in value] if isinstance(value, list) else value
