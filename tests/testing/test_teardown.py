from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from mockserver.testing.sandbox import Sandbox
from mockserver.testing.server import MockServer
from tests.testing.sending import put_invoices, sandbox_names, send


def within(server: MockServer, used: Callable[[Sandbox], None]) -> None:
    with Sandbox(server) as box:
        used(box)


def left_over(server: MockServer, used: Callable[[Sandbox], None], *allow: str) -> bool:
    """Use a sandbox, end it without an error, and return whether the server still has it."""
    with Sandbox(server, allow=allow) as box:
        used(box)
    return box.name in sandbox_names(server)


def blamed(server: MockServer, used: Callable[[Sandbox], None]) -> str:
    """What is said at the end of a sandbox that was used so."""
    with pytest.raises(AssertionError) as result:
        within(server, used)
    return str(result.value)


def test_a_rule_that_never_hit_is_told_with_the_nearest_call(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        batch.extend(vba.example(items=2).keys)
        vba.arm(fail="internal", item="99")
        put_invoices(vba, [{"invoice_Key": key, "payee_ID": "P100"} for key in batch])

    batch: list[str] = []
    said = blamed(server, used)

    assert said.startswith('armed-vba-1/fail was armed and never hit: {"match":{"vendor":"vba"}')
    assert said.endswith(f"nearest: #1 vba PUT /claim-invoice-batch sent items {batch[0]}, {batch[1]}")


def test_a_rule_for_another_operation_is_told_with_what_differs(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        vba.arm(status=503, match={"operation": "putPayeesBatch"})
        send(vba, vba.example(operation="putClaimInvoiceBatch"))

    assert 'operation is "putClaimInvoiceBatch", expected "putPayeesBatch"' in blamed(server, used)


def test_a_rule_without_any_call_says_so(server: MockServer) -> None:
    with pytest.raises(AssertionError, match="no call was made"), Sandbox(server) as box:
        box.scenario("reset")


def test_a_rule_that_was_taken_back_need_not_hit(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        box.vendor("vba").arm(status=503).disarm()

    assert not left_over(server, used)


def test_a_rule_that_hit_before_a_restored_snapshot_has_hit(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        vba.arm(fail="internal")
        box.snapshot()
        put_invoices(vba, vba.example().items)
        box.restore()

    assert not left_over(server, used)


def test_a_call_that_the_vendor_has_no_operation_for_is_told_with_the_nearest(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        httpx.put(f"{box.vendor('vba').url}/payee-batch")

    said = blamed(server, used)

    assert said.startswith("#1 vba PUT /payee-batch was off contract: no x-api-key header; ")
    assert said.endswith("/vba/payees-batch")


def test_a_call_that_no_vendor_has_is_told_with_the_nearest(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        root = box.vendor("vba").url.removesuffix("/vba")
        httpx.put(f"{root}/payees-batch")

    assert "#1 PUT /payees-batch was off contract: no such operation; nearest is" in blamed(server, used)


def test_an_answer_that_the_spec_does_not_say_is_off_contract(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        vba.arm(status=418)
        put_invoices(vba, [])

    assert "418 is not in the spec" in blamed(server, used)


@pytest.mark.parametrize("allowed", ["off-contract", "never-hit"])
def test_what_is_allowed_is_not_told(server: MockServer, allowed: str) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        if allowed == "never-hit":
            vba.arm(status=503)
        else:
            httpx.get(f"{vba.url}/nothing")

    assert not left_over(server, used, allowed)
    assert blamed(server, used)


def test_an_exception_of_the_test_comes_first(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        box.scenario("reset")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        within(server, used)
