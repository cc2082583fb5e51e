from __future__ import annotations

from typing import Any

import httpx
import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.testing.control_client import ControlPlaneError
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.scenarios import build_scenario
from tests.testing.sending import put_invoices, send


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
        ({"status": 503, "item": "7"}, "item applies to fail, warn, hang, omit, duplicate"),
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
