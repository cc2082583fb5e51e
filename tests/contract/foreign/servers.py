"""The servers of another make as one table: how each is served, called and filled with rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from tests.contract.foreign import harbour, payt_books, vba_makes, xero_server
from tests.contract.foreign.access import API_KEY, TOKEN
from tests.contract.foreign.dresses import DRESSES, dressed

SEED = os.environ.get("CONTRACT_SEED", "7")
FULL = "130 rows are there"
WAYS = (*DRESSES, FULL)
"""The dresses, and a server that has rows of other callers on several pages."""
UNMODIFIED = "unmodified"
"""The dress that needs a 304 in the spec, which Xero's alone has."""

_JSON_ONLY = str(Path(__file__).with_name("xero_json.yaml"))
_BEARER = {"Authorization": f"Bearer {TOKEN}"}
_VBA = {**_BEARER, "X-Api-Key": API_KEY, "User-Agent": "tests"}

Serve = Callable[..., AbstractContextManager[str]]
Rows = Callable[[list[int]], Any]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A server of another make: what is called, with which options, and what fills it."""

    name: str
    serve: Serve
    fill: tuple[str, str]
    """Method and path of a batch."""
    headers: Mapping[str, str]
    rows: Rows
    options: tuple[str, ...]
    facts: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    has_turns: bool = False
    """The rows of an answer may come in another order, and `turned=True` has them so."""

    def run(self, *arguments: str, way: str = "plain", bug: str = "") -> Result:
        """Run the suite at the server with a bug ("": none), answers being sent in this way."""
        facts = [text for fact in self.facts for text in ("--fact", fact)]
        with self._served(way, bug) as url:
            options = ["--target", url, "--seed", SEED, "--no-shrink", *facts, *arguments]
            return CliRunner().invoke(main, ["contract", *self.options, *options], env=dict(self.environment))

    @contextmanager
    def _served(self, way: str, bug: str) -> Iterator[str]:
        turned = {"turned": True} if self.has_turns and way == "turned" else {}
        dress = way if way in DRESSES else "plain"
        with self.serve(*filter(None, [bug]), **turned) as inner, dressed(inner, dress, self.name) as url:
            if way == FULL:
                method, path = self.fill
                rows = self.rows(list(range(900_001, 900_131)))
                answer = httpx.request(method, url + path, headers=dict(self.headers), json=rows)
                assert answer.status_code < 300, answer.text
            yield url


def _vba(make: str, database: str = "there", facts: tuple[str, ...] = ()) -> Foreign:
    environment = {"MOCKSERVER_CREDENTIAL_APIKEYAUTH": API_KEY, "MOCKSERVER_CREDENTIAL_BEARERAUTH": TOKEN}
    environment |= {"MOCKSERVER_CREDENTIAL_BASICAUTH": ""}
    payee, path = (
        vba_makes.MAKES[make].payees[0],
        "/payees-batch" if make == "payees" else "/claim-invoice-batch",
    )

    def rows(numbers: list[int]) -> Any:
        if make == "payees":
            return [{"payee_ID": f"F{one}", "name": f"Nr {one}"} for one in numbers]
        return [{"invoice_Key": one, "payee_ID": payee, "description": f"Nr {one}"} for one in numbers]

    headers, serve = {**_VBA, "Vbasoftware-Database": database}, partial(vba_makes.serve_make, make)
    return Foreign("vba", serve, ("PUT", path), headers, rows, ("vba",), facts, environment)


def _payt_invoices(numbers: list[int]) -> Any:
    sums = ("amount_total", "amount_open", "book_amount_total", "book_amount_open")
    usual = {**dict.fromkeys(sums, "8.00"), "currency_code": "EUR", "debtor_number": "K-1"}
    usual |= {"invoice_date": "2026-01-01", "due_date": "2026-02-01"}
    return {
        "administration_id": "12",
        "invoices": [{**usual, "invoice_number": f"W{one}"} for one in numbers],
    }


def _xero_invoices(numbers: list[int]) -> Any:
    line = {"Description": "Rent", "Quantity": 1, "UnitAmount": 7.5, "AccountCode": "700"}
    usual = {"Type": "ACCREC", "Contact": {"Name": "Rook & Co"}, "Date": "2026-01-02", "LineItems": [line]}
    return {"Invoices": [{**usual, "InvoiceNumber": f"W-{one}"} for one in numbers]}


def _berths(numbers: list[int]) -> Any:
    return {"berths": [{"code": f"ZZ-{one}", "metres": 8, "boat": f"Nr {one}"} for one in numbers]}


_TENANT, _OTHER = xero_server.TENANTS
_SPEC = ("--spec", str(harbour.SPEC), "--overlay", str(harbour.OVERLAY))
SERVERS: Mapping[str, Foreign] = {
    "strict": _vba("strict"),
    "kind": _vba("kind"),
    "payees": _vba("payees"),
    "north": _vba("north", "north", ("database=north", "other_database=south", "payee=N-7")),
    "payt": Foreign(
        "payt",
        payt_books.serve,
        ("POST", "/v1/invoices"),
        _BEARER,
        _payt_invoices,
        ("payt",),
        ("administration=12", "other_administration=13", "debtor=K-1", "foreign_debtor=K-14"),
        {"MOCKSERVER_CREDENTIAL_BEARERAUTH": TOKEN, "MOCKSERVER_CREDENTIAL_BASICAUTH": payt_books.CLIENT},
    ),
    "xero": Foreign(
        "xero",
        xero_server.serve,
        ("PUT", "/api.xro/2.0/Invoices"),
        {**_BEARER, "xero-tenant-id": _TENANT},
        _xero_invoices,
        ("xero", "--overlay", _JSON_ONLY),
        (f"tenant={_TENANT}", f"other_tenant={_OTHER}", "bank=600", "account=700"),
        {"MOCKSERVER_CREDENTIAL_OAUTH2": TOKEN},
    ),
    "own": Foreign(
        "own",
        harbour.serve,
        ("POST", "/berths/batch"),
        {"X-Harbour-Pass": API_KEY},
        _berths,
        _SPEC,
        environment={"MOCKSERVER_CREDENTIAL_PASS": API_KEY},
        has_turns=True,
    ),
}
