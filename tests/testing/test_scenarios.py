from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from mockserver.contract.loading import load_vendor_api
from mockserver.engine.registry import vendor_packages
from mockserver.testing.control_client import ControlPlaneError
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.scenarios import NoExampleError, build_scenario
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
        profile = load_vendor_api(vendor).profile
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


def rule(item: Any = None, times: int | None = None, **effects: Any) -> Any:
    [made] = build_scenario("s", "acme", item, times, effects)["rules"]
    return made


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            rule(item="7", times=2, fail="internal"),
            {"items": [{"select": {"key": "7"}, "effect": {"fail": {"code": "internal"}, "failTimes": 2}}]},
        ),
        (rule(omit=True), {"items": [{"select": {"all": True}, "effect": {"omit": True}}]}),
        (
            rule(item=0, warn={"code": "locked", "message": "!"}, times=1),
            {
                "times": {"count": 1},
                "items": [{"select": {"index": 0}, "effect": {"warn": {"code": "locked", "message": "!"}}}],
            },
        ),
        (
            rule(status=503, delay=20, retry_after=7),
            {"response": {"status": 503, "delay": {"type": "fixed", "value": 20}, "retryAfter": 7}},
        ),
        (rule(order="reverse", count_add=1), {"envelope": {"order": "reverse", "countAdd": 1}}),
        (
            rule(fault="EMPTY_RESPONSE", commit="none", times=1),
            {"times": {"count": 1}, "commit": "none", "response": {"fault": "EMPTY_RESPONSE"}},
        ),
    ],
)
def test_words_become_a_rule_for_the_vendor(made: Any, expected: Any) -> None:
    assert {name: one for name, one in made.items() if name not in ("id", "match")} == expected
    assert made["match"] == {"vendor": "acme"}


def test_a_match_narrows_the_calls() -> None:
    assert rule(status=503, match={"operation": "putOrders"})["match"] == {
        "vendor": "acme",
        "operation": "putOrders",
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"fai": "internal"}, "no effect fai; did you mean fail?"),
        ({"zzz": 1}, "no effect zzz; there are fail, warn"),
        ({}, "needs an effect"),
        ({"match": {"operation": "x"}}, "needs an effect"),
        ({"status": 503, "item": "7"}, "item applies to fail, warn, hang, omit, duplicate, callback"),
    ],
)
def test_words_that_make_no_rule_are_told(box: Sandbox, words: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        box.vendor("vba").arm(**words)


def test_a_value_that_cannot_be_is_told_by_the_server(box: Sandbox) -> None:
    with pytest.raises(ControlPlaneError, match="internal"):
        box.vendor("vba").arm(fail="inner")


@pytest.mark.parametrize("vendor", vendor_packages())
def test_an_item_of_any_vendor_is_chosen_by_its_key(box: Sandbox, vendor: str) -> None:
    mock = box.vendor(vendor)
    batch = mock.example(items=3)
    armed = mock.arm(fail="internal", item=batch.keys[2], times=1)

    send(mock, batch)

    assert [one["action"] for one in mock.calls[0].items][2] == "rejected"
    assert mock.calls[0].outcomes.get("rejected") == 1
    assert armed.hits == 1


def test_a_rule_of_one_vendor_bends_no_other(box: Sandbox) -> None:
    vba, payt = box.vendor("vba"), box.vendor("payt")
    vba.arm(status=503)

    assert send(payt, payt.example()).status_code == 201


def test_a_lost_answer_leaves_what_was_done(box: Sandbox) -> None:
    vba = box.vendor("vba")
    vba.arm(fault="EMPTY_RESPONSE", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        send(vba, vba.example())

    assert len(vba.state("claim-invoices").added) == 3


def test_what_is_taken_back_bends_nothing(box: Sandbox) -> None:
    vba = box.vendor("vba")
    vba.arm(status=503).disarm()

    assert put_invoices(vba, vba.example().items).status_code == 207
