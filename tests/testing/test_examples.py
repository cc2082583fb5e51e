from __future__ import annotations

import json

import httpx
import pytest

from mockserver.contract.loading import find_profile
from mockserver.engine.registry import vendor_packages
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.scenarios import NoExampleError
from mockserver.testing.server import MockServer
from tests.testing.sending import put_invoices, send

VENDORS = vendor_packages()


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(("items", "bad"), [(3, 0), (3, 1), (2, 2), (1, 0)])
def test_an_example_comes_out_as_it_is_said_to(box: Sandbox, vendor: str, items: int, bad: int) -> None:
    mock = box.vendor(vendor)
    batch = mock.example(items, bad)
    send(mock, batch)

    [call] = mock.calls

    assert (call.sent, call.outcomes.get("rejected", 0)) == (items, bad)
    rejected = [batch.keys[one["index"]] for one in call.items if one["action"] == "rejected"]
    assert rejected == list(batch.bad)


def test_the_first_item_of_a_mixed_batch_is_good(box: Sandbox) -> None:
    batch = box.vendor("vba").example(items=3, bad=1)

    assert batch.bad == (batch.keys[1],)


def test_every_batch_operation_that_is_named_has_an_example(box: Sandbox) -> None:
    for vendor in VENDORS:
        profile = find_profile(vendor)
        for subject in profile.batches(profile.facts):
            assert box.vendor(vendor).example(2, operation=subject.operation).operation == subject.operation


def test_two_examples_have_no_key_in_common(box: Sandbox) -> None:
    vba = box.vendor("vba")

    assert not set(vba.example().keys) & set(vba.example().keys)


def test_an_example_is_its_items(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=2)

    assert json.loads(batch.body) == list(batch) == [batch[0], batch[1]]
    assert len(batch) == 2


def test_trying_an_example_leaves_no_call_and_no_sandbox(server: MockServer, box: Sandbox) -> None:
    vba = box.vendor("vba")
    vba.example()

    assert vba.calls == ()
    assert not [
        one["name"]
        for one in server.control.request("GET", "/sandboxes")
        if one["name"].startswith(f"{box.name}-")
    ]


def test_armed_rules_are_not_used_up_by_trying(box: Sandbox) -> None:
    vba = box.vendor("vba")
    vba.arm(fail="internal", times=1)

    batch = vba.example()

    assert put_invoices(vba, batch.items).json()["data"][0]["status"] == 500


def test_an_example_that_would_not_come_out_so_is_refused_with_the_vendors_reason(server: MockServer) -> None:
    with (
        Sandbox(server, empty=True) as box,
        pytest.raises(NoExampleError, match="is answered with 207, 3 rejected"),
    ):
        box.vendor("vba").example(operation="putClaimInvoiceBatch")


def test_an_operation_without_example_is_told_with_those_that_have_one(box: Sandbox) -> None:
    with pytest.raises(
        NoExampleError, match="no example of nothing: there are examples of putClaimInvoiceBatch"
    ):
        box.vendor("vba").example(operation="nothing")


def test_more_bad_items_than_items_cannot_be(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="4 of 3 items cannot be bad"):
        box.vendor("vba").example(items=3, bad=4)


def test_the_headers_of_an_example_are_all_that_a_call_needs(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example()

    httpx.request(batch.method, vba.url + batch.path, content=batch.body, headers=batch.headers)

    assert vba.calls[0].outcomes == {"created": 3}
