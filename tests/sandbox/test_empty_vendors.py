"""An empty sandbox holds no records, yet a client can begin in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application
from tests.support.client import Client

TENANT = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def empty(app: Application, sandbox: str) -> Iterator[Client]:
    """A caller in an empty sandbox."""
    name = f"{sandbox}-empty"
    app.sandboxes.create(Settings(name, empty=True))
    yield Client(app, {"user-agent": "tests", "authorization": "Bearer any", "mock-sandbox": name})
    app.sandboxes.delete(name)
    app.journal.kept.forget(name)


def test_xero_has_its_organisation_and_no_invoice(empty: Client) -> None:
    xero = empty.within("/xero/api.xro/2.0", xero_tenant_id=TENANT)

    assert xero.get("/Organisation").json["Organisations"][0]["OrganisationID"] == TENANT
    assert xero.get("/Invoices").json["Invoices"] == []


def test_payt_takes_a_first_debtor(empty: Client) -> None:
    debtor = {"debtor_number": "D-1", "name": "First", "debtor_identifier": "1"}

    answer = empty.post("/payt/v1/debtors", json={"administration_id": "81", "debtors": [debtor]})

    assert answer.json == {"success": True, "count": 1, "errors": {}}


def test_guidewire_takes_a_first_bulk_invoice(empty: Client) -> None:
    invoice = {"data": {"attributes": {"payeeAddressBookUID": "ab:1"}}}

    answer = empty.post("/guidewire/claim/v1/bulk-invoices", json=invoice)

    assert answer.status == 201
    assert empty.get("/guidewire/claim/v1/bulk-invoices").json["count"] == 1


def test_named_credentials_are_what_they_are_called(empty: Client) -> None:
    answer = empty.within(authorization="Bearer expired-token").get("/payt/v1/administrations")

    assert answer.status == 401
