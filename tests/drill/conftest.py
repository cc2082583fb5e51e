from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from mockserver.contract.profile import BatchProfile, DrawnValues
from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from mockserver.server.transport_faults import ConnectionLostError
from tests.drill.runs import batch_of
from tests.support.client import Client, Response
from tests.support.sixth_vendor import api_of

_numbers = count(1)
ALL_GOOD: Mapping[str, Any] = {"status": 0, "output": ""}


@dataclass(frozen=True, slots=True)
class Sender:
    """A client of one vendor in one sandbox."""

    client: Client
    vendor: str

    def send(self, rows: Mapping[str, str], key: str = "") -> Response | None:
        """Send rows, amounts by key, in one call; None: there was no whole answer."""
        profile = drilled_batch(self.vendor)
        items = [profile.item(name, DrawnValues(1, Decimal(amount))) for name, amount in rows.items()]
        request = profile.call(items, 0)
        headers = {**request.headers, **({"idempotency-key": key} if key else {})}
        return self.request(request.method, request.path, content=request.body, headers=headers)

    def request(self, method: str, path: str, **parts: Any) -> Response | None:
        try:
            return self.client.request(method, f"/{self.vendor}{path}", **parts)
        except ConnectionLostError:
            return None

    def look(self) -> None:
        listing = drilled_batch(self.vendor).listing
        assert listing is not None
        self.request("GET", listing(0).path)


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of a client: the sandbox that has its journal, and its end."""

    sandbox: str
    ending: Mapping[str, Any]
    starts: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Bench:
    """Runs clients against sandboxes of an application in this process, and has them judged."""

    app: Application
    operator: Client
    names: list[str] = field(default_factory=list)

    def run(
        self,
        vendor: str,
        does: Callable[[Sender], object],
        *rules: Mapping[str, Any],
        starts: Sequence[int] = (),
        **ending: Any,
    ) -> Ran:
        """Run a client in a sandbox of its own, with a scenario of these rules."""
        name = f"drilled-{next(_numbers)}"
        self.names.append(name)
        assert self.app.sandboxes.create(Settings(name, seed=7))
        if rules:
            made = [{"id": f"r{at}", **rule} for at, rule in enumerate(rules)]
            armed = self.operator.put(
                f"/_mock/sandboxes/{name}/scenarios/drill",
                json={"version": 1, "name": "drill", "rules": made},
            )
            assert armed.status in (200, 201), armed.text
        access = self.operator.get(f"/_mock/vendors/{vendor}/access").json
        headers = {one.lower(): text for one, text in access["headers"].items()}
        does(Sender(self.operator.within(mock_sandbox=name, **_plain(headers)), vendor))
        return Ran(name, {**ALL_GOOD, **ending}, starts)

    def learn(self, vendor: str, ran: Ran) -> Any:
        body = {"vendor": vendor, "ending": ran.ending}
        return self._post(f"/_mock/sandboxes/{ran.sandbox}/drill", body)

    def judge(self, vendor: str, ran: Ran, clean: Ran, *, harmless: bool = False) -> Any:
        body = {
            "vendor": vendor,
            "ending": ran.ending,
            "starts": list(ran.starts),
            "harmless": harmless,
            "clean": {"sandbox": clean.sandbox, "ending": clean.ending},
        }
        return self._post(f"/_mock/sandboxes/{ran.sandbox}/drill/verdict", body)

    def _post(self, path: str, body: Any) -> Any:
        answered = self.operator.post(path, content=json.dumps(body).encode(), headers=JSON)
        assert answered.status == 200, answered.text
        return answered.json


JSON = {"content-type": "application/json"}


@pytest.fixture
def bench(app: Application) -> Iterator[Bench]:
    """All vendors in this process; its sandboxes are deleted."""
    made = Bench(app, Client(app, {"host": "testserver", "user-agent": "tests"}))
    yield made
    for name in made.names:
        app.sandboxes.delete(name)
        app.journal.kept.forget(name)


def _plain(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.replace("-", "_"): text for name, text in headers.items()}


def drilled_batch(vendor: str) -> BatchProfile:
    """Return the batch of a vendor that clients send: one whose items need nothing before them."""
    api = api_of(vendor)
    batches = api.profile.batches(api.facts)
    return next(one for one in batches if one.operation == batch_of(vendor))
