from __future__ import annotations

import httpx
import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.testing.sandbox import Sandbox
from tests.testing.sending import put_invoices, send


@pytest.mark.parametrize("name", vendor_packages())
def test_headers_are_all_that_a_batch_needs(box: Sandbox, name: str) -> None:
    vendor = box.vendor(name)
    batch = vendor.example(items=2)

    httpx.request(batch.method, vendor.url + batch.path, content=batch.body, headers=vendor.headers)

    assert (vendor.headers.items() <= batch.headers.items(), vendor.calls[-1].refusal) == (True, None)
    assert sum(vendor.calls[-1].outcomes.get(one, 0) for one in ("created", "updated")) == 2


def test_what_was_added_is_told_by_key(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=3, bad=1)
    send(vba, batch)

    state = vba.state("claim-invoices")

    assert list(state.added) == [batch.keys[0], batch.keys[2]]
    assert state[batch.keys[0]]["payee_ID"] == "P100"
    assert {"1001", *state.added} <= set(state)


def test_what_changed_is_told_place_by_place(box: Sandbox) -> None:
    vba = box.vendor("vba")
    put_invoices(vba, [{"invoice_Key": 1001, "payee_ID": "P100", "description": "again"}])

    changed = vba.state("claim-invoices").changed

    assert {"pointer": "/description", "old": "Outpatient visit", "new": "again"} in changed["1001"]


def test_what_was_removed_is_told_as_it_was(box: Sandbox) -> None:
    vba = box.vendor("vba")
    httpx.delete(f"{vba.url}/claim-invoice/1001", headers=vba.headers)

    state = vba.state("claim-invoices")

    assert state.removed["1001"]["description"] == "Outpatient visit"
    assert "1001" not in state


def test_a_key_is_the_own_tenants_and_others_say_whose_they_are(box: Sandbox) -> None:
    payees = box.vendor("vba").state("payees")

    assert {"P100", "OTHER/P100", "VBADEMO/P100", "P200"} <= set(payees)


def test_a_record_that_is_not_there_is_told_with_those_that_are(box: Sandbox) -> None:
    with pytest.raises(KeyError, match="claim-invoices has no 9; there are 1001, 1002"):
        box.vendor("vba").state("claim-invoices")["9"]


def test_a_collection_that_is_not_there_is_told_with_the_nearest(box: Sandbox) -> None:
    with pytest.raises(LookupError, match="vba has no collection claim-invoice; there is claim-invoices"):
        box.vendor("vba").state("claim-invoice")


def test_what_was_brought_in_for_an_example_was_there_from_the_beginning(box: Sandbox) -> None:
    xero = box.vendor("xero")
    batch = xero.example(operation="createPayments")
    assert len(xero.state("invoices").added) == 0

    send(xero, batch)

    assert len(xero.state("invoices").changed) == 3
    assert len(xero.calls) == 1
