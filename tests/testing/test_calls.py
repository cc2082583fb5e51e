from __future__ import annotations

from mockserver.testing.calls import RecordedCall, RecordedCalls, describe_resent
from mockserver.testing.sandbox import Sandbox
from tests.testing.sending import put_invoices, send


def test_a_call_tells_what_was_sent_and_what_became_of_it(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=3, bad=1)
    send(vba, batch)

    [call] = vba.calls

    assert (call.sent, call.outcomes, call.status) == (3, {"created": 2, "rejected": 1}, 207)
    assert call.keys == batch.keys
    assert call.items[1]["problems"] != []
    assert call.request["headers"]["authorization"] != "Bearer good-token"
    assert str(call).startswith("vba PUT /claim-invoice-batch 207  3 items: 2 created 1 rejected  ")


def test_calls_of_other_vendors_are_not_among_them(box: Sandbox) -> None:
    vba, payt = box.vendor("vba"), box.vendor("payt")
    send(vba, vba.example())
    send(payt, payt.example())

    assert [call.number for call in payt.calls] == [2]


def test_what_is_resent_is_told_with_the_calls_that_did_it(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=3)
    vba.arm(fail="internal", item=batch.keys[2], times=2)
    for _ in range(3):
        put_invoices(vba, batch.items)

    assert describe_resent(vba.calls) == (
        "calls sent 3, 3, 3 items: the client resent 2 items that were already created (#2, #3)"
    )
    assert vba.calls.resent == {batch.keys[0]: (2, 3), batch.keys[1]: (2, 3)}


def test_one_item_is_told_as_one(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=1)
    send(vba, batch)
    send(vba, batch)

    assert (
        describe_resent(vba.calls)
        == "calls sent 1, 1 items: the client resent 1 item that was already created (#2)"
    )


def test_a_client_that_resends_failed_items_alone_is_not_blamed(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=3)
    vba.arm(fail="internal", item=batch.keys[2], times=1)
    put_invoices(vba, batch.items)
    put_invoices(vba, batch.items[2:])

    assert str(vba.calls) == "calls sent 3, 1 items: the client resent none that was already accepted"


def test_items_that_have_one_key_are_told_apart_by_what_they_say(box: Sandbox) -> None:
    guidewire = box.vendor("guidewire")
    batch = guidewire.example(items=2)
    send(guidewire, batch)
    assert guidewire.calls.resent == {}

    send(guidewire, batch)

    assert "the client resent 2 items that were already created (#2)" in describe_resent(guidewire.calls)


def test_what_was_accepted_by_another_operation_is_not_resent(box: Sandbox) -> None:
    xero = box.vendor("xero")
    put, post = xero.example(operation="createInvoices"), xero.example(operation="updateOrCreateInvoices")
    send(xero, put)
    send(xero, post)

    assert xero.calls.resent == {}


def test_no_calls_are_told_as_such() -> None:
    assert describe_resent(RecordedCalls(())) == "no calls were made"


def test_a_call_prints_as_its_line_of_the_log() -> None:
    short = {
        "number": 1,
        "vendor": "acme",
        "method": "PUT",
        "path": "/orders",
        "query": "",
        "operation": "putOrders",
        "status": None,
        "refusal": None,
        "items": 0,
        "outcomes": {},
        "warned": 0,
        "applied": ["a/b"],
        "fault": "EMPTY_RESPONSE",
        "offContract": None,
        "durationMillis": 2.4,
        "reason": None,
        "line": "acme PUT /orders ---",
    }

    call = RecordedCall(short, dict)

    assert str(call) == "acme PUT /orders ---"
