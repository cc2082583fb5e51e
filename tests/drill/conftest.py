from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from mockserver.server.transport_faults import ConnectionLostError
from tests.support.client import Client, Response
from tests.testing.drilled import payt_batch

_numbers = count(1)
ALL_GOOD: Mapping[str, Any] = {"status": 0, "output": ""}


@dataclass(frozen=True, slots=True)
class Sender:
    """A client of one vendor in one sandbox."""

    client: Client
    vendor: str

    def send(self, rows: Mapping[str, str], **headers: str) -> Response | None:
        """Send rows, amounts by key, in one call; None: there was no whole answer."""
        method, path = ROUTES[self.vendor]
        return self.request(method, path, json=BODIES[self.vendor](rows), headers=_spelt(headers))

    def request(self, method: str, path: str, **parts: Any) -> Response | None:
        try:
            return self.client.request(method, f"/{self.vendor}{path}", **parts)
        except ConnectionLostError:
            return None

    def look(self) -> None:
        self.request("GET", LISTS[self.vendor])


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
        does: Callable[[Sender], None],
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
        app.journal.forget(name)


def _plain(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.replace("-", "_"): text for name, text in headers.items()}


def _spelt(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): text for name, text in headers.items()}


def _vba(rows: Mapping[str, str]) -> Any:
    return [
        {
            "invoice_Key": int(key),
            "description": f"Work: {amount}",
            "invoice_Number": f"N-{key}",
            "invoice_Status": "Open",
            "payee_ID": "P100",
        }
        for key, amount in rows.items()
    ]


def _pvex(rows: Mapping[str, str]) -> Any:
    return [
        {
            "Number": f"N-{key}",
            "ClientId": "C-1",
            "ClientPmsId": "5001",
            "Amount": Decimal(amount),
            "BalanceDue": Decimal(amount),
            "PmsStatus": "Open",
            "IsComplete": True,
            "ApiCreateDate": "2025-12-16T00:00:00Z",
            "CheckSum": 1,
            "RowKey": 1,
            "Id": key,
            "SyncId": f"SYNC-{key}",
            "SubscriberId": "SUB-100",
        }
        for key, amount in rows.items()
    ]


def _xero(rows: Mapping[str, str]) -> Any:
    payments = [
        {
            "Account": {"Code": "BANK1"},
            "Reference": key,
            "Date": "2026-01-05",
            "Payments": [{"Invoice": {"InvoiceNumber": "R1"}, "Amount": Decimal(amount)}],
        }
        for key, amount in rows.items()
    ]
    return {"BatchPayments": payments}


def _guidewire(rows: Mapping[str, str]) -> Any:
    def request(key: str, amount: str) -> Any:
        attributes = {
            "payeeAddressBookUID": "ab:1",
            "invoiceNumber": key,
            "mailTo": "Work",
            "bulkInvoiceTotal": amount,
        }
        return {"method": "post", "path": "/bulk-invoices", "body": {"data": {"attributes": attributes}}}

    return {"requests": [request(key, amount) for key, amount in rows.items()]}


BODIES: Mapping[str, Callable[[Mapping[str, str]], Any]] = {
    "vba": _vba,
    "payt": payt_batch,
    "pvex": _pvex,
    "xero": _xero,
    "guidewire": _guidewire,
}
ROUTES = {
    "vba": ("PUT", "/claim-invoice-batch"),
    "payt": ("POST", "/v1/invoices"),
    "pvex": ("POST", "/api/InvoiceBatch"),
    "xero": ("PUT", "/api.xro/2.0/BatchPayments?summarizeErrors=false"),
    "guidewire": ("POST", "/claim/v1/batch"),
}
LISTS = {
    "vba": "/claim-invoice",
    "payt": "/v1/invoices?administration_id=81",
    "pvex": "/api/Invoice?subscriberId=SUB-100",
    "xero": "/api.xro/2.0/BatchPayments",
    "guidewire": "/claim/v1/bulk-invoices",
}
