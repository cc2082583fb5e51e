from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import Response

from mockserver.contract.exchange import Exchange, Finding, Request
from mockserver.contract.exchange import Response as Received
from mockserver.contract.fuzzing import links
from mockserver.contract.fuzzing.caller import FuzzingContext
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import FindingLedger
from mockserver.contract.target import App
from mockserver.server.application import Application
from tests.contract.suite import effort, target

VBA = load_vendor_api("vba")


def walked(app: App, judge: object, walks: int = 5) -> FindingLedger:
    ledger = FindingLedger(keeps_exchanges=True)
    with target(app, "vba") as one:
        check = FuzzingContext(VBA, one, effort(examples=walks), ledger, judge)  # type: ignore[arg-type]
        links.count_followed_links(check)
    return ledger


def nothing(_exchange: Exchange, _ledger: FindingLedger) -> tuple[Finding, ...]:
    return ()


def test_a_walk_that_breaks_is_told_step_by_step(app: Application) -> None:
    def second_read(exchange: Exchange, _ledger: FindingLedger) -> tuple[Finding, ...]:
        bad = exchange.request.method == "GET" and "/payees/" in exchange.request.path
        return (Finding("no-reading", exchange.operation, "read", exchanges=(exchange,)),) if bad else ()

    (found,) = walked(app, second_read).findings

    assert len(found.steps) == len(found.exchanges) - 1
    assert all(" is answered " in told for told in found.steps)


def test_links_that_lead_nowhere_are_found() -> None:
    ledger = walked(Response("{}", 404, media_type="application/json"), nothing, walks=20)

    assert "links-lead-somewhere" in {one.check for one in ledger.findings}


@pytest.mark.parametrize(("times", "told"), [(4, 0), (20, 1)])
def test_a_few_links_that_led_nowhere_are_no_proof_that_none_leads_somewhere(times: int, told: int) -> None:
    refused = Exchange(Request("PATCH", "/payees/P1"), Received(404, {}, b""))
    unused: Any = None
    walk = links.WalkState(unused, unused, unused, steps=[refused], last=refused)

    for _ in range(times):
        walk.received("updatePayee change", is_good=False, is_whole=True)

    assert len(list(walk.dead_links())) == told


@pytest.mark.parametrize(("status", "is_found"), [(200, True), (204, False)])
def test_answers_whose_status_has_no_links_lead_nowhere_by_right(status: int, *, is_found: bool) -> None:
    exchange = Exchange(Request("GET", "/payees"), Received(status, {}, b""), "listPayee")
    unused: Any = None
    walk = links.WalkState(unused, unused, unused, links_of={"listPayee": frozenset({"200"})})

    walk.look_for_links(exchange)

    assert (walk.is_offered_one, walk.goes_without_links) == (is_found, not is_found)


def test_links_that_lead_somewhere_are_counted(app: Application) -> None:
    ledger = walked(app, nothing)

    assert sum(times for (_, check), times in ledger.made.items() if check == "links-lead-somewhere") > 0


@pytest.mark.parametrize(("before", "reads"), [("DELETE", 0), ("PUT", 1)])
def test_a_read_of_what_the_walk_deleted_leads_nowhere_by_right(before: str, reads: int) -> None:
    changed = Exchange(Request(before, "/payees/P1"), Received(204, {}, b""))
    missed = Exchange(Request("GET", "/payees/P1"), Received(404, {}, b""))
    unused: Any = None
    walk = links.WalkState(unused, unused, unused, steps=[changed, missed], last=missed)

    walk.received("getPayee show", is_good=False, is_whole=True)

    assert walk.read.total() == reads
